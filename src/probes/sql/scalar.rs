//! `sql.scalar`: the first column of the first row of a query.

use super::rows::{bind, value};
use crate::actions::sql::connect::failed;
use crate::actions::sql::place::{self, Place};
use crate::actions::sql::reader;
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// `sql.scalar`
pub struct Scalar;

static SIGNATURE: Signature = Signature {
    name: "sql.scalar",
    role: Role::Probe,
    params: &[
        Parameter { name: "db", ty: "db", form: Form::Positional, doc: "the database: `sqlite(\"PATH\")`" },
        Parameter { name: "sql", ty: "sql", form: Form::Positional, doc: "one query; values in `${…}` are bound" },
    ],
    returns: Returns::Type("json"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the first column of the first row of a query; absent when there is none",
    page: "probes/sql.scalar.md",
};

impl Probe for Scalar {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        place::reads(args, look)
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let code = args.code("sql")?;
        reader::refuse_changes(&code.text)?;
        let place = Place::find(look, args.db("db")?)?;
        let binds = bind(code)?;
        let answer = reader::read(&place, look, |conn| {
            let mut query = conn.prepare(&code.text)?;
            let mut rows = query.query(rusqlite::params_from_iter(&binds))?;
            rows.next()?.map(|row| row.get::<_, rusqlite::types::Value>(0)).transpose()
        })?;
        let answer = answer.map_err(|error| failed("answer a query", &place, look, &error))?;
        // An empty result and `null` are both missing.
        match answer.map_or(Ok(serde_json::Value::Null), value)? {
            serde_json::Value::Null => Ok(Value::None),
            json => Ok(Value::Json(json.into())),
        }
    }
}
