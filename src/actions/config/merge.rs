//! `config.merge`: several settings of a file at once.

use serde_json::Value as Json;

use super::edit::{self, Change};
use crate::actions::file::{Verb, followed};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::json::json_of;
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Preview;

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

pub struct Merge;

impl Verb for Merge {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reach::of(args, "path", look, reach::writes_through)
    }

    fn written(&self, args: &Args, look: &Look) -> Result<Vec<Located>> {
        followed(args, look)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        edit::preview(args, look, &changes(args)?)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<()> {
        edit::run(args, touch, &changes(args)?)
    }
}

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
