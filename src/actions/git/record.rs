//! Making a commit: of what is staged, or of what stands in the work tree at some paths.

use std::collections::BTreeMap;

use git2::{Index, Oid, Status, StatusOptions};

use super::difference::{self, Change, State};
use super::repo::{Repo, failed};
use super::staged::{Node, refuse_filters};
use super::tip::Tip;
use super::tree::{self, EXECUTABLE, Entry, FILE, LINK, SUBMODULE};
use super::{commit, index};
use crate::catalogue::error::{Error, Result};

/// The tree without files, which git knows without its being stored.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// The tree of the commit that is checked out; the empty one where there is none.
pub fn head_tree<'r>(repo: &'r Repo, tip: &Tip) -> Result<git2::Tree<'r>> {
    let reading = |error| failed("read the commit that is checked out", &error);
    match tip.commit(repo)? {
        Some(head) => head.tree().map_err(reading),
        None => empty_tree(repo),
    }
}

/// The tree without files.
pub fn empty_tree(repo: &Repo) -> Result<git2::Tree<'_>> {
    let found = Oid::from_str(EMPTY_TREE).and_then(|id| repo.git.find_tree(id));
    found.map_err(|error| failed("read the empty tree", &error))
}

/// The files at and below `scopes` that are not as in the commit that is checked out, untracked ones with them if they are
/// `untracked`. As a change from the commit to the work tree.
pub fn uncommitted(repo: &Repo, head: &git2::Tree<'_>, scopes: &[&str], untracked: bool) -> Result<Vec<Change>> {
    let mut options = StatusOptions::new();
    options.include_untracked(untracked).recurse_untracked_dirs(true).include_ignored(false);
    // Looking must not write the index, and `*` in a file's name is not a pattern.
    options.update_index(false).exclude_submodules(true).disable_pathspec_match(true);
    for scope in scopes.iter().filter(|scope| !scope.is_empty()) {
        options.pathspec(scope);
    }
    let statuses = repo.git.statuses(Some(&mut options)).map_err(|error| failed("compare the work tree", &error))?;
    let committed = tree::list(repo, head, &[""])?;
    let mut wanted: BTreeMap<String, Option<Entry>> = BTreeMap::new();
    for entry in statuses.iter().filter(|entry| entry.status() != Status::CURRENT) {
        let path = String::from_utf8(entry.path_bytes().to_vec()).map_err(|error| {
            let shown = String::from_utf8_lossy(error.as_bytes()).escape_debug().to_string();
            Error::refused(format!("`{shown}` has a name that is not UTF-8")).hint("rename it; git paths here are text")
        })?;
        if path.ends_with('/') {
            return Err(Error::refused(format!("`{path}` holds a repository of its own"))
                .hint("name the paths beside it, or add it to `.gitignore`"));
        }
        wanted.insert(path.clone(), committed.get(&path).copied());
    }
    let mut changes = difference::compare(repo, head, &wanted, &[""])?;
    changes.retain(|change| change.work);
    for change in &mut changes {
        // Where a directory took the place of a file, that file is gone; what is in the directory is listed by itself.
        if change.before == Node::Directory {
            change.before = Node::Absent;
        }
        if change.before == Node::Special {
            return Err(Error::refused(format!("`{}` is no file that git can keep", change.name))
                .hint("name the files to take, or add it to `.gitignore`"));
        }
        std::mem::swap(&mut change.before, &mut change.after);
        change.state = State::Committed;
    }
    Ok(changes)
}

/// What is staged: a change from the commit that is checked out to the index.
pub fn staged(repo: &Repo, head: &git2::Tree<'_>) -> Result<Vec<Change>> {
    let committed = tree::list(repo, head, &[""])?;
    let mut now = BTreeMap::new();
    for entry in index::open(repo)?.iter().filter(|entry| index::stage(entry) == 0) {
        if let Ok(path) = String::from_utf8(entry.path.clone()) {
            now.insert(path, Entry { id: entry.id, mode: entry.mode });
        }
    }
    let all: std::collections::BTreeSet<&String> = committed.keys().chain(now.keys()).collect();
    let mut changes = Vec::new();
    for path in all.into_iter().filter(|path| committed.get(*path) != now.get(*path)) {
        changes.push(Change {
            path: path.clone(),
            name: repo.name(path).unwrap_or_else(|| path.clone()),
            want: now.get(path).copied(),
            have: committed.get(path).copied(),
            before: node(repo, committed.get(path))?,
            after: node(repo, now.get(path))?,
            work: true,
            index: false,
            blocker: None,
            state: State::Committed,
        });
    }
    Ok(changes)
}

