//! The `flags` family: switches in a file of flags, which an application reads. The `config` family edits the file.
//!
//! A flag must be there already: one that is misspelt would be a switch that nothing reads.

mod change;

use std::sync::Arc;

use serde_json::Value as Json;

use super::config::{Format, LARGEST, find, key};
use super::file::Captured;
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Kind, Resource};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter};
use crate::catalogue::unit::Action;
use crate::diagnostics::suggest::did_you_mean;

/// The file of flags.
pub const PATH: Parameter = Parameter {
    name: "path",
    ty: "path",
    form: Form::Positional,
    doc: "the file of flags; its name says the format: .json, .toml, .yaml, .env, .ini",
};

/// The actions of this family.
pub fn all() -> Vec<Arc<dyn Action>> {
    vec![Arc::new(Captured(change::ENABLE)), Arc::new(Captured(change::DISABLE)), Arc::new(Captured(change::Set))]
}

/// The flags of a file, as data.
///
/// # Errors
/// Where there is no such file, or `path` names a service.
pub fn read(look: &Look, path: &str) -> Result<Json> {
    refuse_service(path)?;
    let at = look.locate_following(path)?;
    let inside = |error: Error| Error { what: format!("`{}`: {}", at.name, error.what), ..error };
    let text = String::from_utf8(look.read(&at, LARGEST)?)
        .map_err(|_| Error::failed(format!("`{}` is not UTF-8 text", at.name)))?;
    Format::of(&at.name)?.read(&text).map_err(inside)
}

fn refuse_service(path: &str) -> Result<()> {
    let Some((scheme, _)) = path.split_once("://") else { return Ok(()) };
    Err(Error::new(ErrorKind::Refused, format!("flags over `{scheme}` are not available yet, only those in a file"))
        .hint("meanwhile call a program, `exec([\"curl\", …])`, and say how it is taken back with `undo { … }`"))
}

/// The value of the flag called `name`.
///
/// # Errors
/// Where the file has none; the hint names one that reads like it.
pub fn flag<'j>(data: &'j Json, path: &str, name: &str) -> Result<&'j Json> {
    if let Some(value) = find(data, &key::parse(name)?).filter(|value| !value.is_null()) {
        return Ok(value);
    }
    let mut names = Vec::new();
    collect(data, &mut Vec::new(), &mut |name, _| names.push(name));
    let hint = did_you_mean(name, names.iter().map(String::as_str))
        .unwrap_or_else(|| format!("add it with `config.set(\"{path}\", \"{name}\", …)` if it is new"));
    Err(Error::failed(format!("`{path}` has no flag `{name}`")).hint(hint))
}

/// Whether a value is a switch, and which way it stands. Env and ini files hold texts only.
#[must_use]
pub fn switch(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(on) => Some(*on),
        Json::String(text) if text == "true" => Some(true),
        Json::String(text) if text == "false" => Some(false),
        _ => None,
    }
}

/// Every value that is no map, with its name; maps nest as deep as a file of settings does.
pub fn collect(data: &Json, at: &mut Vec<String>, found: &mut dyn FnMut(String, &Json)) {
    match data {
        Json::Object(map) => {
            for (name, value) in map {
                at.push(name.clone());
                collect(value, at, found);
                at.pop();
            }
        }
        value if !at.is_empty() => found(key::shown(at), value),
        _ => {}
    }
}

/// The flags of an argument as resources; all of them where they are not known yet.
pub fn resources(args: &Args, argument: &str) -> Vec<Resource> {
    match args.texts(argument) {
        Ok(names) => names.into_iter().map(|name| Resource::new(Kind::Flag, name)).collect(),
        Err(_) => vec![Resource::new(Kind::Flag, "**")],
    }
}

/// Adds writing them.
fn writes(effects: Effects, args: &Args) -> Effects {
    resources(args, "names").into_iter().fold(effects, Effects::write)
}
