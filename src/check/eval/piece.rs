//! The pieces of a text, and values as they stand in one.

use super::{described, missing, wrong};
use crate::catalogue::error::Result;
use crate::catalogue::value::Value;

/// A piece of a text.
pub(super) enum Piece<'a> {
    /// As the author wrote it.
    Text(&'a str),
    /// A value.
    Hole(Value),
}

/// A value as bare text, without quotes; lists with commas, json as json unless it is a string.
pub(super) fn plain(value: &Value) -> Result<String> {
    Ok(match value {
        Value::None => return Err(missing("a value inside a text")),
        Value::Secret(name) => return Err(wrong(format!("the secret `{name}` never becomes a text"))),
        Value::Sealed(_) => return Err(wrong(format!("{value} never becomes part of another text"))),
        Value::Regex(text) => text.to_string(),
        Value::Json(json) => match &**json {
            serde_json::Value::Null => return Err(missing("a value inside a text")),
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        },
        Value::List(items) => items.iter().map(plain).collect::<Result<Vec<_>>>()?.join(", "),
        // Their parts may be secrets.
        Value::Map(map) => {
            let entries = map.iter().map(|(key, value)| Ok(format!("{key}: {}", plain(value)?)));
            entries.collect::<Result<Vec<_>>>()?.join(", ")
        }
        Value::Record(_) | Value::Db(_) | Value::Flags(_) => {
            return Err(wrong(format!("{} does not go into a text", described(value))));
        }
        other => match other.as_text() {
            Some(text) => text.to_owned(),
            None => other.to_string(),
        },
    })
}

/// A value that is one thing, as text; lists and maps are refused.
pub(super) fn single(value: &Value) -> Result<String> {
    match value {
        Value::List(_) | Value::Map(_) => {
            Err(wrong(format!("{} does not go into this text: it is more than one thing", described(value))))
        }
        Value::Json(json) if json.is_array() || json.is_object() => {
            Err(wrong(format!("{} does not go into this text: it is more than one thing", described(value))))
        }
        _ => plain(value),
    }
}
