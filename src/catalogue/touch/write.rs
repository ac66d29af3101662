//! Single changes: write, append, remove, rename, make directories and links, set modes.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};

use rustix::fs::{Mode, OFlags, mkdirat, openat};
use rustix::io::Errno;

use super::Touch;
use super::copy::sync_all;
use super::discard::{set_mode, unlink};
use super::fill::fill;
use super::fresh::{Fresh, place, settle};
use super::meta::take_over;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::facts::Facts;
use crate::catalogue::folder::Folder;
use crate::catalogue::look::Located;
use crate::catalogue::read::failed;

impl Touch {
    /// Replaces or creates a file, whole or not at all. What it replaces passes on its mode, owner and extended
    /// attributes; a new file has those of a new file. A link at `at` itself is replaced, not followed.
    pub fn write_atomic(&self, at: &Located, content: &[u8]) -> Result<()> {
        self.write_from(at, &mut &content[..], None)
    }

    /// As [`Touch::write_atomic`], from a reader and with a mode that is given.
    pub fn write_from(&self, at: &Located, content: &mut dyn Read, mode: Option<u32>) -> Result<()> {
        self.write_with(at, mode, |file| {
            fill(file, content, self.cancel()).map_err(|error| self.over_or(failed("write", at, &error)))?;
            Ok(())
        })
    }

    /// As [`Touch::write_atomic`], the content written by `write`; its error leaves what was there.
    pub fn write_with(
        &self,
        at: &Located,
        mode: Option<u32>,
        write: impl FnOnce(&mut File) -> Result<()>,
    ) -> Result<()> {
        self.may_change(at)?;
        let (folder, name) = self.parent(at)?;
        let cannot = |error: io::Error| self.over_or(failed("write", at, &error));
        let old = folder.look(&name).map_err(cannot)?;
        if let Some(old) = old.filter(|old| !old.is_file() && !old.is_link()) {
            return Err(Error::failed(format!("`{}` is {}, not a file", at.name, old.sort.name())));
        }
        let old = old.filter(Facts::is_file);
        // The new content of a file that others may not read must not be readable before it has its mode.
        let first_mode = if old.is_some() { 0o600 } else { 0o666 };
        let (fresh, mut file) = Fresh::file(&folder, first_mode).map_err(cannot)?;
        write(&mut file)?;
        if let Some(old) = old {
            take_over(&file, &folder, &name, &old).map_err(|error| keep_failed(at, &error))?;
        }
        if let Some(mode) = mode {
            rustix::fs::fchmod(&file, Mode::from_raw_mode(mode)).map_err(|error| cannot(error.into()))?;
        }
        self.synced(|| file.sync_all()).map_err(cannot)?;
        fresh.place(&name).map_err(cannot)?;
        self.synced(|| settle(&folder)).map_err(cannot)
    }

    /// Brings the file system that a place is on to the disk: ends what [`Touch::syncing_later`] began.
    pub fn sync(&self, at: &Located) -> Result<()> {
        let there = at.path.ancestors().find(|above| above.is_dir());
        let Some(folder) = there.and_then(|above| Folder::open(above).ok()) else { return Ok(()) };
        sync_all(&folder).map_err(|error| failed("bring to the disk", at, &error))
    }

    /// Syncs now, unless that is left to the end of many writes.
    fn synced(&self, sync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if self.sync_later { Ok(()) } else { sync() }
    }

    /// Adds to the end of a file, in place, so that who holds it open sees it; creates it where there is none.
    pub fn append(&self, at: &Located, content: &[u8]) -> Result<()> {
        self.may_change(at)?;
        let (folder, name) = self.parent(at)?;
        let cannot = |error: io::Error| failed("append to", at, &error);
        let Some(old) = folder.look(&name).map_err(cannot)? else {
            return self.write_atomic(at, content);
        };
        if !old.is_file() {
            return Err(Error::failed(format!("`{}` is {}, not a file", at.name, old.sort.name())));
        }
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = openat(folder.fd(), &name, flags, Mode::empty()).map_err(|error| cannot(error.into()))?;
        let mut file = File::from(fd);
        let facts = Facts::of(&rustix::fs::fstat(&file).map_err(|error| cannot(error.into()))?);
        if !facts.is_file() {
            return Err(Error::failed(format!("`{}` became {} meanwhile", at.name, facts.sort.name())));
        }
        if let Err(error) = file.write_all(content).and_then(|()| file.sync_all()) {
            // A full disk: half a line is worse than none.
            let _ = rustix::fs::ftruncate(&file, facts.size);
            return Err(cannot(error));
        }
        Ok(())
    }

    /// Removes what stands at a place, directories with all that is below them; links are removed, not followed.
    /// Whether there was anything.
    pub fn remove(&self, at: &Located) -> Result<bool> {
        self.may_change(at)?;
        if self.facts(at)?.is_none() {
            return Ok(false);
        }
        let (folder, name) = self.parent(at)?;
        self.remove_entry(&folder, &name, &at.path, false, 0)?;
        settle(&folder).map_err(|error| failed("remove", at, &error))?;
        Ok(true)
    }

