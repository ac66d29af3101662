//! Functions over texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;

use super::{Function, element_type, elements, text_of, texts, wrong};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::check::eval::room;

pub static FUNCTIONS: &[Function] = &[
    Function {
        name: "join",
        usage: "join(list, separator) -> string",
        doc: "The texts of a list with a separator between them.",
        arity: (1, 2),
        hints: &["", "string"],
        types: |args| texts(&[element_type(&args[0])?], Type::String),
        call: |args| {
            let separator = args.get(1).map_or(Ok(""), |value| text_of("join", value))?;
            let items = elements("join", &args[0])?;
            let parts = items.iter().map(|item| text_of("join", item)).collect::<Result<Vec<_>>>()?;
            let length = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len() + separator.len()));
            if length > room::MOST {
                return Err(room::too_large());
            }
            Ok(Value::str(parts.join(separator)))
        },
    },
    Function {
        name: "split",
        usage: "split(text, separator) -> list[string]",
        doc: "The pieces between separators; without one, the words between blanks.",
        arity: (1, 2),
        hints: &["", "string"],
        types: |args| texts(args, Type::list(Type::String)),
        call: |args| {
            let text = text_of("split", &args[0])?;
            match args.get(1) {
                None => pieces(text.split_whitespace()),
                Some(separator) => pieces(text.split(text_of("split", separator)?)),
            }
        },
    },
    Function {
        name: "trim",
        usage: "trim(text) -> string",
        doc: "The text without blanks and line ends around it.",
        arity: (1, 1),
        hints: &[],
        types: |args| texts(args, Type::String),
        call: |args| Ok(Value::str(text_of("trim", &args[0])?.trim())),
    },
    Function {
        name: "lines",
        usage: "lines(text) -> list[string]",
        doc: "The lines of a text, without their line ends.",
        arity: (1, 1),
        hints: &[],
        types: |args| texts(args, Type::list(Type::String)),
        call: |args| pieces(text_of("lines", &args[0])?.lines()),
    },
    Function {
        name: "match",
        usage: "match(text, regex) -> string?",
        doc: "The first group of a regex where it matches, or the whole match when it has no group; absent without a match.",
        arity: (2, 2),
        hints: &["", "regex"],
        types: |args| texts(&args[..1], Type::optional(Type::String)),
        call: |args| {
            let pattern = pattern("match", &args[1])?;
            let found = pattern.captures(text_of("match", &args[0])?);
            let group =
                found.and_then(|found| found.get(usize::from(found.len() > 1)).map(|group| group.as_str().to_owned()));
            Ok(group.map_or(Value::None, Value::str))
        },
    },
    Function {
        name: "groups",
        usage: "groups(text, regex) -> list[string]",
        doc: "All groups of a regex where it first matches, one that took no part as an empty text, or the whole match when it has no group; empty without a match.",
        arity: (2, 2),
        hints: &["", "regex"],
        types: |args| texts(&args[..1], Type::list(Type::String)),
        call: |args| {
            let pattern = pattern("groups", &args[1])?;
            let Some(found) = pattern.captures(text_of("groups", &args[0])?) else { return Ok(Value::list([])) };
            let from = usize::from(found.len() > 1);
            pieces((from..found.len()).map(|index| found.get(index).map_or("", |group| group.as_str())))
        },
    },
    Function {
        name: "parse_env",
        usage: "parse_env(text) -> map[string]",
        doc: "The names and values of lines `NAME=value`, quotes around a value taken off; blank lines, comments (`# …`) and the word `export` are passed over, of a name that is given twice the last value counts.",
        arity: (1, 1),
        hints: &[],
        types: |args| texts(args, Type::Map(Type::String.into())),
        call: |args| variables(text_of("parse_env", &args[0])?),
    },
    Function {
        name: "replace",
        usage: "replace(text, regex, with) -> string",
        doc: "Every match of a regex replaced; `$1` in the replacement is its first group.",
        arity: (3, 3),
        hints: &["", "regex", "string"],
        types: |args| texts(&args[..1], Type::String),
        call: |args| {
            let pattern = pattern("replace", &args[1])?;
            replaced(&pattern, text_of("replace", &args[0])?, text_of("replace", &args[2])?).map(Value::str)
        },
    },
    Function {
        name: "contains",
        usage: "contains(text, part) -> bool · contains(list, element) -> bool",
        doc: "Whether a text holds another, or a list an element.",
        arity: (2, 2),
        hints: &[],
        types: |args| match &args[0] {
            Type::List(_) => Ok(Type::Bool),
            _ => texts(args, Type::Bool),
        },
        call: |args| match &args[0] {
            Value::List(items) => Ok(Value::Bool(items.contains(&args[1]))),
            Value::Json(json) if json.is_array() => Ok(Value::Bool(elements("contains", &args[0])?.contains(&args[1]))),
            text => Ok(Value::Bool(text_of("contains", text)?.contains(text_of("contains", &args[1])?))),
        },
    },
    Function {
        name: "starts_with",
        usage: "starts_with(text, part) -> bool",
        doc: "Whether a text begins with another.",
        arity: (2, 2),
        hints: &[],
        types: |args| texts(args, Type::Bool),
        call: |args| Ok(Value::Bool(text_of("starts_with", &args[0])?.starts_with(text_of("starts_with", &args[1])?))),
    },
    Function {
        name: "ends_with",
        usage: "ends_with(text, part) -> bool",
        doc: "Whether a text ends with another.",
        arity: (2, 2),
        hints: &[],
        types: |args| texts(args, Type::Bool),
        call: |args| Ok(Value::Bool(text_of("ends_with", &args[0])?.ends_with(text_of("ends_with", &args[1])?))),
    },
    Function {
        name: "lower",
        usage: "lower(text) -> string",
        doc: "The text in lower case.",
        arity: (1, 1),
        hints: &[],
        types: |args| texts(args, Type::String),
        call: |args| Ok(Value::str(text_of("lower", &args[0])?.to_lowercase())),
    },
    Function {
        name: "upper",
        usage: "upper(text) -> string",
        doc: "The text in upper case.",
        arity: (1, 1),
        hints: &[],
        types: |args| texts(args, Type::String),
        call: |args| Ok(Value::str(text_of("upper", &args[0])?.to_uppercase())),
    },
    Function {
        name: "basename",
        usage: "basename(path) -> string",
        doc: "The last component of a path.",
        arity: (1, 1),
        hints: &["path"],
        types: |args| texts(args, Type::String),
        call: |args| {
            let path = text_of("basename", &args[0])?.trim_end_matches('/');
            Ok(Value::str(path.rsplit('/').next().unwrap_or(path)))
        },
    },
    Function {
        name: "dirname",
        usage: "dirname(path) -> path",
        doc: "A path without its last component; `.` where it has only one.",
        arity: (1, 1),
        hints: &["path"],
        types: |args| texts(args, Type::Path),
        call: |args| {
            let path = text_of("dirname", &args[0])?.trim_end_matches('/');
            Ok(Value::Path(match path.rsplit_once('/') {
                None => ".".into(),
                Some(("", _)) => "/".into(),
                Some((parent, _)) => parent.into(),
            }))
        },
    },
];

