//! Keeps this process's own uses of a database file from breaking each other's locks.
//!
//! POSIX drops every lock that a process holds on a file as soon as it closes any descriptor of it. A copy of the
//! bytes, or a connection that takes no locks, would thereby take away the locks of another connection of this
//! process, and a writer outside could change what that one is reading. So uses are of two sorts that exclude each
//! other per file: those that lock, and those that only read bytes. Any number of one sort go together.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Condvar, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use crate::catalogue::cancel::Cancel;
use crate::catalogue::error::Result;

/// How a file is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// By connections that take SQLite's locks.
    Locking,
    /// By reading bytes.
    Bytes,
}

type Key = (u64, u64);

#[derive(Default)]
struct State {
    users: HashMap<Key, (Use, usize)>,
}

static STATE: LazyLock<(Mutex<State>, Condvar)> = LazyLock::new(Default::default);

/// A use of a file, until it is dropped.
#[derive(Debug)]
pub struct Pass {
    key: Key,
}

/// Waits until the file may be used so.
pub fn enter(path: &Path, how: Use, cancel: &Cancel) -> Result<Pass> {
    loop {
        if let Some(pass) = try_enter(path, how) {
            return Ok(pass);
        }
        cancel.check()?;
        let held = STATE.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Woken when a use ends; the limit is for the token, which cannot wake this.
        drop(STATE.1.wait_timeout(held, Duration::from_millis(20)).unwrap_or_else(PoisonError::into_inner));
    }
}

/// As [`enter`], without waiting.
pub fn try_enter(path: &Path, how: Use) -> Option<Pass> {
    let key = std::fs::metadata(path).map_or((0, 0), |meta| (meta.dev(), meta.ino()));
    let mut held = STATE.0.lock().unwrap_or_else(PoisonError::into_inner);
    let users = held.users.entry(key).or_insert((how, 0));
    if users.0 != how && users.1 > 0 {
        return None;
    }
    *users = (how, users.1 + 1);
    Some(Pass { key })
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut held = STATE.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(users) = held.users.get_mut(&self.key) {
            users.1 -= 1;
            if users.1 == 0 {
                held.users.remove(&self.key);
            }
        }
        STATE.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_of_one_sort_go_together_and_exclude_the_other() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let first = try_enter(file.path(), Use::Bytes).unwrap();
        let second = try_enter(file.path(), Use::Bytes).unwrap();
        assert!(try_enter(file.path(), Use::Locking).is_none());
        drop((first, second));
        let locking = try_enter(file.path(), Use::Locking).unwrap();
        assert!(try_enter(file.path(), Use::Bytes).is_none());
        let soon = Cancel::new().within(Duration::from_millis(30));
        enter(file.path(), Use::Bytes, &soon).unwrap_err();
        drop(locking);
        enter(file.path(), Use::Bytes, &Cancel::new()).unwrap();
    }
}