    /// Moves to exactly `to`, in the place of whatever stands there; between file systems by a copy.
    pub fn rename(&self, from: &Located, to: &Located) -> Result<()> {
        self.may_change(from)?;
        self.may_change(to)?;
        if to.path.starts_with(&from.path) || from.path.starts_with(&to.path) {
            return Err(Error::refused(format!(
                "`{}` cannot be moved to `{}`: one holds the other",
                from.name, to.name
            )));
        }
        let (source, source_name) = self.parent(from)?;
        let (folder, name) = self.parent(to)?;
        let Some(moved) = source.look(&source_name).map_err(|error| failed("look at", from, &error))? else {
            return Err(self.missing(from));
        };
        let there = folder.look(&name).map_err(|error| failed("look at", to, &error))?;
        if there.is_some_and(|there| there.same_inode(&moved)) {
            let listed = folder.names().map_err(|error| failed("look at", to, &error))?;
            let same_folder = source
                .facts()
                .and_then(|one| Ok(one.same_inode(&folder.facts()?)))
                .map_err(|error| failed("look at", from, &error))?;
            let renamed = same_folder && source_name != name;
            let several = if renamed {
                listed.contains(&source_name) && listed.contains(&name)
            } else {
                !same_folder && !moved.is_dir() && moved.links > 1
            };
            // One entry: by a mount it is reached by two paths, or two spellings are one name here.
            if !several && !renamed {
                return Err(Error::refused(format!("`{}` and `{}` are one and the same", from.name, to.name))
                    .hint("nothing was moved; leave the call out, or name another place"));
            }
            if several {
                // A rename would succeed and do nothing (POSIX), and the old name would stay.
                return unlink(&source, &source_name, false)
                    .and_then(|()| settle(&source))
                    .map_err(|error| failed("move", from, &error));
            }
        }
        match place(&source, &source_name, &folder, &name) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => return self.move_across(from, to),
            other => other.map_err(|error| failed(&format!("move `{}` to", from.name), to, &error))?,
        }
        settle(&folder).and_then(|()| settle(&source)).map_err(|error| failed("move", from, &error))
    }

    /// Makes a directory, and those on the way to it. Whether there was none.
    pub fn mkdir(&self, at: &Located) -> Result<bool> {
        let mut missing: Vec<&OsStr> = Vec::new();
        let mut there = at.path.as_path();
        let mut folder = loop {
            match Folder::open(there) {
                Ok(folder) => break folder,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                    let file = there.ancestors().find(|above| above.symlink_metadata().is_ok()).unwrap_or(there);
                    let what = format!("`{}` is not a directory", self.name_of(file));
                    return Err(Error::failed(what).hint(format!("so `{}` cannot be made", at.name)));
                }
                Err(error) => return Err(failed("make the directory", at, &error)),
            }
            let (Some(parent), Some(name)) = (there.parent(), there.file_name()) else {
                return Err(Error::internal("the root of the file system is missing"));
            };
            missing.push(name);
            there = parent;
        };
        if missing.is_empty() {
            return Ok(false);
        }
        self.may_change(at)?;
        let cannot = |error: io::Error| failed("make the directory", at, &error);
        for name in missing.into_iter().rev() {
            match mkdirat(folder.fd(), name, Mode::from_raw_mode(0o777)) {
                // Made by another step meanwhile: as good.
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(cannot(error.into())),
            }
            self.synced(|| settle(&folder)).map_err(cannot)?;
            folder = folder.child(name).map_err(cannot)?;
        }
        Ok(true)
    }

    /// Makes the directories on the way to a place.
    pub fn mkdir_around(&self, at: &Located) -> Result<()> {
        let Some(parent) = at.path.parent().filter(|parent| !parent.is_dir()) else { return Ok(()) };
        let parent = Located { path: parent.to_owned(), name: self.name_of(parent), links: Vec::new() };
        self.mkdir(&parent).map(|_| ())
    }

    /// Makes a symbolic link, in the place of a link or file, by one rename: who follows it sees the old or the new.
    pub fn symlink(&self, at: &Located, target: &OsStr) -> Result<()> {
        self.may_change(at)?;
        let (folder, name) = self.parent(at)?;
        let cannot = |error: io::Error| failed("make the link", at, &error);
        if folder.look(&name).map_err(cannot)?.is_some_and(|facts| facts.is_dir()) {
            return Err(Error::failed(format!("`{}` is a directory, not a link", at.name))
                .hint("move or remove it in a step before this one"));
        }
        let fresh = Fresh::link(&folder, target).map_err(cannot)?;
        fresh.place(&name).map_err(cannot)?;
        self.synced(|| settle(&folder)).map_err(cannot)
    }

    /// Sets the permission bits of a file or directory, itself only. A link is refused.
    pub fn chmod(&self, at: &Located, mode: u32) -> Result<()> {
        if self.is_guarded(&at.path) {
            self.may_change(at)?;
        }
        let facts = self.facts_of_existing(at)?;
        if facts.is_link() {
            return Err(Error::failed(format!("`{}` is a link, which has no mode of its own", at.name)));
        }
        let (folder, name) = self.parent(at)?;
        set_mode(&folder, &name, mode & 0o7777).map_err(|error| failed("set the mode of", at, &error))
    }

    /// That the time is over, if it is; `error` otherwise.
    pub(super) fn over_or(&self, error: Error) -> Error {
        self.cancel().check().err().unwrap_or(error)
    }
}

fn keep_failed(at: &Located, error: &io::Error) -> Error {
    failed("keep the owner and mode of", at, error).hint("run rbk as the file's owner; nothing was changed")
}
