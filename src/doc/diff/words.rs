//! How the parts of a document are told apart, and how they are spoken of.

use serde_json::{Map, Value};

use crate::catalogue::show;
use crate::check::quantity;

/// Numbers that are lengths of time, in seconds.
const TIMES: &[&str] =
    &["timeout", "within", "every", "hold", "by", "at", "for", "after", "per", "machine", "people", "to_mitigation"];

/// Whether something in `value` is verified by `name`.
pub(super) fn verifies(value: &Value, name: &str) -> bool {
    match value {
        Value::Array(all) => all.iter().any(|one| verifies(one, name)),
        Value::Object(object) => {
            let used = object.get("verify").is_some_and(|used| used["name"] == name);
            used || object.values().any(|one| verifies(one, name))
        }
        _ => false,
    }
}

pub(super) fn expectation(value: &Value) -> String {
    let text = text(&value["condition"]).unwrap_or_default();
    match value["kind"].as_str() {
        Some("should") => format!("says that `{text}` should hold"),
        Some("fail_when") => format!("fails when `{text}`"),
        _ => format!("expects `{text}`"),
    }
}

/// What an expression says.
pub(super) fn text(value: &Value) -> Option<&str> {
    value.get("text").filter(|_| value.get("type").is_some())?.as_str()
}

/// Whether it is a part with a name, rather than a value.
pub(super) fn named(value: &Value) -> bool {
    value.is_object() && text(value).is_none()
}

/// An item without its kind: `{"step": {…}}`.
pub(super) fn unwrapped(value: &Map<String, Value>) -> &Map<String, Value> {
    match value.iter().next() {
        Some((_, Value::Object(inner))) if value.len() == 1 => inner,
        _ => value,
    }
}

/// What tells the elements of a list apart; one that stands there again is another one.
pub(super) fn identities(key: &str, list: &[Value]) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for value in list {
        let name = identity(key, value);
        let again = seen.iter().filter(|other| **other == name || other.starts_with(&format!("{name} #"))).count();
        seen.push(if again == 0 { name } else { format!("{name} #{}", again + 1) });
    }
    seen
}

pub(super) fn identity(key: &str, value: &Value) -> String {
    let Value::Object(object) = value else { return shown(key, value) };
    if let Some(text) = text(value) {
        return text.to_owned();
    }
    if object.len() == 1
        && let Some((kind, inner)) = object.iter().next()
        && !matches!(inner, Value::String(_))
    {
        let name = match inner {
            Value::Object(_) => inner["name"].as_str().or_else(|| inner["text"].as_str()).map(str::to_owned),
            _ => None,
        };
        let name = name
            .or_else(|| text(&inner["condition"]).map(str::to_owned))
            .or_else(|| Some(format!("{} in {}", inner["variable"]["name"].as_str()?, text(&inner["in"])?)));
        return match name {
            Some(name) => format!("{kind} {name}"),
            None => kind.clone(),
        };
    }
    // Messages are known by when they are sent, or to whom.
    for field in ["events", "channels", "contacts"] {
        if let Some(list) = object.get(field).filter(|list| list.is_array()) {
            return shown(field, list);
        }
    }
    for field in ["name", "text", "key", "param", "variable", "title"] {
        if let Some(name) = object.get(field).and_then(Value::as_str) {
            return name.to_owned();
        }
    }
    // What has no name is told apart by all that it says.
    match object.get("condition").and_then(text) {
        Some(condition) => {
            let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
            format!("{kind} {condition}").trim().to_owned()
        }
        None => shown(key, value),
    }
}

/// Whether both say the same: `60s` is `1m`.
pub(super) fn same(old: &Value, new: &Value) -> bool {
    let quantity = |value: &Value| quantity::read(text(value)?).ok();
    old == new || old["type"] == new["type"] && quantity(old).is_some_and(|old| quantity(new) == Some(old))
}

/// A part as it is spoken of: ``step `restart` ``.
pub(super) fn called(key: &str, name: &str) -> String {
    let of_list = match key {
        "items" | "does" | "before" | "parallel" | "undo" | "always" | "on_failure" | "else" => {
            return name.split_once(' ').map_or_else(|| name.to_owned(), |(kind, name)| format!("{kind} `{name}`"));
        }
        "severities" => "severity",
        "checks" => "expectation",
        "verifications" => "verification",
        key => key.strip_suffix('s').unwrap_or(key),
    };
    format!("{of_list} `{name}`")
}

pub(super) fn worded(key: &str) -> String {
    key.replace('_', " ")
}

/// A value as a person writes it.
pub(super) fn shown(key: &str, value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) if TIMES.contains(&key) => {
            number.as_f64().map_or_else(|| number.to_string(), |seconds| show::duration(seconds * 1e9))
        }
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Array(all) if all.is_empty() => "none".to_owned(),
        Value::Array(all) => all.iter().map(|one| shown(key, one)).collect::<Vec<_>>().join(", "),
        Value::Object(object) => text(value).map_or_else(
            || {
                let inner = unwrapped(object);
                inner.get("text").or_else(|| inner.get("name")).and_then(Value::as_str).map_or_else(
                    || {
                        let said = inner.iter().filter(|(_, value)| !value.is_null());
                        said.map(|(key, value)| format!("{} {}", worded(key), shown(key, value)))
                            .collect::<Vec<_>>()
                            .join(", ")
                    },
                    str::to_owned,
                )
            },
            str::to_owned,
        ),
        Value::Number(number) => number.to_string(),
    }
}

/// What something says whose text became another one.
pub(super) fn rewritten_word(key: &str, value: &Value) -> &'static str {
    let kind = value["kind"].as_str().or_else(|| value["expect"]["kind"].as_str());
    match (key, kind) {
        ("rules", _) => "fires when",
        ("requires", _) => "requires",
        (_, Some("should")) => "should hold",
        (_, Some("fail_when")) => "fails when",
        (_, Some(_)) => "expects",
        _ if value.get("require").is_some() => "requires",
        _ => "condition",
    }
}

/// Who or what may start a run.
pub(super) fn starting(value: &Value) -> String {
    match value["how"].as_str() {
        Some("after_approval") => {
            let within = match &value["within"] {
                Value::Null => String::new(),
                within => format!(" within {}", shown("within", within)),
            };
            format!("after approval by `{}`{within}", value["by"].as_str().unwrap_or_default())
        }
        Some("by_hand") => "by hand".to_owned(),
        Some(how) => how.to_owned(),
        None => "none".to_owned(),
    }
}
