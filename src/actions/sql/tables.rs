//! Tables of an open database: their names, their content as a digest, a row as text.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};

/// A table that holds rows of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    /// It has no hidden row numbers.
    pub without_rowid: bool,
}

/// A name as SQL takes it.
#[must_use]
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The tables of the main database, those behind virtual tables included, virtual ones and views not.
pub fn all(conn: &Connection) -> rusqlite::Result<Vec<Table>> {
    let mut query = conn.prepare(
        "select name, wr from pragma_table_list where schema = 'main' and type in ('table', 'shadow') \
         and name not in ('sqlite_schema', 'sqlite_temp_schema') order by name",
    )?;
    let rows = query.query_map([], |row| Ok(Table { name: row.get(0)?, without_rowid: row.get(1)? }))?;
    rows.collect()
}

/// How many rows a table has.
pub fn count(conn: &Connection, table: &str) -> rusqlite::Result<u64> {
    conn.query_row(&format!("select count(*) from {}", quoted(table)), [], |row| row.get::<_, i64>(0))
        .map(|count| count as u64)
}

/// `88310 rows, 3f2a…`: two tables with the same digest hold the same rows.
pub fn digest(conn: &Connection, table: &Table) -> rusqlite::Result<String> {
    let name = quoted(&table.name);
    let text = if table.without_rowid {
        format!("select * from {name}")
    } else {
        format!("select rowid, * from {name} order by rowid")
    };
    let mut hasher = blake3::Hasher::new();
    let rows = hash_rows(conn, &text, &mut hasher)?;
    Ok(format!("{rows} rows, {}", &hasher.finalize().to_hex()[..32]))
}

/// A digest of everything that `create` made.
pub fn schema_digest(conn: &Connection) -> rusqlite::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hash_rows(conn, "select type, name, tbl_name, sql from sqlite_schema order by type, name", &mut hasher)?;
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}

fn hash_rows(conn: &Connection, query: &str, hasher: &mut blake3::Hasher) -> rusqlite::Result<u64> {
    let mut query = conn.prepare(query)?;
    let columns = query.column_count();
    let mut rows = query.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        for column in 0..columns {
            // Type, length and bytes, so that no two rows have the same form.
            let (kind, bytes): (u8, Vec<u8>) = match row.get_ref(column)? {
                ValueRef::Null => (0, Vec::new()),
                ValueRef::Integer(number) => (1, number.to_le_bytes().to_vec()),
                ValueRef::Real(number) => (2, number.to_bits().to_le_bytes().to_vec()),
                ValueRef::Text(text) => (3, text.to_vec()),
                ValueRef::Blob(blob) => (4, blob.to_vec()),
            };
            hasher.update(&[kind]).update(&(bytes.len() as u64).to_le_bytes()).update(&bytes);
        }
    }
    Ok(count)
}

/// The columns of one row and its values as text; `None` where there is no such row.
pub fn row(conn: &Connection, table: &str, rowid: i64) -> rusqlite::Result<Option<Vec<(String, String)>>> {
    let mut query = conn.prepare(&format!("select * from {} where rowid = ?", quoted(table)))?;
    let names: Vec<String> = query.column_names().map(str::to_owned).collect();
    query
        .query_row([rowid], |row| {
            names.iter().enumerate().map(|(at, name)| Ok((name.clone(), shown(row, at)?))).collect()
        })
        .optional()
}

/// A value on one bounded line.
fn shown(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    const LONGEST: usize = 40;
    Ok(match row.get_ref(column)? {
        ValueRef::Null => "null".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Blob(blob) => format!("{} bytes", blob.len()),
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text);
            let clean: String = text.chars().map(|c| if c.is_control() { '·' } else { c }).take(LONGEST).collect();
            if text.chars().count() > LONGEST { format!("'{clean}…'") } else { format!("'{clean}'") }
        }
    })
}
