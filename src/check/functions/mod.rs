//! The registry of pure functions.
//!
//! Owns their names, types and values; each family has a file. Nothing here may ask the world: see the probes for that.

mod lists;
mod logic;
mod numbers;
mod shapes;
mod text;
mod turn;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;

/// A pure function: no world, no time, the same result for the same arguments.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// `first(list) -> T?`, for messages and the reference.
    pub usage: &'static str,
    /// One line.
    pub doc: &'static str,
    /// How many arguments it takes, at least and at most.
    pub arity: (usize, usize),
    /// The type that an argument is checked against, in the syntax of the language; `""` and what is missing: any.
    pub hints: &'static [&'static str],
    /// The type of the result for arguments of these types, or what is wrong with them.
    pub types: fn(&[Type]) -> Result<Type, String>,
    /// Its value.
    pub call: fn(&[Value]) -> Result<Value>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.usage)
    }
}

pub use turn::{is_url, read_version};

static FAMILIES: &[&[Function]] =
    &[lists::FUNCTIONS, logic::FUNCTIONS, numbers::FUNCTIONS, shapes::FUNCTIONS, text::FUNCTIONS, turn::FUNCTIONS];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Function>> =
    LazyLock::new(|| all().map(|function| (function.name, function)).collect());

/// Every pure function, family by family.
pub fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().copied().flatten()
}

/// The pure function called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Function> {
    BY_NAME.get(name).copied()
}

/// A value error: ``what``, with the value that came instead.
fn wrong(function: &str, wanted: &str, got: &Value) -> Error {
    Error::new(ErrorKind::Value, format!("`{function}` takes {wanted}, not {got}"))
}

/// The elements of a list, also of one in json; what a json element is stays json.
fn elements(function: &str, value: &Value) -> Result<Vec<Value>> {
    match value {
        Value::List(items) => Ok(items.to_vec()),
        Value::Json(json) => match &**json {
            serde_json::Value::Array(items) => Ok(items.iter().map(from_json).collect()),
            _ => Err(wrong(function, "a list", value)),
        },
        _ => Err(wrong(function, "a list", value)),
    }
}

/// A json value inside the language: `null` is absent, everything else stays json.
fn from_json(json: &serde_json::Value) -> Value {
    if json.is_null() { Value::None } else { Value::Json(std::sync::Arc::new(json.clone())) }
}

/// The text of a string-like value, also of a json string.
fn text_of<'v>(function: &str, value: &'v Value) -> Result<&'v str> {
    match value {
        Value::Json(json) => json.as_str().ok_or_else(|| wrong(function, "a text", value)),
        Value::Version(_) => Err(wrong(function, "a text", value)),
        _ => value.as_text().ok_or_else(|| wrong(function, "a text", value)),
    }
}

/// The type of the elements of a list or of json.
fn element_type(ty: &Type) -> Result<Type, String> {
    match ty {
        Type::List(of) => Ok((**of).clone()),
        Type::Json => Ok(Type::Json),
        Type::Error => Ok(Type::Error),
        other => Err(format!("a list is needed, this is {other}")),
    }
}

/// Whether a value of this type is a text.
fn is_text(ty: &Type) -> bool {
    matches!(
        ty,
        Type::String
            | Type::Path
            | Type::Url
            | Type::Regex
            | Type::Host
            | Type::Enum(_)
            | Type::Version
            | Type::Json
            | Type::Error
    )
}

/// Texts only, then the type.
fn texts(args: &[Type], result: Type) -> Result<Type, String> {
    match args.iter().find(|ty| !is_text(ty)) {
        Some(other) => Err(format!("a text is needed, this is {other}")),
        None => Ok(result),
    }
}

#[cfg(test)]
mod tests;
