//! New content beside its final place: made under a temporary name, put in place by one rename, or removed again.
//!
//! The names say which process made them, so that what a killed one left can be told from what is being written now.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, linkat, mkdirat, openat, renameat, symlinkat};
use rustix::io::Errno;

use super::discard::discard;
use crate::catalogue::folder::Folder;

const PREFIX: &str = ".rbk-tmp-";

/// How the names begin that this process makes.
pub(crate) fn prefix() -> String {
    format!("{PREFIX}{}-{}-", std::process::id(), own_start())
}

/// Whether a name is one of those that are made here.
pub(crate) fn is_fresh(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

/// Whether it is, and the process that made it is gone.
pub(crate) fn is_left_over(name: &OsStr) -> bool {
    let Some(text) = name.to_str().and_then(|text| text.strip_prefix(PREFIX)) else { return false };
    let mut parts = text.split('-').map(str::parse::<u64>);
    let (Some(Ok(pid)), Some(Ok(start))) = (parts.next(), parts.next()) else { return false };
    pid != u64::from(std::process::id()) && started(pid) != Some(start)
}

fn fresh_name() -> OsString {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{}{}", prefix(), COUNT.fetch_add(1, Ordering::Relaxed)).into()
}

fn own_start() -> u64 {
    static START: OnceLock<u64> = OnceLock::new();
    *START.get_or_init(|| started(u64::from(std::process::id())).unwrap_or(0))
}

/// When a process was started, in the ticks of `/proc/PID/stat` (field 22); with its pid it names one process for good.
fn started(pid: u64) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    // The second field is the program's name, in parentheses, and may hold anything.
    let ticks = stat.as_deref().and_then(|stat| stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok());
    let elsewhere = || {
        let pid = rustix::process::Pid::from_raw(i32::try_from(pid).ok()?)?;
        rustix::process::test_kill_process(pid).ok().map(|()| 0)
    };
    if Path::new("/proc/self/stat").exists() { ticks } else { elsewhere() }
}

/// An entry under a temporary name; removed when it is dropped before it is placed.
pub(super) struct Fresh<'a> {
    folder: &'a Folder,
    name: OsString,
    placed: bool,
}

impl<'a> Fresh<'a> {
    fn make(folder: &'a Folder, mut make: impl FnMut(&OsStr) -> rustix::io::Result<()>) -> io::Result<Self> {
        loop {
            let name = fresh_name();
            match make(&name) {
                // Left by a process that had our pid: the next name is free.
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => return Ok(Self { folder, name, placed: false }),
            }
        }
    }

    /// An empty file with this mode, less what the umask takes.
    pub fn file(folder: &'a Folder, mode: u32) -> io::Result<(Self, File)> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut opened = None;
        let fresh = Self::make(folder, |name| {
            opened = Some(openat(folder.fd(), name, flags, Mode::from_raw_mode(mode))?);
            Ok(())
        })?;
        Ok((fresh, File::from(opened.ok_or(Errno::IO)?)))
    }

    /// A symbolic link.
    pub fn link(folder: &'a Folder, target: &OsStr) -> io::Result<Self> {
        Self::make(folder, |name| symlinkat(target, folder.fd(), name))
    }

    /// Another name of the file `of` in `from`.
    pub fn hard_link(folder: &'a Folder, from: &Folder, of: &OsStr) -> io::Result<Self> {
        Self::make(folder, |name| linkat(from.fd(), of, folder.fd(), name, AtFlags::empty()))
    }

    /// An empty directory that only its owner enters.
    pub fn directory(folder: &'a Folder) -> io::Result<Self> {
        Self::make(folder, |name| mkdirat(folder.fd(), name, Mode::from_raw_mode(0o700)))
    }

    /// A named pipe, socket or device.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn special(folder: &'a Folder, kind: FileType, device: u64) -> io::Result<Self> {
        let mode = Mode::from_raw_mode(0o600);
        Self::make(folder, |name| rustix::fs::mknodat(folder.fd(), name, kind, mode, device))
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub fn special(_: &'a Folder, _: FileType, _: u64) -> io::Result<Self> {
        Err(Errno::NOSYS.into())
    }

    /// Its temporary name.
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// Puts it in the place of whatever stands at `name`; that is removed only once this is in its place.
    pub fn place(mut self, name: &OsStr) -> io::Result<()> {
        place(self.folder, &self.name, self.folder, name)?;
        self.placed = true;
        Ok(())
    }
}

impl Drop for Fresh<'_> {
    fn drop(&mut self) {
        if !self.placed {
            // Best effort: an undo clears what is left.
            let _ = discard(self.folder, &self.name);
        }
    }
}

/// Renames `from` to `to`, in the place of whatever stands there. A directory that is in the way is set aside first and
/// removed last, so that at every moment one of both is complete on disk.
pub(super) fn place(from_folder: &Folder, from: &OsStr, to_folder: &Folder, to: &OsStr) -> io::Result<()> {
    match renameat(from_folder.fd(), from, to_folder.fd(), to) {
        Err(Errno::ISDIR | Errno::NOTDIR | Errno::NOTEMPTY | Errno::EXIST) => {}
        other => return Ok(other?),
    }
    let aside = fresh_name();
    renameat(to_folder.fd(), to, to_folder.fd(), &aside)?;
    if let Err(error) = renameat(from_folder.fd(), from, to_folder.fd(), to) {
        renameat(to_folder.fd(), &aside, to_folder.fd(), to)?;
        return Err(error.into());
    }
    discard(to_folder, &aside)
}

/// Makes the names in a directory durable. File systems that cannot say so.
pub(super) fn settle(folder: &Folder) -> io::Result<()> {
    match folder.readable().and_then(|fd| Ok(rustix::fs::fsync(fd)?)) {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        // A directory that may be changed but not read: its names reach the disk with the next sync of the system.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_dead_processes_left_is_left_over() {
        assert!(!is_left_over(&fresh_name()));
        assert!(is_left_over(OsStr::new(".rbk-tmp-4194304999-1-0")));
        assert!(is_left_over(OsStr::new(".rbk-tmp-1-18446744073709551615-0")), "pid 1 was started at another time");
        assert!(!is_left_over(OsStr::new(".rbk-tmp-notes")));
        assert!(!is_left_over(OsStr::new(".rbk")));
    }
}
