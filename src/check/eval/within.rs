//! Values in texts where some characters mean something: globs, keys of settings, what takes the place of a regex. A value
//! stands for itself there (`language.md`, Strings); a name alone, outside of a text, is the whole glob or key.
//!
//! The checker puts a function around such a text that is given its pieces: literal and value in turn, a literal first.

use super::path;
use super::piece::{Piece, single};
use crate::catalogue::error::Result;
use crate::catalogue::signature::{Form, Holds, Parameter, Signature};
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::check::functions::Function;
use crate::check::model::{CallArg, Expr, ExprKind, Part};

/// Makes the values in written texts of a call stand for themselves.
pub fn keep_values_plain(signature: &Signature, args: &mut [CallArg]) {
    let given = |args: &[CallArg], ty: &str| {
        let is_given = |(param, arg): (&Parameter, &CallArg)| param.ty == ty && matches!(arg, CallArg::Value(_));
        signature.params.iter().zip(args).any(is_given)
    };
    for (index, param) in signature.params.iter().enumerate() {
        let function = match param.holds() {
            Some(Holds::Paths) => &PATHS,
            Some(Holds::Names) => &NAMES,
            Some(Holds::Key) => &KEY,
            Some(Holds::Groups) if given(args, "regex") => &GROUPS,
            Some(Holds::Groups) | None => continue,
        };
        debug_assert!(!matches!(param.form, Form::Lazy | Form::OptionalLazy), "texts are evaluated");
        if let CallArg::Value(expr) = &mut args[index] {
            around(function, expr);
        }
    }
}

/// Puts `function` around every text that is written in `expr`, where that chooses or lists some.
fn around(function: &'static Function, expr: &mut Expr) {
    match &mut expr.kind {
        ExprKind::Interpolate(parts) => {
            let pieces = in_turn(std::mem::take(parts), expr);
            expr.kind = ExprKind::Pure(function, pieces);
        }
        ExprKind::List(items) => items.iter_mut().for_each(|item| around(function, item)),
        ExprKind::If(parts) => parts[1..].iter_mut().for_each(|arm| around(function, arm)),
        _ => {}
    }
}

/// Literal and value in turn, a literal first.
fn in_turn(parts: Vec<Part>, whole: &Expr) -> Vec<Expr> {
    let literal = |text: &str| Expr { kind: ExprKind::Const(Value::str(text)), ty: Type::String, place: whole.place };
    let mut pieces: Vec<Expr> = Vec::with_capacity(parts.len() + 1);
    for part in parts {
        match part {
            Part::Text(text) => pieces.push(literal(&text)),
            Part::Hole(hole) => {
                if pieces.len().is_multiple_of(2) {
                    pieces.push(literal(""));
                }
                pieces.push(hole);
            }
        }
    }
    pieces
}

static PATHS: Function = of_texts("glob", paths);
static NAMES: Function = of_texts("pattern", |pieces| Ok(Value::str(escaped(pieces)?)));
static KEY: Function = of_texts("key", |pieces| Ok(Value::str(key(pieces)?)));
static GROUPS: Function = of_texts("replacement", |pieces| Ok(Value::str(groups(pieces)?)));

const fn of_texts(name: &'static str, call: fn(&[Value]) -> Result<Value>) -> Function {
    let types = |_: &[Type]| Ok(Type::String);
    Function { name, usage: "", doc: "", arity: (0, usize::MAX), hints: &[], types, call }
}

/// Each value with the literal before it, and the last literal.
fn pairs(pieces: &[Value]) -> impl Iterator<Item = (&str, Option<&Value>)> {
    pieces.chunks(2).map(|pair| (pair[0].as_text().unwrap_or_default(), pair.get(1)))
}

/// Values lead nowhere else, as in any path, and match themselves.
fn paths(pieces: &[Value]) -> Result<Value> {
    let text = |value: &Value| value.as_text().map(str::to_owned).unwrap_or_default();
    let literals: Vec<String> = pieces.iter().step_by(2).map(text).collect();
    let mut parts = Vec::new();
    for (literal, (_, value)) in literals.iter().zip(pairs(pieces)) {
        // A path that leads is one only where nothing stands before it.
        if !literal.is_empty() {
            parts.push(Piece::Text(literal));
        }
        parts.extend(value.cloned().map(Piece::Hole));
    }
    path::path(&parts)?;
    Ok(Value::str(escaped(pieces)?))
}

