//! What the file system says of one entry, in one shape for all platforms.

use super::snapshot::Meta;

/// What kind of entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sort {
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// A directory.
    Directory,
    /// A named pipe.
    Fifo,
    /// A Unix socket.
    Socket,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
}

/// What the file system says of one entry, a link not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What kind of entry.
    pub sort: Sort,
    /// Permission bits, with setuid, setgid and sticky.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Bytes.
    pub size: u64,
    /// Seconds and nanoseconds since the epoch.
    pub mtime: (i64, u32),
    /// The file system it is on.
    pub dev: u64,
    /// Its number there.
    pub ino: u64,
    /// How many names it has.
    pub links: u64,
    /// Which device it is, for devices.
    pub rdev: u64,
}

impl Facts {
    /// From the form of the operating system, whose integers differ in width between platforms.
    #[allow(clippy::unnecessary_cast, clippy::useless_conversion, reason = "the widths differ between platforms")]
    pub(super) fn of(stat: &rustix::fs::Stat) -> Self {
        use rustix::fs::FileType;
        let sort = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Sort::Directory,
            FileType::Symlink => Sort::Link,
            FileType::Fifo => Sort::Fifo,
            FileType::Socket => Sort::Socket,
            FileType::CharacterDevice => Sort::CharDevice,
            FileType::BlockDevice => Sort::BlockDevice,
            _ => Sort::File,
        };
        Self {
            sort,
            mode: (stat.st_mode as u32) & 0o7777,
            uid: stat.st_uid,
            gid: stat.st_gid,
            size: stat.st_size as u64,
            mtime: (stat.st_mtime as i64, stat.st_mtime_nsec as u32),
            dev: stat.st_dev as u64,
            ino: stat.st_ino as u64,
            links: stat.st_nlink as u64,
            rdev: stat.st_rdev as u64,
        }
    }

    /// Whether it is a regular file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.sort == Sort::File
    }

    /// Whether it is a directory (not a link to one).
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.sort == Sort::Directory
    }

    /// Whether it is a symbolic link.
    #[must_use]
    pub fn is_link(&self) -> bool {
        self.sort == Sort::Link
    }

    /// Whether both are the same entry of the same file system.
    #[must_use]
    pub fn same_inode(&self, other: &Self) -> bool {
        (self.dev, self.ino) == (other.dev, other.ino)
    }

    /// Mode, owner and time, with these extended attributes.
    pub(super) fn meta(&self, xattrs: Vec<(String, String)>) -> Meta {
        Meta { mode: self.mode, uid: self.uid, gid: self.gid, mtime: self.mtime, xattrs }
    }
}

impl Sort {
    /// As messages name it: `a directory`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "a file",
            Self::Link => "a link",
            Self::Directory => "a directory",
            Self::Fifo => "a named pipe",
            Self::Socket => "a socket",
            Self::CharDevice => "a character device",
            Self::BlockDevice => "a block device",
        }
    }
}
