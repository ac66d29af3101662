//! Which durations make sense as a time to wait or a limit: more than nothing where it is a limit, never less than nothing,
//! and at most a year. A greater one is a slip of the keyboard, and a wait that nobody would see the end of.

use std::time::Duration;

use super::checker::Checker;
use super::model::Expr;
use crate::catalogue::signature::{Form, Parameter, Signature};
use crate::catalogue::ty::Dim;
use crate::catalogue::value::{Quantity, Value};
use crate::diagnostics::Code;

/// A leap year.
pub const LONGEST: Duration = Duration::from_hours(366 * 24);

/// Arguments that are limits: one of no length would be over before it began.
const LIMITS: &[&str] = &["within", "timeout", "every"];

/// The name of an argument for people: what stands first has only that of its unit.
#[must_use]
pub fn called(signature: &Signature, param: &Parameter) -> &'static str {
    if matches!(param.form, Form::Positional | Form::OptionalPositional) { signature.name } else { param.name }
}

/// Why `value` is no length for the argument `name`; nothing where it is one, or no duration at all.
#[must_use]
pub fn unfit(name: &str, value: &Value) -> Option<String> {
    let Value::Quantity(Quantity { dim: Dim::TIME, .. }) = value else { return None };
    match value.as_duration() {
        Some(length) if length > LONGEST => Some(format!("`{name}` takes at most a year")),
        Some(Duration::ZERO) if LIMITS.contains(&name) => Some(format!("`{name}` must be longer than nothing")),
        Some(_) => None,
        None => Some(format!("`{name}` cannot be less than nothing")),
    }
}

impl Checker<'_> {
    /// Refuses a duration for the argument `name` that makes no sense, as far as it is known now.
    pub fn fits_length(&mut self, name: &str, typed: &Expr) {
        let Some(value) = self.known(typed) else { return };
        if let Some(why) = unfit(name, &value) {
            self.error(Code::OutOfRange, typed.place.span, why)
                .set_label(format!("this is {value}"))
                .set_help("write a duration, such as `30s`");
        }
    }
}
