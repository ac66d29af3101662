//! Arithmetic with dimensions.
//!
//! `/` always gives a float or a quantity, also of two ints. An int that overflows is an error. What is no number (a
//! division by zero) is absent, and what is absent stays so. `percent × T` is a T: 1/100 of the product; how many of the
//! percents are spent so is read from the type that the checker gave the result.

use super::{described, room, wrong};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::ty::{Dim, Type};
use crate::catalogue::value::{Quantity, Value};
use crate::check::model::BinaryOp;

/// A value in which what is no number is absent.
pub(super) fn present(value: Value) -> Value {
    match value {
        Value::Float(number) if !number.is_finite() => Value::None,
        Value::Quantity(Quantity { amount, .. }) if !amount.is_finite() => Value::None,
        other => other,
    }
}

/// `-x`
pub(super) fn negated(value: &Value) -> Result<Value> {
    match number_of_json(value).as_ref().unwrap_or(value) {
        Value::None => Ok(Value::None),
        Value::Int(int) => int.checked_neg().map(Value::Int).ok_or_else(|| overflow(&format!("-({int})"))),
        Value::Float(number) => Ok(Value::Float(-number)),
        Value::Quantity(quantity) => Ok(Value::Quantity(Quantity { amount: -quantity.amount, ..*quantity })),
        _ => Err(wrong(format!("`-` takes a number or quantity, not {}", described(value)))),
    }
}

/// `left op right`, as a value of type `ty`.
pub(super) fn operate(op: BinaryOp, left: &Value, right: &Value, ty: &Type) -> Result<Value> {
    let (left_number, right_number) = (number_of_json(left), number_of_json(right));
    let (a, b) = (left_number.as_ref().unwrap_or(left), right_number.as_ref().unwrap_or(right));
    match (a, b) {
        (Value::None, _) | (_, Value::None) => Ok(Value::None),
        _ if op == BinaryOp::Of => part_of(a, b).ok_or_else(|| no_sense(op, left, right)),
        (Value::Int(x), Value::Int(y)) if op != BinaryOp::Div => {
            let result = match op {
                BinaryOp::Add => x.checked_add(*y),
                BinaryOp::Sub => x.checked_sub(*y),
                _ => x.checked_mul(*y),
            };
            result.map(Value::Int).ok_or_else(|| overflow(&format!("{x} {} {y}", sign(op))))
        }
        (Value::Str(x), Value::Str(y)) if op == BinaryOp::Add => {
            let length = x.len().saturating_add(y.len());
            if length > room::MOST { Err(room::too_large()) } else { Ok(Value::str([&**x, &**y].concat())) }
        }
        (Value::List(x), Value::List(y)) if op == BinaryOp::Add => {
            let count = x.len().saturating_add(y.len());
            let joined = || Value::list(x.iter().chain(y.iter()).cloned());
            if count > room::MOST / room::ELEMENT { Err(room::too_large()) } else { Ok(joined()) }
        }
        (Value::Time(time), Value::Quantity(quantity)) if quantity.dim == Dim::TIME => match op {
            BinaryOp::Add => moved(*time, quantity.amount),
            BinaryOp::Sub => moved(*time, -quantity.amount),
            _ => Err(no_sense(op, left, right)),
        },
        (Value::Quantity(quantity), Value::Time(time)) if quantity.dim == Dim::TIME && op == BinaryOp::Add => {
            moved(*time, quantity.amount)
        }
        (Value::Time(x), Value::Time(y)) if op == BinaryOp::Sub => {
            let nanos = x.as_nanosecond() - y.as_nanosecond();
            Ok(Value::Quantity(Quantity { amount: nanos as f64, dim: Dim::TIME }))
        }
        _ => match (measured(a), measured(b)) {
            (Some(x), Some(y)) => quantities(op, x, y, ty).ok_or_else(|| no_sense(op, left, right)),
            _ => Err(no_sense(op, left, right)),
        },
    }
}