fn escaped(pieces: &[Value]) -> Result<String> {
    let mut text = String::new();
    for (literal, value) in pairs(pieces) {
        text.push_str(literal);
        for char in value.map(single).transpose()?.unwrap_or_default().chars() {
            if matches!(char, '*' | '?' | '[' | ']' | '{' | '}' | ',' | '\\') {
                text.push('\\');
            }
            text.push(char);
        }
    }
    Ok(text)
}

/// A name with a value in it is put in quotes where it needs them; within quotes that stand there a value is escaped.
fn key(pieces: &[Value]) -> Result<String> {
    let mut done = String::new();
    // The name that is being read, outside of quotes, and whether it has a value in it.
    let (mut name, mut with_value) = (String::new(), false);
    let mut quote = None;
    let mut behind_backslash = false;
    for (literal, value) in pairs(pieces) {
        for char in literal.chars() {
            match (quote, char) {
                (None, '.') => {
                    done.push_str(&finished(&name, with_value));
                    done.push('.');
                    (name, with_value) = (String::new(), false);
                    continue;
                }
                (None, '"' | '\'') => quote = Some(char),
                (Some(end), _) if char == end && !behind_backslash => quote = None,
                // Blanks around a dot are no part of a name.
                (None, ' ') if name.is_empty() && !with_value => continue,
                _ => {}
            }
            behind_backslash = quote == Some('"') && char == '\\' && !behind_backslash;
            name.push(char);
        }
        let Some(value) = value else { break };
        let text = single(value)?;
        match quote {
            Some('"') => name.push_str(&in_quotes(&text)),
            // Nothing can be escaped there; a quote in the value ends it, and what follows makes it no key.
            Some(_) if text.contains(['\'', '\n', '\r']) => {
                return Err(super::wrong(format!("the value {text:?} cannot stand in '…' of a key"))
                    .hint("write \"…\" there, or no quotes at all"));
            }
            Some(_) => name.push_str(&text),
            None => {
                name.push_str(&text);
                with_value = true;
            }
        }
    }
    done.push_str(&finished(&name, with_value));
    Ok(done)
}

fn finished(name: &str, with_value: bool) -> String {
    let bare = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
    if !with_value || (!name.is_empty() && name.chars().all(bare)) {
        return name.to_owned();
    }
    format!("\"{}\"", in_quotes(name))
}

/// As a basic string of TOML has it.
fn in_quotes(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            char if char.is_control() => out.push_str(&format!("\\U{:08X}", u32::from(char))),
            char => out.push(char),
        }
    }
    out
}

/// `$` in a value is a `$`, and a value does not go on with the name of a group before it.
fn groups(pieces: &[Value]) -> Result<String> {
    let mut text = String::new();
    for (literal, value) in pairs(pieces) {
        let Some(value) = value else {
            text.push_str(literal);
            break;
        };
        let (before, open) = literal.split_at(reference_at_end(literal));
        text.push_str(before);
        match open.strip_prefix('$') {
            None => text.push_str(open),
            Some("") => text.push_str("$$"),
            Some(name) => text.push_str(&format!("${{{name}}}")),
        }
        text.push_str(&single(value)?.replace('$', "$$"));
    }
    Ok(text)
}

/// Where the `$` or `$name` begins with which a literal ends; its end where it does not.
fn reference_at_end(literal: &str) -> usize {
    let mut rest = literal;
    while let Some(at) = rest.find('$') {
        let behind = &rest[at + 1..];
        if let Some(after) = behind.strip_prefix('$') {
            rest = after;
            continue;
        }
        let name = behind.find(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
        match name {
            None => return literal.len() - rest.len() + at,
            Some(end) => rest = &behind[end..],
        }
    }
    literal.len()
}

#[cfg(test)]
#[path = "within_tests.rs"]
mod tests;
