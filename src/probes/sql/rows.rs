//! `sql.rows`: the rows of a query, each a map by column.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::types::Value as Bound;

use crate::actions::sql::bind::bound;
use crate::actions::sql::connect::failed;
use crate::actions::sql::place::{self, Place};
use crate::actions::sql::reader;
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::{Code, Value};

/// `sql.rows`
pub struct Rows;

/// More rows are refused: they would all be kept in the journal.
const MOST: usize = 10_000;

static SIGNATURE: Signature = Signature {
    name: "sql.rows",
    role: Role::Probe,
    params: &[
        Parameter { name: "db", ty: "db", form: Form::Positional, doc: "the database: `sqlite(\"PATH\")`" },
        Parameter { name: "sql", ty: "sql", form: Form::Positional, doc: "one query; values in `${…}` are bound" },
    ],
    returns: Returns::Type("list[map[json]]"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the rows of a query, each a map by column",
    page: "probes/sql.rows.md",
};

impl Probe for Rows {
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
            let names: Vec<Arc<str>> = query.column_names().map(Arc::from).collect();
            let mut rows = query.query(rusqlite::params_from_iter(&binds))?;
            let mut found: Vec<Vec<Bound>> = Vec::new();
            while let Some(row) = rows.next()? {
                found.push((0..names.len()).map(|at| row.get(at)).collect::<rusqlite::Result<_>>()?);
                if found.len() > MOST {
                    break;
                }
            }
            Ok((names, found))
        })?;
        let (names, found) = answer.map_err(|error| failed("answer a query", &place, look, &error))?;
        if found.len() > MOST {
            return Err(Error::new(ErrorKind::Value, format!("the query gives more than {MOST} rows"))
                .hint("add a `limit`, or let SQL count or sum"));
        }
        if let Some(name) = names.iter().enumerate().find_map(|(at, name)| names[..at].contains(name).then_some(name)) {
            return Err(Error::new(ErrorKind::Value, format!("two columns of the query are called `{name}`"))
                .hint("name one of them: `select … as other`"));
        }
        let rows: Result<Vec<Value>> = found
            .into_iter()
            .map(|row| {
                let fields: Result<BTreeMap<_, _>> = names
                    .iter()
                    .cloned()
                    .zip(row)
                    .map(|(name, cell)| Ok((name, Value::Json(value(cell)?.into()))))
                    .collect();
                Ok(Value::Map(Arc::new(fields?)))
            })
            .collect();
        Ok(Value::list(rows?))
    }
}

/// The values of `${…}` in a query.
pub fn bind(code: &Code) -> Result<Vec<Bound>> {
    code.binds.iter().map(bound).collect()
}

/// A value of SQLite as json; an infinity, which json lacks, is missing.
pub fn value(cell: Bound) -> Result<serde_json::Value> {
    Ok(match cell {
        Bound::Null => serde_json::Value::Null,
        Bound::Integer(number) => number.into(),
        Bound::Real(number) => number.into(),
        Bound::Text(text) => text.into(),
        Bound::Blob(_) => {
            return Err(Error::new(ErrorKind::Value, "the query gives a blob").hint("write `hex(…)` around it"));
        }
    })
}
