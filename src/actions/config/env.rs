//! `NAME=value` lines, as shells and dotenv files have them. No variable is looked up: a file says what it says.

use serde_json::Value as Json;

use super::key;
use super::lines::{inserted, lines};
use crate::catalogue::error::{Error, Result};

pub fn read(text: &str) -> Result<Json> {
    let mut all = serde_json::Map::new();
    for (number, line) in lines(text).enumerate() {
        if let Some(setting) = setting(line).map_err(|why| Error::failed(format!("line {}: {why}", number + 1)))? {
            all.insert(setting.name.to_owned(), Json::String(setting.value));
        }
    }
    Ok(Json::Object(all))
}

pub fn set(text: &str, keys: &[String], value: &Json) -> Result<String> {
    let name = name(keys)?;
    let value = quoted(value.as_str().unwrap_or_default());
    let mut at = 0;
    let mut found = None;
    for line in lines(text) {
        if let Ok(Some(setting)) = setting(line)
            && setting.name == name
        {
            // The last one counts.
            found = Some(at + setting.from..at + setting.to);
        }
        at += line.len();
    }
    Ok(match found {
        Some(range) => format!("{}{value}{}", &text[..range.start], &text[range.end..]),
        None => inserted(text, text.len(), &format!("{name}={value}")),
    })
}

pub fn unset(text: &str, keys: &[String]) -> Result<String> {
    let name = name(keys)?;
    let is_it = |line: &&str| matches!(setting(line), Ok(Some(setting)) if setting.name == name);
    Ok(lines(text).filter(|line| !is_it(line)).collect())
}

struct Setting<'t> {
    name: &'t str,
    value: String,
    /// Where the value stands in the line, with its quotes.
    from: usize,
    to: usize,
}

fn setting(line: &str) -> Result<Option<Setting<'_>>, &'static str> {
    let body = line.trim_end();
    let start = body.len() - body.trim_start().len();
    let statement = &body[start..];
    if statement.is_empty() || statement.starts_with('#') {
        return Ok(None);
    }
    let after = statement.strip_prefix("export ").map_or(statement, str::trim_start);
    let (name, rest) = after.split_once('=').ok_or("neither `NAME=value` nor a comment")?;
    let name = name.trim_end();
    if !is_name(name) {
        return Err("the name before `=` is no name of a variable");
    }
    let from = body.len() - rest.trim_start().len();
    let raw = &body[from..];
    let (value, length) = match raw.as_bytes().first() {
        Some(b'\'') => {
            let end = raw[1..].find('\'').ok_or("a quote is never closed")?;
            (raw[1..=end].to_owned(), end + 2)
        }
        Some(b'"') => in_quotes(raw)?,
        _ => {
            let end = raw.find(" #").or_else(|| raw.starts_with('#').then_some(0)).unwrap_or(raw.len());
            (raw[..end].trim_end().to_owned(), raw[..end].trim_end().len())
        }
    };
    let behind = raw[length..].trim_start();
    if !behind.is_empty() && !behind.starts_with('#') {
        return Err("something follows the value");
    }
    Ok(Some(Setting { name, value, from, to: from + length }))
}

/// `"a \"b\""`: what it means, and how long it is.
fn in_quotes(raw: &str) -> Result<(String, usize), &'static str> {
    let mut value = String::new();
    let mut chars = raw.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Ok((value, at + 1)),
            '\\' => match chars.next().ok_or("a quote is never closed")?.1 {
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    Err("a quote is never closed")
}

/// A value that shells and dotenv readers take for itself.
fn quoted(value: &str) -> String {
    let calm = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:@%+,-=".contains(&byte);
    if !value.is_empty() && value.bytes().all(calm) {
        return value.to_owned();
    }
    let mut text = String::from('"');
    for char in value.chars() {
        match char {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '"' | '\\' | '$' | '`' => text.extend(['\\', char]),
            other => text.push(other),
        }
    }
    text + "\""
}

fn name(keys: &[String]) -> Result<&str> {
    match keys {
        [name] if is_name(name) => Ok(name),
        _ => Err(Error::failed(format!("`{}` is no name of a variable", key::shown(keys)))
            .hint("the settings of an env file are named with letters, digits and `_`")),
    }
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
