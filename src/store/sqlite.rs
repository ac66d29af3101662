//! The store in one `SQLite` file: `<state>/state.db`, write-ahead log, every commit flushed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};

use super::database::Database;
use super::index::Index;
use super::keyring::Keyring;
use super::loose::Loose;
use super::objects::Objects;
use super::standing::Standing;
use super::writer::{Op, Ticket, Writer};
use super::{Entry, Head, RunNo, RunRow, Store, schema, state};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::shelf::Generation;

/// The database of a state folder.
#[derive(Clone)]
pub struct Sqlite {
    inner: Arc<Database>,
    keep: Arc<Objects>,
}

impl Sqlite {
    /// Opens the store of a state folder, and makes both where they are missing.
    ///
    /// # Errors
    /// A folder that cannot be written, a damaged database, one of a newer rbk: nothing is changed then.
    pub fn open(folder: &Path) -> Result<Self> {
        state::prepare(folder)?;
        let path = folder.join("state.db");
        let name = path.display().to_string();
        if path.exists() {
            schema::not_cut_short(&path)?;
        } else {
            make(&path)?;
        }
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open_with_flags(
                &path,
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )?;
            connection.busy_timeout(std::time::Duration::from_secs(5))?;
            Ok(connection)
        };
        let damaged = |error: rusqlite::Error| schema::damaged(&name, &error);
        let connection = open().map_err(damaged)?;
        schema::prepare(&connection, &name, true)?;
        schema::whole(&connection, &path)?;
        connection
            .execute_batch("pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 2000;")
            .map_err(damaged)?;
        let reader = open().map_err(damaged)?;
        reader.execute_batch("pragma query_only = on").map_err(damaged)?;
        let last: i64 =
            reader.query_row("select coalesce(max(no), 0) from runs", [], |row| row.get(0)).map_err(damaged)?;
        let loose = Arc::new(Loose::default());
        let standing = Standing::of(folder, &path)
            .map_err(|error| Error::io(format!("look at `{}`", folder.display()), &error))?;
        let index = Arc::new(Index::of(&path));
        let writer = Writer::start(connection, name.clone(), Arc::clone(&loose), standing, Arc::clone(&index))?;
        Ok(Self::with(folder, name, reader, Some((writer, index)), last, loose))
    }

    /// Opens the store of a state folder to look at it; `None` where no run was ever made.
    pub fn look(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join("state.db");
        if !path.exists() {
            return Ok(None);
        }
        schema::not_cut_short(&path)?;
        let name = path.display().to_string();
        let damaged = |error: rusqlite::Error| schema::damaged(&name, &error);
        let reader = open_reader(&path).map_err(damaged)?;
        schema::prepare(&reader, &name, false)?;
        schema::whole(&reader, &path)?;
        let tables: i64 =
            reader.query_row("select count(*) from sqlite_schema", [], |row| row.get(0)).map_err(damaged)?;
        if tables == 0 {
            return Ok(None);
        }
        Ok(Some(Self::with(folder, name, reader, None, 0, Arc::new(Loose::default()))))
    }

    fn with(
        folder: &Path,
        path: String,
        reader: Connection,
        writer: Option<(Writer, Arc<Index>)>,
        last: i64,
        loose: Arc<Loose>,
    ) -> Self {
        let (writer, index) = writer.unzip();
        let inner = Arc::new(Database { index, path, reader: Mutex::new(reader), writer, next: Mutex::new(last + 1) });
        let (folder, keys) = (folder.join("objects"), Keyring::of_user());
        let objects = Objects { folder, store: Arc::downgrade(&inner), loose, keys };
        Self { inner, keep: Arc::new(objects) }
    }
}

/// Makes a database with its tables, and only then gives it its name: one that is empty is always one that was cut short.
fn make(path: &Path) -> Result<()> {
    let new = path.with_extension("new");
    let name = path.display().to_string();
    // What a crash may have left of an earlier attempt.
    let _ = std::fs::remove_file(&new);
    // SQLite gives the file the mode that the umask leaves; its log and index then get the mode of the file.
    state::make_private_file(&new)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&new, flags).map_err(|error| schema::damaged(&name, &error))?;
    schema::prepare(&connection, &name, true)?;
    drop(connection);
    std::fs::rename(&new, path)
        .and_then(|()| path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all()))
        .map_err(|error| Error::io(format!("make `{name}`"), &error))
}

/// A log in a folder that cannot be written needs its index file to be there; without, the file is read as it is.
fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let plain = |flags| -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))?;
        connection.execute_batch("pragma query_only = on")?;
        Ok(connection)
    };
    plain(OpenFlags::SQLITE_OPEN_READ_WRITE).or_else(|first| {
        plain(OpenFlags::SQLITE_OPEN_READ_ONLY).or_else(|_| {
            let uri = PathBuf::from(format!("file:{}?immutable=1", percent_encoded(path)));
            Connection::open_with_flags(
                uri,
                OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )
            .and_then(|connection| {
                connection.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))?;
                Ok(connection)
            })
            .map_err(|_| first)
        })
    })
}

fn percent_encoded(path: &Path) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const SPECIAL: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');
    utf8_percent_encode(&path.to_string_lossy(), SPECIAL).to_string()
}

const COLUMNS: &str = "select no, id, kind, policy, of, started, ended, outcome from runs";

fn row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let time = |text: String, column| {
        text.parse().map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(
                column,
                rusqlite::types::Type::Text,
                Box::<jiff::Error>::new(error),
            )
        })
    };
    Ok(RunRow {
        no: RunNo(row.get(0)?),
        id: row.get(1)?,
        kind: row.get(2)?,
        policy: row.get(3)?,
        of: row.get(4)?,
        started: time(row.get(5)?, 5)?,
        ended: row.get::<_, Option<String>>(6)?.map(|text| time(text, 6)).transpose()?,
        outcome: row.get(7)?,
    })
}

