//! Taking a commit back on top of another: worked out in memory, and stored only where it is new.
//!
//! A merge within the repository would write into it, and refresh the times of objects that are there already, also while
//! a plan only looks. So what it needs is copied into memory beforehand, and what comes of it is copied out.

use std::collections::{BTreeMap, BTreeSet};

use git2::{Commit, Index, ObjectType, Odb, Oid, Repository, Tree};

use super::repo::{Repo, failed};
use super::tree::{self, Entry, SUBMODULE};
use super::{record, rewrite};
use crate::catalogue::error::{Error, Result};

/// What came of it.
pub enum Merged {
    /// The tree without the changes of the commit, stored.
    Tree(Oid),
    /// The paths at which later changes are in the way.
    Conflicts(BTreeSet<String>),
}

/// The tree of `end` without the changes of `taken`; `mainline` is which parent of a merge stays, 0 of another commit.
pub fn without(repo: &Repo, taken: &Commit<'_>, end: &Commit<'_>, mainline: u32) -> Result<Merged> {
    let doing = |error: git2::Error| failed("work out the files without the commit", &error);
    let ancestor = taken.tree().map_err(doing)?;
    let ours = end.tree().map_err(doing)?;
    let theirs = if taken.parent_count() == 0 {
        record::empty_tree(repo)?
    } else {
        let parent = taken.parent(mainline.saturating_sub(1) as usize);
        parent.and_then(|parent| parent.tree()).map_err(doing)?
    };
    let stored = repo.git.odb().map_err(doing)?;
    let memory = Odb::new().map_err(doing)?;
    memory.add_new_mempack_backend(1).map_err(doing)?;
    for id in needed(repo, [&ancestor, &ours, &theirs])? {
        copy(&stored, &memory, id)?;
    }
    let beside = Repository::open(&repo.work).map_err(doing)?;
    beside.set_odb(&memory).map_err(doing)?;
    let find = |tree: &Tree<'_>| beside.find_tree(tree.id()).map_err(doing);
    let index = beside.merge_trees(&find(&ancestor)?, &find(&ours)?, &find(&theirs)?, None).map_err(doing)?;
    if index.has_conflicts() {
        return Ok(Merged::Conflicts(conflicts(&index)));
    }
    let edits = edits(&tree::list(repo, &ours, &[""])?, &index)?;
    for entry in edits.values().flatten().filter(|entry| entry.mode != SUBMODULE) {
        if !stored.exists(entry.id) {
            copy(&memory, &stored, entry.id)?;
        }
    }
    Ok(Merged::Tree(rewrite::edited(repo, &ours, &edits)?))
}

/// What `index` has otherwise than `now`.
fn edits(now: &tree::Entries, index: &Index) -> Result<BTreeMap<String, Option<Entry>>> {
    let mut merged = tree::Entries::new();
    for entry in index.iter() {
        let path = String::from_utf8(entry.path)
            .map_err(|_| Error::internal("a merge made a name that none of its sides has"))?;
        merged.insert(path, Entry { id: entry.id, mode: entry.mode });
    }
    let gone = now.keys().filter(|path| !merged.contains_key(*path)).map(|path| (path.clone(), None));
    let new = merged.iter().filter(|(path, entry)| now.get(*path) != Some(*entry));
    Ok(gone.chain(new.map(|(path, entry)| (path.clone(), Some(*entry)))).collect())
}

/// The trees, and the files that a merge may read: those that the commit touches, and those that only one side has, which
/// may be the other name of one that was renamed.
fn needed(repo: &Repo, trees: [&Tree<'_>; 3]) -> Result<BTreeSet<Oid>> {
    let mut ids = BTreeSet::new();
    let mut open: Vec<Oid> = trees.iter().map(|tree| tree.id()).collect();
    while let Some(id) = open.pop() {
        if ids.insert(id) {
            let tree = repo.git.find_tree(id).map_err(|error| failed("read a directory of a commit", &error))?;
            open.extend(tree.iter().filter(|entry| entry.kind() == Some(ObjectType::Tree)).map(|entry| entry.id()));
        }
    }
    let list = |tree: &Tree<'_>| tree::list(repo, tree, &[""]);
    let (ancestor, ours, theirs) = (list(trees[0])?, list(trees[1])?, list(trees[2])?);
    let all: BTreeSet<&String> = ancestor.keys().chain(ours.keys()).chain(theirs.keys()).collect();
    for path in all {
        let (before, now, then) = (ancestor.get(path), ours.get(path), theirs.get(path));
        let touched = before != then || ((before.is_none() || now.is_none()) && before != now);
        // Attributes say how files are merged.
        if touched || path.ends_with(".gitattributes") {
            let files = [before, now, then].into_iter().flatten().filter(|entry| entry.mode != SUBMODULE);
            ids.extend(files.map(|entry| entry.id));
        }
    }
    Ok(ids)
}

fn copy(from: &Odb<'_>, to: &Odb<'_>, id: Oid) -> Result<()> {
    let copying = |error: git2::Error| failed(format!("copy the object {id}"), &error);
    let object = from.read(id).map_err(copying)?;
    to.write(object.kind(), object.data()).map_err(copying)?;
    Ok(())
}

fn conflicts(index: &Index) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for conflict in index.conflicts().into_iter().flatten().flatten() {
        let side = conflict.our.or(conflict.their).or(conflict.ancestor);
        paths.extend(side.map(|entry| String::from_utf8_lossy(&entry.path).escape_debug().to_string()));
    }
    paths
}
