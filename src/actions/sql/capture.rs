//! What a change of a database keeps, and how it is taken back.
//!
//! Kept are the exact bytes of the database and the files beside it where no process has it open, so that an undo can
//! bring back every byte; otherwise a consistent online copy.
//!
//! Taking back by bytes replaces files. That is only right while nobody has the database open: a reader's page cache
//! is kept valid by the change counter in the file and by locks on its inode, and a file that is exchanged under it
//! has neither, so it would go on believing pages that are gone, and might write them back. Where anybody has it open,
//! content goes back through a SQLite transaction, which tells every connection that its cache is stale.
#![allow(clippy::disallowed_methods, reason = "private files in a temporary directory")]

use std::collections::BTreeSet;
use std::io::Read;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::compare::{content, is_own, listed};
use super::connect::{self, Mode, failed};
use super::copy;
use super::gate::{self, Use};
use super::openers::openers;
use super::place::{Place, beside};
use super::tables::{self, Table, quoted};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::{Keep, ObjectId};
use crate::catalogue::look::Look;
use crate::catalogue::snapshot::{NodeState, PathState};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Capture;
use crate::catalogue::value::Db;

/// The data of a capture.
#[derive(Serialize, Deserialize)]
struct Data {
    db: Db,
    /// The online copy; absent where the states hold the exact bytes.
    copy: Option<ObjectId>,
    /// The tables that the change writes; absent where it may write any, or changes the schema.
    tables: Option<BTreeSet<String>>,
}

/// Keeps the database. `tables` are those that will be written, where that is known and the schema stays.
pub fn take(db: &Db, place: &Place, tables: Option<BTreeSet<String>>, look: &Look, keep: &dyn Keep) -> Result<Capture> {
    let mut data = Data { db: db.clone(), copy: None, tables };
    let mut states = Vec::new();
    if openers(place).is_empty() && copy::too_large(place).is_none() {
        let _pass = gate::enter(place.path(), Use::Bytes, look.cancel())?;
        states = look.snapshot(&place.files(look), keep, None)?;
    } else {
        let copied = copy::online(place, look)?;
        let mut file =
            std::fs::File::open(copied.path()).map_err(|error| Error::io("open the copy of the database", &error))?;
        data.copy = Some(keep.put(&mut file)?);
    }
    let data =
        serde_json::to_value(data).map_err(|error| Error::internal(format!("a capture cannot be written: {error}")))?;
    Ok(Capture::Data { data, states })
}

/// Takes the change back.
pub fn put_back(capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
    let Capture::Data { data, states } = capture else {
        return Err(Error::internal("a capture of a database holds no data"));
    };
    let data =
        Data::deserialize(data).map_err(|error| Error::failed(format!("the capture cannot be read: {error}")))?;
    let place = match Place::find(touch, &data.db) {
        // Gone altogether: nobody can have it open by name.
        Err(_) if data.copy.is_none() => return touch.restore(states, keep),
        other => other?,
    };
    let told = |error: rusqlite::Error| failed("take the change back", &place, touch, &error);
    let was = materialise(&data, states, keep)?;
    let old = connect::open(&was.path().join("was.db"), Mode::Change, touch.cancel()).map_err(told)?;

    if !nobody_else_wrote(&old, &data, &place, touch)? {
        let Some(written) = &data.tables else { return Err(written_elsewhere(&place, None)) };
        return put_tables_back(&was, &old, written, &place, touch);
    }
    if data.copy.is_none() && openers(&place).is_empty() {
        drop(old);
        let _pass = gate::enter(place.path(), Use::Bytes, touch.cancel())?;
        return touch.restore(states, keep);
    }
    let _pass = gate::enter(place.path(), Use::Locking, touch.cancel())?;
    let mut live = connect::open(place.path(), Mode::Change, touch.cancel()).map_err(told)?;
    if mode_of(&old).map_err(told)? == "wal" {
        // A log beside the private copy would need an index; the backup takes only committed pages anyway.
        old.pragma_update(None, "journal_mode", "delete").map_err(told)?;
    }
    copy::transfer(&old, &mut live, &place, touch)
}

fn mode_of(conn: &Connection) -> rusqlite::Result<String> {
    conn.query_row("pragma journal_mode", [], |row| row.get(0))
}

