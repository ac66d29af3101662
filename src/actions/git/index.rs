//! The index: read, changed at some paths, and put back after a change.
//!
//! INVARIANT: writers hold the [`IndexLock`]. The new index is built beside the old one and renamed over it, so a
//! run that is killed leaves the old or the new one, never half of one.
#![allow(clippy::disallowed_methods, reason = "a private file beside the index")]

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use git2::{Index, IndexEntry, IndexTime, Oid};

use super::lock::IndexLock;
use super::own_file::{self, Kept};
use super::repo::{Repo, failed};
use super::tree::{Entry, LINK};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;

/// The index as it is on disk now.
pub fn open(repo: &Repo) -> Result<Index> {
    Index::open(&repo.own("index")).map_err(|error| {
        failed("read the index of the repository", &error)
            .hint("split and sparse indexes cannot be read here: `git update-index --no-split-index`, or `git sparse-checkout reapply --no-sparse-index`")
    })
}

/// 0, or which side of a merge conflict an entry is.
#[must_use]
pub const fn stage(entry: &IndexEntry) -> u16 {
    (entry.flags >> 12) & 3
}

/// Gives paths these entries, or none. What is known of their files is dropped, so that git compares their content.
pub fn set(repo: &Repo, held: &IndexLock, entries: &[(String, Option<Entry>)]) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    edit(repo, held, |index| {
        for (path, _) in entries {
            forget(index, path)?;
        }
        for (path, entry) in entries {
            let Some(entry) = entry else { continue };
            index.add(&bare(path, *entry)).map_err(|error| failed(format!("note `{path}` in the index"), &error))?;
        }
        Ok(())
    })
}

/// An entry that says nothing of a file.
#[must_use]
pub fn bare(path: &str, entry: Entry) -> IndexEntry {
    IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: entry.mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id: entry.id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}

/// What the index says of each of these paths, as parts of a fingerprint.
pub fn described(repo: &Repo, paths: &[String]) -> Result<BTreeMap<String, String>> {
    if paths.is_empty() {
        return Ok(BTreeMap::new());
    }
    let index = open(repo)?;
    let describe = |path: &String| {
        let entry = index.get_path(Path::new(path), 0);
        let entry = entry.map_or_else(|| "absent".to_owned(), |entry| format!("{:o} {}", entry.mode, entry.id));
        (format!("index:{path}"), entry)
    };
    Ok(paths.iter().map(describe).collect())
}

/// Puts the index back as it was: byte for byte when its other entries are what they were, otherwise only the
/// entries of `paths`, so that what somebody else staged meanwhile is not lost.
pub fn put_back(repo: &Repo, held: &IndexLock, kept: &Kept, paths: &[String], keep: &dyn Keep) -> Result<()> {
    let path = repo.own("index");
    drop(Scratch::new(repo, "rbk-new"));
    let old = old(repo, kept, keep)?;
    let now = open(repo)?;
    if others(&old, paths) == others(&now, paths) {
        return own_file::put_back(&path, kept, keep);
    }
    edit(repo, held, |index| {
        for path in paths {
            forget(index, path)?;
        }
        for entry in old.iter().filter(|entry| paths.iter().any(|path| path.as_bytes() == entry.path)) {
            index.add(&entry).map_err(|error| failed("put an entry of the index back", &error))?;
        }
        Ok(())
    })
}

/// The index that was kept, read.
fn old(repo: &Repo, kept: &Kept, keep: &dyn Keep) -> Result<Index> {
    let Some(content) = own_file::bytes(kept, keep)? else {
        return Index::new().map_err(|error| failed("make an empty index", &error));
    };
    let scratch = Scratch::new(repo, "rbk-old");
    own_file::replace(&scratch.0, &content, None, None)?;
    Index::open(&scratch.0).map_err(|error| failed("read the captured index", &error))
}

