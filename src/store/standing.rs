//! Whether the state folder is still the one that was opened, and its files are whole. A database that was removed, replaced
//! or cut short goes on taking what is written, and keeps nothing of it.
//!
//! It asks by path and never opens the database: closing a second handle would free the locks that `SQLite` holds on it.

use std::fs::{File, Metadata};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::catalogue::error::Error;

/// What a commit relies on, as it was when it was last known to be sound.
pub(super) struct Standing {
    folder: PathBuf,
    identity: Identity,
    /// Tells where the folder went; absent where folders cannot be opened.
    handle: Option<File>,
    files: Vec<Known>,
}

type Identity = (u64, u64);

/// A file of the database. None of them ever gets shorter while it is open: nothing is deleted, nothing compacted. (The
/// index is given back its length before this looks.)
struct Known {
    path: PathBuf,
    seen: Option<(Identity, u64)>,
}

/// The journal is not what it was.
pub(super) struct Lost {
    /// What, and what to do now.
    pub error: Error,
    /// Whether what is open can still be written, so that it may be found again: it was only moved or unlinked. What was cut
    /// short would be damaged further.
    pub writable: bool,
}

fn identity(meta: &Metadata) -> Identity {
    (meta.dev(), meta.ino())
}

impl Standing {
    /// Of the database at `path`, which was just opened in `folder`.
    pub fn of(folder: &Path, path: &Path) -> std::io::Result<Self> {
        let beside = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            Known { path: name.into(), seen: None }
        };
        let mut standing = Self {
            // Wherever the process goes.
            folder: std::path::absolute(folder)?,
            identity: identity(&std::fs::metadata(folder)?),
            handle: File::open(folder).ok(),
            files: vec![beside(""), beside("-wal"), beside("-shm")],
        };
        standing.remember();
        Ok(standing)
    }

    /// Takes the files as they are now, after a commit that went well.
    pub fn remember(&mut self) {
        for known in &mut self.files {
            if let Ok(meta) = std::fs::metadata(&known.path) {
                // A file of another identity is no successor: `lost` will say so.
                match &mut known.seen {
                    Some((same, length)) if *same == identity(&meta) => *length = (*length).max(meta.len()),
                    Some(_) => {}
                    None => known.seen = Some((identity(&meta), meta.len())),
                }
            }
        }
    }

    /// What is not as it was, if anything.
    pub fn lost(&self) -> Option<Lost> {
        let shown = self.folder.display();
        match std::fs::metadata(&self.folder) {
            Ok(meta) if identity(&meta) == self.identity => {}
            found => return Some(self.folder_lost(found.is_ok())),
        }
        for known in &self.files {
            let Some((was, length)) = known.seen else { continue };
            let name = known.path.file_name().unwrap_or_default().to_string_lossy();
            let (how, writable) = match std::fs::metadata(&known.path) {
                Ok(meta) if identity(&meta) != was => ("replaced by another file", true),
                Ok(meta) if meta.len() < length => ("cut short", false),
                Ok(_) => continue,
                Err(_) => ("removed", true),
            };
            let error = Error::failed(format!("`{name}` of the state folder `{shown}` was {how} meanwhile"));
            let hint = format!(
                "no further step is started, and what was done stands; what was captured before is still in `{shown}`, as far \
                 as it was not lost with that file: keep the folder, put `{name}` back from a backup if there is one, then \
                 look at `rbk show`"
            );
            return Some(Lost { error: error.hint(hint), writable });
        }
        None
    }

    fn folder_lost(&self, another: bool) -> Lost {
        let shown = self.folder.display();
        let now = self.handle.as_ref().and_then(|handle| {
            let place = std::fs::read_link(format!("/proc/self/fd/{}", handle.as_raw_fd())).ok()?;
            // A name that is gone reads `… (deleted)`, and leads nowhere.
            let there = std::fs::metadata(&place).is_ok_and(|meta| identity(&meta) == self.identity);
            there.then_some(place)
        });
        let stands = "no further step is started, and what was done stands";
        let (how, hint) = match now {
            Some(place) => {
                let place = place.display();
                let first = if another { format!("move what is at `{shown}` now away, then ") } else { String::new() };
                let hint = format!(
                    "{stands}; {first}move it back (`mv {place} {shown}`): then `rbk undo` takes back what was done"
                );
                (format!("moved to `{place}`"), hint)
            }
            None => {
                let hint = format!(
                    "{stands}; the journal and what was captured were in it: bring it back from a backup, then `rbk undo`; \
                     without one, what the steps did has to be taken back by hand"
                );
                (if another { "replaced by another one" } else { "removed" }.to_owned(), hint)
            }
        };
        Lost {
            error: Error::failed(format!("the state folder `{shown}` was {how} meanwhile")).hint(hint),
            writable: true,
        }
    }
}
