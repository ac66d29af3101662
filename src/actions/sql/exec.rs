//! `sql.exec`: runs statements on a database, in one transaction.

use std::collections::BTreeSet;

use super::connect::{self, Mode, failed};
use super::gate::{self, Use};
use super::place::{self, Place};
use super::rehearse::{Watch, grouped, rehearse};
use super::script::{Script, at};
use super::{capture, compare, copy};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::{Db, Value};

/// `sql.exec`
pub struct Exec;

static SIGNATURE: Signature = Signature {
    name: "sql.exec",
    role: Role::Action,
    params: &[
        Parameter { name: "db", ty: "db", form: Form::Positional, doc: "the database: `sqlite(\"PATH\")`" },
        Parameter { name: "sql", ty: "sql", form: Form::Positional, doc: "statements; values in `${…}` are bound" },
        Parameter {
            name: "params",
            ty: "list[json]",
            form: Form::OptionalPositional,
            doc: "the values of `?`, in order",
        },
    ],
    returns: Returns::Type("int"),
    undo: UndoKind::Exact,
    gate: false,
    doc: "runs statements on a database, in one transaction",
    page: "actions/sql.exec.md",
};

fn script(args: &Args) -> Result<Script> {
    Script::new(args.code("sql")?, args)
}

impl Action for Exec {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        place::writes(args, look)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        preview(&script(args)?, args.db("db")?, look)
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        fingerprint(&script(args)?, args.db("db")?, look).map(Some)
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        keep_database(&script(args)?, args.db("db")?, look, keep)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        run(&script(args)?, args.db("db")?, touch)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        capture::put_back(capture, touch, keep)
    }

    fn exact_undo(&self, args: &Args) -> bool {
        script(args).is_ok_and(|script| !script.changes_schema())
    }
}

/// What `script` would do, seen on a private copy.
pub fn preview(script: &Script, db: &Db, look: &Look) -> Result<Preview> {
    let place = Place::find(look, db)?;
    let name = place.name().to_owned();
    let mut preview = Preview::default();
    preview.notes.extend(look.in_place(&place.at)?);
    if script.changes_schema() {
        preview.notes.push(
            "it changes the schema: the whole database is captured first, and the step does not run ahead of others"
                .to_owned(),
        );
    }
    if let Some(error) = copy::too_large(&place) {
        let statements = script.statements();
        preview.summary = format!("{} statements on {name}", statements.len());
        preview.changes = statements
            .iter()
            .map(|statement| Change::Rows { summary: super::statements::shown(statement.text), sample: Vec::new() })
            .collect();
        preview.opaque = Some(format!("which rows change is not known: {}", error.what));
        return Ok(preview);
    }
    let told = |error: rusqlite::Error| failed("rehearse a change", &place, look, &error);
    let copied = copy::private(&place, look)?;
    let mut conn = copied.open(look.cancel()).map_err(told)?;
    let (report, _) = rehearse(&mut conn, script, &place, look)?;
    preview.summary = match report.lines.as_slice() {
        [only] => format!("{} ({name})", only.summary),
        lines => format!("{} changes, {} rows ({name})", lines.len(), grouped(report.rows)),
    };
    preview.changes =
        report.lines.into_iter().map(|line| Change::Rows { summary: line.summary, sample: line.sample }).collect();
    let others = super::openers::named(&super::openers::openers(&place));
    if !others.is_empty() {
        preview.notes.push(format!("open in {others}: an undo goes through SQLite, which brings rows back, not bytes"));
    }
    Ok(preview)
}

/// The tables that `script` writes, by content, and the schema. Tables that it does not write may change: a live
/// application is no drift.
pub fn fingerprint(script: &Script, db: &Db, look: &Look) -> Result<Fingerprint> {
    let place = Place::find(look, db)?;
    let name = format!("db:{}", place.name());
    let mut fingerprint = Fingerprint::default();
    if copy::too_large(&place).is_some() {
        // Too large to compare by content: any write counts.
        let [main, log, _] = place.stamps();
        fingerprint
            .parts
            .insert(name, format!("{:?} {:?}", main.map(|s| (s.2, s.3, s.4)), log.map(|s| (s.2, s.3, s.4))));
        return Ok(fingerprint);
    }
    let told = |error: rusqlite::Error| failed("read the content", &place, look, &error);
    let copied = copy::private(&place, look)?;
    let written = written(script, &copied, &place, look)?;
    let conn = copied.open(look.cancel()).map_err(told)?;
    let found = compare::content(&conn, |table| written.as_ref().is_none_or(|written| written.contains(table)))
        .map_err(told)?;
    fingerprint.parts.insert(format!("{name} schema"), found.schema);
    for (table, digest) in found.tables {
        fingerprint.parts.insert(format!("{name} table {table}"), digest);
    }
    Ok(fingerprint)
}

/// The tables that `script` writes; `None` where that cannot be known, as after it has run (a table is gone), or
/// where it changes the schema.
fn written(script: &Script, copied: &copy::Copy, place: &Place, look: &Look) -> Result<Option<BTreeSet<String>>> {
    if script.changes_schema() {
        return Ok(None);
    }
    let mut conn = copied.open(look.cancel()).map_err(|error| failed("rehearse a change", place, look, &error))?;
    let tables = rehearse(&mut conn, script, place, look).map(|(_, tables)| tables);
    // A change that fails when it is run again, as an insert of the same key does, still names its tables.
    look.cancel().check()?;
    Ok(match tables {
        Ok(tables) => Some(tables),
        Err(_) => named(script),
    })
}

/// The tables that the statements name themselves.
fn named(script: &Script) -> Option<BTreeSet<String>> {
    script
        .statements()
        .iter()
        .filter(|statement| statement.verb() != super::statements::Verb::Select)
        .map(super::statements::Statement::target)
        .collect()
}

/// Keeps the database before `script` changes it.
pub fn keep_database(script: &Script, db: &Db, look: &Look, keep: &dyn Keep) -> Result<Capture> {
    let place = Place::find(look, db)?;
    let tables = if copy::too_large(&place).is_some() {
        if script.changes_schema() { None } else { named(script) }
    } else {
        let copied = copy::private(&place, look)?;
        written(script, &copied, &place, look)?
    };
    capture::take(db, &place, tables, look, keep)
}

/// Runs `script`; the number of rows that were changed.
pub fn run(script: &Script, db: &Db, touch: &Touch) -> Result<Value> {
    let place = Place::find(touch, db)?;
    touch.in_place(&place.at)?;
    let told = |error: rusqlite::Error| failed("run a change", &place, touch, &error);
    let _pass = gate::enter(place.path(), Use::Locking, touch.cancel())?;
    let mut conn = connect::open(place.path(), Mode::Change, touch.cancel()).map_err(told)?;
    // Immediate: who cannot have the lock learns it before anything is done, not in the middle.
    conn.execute_batch("begin immediate").map_err(told)?;
    let watch = Watch::install(&mut conn).map_err(told)?;
    let before = conn.total_changes();
    // An error leaves without `commit`: closing the connection takes everything back.
    script.each(
        &conn,
        |statement, run| run().map(|_| ()).map_err(|error| at(statement, told(error))),
        |statement, error| at(statement, told(error)),
    )?;
    let rows = conn.total_changes() - before;
    watch.control(&conn, "commit").map_err(told)?;
    conn.close().map_err(|(_, error)| Error::failed(format!("cannot close `{}`: {error}", place.name())))?;
    Ok(Value::Int(rows as i64))
}
