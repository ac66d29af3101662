//! YAML, one document a file.

use serde_json::Value as Json;
use yamlpatch::{Op, Patch, apply_yaml_patches};
use yamlpath::{Component, Document, Route};

use super::data::find;
use crate::catalogue::error::{Error, Result};

pub fn read(text: &str) -> Result<Json> {
    // What YAML has and JSON has not (a map with a list for its key, a tag) is refused here.
    yaml_serde::from_str(text).map_err(|error| Error::failed(format!("not YAML that can be edited: {error}")))
}

pub fn set(text: &str, keys: &[String], value: &Json) -> Result<String> {
    let data = read(text)?;
    // What is there of the way; the rest is a new entry.
    let there = (0..=keys.len()).rev().find(|depth| find(&data, &keys[..*depth]).is_some()).unwrap_or(0);
    let (there, missing) = keys.split_at(there);
    let nested =
        |keys: &[String]| keys.iter().rev().fold(value.clone(), |inside, key| serde_json::json!({ key: inside }));
    let holds_entries = find(&data, there).is_some_and(|holder| holder.as_object().is_some_and(|map| !map.is_empty()));
    if there.is_empty() && !holds_entries {
        return Ok(text.to_owned() + &written(&nested(keys))?);
    }
    match missing.split_first() {
        Some((first, deeper)) if holds_entries => {
            patch(text, there, Op::Add { key: first.clone(), value: yaml(&nested(deeper))? })
        }
        _ => patch(text, there, Op::Replace(yaml(&nested(missing))?)),
    }
}

pub fn unset(text: &str, keys: &[String]) -> Result<String> {
    patch(text, keys, Op::Remove)
}

fn patch(text: &str, keys: &[String], operation: Op<'_>) -> Result<String> {
    let document = Document::new(text).map_err(refused)?;
    let data = read(text)?;
    let route: Vec<Component<'_>> = keys
        .iter()
        .enumerate()
        .map(|(depth, key)| match (find(&data, &keys[..depth]), key.parse::<usize>()) {
            (Some(Json::Array(_)), Ok(index)) => Component::from(index),
            _ => Component::from(key.as_str()),
        })
        .collect();
    let patched = apply_yaml_patches(&document, &[Patch { route: Route::from(route), operation }]).map_err(refused)?;
    Ok(patched.source().to_owned())
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::refused(format!("this YAML cannot be edited in place: {error}"))
        .hint("edit it with `file.replace`, or write the whole file with `file.write`")
}

fn yaml(value: &Json) -> Result<yaml_serde::Value> {
    yaml_serde::to_value(value).map_err(refused)
}

fn written(value: &Json) -> Result<String> {
    yaml_serde::to_string(value).map_err(refused)
}
