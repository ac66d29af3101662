//! One run of a root at a time: an advisory lock on `<state>/lock`, with its holder written inside.
//!
//! The kernel drops the lock with its holder, so a crash never leaves a stale one.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::catalogue::error::{Error, Result};

/// Stands for the run of a holder that has no id yet: an undo, until it knows what it undoes.
pub const UNNAMED: &str = "undo";

/// A held lock; dropping it frees it.
#[derive(Debug)]
pub struct Lock {
    file: File,
    /// The lock of the root itself, whatever the state folder.
    root: Option<RootLock>,
}

/// Keeps runs of one root apart also where they use different state folders: an advisory lock on the folder itself,
/// which writes nothing.
#[derive(Debug)]
pub struct RootLock(#[expect(dead_code, reason = "held, never read")] Option<File>);

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// The run that it executes.
    pub run: String,
}

/// Why a lock was not taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Locked {
    /// Another run has it: exit code 5.
    Held(Holder),
    /// The file cannot be used.
    Failed(Error),
}

impl Locked {
    /// As an error for a person.
    #[must_use]
    pub fn error(&self) -> Error {
        match self {
            Self::Held(holder) if holder.pid == 0 => {
                Error::refused("another run holds the lock of this root".to_owned())
                    .hint("wait for it; it uses another state folder, or is just beginning; nothing was changed")
            }
            Self::Held(holder) if holder.run == UNNAMED => {
                Error::refused(format!("another run holds the lock of this root: an undo, process {}", holder.pid))
                    .hint("wait for it, or look at it with `rbk runs`; nothing was changed")
            }
            Self::Held(holder) => Error::refused(format!(
                "another run holds the lock of this root: run `{}`, process {}",
                holder.run, holder.pid
            ))
            .hint(format!("wait for it, or look at it with `rbk show {}`; nothing was changed", holder.run)),
            Self::Failed(error) => error.clone(),
        }
    }
}

/// Takes the lock of a root whose runs are usually recorded in `folder`. Where the file system has no locks for folders
/// there is only that of the state folder.
///
/// # Errors
/// When another run has it.
pub fn take_root(root: &Path, folder: &Path) -> Result<RootLock, Locked> {
    let Ok(file) = File::open(root) else { return Ok(RootLock(None)) };
    match file.try_lock() {
        Ok(()) => Ok(RootLock(Some(file))),
        Err(TryLockError::WouldBlock) => Err(Locked::Held(holder(folder).unwrap_or_default())),
        Err(TryLockError::Error(_)) => Ok(RootLock(None)),
    }
}

impl Lock {
    /// Holds the lock of the root as well, as long as this one.
    #[must_use]
    pub fn with_root(mut self, root: RootLock) -> Self {
        self.root = Some(root);
        self
    }

    /// Says which run holds it, where that was not known when it was taken.
    pub fn name(&mut self, run: &str) -> Result<()> {
        write_holder(&mut self.file, run).map_err(|error| Error::io("write into the lock", &error))
    }
}

/// Takes the lock of a state folder for `run`; makes the folder where it is missing.
pub fn take(folder: &Path, run: &str) -> Result<Lock, Locked> {
    super::state::prepare(folder).map_err(Locked::Failed)?;
    let path = folder.join("lock");
    let io = |error: &std::io::Error| Locked::Failed(Error::io(format!("lock `{}`", path.display()), error));
    // Close-on-exec is the default here: a child that inherited the lock would keep it beyond the run.
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|error| io(&error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Locked::Held(read_holder(&mut file))),
        Err(TryLockError::Error(error)) => return Err(io(&error)),
    }
    write_holder(&mut file, run).map_err(|error| io(&error))?;
    Ok(Lock { file, root: None })
}

fn write_holder(file: &mut File, run: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    // In one piece: somebody may be reading it.
    file.write_all(format!("{} {run}\n", std::process::id()).as_bytes())?;
    file.flush()
}

/// Who holds the lock of a state folder now; `None` when nobody does.
#[must_use]
pub fn holder(folder: &Path) -> Option<Holder> {
    let mut file = File::open(folder.join("lock")).ok()?;
    match file.try_lock_shared() {
        Ok(()) => None,
        Err(_) => Some(read_holder(&mut file)),
    }
}

/// A holder between locking and writing shows as process 0; the next look has it.
fn read_holder(file: &mut File) -> Holder {
    let mut text = String::new();
    let _ = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(200).read_to_string(&mut text));
    let mut words = text.split_whitespace();
    Holder {
        pid: words.next().and_then(|word| word.parse().ok()).unwrap_or(0),
        run: words.next().unwrap_or("unknown").to_owned(),
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Emptied first, so that a reader never sees the holder of a free lock.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
#[path = "lock_tests.rs"]
mod tests;
