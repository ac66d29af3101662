//! Bringing captured states back byte for byte.
//!
//! Works from any state in between and may be repeated: it compares before it changes, by content, and leaves alone what
//! is as it was. One path that cannot be brought back does not keep the others from it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, mkdirat, openat};

use super::Touch;
use super::copy::sync_all;
use super::discard::{discard, open_up, unlink};
use super::fill::fill;
use super::fresh::{Fresh, is_left_over, settle};
use super::meta::{bring_back, bring_back_closed, set_mtime};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::facts::{Facts, Sort};
use crate::catalogue::folder::Folder;
use crate::catalogue::keep::{Keep, ObjectId};
use crate::catalogue::look::Located;
use crate::catalogue::path_text::{decode, join};
use crate::catalogue::snapshot::{Meta, NodeState, PathState, Special};
use crate::catalogue::take::names_digest;

/// Up to so many new files are brought to the disk one by one; above, with their whole file system at once.
const SINGLE_SYNCS: usize = 8;

impl Touch {
    /// Brings `states` back: content, mode, owner, modification time, extended attributes, links, hard links, absence.
    /// New content is complete on disk before what it replaces is gone. Entries that are not in a captured directory
    /// are removed from it. The error names what could not be brought back; everything else then is.
    pub fn restore(&self, states: &[PathState], keep: &dyn Keep) -> Result<()> {
        let names = states.iter().map(|state| (state.path.as_str(), &state.node)).collect();
        let mut restoring = Restoring {
            touch: self,
            keep,
            names,
            failures: Vec::new(),
            written: 0,
            remade: HashSet::new(),
            changed: HashSet::new(),
        };
        restoring.each(states, Restoring::clear_leftovers)?;
        restoring.each(states, Restoring::make_directory)?;
        restoring.each(states, Restoring::bring_entry)?;
        restoring.each(states, Restoring::empty_directory)?;
        // Deepest first: a change below changes the time of the directory above. What is around comes last of all.
        let (around, within): (Vec<_>, Vec<_>) =
            states.iter().rev().partition(|state| matches!(state.node, NodeState::Parent { .. } | NodeState::NoParent));
        restoring.each(within, |_, state, at| finish_directory(state, at))?;
        restoring.each(around, Restoring::finish_around)?;
        restoring.make_durable(states);
        restoring.verdict(states.len())
    }
}

struct Restoring<'a> {
    touch: &'a Touch,
    keep: &'a dyn Keep,
    names: BTreeMap<&'a str, &'a NodeState>,
    failures: Vec<Error>,
    written: usize,
    /// Directories around the paths that were gone.
    remade: HashSet<PathBuf>,
    /// Directories further up whose times this restore changed.
    changed: HashSet<PathBuf>,
}

