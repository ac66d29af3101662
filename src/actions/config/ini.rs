//! `name = value` lines in `[sections]`; `section.name`, or `name` before the first section.

use serde_json::Value as Json;

use super::key;
use super::lines::{inserted, lines};
use crate::catalogue::error::{Error, Result};

pub fn read(text: &str) -> Result<Json> {
    let mut all = serde_json::Map::new();
    let mut section: Option<&str> = None;
    for (number, line) in lines(text).enumerate() {
        let wrong = |what: String| Error::failed(format!("line {}: {what}", number + 1));
        match read_line(line).ok_or_else(|| wrong("neither `name = value` nor `[section]`".to_owned()))? {
            Line::Nothing => {}
            Line::Section(name) => {
                section = Some(name);
                let entry = all.entry(name).or_insert_with(|| Json::Object(serde_json::Map::new()));
                if !entry.is_object() {
                    return Err(wrong(format!("`{name}` is a setting and a section")));
                }
            }
            Line::Setting { name, value, .. } => {
                let value = Json::from(value);
                match section.and_then(|section| all.get_mut(section)?.as_object_mut()) {
                    Some(section) => section.insert(name.to_owned(), value),
                    None => all.insert(name.to_owned(), value),
                };
            }
        }
    }
    Ok(Json::Object(all))
}

pub fn set(text: &str, keys: &[String], value: &Json) -> Result<String> {
    let value = value.as_str().unwrap_or_default();
    if value.contains(['\n', '\r']) || value.trim() != value {
        return Err(Error::failed("a value of an ini file is one line, without blanks around it"));
    }
    let (section, name) = wanted(keys)?;
    let places = places(text, section, name);
    if let Some((from, to)) = places.setting {
        return Ok(format!("{}{value}{}", &text[..from], &text[to..]));
    }
    let line = format!("{name} = {value}");
    Ok(match (section, places.end) {
        (_, Some(end)) => inserted(text, end, &line),
        (Some(section), None) => {
            let gap = if text.trim().is_empty() { "" } else { "\n" };
            inserted(text, text.len(), &format!("{gap}[{section}]\n{line}"))
        }
        (None, None) => inserted(text, 0, &line),
    })
}

pub fn unset(text: &str, keys: &[String]) -> Result<String> {
    if let [section] = keys
        && let Some(Json::Object(_)) = read(text)?.get(section)
    {
        return Ok(without_section(text, section));
    }
    let (section, name) = wanted(keys)?;
    let mut now = None;
    let mut kept = String::new();
    for line in lines(text) {
        match read_line(line) {
            Some(Line::Section(name)) => now = Some(name),
            Some(Line::Setting { name: found, .. }) if found == name && now == section => continue,
            _ => {}
        }
        kept.push_str(line);
    }
    Ok(kept)
}

fn without_section(text: &str, section: &str) -> String {
    let mut inside = false;
    lines(text)
        .filter(|line| {
            if let Some(Line::Section(name)) = read_line(line) {
                inside = name == section;
            }
            !inside
        })
        .collect()
}

enum Line<'t> {
    Nothing,
    Section(&'t str),
    /// With where its value stands in the line.
    Setting {
        name: &'t str,
        value: &'t str,
        from: usize,
    },
}

/// A comment begins a line; behind a value `;` and `#` may be part of it, so they are.
fn read_line(line: &str) -> Option<Line<'_>> {
    let body = line.trim_end();
    let statement = body.trim_start();
    if statement.is_empty() || statement.starts_with([';', '#']) {
        return Some(Line::Nothing);
    }
    if let Some(section) = statement.strip_prefix('[') {
        return section.strip_suffix(']').map(|name| Line::Section(name.trim()));
    }
    let (name, rest) = statement.split_once('=')?;
    let value = rest.trim();
    Some(Line::Setting { name: name.trim_end(), value, from: body.len() - rest.trim_start().len() })
}

struct Places {
    /// Where the value stands.
    setting: Option<(usize, usize)>,
    /// Behind the last line of the section that says something.
    end: Option<usize>,
}

fn places(text: &str, section: Option<&str>, name: &str) -> Places {
    let mut places = Places { setting: None, end: None };
    let (mut at, mut now) = (0, None);
    for line in lines(text) {
        match read_line(line) {
            Some(Line::Section(name)) => {
                now = Some(name);
                if now == section {
                    places.end = Some(at + line.len());
                }
            }
            Some(Line::Setting { name: found, value, from }) if now == section => {
                places.end = Some(at + line.len());
                if found == name {
                    places.setting = Some((at + from, at + from + value.len()));
                }
            }
            _ => {}
        }
        at += line.len();
    }
    places
}

fn wanted(keys: &[String]) -> Result<(Option<&str>, &str)> {
    let fits =
        |name: &String| !name.trim().is_empty() && !name.contains(['\n', '\r', '[', ']', '=']) && name.trim() == name;
    match keys {
        [name] if fits(name) => Ok((None, name)),
        [section, name] if fits(section) && fits(name) && !name.starts_with([';', '#']) => Ok((Some(section), name)),
        _ => Err(Error::failed(format!("`{}` is no setting of an ini file", key::shown(keys)))
            .hint("write `section.name`, or `name` for what stands before the first section")),
    }
}
