//! Files of the repository itself (index, `HEAD`, refs, reflogs), kept and put back byte for byte.
//!
//! They may lie outside the root, where the repository of a subdirectory or of a linked work tree is, so they do not
//! go through the captures of paths. The caller holds git's own lock where one is needed.
#![allow(clippy::disallowed_methods, reason = "files of the repository itself, which may lie outside the roots")]

use std::fs::{File, FileTimes, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::{Keep, ObjectId};
use crate::catalogue::touch::{fresh_prefix, is_left_over};

/// A file as it was; `None` where there was none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept(pub Option<Was>);

/// What a file was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Was {
    object: ObjectId,
    mode: u32,
    /// Seconds and nanoseconds since the epoch.
    mtime: (u64, u32),
}

/// Keeps the file at `path`.
pub fn keep(path: &Path, keep: &dyn Keep) -> Result<Kept> {
    let doing = || format!("read `{}`", path.display());
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Kept(None)),
        Err(error) => return Err(Error::io(doing(), &error)),
    };
    let meta = file.metadata().map_err(|error| Error::io(doing(), &error))?;
    if meta.is_dir() {
        // `refs/tags/a` is a directory while there is `refs/tags/a/b`: no file is there.
        return Ok(Kept(None));
    }
    let object = keep.put(&mut file)?;
    let mtime = (meta.mtime().max(0) as u64, meta.mtime_nsec() as u32);
    Ok(Kept(Some(Was { object, mode: meta.mode() & 0o7777, mtime })))
}

/// The bytes that were kept; `None` where there was no file.
pub fn bytes(kept: &Kept, keep: &dyn Keep) -> Result<Option<Vec<u8>>> {
    let Kept(Some(was)) = kept else { return Ok(None) };
    let mut content = Vec::new();
    keep.open(&was.object)?.read_to_end(&mut content).map_err(|error| Error::io("read what was captured", &error))?;
    Ok(Some(content))
}

/// Makes `path` what it was, whole or not at all.
pub fn put_back(path: &Path, kept: &Kept, keep: &dyn Keep) -> Result<()> {
    match kept {
        Kept(None) => remove(path),
        Kept(Some(was)) => {
            let content = bytes(kept, keep)?.unwrap_or_default();
            let mtime = SystemTime::UNIX_EPOCH + Duration::new(was.mtime.0, was.mtime.1);
            replace(path, &content, Some(was.mode), Some(mtime))
        }
    }
}

/// Replaces the file at `path` atomically.
pub fn replace(path: &Path, content: &[u8], mode: Option<u32>, mtime: Option<SystemTime>) -> Result<()> {
    let doing = || format!("write `{}`", path.display());
    let io = |error: std::io::Error| Error::io(doing(), &error);
    let parent = path.parent().ok_or_else(|| Error::internal(format!("`{}` has no directory", path.display())))?;
    std::fs::create_dir_all(parent).map_err(io)?;
    let mut file = tempfile::Builder::new().prefix(&fresh_prefix()).tempfile_in(parent).map_err(io)?;
    file.write_all(content).map_err(io)?;
    // A private temporary is 0600; what replaces it is as readable as git would have made it.
    file.as_file().set_permissions(Permissions::from_mode(mode.unwrap_or(0o644))).map_err(io)?;
    if let Some(mtime) = mtime {
        file.as_file().set_times(FileTimes::new().set_modified(mtime)).map_err(io)?;
    }
    file.as_file().sync_all().map_err(io)?;
    file.persist(path).map_err(|error| io(error.error))?;
    sync_directory(parent);
    Ok(())
}

/// The path with `suffix` behind its name.
#[must_use]
pub fn beside(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Removes the file at `path`, if there is one.
pub fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            Ok(())
        }
        // A directory is there: then no file is.
        Err(_) if path.is_dir() => Ok(()),
        Err(error) => Err(Error::io(format!("remove `{}`", path.display()), &error)),
    }
}

/// The modification times of directories, which writing and locking in them changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Around(Vec<Folder>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Folder {
    path: String,
    names: String,
    mtime: (u64, u32),
}

/// Notes the times of directories; those that are not there are left out.
pub fn around<'p>(folders: impl IntoIterator<Item = &'p Path>) -> Around {
    let note = |path: &Path| {
        let meta = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_dir)?;
        let mtime = (meta.mtime().max(0) as u64, meta.mtime_nsec() as u32);
        Some(Folder { path: path.to_str()?.to_owned(), names: names(path)?, mtime })
    };
    let mut noted: Vec<Folder> = folders.into_iter().filter_map(note).collect();
    noted.dedup();
    Around(noted)
}

/// Gives directories the times they had, where the same names are in them as then: one that others changed
/// meanwhile must not look older than it is. Their times are a courtesy, so that failing is no failure.
pub fn settle(around: &Around) {
    for Folder { path, names: then, mtime } in &around.0 {
        let path = Path::new(path);
        clear_leftovers(path);
        if names(path).as_ref() == Some(then)
            && let Ok(folder) = File::open(path)
        {
            let mtime = SystemTime::UNIX_EPOCH + Duration::new(mtime.0, mtime.1);
            drop(folder.set_times(FileTimes::new().set_modified(mtime)));
        }
    }
}

/// Removes what a killed run was writing here.
fn clear_leftovers(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_left_over(&entry.file_name()) {
            let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
            drop(if is_dir { std::fs::remove_dir_all(entry.path()) } else { std::fs::remove_file(entry.path()) });
        }
    }
}

fn names(folder: &Path) -> Option<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    let mut hasher = blake3::Hasher::new();
    for name in names {
        hasher.update(name.as_encoded_bytes()).update(&[0]);
    }
    Some(hasher.finalize().to_hex()[..32].to_owned())
}

/// Makes a rename durable; a file system that cannot is no reason to fail after the fact.
fn sync_directory(path: &Path) {
    if let Ok(directory) = File::open(path) {
        drop(directory.sync_all());
    }
}
