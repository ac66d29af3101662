//! Private copies of databases: for previews, which must not touch the original, and for captures.
#![allow(clippy::disallowed_methods, reason = "private files in a temporary directory")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use tempfile::TempDir;

use super::connect::{self, Mode, failed};
use super::gate::{self, Use};
use super::openers::openers;
use super::place::{CAP, Place, beside};
use crate::catalogue::cancel::Cancel;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::Look;

/// How long to try for a moment in which nobody writes.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(15);

/// A copy in a directory that goes away with it.
pub struct Copy {
    directory: TempDir,
}

impl Copy {
    fn new() -> Result<Self> {
        let directory = TempDir::with_prefix("rbk-sql-")
            .map_err(|error| Error::io("make a directory for temporary files", &error))?;
        Ok(Self { directory })
    }

    /// Its file.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("copy.db")
    }

    /// Opens it.
    pub fn open(&self, cancel: &Cancel) -> rusqlite::Result<Connection> {
        connect::open(&self.path(), Mode::Change, cancel)
    }
}

/// The refusal to copy a database that is too large.
pub fn too_large(place: &Place) -> Option<Error> {
    let size = place.size();
    (size > CAP).then(|| {
        let show = |bytes: u64| crate::catalogue::show::bytes(bytes as f64);
        Error::refused(format!("`{}` holds {}, more than the {} that are copied", place.name(), show(size), show(CAP)))
    })
}

/// A copy of the database as it is committed now. The original is neither locked nor written, and no file
/// is made beside it.
///
/// The bytes are copied while nobody writes, which is seen by the times and sizes of the files before and after.
/// A database in which somebody always writes is copied by SQLite's online backup instead; its files beside it exist
/// then already.
pub fn private(place: &Place, look: &Look) -> Result<Copy> {
    if let Some(error) = too_large(place) {
        return Err(error);
    }
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(copy) = try_bytes(place, look)? {
            return Ok(copy);
        }
        look.cancel().sleep(PAUSE)?;
    }
    online(place, look)
}

fn try_bytes(place: &Place, look: &Look) -> Result<Option<Copy>> {
    let _pass = gate::enter(place.path(), Use::Bytes, look.cancel())?;
    let copy = Copy::new()?;
    let before = place.stamps();
    for suffix in ["", "-wal", "-journal"] {
        let (from, to) = (beside(place.path(), suffix), beside(&copy.path(), suffix));
        match std::fs::copy(&from, &to) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !suffix.is_empty() => {}
            Err(error) => return Err(Error::io(format!("copy the database `{}`", place.name()), &error)),
        }
        // The copy is ours to write, whatever the original allows.
        #[allow(clippy::permissions_set_readonly_false, reason = "a private file in a directory of our own")]
        if let Ok(meta) = std::fs::metadata(&to) {
            let mut permissions = meta.permissions();
            permissions.set_readonly(false);
            drop(std::fs::set_permissions(&to, permissions));
        }
    }
    Ok((before == place.stamps()).then_some(copy))
}

/// A copy by SQLite's online backup: consistent while others read and write.
pub fn online(place: &Place, look: &Look) -> Result<Copy> {
    let copy = Copy::new()?;
    let told = |error: rusqlite::Error| failed("make a copy", place, look, &error);
    let _pass = gate::enter(place.path(), Use::Locking, look.cancel())?;
    let from = connect::open(place.path(), Mode::Read, look.cancel()).map_err(told)?;
    let mut to = connect::open(&copy.path(), Mode::Make, look.cancel()).map_err(told)?;
    transfer(&from, &mut to, place, look)?;
    Ok(copy)
}

/// Brings all of `from` to `to` in one transaction of `to`.
pub fn transfer(from: &Connection, to: &mut Connection, place: &Place, look: &Look) -> Result<()> {
    let told = |error: rusqlite::Error| failed("copy the content", place, look, &error);
    // A read transaction over all steps: otherwise a writer in between makes the backup start over, without end.
    from.execute_batch("begin").map_err(told)?;
    let backup = Backup::new(from, to).map_err(told)?;
    let begun = Instant::now();
    let result = loop {
        look.cancel().check()?;
        match backup.step(256) {
            Ok(StepResult::Done) => break Ok(()),
            Ok(StepResult::More) => {}
            Ok(_) if begun.elapsed() < Duration::from_secs(5) => look.cancel().sleep(PAUSE)?,
            Ok(_) => {
                let who = super::openers::named(&super::openers::openers(place));
                break Err(Error::failed(format!("the database `{}` is locked by {who}", place.name()))
                    .hint("stop that program in a step before, or wait until its transaction has ended"));
            }
            Err(error) => break Err(told(error)),
        }
    };
    drop(backup);
    let _ = from.execute_batch("rollback");
    result
}

/// A copy by SQLite's online backup, which leaves no trace beside the original: where nobody has the database open,
/// its bytes are copied instead, and what a crash left is recovered in the copy.
pub fn online_or_recovered(place: &Place, look: &Look) -> Result<Copy> {
    if openers(place).is_empty() {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(copy) = try_bytes(place, look)? {
                return Ok(copy);
            }
            look.cancel().sleep(PAUSE)?;
        }
    }
    online(place, look)
}
