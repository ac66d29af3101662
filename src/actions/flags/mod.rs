//! The `flags` family: switches that an application reads, in a file (which the `config` family edits) or of a service.
//!
//! A flag must be there already: one that is misspelt would be a switch that nothing reads.

mod act;
mod change;
pub mod handle;
mod http;
mod redis;
pub mod service;

use std::sync::Arc;

use serde_json::Value as Json;

use super::config::{Format, LARGEST, find, key};
use act::Act;

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
    ty: "flags",
    form: Form::Positional,
    doc: "a file of flags (.json, .toml, .yaml, .env, .ini), `flags_redis(…)` or `flags_http(…)`",
};

/// The actions of this family.
pub fn all() -> Vec<Arc<dyn Action>> {
    vec![Arc::new(Act::of(change::ENABLE)), Arc::new(Act::of(change::DISABLE)), Arc::new(Act::of(change::Set))]
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
    let handle = match scheme {
        "http" | "https" => format!("flags_http(\"{path}\")"),
        "redis" => format!("flags_redis(\"{path}\", prefix: \"flag:\")"),
        _ => "flags_http(…)".to_owned(),
    };
    Err(Error::new(ErrorKind::Value, format!("`{path}` is the address of a service, not a file of flags"))
        .hint(format!("write `{handle}`")))
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
