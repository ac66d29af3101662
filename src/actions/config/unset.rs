//! `config.unset`: takes settings out of a file.

use super::edit::Change;
use super::key;
use super::verb::Settings;
use crate::catalogue::args::Args;
use crate::catalogue::error::Result;
use crate::catalogue::signature::{Returns, Role, Signature, UndoKind};

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

pub const UNSET: Settings = Settings { signature: &SIGNATURE, changes };

fn changes(args: &Args) -> Result<Vec<Change>> {
    args.texts("key")?.into_iter().map(|text| Ok(Change { keys: key::parse(text)?, value: None })).collect()
}