/// `150% of x`
fn part_of(part: &Value, whole: &Value) -> Option<Value> {
    let ((percent, Dim::PERCENT), (amount, dim)) = (measured(part)?, measured(whole)?) else { return None };
    let amount = percent / 100.0 * amount;
    Some(match dim {
        _ if !amount.is_finite() => Value::None,
        Dim::ONE => Value::Float(amount),
        dim => Value::Quantity(Quantity { amount, dim }),
    })
}

fn quantities(op: BinaryOp, (x, a): (f64, Dim), (y, b): (f64, Dim), ty: &Type) -> Option<Value> {
    let (amount, dim) = match op {
        BinaryOp::Add | BinaryOp::Sub => {
            if a != b {
                return None;
            }
            (if op == BinaryOp::Add { x + y } else { x - y }, a)
        }
        BinaryOp::Mul => (
            x * y,
            Dim { bytes: sum(a.bytes, b.bytes)?, time: sum(a.time, b.time)?, percent: sum(a.percent, b.percent)? },
        ),
        _ => (
            x / y,
            Dim {
                bytes: a.bytes.checked_sub(b.bytes)?,
                time: a.time.checked_sub(b.time)?,
                percent: a.percent.checked_sub(b.percent)?,
            },
        ),
    };
    // A percent that the result's type does not have was a factor of 1/100.
    let percent = match ty.required() {
        Type::Quantity(wanted) => wanted.percent,
        Type::Float | Type::Int => 0,
        _ => spent(op, a, b, dim),
    };
    let amount = amount * 100_f64.powi(i32::from(percent) - i32::from(dim.percent));
    let dim = Dim { percent, ..dim };
    if !amount.is_finite() {
        return Some(Value::None);
    }
    Some(if dim == Dim::ONE { Value::Float(amount) } else { Value::Quantity(Quantity { amount, dim }) })
}

/// The percent of a result whose type is only known when it runs: a percent that meets another quantity is a factor.
fn spent(op: BinaryOp, a: Dim, b: Dim, dim: Dim) -> i8 {
    let factor = |of: Dim| of == Dim::PERCENT;
    match op {
        BinaryOp::Mul if factor(a) && b != Dim::ONE => b.percent,
        BinaryOp::Mul if factor(b) && a != Dim::ONE => a.percent,
        BinaryOp::Div if factor(b) && !factor(a) && a != Dim::ONE => a.percent,
        _ => dim.percent,
    }
}

fn sum(a: i8, b: i8) -> Option<i8> {
    a.checked_add(b)
}

/// A number with its dimension.
fn measured(value: &Value) -> Option<(f64, Dim)> {
    match value {
        Value::Int(int) => Some((*int as f64, Dim::ONE)),
        Value::Float(number) => Some((*number, Dim::ONE)),
        Value::Quantity(quantity) => Some((quantity.amount, quantity.dim)),
        _ => None,
    }
}

fn moved(time: jiff::Timestamp, nanos: f64) -> Result<Value> {
    // A double beyond this is no number of nanoseconds that a timestamp could hold; the cast saturates.
    let by = jiff::SignedDuration::from_nanos_i128(nanos as i128);
    time.checked_add(by).map(Value::Time).map_err(|_| wrong(format!("{time} moved so far is no point in time")))
}

/// A number of json as one of the language; `null` as absent.
pub(super) fn number_of_json(value: &Value) -> Option<Value> {
    let Value::Json(json) = value else { return None };
    match &**json {
        serde_json::Value::Number(number) => {
            Some(number.as_i64().map_or_else(|| Value::float(number.as_f64().unwrap_or(f64::NAN)), Value::Int))
        }
        serde_json::Value::Null => Some(Value::None),
        _ => None,
    }
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Of => "of",
        _ => "/",
    }
}

fn overflow(what: &str) -> Error {
    wrong(format!("{what} is beyond the largest whole number")).hint("use floats: `float(…)`")
}

fn no_sense(op: BinaryOp, left: &Value, right: &Value) -> Error {
    wrong(format!("`{}` does not join {} and {}", sign(op), described(left), described(right)))
}