impl Store for Sqlite {
    fn begin(&self, head: Head) -> Result<RunNo> {
        let there: Option<i64> = self.inner.read(|connection| {
            connection.query_row("select no from runs where id = ?1", [&head.id], |row| row.get(0)).optional()
        })?;
        if there.is_some() {
            return Err(Error::new(ErrorKind::Refused, format!("the plan `{}` was run already", head.id))
                .hint(format!("a plan runs once: make a new one with `rbk plan`, or see `rbk show {}`", head.id)));
        }
        let no = {
            let mut next = self.inner.next.lock().unwrap_or_else(PoisonError::into_inner);
            let no = RunNo(*next);
            *next += 1;
            no
        };
        self.inner.writer()?.submit([Op::Begin(no, Box::new(head))]).wait()?;
        Ok(no)
    }

    fn append(&self, run: RunNo, entries: Vec<Entry>) -> Ticket {
        self.inner.submit(entries.into_iter().map(|entry| Op::Entry(run, entry)))
    }

    fn urge(&self) {
        if let Some(writer) = &self.inner.writer {
            writer.urge();
        }
    }

    fn end(&self, run: RunNo, entries: Vec<Entry>, outcome: &str, at: jiff::Timestamp) -> Ticket {
        let ops = entries.into_iter().map(|entry| Op::Entry(run, entry));
        self.inner.submit(ops.chain([Op::End(run, outcome.to_owned(), at)]))
    }

    fn runs(&self) -> Result<Vec<RunRow>> {
        self.inner.read(|connection| {
            connection.prepare(&format!("{COLUMNS} order by no desc"))?.query_map([], row)?.collect()
        })
    }

    fn find(&self, name: &str) -> Result<RunRow> {
        let runs = self.runs()?;
        if runs.is_empty() {
            return Err(Error::refused("there are no runs here yet").hint("`rbk run POLICY` makes the first"));
        }
        let long_enough = name.len() >= 4;
        let fits =
            |run: &&RunRow| run.id == name || (long_enough && (run.id.starts_with(name) || run.id.ends_with(name)));
        let found: Vec<_> = match name {
            "last" => runs.iter().take(1).collect(),
            _ => runs.iter().filter(fits).collect(),
        };
        match &found[..] {
            [run] => Ok((*run).clone()),
            [] => Err(Error::refused(format!("there is no run `{name}`"))
                .hint(format!("the latest is `{}`; `rbk runs` lists all", runs[0].id))),
            many => Err(Error::refused(format!("`{name}` means {} runs", many.len()))
                .hint(format!("write more of its id: `{}`, `{}`", many[0].id, many[1].id))),
        }
    }

    fn is_sound(&self) -> Result<()> {
        let found: String =
            self.inner.read(|connection| connection.query_row("pragma quick_check(1)", [], |row| row.get(0)))?;
        if found == "ok" { Ok(()) } else { Err(schema::unsound(&self.inner.path, &found)) }
    }

    fn frozen(&self, run: RunNo) -> Result<String> {
        self.inner
            .read(|connection| connection.query_row("select frozen from runs where no = ?1", [run.0], |row| row.get(0)))
    }

    fn entries(&self, run: RunNo, after: u64, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        let connection = self.inner.reader();
        let damaged = |error: rusqlite::Error| schema::damaged(&self.inner.path, &error);
        let mut statement = connection
            .prepare("select seq, json from entries where run = ?1 and seq > ?2 order by seq")
            .map_err(damaged)?;
        let mut rows = statement.query(params![run.0, after as i64]).map_err(damaged)?;
        while let Some(row) = rows.next().map_err(damaged)? {
            let seq: i64 = row.get(0).map_err(damaged)?;
            each(Entry { seq: seq as u64, json: row.get(1).map_err(damaged)? })?;
        }
        Ok(())
    }

    fn snapshots(&self, root: &str) -> Result<Vec<(String, Generation)>> {
        let rows: Vec<(String, String)> = self.inner.read(|connection| {
            if !schema::has_snapshots(connection)? {
                return Ok(Vec::new());
            }
            connection
                .prepare("select name, json from snapshots where root = ?1 order by name, number")?
                .query_map([root], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        let read = |(name, json): (String, String)| {
            let generation = serde_json::from_str(&json)
                .map_err(|error| schema::unsound(&self.inner.path, &format!("the snapshot `{name}`: {error}")))?;
            Ok((name, generation))
        };
        rows.into_iter().map(read).collect()
    }

    fn set_snapshot(&self, root: &str, name: &str, generations: &[Generation]) -> Result<Ticket> {
        let row = |one: &Generation| {
            let json = serde_json::to_string(one).map_err(|error| Error::internal(error.to_string()))?;
            Ok((one.number as i64, json))
        };
        let rows = generations.iter().map(row).collect::<Result<Vec<_>>>()?;
        Ok(self.inner.writer()?.submit([Op::Snapshot(root.to_owned(), name.to_owned(), rows)]))
    }

    fn settle(&self) -> Result<Ticket> {
        Ok(self.inner.writer()?.flush())
    }

    fn keep(&self) -> Arc<dyn Keep> {
        Arc::clone(&self.keep) as Arc<dyn Keep>
    }
}

impl Sqlite {
    /// Waits until all that was put or appended so far is durable.
    pub fn flush(&self) -> Result<()> {
        self.inner.writer()?.flush().wait()
    }
}

#[cfg(test)]
#[path = "sqlite_tests.rs"]
mod tests;
