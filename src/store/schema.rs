//! The tables of the state database and their version.

use std::path::Path;

use rusqlite::Connection;

use crate::catalogue::error::{Error, ErrorKind, Result};

/// Marks the file as one of ours: the bytes of `rbk1`.
const APPLICATION: i32 = 0x7262_6b31;

/// The version of the tables. A greater one in the file is refused; a smaller one is migrated (there is none yet).
const VERSION: i32 = 1;

const TABLES: &str = "
create table runs(
    no integer primary key,
    id text not null unique,
    kind text not null,
    policy text not null,
    of text,
    started text not null,
    ended text,
    outcome text,
    frozen text not null
);
create table entries(
    run integer not null references runs(no),
    seq integer not null,
    json text not null,
    primary key(run, seq)
) without rowid;
create table objects(
    id text primary key,
    data blob not null
);
";

/// The snapshots of the roots that are recorded here: each generation of a name is a JSON document. A table of its own, made
/// where it is missing: who does not know it has no use for it.
const SNAPSHOTS: &str = "
create table if not exists snapshots(
    root text not null,
    name text not null,
    number integer not null,
    json text not null,
    primary key(root, name, number)
) without rowid;
";

/// Makes the tables in an empty file, or checks that those of this version are there.
pub fn prepare(connection: &Connection, path: &str, may_write: bool) -> Result<()> {
    let damaged = |error: rusqlite::Error| damaged(path, &error);
    let version: i32 = connection.query_row("pragma user_version", [], |row| row.get(0)).map_err(damaged)?;
    let application: i32 = connection.query_row("pragma application_id", [], |row| row.get(0)).map_err(damaged)?;
    let tables: i64 =
        connection.query_row("select count(*) from sqlite_schema", [], |row| row.get(0)).map_err(damaged)?;
    if tables == 0 && may_write {
        // One transaction: a crash leaves either an empty file or a whole one.
        return connection
            .execute_batch(&format!(
                "begin immediate;{TABLES}{SNAPSHOTS}pragma application_id = {APPLICATION};pragma user_version = {VERSION};commit;"
            ))
            .map_err(|error| Error::failed(format!("cannot make the tables of `{path}`: {error}")));
    }
    if tables != 0 && application != APPLICATION {
        return Err(Error::new(ErrorKind::Refused, format!("`{path}` is a database of another program"))
            .hint("name another state folder with `--state DIR`"));
    }
    if version > VERSION {
        return Err(Error::new(
            ErrorKind::Refused,
            format!(
                "`{path}` was written by a newer rbk (its tables have version {version}, this one knows {VERSION})"
            ),
        )
        .hint("use that newer rbk, or name another state folder with `--state DIR`"));
    }
    if may_write && !has_snapshots(connection).map_err(damaged)? {
        connection.execute_batch(SNAPSHOTS).map_err(damaged)?;
    }
    Ok(())
}

/// Whether snapshots can be asked for: a database of an earlier rbk has no table for them.
pub fn has_snapshots(connection: &Connection) -> rusqlite::Result<bool> {
    let found: i64 =
        connection.query_row("select count(*) from sqlite_schema where name = 'snapshots'", [], |row| row.get(0))?;
    Ok(found != 0)
}

/// A database that is shorter than its header lost all that it held; to `SQLite` it is an empty one, to be begun anew.
pub fn not_cut_short(path: &Path) -> Result<()> {
    const HEADER: u64 = 100;
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_file() && meta.len() < HEADER => Err(cut_short(path, meta.len())),
        _ => Ok(()),
    }
}

/// Refuses a database whose last pages are missing. As long as there is a log they may be in that.
pub fn whole(connection: &Connection, path: &Path) -> Result<()> {
    let shown = path.display().to_string();
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if std::fs::metadata(log).is_ok_and(|meta| meta.len() > 0) {
        return Ok(());
    }
    let number = |name: &str| -> Result<u64> {
        let number: i64 = connection
            .query_row(&format!("pragma {name}"), [], |row| row.get(0))
            .map_err(|error| damaged(&shown, &error))?;
        Ok(number.unsigned_abs())
    };
    let wanted = number("page_count")?.saturating_mul(number("page_size")?);
    match std::fs::metadata(path) {
        Ok(meta) if meta.len() < wanted => Err(cut_short(path, meta.len())),
        _ => Ok(()),
    }
}

fn cut_short(path: &Path, length: u64) -> Error {
    let shown = path.display().to_string();
    let what = format!("the state database `{shown}` is damaged: it was cut short, to {length} bytes");
    Error::new(ErrorKind::Refused, what).hint(mend(&shown))
}

/// What to do about a database that is damaged.
fn mend(path: &str) -> String {
    format!(
        "nothing was changed; bring it back from a backup, or move it away (`mv {path} {path}.damaged`, with its `-wal` and \
         `-shm`) to start a new journal; captured content in `objects` stays where it is"
    )
}

/// What to say when `SQLite` cannot make sense of the file.
pub fn damaged(path: &str, error: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => unsound(path, error),
        Some(ErrorCode::DiskFull) => {
            Error::failed(format!("the disk is full: cannot write `{path}`")).hint("free some space")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            Error::new(ErrorKind::Refused, format!("the state database `{path}` cannot be written: {error}"))
                .hint("make the state folder writable, or name another with `--state DIR`")
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::failed(format!("the state database `{path}` is held by another program"))
        }
        // A row that is not what was written there.
        None => match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..) => unsound(path, error),
            _ => Error::failed(format!("the state database `{path}` cannot be used: {error}")),
        },
        _ => Error::failed(format!("the state database `{path}` cannot be used: {error}")),
    }
}

/// What to say of a database in which something is not as it was written.
pub fn unsound(path: &str, why: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Refused, format!("the state database `{path}` is damaged: {why}")).hint(mend(path))
}
