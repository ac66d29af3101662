//! The tables of the state database and their version.

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
                "begin immediate;{TABLES}pragma application_id = {APPLICATION};pragma user_version = {VERSION};commit;"
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
    Ok(())
}

/// What to say when `SQLite` cannot make sense of the file.
pub fn damaged(path: &str, error: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Error::new(
            ErrorKind::Refused,
            format!("the state database `{path}` is damaged: {error}"),
        )
        .hint(format!(
            "nothing was changed; move it away (`mv {path} {path}.damaged`, with its `-wal` and `-shm`) to start a new \
                 journal; captured content in `objects` stays where it is"
        )),
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
        _ => Error::failed(format!("the state database `{path}` cannot be used: {error}")),
    }
}
