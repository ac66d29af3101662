//! A tree with some of its files changed: every other entry stays as it is, and only directories that are new are stored.
//!
//! libgit2 makes trees of an index, which writes every directory anew, and refreshes the times of those that are there.

use std::collections::BTreeMap;

use git2::{ObjectType, Oid, Tree};

use super::repo::{Repo, failed};
use super::tree::Entry;
use crate::catalogue::error::Result;

const DIRECTORY: u32 = 0o040_000;

/// What is changed: a path below a directory, and its file, `None` to take it away.
type Edits<'p> = BTreeMap<&'p str, Option<Entry>>;

/// The tree `base` with `edits`, stored.
pub fn edited(repo: &Repo, base: &Tree<'_>, edits: &BTreeMap<String, Option<Entry>>) -> Result<Oid> {
    if edits.is_empty() {
        return Ok(base.id());
    }
    let edits = edits.iter().map(|(path, entry)| (path.as_str(), *entry)).collect();
    match directory(repo, Some(base.id()), &edits)? {
        Some(id) => Ok(id),
        None => store(repo, &[]),
    }
}

/// A directory with `edits`; `None` where nothing is left in it. As deep as paths may be long.
fn directory(repo: &Repo, base: Option<Oid>, edits: &Edits<'_>) -> Result<Option<Oid>> {
    let mut entries: BTreeMap<Vec<u8>, (u32, Oid)> = BTreeMap::new();
    if let Some(id) = base {
        let tree = repo.git.find_tree(id).map_err(|error| failed("read a directory of a commit", &error))?;
        for entry in &tree {
            entries.insert(entry.name_bytes().to_vec(), (entry.filemode_raw() as u32, entry.id()));
        }
    }
    let mut below: BTreeMap<&str, Edits<'_>> = BTreeMap::new();
    for (path, entry) in edits {
        match path.split_once('/') {
            Some((first, rest)) => {
                below.entry(first).or_default().insert(rest, *entry);
            }
            // Files before directories: one may take the place of the other.
            None => match entry {
                Some(entry) => {
                    entries.insert(path.as_bytes().to_vec(), (entry.mode, entry.id));
                }
                None => {
                    entries.remove(path.as_bytes());
                }
            },
        }
    }
    for (name, edits) in below {
        let there = entries.get(name.as_bytes()).copied();
        let inner = there.filter(|(mode, _)| *mode == DIRECTORY).map(|(_, id)| id);
        match directory(repo, inner, &edits)? {
            Some(id) => {
                entries.insert(name.as_bytes().to_vec(), (DIRECTORY, id));
            }
            // Where a file stands now, the directory went before.
            None if inner.is_some() => {
                entries.remove(name.as_bytes());
            }
            None => {}
        }
    }
    if entries.is_empty() { Ok(None) } else { store(repo, &entries.into_iter().collect::<Vec<_>>()).map(Some) }
}

/// Stores a directory, unless there is one like it.
fn store(repo: &Repo, entries: &[(Vec<u8>, (u32, Oid))]) -> Result<Oid> {
    let doing = |error: git2::Error| failed("store a directory of the commit", &error);
    let mut sorted: Vec<_> = entries.iter().collect();
    // Git compares the names of directories as if they ended with a slash.
    sorted.sort_by_key(|(name, (mode, _))| if *mode == DIRECTORY { [name, &b"/"[..]].concat() } else { name.clone() });
    let mut bytes = Vec::new();
    for (name, (mode, id)) in sorted {
        bytes.extend(format!("{mode:o} ").bytes());
        bytes.extend(name);
        bytes.push(0);
        bytes.extend(id.as_bytes());
    }
    let objects = repo.git.odb().map_err(doing)?;
    let id = Oid::hash_object(ObjectType::Tree, &bytes).map_err(doing)?;
    if !objects.exists(id) {
        objects.write(ObjectType::Tree, &bytes).map_err(doing)?;
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::repo::Repo;
    use super::super::sandbox::Sandbox;
    use super::super::tree::{self, Entry, FILE};
    use super::edited;

    #[test]
    fn files_and_directories_take_each_others_place_as_git_writes_them() {
        let sandbox = Sandbox::empty();
        sandbox.write("a", "1\n").write("a.b", "1\n").write("d/e/f", "1\n").write("d/g", "1\n").write("x/y", "1\n");
        sandbox.commit("before");
        let repo = Repo::open(&sandbox.look()).unwrap();
        let base = repo.git.head().unwrap().peel_to_tree().unwrap();
        let one = Entry { id: tree::list(&repo, &base, &[""]).unwrap()["a"].id, mode: FILE };
        let edit = |edits: &[(&str, Option<Entry>)]| {
            let edits: BTreeMap<_, _> = edits.iter().map(|(path, entry)| ((*path).to_owned(), *entry)).collect();
            edited(&repo, &base, &edits).unwrap().to_string()
        };
        let now = |sandbox: &Sandbox| {
            sandbox.git(&["add", "-A"]);
            sandbox.git(&["write-tree"])
        };
        assert_eq!(edit(&[]), base.id().to_string());
        // `a` as a directory comes behind `a.b`, `d/e` becomes a file, and of `x` nothing is left.
        let ours = edit(&[("a", None), ("a/z", Some(one)), ("d/e", Some(one)), ("d/e/f", None), ("x/y", None)]);
        std::fs::remove_file(sandbox.root.join("a")).unwrap();
        std::fs::remove_dir_all(sandbox.root.join("d/e")).unwrap();
        std::fs::remove_dir_all(sandbox.root.join("x")).unwrap();
        sandbox.write("a/z", "1\n").write("d/e", "1\n");
        assert_eq!(ours, now(&sandbox));
        sandbox.git(&["fsck", "--strict"]);
        let none = edit(&[("a", None), ("a.b", None), ("d/e/f", None), ("d/g", None), ("x/y", None)]);
        assert_eq!(none, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    }
}
