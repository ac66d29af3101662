//! Connections to SQLite: bounded waiting, and errors that say who is in the way.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::openers;
use super::place::Place;
use crate::catalogue::cancel::Cancel;
use crate::catalogue::error::Error;
use crate::catalogue::look::Look;

/// How long to wait for a lock of another connection; a nearer deadline cuts it.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To be changed; it must exist.
    Change,
    /// To be read, with SQLite's locks.
    Read,
    /// As `Read`, without writing to the index of the write-ahead log, which must exist.
    ReadWithoutIndex,
    /// To be read as bytes that nobody changes meanwhile: no locks, no files beside it.
    Frozen,
    /// A private file, to be made.
    Make,
}

/// Opens the database file at `path`.
pub fn open(path: &Path, mode: Mode, cancel: &Cancel) -> rusqlite::Result<Connection> {
    let read = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let change = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let (query, flags) = match mode {
        Mode::Change => ("", change),
        Mode::Make => ("", change | OpenFlags::SQLITE_OPEN_CREATE),
        Mode::Read => ("", read),
        Mode::ReadWithoutIndex => ("?readonly_shm=1", read),
        Mode::Frozen => ("?immutable=1", read),
    };
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let mut conn = Connection::open_with_flags(uri(path, query), flags)?;
    bound(&mut conn, cancel)?;
    Ok(conn)
}

/// Makes waiting for locks and long statements end with the token.
fn bound(conn: &mut Connection, cancel: &Cancel) -> rusqlite::Result<()> {
    let (waiting, running) = (cancel.clone(), cancel.clone());
    let mut since = Instant::now();
    conn.busy_handler(Some(move |count: i32| {
        if count == 0 {
            since = Instant::now();
        }
        since.elapsed() < PATIENCE && waiting.sleep(Duration::from_millis(10)).is_ok()
    }))?;
    conn.progress_handler(10_000, Some(move || running.check().is_err()))
}

/// The file as a URI, in which SQLite takes options. Everything that could be read as one is escaped.
fn uri(path: &Path, query: &str) -> String {
    let mut text = String::from("file:");
    for byte in OsStr::as_bytes(path.as_os_str()) {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => text.push(char::from(*byte)),
            other => {
                // Writing to a string does not fail.
                let _ = write!(text, "%{other:02X}");
            }
        }
    }
    text.push_str(query);
    text
}

/// Pragmas that only tell what is in the database, whatever they are given.
const TELLING: &[&str] = &[
    "table_list",
    "table_info",
    "table_xinfo",
    "index_list",
    "index_info",
    "index_xinfo",
    "foreign_key_list",
    "foreign_key_check",
    "integrity_check",
    "quick_check",
];
/// Pragmas that tell something as long as they are given nothing. `journal_mode` is none of them: a database that is read
/// as frozen says `delete` whatever it is.
const TELLING_ALONE: &[&str] = &["user_version", "schema_version", "page_count", "freelist_count"];

/// Whether a pragma only tells what is in the database.
pub fn only_tells(pragma: &str, given: bool) -> bool {
    let among = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(pragma));
    among(TELLING) || !given && among(TELLING_ALONE)
}

/// The pragmas that a query may ask, as a hint.
pub fn telling() -> String {
    format!("of pragmas, a query may ask {} and {}", TELLING.join(", "), TELLING_ALONE.join(", "))
}

/// Lets a connection only read this database: no pragma but those that tell of it, no attached file, no change of any kind.
pub fn only_reads(conn: &mut Connection) -> rusqlite::Result<()> {
    conn.authorizer(Some(|context: AuthContext<'_>| match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Function { function_name } if !function_name.eq_ignore_ascii_case("load_extension") => {
            Authorization::Allow
        }
        AuthAction::Pragma { pragma_name, pragma_value } if only_tells(pragma_name, pragma_value.is_some()) => {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }))
}

/// Whether a statement with this action may run in a call of the family: not one that leaves the database.
pub fn stays_inside(action: &AuthAction<'_>) -> bool {
    !matches!(
        action,
        AuthAction::Attach { .. }
            | AuthAction::Detach { .. }
            | AuthAction::Pragma { .. }
            | AuthAction::Transaction { .. }
            | AuthAction::Savepoint { .. }
            | AuthAction::Function { function_name: "load_extension" }
    )
}

/// Says what SQLite says, as a failure of `doing`.
pub fn failed(doing: &str, place: &Place, look: &Look, error: &rusqlite::Error) -> Error {
    // A statement that was interrupted and a lock that was not waited for further: the token knows why.
    if let Err(over) = look.cancel().check() {
        return over;
    }
    let name = place.name();
    let code = error.sqlite_error_code();
    match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            let who = openers::named(&openers::openers(place));
            let who = if who.is_empty() { "another connection".to_owned() } else { who };
            Error::failed(format!("the database `{name}` is locked by {who}"))
                .hint("stop that program in a step before, or wait until its transaction has ended")
        }
        Some(ErrorCode::NotADatabase) => Error::refused(format!("`{name}` is no SQLite database, or it is encrypted")),
        Some(ErrorCode::DatabaseCorrupt) => Error::failed(format!("the database `{name}` is damaged: {}", text(error)))
            .hint("`sqlite3 FILE \".recover\"` saves what can be read; restore a backup with `sql.restore`"),
        Some(ErrorCode::DiskFull) => Error::failed(format!("no space is left to {doing} of `{name}`"))
            .hint("free some space; the transaction was taken back, nothing was lost"),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            Error::failed(format!("cannot {doing} of `{name}`: {}", text(error)))
                .hint("check who owns the file and its directory, and as whom rbk runs")
        }
        Some(ErrorCode::AuthorizationForStatementDenied) => {
            Error::refused(format!("cannot {doing} of `{name}`: the statement does more than work on its content"))
                .hint(telling())
        }
        _ => Error::failed(format!("cannot {doing} of `{name}`: {}", text(error))),
    }
}

/// SQLite's own words.
pub fn text(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    }
}
