//! PromQL with values in it: a text is the value of a matcher, in its quotes; a number or duration stands bare.

use std::sync::Arc;

use super::piece::{Piece, single};
use super::{described, missing, wrong};
use crate::catalogue::error::Result;
use crate::catalogue::ty::Dim;
use crate::catalogue::value::{Code, Quantity, Value};

/// Where the text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Plain,
    /// In quotes that end with `by`; `pattern` behind `=~` and `!~`, `escaped` behind a backslash.
    Quoted {
        by: char,
        pattern: bool,
        escaped: bool,
    },
    Comment,
}

/// The pieces as an expression.
pub(super) fn expression(pieces: &[Piece<'_>]) -> Result<Value> {
    let mut text = String::new();
    let mut state = State::Plain;
    for piece in pieces {
        match piece {
            Piece::Text(literal) => state = append(&mut text, state, literal),
            Piece::Hole(Value::Code(code)) if text.is_empty() => state = append(&mut text, state, &code.text),
            Piece::Hole(value) => match state {
                State::Plain => text.push_str(&bare(value)?),
                State::Quoted { by: '`', .. } => {
                    return Err(wrong("a value between backticks of PromQL cannot be quoted")
                        .hint("write double quotes: `{pod=\"${…}\"}`"));
                }
                State::Quoted { by, pattern, .. } => text.push_str(&quoted(value, by, pattern)?),
                State::Comment => return Err(wrong("a value inside a comment of PromQL says nothing")),
            },
        }
    }
    Ok(Value::Code(Arc::new(Code { text: text.into(), binds: Vec::new() })))
}

/// Adds `more`; gives where the text is then.
fn append(text: &mut String, mut state: State, more: &str) -> State {
    for char in more.chars() {
        state = match (state, char) {
            (State::Plain, '"' | '\'' | '`') => {
                let before = text.trim_end();
                State::Quoted { by: char, pattern: before.ends_with("=~") || before.ends_with("!~"), escaped: false }
            }
            (State::Plain, '#') => State::Comment,
            (State::Comment, '\n') => State::Plain,
            (State::Quoted { by, pattern, escaped: false }, '\\') if by != '`' => {
                State::Quoted { by, pattern, escaped: true }
            }
            (State::Quoted { by, escaped: false, .. }, _) if char == by => State::Plain,
            (State::Quoted { by, pattern, .. }, _) => State::Quoted { by, pattern, escaped: false },
            (state, _) => state,
        };
        text.push(char);
    }
    state
}

/// The value of a matcher: to the letter, a regex behind `=~` excepted.
fn quoted(value: &Value, by: char, pattern: bool) -> Result<String> {
    let text = match value {
        Value::Regex(regex) if pattern => format!("(?:{regex})"),
        _ if pattern => regex::escape(&single(value)?),
        _ => single(value)?,
    };
    let mut quoted = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' => quoted.push_str("\\n"),
            '\\' => quoted.push_str("\\\\"),
            _ if char == by => quoted.extend(['\\', char]),
            _ => quoted.push(char),
        }
    }
    Ok(quoted)
}

/// A value outside of quotes: only what cannot be anything but a number.
fn bare(value: &Value) -> Result<String> {
    match value {
        Value::None => Err(missing("a value inside PromQL")),
        Value::Int(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Json(json) if json.is_number() => Ok(json.to_string()),
        Value::Quantity(Quantity { amount, dim }) if *dim == Dim::TIME && *amount >= 1e6 => {
            Ok(format!("{}ms", (*amount / 1e6) as u64))
        }
        Value::Secret(_) | Value::Sealed(_) => single(value),
        Value::Quantity(_) => Err(wrong(format!("{} has no one spelling in PromQL", described(value)))
            .hint("divide it by its unit, such as `${size / 1MB}`")),
        _ => Err(wrong(format!("{} does not stand in PromQL without quotes", described(value))).hint(
            "write it as the value of a label: `{pod=\"${…}\"}`; the names of metrics and labels cannot be values",
        )),
    }
}
