//! `sqlite`: the handle of a SQLite database. Asks the world nothing, so it can be evaluated at any time.

use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::{Db, Value};

/// `sqlite`
pub struct Sqlite;

static SIGNATURE: Signature = Signature {
    name: "sqlite",
    role: Role::Probe,
    params: &[Parameter { name: "path", ty: "path", form: Form::Positional, doc: "the file of the database" }],
    returns: Returns::Type("db"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the handle of a SQLite database",
    page: "probes/sqlite.md",
};

impl Probe for Sqlite {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, _: &Args, _: Option<&Look>) -> Effects {
        Effects::none()
    }

    fn sample(&self, args: &Args, _: &Look) -> Result<Value> {
        Ok(Value::Db(Db::Sqlite(args.text("path")?.into())))
    }
}
