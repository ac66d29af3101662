//! Texts with values in them, by the rules of the type that is wanted (`language.md` §2).
//!
//! INVARIANT: a value never becomes code, and a secret never becomes text: a text with one in it keeps its name.

use std::sync::Arc;

use super::piece::{Piece, plain, single};
use super::{path, promql, shell, sql, url};
use crate::catalogue::error::Result;
use crate::catalogue::ty::{Dialect, Type};
use crate::catalogue::value::{Sealed, Value};

/// The pieces as one value of type `ty`.
pub(super) fn put_together(pieces: &[Piece<'_>], ty: &Type) -> Result<Value> {
    match ty.required() {
        Type::Code(Dialect::Shell) => shell::command(pieces),
        Type::Code(Dialect::Sql) => sql::statement(pieces),
        Type::Code(Dialect::PromQl) => promql::expression(pieces),
        Type::Url => url::address(pieces),
        Type::Path => path::path(pieces),
        Type::Regex => pattern(pieces),
        Type::Secret => sealed(pieces),
        Type::String | Type::Error => joined(pieces).map(Value::str),
        other => super::convert(&Value::str(joined(pieces)?), other),
    }
}

fn joined(pieces: &[Piece<'_>]) -> Result<String> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(literal) => text.push_str(literal),
            Piece::Hole(value) => text.push_str(&plain(value)?),
        }
    }
    Ok(text)
}

/// A text that is taken where a secret is: of the secrets in it, it holds the names.
fn sealed(pieces: &[Piece<'_>]) -> Result<Value> {
    let mut parts: Vec<Sealed> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(literal) => parts.push(Sealed::Text(Arc::from(*literal))),
            Piece::Hole(Value::Secret(name)) => parts.push(Sealed::Secret(Arc::clone(name))),
            Piece::Hole(Value::Sealed(inner)) => parts.extend(inner.iter().cloned()),
            Piece::Hole(value) => parts.push(Sealed::Text(plain(value)?.into())),
        }
    }
    Ok(Value::Sealed(parts.into()))
}

/// A regex: values match themselves; a leading regex stays one, as a group of its own.
fn pattern(pieces: &[Piece<'_>]) -> Result<Value> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(literal) => text.push_str(literal),
            // In a group, so that its alternatives and flags do not reach what follows.
            Piece::Hole(Value::Regex(regex)) if text.is_empty() => {
                text = if pieces.len() == 1 { regex.to_string() } else { format!("(?:{regex})") };
            }
            Piece::Hole(value) => text.push_str(&regex::escape(&single(value)?)),
        }
    }
    super::convert(&Value::str(text), &Type::Regex)
}
