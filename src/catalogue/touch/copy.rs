//! Copying trees: made whole under a temporary name, then put in place by one rename.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, mkdirat, openat};

use super::Touch;
use super::fill::fill;
use super::fresh::{Fresh, place, settle};
use super::meta::{bring_back, bring_back_closed, copy_attributes};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::facts::{Facts, Sort};
use crate::catalogue::folder::{DEEPEST, Folder};
use crate::catalogue::look::Located;
use crate::catalogue::take::attributes;

/// What of an entry is copied.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// Content, mode and the user's attributes; owner and times are those of now.
    Content,
    /// Everything: the copy takes the place of the original.
    Everything,
}

impl Touch {
    /// Copies a file or a directory with all that is below it to exactly `to`, in the place of whatever stands there.
    /// Links below are copied as links. Modes and the user's extended attributes come along; times and owner do not.
    pub fn copy(&self, from: &Located, to: &Located) -> Result<()> {
        self.copy_as(from, to, Extent::Content)
    }

    /// Moves between file systems: an exact copy, then the original is removed.
    pub(super) fn move_across(&self, from: &Located, to: &Located) -> Result<()> {
        self.copy_as(from, to, Extent::Everything)?;
        self.remove(from).map(|_| ())
    }

    fn copy_as(&self, from: &Located, to: &Located, extent: Extent) -> Result<()> {
        self.may_change(to)?;
        if to.path.starts_with(&from.path) || from.path.starts_with(&to.path) {
            return Err(Error::refused(format!(
                "`{}` cannot be copied to `{}`: one holds the other",
                from.name, to.name
            )));
        }
        let (source, source_name) = self.parent(from)?;
        if source.look(&source_name).map_err(|error| Error::io(format!("look at `{}`", from.name), &error))?.is_none() {
            return Err(self.missing(from));
        }
        let (folder, name) = self.parent(to)?;
        let failed = |error: io::Error| Error::io(format!("write `{}`", to.name), &error);
        // The copy is made in a directory of its own: dropping that removes whatever was made, of whatever kind.
        let nest = Fresh::directory(&folder).map_err(failed)?;
        let inner = folder.child(nest.name()).map_err(failed)?;
        let made = OsStr::new("new");
        self.copy_entry((&source, &source_name), &from.path, (&inner, made), extent, 0)?;
        self.make_durable(&inner, made).map_err(failed)?;
        place(&inner, made, &folder, &name).map_err(failed)?;
        drop(nest);
        settle(&folder).map_err(failed)
    }

    fn copy_entry(
        &self,
        (from, from_name): (&Folder, &OsStr),
        path: &Path,
        (to, to_name): (&Folder, &OsStr),
        extent: Extent,
        depth: usize,
    ) -> Result<()> {
        self.cancel().check()?;
        let shown = || self.name_of(path);
        let failed = |error: io::Error| match self.cancel().check() {
            Err(over) => over,
            Ok(()) => Error::io(format!("copy `{}`", shown()), &error),
        };
        let Some(facts) = from.look(from_name).map_err(failed)? else {
            return Err(Error::failed(format!("`{}` vanished while it was being copied", shown())));
        };
        match facts.sort {
            Sort::File => {
                let (mut source, facts) = from.file(from_name).map_err(failed)?;
                let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let fd = openat(to.fd(), to_name, flags, Mode::from_raw_mode(0o600))
                    .map_err(|error| failed(error.into()))?;
                let mut file = std::fs::File::from(fd);
                fill(&mut file, &mut source, self.cancel()).map_err(failed)?;
                dress(&source, &file, &facts, extent).map_err(failed)
            }
            Sort::Directory => {
                if depth == DEEPEST {
                    return Err(Error::refused(format!("`{}` lies more than {DEEPEST} directories deep", shown())));
                }
                let source = from.child(from_name).map_err(failed)?;
                mkdirat(to.fd(), to_name, Mode::from_raw_mode(0o700)).map_err(|error| failed(error.into()))?;
                let made = to.child(to_name).map_err(failed)?;
                for name in source.names().map_err(failed)? {
                    let below = path.join(&name);
                    if !self.is_guarded(&below) {
                        self.copy_entry((&source, &name), &below, (&made, &name), extent, depth + 1)?;
                    }
                }
                let (old, new) = (source.readable().map_err(failed)?, made.readable().map_err(failed)?);
                dress(&old, &new, &facts, extent).map_err(failed)
            }
            Sort::Link => {
                let target = from.target(from_name).map_err(failed)?;
                rustix::fs::symlinkat(&target, to.fd(), to_name).map_err(|error| failed(error.into()))?;
                if extent == Extent::Everything { dress_closed(to, to_name, &facts).map_err(failed) } else { Ok(()) }
            }
            Sort::Fifo => {
                let fresh = Fresh::special(to, FileType::Fifo, 0).map_err(failed)?;
                fresh.place(to_name).map_err(failed)?;
                dress_closed(to, to_name, &facts).map_err(failed)
            }
            Sort::Socket | Sort::CharDevice | Sort::BlockDevice => {
                Err(Error::failed(format!("`{}` is {}, which cannot be copied", shown(), facts.sort.name())))
            }
        }
    }

    /// Brings what was made to the disk: one file by itself, a tree with its whole file system at once.
    fn make_durable(&self, folder: &Folder, name: &OsStr) -> io::Result<()> {
        self.cancel().check().map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
        match folder.look(name)?.map(|facts| facts.sort) {
            Some(Sort::File) => folder.file(name)?.0.sync_all(),
            Some(Sort::Directory) => sync_all(folder),
            _ => Ok(()),
        }
    }
}

/// Brings everything of a file system to the disk.
pub(super) fn sync_all(folder: &Folder) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    rustix::fs::syncfs(folder.readable()?)?;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = folder;
        rustix::fs::sync();
    }
    Ok(())
}

fn dress(old: impl std::os::fd::AsFd, new: impl std::os::fd::AsFd, facts: &Facts, extent: Extent) -> io::Result<()> {
    if extent == Extent::Everything {
        let meta = facts.meta(attributes(old.as_fd())?);
        return bring_back(new.as_fd(), &Facts::of(&rustix::fs::fstat(new.as_fd())?), &meta);
    }
    copy_attributes(old, new.as_fd(), |name| name.starts_with("user."))?;
    // Setuid and setgid would be those of another owner.
    Ok(rustix::fs::fchmod(new, Mode::from_raw_mode(facts.mode & 0o1777))?)
}

fn dress_closed(folder: &Folder, name: &OsStr, facts: &Facts) -> io::Result<()> {
    let Some(now) = folder.look(name)? else { return Ok(()) };
    bring_back_closed(folder, name, &now, &facts.meta(Vec::new()))
}
