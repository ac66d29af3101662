//! `sql.run_file`: runs the statements of a file on a database, in one transaction.

use super::exec;
use super::place;
use super::script::Script;
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Fingerprint, Preview};
use crate::catalogue::value::Value;

/// `sql.run_file`
pub struct RunFile;

/// A script larger than this is no script.
const LARGEST: u64 = 64 * 1024 * 1024;

static SIGNATURE: Signature = Signature {
    name: "sql.run_file",
    role: Role::Action,
    params: &[
        Parameter { name: "db", ty: "db", form: Form::Positional, doc: "the database: `sqlite(\"PATH\")`" },
        Parameter { name: "path", ty: "path", form: Form::Positional, doc: "the file with the statements" },
    ],
    returns: Returns::Type("int"),
    // By its capture, byte for byte where sql.exec is. What the file holds is not known from the arguments, and it may
    // change the schema, so such a step never runs ahead of others.
    undo: UndoKind::Inverse,
    gate: false,
    doc: "runs the statements of a file, in one transaction",
    page: "actions/sql.run_file.md",
};

fn script(args: &Args, look: &Look) -> Result<Script> {
    let at = look.locate_following(args.text("path")?)?;
    let content = look.read(&at, LARGEST)?;
    let text = String::from_utf8(content)
        .map_err(|_| Error::refused(format!("`{}` is not UTF-8", at.name)).hint("convert it: SQL is text"))?;
    Script::of_text(text)
}

impl Action for RunFile {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let mut effects = place::writes(args, look);
        effects.extend(reach::of(args, "path", look, reach::reads));
        effects
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        exec::preview(&script(args, look)?, args.db("db")?, look)
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        exec::fingerprint(&script(args, look)?, args.db("db")?, look).map(Some)
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        exec::keep_database(&script(args, look)?, args.db("db")?, look, keep)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        exec::run(&script(args, touch)?, args.db("db")?, touch)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        super::capture::put_back(capture, touch, keep)
    }
}
