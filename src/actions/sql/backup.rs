//! `sql.backup`: copies a database to a file, consistent while others use it.

use super::connect::{self, Mode, failed};
use super::place::{self, Place, SIDES, beside};
use super::{copy, tables};
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::show;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, FileChange, Fingerprint, Preview};
use crate::catalogue::value::Value;

/// `sql.backup`
pub struct Backup;

static SIGNATURE: Signature = Signature {
    name: "sql.backup",
    role: Role::Action,
    params: &[
        Parameter { name: "db", ty: "db", form: Form::Positional, doc: "the database: `sqlite(\"PATH\")`" },
        Parameter { name: "to", ty: "path", form: Form::Required, doc: "the file of the copy" },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "copies a database to a file, consistent while others use it",
    page: "actions/sql.backup.md",
};

fn target(args: &Args, place: &Place, look: &Look) -> Result<Located> {
    let to = look.locate(args.text("to")?)?;
    let own = place.files(look).into_iter().any(|file| file.path == to.path);
    if own {
        return Err(Error::refused(format!("`{}` is part of the database itself", to.name)).hint("choose another name"));
    }
    if look.facts(&to)?.is_some_and(|facts| facts.is_dir()) {
        return Err(Error::refused(format!("`{}` is a directory", to.name)).hint("name the file of the copy"));
    }
    // A log beside the target belongs to the file that is there now, and would be taken for one of the copy.
    for suffix in SIDES {
        if std::fs::metadata(beside(&to.path, suffix)).is_ok() {
            return Err(Error::refused(format!(
                "`{}{suffix}` exists: a program has `{}` open, or crashed with it",
                to.name, to.name
            ))
            .hint("choose another name"));
        }
    }
    Ok(to)
}

impl Action for Backup {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let mut effects = place::reads(args, look);
        effects.extend(reach::of(args, "to", look, reach::writes));
        effects
    }

    fn entries(&self, _args: &Args, _look: Option<&Look>) -> Entries {
        Entries::Replaced
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let place = Place::find(look, args.db("db")?)?;
        let to = target(args, &place, look)?;
        let had = look.facts(&to)?.map(|facts| facts.size);
        let size = place.size();
        let mut preview = Preview {
            summary: format!("{} copied to {} (about {})", place.name(), to.name, show::bytes(size as f64)),
            changes: vec![Change::File {
                path: to.name.clone(),
                what: if had.is_some() { FileChange::Modify } else { FileChange::Create },
                diff: None,
                size: (had, Some(size)),
            }],
            ..Preview::default()
        };
        if had.is_some() {
            preview.notes.push(format!("`{}` exists: it is captured first, then replaced", to.name));
        }
        Ok(preview)
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        let to = look.locate(args.text("to")?)?;
        look.digest(&[to]).map(Some)
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let to = look.locate(args.text("to")?)?;
        Ok(Capture::Files { states: look.snapshot(&[to], keep, None)? })
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let place = Place::find(touch, args.db("db")?)?;
        let to = target(args, &place, touch)?;
        let copied = copy::online_or_recovered(&place, touch)?;
        let told = |error: rusqlite::Error| failed("check the copy", &place, touch, &error);
        let conn = connect::open(&copied.path(), Mode::Change, touch.cancel()).map_err(told)?;
        // One file that needs nothing beside it, whatever mode the original is in.
        conn.pragma_update(None, "journal_mode", "delete").map_err(told)?;
        let verdict: String = conn.query_row("pragma quick_check(1)", [], |row| row.get(0)).map_err(told)?;
        if verdict != "ok" {
            return Err(Error::failed(format!("the database `{}` is damaged: {verdict}", place.name()))
                .hint("the copy was not put in place; `sqlite3 FILE \".recover\"` saves what can be read"));
        }
        tables::schema_digest(&conn).map_err(told)?;
        drop(conn);
        let mut file = std::fs::File::open(copied.path()).map_err(|error| Error::io("open the copy", &error))?;
        touch.mkdir_around(&to)?;
        touch.write_from(&to, &mut file, None)?;
        Ok(Value::None)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        match capture {
            Capture::Files { states } => touch.restore(states, keep),
            _ => Err(Error::internal("a capture of a backup holds no files")),
        }
    }
}
