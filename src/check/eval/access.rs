//! Fields, elements, and what a comprehension walks.

use std::sync::Arc;

use super::{absent, described, missing, wrong};
use crate::catalogue::error::Result;
use crate::catalogue::value::Value;

/// A json value inside the language: `null` is absent, everything else stays json.
pub(super) fn from_json(json: &serde_json::Value) -> Value {
    if json.is_null() { Value::None } else { Value::Json(Arc::new(json.clone())) }
}

/// `of.name`. A field that json lacks is absent; one that a map lacks is an error, which `otherwise` catches.
pub(super) fn field(of: &Value, name: &str) -> Result<Value> {
    match of {
        Value::None => Ok(Value::None),
        Value::Record(record) => {
            record.get(name).cloned().ok_or_else(|| wrong(format!("there is no field `{name}` in {}", described(of))))
        }
        Value::Map(map) => map.get(name).cloned().ok_or_else(|| no_key(name, of)),
        Value::Json(json) => match &**json {
            serde_json::Value::Object(map) => Ok(map.get(name).map_or(Value::None, from_json)),
            serde_json::Value::Null => Ok(Value::None),
            _ => Err(wrong(format!("`.{name}` is asked of {}, which has no fields", described(of)))),
        },
        _ => Err(wrong(format!("`.{name}` is asked of {}, which has no fields", described(of)))),
    }
}

/// `of[index]`, counted from 0. Outside of a list is an error, which `otherwise` catches; outside of json is absent.
pub(super) fn index(of: &Value, index: &Value) -> Result<Value> {
    match (of, index) {
        (Value::None, _) => Ok(Value::None),
        (_, Value::None) => Err(missing("an index")),
        (Value::List(items), _) => {
            let at = whole(index).ok_or_else(|| wrong(format!("a list has no element {}", described(index))))?;
            usize::try_from(at).ok().and_then(|at| items.get(at)).cloned().ok_or_else(|| {
                let count = items.len();
                absent(format!("there is no element {at} in a list of {count}; they are counted from 0"))
            })
        }
        (Value::Map(map), _) => match key(index) {
            Some(key) => map.get(key).cloned().ok_or_else(|| no_key(key, of)),
            None => Err(wrong(format!("a map has no key {}", described(index)))),
        },
        (Value::Json(json), _) => match (&**json, key(index), whole(index)) {
            (serde_json::Value::Null, ..) => Ok(Value::None),
            (serde_json::Value::Object(map), Some(key), _) => Ok(map.get(key).map_or(Value::None, from_json)),
            (serde_json::Value::Array(items), _, Some(at)) => {
                Ok(usize::try_from(at).ok().and_then(|at| items.get(at)).map_or(Value::None, from_json))
            }
            _ => Err(wrong(format!("{} has no element {}", described(of), described(index)))),
        },
        (Value::Record(_), _) if key(index).is_some() => field(of, key(index).unwrap_or_default()),
        _ => Err(wrong(format!("{} has no elements", described(of)))),
    }
}

/// The elements of a list.
pub(super) fn items(value: &Value) -> Result<Vec<Value>> {
    match value {
        Value::List(items) => Ok(items.to_vec()),
        Value::Json(json) => match &**json {
            serde_json::Value::Array(items) => Ok(items.iter().map(from_json).collect()),
            _ => Err(wrong(format!("`for` walks a list, not {}", described(value)))),
        },
        Value::None => Err(missing("the list that `for` walks")),
        _ => Err(wrong(format!("`for` walks a list, not {}", described(value)))),
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(at) => Some(*at),
        Value::Json(json) => json.as_i64(),
        _ => None,
    }
}

fn key(value: &Value) -> Option<&str> {
    match value {
        Value::Json(json) => json.as_str(),
        other => other.as_text(),
    }
}

fn no_key(key: &str, map: &Value) -> crate::catalogue::error::Error {
    const SHOWN: usize = 10;
    let known = match map {
        Value::Map(map) => map.keys().take(SHOWN).map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    };
    let error = absent(format!("there is no key `{key}` in the map"));
    if known.is_empty() { error.hint("the map is empty") } else { error.hint(format!("it has {known}")) }
}
