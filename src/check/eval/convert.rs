//! Silent and written conversions, each checked: a value of json as what it is expected to be, a text as a path.

use std::sync::Arc;

use super::access::from_json;
use super::{described, wrong};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::json::json_of;
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::check::functions;

/// `value` as a value of type `ty`; what is absent stays absent.
///
/// # Errors
/// Kind `Value`, with the value and its type, when it is none.
pub fn convert(value: &Value, ty: &Type) -> Result<Value> {
    let no = || wrong(format!("{} is not of type {ty}", described(value)));
    Ok(match (value, ty) {
        (Value::None, _) => Value::None,
        (Value::Json(json), Type::Optional(_)) if json.is_null() => Value::None,
        (_, Type::Optional(inner)) => return convert(value, inner),
        (Value::Secret(_) | Value::Sealed(_), ty) if *ty != Type::Secret => {
            return Err(wrong("a secret never becomes anything else"));
        }
        (Value::Json(_), Type::Json) => value.clone(),
        (_, Type::Json) => Value::Json(Arc::new(json_of(value)?)),
        (Value::Json(json), Type::List(of)) => match &**json {
            serde_json::Value::Array(items) => list(items.iter().map(from_json), of)?,
            _ => return Err(no()),
        },
        (Value::Json(json), Type::Map(of)) => match &**json {
            serde_json::Value::Object(fields) => {
                let entry = |(key, value): (&String, _)| Ok((Arc::from(key.as_str()), convert(&from_json(value), of)?));
                Value::Map(Arc::new(fields.iter().map(entry).collect::<Result<_>>()?))
            }
            _ => return Err(no()),
        },
        (Value::Json(json), _) => return scalar(json, ty).ok_or_else(no)?,
        (Value::List(items), Type::List(of)) => list(items.iter().cloned(), of)?,
        (one, Type::List(of)) => list([one.clone()], of)?,
        (Value::Map(map), Type::Map(of)) => {
            let entry = |(key, value): (&Arc<str>, _)| Ok((Arc::clone(key), convert(value, of)?));
            Value::Map(Arc::new(map.iter().map(entry).collect::<Result<_>>()?))
        }
        (Value::Int(int), Type::Float) => Value::Float(*int as f64),
        (Value::Version(version), Type::String) => Value::str(version.0.to_string()),
        (
            Value::Str(text) | Value::Path(text) | Value::Url(text) | Value::Regex(text) | Value::Host(text),
            Type::String
            | Type::Enum(_)
            | Type::Path
            | Type::Url
            | Type::Regex
            | Type::Host
            | Type::Version
            | Type::Time
            | Type::Flags,
        ) => return read(text, ty),
        (Value::Bool(_), Type::Bool)
        | (Value::Int(_), Type::Int)
        | (Value::Float(_), Type::Float)
        | (Value::Time(_), Type::Time)
        | (Value::Version(_), Type::Version)
        | (Value::Secret(_) | Value::Sealed(_), Type::Secret)
        | (Value::Db(_), Type::Db)
        | (Value::Flags(_), Type::Flags)
        | (Value::Code(_), Type::Code(_))
        | (Value::Record(_), Type::Record(_))
        | (Value::Range(_), Type::Range(_))
        | (_, Type::Error | Type::Channel) => value.clone(),
        (Value::Quantity(quantity), Type::Quantity(dim)) if quantity.dim == *dim => value.clone(),
        _ => return Err(no()),
    })
}

fn list(items: impl IntoIterator<Item = Value>, of: &Type) -> Result<Value> {
    let items = items.into_iter().map(|item| convert(&item, of)).collect::<Result<Vec<_>>>()?;
    Ok(Value::list(items))
}

/// A scalar of json; nothing when it is of another kind.
fn scalar(json: &serde_json::Value, ty: &Type) -> Option<Result<Value>> {
    Some(Ok(match ty {
        Type::Bool => Value::Bool(json.as_bool()?),
        Type::Int => Value::Int(json.as_i64()?),
        Type::Float => Value::float(json.as_f64()?),
        Type::String
        | Type::Enum(_)
        | Type::Path
        | Type::Url
        | Type::Regex
        | Type::Host
        | Type::Version
        | Type::Time => {
            return Some(read(json.as_str()?, ty));
        }
        Type::Error => Value::Json(Arc::new(json.clone())),
        // A bare number has no unit, in json either.
        _ => return None,
    }))
}

/// A text as a value of a type that texts can have.
fn read(text: &str, ty: &Type) -> Result<Value> {
    const SHOWN: usize = 80;
    let unreadable = |wanted: &str| {
        let start: String = text.chars().take(SHOWN).collect();
        Err(wrong(format!("{start:?} is no {wanted}")))
    };
    let control = text.chars().any(char::is_control);
    Ok(match ty {
        Type::Enum(words) if !words.iter().any(|word| &**word == text) => {
            return unreadable(&format!("choice of {ty}"));
        }
        Type::String | Type::Enum(_) => Value::str(text),
        Type::Path | Type::Flags if text.is_empty() || text.contains('\0') => return unreadable("path"),
        Type::Path | Type::Flags => Value::Path(text.into()),
        Type::Url => {
            if control || !text.contains("://") || url::Url::parse(text).is_err() {
                return unreadable("URL such as `http://host/`");
            }
            Value::Url(text.into())
        }
        Type::Host => {
            if !is_host(text) {
                return unreadable("host such as `localhost:5000`");
            }
            Value::Host(text.into())
        }
        Type::Regex => {
            if regex::Regex::new(text).is_err() {
                return unreadable("regex");
            }
            Value::Regex(text.into())
        }
        Type::Version => match functions::read_version(text) {
            Some(version) => Value::version(version),
            None => return unreadable("version such as `1.4.0`"),
        },
        Type::Time => match text.trim().parse() {
            Ok(time) => Value::Time(time),
            Err(_) => return unreadable("time such as `2026-03-01T12:00:00Z`"),
        },
        _ => return Err(Error::internal(format!("a text was to become {ty}"))),
    })
}

/// Whether a text can only be a host, with a port or without: nothing in it ends the authority of a URL.
pub(super) fn is_host(text: &str) -> bool {
    let fits = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_' | ':' | '[' | ']');
    !text.is_empty() && text.chars().all(|char| fits(char) || !char.is_ascii() && char.is_alphanumeric())
}
