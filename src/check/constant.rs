//! What is known when a policy is checked: literals, and what follows from them alone.
//!
//! Used for durations and counts that a policy must say outright, and for `where` of a param. The real evaluation of
//! expressions stands elsewhere; what is not sure here is simply not known.

use std::cell::Cell;
use std::cmp::Ordering;
use std::time::Duration;

use super::checker::Checker;
use super::eval::room;
use super::lengths::LONGEST;
use super::model::{Binding, BindingId, BindingKind, Expr, ExprKind};
use crate::catalogue::ty::{Dim, Type};
use crate::catalogue::value::{Quantity, Value};
use crate::diagnostics::Code;
use crate::source::Place;
use crate::syntax::ast::{self, BinaryOp, UnaryOp};

/// `let`s are followed so far.
const DEPTH: usize = 100;

/// How many parts are looked at: `let`s that each use another twice would else take for ever.
const STEPS: u32 = 20_000;

/// The largest text or list that is followed.
const LARGE: usize = 64 * 1024;

/// The value of `expr` when it is known; `given` is the value of one binding.
pub fn value(expr: &Expr, bindings: &[Binding], given: Option<(BindingId, &Value)>) -> Option<Value> {
    follow(expr, bindings, given, 0, &Cell::new(STEPS))
}

fn follow(
    expr: &Expr,
    bindings: &[Binding],
    given: Option<(BindingId, &Value)>,
    depth: usize,
    steps: &Cell<u32>,
) -> Option<Value> {
    steps.set(steps.get().checked_sub(1)?);
    if depth > DEPTH {
        return None;
    }
    let of = |expr: &Expr| follow(expr, bindings, given, depth + 1, steps);
    match &expr.kind {
        ExprKind::Const(value) => (expr.ty != Type::Error).then(|| value.clone()),
        ExprKind::Binding(id) => match (given, &bindings[id.0 as usize].kind) {
            (Some((known, value)), _) if known == *id => Some(value.clone()),
            (_, BindingKind::Let(bound)) => of(bound),
            _ => None,
        },
        ExprKind::List(items) => items.iter().map(of).collect::<Option<Vec<_>>>().map(Value::list),
        ExprKind::Unary(UnaryOp::Not, inner) => match of(inner)? {
            Value::Bool(holds) => Some(Value::Bool(!holds)),
            _ => None,
        },
        ExprKind::Unary(UnaryOp::Neg, inner) => match of(inner)? {
            Value::Int(number) => number.checked_neg().map(Value::Int),
            Value::Float(number) => Some(Value::Float(-number)),
            Value::Quantity(quantity) => Some(Value::Quantity(Quantity { amount: -quantity.amount, ..quantity })),
            _ => None,
        },
        ExprKind::Binary(op, sides) => match op {
            BinaryOp::And | BinaryOp::Or => {
                let (Value::Bool(left), Value::Bool(right)) = (of(&sides[0])?, of(&sides[1])?) else { return None };
                Some(Value::Bool(if *op == BinaryOp::And { left && right } else { left || right }))
            }
            _ => operation(*op, &of(&sides[0])?, &of(&sides[1])?),
        },
        ExprKind::If(arms) => match of(&arms[0])? {
            Value::Bool(true) => of(&arms[1]),
            Value::Bool(false) => of(&arms[2]),
            _ => None,
        },
        ExprKind::Convert(inner) => match (of(inner)?, &expr.ty) {
            (Value::Int(number), Type::Float) => Some(Value::Float(number as f64)),
            (Value::Str(text), Type::Path) => Some(Value::Path(text)),
            (Value::Path(text) | Value::Url(text) | Value::Host(text), Type::String) => Some(Value::Str(text)),
            (same @ Value::Str(_), Type::String) => Some(same),
            _ => None,
        },
        ExprKind::Pure(function, args) => {
            let args = args.iter().map(of).collect::<Option<Vec<_>>>()?;
            let value = (function.call)(&args).ok()?;
            if room::size(&value, LARGE) > LARGE {
                steps.set(0);
                return None;
            }
            Some(value)
        }
        _ => None,
    }
}

fn operation(op: BinaryOp, left: &Value, right: &Value) -> Option<Value> {
    match op {
        BinaryOp::Eq => Some(Value::Bool(same(left, right)?)),
        BinaryOp::Ne => Some(Value::Bool(!same(left, right)?)),
        BinaryOp::Lt => Some(Value::Bool(order(left, right)? == Ordering::Less)),
        BinaryOp::Le => Some(Value::Bool(order(left, right)? != Ordering::Greater)),
        BinaryOp::Gt => Some(Value::Bool(order(left, right)? == Ordering::Greater)),
        BinaryOp::Ge => Some(Value::Bool(order(left, right)? != Ordering::Less)),
        BinaryOp::Range => Some(Value::Range(std::sync::Arc::new((left.clone(), right.clone())))),
        BinaryOp::In | BinaryOp::NotIn => {
            let inside = match right {
                Value::List(items) => {
                    items.iter().map(|item| same(left, item)).collect::<Option<Vec<_>>>()?.contains(&true)
                }
                Value::Range(ends) => {
                    order(left, &ends.0)? != Ordering::Less && order(left, &ends.1)? != Ordering::Greater
                }
                _ => return None,
            };
            Some(Value::Bool(inside == (op == BinaryOp::In)))
        }
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => arithmetic(op, left, right),
        BinaryOp::Of => {
            let ((percent, Dim::PERCENT), (amount, dim)) = (amount(left)?, amount(right)?) else { return None };
            let amount = percent / 100.0 * amount;
            if !amount.is_finite() {
                return None;
            }
            Some(if dim == Dim::ONE { Value::Float(amount) } else { Value::Quantity(Quantity { amount, dim }) })
        }
        BinaryOp::Otherwise | BinaryOp::Or | BinaryOp::And | BinaryOp::Union => None,
    }
}

