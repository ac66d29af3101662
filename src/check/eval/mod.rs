//! Values of typed expressions.
//!
//! Owns evaluation: operators, interpolation, access, comprehensions, calls of `let`s with parameters. It must not know
//! what a binding, a probe or the run is: everything outside the expression is asked of a [`Scope`].
//!
//! *Absent* is [`Value::None`]: NaN, infinity, an empty result, a missing field of json. *Unknown* is a value that only a
//! run will know. Absent values flow through arithmetic and access until `otherwise` says what then; where a value is
//! needed (a comparison, a condition, a text) they are an error of kind [`ErrorKind::Absent`], which `otherwise` catches too.

mod access;
mod arithmetic;
mod compare;
mod convert;
mod path;
mod piece;
mod promql;
pub mod room;
mod shell;
mod sql;
mod text;
mod url;
mod walk;
pub(super) mod within;

#[cfg(test)]
pub(in crate::check) mod tests;

use std::sync::Arc;

use super::model::{BindingId, CallArg, Expr, Policy, ProbeCall, RunField};
use crate::catalogue::args::{Arg, Args, Lazy};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::signature::Signature;
use crate::catalogue::value::Value;
use crate::source::Place;

pub use compare::{equal, order};
pub use convert::convert;

/// A value, or when it will be known.
#[derive(Clone, Debug, PartialEq)]
pub enum Evaluated {
    /// The value.
    Known(Value),
    /// Known after the step of this name.
    Unknown {
        /// The key of the step.
        after: Arc<str>,
    },
}

/// What an expression asks of its surroundings.
pub trait Scope {
    /// The value of a param, `let`, variable of a `for`, or observation.
    fn binding(&mut self, id: BindingId) -> Result<Evaluated>;

    /// The value of a probe whose arguments are known; the scope decides whether the world may be asked, and bounds it by
    /// the call's `timeout`.
    fn probe(&mut self, call: &ProbeCall, args: Args) -> Result<Evaluated>;

    /// What the run says of itself.
    fn run_field(&mut self, field: RunField) -> Result<Evaluated>;

    /// The expression as a closure, for units that ask it again and again. `locals` are the variables of comprehensions
    /// and arguments of `let`s around it; its bindings are looked for there first.
    fn lazy(&mut self, expr: &Expr, locals: &[(BindingId, Value)]) -> Lazy;
}

/// The value of an expression.
///
/// # Errors
/// Kind `Value`: an absent or wrong value where another is needed, with the value and its type. Kind `Refused`: a
/// `refuse("why")` was reached. Whatever the scope gives.
pub fn eval(policy: &Policy, expr: &Expr, scope: &mut dyn Scope) -> Result<Evaluated> {
    walk::Walk::new(policy, scope).expr(expr)
}

/// The arguments of a call in the order of its signature; what is not known yet becomes [`Arg::Unknown`].
pub fn args(policy: &Policy, signature: &'static Signature, args: &[CallArg], scope: &mut dyn Scope) -> Result<Args> {
    walk::Walk::new(policy, scope).args(signature, args).map(|(args, _)| args)
}

/// The value of an expression, and the values of its parts that are no constants, in the order evaluated: for saying why
/// an expectation failed. Bodies of comprehensions and of `let`s with parameters are left out, as is a result of which
/// only a field is used.
pub fn traced(policy: &Policy, expr: &Expr, scope: &mut dyn Scope) -> (Result<Evaluated>, Vec<(Place, Value)>) {
    let mut walk = walk::Walk::new(policy, scope);
    walk.trace();
    let result = walk.expr(expr);
    let mut parts: Vec<(Place, Value)> = Vec::new();
    for (place, value) in walk.into_trace() {
        if place != expr.place && !parts.iter().any(|(known, _)| *known == place) {
            parts.push((place, value));
        }
    }
    (result, parts)
}

impl Evaluated {
    /// The value, when it is known.
    #[must_use]
    pub fn known(&self) -> Option<&Value> {
        if let Self::Known(value) = self { Some(value) } else { None }
    }
}

/// What arguments hold, besides whether one of them is unknown and after which step it will be known.
type Given = (Args, Option<Arc<str>>);

/// A value error.
fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value, what)
}

/// What is asked for is not there.
fn absent(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Absent, what)
}

/// An absent value where one is needed.
fn missing(what: impl std::fmt::Display) -> Error {
    absent(format!("{what} is missing")).hint("say what then: `(… otherwise 0)`, or `… otherwise refuse(\"why\")`")
}

/// What a value is, as messages call it: `"9" (a string)`, cut to a readable length.
fn described(value: &Value) -> String {
    const SHOWN: usize = 80;
    let text = value.to_string();
    let kind = kind(value);
    if text.chars().count() > SHOWN {
        let start: String = text.chars().take(SHOWN).collect();
        format!("{start}… ({kind})")
    } else {
        format!("{text} ({kind})")
    }
}

/// The type of a value, in words.
fn kind(value: &Value) -> String {
    use serde_json::Value as J;
    match value {
        Value::None => "none",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Str(_) => "string",
        Value::Quantity(quantity) => return quantity.dim.to_string(),
        Value::Time(_) => "time",
        Value::Path(_) => "path",
        Value::Url(_) => "url",
        Value::Regex(_) => "regex",
        Value::Version(_) => "version",
        Value::Json(json) => match &**json {
            J::Null => "json null",
            J::Bool(_) => "json bool",
            J::Number(_) => "json number",
            J::String(_) => "json string",
            J::Array(_) => "json list",
            J::Object(_) => "json map",
        },
        Value::Secret(_) | Value::Sealed(_) => "secret",
        Value::Host(_) => "host",
        Value::Db(_) => "db",
        Value::Flags(_) => "flags",
        Value::Code(_) => "command or query",
        Value::List(_) => "list",
        Value::Map(_) => "map",
        Value::Record(_) => "record",
        Value::Range(_) => "range",
    }
    .to_owned()
}

/// An argument for a unit.
fn arg(value: Evaluated, unknown: &mut Option<Arc<str>>) -> Arg {
    match value {
        Evaluated::Known(value) => Arg::Known(value),
        Evaluated::Unknown { after } => {
            unknown.get_or_insert(after);
            Arg::Unknown
        }
    }
}