/// Lines `NAME=value`, as a map.
fn variables(text: &str) -> Result<Value> {
    let mut map = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let given = line.strip_prefix("export ").map_or(line, str::trim_start);
        let Some((name, value)) = given.split_once('=').filter(|(name, _)| !name.trim().is_empty()) else {
            return Err(Error::new(
                ErrorKind::Value,
                format!("`parse_env` finds no `NAME=value` on line {}", index + 1),
            )
            .hint("leave out other lines first: `join([l for l in lines(text) where contains(l, \"=\")], \"\\n\")`"));
        };
        map.insert(Arc::from(name.trim()), Value::str(unquoted(value.trim())));
    }
    Ok(Value::Map(Arc::new(map)))
}

/// A value without the quotes around it; within `"`, a backslash keeps what follows it from meaning anything.
fn unquoted(value: &str) -> String {
    let inside = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    if let Some(plain) = inside('\'') {
        return plain.to_owned();
    }
    let Some(escaped) = inside('"') else { return value.to_owned() };
    let (mut text, mut letters) = (String::new(), escaped.chars().peekable());
    while let Some(letter) = letters.next() {
        let next = letters.next_if(|next| letter == '\\' && matches!(next, '"' | '\\' | '$' | '`'));
        text.push(next.unwrap_or(letter));
    }
    text
}

/// A list of texts, unless they are too many.
fn pieces<'t>(of: impl Iterator<Item = &'t str>) -> Result<Value> {
    const MOST: usize = room::MOST / room::ELEMENT;
    let list: Vec<Value> = of.take(MOST + 1).map(Value::str).collect();
    if list.len() > MOST { Err(room::too_large()) } else { Ok(Value::list(list)) }
}

/// As [`Regex::replace_all`], which would take any memory there is.
fn replaced(pattern: &Regex, text: &str, with: &str) -> Result<String> {
    let groups = with.matches('$').count();
    let mut result = String::new();
    let mut last = 0;
    for found in pattern.captures_iter(text) {
        let whole = found.get_match();
        result.push_str(&text[last..whole.start()]);
        last = whole.end();
        let most = groups.saturating_mul(whole.len()).saturating_add(with.len()).saturating_add(result.len());
        if most > room::MOST {
            return Err(room::too_large());
        }
        found.expand(with, &mut result);
    }
    result.push_str(&text[last..]);
    Ok(result)
}

fn pattern(name: &str, value: &Value) -> Result<Regex> {
    let Value::Regex(source) = value else { return Err(wrong(name, "a regex", value)) };
    Regex::new(source).map_err(|_| Error::new(ErrorKind::Value, format!("`{name}` got a regex that is none: {source}")))
}
