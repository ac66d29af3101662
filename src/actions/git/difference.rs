//! Which files of the work tree and entries of the index are not as a commit has them.
//!
//! Compares the checked-out form byte for byte, so "no change" means that nothing would be written. Only reads.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;

use git2::{IndexEntry, IndexEntryExtendedFlag, Status, StatusOptions, Tree};

use super::repo::{Repo, failed};
use super::staged::{Node, stage};
use super::tree::{Entries, Entry, SUBMODULE, covers};
use crate::catalogue::error::{Error, Result};

/// A path that is not as it is wanted.
#[derive(Clone, Debug)]
pub struct Change {
    /// Relative to the work tree.
    pub path: String,
    /// As resources and messages name it.
    pub name: String,
    /// The file of the commit; `None` where the commit has none.
    pub want: Option<Entry>,
    /// What the index has.
    pub have: Option<Entry>,
    /// What stands there now.
    pub before: Node,
    /// What will stand there.
    pub after: Node,
    /// Whether the work tree changes here.
    pub work: bool,
    /// Whether the index changes here.
    pub index: bool,
    /// A file or link that stands where a directory on the way to the path is needed, and is replaced by one.
    pub blocker: Option<String>,
    /// What git would say about the present state.
    pub state: State,
}

/// Where the present content of a path is kept by git.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// In the commit that is checked out.
    Committed,
    /// In the work tree or the index only.
    Uncommitted,
    /// In the work tree only; git does not know the path.
    Untracked,
    /// As untracked, and `.gitignore` names it.
    Ignored,
}

/// Compares `wanted` (a path, and its file in `tree` or `None`) with the work tree and the index. `scopes` are
/// the paths that the call may write.
pub fn compare(
    repo: &Repo,
    tree: &Tree<'_>,
    wanted: &BTreeMap<String, Option<Entry>>,
    scopes: &[&str],
) -> Result<Vec<Change>> {
    let index = Present::read(repo)?;
    let mut open = Vec::new();
    for (path, want) in wanted {
        let entry = index.entries.get(path);
        let have = entry.map(|entry| Entry { id: entry.id, mode: entry.mode });
        if refuse_submodule(path, have, *want)? {
            continue;
        }
        if entry.is_some_and(is_sparse) {
            if have == *want {
                continue;
            }
            return Err(outside_sparse(path));
        }
        let Some(name) = repo.name(path) else {
            return Err(Error::refused(format!("`{path}` would change, and lies outside the root"))
                .hint("set the policy's `root` to the work tree of the repository"));
        };
        if have == *want && entry.is_some_and(|entry| index.is_untouched(repo, path, entry)) {
            continue;
        }
        open.push((path, name, *want, have));
    }

    let needed: Vec<&str> =
        open.iter().filter(|(_, _, want, _)| want.is_some()).map(|(path, ..)| path.as_str()).collect();
    let staged = stage(repo, tree, &needed)?;
    let mut changes = Vec::new();
    for (path, name, want, have) in open {
        let blocker = blocker(repo, path);
        if let Some(blocker) = &blocker
            && want.is_some()
            && !scopes.iter().any(|scope| covers(scope, blocker))
        {
            return Err(Error::refused(format!("`{name}` cannot be restored: `{blocker}` is not a directory"))
                .hint(format!("name `{blocker}` among the paths to have it replaced")));
        }
        let before = if blocker.is_some() { Node::Absent } else { Node::read(&repo.place(path))? };
        let after = if want.is_some() { staged.node(path)? } else { Node::Absent };
        // A directory where the commit has no file is no leftover of that file.
        let work = !before.same_as(&after) && (want.is_some() || before != Node::Directory);
        let index = have != want || index.conflicted.contains(path.as_str());
        if work || index {
            let state = State::Committed;
            changes.push(Change { path: path.clone(), name, want, have, before, after, work, index, blocker, state });
        }
    }
    label(repo, &mut changes)?;
    Ok(changes)
}

/// The paths whose entries in the index are not those of `target`, with what `target` has.
pub fn of_index(repo: &Repo, target: &Entries) -> Result<Vec<(String, Option<Entry>)>> {
    let index = Present::read(repo)?;
    let mut all: std::collections::BTreeSet<&str> = index.entries.keys().map(String::as_str).collect();
    all.extend(target.keys().map(String::as_str));
    let mut found = Vec::new();
    for path in all {
        let entry = index.entries.get(path);
        let want = target.get(path).copied();
        if entry.map(|entry| Entry { id: entry.id, mode: entry.mode }) == want {
            continue;
        }
        if entry.is_some_and(is_sparse) {
            return Err(outside_sparse(path));
        }
        found.push((path.to_owned(), want));
    }
    Ok(found)
}

fn outside_sparse(path: &str) -> Error {
    Error::refused(format!("`{path}` lies outside the sparse checkout of this clone"))
        .hint("`git sparse-checkout add` its directory first")
}

/// Every path at or below `scopes` that the commit or the index has, with its file in the commit.
pub fn wanted(repo: &Repo, target: &Entries, scopes: &[&str]) -> Result<BTreeMap<String, Option<Entry>>> {
    let mut wanted: BTreeMap<String, Option<Entry>> =
        target.iter().map(|(path, entry)| (path.clone(), Some(*entry))).collect();
    for path in Present::read(repo)?.entries.into_keys() {
        if scopes.iter().any(|scope| covers(scope, &path)) {
            wanted.entry(path).or_insert(None);
        }
    }
    Ok(wanted)
}

