//! The settings of a file as data, whatever its format: what stands at a key, put there, taken out.

use serde_json::Value as Json;

use super::key;
use crate::catalogue::error::{Error, Result};

/// What stands at `keys`.
#[must_use]
pub fn find<'j>(data: &'j Json, keys: &[String]) -> Option<&'j Json> {
    keys.iter().try_fold(data, |inside, key| match inside {
        Json::Object(map) => map.get(key),
        Json::Array(list) => list.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Puts `value` at `keys`; what is not there on the way becomes a map.
///
/// # Errors
/// Where a list or a plain value stands on the way and has no such entry.
pub fn put(data: &mut Json, keys: &[String], value: Json) -> Result<()> {
    let mut inside = data;
    for (depth, key) in keys.iter().enumerate() {
        if inside.is_null() {
            *inside = Json::Object(serde_json::Map::new());
        }
        inside = match inside {
            Json::Object(map) => map.entry(key.clone()).or_insert(Json::Null),
            Json::Array(list) => {
                let length = list.len();
                key.parse::<usize>().ok().and_then(|index| list.get_mut(index)).ok_or_else(|| {
                    Error::failed(format!("`{}` has {length} elements and no `{key}`", key::shown(&keys[..depth])))
                })?
            }
            other => {
                let what = key::shown(&keys[..depth]);
                return Err(Error::failed(format!("`{what}` is {other}, which holds no `{key}`")));
            }
        };
    }
    *inside = value;
    Ok(())
}

/// Takes out what stands at `keys`, where something does.
pub fn take(data: &mut Json, keys: &[String]) {
    let Some((last, before)) = keys.split_last() else { return };
    let holder = before.iter().try_fold(data, |inside, key| match inside {
        Json::Object(map) => map.get_mut(key),
        Json::Array(list) => key.parse::<usize>().ok().and_then(|index| list.get_mut(index)),
        _ => None,
    });
    match holder {
        Some(Json::Object(map)) => drop(map.shift_remove(last)),
        Some(Json::Array(list)) => {
            if let Some(index) = last.parse::<usize>().ok().filter(|index| *index < list.len()) {
                list.remove(index);
            }
        }
        _ => {}
    }
}