/// The database as it was, in a directory of its own, whatever its present state.
fn materialise(data: &Data, states: &[PathState], keep: &dyn Keep) -> Result<TempDir> {
    let directory =
        TempDir::with_prefix("rbk-sql-").map_err(|error| Error::io("make a directory for temporary files", &error))?;
    let main = directory.path().join("was.db");
    let write = |id: &ObjectId, path: &std::path::Path| -> Result<()> {
        let mut file = std::fs::File::create(path).map_err(|error| Error::io("make a temporary file", &error))?;
        let mut content = keep.open(id)?;
        let mut reader: &mut dyn Read = &mut *content;
        std::io::copy(&mut reader, &mut file).map_err(|error| Error::io("write what was captured", &error))?;
        Ok(())
    };
    if let Some(id) = &data.copy {
        write(id, &main)?;
        return Ok(directory);
    }
    for state in states {
        let NodeState::File { object, .. } = &state.node else { continue };
        // The index of the log is made anew from it; one that is left would have to fit byte for byte.
        let suffix = ["-wal", "-journal", "-shm"].into_iter().find(|suffix| state.path.ends_with(suffix));
        if suffix != Some("-shm") {
            write(object, &beside(&main, suffix.unwrap_or_default()))?;
        }
    }
    Ok(directory)
}

/// Whether all that the change did not write is as it was before it: then the whole database can go back.
fn nobody_else_wrote(old: &Connection, data: &Data, place: &Place, touch: &Touch) -> Result<bool> {
    let told = |error: rusqlite::Error| failed("compare the content", place, touch, &error);
    let Some(written) = &data.tables else { return Ok(true) };
    let copied =
        if copy::too_large(place).is_none() { copy::private(place, touch)? } else { copy::online(place, touch)? };
    let now = copied.open(touch.cancel()).map_err(told)?;
    let others = |table: &str| !written.contains(table) && !is_own(table);
    Ok(content(old, others).map_err(told)? == content(&now, others).map_err(told)?)
}

/// Brings only the written tables back, in one transaction: others have been written by somebody else since.
fn put_tables_back(
    was: &TempDir,
    old: &Connection,
    written: &BTreeSet<String>,
    place: &Place,
    touch: &Touch,
) -> Result<()> {
    let told = |error: rusqlite::Error| failed("take the change back", place, touch, &error);
    let _pass = gate::enter(place.path(), Use::Locking, touch.cancel())?;
    let conn = connect::open(place.path(), Mode::Change, touch.cancel()).map_err(told)?;
    // Rows go back as they were: nothing may fire or cascade.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).map_err(told)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false).map_err(told)?;
    let path = was.path().join("was.db");
    conn.execute("attach ? as was", [path.to_string_lossy()]).map_err(told)?;
    conn.execute_batch("begin immediate").map_err(told)?;
    let same_schema = tables::schema_digest(&conn).map_err(told)? == tables::schema_digest(old).map_err(told)?;
    let known: Vec<Table> = tables::all(old).map_err(told)?;
    let wanted: Vec<&Table> =
        known.iter().filter(|table| written.contains(&table.name) && !is_own(&table.name)).collect();
    let all_known = written.iter().all(|name| is_own(name) || known.iter().any(|table| table.name == *name));
    if !same_schema || !all_known {
        return Err(written_elsewhere(place, Some(written)));
    }
    for table in wanted {
        copy_rows(&conn, table).map_err(told)?;
    }
    if known.iter().any(|table| table.name == "sqlite_sequence") {
        for name in written {
            conn.execute("delete from main.sqlite_sequence where name = ?", [name]).map_err(told)?;
            conn.execute("insert into main.sqlite_sequence select * from was.sqlite_sequence where name = ?", [name])
                .map_err(told)?;
        }
    }
    conn.execute_batch("commit; detach was").map_err(told)
}

/// Replaces the rows of a table by those it had, row numbers included.
fn copy_rows(conn: &Connection, table: &Table) -> rusqlite::Result<()> {
    let name = quoted(&table.name);
    // Generated columns (hidden 2 and 3) follow from the others.
    let mut query =
        conn.prepare("select name, upper(type), pk from pragma_table_xinfo(?, 'main') where hidden in (0, 1)")?;
    let columns: Vec<(String, String, i64)> = query
        .query_map([&table.name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let keys = columns.iter().filter(|(_, _, pk)| *pk > 0).count();
    let is_alias = keys == 1 && columns.iter().any(|(_, ty, pk)| *pk > 0 && ty == "INTEGER");
    let is_taken = columns.iter().any(|(name, ..)| name.eq_ignore_ascii_case("rowid"));
    let mut names: Vec<String> = columns.iter().map(|(name, ..)| quoted(name)).collect();
    if !table.without_rowid && !is_alias && !is_taken {
        names.insert(0, "rowid".to_owned());
    }
    let names = names.join(", ");
    conn.execute_batch(&format!(
        "delete from main.{name}; insert into main.{name} ({names}) select {names} from was.{name}"
    ))
}

fn written_elsewhere(place: &Place, tables: Option<&BTreeSet<String>>) -> Error {
    let what = match tables {
        Some(tables) => format!(
            "the schema of `{}` was changed since, so {} cannot be taken back alone",
            place.name(),
            listed(tables)
        ),
        None => format!("`{}` was changed since by somebody else", place.name()),
    };
    Error::new(ErrorKind::Changed, what)
        .hint("restore what you need from the captured copy by hand, so that later changes are not lost")
}
