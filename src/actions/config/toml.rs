//! TOML.

use serde_json::Value as Json;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

use crate::catalogue::error::{Error, ErrorKind, Result};

pub fn read(text: &str) -> Result<Json> {
    Ok(Json::Object(document(text)?.iter().map(|(key, item)| (key.to_owned(), json(item))).collect()))
}

pub fn set(text: &str, keys: &[String], value: &Json) -> Result<String> {
    let mut document = document(text)?;
    let mut new = value_of(value)?;
    let mut item = document.as_item_mut();
    for (depth, key) in keys.iter().enumerate() {
        let last = depth + 1 == keys.len();
        item = match item {
            Item::Table(table) => {
                table.entry(key).or_insert_with(|| if last { Item::None } else { Item::Table(implicit()) })
            }
            Item::Value(Value::InlineTable(table)) => {
                // Through the item form, since only that hands out items.
                let missing = !table.contains_key(key);
                let item = &mut item[key.as_str()];
                if missing && !last {
                    *item = Item::Value(Value::InlineTable(InlineTable::new()));
                }
                item
            }
            Item::Value(Value::Array(_)) | Item::ArrayOfTables(_) => element(item, key)?,
            _ => return Err(Error::failed(format!("there is no room for `{key}`"))),
        };
    }
    if let Item::Value(old) = item {
        *new.decor_mut() = old.decor().clone();
    }
    *item = Item::Value(new);
    Ok(document.to_string())
}

pub fn unset(text: &str, keys: &[String]) -> Result<String> {
    let mut document = document(text)?;
    if let Some((last, before)) = keys.split_last() {
        let mut item = document.as_item_mut();
        for key in before {
            item = match item {
                Item::Value(Value::Array(_)) | Item::ArrayOfTables(_) => element(item, key)?,
                _ => item.get_mut(key.as_str()).ok_or_else(|| Error::failed(format!("there is no `{key}`")))?,
            };
        }
        match (item, last.parse::<usize>()) {
            (Item::Value(Value::Array(array)), Ok(index)) if index < array.len() => drop(array.remove(index)),
            (Item::ArrayOfTables(tables), Ok(index)) if index < tables.len() => drop(tables.remove(index)),
            (item, _) => {
                if let Some(table) = item.as_table_like_mut() {
                    table.remove(last);
                }
            }
        }
    }
    Ok(document.to_string())
}

fn document(text: &str) -> Result<DocumentMut> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        Error::failed(format!("not TOML: {}", error.to_string().trim_end().replace('\n', " ")))
    })
}

/// A table that is written only for what is in it.
fn implicit() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

fn element<'i>(item: &'i mut Item, key: &str) -> Result<&'i mut Item> {
    let index: usize = key.parse().map_err(|_| Error::failed(format!("`{key}` is no place in a list")))?;
    item.get_mut(index).ok_or_else(|| Error::failed(format!("the list has no element {index}")))
}

fn json(item: &Item) -> Json {
    match item {
        Item::None => Json::Null,
        Item::Value(value) => json_value(value),
        Item::Table(table) => Json::Object(table.iter().map(|(key, item)| (key.to_owned(), json(item))).collect()),
        Item::ArrayOfTables(tables) => Json::Array(
            tables
                .iter()
                .map(|table| Json::Object(table.iter().map(|(key, item)| (key.to_owned(), json(item))).collect()))
                .collect(),
        ),
    }
}

fn json_value(value: &Value) -> Json {
    match value {
        Value::String(text) => Json::from(text.value().as_str()),
        Value::Integer(number) => Json::from(*number.value()),
        Value::Float(number) => Json::from(*number.value()),
        Value::Boolean(truth) => Json::from(*truth.value()),
        Value::Datetime(time) => Json::from(time.value().to_string()),
        Value::Array(list) => Json::Array(list.iter().map(json_value).collect()),
        Value::InlineTable(table) => {
            Json::Object(table.iter().map(|(key, value)| (key.to_owned(), json_value(value))).collect())
        }
    }
}

fn value_of(value: &Json) -> Result<Value> {
    Ok(match value {
        Json::Null => {
            return Err(
                Error::new(ErrorKind::Value, "TOML has no null").hint("take the setting out with `config.unset`")
            );
        }
        Json::Bool(truth) => Value::from(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::from(int),
            None => Value::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(list) => Value::Array(list.iter().map(value_of).collect::<Result<Array>>()?),
        Json::Object(map) => Value::InlineTable(
            map.iter().map(|(key, value)| Ok((key.as_str(), value_of(value)?))).collect::<Result<InlineTable>>()?,
        ),
    })
}
