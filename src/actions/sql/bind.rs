//! Values of the language as SQLite holds them.

use rusqlite::types::Value as Bound;

use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::ty::Dim;
use crate::catalogue::value::{Quantity, Value};

/// A value to bind. Times become SQLite's own text (`2026-11-21 04:00:00`, UTC), durations seconds, sizes bytes,
/// percentages points, lists and maps JSON (for `json_each`).
pub fn bound(value: &Value) -> Result<Bound> {
    let refuse = |what: &str| {
        Err(Error::new(ErrorKind::Value, format!("{what} cannot be bound to SQL"))
            .hint("bind text, numbers, times, or lists of them"))
    };
    Ok(match value {
        Value::None => Bound::Null,
        Value::Bool(flag) => Bound::Integer(i64::from(*flag)),
        Value::Int(number) => Bound::Integer(*number),
        Value::Float(number) => Bound::Real(*number),
        Value::Str(text) | Value::Path(text) | Value::Url(text) | Value::Regex(text) | Value::Host(text) => {
            Bound::Text(text.to_string())
        }
        Value::Version(version) => Bound::Text(version.0.to_string()),
        Value::Time(time) => Bound::Text(sqlite_time(*time)),
        Value::Quantity(Quantity { amount, dim: Dim::TIME }) => Bound::Real(amount / 1e9),
        Value::Quantity(Quantity { amount, dim: Dim::BYTES }) => Bound::Integer(*amount as i64),
        Value::Quantity(Quantity { amount, dim: Dim::PERCENT }) => Bound::Real(*amount),
        Value::Quantity(_) => return refuse("a rate"),
        Value::Json(json) => from_json(json),
        Value::List(_) | Value::Map(_) => Bound::Text(to_json(value)?.to_string()),
        Value::Secret(_) | Value::Sealed(_) => return refuse("a secret"),
        Value::Db(_) | Value::Flags(_) => return refuse("a database"),
        Value::Code(_) => return refuse("a command or query"),
        Value::Record(_) => return refuse("a record"),
        Value::Range(_) => return refuse("a range"),
    })
}

/// The form that `datetime()` and `current_timestamp` give, so that text compares as time does; with milliseconds
/// where there are any.
fn sqlite_time(time: jiff::Timestamp) -> String {
    let civil = time.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let form = if time.subsec_nanosecond() == 0 { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M:%S.%3f" };
    civil.strftime(form).to_string()
}

fn from_json(json: &serde_json::Value) -> Bound {
    match json {
        serde_json::Value::Null => Bound::Null,
        serde_json::Value::Bool(flag) => Bound::Integer(i64::from(*flag)),
        serde_json::Value::Number(number) => {
            number.as_i64().map_or_else(|| Bound::Real(number.as_f64().unwrap_or(f64::NAN)), Bound::Integer)
        }
        serde_json::Value::String(text) => Bound::Text(text.clone()),
        other => Bound::Text(other.to_string()),
    }
}

fn to_json(value: &Value) -> Result<serde_json::Value> {
    Ok(match value {
        Value::Bool(flag) => (*flag).into(),
        Value::Json(json) => (**json).clone(),
        Value::List(items) => serde_json::Value::Array(items.iter().map(to_json).collect::<Result<_>>()?),
        Value::Map(entries) => serde_json::Value::Object(
            entries.iter().map(|(key, value)| Ok((key.to_string(), to_json(value)?))).collect::<Result<_>>()?,
        ),
        other => match bound(other)? {
            Bound::Null | Bound::Blob(_) => serde_json::Value::Null,
            Bound::Integer(number) => number.into(),
            Bound::Real(number) => number.into(),
            Bound::Text(text) => text.into(),
        },
    })
}
