//! JSON, comments and trailing commas allowed.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstContainerNode, CstInputValue, CstNode, CstRootNode};
use serde_json::Value as Json;

use crate::catalogue::error::{Error, Result};

pub fn read(text: &str) -> Result<Json> {
    root(text)?.to_serde_value().ok_or_else(|| Error::failed("the file holds no value"))
}

pub fn set(text: &str, keys: &[String], value: &Json) -> Result<String> {
    let root = root(text)?;
    let (node, missing) = descend(&root, keys);
    match missing.split_first() {
        None => replace(node, value),
        Some((first, deeper)) => {
            let whole = deeper.iter().rev().fold(value.clone(), |inside, key| serde_json::json!({ key: inside }));
            match node.as_object() {
                Some(object) => drop(object.append(first, input(&whole))),
                // Nothing, or `null`: a map takes its place.
                None => replace(node, &serde_json::json!({ first: whole })),
            }
        }
    }
    Ok(root.to_string())
}

pub fn unset(text: &str, keys: &[String]) -> Result<String> {
    let root = root(text)?;
    if let Some((last, before)) = keys.split_last()
        && let (holder, []) = descend(&root, before)
    {
        match holder.as_object() {
            Some(object) => object.get(last).into_iter().for_each(jsonc_parser::cst::CstObjectProp::remove),
            None => child(&holder, last).into_iter().for_each(CstNode::remove),
        }
    }
    Ok(root.to_string())
}

fn root(text: &str) -> Result<CstRootNode> {
    CstRootNode::parse(text, &ParseOptions::default())
        .map_err(|error| Error::failed(format!("not JSON: {}", error.to_string().replace('\n', " "))))
}

/// As deep as there is something, and what of `keys` is left then.
fn descend<'k>(root: &CstRootNode, keys: &'k [String]) -> (CstNode, &'k [String]) {
    let mut node = root.value().unwrap_or(CstNode::Container(CstContainerNode::Root(root.clone())));
    for (depth, key) in keys.iter().enumerate() {
        match child(&node, key) {
            Some(inside) => node = inside,
            None => return (node, &keys[depth..]),
        }
    }
    (node, &[])
}

fn child(node: &CstNode, key: &str) -> Option<CstNode> {
    if let Some(object) = node.as_object() {
        return object.get(key)?.value();
    }
    node.as_array()?.elements().into_iter().nth(key.parse().ok()?)
}

fn replace(node: CstNode, value: &Json) {
    let new = input(value);
    match node {
        CstNode::Container(CstContainerNode::Root(root)) => root.set_value(new),
        CstNode::Container(CstContainerNode::Object(object)) => drop(object.replace_with(new)),
        CstNode::Container(CstContainerNode::Array(array)) => drop(array.replace_with(new)),
        CstNode::Leaf(leaf) => {
            use jsonc_parser::cst::CstLeafNode as Leaf;
            match leaf {
                Leaf::StringLit(old) => drop(old.replace_with(new)),
                Leaf::WordLit(old) => drop(old.replace_with(new)),
                Leaf::NumberLit(old) => drop(old.replace_with(new)),
                Leaf::BooleanLit(old) => drop(old.replace_with(new)),
                Leaf::NullKeyword(old) => drop(old.replace_with(new)),
                Leaf::Token(_) | Leaf::Whitespace(_) | Leaf::Newline(_) | Leaf::Comment(_) => {}
            }
        }
        CstNode::Container(CstContainerNode::ObjectProp(_)) => {}
    }
}

fn input(value: &Json) -> CstInputValue {
    match value {
        Json::Null => CstInputValue::Null,
        Json::Bool(truth) => CstInputValue::Bool(*truth),
        Json::Number(number) => CstInputValue::Number(number.to_string()),
        Json::String(text) => CstInputValue::String(text.clone()),
        Json::Array(list) => CstInputValue::Array(list.iter().map(input).collect()),
        Json::Object(map) => {
            CstInputValue::Object(map.iter().map(|(key, value)| (key.clone(), input(value))).collect())
        }
    }
}
