//! The index of the write-ahead log, `state.db-shm`: memory that is a file. Reading behind the end of a file that somebody
//! has cut short is a signal, not an error, so its length is looked at before the database is touched.
//!
//! Nothing is lost with it: of zeros `SQLite` sees that they are no index, and makes it anew from the log.

use std::fs::{File, OpenOptions};
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// The index of one database.
pub(super) struct Index {
    /// INVARIANT: never closed, as that would free every lock that `SQLite` holds on it in this process.
    file: Option<ManuallyDrop<File>>,
    length: AtomicU64,
}

impl Index {
    /// Of the database at `path`, which is open and was read.
    pub fn of(path: &Path) -> Self {
        let mut name = path.as_os_str().to_owned();
        name.push("-shm");
        let file = OpenOptions::new().write(true).open(name).ok().map(ManuallyDrop::new);
        let index = Self { file, length: AtomicU64::new(0) };
        index.remember();
        index
    }

    /// Takes its present length as the one that it must have; it only grows.
    pub fn remember(&self) {
        self.length.fetch_max(self.present().unwrap_or(0), Ordering::Relaxed);
    }

    /// Gives it back the length that `SQLite` relies on, empty.
    pub fn mend(&self) {
        let length = self.length.load(Ordering::Relaxed);
        if let Some(file) = &self.file
            && self.present().is_some_and(|present| present < length)
        {
            // All of it: what was left would say that the rest is sound, and hide what stands in the log.
            let _ = file.set_len(0).and_then(|()| file.set_len(length));
        }
    }

    fn present(&self) -> Option<u64> {
        Some(self.file.as_ref()?.metadata().ok()?.len())
    }
}
