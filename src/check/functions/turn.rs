//! Functions that turn a value into another type. Nothing else converts silently but `int` to `float`.

use std::sync::Arc;

use super::{Function, is_text, text_of, texts, wrong};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::ty::Type;
use crate::catalogue::value::{Db, Value, semver_text::Version};

pub static FUNCTIONS: &[Function] = &[
    Function {
        name: "int",
        usage: "int(text | number) -> int",
        doc: "A whole number, read from a text or cut towards 0 from a number.",
        arity: (1, 1),
        hints: &[],
        types: |args| number_type(&args[0], Type::Int),
        call: |args| match &args[0] {
            Value::Int(int) => Ok(Value::Int(*int)),
            Value::Bool(flag) => Ok(Value::Int(i64::from(*flag))),
            Value::Float(float) => whole(*float, &args[0]),
            Value::Json(json) => match (json.as_i64(), json.as_f64(), json.as_str()) {
                (Some(int), _, _) => Ok(Value::Int(int)),
                (_, Some(float), _) => whole(float, &args[0]),
                (_, _, Some(text)) => read_int(text),
                _ => Err(wrong("int", "a text or number", &args[0])),
            },
            other => read_int(text_of("int", other)?),
        },
    },
    Function {
        name: "float",
        usage: "float(text | number) -> float",
        doc: "A number with a fraction, read from a text or widened from a whole one.",
        arity: (1, 1),
        hints: &[],
        types: |args| number_type(&args[0], Type::Float),
        call: |args| {
            if let Some(number) = super::lists::number(&args[0]) {
                return Ok(Value::float(number));
            }
            let text = text_of("float", &args[0])?.trim();
            let number: f64 = text.parse().map_err(|_| unreadable(text, "a number"))?;
            // NaN and infinity are missing, not numbers.
            Ok(Value::float(number))
        },
    },
    Function {
        name: "string",
        usage: "string(x) -> string",
        doc: "Any value as a text, as it is printed.",
        arity: (1, 1),
        hints: &[],
        types: |args| match &args[0] {
            Type::Secret => Err("a secret never becomes a text".to_owned()),
            _ => Ok(Type::String),
        },
        call: |args| {
            Ok(match &args[0] {
                Value::Json(json) if json.is_string() => Value::str(json.as_str().unwrap_or_default()),
                Value::Str(text) | Value::Regex(text) => Value::Str(Arc::clone(text)),
                other => Value::str(other.to_string()),
            })
        },
    },
    Function {
        name: "version",
        usage: "version(text) -> version",
        doc: "A semantic version, compared by its rules; a leading `v` is dropped, missing parts are 0.",
        arity: (1, 1),
        hints: &[],
        types: |args| texts(args, Type::Version),
        call: |args| match &args[0] {
            Value::Version(version) => Ok(Value::Version(version.clone())),
            other => {
                let text = text_of("version", other)?;
                read_version(text).map(Value::version).ok_or_else(|| unreadable(text, "a version such as `1.4.0`"))
            }
        },
    },
    Function {
        name: "time",
        usage: "time(text) -> time",
        doc: "A point in time, read from RFC 3339: `2026-03-01T12:00:00Z`; from a whole number: seconds since 1970.",
        arity: (1, 1),
        hints: &[],
        types: |args| match &args[0] {
            Type::Time | Type::Int => Ok(Type::Time),
            _ => texts(args, Type::Time),
        },
        call: |args| match &args[0] {
            Value::Time(time) => Ok(Value::Time(*time)),
            Value::Int(seconds) => jiff::Timestamp::from_second(*seconds)
                .map(Value::Time)
                .map_err(|_| unreadable(&seconds.to_string(), "a point in time")),
            other => {
                let text = text_of("time", other)?;
                let time =
                    text.trim().parse().map_err(|_| unreadable(text, "a time such as `2026-03-01T12:00:00Z`"))?;
                Ok(Value::Time(time))
            }
        },
    },
    Function {
        name: "url",
        usage: "url(text) -> url",
        doc: "A URL with its scheme, checked.",
        arity: (1, 1),
        hints: &[],
        types: |args| texts(args, Type::Url),
        call: |args| {
            let text = text_of("url", &args[0])?;
            if is_url(text) {
                Ok(Value::Url(text.into()))
            } else {
                Err(unreadable(text, "a URL such as `http://host/`"))
            }
        },
    },
    Function {
        name: "path",
        usage: "path(text) -> path",
        doc: "A path, relative to the root unless absolute.",
        arity: (1, 1),
        hints: &["path"],
        types: |args| texts(args, Type::Path),
        call: |args| Ok(Value::Path(text_of("path", &args[0])?.into())),
    },
    Function {
        name: "json",
        usage: "json(text) -> json",
        doc: "A JSON document, read from a text.",
        arity: (1, 1),
        hints: &[],
        types: |args| texts(args, Type::Json),
        call: |args| {
            let text = text_of("json", &args[0])?;
            let document = serde_json::from_str(text)
                .map_err(|error| Error::new(ErrorKind::Value, format!("`json` got a text that is no JSON: {error}")))?;
            Ok(Value::Json(Arc::new(document)))
        },
    },
    Function {
        name: "sqlite",
        usage: "sqlite(path) -> db",
        doc: "The SQLite database in a file.",
        arity: (1, 1),
        hints: &["path"],
        types: |args| texts(args, Type::Db),
        call: |args| Ok(Value::Db(Db::Sqlite(text_of("sqlite", &args[0])?.into()))),
    },
];

fn number_type(ty: &Type, result: Type) -> Result<Type, String> {
    match ty {
        Type::Int | Type::Float | Type::Bool => Ok(result),
        Type::Quantity(_) => Err(format!("{ty} has a unit; divide it by one first, as in `x / 1s` or `x / 1MB`")),
        ty if is_text(ty) => Ok(result),
        other => Err(format!("a text or number is needed, this is {other}")),
    }
}

fn whole(float: f64, value: &Value) -> Result<Value> {
    if float.is_finite() && float.abs() < 9e18 {
        Ok(Value::Int(float as i64))
    } else {
        Err(wrong("int", "a number that fits a whole one", value))
    }
}

fn read_int(text: &str) -> Result<Value> {
    text.trim().parse().map(Value::Int).map_err(|_| unreadable(text, "a whole number"))
}

fn unreadable(text: &str, wanted: &str) -> Error {
    let start: String = text.chars().take(60).collect();
    Error::new(ErrorKind::Value, format!("{start:?} does not read as {wanted}"))
}

/// Reads a version leniently: `v1.4` is `1.4.0`.
pub fn read_version(text: &str) -> Option<Version> {
    let text = text.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    let core_end = text.find(['-', '+']).unwrap_or(text.len());
    let (core, rest) = text.split_at(core_end);
    let parts = core.split('.').count();
    if parts > 3 {
        return None;
    }
    let padded = format!("{core}{}{rest}", ".0".repeat(3 - parts));
    semver::Version::parse(&padded).ok().map(Version)
}

/// Whether a text is a URL with a scheme and something behind it.
pub fn is_url(text: &str) -> bool {
    text.contains("://") && url::Url::parse(text).is_ok()
}
