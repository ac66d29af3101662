//! Files as earlier steps of a plan will leave them, so that what follows is shown against that and not against now.
//!
//! For previews only. A fingerprint and a run look at the world as it is.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::facts::{Facts, Sort};

/// A regular file that will be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreseen {
    /// Where: absolute, as a path that was found is.
    pub path: PathBuf,
    /// All of its content.
    pub content: Arc<[u8]>,
    /// Its mode; 0 where that is not known.
    pub mode: u32,
}

/// All of them so far, by path. Clones share them.
#[derive(Clone, Default)]
pub struct Overlay {
    files: Arc<RwLock<HashMap<PathBuf, Foreseen>>>,
}

impl Overlay {
    /// Adds a file, in the place of what was foreseen there.
    pub fn add(&self, file: Foreseen) {
        self.files.write().unwrap_or_else(PoisonError::into_inner).insert(file.path.clone(), file);
    }

    /// What will stand at `path`, where that is foreseen.
    #[must_use]
    pub fn at(&self, path: &Path) -> Option<Foreseen> {
        self.files.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }
}

impl Foreseen {
    /// As the file system would tell it.
    pub(super) fn facts(&self) -> Facts {
        Facts {
            sort: Sort::File,
            mode: self.mode,
            uid: 0,
            gid: 0,
            size: self.content.len() as u64,
            mtime: (0, 0),
            dev: 0,
            ino: 0,
            links: 1,
            rdev: 0,
        }
    }

    /// Its content behind a descriptor, in memory.
    pub(super) fn open(&self) -> std::io::Result<File> {
        let memory = rustix::fs::memfd_create("foreseen", rustix::fs::MemfdFlags::CLOEXEC)?;
        let mut file = File::from(memory);
        file.write_all(&self.content)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}