/// What the index says of all paths but `paths`, without what only caches file times.
fn others(index: &Index, paths: &[String]) -> BTreeMap<(Vec<u8>, u16), (Oid, u32)> {
    index
        .iter()
        .filter(|entry| !paths.iter().any(|path| path.as_bytes() == entry.path))
        .map(|entry| ((entry.path.clone(), stage(&entry)), (entry.id, entry.mode)))
        .collect()
}

/// Changes a copy of the index and renames it over the index.
pub fn edit(repo: &Repo, _held: &IndexLock, change: impl FnOnce(&mut Index) -> Result<()>) -> Result<()> {
    let path = repo.own("index");
    let scratch = Scratch::new(repo, "rbk-new");
    let written = match std::fs::read(&path) {
        Ok(content) => {
            own_file::replace(&scratch.0, &content, None, None)?;
            std::fs::metadata(&path).map_or((0, 0), |meta| (meta.mtime(), meta.mtime_nsec()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (0, 0),
        Err(error) => return Err(Error::io(format!("read `{}`", path.display()), &error)),
    };
    let mut index = Index::open(&scratch.0).map_err(|error| failed("read the index", &error))?;
    distrust_racy(&mut index, written)?;
    change(&mut index)?;
    index.write().map_err(|error| failed("write the index", &error))?;
    let content = std::fs::read(&scratch.0).map_err(|error| Error::io("read the new index", &error))?;
    let mode = std::fs::metadata(&path).map_or(0o644, |meta| meta.mode() & 0o7777);
    own_file::replace(&path, &content, Some(mode), None)
}

/// A file that changed in the instant in which the index was last written may differ from its entry though its
/// times agree; git knows such entries by the time of the index, which is about to become later. A size of nought
/// makes git compare their content instead, as git itself does when it writes an index.
fn distrust_racy(index: &mut Index, written: (i64, i64)) -> Result<()> {
    let racy: Vec<IndexEntry> = index
        .iter()
        .filter(|entry| {
            let changed = (i64::from(entry.mtime.seconds()), i64::from(entry.mtime.nanoseconds()));
            stage(entry) == 0 && entry.file_size != 0 && changed >= written
        })
        .collect();
    for mut entry in racy {
        entry.file_size = 0;
        index.add(&entry).map_err(|error| failed("refresh an entry of the index", &error))?;
    }
    Ok(())
}

/// Removes an entry with the sides of a conflict.
pub fn forget(index: &mut Index, path: &str) -> Result<()> {
    for stage in 0..=3 {
        if index.get_path(Path::new(path), stage).is_some() {
            index
                .remove(Path::new(path), stage)
                .map_err(|error| failed(format!("drop `{path}` from the index"), &error))?;
        }
    }
    Ok(())
}

/// The entry of a file as it now stands in the work tree.
pub fn entry_of(repo: &Repo, path: &str, id: Oid, mode: u32) -> Result<IndexEntry> {
    let place = repo.place(path);
    let meta = std::fs::symlink_metadata(&place)
        .map_err(|error| Error::io(format!("look at `{}`", place.display()), &error))?;
    debug_assert!(mode != LINK || meta.is_symlink() || meta.is_file());
    Ok(IndexEntry {
        ctime: IndexTime::new(meta.ctime() as i32, meta.ctime_nsec() as u32),
        mtime: IndexTime::new(meta.mtime() as i32, meta.mtime_nsec() as u32),
        dev: meta.dev() as u32,
        ino: meta.ino() as u32,
        mode,
        uid: meta.uid(),
        gid: meta.gid(),
        file_size: meta.size() as u32,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    })
}

/// A file beside the index that goes away with this.
struct Scratch(PathBuf);

impl Scratch {
    fn new(repo: &Repo, suffix: &str) -> Self {
        let scratch = Self(repo.own(&format!("index.{suffix}")));
        // What a killed run left: nobody else uses these names, and the lock of the index is held.
        scratch.clear();
        scratch
    }

    fn clear(&self) {
        drop(std::fs::remove_file(&self.0));
        drop(std::fs::remove_file(own_file::beside(&self.0, ".lock")));
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.clear();
    }
}