/// A file as git stores it.
fn node(repo: &Repo, entry: Option<&Entry>) -> Result<Node> {
    let Some(entry) = entry else { return Ok(Node::Absent) };
    if entry.mode == SUBMODULE {
        return Ok(Node::Directory);
    }
    let blob = repo.git.find_blob(entry.id).map_err(|error| failed("read a file of the repository", &error))?;
    let content = blob.content().to_vec();
    Ok(match entry.mode {
        LINK => Node::Link(String::from_utf8_lossy(&content).into_owned()),
        mode => Node::File { content, mode: mode & 0o7777 },
    })
}

/// Stores what stands in the work tree at the paths of `changes`; each path with its entry, `None` where nothing stands.
pub fn store(repo: &Repo, changes: &[Change]) -> Result<Vec<(String, Option<Entry>)>> {
    let keeps_modes = repo.git.config().and_then(|config| config.get_bool("core.filemode")).unwrap_or(true);
    let mut entries = Vec::new();
    for change in changes {
        let place = repo.place(&change.path);
        let doing = |error: git2::Error| failed(format!("store `{}`", change.name), &error);
        // Looked at again: it may have changed since it was compared.
        let entry = match Node::read(&place)? {
            Node::Absent => None,
            Node::Directory if change.after == Node::Absent => None,
            Node::Link(target) => Some(Entry { id: repo.git.blob(target.as_bytes()).map_err(doing)?, mode: LINK }),
            Node::File { mode, .. } => {
                refuse_filters(repo, &change.path)?;
                let had = change.have.or(change.want).map(|entry| entry.mode).filter(|mode| *mode == EXECUTABLE);
                let executable = if keeps_modes { mode & 0o100 != 0 } else { had.is_some() };
                let id = repo.git.blob_path(&place).map_err(doing)?;
                Some(Entry { id, mode: if executable { EXECUTABLE } else { FILE } })
            }
            Node::Directory | Node::Special => {
                return Err(Error::failed(format!("`{}` is no file any more", change.name)));
            }
        };
        entries.push((change.path.clone(), entry));
    }
    Ok(entries)
}

/// The tree of `base` with these entries.
pub fn tree_with(repo: &Repo, base: Option<&git2::Tree<'_>>, entries: &[(String, Option<Entry>)]) -> Result<Oid> {
    let making = |error: git2::Error| failed("make the tree of the commit", &error);
    let mut index = Index::new().map_err(making)?;
    if let Some(base) = base {
        index.read_tree(base).map_err(making)?;
    }
    // Those that go first: an entry `a` and an entry `a/b` exclude each other.
    for (path, _) in entries {
        if index.get_path(path.as_ref(), 0).is_some() {
            index.remove(path.as_ref(), 0).map_err(making)?;
        }
    }
    for (path, entry) in entries {
        if let Some(entry) = entry {
            index.add(&index::bare(path, *entry)).map_err(making)?;
        }
    }
    index.write_tree_to(&repo.git).map_err(making)
}

/// A commit of this tree, which no ref names yet.
pub fn commit(repo: &Repo, tree: Oid, parents: &[&git2::Commit<'_>], message: &str) -> Result<Oid> {
    let making = |error: git2::Error| failed("make the commit", &error);
    let who = commit::identity(repo)?;
    let tree = repo.git.find_tree(tree).map_err(making)?;
    if !repo.is_aside() {
        return repo.git.commit(None, &who, &who, message, &tree, parents).map_err(making);
    }
    // A commit refreshes the time of its tree, which may lie in the repository that is only looked at.
    let commit = repo.git.commit_create_buffer(&who, &who, message, &tree, parents).map_err(making)?;
    repo.git.odb().and_then(|objects| objects.write(git2::ObjectType::Commit, &commit)).map_err(making)
}
