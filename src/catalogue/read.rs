//! Reading through the read-only world: facts, content, listings, and what to say when something is missing.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::{Error, Result};
use super::facts::Facts;
use super::folder::Folder;
use super::look::{Located, Look};
use super::show;

impl Look {
    /// What stands at a place, a link not followed; `None` where nothing does.
    pub fn facts(&self, at: &Located) -> Result<Option<Facts>> {
        if let Some(file) = self.foreseen(at) {
            return Ok(Some(file.facts()));
        }
        match std::fs::symlink_metadata(&at.path) {
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(Error::io(format!("look at `{}`", at.name), &error)),
            Ok(_) => {}
        }
        let found = match (at.path.parent(), at.path.file_name()) {
            (Some(parent), Some(name)) => Folder::open(parent).and_then(|folder| folder.look(name)),
            _ => Folder::open(&at.path).and_then(|folder| folder.facts().map(Some)),
        };
        found.or_else(|error| if is_absent(&error) { Ok(None) } else { Err(failed("look at", at, &error)) })
    }

    /// What stands at a place; an error with a suggestion where nothing does.
    pub fn facts_of_existing(&self, at: &Located) -> Result<Facts> {
        self.facts(at)?.ok_or_else(|| self.missing(at))
    }

    /// Opens a regular file. FIFOs, sockets and devices are refused, never opened.
    pub fn open(&self, at: &Located) -> Result<(File, Facts)> {
        let facts = self.facts_of_existing(at)?;
        if let Some(file) = self.foreseen(at) {
            return Ok((file.open().map_err(|error| failed("foresee", at, &error))?, facts));
        }
        if !facts.is_file() {
            return Err(Error::failed(format!("`{}` is {}, not a file", at.name, facts.sort.name())));
        }
        let (folder, name) = self.parent(at)?;
        folder.file(&name).map_err(|error| failed("open", at, &error))
    }

    /// All of a file, refused above `limit` bytes.
    pub fn read(&self, at: &Located, limit: u64) -> Result<Vec<u8>> {
        let (file, facts) = self.open(at)?;
        let too_large = |size: u64| {
            Error::failed(format!(
                "`{}` holds {}, more than the {} that fit a value",
                at.name,
                show::bytes(size as f64),
                show::bytes(limit as f64)
            ))
        };
        if facts.size > limit {
            return Err(too_large(facts.size));
        }
        let mut content = Vec::with_capacity(facts.size as usize);
        // One byte more than the limit: it may be growing, and /proc says 0 of everything.
        file.take(limit + 1).read_to_end(&mut content).map_err(|error| failed("read", at, &error))?;
        if content.len() as u64 > limit { Err(too_large(content.len() as u64)) } else { Ok(content) }
    }

    /// The target of a link, as stored.
    pub fn link_target(&self, at: &Located) -> Result<OsString> {
        let (folder, name) = self.parent(at)?;
        folder.target(&name).map_err(|error| failed("read the link", at, &error))
    }

    /// The entries of a directory, sorted by name, without the state of rbk itself.
    pub fn entries(&self, at: &Located) -> Result<Vec<Located>> {
        let folder = Folder::open(&at.path).map_err(|error| failed("open the directory", at, &error))?;
        let names = folder.names().map_err(|error| failed("list", at, &error))?;
        let entries = names.iter().map(|name| self.entry(at, name));
        Ok(entries.filter(|entry| !self.is_guarded(&entry.path)).collect())
    }

    /// That nothing stands at a place, with the names beside it that resemble it.
    #[must_use]
    pub fn missing(&self, at: &Located) -> Error {
        let error = Error::failed(format!("`{}` does not exist", at.name));
        let Some((parent, name)) = at.path.parent().zip(at.path.file_name()) else { return error };
        if !parent.is_dir() {
            return error.hint(format!("there is no directory `{}` either", self.name_of(parent)));
        }
        let near = Folder::open(parent).and_then(|folder| folder.names()).unwrap_or_default();
        let near = resembling(&name.to_string_lossy(), &near);
        if near.is_empty() {
            return error;
        }
        let near: Vec<String> = near.iter().map(|name| format!("`{}`", self.name_of(&parent.join(name)))).collect();
        error.hint(format!("did you mean {}?", near.join(" or ")))
    }

    /// The opened parent of a place, no link on the way, and the name in it.
    pub(super) fn parent(&self, at: &Located) -> Result<(Folder, OsString)> {
        let (Some(parent), Some(name)) = (at.path.parent(), at.path.file_name()) else {
            return Err(Error::refused("the root of the file system has no parent"));
        };
        let folder = Folder::open(parent).map_err(|error| self.unreachable(at, parent, &error))?;
        Ok((folder, name.to_owned()))
    }

    /// Why the parent of `at` cannot be opened. A link among its directories appeared after `at` was located.
    fn unreachable(&self, at: &Located, parent: &Path, error: &std::io::Error) -> Error {
        use std::io::ErrorKind as Io;
        match error.kind() {
            Io::NotFound => Error::failed(format!("there is no directory `{}`", self.name_of(parent))),
            Io::NotADirectory => Error::failed(format!(
                "`{}` is not reached: a directory on the way is a file, or became a link",
                at.name
            ))
            .hint("nothing was followed; see what replaced the directory and run again"),
            _ => failed("open the directory of", at, error),
        }
    }
}

/// An operating-system failure at `at`.
pub(super) fn failed(doing: &str, at: &Located, error: &std::io::Error) -> Error {
    Error::io(format!("{doing} `{}`", at.name), error)
}

pub(super) fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// At most three names that may have been meant: equal but for case first, then the nearest.
fn resembling(name: &str, names: &[OsString]) -> Vec<OsString> {
    let lower = name.to_lowercase();
    let most = (name.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &OsString)> = names
        .iter()
        .map(|other| (strsim::damerau_levenshtein(&lower, &other.to_string_lossy().to_lowercase()), other))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    near.sort();
    near.into_iter().take(3).map(|(_, name)| name.clone()).collect()
}

#[cfg(test)]
mod tests;
