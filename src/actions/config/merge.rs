//! `config.merge`: several settings of a file at once.

use serde_json::Value as Json;

use super::edit::Change;
use super::verb::Settings;
use crate::catalogue::args::Args;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::json::json_of;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};

static SIGNATURE: Signature = Signature {
    name: "config.merge",
    role: Role::Action,
    params: &[
        super::PATH,
        Parameter {
            name: "values",
            ty: "json",
            form: Form::Positional,
            doc: "a map of settings; maps inside are merged, lists replaced",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "sets several settings of a file, comments and layout kept",
    page: "actions/config.merge.md",
};

pub const MERGE: Settings = Settings { signature: &SIGNATURE, changes };

fn changes(args: &Args) -> Result<Vec<Change>> {
    match json_of(args.value("values")?)? {
        Json::Object(map) => {
            let mut changes = Vec::new();
            leaves(&mut Vec::new(), map, &mut changes);
            Ok(changes)
        }
        other => Err(Error::new(ErrorKind::Value, format!("`config.merge` takes a map of settings, not {other}"))
            .hint("write `{ name: value }`")),
    }
}

fn leaves(at: &mut Vec<String>, map: serde_json::Map<String, Json>, changes: &mut Vec<Change>) {
    for (key, value) in map {
        at.push(key);
        match value {
            Json::Object(inside) if !inside.is_empty() => leaves(at, inside, changes),
            value => changes.push(Change { keys: at.clone(), value: Some(value) }),
        }
        at.pop();
    }
}
