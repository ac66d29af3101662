//! Writing changes to the work tree and the index.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::difference::Change;
use super::index;
use super::lock::IndexLock;
use super::repo::{Repo, failed};
use super::staged::Node;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::{Located, Look};
use crate::catalogue::touch::Touch;

/// The places that writing `changes` overwrites or removes, for a snapshot of them.
pub fn touched(repo: &Repo, look: &Look, changes: &[Change]) -> Result<Vec<Located>> {
    let mut places = Vec::new();
    for change in changes.iter().filter(|change| change.work) {
        look.cancel().check()?;
        places.push(repo.located(look, change.blocker.as_ref().unwrap_or(&change.path)));
    }
    places.extend(emptied(repo, changes).iter().map(|path| repo.located(look, path)));
    Ok(places)
}

/// Brings the work tree, then the index, to what `changes` say. The lock must have been taken before `changes` were
/// found, so that they still hold.
pub fn write(repo: &Repo, touch: &Touch, held: &IndexLock, changes: &[Change]) -> Result<()> {
    let emptied = emptied(repo, changes);
    // What goes makes room for what comes: a file where a directory is needed, and the other way round.
    for change in changes.iter().filter(|change| change.work) {
        if let (Some(blocker), true) = (&change.blocker, change.want.is_some()) {
            remove_blocker(repo, touch, blocker)?;
        }
        if change.want.is_none() || (change.before == Node::Directory && change.after != Node::Directory) {
            touch.remove(&repo.located(touch, &change.path))?;
        }
    }
    for path in emptied.iter().rev() {
        // Fails on a directory that is not empty any more, which then stays.
        #[allow(
            clippy::disallowed_methods,
            reason = "removes empty directories only, never through a link at the end"
        )]
        drop(std::fs::remove_dir(repo.place(path)));
    }
    for change in changes.iter().filter(|change| change.work) {
        touch.cancel().check()?;
        let at = repo.located(touch, &change.path);
        match &change.after {
            Node::Absent => {}
            Node::File { content, mode } => {
                touch.mkdir_around(&at)?;
                let mode = mode_for(&change.before, *mode);
                touch.write_from(&at, &mut content.as_slice(), Some(mode))?;
            }
            Node::Link(target) => {
                touch.mkdir_around(&at)?;
                touch.symlink(&at, OsStr::new(target))?;
            }
            Node::Directory | Node::Special => {
                return Err(Error::internal(format!("`{}` was staged as neither file nor link", change.name)));
            }
        }
    }
    note(repo, held, changes)
}

/// Brings the entries of `changes` to what they shall be.
fn note(repo: &Repo, held: &IndexLock, changes: &[Change]) -> Result<()> {
    index::edit(repo, held, |index| {
        // Deletions first: an entry `a` and an entry `a/b` exclude each other.
        for change in changes.iter().filter(|change| change.index || change.work) {
            index::forget(index, &change.path)?;
        }
        for change in changes {
            let (true, Some(want)) = (change.index || change.work, change.want) else { continue };
            let entry = index::entry_of(repo, &change.path, want.id, want.mode)?;
            index.add(&entry).map_err(|error| failed(format!("note `{}` in the index", change.name), &error))?;
        }
        Ok(())
    })
}

/// Removes what stands where a directory is needed; several files may need the same one.
fn remove_blocker(repo: &Repo, touch: &Touch, blocker: &str) -> Result<()> {
    let place = repo.place(blocker);
    if std::fs::symlink_metadata(&place).is_ok_and(|meta| !meta.is_dir()) {
        touch.remove(&repo.located(touch, blocker))?;
    }
    Ok(())
}

/// A file that is replaced keeps who may read it; git knows only whether it is executable.
fn mode_for(before: &Node, wanted: u32) -> u32 {
    let Node::File { mode: had, .. } = before else { return wanted };
    if wanted & 0o100 == 0 {
        had & !0o111
    } else if had & 0o100 != 0 {
        *had
    } else {
        had | ((had & 0o444) >> 2)
    }
}

/// Directories that hold nothing but files that go, outermost first: git keeps no empty directories.
fn emptied(repo: &Repo, changes: &[Change]) -> Vec<String> {
    let gone: BTreeSet<PathBuf> = changes
        .iter()
        .filter(|change| change.work && change.want.is_none())
        .map(|change| repo.place(&change.path))
        .collect();
    let comes: BTreeSet<&str> =
        changes.iter().filter(|change| change.want.is_some()).map(|change| change.path.as_str()).collect();
    let needed = |folder: &str| {
        let below = format!("{folder}/");
        comes.range(below.as_str()..).next().is_some_and(|path| path.starts_with(&below))
    };
    let mut found = BTreeSet::new();
    for change in changes.iter().filter(|change| change.work && change.want.is_none()) {
        let parents: Vec<&str> = change.path.match_indices('/').map(|(at, _)| &change.path[..at]).collect();
        for folder in parents.into_iter().rev() {
            let inside_root = repo.name(folder).is_some_and(|name| !name.is_empty());
            if !inside_root || needed(folder) || !only_holds(&repo.place(folder), &gone, &found, repo) {
                break;
            }
            found.insert(folder.to_owned());
        }
    }
    found.into_iter().collect()
}

fn only_holds(folder: &Path, gone: &BTreeSet<PathBuf>, emptied: &BTreeSet<String>, repo: &Repo) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().all(|entry| {
        let path = entry.path();
        let is_emptied =
            || path.strip_prefix(&repo.work).ok().and_then(Path::to_str).is_some_and(|path| emptied.contains(path));
        gone.contains(&path) || is_emptied()
    })
}
