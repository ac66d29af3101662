//! Functions over anything that has a size or keys.

use std::sync::Arc;

use super::{Function, from_json, wrong};
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;

pub static FUNCTIONS: &[Function] = &[
    Function {
        name: "len",
        usage: "len(list | map | text) -> int",
        doc: "How many elements, entries or characters there are.",
        arity: (1, 1),
        hints: &[],
        types: |args| match &args[0] {
            Type::List(_) | Type::Map(_) => Ok(Type::Int),
            ty if super::is_text(ty) => Ok(Type::Int),
            other => Err(format!("a list, map or text is needed, this is {other}")),
        },
        call: |args| {
            let count = match &args[0] {
                Value::List(items) => items.len(),
                Value::Map(entries) => entries.len(),
                Value::Json(json) => match &**json {
                    serde_json::Value::Array(items) => items.len(),
                    serde_json::Value::Object(entries) => entries.len(),
                    serde_json::Value::String(text) => text.chars().count(),
                    _ => return Err(wrong("len", "a list, map or text", &args[0])),
                },
                other => super::text_of("len", other)?.chars().count(),
            };
            Ok(Value::Int(count as i64))
        },
    },
    Function {
        name: "keys",
        usage: "keys(map) -> list[string]",
        doc: "The keys of a map or json object.",
        arity: (1, 1),
        hints: &[],
        types: |args| match &args[0] {
            Type::Map(_) | Type::Json | Type::Error => Ok(Type::list(Type::String)),
            other => Err(format!("a map is needed, this is {other}")),
        },
        call: |args| match &args[0] {
            Value::Map(entries) => Ok(Value::list(entries.keys().map(|key| Value::Str(Arc::clone(key))))),
            Value::Json(json) if json.is_object() => Ok(Value::list(
                json.as_object().into_iter().flat_map(|of| of.keys()).map(|key| Value::str(key.as_str())),
            )),
            other => Err(wrong("keys", "a map", other)),
        },
    },
    Function {
        name: "values",
        usage: "values(map[T]) -> list[T]",
        doc: "The values of a map or json object.",
        arity: (1, 1),
        hints: &[],
        types: |args| match &args[0] {
            Type::Map(of) => Ok(Type::List(Arc::clone(of))),
            Type::Json => Ok(Type::list(Type::Json)),
            Type::Error => Ok(Type::Error),
            other => Err(format!("a map is needed, this is {other}")),
        },
        call: |args| match &args[0] {
            Value::Map(entries) => Ok(Value::list(entries.values().cloned())),
            Value::Json(json) if json.is_object() => {
                Ok(Value::list(json.as_object().into_iter().flat_map(|of| of.values()).map(from_json)))
            }
            other => Err(wrong("values", "a map", other)),
        },
    },
];
