//! The `config` family: single settings of json, toml, yaml, env and ini files, their comments and layout kept.

mod data;
mod edit;
mod env;
mod format;
mod ini;
mod json;
pub mod key;
mod lines;
mod merge;
mod set;
mod toml;
mod unset;
mod verb;
mod yaml;

use std::sync::Arc;

use super::file::Captured;
use crate::catalogue::signature::{Form, Parameter};
use crate::catalogue::unit::Action;

pub use data::find;
pub use edit::{Change as Setting, LARGEST, preview as shown_change, run as change};
pub use format::Format;

const PATH: Parameter = Parameter {
    name: "path",
    ty: "path",
    form: Form::Positional,
    doc: "a file; its name says the format: .json, .toml, .yaml, .env, .ini",
};
const KEY: Parameter = Parameter {
    name: "key",
    ty: "key",
    form: Form::Positional,
    doc: "such as `server.port`; names in a list by number",
};

/// The actions of this family.
pub fn all() -> Vec<Arc<dyn Action>> {
    vec![Arc::new(Captured(set::SET)), Arc::new(Captured(unset::UNSET)), Arc::new(Captured(merge::MERGE))]
}

#[cfg(test)]
mod tests;
