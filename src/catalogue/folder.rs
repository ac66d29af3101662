//! An open directory. Entries are reached relative to its descriptor, so that a directory on the way that is swapped
//! for a link in the meantime cannot lead elsewhere. Looks only: what changes entries lives in `touch`.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path};

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, openat, readlinkat, statat};
use rustix::io::Errno;

use super::facts::Facts;

/// Only passing through is needed, not reading.
#[cfg(any(target_os = "linux", target_os = "android"))]
const PASS: OFlags = OFlags::PATH;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const PASS: OFlags = OFlags::RDONLY;

/// Directories inside each other; each holds a descriptor while it is walked.
pub(super) const DEEPEST: usize = 256;

/// An open directory.
pub(super) struct Folder {
    fd: OwnedFd,
}

impl Folder {
    /// Opens an absolute path. No directory on the way may be a link: `ENOTDIR` or `ELOOP` then.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut folder = Self { fd: openat(CWD, "/", PASS | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())? };
        for part in path.components() {
            match part {
                Component::RootDir | Component::CurDir => {}
                Component::Normal(name) => folder = folder.child(name)?,
                Component::ParentDir | Component::Prefix(_) => return Err(Errno::INVAL.into()),
            }
        }
        Ok(folder)
    }

    /// Opens a directory in this one, which may not be a link.
    pub fn child(&self, name: &OsStr) -> io::Result<Self> {
        let flags = PASS | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self { fd: openat(&self.fd, name, flags, Mode::empty())? })
    }

    /// Its descriptor, for calls relative to it.
    pub fn fd(&self) -> &OwnedFd {
        &self.fd
    }

    /// The directory itself, opened for reading (listing, attributes, fsync).
    pub fn readable(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(openat(&self.fd, ".", flags, Mode::empty())?)
    }

    /// The facts of the directory itself.
    pub fn facts(&self) -> io::Result<Facts> {
        Ok(Facts::of(&statat(&self.fd, ".", AtFlags::empty())?))
    }

    /// What stands at `name`, a link not followed; `None` where nothing does.
    pub fn look(&self, name: &OsStr) -> io::Result<Option<Facts>> {
        match statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Facts::of(&stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The names in it, sorted by their bytes.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in Dir::new(self.readable()?)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The target of the link `name`.
    pub fn target(&self, name: &OsStr) -> io::Result<OsString> {
        Ok(OsString::from_vec(readlinkat(&self.fd, name, Vec::new())?.into_bytes()))
    }

    /// Opens the regular file `name` for reading. Never a FIFO or device: opening one may block or act.
    pub fn file(&self, name: &OsStr) -> io::Result<(File, Facts)> {
        let wrong = || io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
        if !self.look(name)?.ok_or(Errno::NOENT)?.is_file() {
            return Err(wrong());
        }
        // NONBLOCK and the second look: it may have become a FIFO since the first one.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = openat(&self.fd, name, flags, Mode::empty())?;
        let facts = Facts::of(&rustix::fs::fstat(&fd)?);
        if facts.is_file() { Ok((File::from(fd), facts)) } else { Err(wrong()) }
    }
}

/// The extended attributes of an open file or directory, sorted by name; none where the file system has none.
pub(super) fn xattrs(of: impl AsFd) -> io::Result<Vec<(OsString, Vec<u8>)>> {
    let list = grown(|buffer| rustix::fs::flistxattr(of.as_fd(), buffer));
    let names = match list {
        Ok(names) => names,
        Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut found = Vec::new();
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let name = OsStr::from_bytes(name);
        match grown(|buffer| rustix::fs::fgetxattr(of.as_fd(), name, buffer)) {
            Ok(value) => found.push((name.to_owned(), value)),
            // Removed since the listing, or not for us to see.
            Err(Errno::NODATA | Errno::PERM | Errno::ACCESS) => {}
            Err(error) => return Err(error.into()),
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Calls with a buffer that grows until the answer fits.
fn grown(mut call: impl FnMut(&mut [u8]) -> rustix::io::Result<usize>) -> rustix::io::Result<Vec<u8>> {
    let mut buffer = vec![0; 256];
    loop {
        match call(&mut buffer) {
            Ok(length) => {
                buffer.truncate(length);
                return Ok(buffer);
            }
            // 64 KiB is the limit of Linux for both a list and a value.
            Err(Errno::RANGE) if buffer.len() < 1 << 20 => buffer.resize(buffer.len() * 4, 0),
            Err(error) => return Err(error),
        }
    }
}
