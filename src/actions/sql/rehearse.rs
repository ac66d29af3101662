//! Running the statements of a call on a private copy, to see what they would do.
//!
//! Every statement runs twice: once to see which rows it touches, taken back so that those rows can be read as they
//! were, then for good, since the next statement builds on it. At the end everything is taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::hooks::{Action, AuthAction, AuthContext, Authorization};

use super::connect::{failed, stays_inside};
use super::place::Place;
use super::script::{Script, at};
use super::statements::{Statement, Verb, shown};
use super::tables;
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;

/// How many rows of each change are shown.
const SAMPLE: usize = 3;

/// What the statements would do.
#[derive(Debug, Default)]
pub struct Report {
    pub lines: Vec<Line>,
    /// Rows that would change in all, through triggers too.
    pub rows: u64,
}

/// One change, for a person.
#[derive(Debug)]
pub struct Line {
    /// `delete 1,204 of 88,310 rows of market`
    pub summary: String,
    pub sample: Vec<String>,
}

/// What the hooks of a connection have seen.
#[derive(Default)]
struct Seen {
    /// Rows by table and what happened to them.
    rows: BTreeMap<(String, Sort), (u64, Vec<i64>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Delete,
    Update,
    Insert,
}

/// The tables that statements of a connection were seen to write.
#[derive(Clone, Default)]
pub struct Watch {
    tables: Arc<Mutex<BTreeSet<String>>>,
    /// While set, transaction control is let through: it is our own.
    ours: Arc<AtomicBool>,
}

impl Watch {
    /// Refuses what leaves the database, and notes which tables are written, through triggers and foreign keys too.
    pub fn install(conn: &mut Connection) -> rusqlite::Result<Self> {
        let watch = Self::default();
        let inner = watch.clone();
        conn.authorizer(Some(move |context: AuthContext<'_>| {
            if let AuthAction::Insert { table_name }
            | AuthAction::Delete { table_name }
            | AuthAction::Update { table_name, .. } = context.action
            {
                inner.tables.lock().unwrap_or_else(PoisonError::into_inner).insert(table_name.to_owned());
            }
            let allowed = stays_inside(&context.action) || inner.ours.load(Ordering::Relaxed);
            if allowed { Authorization::Allow } else { Authorization::Deny }
        }))?;
        Ok(watch)
    }

    /// Runs transaction control of our own.
    pub fn control(&self, conn: &Connection, text: &str) -> rusqlite::Result<()> {
        self.ours.store(true, Ordering::Relaxed);
        let done = conn.execute_batch(text);
        self.ours.store(false, Ordering::Relaxed);
        done
    }

    /// The tables so far.
    pub fn tables(&self) -> BTreeSet<String> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Runs `script` on the copy behind `conn` and takes it back. Gives also the tables that it writes.
pub fn rehearse(
    conn: &mut Connection,
    script: &Script,
    place: &Place,
    look: &Look,
) -> Result<(Report, BTreeSet<String>)> {
    let told = |error: rusqlite::Error| failed("rehearse a change", place, look, &error);
    let seen = Arc::new(Mutex::new(Seen::default()));
    let watch = Watch::install(conn).map_err(told)?;
    let hook = Arc::clone(&seen);
    conn.update_hook(Some(move |action: Action, _: &str, table: &str, rowid: i64| {
        let sort = match action {
            Action::SQLITE_DELETE => Sort::Delete,
            Action::SQLITE_INSERT => Sort::Insert,
            _ => Sort::Update,
        };
        let mut seen = hook.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = seen.rows.entry((table.to_owned(), sort)).or_default();
        rows.0 += 1;
        if rows.1.len() < SAMPLE && !rows.1.contains(&rowid) {
            rows.1.push(rowid);
        }
    }))
    .map_err(told)?;

    watch.control(conn, "begin").map_err(told)?;
    let mut report = Report::default();
    let each = |statement: &Statement<'_>, run: &dyn Fn() -> rusqlite::Result<u64>| {
        one(conn, &watch, &seen, statement, run, &mut report).map_err(|error| at(statement, told(error)))
    };
    let done = script.each(conn, each, |statement, error| at(statement, told(error)));
    let taken_back = watch.control(conn, "rollback");
    // A statement that failed may have ended the transaction itself, so what it says comes first.
    done?;
    taken_back.map_err(told)?;
    Ok((report, watch.tables()))
}

