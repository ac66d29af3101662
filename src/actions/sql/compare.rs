//! Comparing two states of a database, table by table.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::tables;

/// A database by content: its schema and each table.
#[derive(Debug, PartialEq, Eq)]
pub struct Content {
    pub schema: String,
    pub tables: BTreeMap<String, String>,
}

/// The schema, and the digests of those tables that `wanted` accepts.
pub fn content(conn: &Connection, wanted: impl Fn(&str) -> bool) -> rusqlite::Result<Content> {
    let mut found = BTreeMap::new();
    for table in tables::all(conn)?.into_iter().filter(|table| wanted(&table.name)) {
        found.insert(table.name.clone(), tables::digest(conn, &table)?);
    }
    Ok(Content { schema: tables::schema_digest(conn)?, tables: found })
}

/// What SQLite keeps for itself and writes along with others: it follows the tables that it is about.
pub fn is_own(table: &str) -> bool {
    table.to_ascii_lowercase().starts_with("sqlite_")
}

/// The names of `tables`, for a message.
pub fn listed(tables: &BTreeSet<String>) -> String {
    tables.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
