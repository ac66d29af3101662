//! `config.set`: one setting of a file.

use super::edit::{self, Change};
use super::key;
use crate::actions::file::{Verb, followed};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::Result;
use crate::catalogue::json::json_of;
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Preview;

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

pub struct Set;

impl Verb for Set {
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
    let value = json_of(args.value("value")?)?;
    args.texts("key")?
        .into_iter()
        .map(|text| Ok(Change { keys: key::parse(text)?, value: Some(value.clone()) }))
        .collect()
}
