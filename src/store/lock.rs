//! One run of a root at a time: an advisory lock on `<state>/lock`, with its holder written inside, and one on the root.
//!
//! The kernel drops the lock with its holder, so a crash never leaves a stale one.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

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

/// Keeps runs apart that act on one folder, or on one inside the other, also where they use different state folders:
/// advisory locks on the folders themselves, which write nothing. A root is held alone, each folder above it together with
/// others: so whoever wants that one alone is kept off, and runs beside each other are not.
#[derive(Debug)]
pub struct RootLock(#[expect(dead_code, reason = "held, never read")] Vec<File>);

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
    /// Another run has this folder, in which a root of this one lies: exit code 5.
    Above(PathBuf, Holder),
    /// The file cannot be used.
    Failed(Error),
}

impl Locked {
    /// As an error for a person.
    #[must_use]
    pub fn error(&self) -> Error {
        match self {
            Self::Held(holder) if holder.pid == 0 => {
                Error::refused("another run holds the lock of this root".to_owned()).hint(
                    "wait for it; it uses another state folder, acts on a folder inside of this root, or is just \
                         beginning; nothing was changed",
                )
            }
            Self::Above(folder, holder) => {
                let run = match holder {
                    holder if holder.pid == 0 => String::new(),
                    holder if holder.run == UNNAMED => format!(": an undo, process {}", holder.pid),
                    holder => format!(": run `{}`, process {}", holder.run, holder.pid),
                };
                Error::refused(format!("another run holds `{}`, in which this root lies{run}", folder.display()))
                    .hint("wait for it; `rbk runs` there tells of it; nothing was changed")
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

/// Takes the locks of the roots of a run that is recorded in `folder`. Where the file system has no locks for folders there
/// is only that of the state folder.
///
/// # Errors
/// When another run acts on one of them, on a folder inside of one, or on one above.
pub fn take_roots<'a>(roots: impl Iterator<Item = &'a Path>, folder: &Path) -> Result<RootLock, Locked> {
    let roots: BTreeSet<&Path> = roots.collect();
    let above = roots.iter().flat_map(|root| root.ancestors().skip(1)).filter(|above| !roots.contains(above));
    let above: BTreeSet<&Path> = above.collect();
    let mut held = Vec::with_capacity(roots.len() + above.len());
    for root in &roots {
        let Ok(file) = File::open(root) else { continue };
        match file.try_lock() {
            Ok(()) => held.push(file),
            Err(TryLockError::WouldBlock) => return Err(Locked::Held(holder(folder).unwrap_or_default())),
            Err(TryLockError::Error(_)) => {}
        }
    }
    for above in above {
        let Ok(file) = File::open(above) else { continue };
        match try_shared(&file) {
            Ok(()) => held.push(file),
            Err(TryLockError::WouldBlock) => {
                let holder = holder(&super::state::beside(above)).unwrap_or_default();
                return Err(Locked::Above(above.to_owned(), holder));
            }
            Err(TryLockError::Error(_)) => {}
        }
    }
    Ok(RootLock(held))
}

/// Programs that tidy up, such as `systemd-tmpfiles`, hold a folder for a moment; a run holds it longer than that.
fn try_shared(file: &File) -> std::result::Result<(), TryLockError> {
    for _ in 0..10 {
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(std::time::Duration::from_millis(30)),
            done => return done,
        }
    }
    file.try_lock_shared()
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
