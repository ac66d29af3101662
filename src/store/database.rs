//! The database of a store while it is open: the connection that reads, the thread that writes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension};

use super::index::Index;
use super::schema;
use super::writer::{Op, Ticket, Writer};
use crate::catalogue::error::{Error, Result};

/// An open database, for reading and, where it was opened for that, writing.
pub(super) struct Database {
    pub(super) path: String,
    pub(super) reader: Mutex<Connection>,
    /// Absent where the folder is only looked at.
    pub(super) writer: Option<Writer>,
    /// Absent where the folder is only looked at.
    pub(super) index: Option<Arc<Index>>,
    pub(super) next: Mutex<i64>,
}

impl Database {
    /// The writing end.
    pub(super) fn writer(&self) -> Result<&Writer> {
        self.writer.as_ref().ok_or_else(|| Error::internal("a store that was opened to be looked at was written to"))
    }

    pub(super) fn submit(&self, ops: impl IntoIterator<Item = Op>) -> Ticket {
        self.writer.as_ref().expect("only a store that was opened to be written hands out its keep").submit(ops)
    }

    /// The connection for reading, when that is safe.
    pub(super) fn reader(&self) -> MutexGuard<'_, Connection> {
        let connection = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        self.mend();
        connection
    }

    fn mend(&self) {
        if let Some(index) = &self.index {
            index.mend();
        }
    }

    /// Reads through that connection.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let connection = self.reader();
        read(&connection).map_err(|error| schema::damaged(&self.path, &error))
    }

    pub(super) fn object(&self, id: &str) -> Result<Option<Vec<u8>>> {
        self.read(|connection| {
            connection.query_row("select data from objects where id = ?1", [id], |row| row.get(0)).optional()
        })
    }

    /// The id of the small object that begins with `start`, of hexadecimal digits.
    pub(super) fn object_named(&self, start: &str) -> Result<Option<String>> {
        self.read(|connection| {
            connection
                // `g` stands behind every digit.
                .query_row("select id from objects where id >= ?1 and id < ?1 || 'g' limit 1", [start], |row| {
                    row.get(0)
                })
                .optional()
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The connections are closed next, which moves what is in the log into the database.
        self.mend();
    }
}