fn arithmetic(op: BinaryOp, left: &Value, right: &Value) -> Option<Value> {
    if let (Value::Int(a), Value::Int(b)) = (left, right) {
        return match op {
            BinaryOp::Add => a.checked_add(*b).map(Value::Int),
            BinaryOp::Sub => a.checked_sub(*b).map(Value::Int),
            BinaryOp::Mul => a.checked_mul(*b).map(Value::Int),
            _ => (*b != 0).then(|| Value::float(*a as f64 / *b as f64)),
        };
    }
    let ((a, of), (b, by)) = (amount(left)?, amount(right)?);
    let (amount, dim) = match op {
        BinaryOp::Add if of == by => (a + b, of),
        BinaryOp::Sub if of == by => (a - b, of),
        BinaryOp::Mul => {
            (a * b, Dim { bytes: of.bytes + by.bytes, time: of.time + by.time, percent: of.percent + by.percent })
        }
        BinaryOp::Div => {
            (a / b, Dim { bytes: of.bytes - by.bytes, time: of.time - by.time, percent: of.percent - by.percent })
        }
        _ => return None,
    };
    if !amount.is_finite() {
        return None;
    }
    Some(if dim == Dim::ONE { Value::Float(amount) } else { Value::Quantity(Quantity { amount, dim }) })
}

fn amount(value: &Value) -> Option<(f64, Dim)> {
    match value {
        Value::Int(number) => Some((*number as f64, Dim::ONE)),
        Value::Float(number) => Some((*number, Dim::ONE)),
        Value::Quantity(quantity) => Some((quantity.amount, quantity.dim)),
        _ => None,
    }
}

fn same(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::None | Value::Bool(_), _) | (_, Value::None | Value::Bool(_)) => Some(left == right),
        _ => match (left.as_text(), right.as_text()) {
            (Some(a), Some(b)) => Some(a == b),
            _ => order(left, right).map(|order| order == Ordering::Equal),
        },
    }
}

/// The order of two values that are known, where they have one.
pub fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Version(a), Value::Version(b)) => Some(a.cmp(b)),
        _ => {
            let ((a, of), (b, by)) = (amount(left)?, amount(right)?);
            (of == by).then(|| a.partial_cmp(&b)).flatten()
        }
    }
}

impl<'a> Checker<'a> {
    /// What `expr` is, when that is known now.
    pub fn known(&self, expr: &Expr) -> Option<Value> {
        value(expr, &self.bindings, None)
    }

    /// A positive duration that must be known now; `what` names the clause.
    pub fn duration(&mut self, expr: &'a ast::Expr, what: &str) -> Option<(Duration, Place)> {
        let typed = self.expr_as(expr, &Type::DURATION, format_args!("{what}"));
        let place = self.place(expr.span);
        if typed.ty == Type::Error {
            return None;
        }
        let Some(value) = self.known(&typed) else {
            self.error(Code::BadLiteral, expr.span, format!("{what} must be known when the policy is checked"))
                .set_label("known only later")
                .set_help("write a duration, such as `30s`, or a top-level `let` of one");
            return None;
        };
        match value.as_duration() {
            Some(length) if length > Duration::ZERO && length <= LONGEST => Some((length, place)),
            other => {
                let why = if other.is_some_and(|length| length > LONGEST) {
                    format!("{what} takes at most a year")
                } else {
                    format!("{what} must be longer than nothing")
                };
                self.error(Code::OutOfRange, expr.span, why)
                    .set_label(format!("this is {value}"))
                    .set_help("write a duration, such as `30s`");
                None
            }
        }
    }

    /// A whole number between two bounds that must be known now.
    pub fn count(&mut self, expr: &'a ast::Expr, least: i64, most: i64, what: &str) -> Option<u64> {
        let typed = self.expr_as(expr, &Type::Int, format_args!("{what}"));
        if typed.ty == Type::Error {
            return None;
        }
        match self.known(&typed) {
            Some(Value::Int(number)) if (least..=most).contains(&number) => Some(number as u64),
            Some(other) => {
                self.error(Code::OutOfRange, expr.span, format!("{what} takes a whole number from {least} to {most}"))
                    .set_label(format!("this is {other}"));
                None
            }
            None => {
                self.error(Code::BadLiteral, expr.span, format!("{what} must be known when the policy is checked"))
                    .set_label("known only later")
                    .set_help("write the number");
                None
            }
        }
    }
}
