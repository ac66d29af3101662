//! `config.set`: one setting of a file.

use super::edit::Change;
use super::key;
use super::verb::Settings;
use crate::catalogue::args::Args;
use crate::catalogue::error::Result;
use crate::catalogue::json::json_of;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};

static SIGNATURE: Signature = Signature {
    name: "config.set",
    role: Role::Action,
    params: &[
        super::PATH,
        super::KEY,
        Parameter { name: "value", ty: "json", form: Form::Positional, doc: "what it becomes" },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "sets one setting of a file, comments and layout kept",
    page: "actions/config.set.md",
};

pub const SET: Settings = Settings { signature: &SIGNATURE, changes };

fn changes(args: &Args) -> Result<Vec<Change>> {
    let value = json_of(args.value("value")?)?;
    args.texts("key")?
        .into_iter()
        .map(|text| Ok(Change { keys: key::parse(text)?, value: Some(value.clone()) }))
        .collect()
}
