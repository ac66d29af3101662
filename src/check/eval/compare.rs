//! Equality, order, membership. Values of json are compared as what they hold; a mismatch names values and types.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::arithmetic::number_of_json;
use super::{access, described, missing, wrong};
use crate::catalogue::error::Result;
use crate::catalogue::value::Value;

/// Whether two values are equal. Absent equals absent only. Versions are compared by precedence (semver.org §11), a whole
/// number with a fraction exactly.
///
/// # Errors
/// When one is json and holds another kind of value than the other, or one is a secret.
pub fn equal(left: &Value, right: &Value) -> Result<bool> {
    let (left, right) = (unwrapped(left), unwrapped(right));
    let (left, right) = (&*left, &*right);
    Ok(match (left, right) {
        _ if left.is_secret() || right.is_secret() => return Err(wrong("a secret is not compared")),
        (Value::None, _) | (_, Value::None) => matches!((left, right), (Value::None, Value::None)),
        (Value::Json(a), Value::Json(b)) => json_equal(a, b),
        (Value::Json(json), Value::List(items)) | (Value::List(items), Value::Json(json)) if json.is_array() => {
            let others = access::items(&Value::Json(json.clone()))?;
            lists(items, &others)?
        }
        (Value::Json(json), Value::Map(map)) | (Value::Map(map), Value::Json(json)) if json.is_object() => {
            let fields = json.as_object().map_or(0, serde_json::Map::len);
            let mut same = fields == map.len();
            for (key, value) in map.iter() {
                same = same && equal(value, &json.get(&**key).map_or(Value::None, access::from_json))?;
            }
            same
        }
        (Value::List(a), Value::List(b)) => lists(a, b)?,
        (Value::Map(a), Value::Map(b)) => {
            let mut same = a.len() == b.len();
            for (key, value) in a.iter() {
                same = same && b.get(key).map_or(Ok(false), |other| equal(value, other))?;
            }
            same
        }
        (Value::Range(a), Value::Range(b)) => equal(&a.0, &b.0)? && equal(&a.1, &b.1)?,
        (Value::Quantity(a), Value::Quantity(b)) if a.dim == b.dim => {
            a.amount.partial_cmp(&b.amount) == Some(Ordering::Equal)
        }
        (Value::Version(a), Value::Version(b)) => a.0.cmp_precedence(&b.0).is_eq(),
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            numbers(left, right) == Some(Ordering::Equal)
        }
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Time(a), Value::Time(b)) => a == b,
        (Value::Record(a), Value::Record(b)) => a == b,
        (Value::Db(a), Value::Db(b)) => a == b,
        (Value::Flags(a), Value::Flags(b)) => a == b,
        _ => match (left.as_text(), right.as_text()) {
            (Some(a), Some(b)) => a == b,
            _ => return Err(wrong(format!("{} is compared with {}", described(left), described(right)))),
        },
    })
}

/// The order of two numbers, quantities of one dimension, times or versions.
///
/// # Errors
/// When one is absent, they are texts (`"9" > "10"`), or they differ in kind.
pub fn order(left: &Value, right: &Value) -> Result<Ordering> {
    let (of_left, of_right) = (unwrapped(left), unwrapped(right));
    let (a, b) = (&*of_left, &*of_right);
    let order = match (a, b) {
        (Value::None, _) | (_, Value::None) => return Err(missing("what is compared")),
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => numbers(a, b),
        (Value::Quantity(a), Value::Quantity(b)) if a.dim == b.dim => a.amount.partial_cmp(&b.amount),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Version(a), Value::Version(b)) => Some(a.0.cmp_precedence(&b.0)),
        (Value::Str(_), Value::Str(_)) => {
            return Err(wrong(format!("texts have no order: {} and {}", described(left), described(right)))
                .hint("say what they are: `int(…)`, `version(…)` or `time(…)`"));
        }
        _ => None,
    };
    order.ok_or_else(|| wrong(format!("{} has no order with {}", described(left), described(right))))
}

/// `item in holder`: an element of a list, a key of a map, or between the ends of a range, both included.
pub(super) fn contains(holder: &Value, item: &Value) -> Result<bool> {
    match holder {
        Value::None => Err(missing("what `in` looks into")),
        Value::Range(ends) => Ok(order(&ends.0, item)?.is_le() && order(item, &ends.1)?.is_le()),
        Value::Map(map) => match unwrapped(item).as_text() {
            Some(key) => Ok(map.contains_key(key)),
            None => Err(wrong(format!("the keys of a map are texts, not {}", described(item)))),
        },
        Value::Json(json) => match &**json {
            serde_json::Value::Object(map) => match unwrapped(item).as_text() {
                Some(key) => Ok(map.contains_key(key)),
                None => Err(wrong(format!("the keys of a map are texts, not {}", described(item)))),
            },
            serde_json::Value::Array(_) => among(&access::items(holder)?, item),
            _ => Err(wrong(format!("`in` looks into a list, map or range, not into {}", described(holder)))),
        },
        Value::List(items) => among(items, item),
        _ => Err(wrong(format!("`in` looks into a list, map or range, not into {}", described(holder)))),
    }
}

/// A list of json may hold values of several kinds: one of another kind is simply not the one looked for.
fn among(items: &[Value], item: &Value) -> Result<bool> {
    if item.is_secret() {
        return Err(wrong("a secret is not compared"));
    }
    Ok(items.iter().any(|other| equal(other, item).unwrap_or(false)))
}

fn lists(a: &[Value], b: &[Value]) -> Result<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter().zip(b) {
        if !equal(a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Scalars of json as values of the language.
fn unwrapped(value: &Value) -> Cow<'_, Value> {
    let Value::Json(json) = value else { return Cow::Borrowed(value) };
    match &**json {
        serde_json::Value::Bool(truth) => Cow::Owned(Value::Bool(*truth)),
        serde_json::Value::String(text) => Cow::Owned(Value::str(text.as_str())),
        _ => number_of_json(value).map_or(Cow::Borrowed(value), Cow::Owned),
    }
}

fn json_equal(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value as J;
    match (a, b) {
        // 1 and 1.0 are one number.
        (J::Number(a), J::Number(b)) => a == b || a.as_f64() == b.as_f64() && (a.is_f64() || b.is_f64()),
        (J::Array(a), J::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| json_equal(a, b)),
        (J::Object(a), J::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| json_equal(a, b)))
        }
        _ => a == b,
    }
}

/// Numbers, exactly: beyond 2^53 a double cannot tell neighbouring whole numbers apart, so no int becomes one.
fn numbers(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Int(int), Value::Float(float)) => mixed(*int, *float),
        (Value::Float(float), Value::Int(int)) => mixed(*int, *float).map(Ordering::reverse),
        _ => None,
    }
}

fn mixed(int: i64, float: f64) -> Option<Ordering> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        None
    } else if float >= END {
        Some(Ordering::Less)
    } else if float < -END {
        Some(Ordering::Greater)
    } else {
        let whole = float.trunc();
        let of_fraction = 0.0_f64.partial_cmp(&(float - whole))?;
        Some(int.cmp(&(whole as i64)).then(of_fraction))
    }
}
