//! Holding `index.lock`, as every git program does while it changes a work tree and its index.
//!
//! The lock is held from before the first file is written until the index is in place, so that no `git add` of
//! somebody else falls between. It holds a mark by which a lock that a killed run left behind is known and removed;
//! a lock of another program is never removed.
#![allow(clippy::disallowed_methods, reason = "the lock of the repository, which may lie outside the roots")]

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::catalogue::cancel::Cancel;
use crate::catalogue::error::{Error, Result};

/// How long to wait for another git program.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(50);
const MARK: &str = "rbk";

/// The lock of an index; removed when dropped.
pub struct IndexLock {
    path: PathBuf,
}

impl IndexLock {
    /// Takes the lock of the index at `index`, waiting a short time for another holder.
    pub fn take(index: &Path, cancel: &Cancel) -> Result<Self> {
        let path = index.with_extension("lock");
        let begun = Instant::now();
        loop {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(mut file) => {
                    let lock = Self { path };
                    lock.mark(&mut file)?;
                    return Ok(lock);
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                    if left_behind(&path) {
                        // Two that find it at once both remove it; `create_new` then lets one of them in.
                        drop(std::fs::remove_file(&path));
                        continue;
                    }
                }
                Err(error) => return Err(Error::io(format!("make `{}`", path.display()), &error)),
            }
            if begun.elapsed() >= PATIENCE {
                return Err(held(&path));
            }
            cancel.sleep(PAUSE)?;
        }
    }

    fn mark(&self, file: &mut File) -> Result<()> {
        let me = std::process::id();
        let mark = format!("{MARK} {} {} {}\n", boot(), me, started(me).unwrap_or_default());
        file.write_all(mark.as_bytes()).map_err(|error| Error::io(format!("write `{}`", self.path.display()), &error))
    }
}

impl Drop for IndexLock {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path));
    }
}

/// Whether the lock is one of ours whose holder is surely gone.
fn left_behind(path: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(path) else { return false };
    let words: Vec<&str> = text.split_whitespace().collect();
    let [mark, booted, pid, start] = words[..] else { return false };
    if mark != MARK {
        return false;
    }
    // After a reboot nothing holds anything; before it, a pid counts together with its start, since pids are reused.
    booted != boot() || pid.parse().is_ok_and(|pid| started(pid).as_deref() != Some(start))
}

/// Which boot, and which pid namespace: in another container the same pid is another process.
fn boot() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

/// When a process was started, in ticks since boot, with its pid namespace where it can be seen.
fn started(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; the fields are counted after its end.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

fn held(path: &Path) -> Error {
    let age = std::fs::metadata(path).and_then(|meta| meta.modified()).ok().and_then(|at| at.elapsed().ok());
    let age = age.map_or(String::new(), |age| {
        format!(" for {}", crate::catalogue::show::duration(age.as_secs_f64().round() * 1e9))
    });
    Error::failed(format!("another git program has held `{}`{age}", path.display()))
        .hint("wait until it has ended; if none is running, remove the file and run again")
}
