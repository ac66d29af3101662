//! The files of a commit, listed.
//!
//! Names in a tree come from whoever made the commit: those that could leave the work tree or reach into `.git` are
//! refused here, before anything uses them as paths.

use std::collections::BTreeMap;

use git2::{Oid, Tree};

use super::repo::{Repo, failed};
use crate::catalogue::effect::Resource;
use crate::catalogue::error::{Error, Result};

/// Mode of a regular file.
pub const FILE: u32 = 0o100_644;
/// Mode of an executable file.
pub const EXECUTABLE: u32 = 0o100_755;
/// Mode of a symbolic link.
pub const LINK: u32 = 0o120_000;
/// Mode of a submodule.
pub const SUBMODULE: u32 = 0o160_000;
const DIRECTORY: u32 = 0o040_000;

/// A file of a commit or of the index: the id of its content and its mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The blob, or for a submodule the commit.
    pub id: Oid,
    /// One of [`FILE`], [`EXECUTABLE`], [`LINK`], [`SUBMODULE`].
    pub mode: u32,
}

/// Files by path, relative to the work tree.
pub type Entries = BTreeMap<String, Entry>;

/// Whether `path` is `scope` or lies below it; an empty scope holds everything.
#[must_use]
pub fn covers(scope: &str, path: &str) -> bool {
    scope.is_empty() || path.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// All files of `tree` at or below one of `scopes`.
pub fn list(repo: &Repo, tree: &Tree<'_>, scopes: &[&str]) -> Result<Entries> {
    let mut found = Entries::new();
    for scope in scopes {
        if scope.is_empty() {
            walk(repo, tree.id(), "", &mut found)?;
            continue;
        }
        let Ok(entry) = tree.get_path(std::path::Path::new(scope)) else { continue };
        let mode = normal(entry.filemode_raw() as u32);
        if mode == DIRECTORY {
            walk(repo, entry.id(), scope, &mut found)?;
        } else {
            found.insert((*scope).to_owned(), Entry { id: entry.id(), mode });
        }
    }
    Ok(found)
}

/// The symbolic links among the files of `tree` at or below one of `scopes`; those outside of the root are left out.
pub fn links(repo: &Repo, tree: &Tree<'_>, scopes: &[&str]) -> Result<Vec<Resource>> {
    let links = list(repo, tree, scopes)?.into_iter().filter(|(_, entry)| entry.mode == LINK);
    Ok(links.filter_map(|(path, _)| repo.name(&path)).map(Resource::file).collect())
}

/// Without recursion: a commit may nest directories deeper than a stack is.
fn walk(repo: &Repo, id: Oid, at: &str, found: &mut Entries) -> Result<()> {
    let mut open = vec![(id, at.to_owned())];
    while let Some((id, at)) = open.pop() {
        let tree = repo
            .git
            .find_tree(id)
            .map_err(|error| failed(format!("read the directory `{at}` of the commit"), &error))?;
        for entry in &tree {
            let name = checked(entry.name_bytes(), &at)?;
            let path = if at.is_empty() { name.to_owned() } else { format!("{at}/{name}") };
            let mode = normal(entry.filemode_raw() as u32);
            if mode == DIRECTORY {
                open.push((entry.id(), path));
            } else {
                found.insert(path, Entry { id: entry.id(), mode });
            }
        }
    }
    Ok(())
}

fn checked<'n>(name: &'n [u8], at: &str) -> Result<&'n str> {
    let refuse = |why: &str| {
        let shown = String::from_utf8_lossy(name).escape_debug().to_string();
        Error::refused(format!("the commit holds `{shown}` in `{at}/`, {why}"))
    };
    let text = std::str::from_utf8(name).map_err(|_| refuse("a name that is not UTF-8"))?;
    // INVARIANT: every path that leaves this module stays in the work tree when it is joined to it.
    if text.is_empty() || text == "." || text == ".." || text.contains(['/', '\0']) || text.eq_ignore_ascii_case(".git")
    {
        return Err(refuse("a name that no file may have"));
    }
    Ok(text)
}

/// Old repositories hold modes such as 100664; git reads them as one of the five it writes.
fn normal(mode: u32) -> u32 {
    match mode & 0o170_000 {
        0o100_000 if mode & 0o111 != 0 => EXECUTABLE,
        0o100_000 => FILE,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_scope_covers_itself_and_what_is_below_it_but_no_sibling() {
        assert!(covers("src", "src"));
        assert!(covers("src", "src/a.ts"));
        assert!(!covers("src", "src2/a.ts"));
        assert!(covers("", "anything"));
    }
}
