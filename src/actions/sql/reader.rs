//! Reading a database for a probe, leaving no trace.
//!
//! What was found about SQLite: a read-only connection to a database in WAL mode makes `-wal` and `-shm` where they are
//! missing, and leaves them; one that finds a rollback journal of a crashed writer fails, since it may not
//! roll back. So the files beside the database decide:
//!
//! - neither log nor journal: everything is in the file. It is read as frozen (no locks, nothing made) and
//!   the answer counts only if the files are the same afterwards;
//! - a write-ahead log with its index: some process uses it. It is read with locks, the index opened for reading only;
//! - a log without its index, or a journal that nobody holds: a crash left them. They are recovered in a private copy.
//!
//! Where none of these works (a database that is too large to copy, or always being written), an ordinary read-only
//! connection is used, which may make files beside it as any reader's does.

use std::time::Duration;

use rusqlite::Connection;

use super::connect::{self, Mode, failed};
use super::copy;
use super::gate::{self, Use};
use super::openers::openers;
use super::place::Place;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::Look;

/// How often a frozen read is tried again because somebody wrote meanwhile.
const TRIES: usize = 4;
const PAUSE: Duration = Duration::from_millis(15);

/// Gives `ask` a connection that only reads.
pub fn read<T>(place: &Place, look: &Look, ask: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<Asked<T>> {
    if place.side_size("-wal") == 0 && place.side_size("-journal") == 0 {
        for _ in 0..TRIES {
            if let Some(answer) = frozen(place, look, &ask)? {
                return Ok(answer);
            }
            look.cancel().sleep(PAUSE)?;
        }
    } else if place.side_size("-wal") > 0
        && place.side("-shm").exists()
        && let Ok(answer) = locking(place, look, Mode::ReadWithoutIndex, &ask)?
    {
        return Ok(Ok(answer));
    }
    let left_by_a_crash = (place.side_size("-wal") > 0 || place.side_size("-journal") > 0) && openers(place).is_empty();
    if left_by_a_crash && copy::too_large(place).is_none() {
        let copied = copy::private(place, look)?;
        let told = |error: rusqlite::Error| failed("read a copy", place, look, &error);
        let mut conn = copied.open(look.cancel()).map_err(told)?;
        connect::only_reads(&mut conn).map_err(told)?;
        return Ok(ask(&conn));
    }
    locking(place, look, Mode::Read, &ask)
}

/// The answer, or SQLite's error.
pub type Asked<T> = rusqlite::Result<T>;

/// `None` when the files changed meanwhile, or are in use so that they cannot be read so.
fn frozen<T>(place: &Place, look: &Look, ask: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<Option<Asked<T>>> {
    let Some(_pass) = gate::try_enter(place.path(), Use::Bytes) else { return Ok(None) };
    let before = place.stamps();
    let answer = connect::open(place.path(), Mode::Frozen, look.cancel()).and_then(|mut conn| {
        connect::only_reads(&mut conn)?;
        ask(&conn)
    });
    look.cancel().check()?;
    Ok((before == place.stamps()).then_some(answer))
}

fn locking<T>(
    place: &Place,
    look: &Look,
    mode: Mode,
    ask: impl Fn(&Connection) -> rusqlite::Result<T>,
) -> Result<Asked<T>> {
    let _pass = gate::enter(place.path(), Use::Locking, look.cancel())?;
    let answer = connect::open(place.path(), mode, look.cancel()).and_then(|mut conn| {
        connect::only_reads(&mut conn)?;
        ask(&conn)
    });
    look.cancel().check()?;
    Ok(answer)
}

/// The one query of a probe, checked to be one.
pub fn refuse_changes(text: &str) -> Result<()> {
    let statements = super::statements::split(text);
    let [only] = statements.as_slice() else {
        return Err(Error::refused(format!("a probe asks one query, this text holds {}", statements.len())));
    };
    if let Some((pragma, given)) = only.pragma() {
        if connect::only_tells(&pragma, given) {
            return Ok(());
        }
        let shown = super::statements::shown(only.text);
        return Err(
            Error::refused(format!("`{shown}` does more than tell what is in the database")).hint(connect::telling())
        );
    }
    if only.verb() != super::statements::Verb::Select {
        return Err(Error::refused(format!("`{}` does not only read", super::statements::shown(only.text)))
            .hint("a probe takes a `select`; use the action `sql.exec` in a step for changes"));
    }
    Ok(())
}
