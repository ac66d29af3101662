//! Removing trees. Links are removed, never followed; nothing is opened but directories.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, chmodat, openat, unlinkat};

use super::Touch;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::folder::{DEEPEST, Folder};

/// Removes one name; a directory must be empty.
pub(super) fn unlink(folder: &Folder, name: &OsStr, is_dir: bool) -> io::Result<()> {
    let flags = if is_dir { AtFlags::REMOVEDIR } else { AtFlags::empty() };
    Ok(unlinkat(folder.fd(), name, flags)?)
}

/// Removes our own leftovers, whatever their modes, without asking for the time: they are small or already replaced.
pub(super) fn discard(folder: &Folder, name: &OsStr) -> io::Result<()> {
    let Some(facts) = folder.look(name)? else { return Ok(()) };
    if facts.is_dir() {
        open_up(folder, name, facts.mode)?;
        let inner = folder.child(name)?;
        for name in inner.names()? {
            discard(&inner, &name)?;
        }
    }
    unlink(folder, name, facts.is_dir())
}

/// Lets the owner list and change a directory, for as long as it is being emptied or filled.
pub(super) fn open_up(folder: &Folder, name: &OsStr, mode: u32) -> io::Result<()> {
    if mode & 0o700 == 0o700 { Ok(()) } else { set_mode(folder, name, mode | 0o700) }
}

/// Sets the mode of an entry that is no link.
pub(super) fn set_mode(folder: &Folder, name: &OsStr, mode: u32) -> io::Result<()> {
    let mode = Mode::from_raw_mode(mode);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use std::os::fd::AsRawFd;
        // Through the descriptor: between a look and a chmod by name the entry may become a link.
        let entry = openat(folder.fd(), name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
        match rustix::fs::chmod(format!("/proc/self/fd/{}", entry.as_raw_fd()), mode) {
            // No /proc here.
            Err(rustix::io::Errno::NOENT) => {}
            other => return Ok(other?),
        }
    }
    if folder.look(name)?.is_some_and(|facts| facts.is_link()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a link"));
    }
    Ok(chmodat(folder.fd(), name, mode, AtFlags::empty())?)
}

impl Touch {
    /// Removes `name` and everything below it. `force` also opens directories that their modes close.
    pub(super) fn remove_entry(
        &self,
        folder: &Folder,
        name: &OsStr,
        path: &Path,
        force: bool,
        depth: usize,
    ) -> Result<()> {
        self.cancel().check()?;
        let failed = |error: io::Error| Error::io(format!("remove `{}`", self.name_of(path)), &error);
        let Some(facts) = folder.look(name).map_err(failed)? else { return Ok(()) };
        if facts.is_dir() {
            if depth == DEEPEST {
                let what = format!("`{}` lies more than {DEEPEST} directories deep", self.name_of(path));
                return Err(Error::refused(what));
            }
            if force {
                open_up(folder, name, facts.mode).map_err(failed)?;
            }
            let inner = folder.child(name).map_err(failed)?;
            for name in inner.names().map_err(failed)? {
                self.remove_entry(&inner, &name, &path.join(&name), force, depth + 1)?;
            }
        }
        unlink(folder, name, facts.is_dir()).map_err(failed)
    }
}