/// Fails on a submodule that would change; true where there is one that stays.
fn refuse_submodule(path: &str, have: Option<Entry>, want: Option<Entry>) -> Result<bool> {
    let is = |entry: Option<Entry>| entry.is_some_and(|entry| entry.mode == SUBMODULE);
    if !is(have) && !is(want) {
        return Ok(false);
    }
    if have == want {
        return Ok(true);
    }
    Err(Error::refused(format!("the submodule `{path}` would change, which is not done here"))
        .hint("change it by the git program: `exec([\"git\", \"submodule\", \"update\", …])`"))
}

fn is_sparse(entry: &IndexEntry) -> bool {
    IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended).contains(IndexEntryExtendedFlag::SKIP_WORKTREE)
}

/// The first file or link on the way to `path` where a directory should be.
fn blocker(repo: &Repo, path: &str) -> Option<String> {
    path.match_indices('/').map(|(at, _)| &path[..at]).find_map(|parent| {
        let meta = std::fs::symlink_metadata(repo.place(parent)).ok()?;
        (!meta.is_dir()).then(|| parent.to_owned())
    })
}

/// The index as it is now.
struct Present {
    entries: BTreeMap<String, IndexEntry>,
    conflicted: std::collections::BTreeSet<String>,
    /// When it was written, in nanoseconds.
    written: i128,
}

impl Present {
    fn read(repo: &Repo) -> Result<Self> {
        let index = super::index::open(repo)?;
        let mut entries = BTreeMap::new();
        let mut conflicted = std::collections::BTreeSet::new();
        for entry in index.iter() {
            // Names that are not UTF-8 cannot be among the wanted paths, which are text.
            let Ok(path) = String::from_utf8(entry.path.clone()) else { continue };
            if super::index::stage(&entry) == 0 {
                entries.insert(path, entry);
            } else {
                conflicted.insert(path);
            }
        }
        let written = std::fs::metadata(repo.own("index")).map_or(0, |meta| nanos(meta.mtime(), meta.mtime_nsec()));
        Ok(Self { entries, conflicted, written })
    }

    /// Whether the file is surely what the index entry was made from: git's own test, with its exception for files
    /// that changed in the instant in which the index was written ("racily clean").
    fn is_untouched(&self, repo: &Repo, path: &str, entry: &IndexEntry) -> bool {
        let Ok(meta) = std::fs::symlink_metadata(repo.place(path)) else { return false };
        let changed = nanos(meta.mtime(), meta.mtime_nsec());
        changed < self.written
            && changed == nanos(i64::from(entry.mtime.seconds()), i64::from(entry.mtime.nanoseconds()))
            && nanos(meta.ctime(), meta.ctime_nsec())
                == nanos(i64::from(entry.ctime.seconds()), i64::from(entry.ctime.nanoseconds()))
            && meta.size() as u32 == entry.file_size
            && meta.ino() as u32 == entry.ino
            && blocker(repo, path).is_none()
    }
}

fn nanos(seconds: i64, nanos: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(nanos)
}

/// Asks git where the present content of each path is kept.
fn label(repo: &Repo, changes: &mut [Change]) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut options = StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).include_ignored(true).recurse_ignored_dirs(true);
    // The index is not to be written by looking; submodules were dealt with.
    options.update_index(false).exclude_submodules(true).disable_pathspec_match(true);
    for change in &*changes {
        options.pathspec(change.blocker.as_ref().unwrap_or(&change.path));
        options.pathspec(&change.path);
    }
    let statuses = repo.git.statuses(Some(&mut options)).map_err(|error| failed("compare the work tree", &error))?;
    let found: BTreeMap<Vec<u8>, Status> =
        statuses.iter().map(|entry| (entry.path_bytes().to_vec(), entry.status())).collect();
    for change in changes {
        change.state = worst(&found, change);
    }
    Ok(())
}

fn worst(found: &BTreeMap<Vec<u8>, Status>, change: &Change) -> State {
    let of = |path: &str| found.get(path.as_bytes()).copied().unwrap_or(Status::CURRENT);
    let mut status = of(&change.path);
    if let Some(blocker) = &change.blocker {
        status |= of(blocker);
    }
    if change.before == Node::Directory {
        // A directory in the way: as bad as the worst file in it.
        let below = format!("{}/", change.path);
        for (path, other) in found {
            if path.starts_with(below.as_bytes()) {
                status |= *other;
            }
        }
    }
    if status.is_wt_new() {
        State::Untracked
    } else if status.intersects(
        Status::INDEX_NEW
            | Status::INDEX_MODIFIED
            | Status::INDEX_TYPECHANGE
            | Status::INDEX_DELETED
            | Status::WT_MODIFIED
            | Status::WT_TYPECHANGE
            | Status::WT_DELETED
            | Status::CONFLICTED,
    ) {
        State::Uncommitted
    } else if status.is_ignored() {
        State::Ignored
    } else {
        State::Committed
    }
}
