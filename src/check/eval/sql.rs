//! SQL with values in it: each is bound, as `?1`, `?2`, ….

use std::sync::Arc;

use super::piece::Piece;
use super::{described, missing, wrong};
use crate::catalogue::error::Result;
use crate::catalogue::value::{Code, Value};

/// Where the text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Plain,
    /// In quotes that end with this character; two of them are one.
    Quoted(char),
    Line,
    Block,
}

/// The pieces as a statement. A list becomes one parameter for each element, for `in (${ids})`.
pub(super) fn statement(pieces: &[Piece<'_>]) -> Result<Value> {
    let mut text = String::new();
    let mut binds = Vec::new();
    let mut state = State::Plain;
    let mut before = '\0';
    let mut anonymous = false;
    for piece in pieces {
        match piece {
            Piece::Text(literal) => {
                for char in literal.chars() {
                    anonymous |= state == State::Plain && char == '?';
                    (state, before) = step(state, before, char);
                }
                text.push_str(literal);
            }
            Piece::Hole(Value::Code(code)) if text.is_empty() => {
                text.push_str(&code.text);
                binds.extend(code.binds.iter().cloned());
                for char in code.text.chars() {
                    (state, before) = step(state, before, char);
                }
            }
            Piece::Hole(value) => {
                match state {
                    State::Plain => {}
                    State::Quoted('\'') => {
                        return Err(wrong("a value inside quotes of SQL is not bound")
                            .hint("leave the quotes out: a bound value needs none"));
                    }
                    State::Quoted(_) => {
                        return Err(
                            wrong("a name in SQL cannot be a value").hint("write the name of the table or column")
                        );
                    }
                    State::Line | State::Block => return Err(wrong("a value inside a comment of SQL is not bound")),
                }
                bind(value, &mut text, &mut binds)?;
                before = '?';
            }
        }
    }
    if anonymous && pieces.iter().any(|piece| matches!(piece, Piece::Hole(value) if !matches!(value, Value::Code(_)))) {
        return Err(wrong("a statement has both `?` and `${…}`").hint("write all its values as `${…}`"));
    }
    Ok(Value::Code(Arc::new(Code { text: text.into(), binds })))
}

fn bind(value: &Value, text: &mut String, binds: &mut Vec<Value>) -> Result<()> {
    match value {
        Value::None => return Err(missing("a value inside SQL").hint("for a null write `null`")),
        Value::Secret(name) => return Err(wrong(format!("the secret `{name}` never becomes part of a statement"))),
        Value::Sealed(_) => return Err(wrong(format!("{value} never becomes part of a statement"))),
        Value::Map(_) | Value::Record(_) | Value::Range(_) | Value::Db(_) | Value::Flags(_) | Value::Code(_) => {
            return Err(wrong(format!("{} cannot be bound in SQL", described(value))));
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                if let Value::List(_) = item {
                    return Err(wrong(format!("{} cannot be bound in SQL", described(item))));
                }
                text.push_str(if index == 0 { "" } else { ", " });
                bind(item, text, binds)?;
            }
        }
        one => {
            binds.push(one.clone());
            text.push('?');
            text.push_str(&binds.len().to_string());
        }
    }
    Ok(())
}

fn step(state: State, before: char, char: char) -> (State, char) {
    let next = match (state, before, char) {
        (State::Plain, _, '\'' | '"' | '`') => State::Quoted(char),
        (State::Plain, _, '[') => State::Quoted(']'),
        (State::Plain, '-', '-') => State::Line,
        (State::Plain, '/', '*') => State::Block,
        // The second of two quotes opens again, which comes to the same.
        (State::Quoted(end), _, char) if char == end => State::Plain,
        (State::Line, _, '\n') | (State::Block, '*', '/') => State::Plain,
        (state, ..) => state,
    };
    // `/*/` does not end the comment that it begins.
    (next, if next == state { char } else { '\0' })
}
