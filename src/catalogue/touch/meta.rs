//! Mode, owner, extended attributes and times of entries.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Gid, Mode, Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags};
use rustix::fs::{chownat, fchmod, fchown, fremovexattr, fsetxattr, futimens, utimensat};

use super::discard::set_mode;
use crate::catalogue::facts::Facts;
use crate::catalogue::folder::{Folder, xattrs};
use crate::catalogue::path_text::decode;
use crate::catalogue::snapshot::Meta;

fn times(mtime: (i64, u32)) -> Timestamps {
    let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    Timestamps { last_access: omit, last_modification: Timespec { tv_sec: mtime.0, tv_nsec: mtime.1.into() } }
}

/// Brings an open file or directory to exactly `meta`. What is so already is left alone: it may not be ours to set.
pub(super) fn bring_back(open: impl AsFd, now: &Facts, meta: &Meta) -> io::Result<()> {
    let open = open.as_fd();
    let owner_changed = (now.uid, now.gid) != (meta.uid, meta.gid);
    if owner_changed {
        fchown(open, Some(Uid::from_raw(meta.uid)), Some(Gid::from_raw(meta.gid)))?;
    }
    // A change of owner takes setuid and setgid away, so the mode comes after it.
    if owner_changed || now.mode != meta.mode {
        fchmod(open, Mode::from_raw_mode(meta.mode))?;
    }
    let wanted: Vec<_> = meta.xattrs.iter().map(|(name, value)| (decode(name), unhex(value))).collect();
    let present = xattrs(open)?;
    for (name, _) in &present {
        if wanted.iter().all(|(other, _)| other != name) {
            fremovexattr(open, name.as_os_str())?;
        }
    }
    for pair in &wanted {
        if !present.contains(pair) {
            fsetxattr(open, pair.0.as_os_str(), &pair.1, XattrFlags::empty())?;
        }
    }
    if now.mtime != meta.mtime {
        futimens(open, &times(meta.mtime))?;
    }
    Ok(())
}

/// Sets the modification time of an open file or directory.
pub(super) fn set_mtime(open: impl AsFd, mtime: (i64, u32)) -> io::Result<()> {
    Ok(futimens(open, &times(mtime))?)
}

/// Brings an entry that cannot be opened (a link, a FIFO, a socket, a device) to `meta`.
pub(super) fn bring_back_closed(folder: &Folder, name: &OsStr, now: &Facts, meta: &Meta) -> io::Result<()> {
    if (now.uid, now.gid) != (meta.uid, meta.gid) {
        let owner = (Some(Uid::from_raw(meta.uid)), Some(Gid::from_raw(meta.gid)));
        chownat(folder.fd(), name, owner.0, owner.1, AtFlags::SYMLINK_NOFOLLOW)?;
    }
    if !now.is_link() && now.mode != meta.mode {
        set_mode(folder, name, meta.mode)?;
    }
    if now.mtime != meta.mtime {
        utimensat(folder.fd(), name, &times(meta.mtime), AtFlags::SYMLINK_NOFOLLOW)?;
    }
    Ok(())
}

/// Gives a new file the mode, owner and attributes of the one that it will replace.
pub(super) fn take_over(new: &File, old: &Folder, name: &OsStr, facts: &Facts) -> io::Result<()> {
    let now = Facts::of(&rustix::fs::fstat(new)?);
    if (now.uid, now.gid) != (facts.uid, facts.gid) {
        fchown(new, Some(Uid::from_raw(facts.uid)), Some(Gid::from_raw(facts.gid)))?;
    }
    fchmod(new, Mode::from_raw_mode(facts.mode))?;
    // A file that may be replaced but not read keeps its attributes to itself.
    if let Ok((old, _)) = old.file(name) { copy_attributes(&old, new, |_| true) } else { Ok(()) }
}

/// Copies the extended attributes that `which` picks by name; those of the system only where they may be set.
pub(super) fn copy_attributes(from: impl AsFd, to: impl AsFd, which: impl Fn(&str) -> bool) -> io::Result<()> {
    let present = xattrs(to.as_fd())?;
    for pair in xattrs(from.as_fd())? {
        let name = pair.0.to_string_lossy();
        if !which(&name) || present.contains(&pair) {
            continue;
        }
        match fsetxattr(to.as_fd(), pair.0.as_os_str(), &pair.1, XattrFlags::empty()) {
            Err(error) if name.starts_with("user.") => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap_or(0) as u8;
    text.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}