impl<'a> Restoring<'a> {
    fn each(
        &mut self,
        states: impl IntoIterator<Item = &'a PathState>,
        work: fn(&mut Self, &'a PathState, &Located) -> Result<()>,
    ) -> Result<()> {
        for state in states {
            self.touch.cancel().check()?;
            let at = self.touch.located_as_kept(&state.path);
            if let Err(error) = work(self, state, &at) {
                self.touch.cancel().check()?;
                self.failures.push(error);
            }
        }
        Ok(())
    }

    /// Removes what writes of killed processes left beside the paths.
    fn clear_leftovers(&mut self, state: &PathState, at: &Located) -> Result<()> {
        if !matches!(state.node, NodeState::Parent { .. } | NodeState::NoParent | NodeState::Directory { .. }) {
            return Ok(());
        }
        let Ok(folder) = Folder::open(&at.path) else { return Ok(()) };
        for name in folder.names().unwrap_or_default().iter().filter(|name| is_left_over(name)) {
            self.changed.insert(at.path.clone());
            discard(&folder, name).map_err(|error| failed("clear", at, &error))?;
        }
        Ok(())
    }

    /// Makes directories, so that everything below them has a place.
    fn make_directory(&mut self, state: &PathState, at: &Located) -> Result<()> {
        match state.node {
            NodeState::Directory { .. } => {}
            // Of what is around only what is gone is made: another kind in its place was someone else's doing.
            NodeState::Parent { .. } if self.touch.facts(at)?.is_none() => {
                self.remade.insert(at.path.clone());
                self.changed.extend(at.path.parent().map(Path::to_owned));
            }
            _ => return Ok(()),
        }
        let Some((folder, name)) = self.place(at)? else { return Ok(()) };
        let io = |error: io::Error| failed("restore the directory", at, &error);
        match folder.look(&name).map_err(io)? {
            Some(facts) if facts.is_dir() => open_up(&folder, &name, facts.mode).map_err(io),
            Some(_) => {
                let fresh = Fresh::directory(&folder).map_err(io)?;
                // A rename cannot put a directory in the place of another kind: `place` sets that aside.
                fresh.place(&name).map_err(io)
            }
            None => mkdirat(folder.fd(), &name, Mode::from_raw_mode(0o700)).map_err(|error| io(error.into())),
        }
    }

    fn bring_entry(&mut self, state: &PathState, at: &Located) -> Result<()> {
        if matches!(state.node, NodeState::Directory { .. } | NodeState::Parent { .. } | NodeState::NoParent) {
            return Ok(());
        }
        let absent = matches!(state.node, NodeState::Absent);
        let (folder, name) = match Folder::open(at.path.parent().unwrap_or(Path::new("/"))) {
            // Its directory is gone, or is no directory any more.
            Err(error) if absent && is_gone(&error) => return Ok(()),
            _ => match self.place(at)? {
                Some(place) => place,
                None => return Ok(()),
            },
        };
        match &state.node {
            NodeState::Absent => self.touch.remove_entry(&folder, &name, &at.path, true, 0),
            NodeState::File { object, size, meta, hard_link, .. } => {
                self.file(&folder, &name, at, (object, *size, meta), hard_link.as_deref())
            }
            NodeState::Link { target, meta } => {
                let target = decode(target);
                closed(&folder, &name, at, meta, Sort::Link, |folder, there| {
                    if there.is_some() && folder.target(&name)? == target {
                        Ok(None)
                    } else {
                        Fresh::link(folder, &target).map(Some)
                    }
                })
            }
            NodeState::Special { sort, device, meta } => {
                closed(&folder, &name, at, meta, sort.sort(), |folder, there| match there {
                    Some(there) if there.rdev == *device => Ok(None),
                    _ => Fresh::special(folder, file_type(*sort), *device).map(Some),
                })
            }
            NodeState::Directory { .. } | NodeState::Parent { .. } | NodeState::NoParent => Ok(()),
        }
    }

    fn file(
        &mut self,
        folder: &Folder,
        name: &OsString,
        at: &Located,
        (object, size, meta): (&ObjectId, u64, &Meta),
        hard_link: Option<&str>,
    ) -> Result<()> {
        let io = |error: io::Error| failed("restore", at, &error);
        let other = hard_link.map(|other| self.touch.located_as_kept(other));
        let other = match &other {
            Some(other) => other
                .path
                .file_name()
                .and_then(|name| Some((Folder::open(other.path.parent()?).ok()?, name.to_owned()))),
            None => None,
        };
        let now = folder.look(name).map_err(io)?;
        let joined = match (&other, &now) {
            (Some((folder, name)), Some(now)) => {
                folder.look(name).map_err(io)?.is_some_and(|other| other.same_inode(now))
            }
            _ => false,
        };
        if self.holds(folder, name, object, size) && (joined || other.is_none()) {
            return bring_back_file(folder, name, meta).map_err(io);
        }
        if let Some((other_folder, other_name)) =
            other.as_ref().filter(|(folder, name)| self.holds(folder, name, object, size))
            && !joined
        {
            Fresh::hard_link(folder, other_folder, other_name).and_then(|fresh| fresh.place(name)).map_err(io)?;
            return bring_back_file(folder, name, meta).map_err(io);
        }
        if self.holds(folder, name, object, size) {
            // The other name went its own way since; this one is right.
            return bring_back_file(folder, name, meta).map_err(io);
        }
        if joined {
            // Both names were changed in place through their one inode, perhaps with others that are not known.
            return self.overwrite(folder, name, object, meta).map_err(io);
        }
        let (fresh, mut file) = Fresh::file(folder, 0o600).map_err(io)?;
        let mut content = self.keep.open(object)?;
        fill(&mut file, &mut *content, self.touch.cancel()).map_err(io)?;
        let made = Facts::of(&rustix::fs::fstat(&file).map_err(|error| io(error.into()))?);
        bring_back(&file, &made, meta).map_err(io)?;
        self.written += 1;
        if self.written <= SINGLE_SYNCS {
            file.sync_all().map_err(io)?;
        }
        fresh.place(name).map_err(io)?;
        Ok(())
    }

    /// Writes content over what a file holds, so that all its names see it. Cut short it is half old: content that is
    /// kept elsewhere, and written again by the next attempt.
    fn overwrite(&mut self, folder: &Folder, name: &OsString, object: &ObjectId, meta: &Meta) -> io::Result<()> {
        let mut content = self.keep.open(object).map_err(|error| io::Error::other(error.what))?;
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut file = File::from(openat(folder.fd(), name, flags, Mode::empty())?);
        io::copy(&mut content, &mut file)?;
        let length = file.stream_position()?;
        rustix::fs::ftruncate(&file, length)?;
        file.sync_all()?;
        bring_back_file(folder, name, meta)
    }

    /// Whether a regular file with exactly this content stands there.
    fn holds(&self, folder: &Folder, name: &OsString, object: &ObjectId, size: u64) -> bool {
        // The size first, so that what differs is seldom read.
        let Ok(Some(facts)) = folder.look(name) else { return false };
        if !facts.is_file() || facts.size != size {
            return false;
        }
        let Ok((mut file, _)) = folder.file(name) else { return false };
        self.touch.content_digest(&mut file).is_ok_and(|digest| digest.to_hex().as_str() == object.0)
    }

    /// Removes from a captured directory what was not in it.
    fn empty_directory(&mut self, state: &PathState, at: &Located) -> Result<()> {
        let NodeState::Directory { .. } = state.node else { return Ok(()) };
        let io = |error: io::Error| failed("restore the directory", at, &error);
        let folder = Folder::open(&at.path).map_err(io)?;
        for name in folder.names().map_err(io)? {
            let path = at.path.join(&name);
            let kept = join(&state.path, &name);
            if !self.names.contains_key(kept.as_str()) && !self.touch.is_guarded(&path) {
                self.touch.remove_entry(&folder, &name, &path, true, 0)?;
            }
        }
        Ok(())
    }

    fn finish_around(&mut self, state: &PathState, at: &Located) -> Result<()> {
        let io = |error: io::Error| failed("restore the directory", at, &error);
        match &state.node {
            NodeState::NoParent => {
                let Ok((folder, name)) = self.touch.parent(at) else { return Ok(()) };
                // Not empty: others put something in it, and it stays.
                if folder.look(&name).map_err(io)?.is_some_and(|facts| facts.is_dir()) {
                    let _ = unlink(&folder, &name, true);
                }
                Ok(())
            }
            NodeState::Parent { meta, names, direct } => {
                let Ok(folder) = Folder::open(&at.path) else { return Ok(()) };
                let facts = folder.facts().map_err(io)?;
                if self.remade.contains(&at.path) {
                    let meta = Meta { mtime: facts.mtime, ..meta.clone() };
                    folder.readable().and_then(|open| bring_back(&open, &facts, &meta)).map_err(io)?;
                }
                let may = (*direct || self.changed.contains(&at.path)) && facts.mtime != meta.mtime;
                if may && names_digest(&folder).map_err(io)? == *names {
                    // Durable before its time is set back: a sync does not change times.
                    settle(&folder).map_err(io)?;
                    folder.readable().and_then(|open| set_mtime(&open, meta.mtime)).map_err(io)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The opened parent of a captured path and the name in it; nothing for the root itself, which needs no place.
    fn place(&self, at: &Located) -> Result<Option<(Folder, OsString)>> {
        if self.touch.roots().any(|root| root == at.path) { Ok(None) } else { self.touch.parent(at).map(Some) }
    }

    fn make_durable(&mut self, states: &[PathState]) {
        let mut parents = BTreeSet::new();
        for state in states.iter().filter(|state| !matches!(state.node, NodeState::Parent { .. } | NodeState::NoParent))
        {
            parents.extend(self.touch.located_as_kept(&state.path).path.parent().map(Path::to_owned));
        }
        let mut devices = HashSet::new();
        for path in parents {
            let Ok(folder) = Folder::open(&path) else { continue };
            let done = if self.written <= SINGLE_SYNCS {
                settle(&folder)
            } else if folder.facts().is_ok_and(|facts| devices.insert(facts.dev)) {
                sync_all(&folder)
            } else {
                Ok(())
            };
            if let Err(error) = done {
                self.failures.push(Error::io(format!("bring `{}` to the disk", self.touch.name_of(&path)), &error));
            }
        }
    }

    fn verdict(mut self, all: usize) -> Result<()> {
        if self.failures.len() <= 1 {
            return self.failures.pop().map_or(Ok(()), Err);
        }
        let first: Vec<&str> = self.failures.iter().take(3).map(|error| error.what.as_str()).collect();
        let what = format!("{} of {all} paths were not brought back: {}", self.failures.len(), first.join("; "));
        let hint = self.failures.iter().find_map(|error| error.hint.clone());
        Err(Error { hint, ..Error::failed(what) })
    }
}

fn finish_directory(state: &PathState, at: &Located) -> Result<()> {
    let NodeState::Directory { meta } = &state.node else { return Ok(()) };
    let io = |error: io::Error| failed("restore the directory", at, &error);
    let open = Folder::open(&at.path).and_then(|folder| folder.readable()).map_err(io)?;
    let now = Facts::of(&rustix::fs::fstat(&open).map_err(|error| io(error.into()))?);
    bring_back(&open, &now, meta).map_err(io)
}

/// Brings back what is never opened: `make` gives a new entry, or nothing where the present one is right.
fn closed(
    folder: &Folder,
    name: &OsString,
    at: &Located,
    meta: &Meta,
    sort: Sort,
    make: impl for<'f> Fn(&'f Folder, Option<Facts>) -> io::Result<Option<Fresh<'f>>>,
) -> Result<()> {
    let io = |error: io::Error| failed("restore", at, &error);
    let there = folder.look(name).map_err(io)?.filter(|there| there.sort == sort);
    if let Some(fresh) = make(folder, there).map_err(io)? {
        fresh.place(name).map_err(io)?;
    }
    let Some(now) = folder.look(name).map_err(io)? else { return Ok(()) };
    bring_back_closed(folder, name, &now, meta).map_err(io)
}

fn failed(doing: &str, at: &Located, error: &io::Error) -> Error {
    Error::io(format!("{doing} `{}`", at.name), error)
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn bring_back_file(folder: &Folder, name: &OsString, meta: &Meta) -> io::Result<()> {
    let (file, now) = folder.file(name)?;
    bring_back(&file, &now, meta)
}

fn file_type(sort: Special) -> FileType {
    match sort {
        Special::Fifo => FileType::Fifo,
        Special::Socket => FileType::Socket,
        Special::CharDevice => FileType::CharacterDevice,
        Special::BlockDevice => FileType::BlockDevice,
    }
}

#[cfg(test)]
mod tests;
