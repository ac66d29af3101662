//! One ref, kept before it is created or moved, and put back: its value, the file it stands in, its reflog.
//!
//! The value goes through libgit2, which knows packed refs and takes git's locks; the files follow, so that a ref
//! that nobody touched meanwhile is what it was byte for byte.

use std::path::{Path, PathBuf};

use git2::{ErrorCode, Oid, Reference, ReferenceType};
use serde::{Deserialize, Serialize};

use super::own_file::{self, Around, Kept};
use super::repo::{Repo, failed};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;

/// A ref as it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Was {
    /// Its full name.
    name: String,
    /// The id it held; `None` where there was no such ref.
    target: Option<String>,
    /// Its own file; absent where it was packed.
    file: Kept,
    log: Kept,
    /// Directories that were not there, outermost first.
    missing: Vec<String>,
    around: Around,
}

impl Was {
    /// Its full name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The id that a ref holds now; `None` where there is no such ref.
pub fn value(repo: &Repo, name: &str) -> Result<Option<Oid>> {
    match repo.git.find_reference(name) {
        Ok(found) => direct(&found, name).map(Some),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(failed(format!("read `{name}`"), &error)),
    }
}

fn direct(found: &Reference<'_>, name: &str) -> Result<Oid> {
    if found.kind() == Some(ReferenceType::Symbolic) {
        return Err(Error::refused(format!("`{name}` is a symbolic ref, which points to another one"))
            .hint("name the ref that it points to"));
    }
    found.target().ok_or_else(|| Error::failed(format!("`{name}` holds no id")))
}

/// Keeps the ref called `name`.
pub fn keep(repo: &Repo, name: &str, keep: &dyn Keep) -> Result<Was> {
    let file = repo.shared(name);
    let log = repo.shared(&format!("logs/{name}"));
    let mut missing = Vec::new();
    let mut folders: Vec<PathBuf> = Vec::new();
    for path in [&file, &log] {
        let absent: Vec<&Path> = path.ancestors().skip(1).take_while(|folder| !folder.exists()).collect();
        folders.extend(path.ancestors().skip(1).find(|folder| folder.exists()).map(Path::to_path_buf));
        missing.extend(absent.iter().rev().filter_map(|folder| folder.to_str()).map(str::to_owned));
    }
    // Removing a packed ref locks `packed-refs`, which lies at the top.
    folders.push(repo.git.commondir().to_path_buf());
    Ok(Was {
        name: name.to_owned(),
        target: value(repo, name)?.map(|id| id.to_string()),
        around: own_file::around(folders.iter().map(PathBuf::as_path)),
        file: own_file::keep(&file, keep)?,
        log: own_file::keep(&log, keep)?,
        missing,
    })
}

/// Makes the ref what it was. Works on a ref that was never changed, and may be repeated.
pub fn put_back(repo: &Repo, was: &Was, keep: &dyn Keep) -> Result<()> {
    let name = &was.name;
    let file = repo.shared(name);
    let log = repo.shared(&format!("logs/{name}"));
    let then = was.target.as_deref().map(Oid::from_str).transpose();
    let then = then.map_err(|error| failed(format!("read the captured value of `{name}`"), &error))?;
    // Looked at first: setting the ref writes a line of its own, also into a log that is not there.
    let grown = is_grown_from(&log, &was.log, keep)?;
    match (then, value(repo, name)?) {
        (None, Some(_)) => {
            let mut found = repo.git.find_reference(name).map_err(|error| failed(format!("read `{name}`"), &error))?;
            found.delete().map_err(|error| failed(format!("delete `{name}`"), &error))?;
        }
        (Some(then), now) if now != Some(then) => {
            repo.git
                .reference(name, then, true, "rbk: undo")
                .map_err(|error| failed(format!("set `{name}` back"), &error))?;
        }
        _ => {}
    }
    if was.file.0.is_some() {
        own_file::put_back(&file, &was.file, keep)?;
    } else if then.is_some() {
        // It stood in `packed-refs`. Its own file goes only if it still does, else the ref would vanish with it.
        unpack_safely(repo, name, &file, then)?;
    }
    if grown {
        own_file::put_back(&log, &was.log, keep)?;
    }
    for folder in was.missing.iter().rev() {
        // Fails on one that somebody else has put something into, which is right.
        #[allow(
            clippy::disallowed_methods,
            reason = "directories of the repository itself, which may lie outside the roots"
        )]
        drop(std::fs::remove_dir(folder));
    }
    own_file::settle(&was.around);
    Ok(())
}

fn unpack_safely(repo: &Repo, name: &str, file: &Path, then: Option<Oid>) -> Result<()> {
    let packed = std::fs::read_to_string(repo.shared("packed-refs")).unwrap_or_default();
    let line = then.map(|id| format!("{id} {name}"));
    if line.is_some_and(|line| packed.lines().any(|packed| packed == line)) {
        own_file::remove(file)?;
    }
    Ok(())
}

/// Whether a reflog is as it was but for lines that were added; one that was pruned meanwhile is left alone.
pub fn is_grown_from(log: &Path, was: &Kept, keep: &dyn Keep) -> Result<bool> {
    let then = own_file::bytes(was, keep)?.unwrap_or_default();
    match std::fs::read(log) {
        Ok(now) => Ok(now.starts_with(&then)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(was.0.is_some()),
        Err(error) => Err(Error::io(format!("read `{}`", log.display()), &error)),
    }
}
