//! `sql.restore`: brings a database to the content of a backup.

use super::connect::{self, Mode, failed};
use super::gate::{self, Use};
use super::place::{self, Place};
use super::rehearse::grouped;
use super::{capture, compare, copy, tables};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::{Db, Value};

/// `sql.restore`
pub struct Restore;

static SIGNATURE: Signature = Signature {
    name: "sql.restore",
    role: Role::Action,
    params: &[
        Parameter { name: "db", ty: "db", form: Form::Positional, doc: "the database: `sqlite(\"PATH\")`" },
        Parameter { name: "from", ty: "path", form: Form::Required, doc: "the backup, a SQLite database" },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "brings a database to the content of a backup",
    page: "actions/sql.restore.md",
};

/// The database and the backup.
fn both(args: &Args, look: &Look) -> Result<(Place, Place)> {
    let place = Place::find(look, args.db("db")?)?;
    let from = Place::find(look, &Db::Sqlite(args.text("from")?.into()))?;
    if place.path() == from.path() {
        return Err(Error::refused(format!("`{}` cannot be restored from itself", place.name())));
    }
    Ok((place, from))
}

impl Action for Restore {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let mut effects = place::writes(args, look);
        effects.extend(reach::of(args, "from", look, reach::reads));
        effects
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let (place, from) = both(args, look)?;
        let notes: Vec<String> = look.in_place(&place.at)?.into_iter().collect();
        let summary = format!("{} to the content of {}", place.name(), from.name());
        if let Some(error) = copy::too_large(&place).or_else(|| copy::too_large(&from)) {
            let opaque = Some(format!("which rows change is not known: {}", error.what));
            return Ok(Preview { summary, opaque, notes, ..Preview::default() });
        }
        let read = |place: &Place| {
            let told = |error: rusqlite::Error| failed("read the content", place, look, &error);
            let copied = copy::private(place, look)?;
            let conn = copied.open(look.cancel()).map_err(told)?;
            let counts = tables::all(&conn)
                .and_then(|all| {
                    all.iter().map(|table| Ok((table.name.clone(), tables::count(&conn, &table.name)?))).collect()
                })
                .map_err(told)?;
            let counts: std::collections::BTreeMap<String, u64> = counts;
            Ok::<_, Error>((compare::content(&conn, |_| true).map_err(told)?, counts))
        };
        let ((now, had), (then, has)) = (read(&place)?, read(&from)?);
        if now == then {
            return Ok(Preview {
                summary: format!("no change: {} has the content of {}", place.name(), from.name()),
                ..Preview::default()
            });
        }
        let mut changes = Vec::new();
        for table in now.tables.keys().chain(then.tables.keys()).collect::<std::collections::BTreeSet<_>>() {
            let summary = match (now.tables.get(table), then.tables.get(table)) {
                (Some(a), Some(b)) if a == b => continue,
                (Some(_), Some(_)) => format!("{table}: {} rows become {}", grouped(had[table]), grouped(has[table])),
                (Some(_), None) => format!("{table}: is dropped with {} rows", grouped(had[table])),
                (None, _) => format!("{table}: is made with {} rows", grouped(has[table])),
            };
            changes.push(Change::Rows { summary, sample: Vec::new() });
        }
        if changes.is_empty() {
            changes.push(Change::Rows { summary: "the schema changes, no rows do".to_owned(), sample: Vec::new() });
        }
        Ok(Preview { summary, changes, notes, ..Preview::default() })
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        let place = Place::find(look, args.db("db")?)?;
        if copy::too_large(&place).is_some() {
            return Ok(None);
        }
        let told = |error: rusqlite::Error| failed("read the content", &place, look, &error);
        let copied = copy::private(&place, look)?;
        let conn = copied.open(look.cancel()).map_err(told)?;
        let found = compare::content(&conn, |_| true).map_err(told)?;
        let name = format!("db:{}", place.name());
        let mut parts: std::collections::BTreeMap<String, String> =
            found.tables.into_iter().map(|(table, digest)| (format!("{name} table {table}"), digest)).collect();
        parts.insert(format!("{name} schema"), found.schema);
        Ok(Some(Fingerprint { parts }))
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let (place, _) = both(args, look)?;
        capture::take(args.db("db")?, &place, None, look, keep)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let (place, from) = both(args, touch)?;
        touch.in_place(&place.at)?;
        let told = |error: rusqlite::Error| failed("restore the content", &place, touch, &error);
        let copied = copy::online_or_recovered(&from, touch)?;
        let source = copied.open(touch.cancel()).map_err(told)?;
        source.pragma_update(None, "journal_mode", "delete").map_err(told)?;
        let verdict: String = source.query_row("pragma quick_check(1)", [], |row| row.get(0)).map_err(told)?;
        if verdict != "ok" {
            return Err(Error::refused(format!("the backup `{}` is damaged: {verdict}", from.name()))
                .hint("choose another backup; nothing was changed"));
        }
        let _pass = gate::enter(place.path(), Use::Locking, touch.cancel())?;
        let mut live = connect::open(place.path(), Mode::Change, touch.cancel()).map_err(told)?;
        copy::transfer(&source, &mut live, &place, touch)?;
        Ok(Value::None)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        capture::put_back(capture, touch, keep)
    }
}
