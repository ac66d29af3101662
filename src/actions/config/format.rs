//! The formats of settings, each told by the name of its file.
//!
//! INVARIANT: an edit is accepted only if the new text, read again, differs from the old one in that setting alone, so
//! no mistake of a layout-keeping editor reaches a file.

use serde_json::Value as Json;

use super::data::{put, take};
use super::{env, ini, json, key, toml, yaml};
use crate::catalogue::error::{Error, ErrorKind, Result};

/// A format of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON, also with comments and trailing commas.
    Json,
    Toml,
    Yaml,
    /// `NAME=value` lines.
    Env,
    /// `name = value` lines in `[sections]`.
    Ini,
}

impl Format {
    /// That of a file with this name.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Value`] for other names.
    pub fn of(path: &str) -> Result<Self> {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        // `.env`, `.env.production`, `shop.env`
        if name == ".env" || name.starts_with(".env.") {
            return Ok(Self::Env);
        }
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("json" | "jsonc" | "json5") => Ok(Self::Json),
            Some("toml") => Ok(Self::Toml),
            Some("yaml" | "yml") => Ok(Self::Yaml),
            Some("env") => Ok(Self::Env),
            Some("ini" | "cfg" | "conf") => Ok(Self::Ini),
            _ => Err(Error::new(ErrorKind::Value, format!("the name of `{path}` does not say how it is written"))
                .hint("`config` knows .json, .toml, .yaml, .env and .ini; other files are for `file.replace`")),
        }
    }

    /// All of a file as data; of env and ini files every value is a text.
    ///
    /// # Errors
    /// Where the text is not of this format.
    pub fn read(self, text: &str) -> Result<Json> {
        match self {
            Self::Json => json::read(text),
            Self::Toml => toml::read(text),
            Self::Yaml => yaml::read(text),
            Self::Env => env::read(text),
            Self::Ini => ini::read(text),
        }
    }

    /// The text with the setting at `keys` being `value`; the maps on the way are made.
    ///
    /// # Errors
    /// Where the setting cannot stand there, or not without changing another.
    pub fn set(self, text: &str, keys: &[String], value: &Json) -> Result<String> {
        let value = if matches!(self, Self::Env | Self::Ini) { &plain(keys, value)? } else { value };
        let mut expected = self.read(text)?;
        put(&mut expected, keys, value.clone())?;
        let edited = match self {
            Self::Json => json::set(text, keys, value),
            Self::Toml => toml::set(text, keys, value),
            Self::Yaml => yaml::set(text, keys, value),
            Self::Env => env::set(text, keys, value),
            Self::Ini => ini::set(text, keys, value),
        }?;
        self.only(&edited, &expected, keys).map(|()| edited)
    }

    /// The text without the setting at `keys`, which it has.
    ///
    /// # Errors
    /// Where it cannot be taken out without changing another.
    pub fn unset(self, text: &str, keys: &[String]) -> Result<String> {
        let mut expected = self.read(text)?;
        take(&mut expected, keys);
        let edited = match self {
            Self::Json => json::unset(text, keys),
            Self::Toml => toml::unset(text, keys),
            Self::Yaml => yaml::unset(text, keys),
            Self::Env => env::unset(text, keys),
            Self::Ini => ini::unset(text, keys),
        }?;
        self.only(&edited, &expected, keys).map(|()| edited)
    }

    fn only(self, edited: &str, expected: &Json, keys: &[String]) -> Result<()> {
        match self.read(edited) {
            Ok(found) if emptied(&found) == emptied(expected) => Ok(()),
            _ => Err(Error::refused(format!("`{}` cannot be changed here without changing more", key::shown(keys)))
                .hint("edit it with `file.replace`, or write the whole file with `file.write`")),
        }
    }
}

/// With every empty map as nothing: taking the last entry of a YAML map leaves its key without a value, and the
/// order of entries is no matter.
fn emptied(data: &Json) -> Json {
    match data {
        Json::Object(map) if map.is_empty() => Json::Null,
        Json::Object(map) => Json::Object(map.iter().map(|(key, value)| (key.clone(), emptied(value))).collect()),
        Json::Array(list) => Json::Array(list.iter().map(emptied).collect()),
        other => other.clone(),
    }
}

/// A value of a format that knows only texts.
fn plain(keys: &[String], value: &Json) -> Result<Json> {
    match value {
        Json::String(_) => Ok(value.clone()),
        Json::Bool(_) | Json::Number(_) => Ok(Json::String(value.to_string())),
        Json::Null | Json::Array(_) | Json::Object(_) => {
            let what = key::shown(keys);
            Err(Error::new(ErrorKind::Value, format!("`{what}` takes a text or a number here, not {value}"))
                .hint("env and ini files hold no lists and no maps"))
        }
    }
}