fn one(
    conn: &Connection,
    watch: &Watch,
    seen: &Mutex<Seen>,
    statement: &Statement<'_>,
    run: &dyn Fn() -> rusqlite::Result<u64>,
    report: &mut Report,
) -> rusqlite::Result<()> {
    let take = || std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner)).rows;
    take();
    watch.control(conn, "savepoint rbk_rehearsal")?;
    let direct = run()?;
    let touched = take();
    let mut after: BTreeMap<(String, i64), Vec<(String, String)>> = BTreeMap::new();
    for ((table, sort), (_, rowids)) in &touched {
        for rowid in rowids.iter().filter(|_| *sort != Sort::Delete) {
            if let Some(row) = tables::row(conn, table, *rowid)? {
                after.insert((table.clone(), *rowid), row);
            }
        }
    }
    watch.control(conn, "rollback to rbk_rehearsal")?;

    let target = statement.target().unwrap_or_default();
    if statement.verb() == Verb::Schema {
        report.lines.push(Line { summary: shown(statement.text), sample: Vec::new() });
    } else {
        let mut lines = Vec::new();
        for ((table, sort), (count, rowids)) in &touched {
            report.rows += count;
            let direct = table.eq_ignore_ascii_case(&target);
            let cause = if direct { "" } else { " (by a trigger or foreign key)" };
            let total = tables::count(conn, table)?;
            let mut sample = Vec::new();
            for rowid in rowids {
                let before = if *sort == Sort::Insert { None } else { tables::row(conn, table, *rowid)? };
                sample.extend(line(before, after.get(&(table.clone(), *rowid)).cloned()));
            }
            lines.push((!direct, Line { summary: format!("{}{cause}", summary(*sort, *count, total, table)), sample }));
        }
        // A table without row numbers is not seen row by row.
        if direct > 0 && !touched.keys().any(|(table, _)| table.eq_ignore_ascii_case(&target)) {
            let sort = match statement.verb() {
                Verb::Insert => Sort::Insert,
                Verb::Update => Sort::Update,
                _ => Sort::Delete,
            };
            report.rows += direct;
            let total = tables::count(conn, &target)?;
            lines.push((false, Line { summary: summary(sort, direct, total, &target), sample: Vec::new() }));
        }
        if lines.is_empty() && statement.verb() != Verb::Select {
            let nothing = Line { summary: format!("no row: {}", shown(statement.text)), sample: Vec::new() };
            lines.push((false, nothing));
        }
        lines.sort_by_key(|(indirect, _)| *indirect);
        report.lines.extend(lines.into_iter().map(|(_, line)| line));
    }
    run()?;
    watch.control(conn, "release rbk_rehearsal")
}

fn summary(sort: Sort, count: u64, total: u64, table: &str) -> String {
    let noun = if count == 1 { "row" } else { "rows" };
    let (count, total) = (grouped(count), grouped(total));
    match sort {
        Sort::Delete => format!("delete {count} of {total} rows of {table}"),
        Sort::Update => format!("update {count} of {total} rows of {table}"),
        Sort::Insert => format!("insert {count} {noun} into {table}, which has {total}"),
    }
}

/// A row, or for an update its first column and what changes.
fn line(before: Option<Vec<(String, String)>>, after: Option<Vec<(String, String)>>) -> Option<String> {
    let text = |row: &[(String, String)]| {
        row.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    match (before, after) {
        (Some(before), Some(after)) => {
            let pairs = before.iter().zip(&after).filter(|(old, new)| old != new);
            let changes: Vec<String> = pairs.map(|((name, old), (_, new))| format!("{name}: {old} → {new}")).collect();
            Some(format!("{}  {}", text(&before[..before.len().min(1)]), changes.join(", ")))
        }
        (Some(row), None) | (None, Some(row)) => Some(text(&row)),
        (None, None) => None,
    }
}

/// `88,310`
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
