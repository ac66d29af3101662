//! `config.unset`: takes settings out of a file.

use super::edit::{self, Change};
use super::key;
use crate::actions::file::{Verb, followed};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::Result;
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::signature::{Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Preview;

static SIGNATURE: Signature = Signature {
    name: "config.unset",
    role: Role::Action,
    params: &[super::PATH, super::KEY],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "takes a setting out of a file, comments and layout kept",
    page: "actions/config.unset.md",
};

pub struct Unset;

impl Verb for Unset {
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
    args.texts("key")?.into_iter().map(|text| Ok(Change { keys: key::parse(text)?, value: None })).collect()
}
