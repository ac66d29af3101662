//! What a condition over metrics allows each of them to be, as far as it compares them with values that are known.

use crate::catalogue::ty::{Dim, Type};
use crate::catalogue::value::Value;
use crate::check::constant;
use crate::check::model::{BinaryOp, Expr, ExprKind, Policy};
use crate::check::walk;

use super::advice::Advice;

/// From one number to another; each end with whether it is part of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    low: (f64, bool),
    high: (f64, bool),
}

impl Interval {
    pub const ALL: Self = Self { low: (f64::NEG_INFINITY, false), high: (f64::INFINITY, false) };

    pub fn and(self, other: Self) -> Self {
        let low = match self.low.0.total_cmp(&other.low.0) {
            std::cmp::Ordering::Less => other.low,
            std::cmp::Ordering::Greater => self.low,
            std::cmp::Ordering::Equal => (self.low.0, self.low.1 && other.low.1),
        };
        let high = match self.high.0.total_cmp(&other.high.0) {
            std::cmp::Ordering::Greater => other.high,
            std::cmp::Ordering::Less => self.high,
            std::cmp::Ordering::Equal => (self.high.0, self.high.1 && other.high.1),
        };
        Self { low, high }
    }

    pub fn is_empty(self) -> bool {
        match self.low.0.total_cmp(&self.high.0) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => !(self.low.1 && self.high.1),
            std::cmp::Ordering::Greater => true,
        }
    }

    /// Whether all of `other` lies in it.
    pub fn holds(self, other: Self) -> bool {
        self.and(other) == other
    }
}

/// What one side of a comparison is compared with.
pub struct Compared<'p> {
    pub what: &'p Expr,
    pub text: &'p str,
    pub allowed: Interval,
}

/// The comparisons that `condition` joins with `and`, one for each thing that is compared; and whether that is all of it.
pub fn comparisons<'p>(condition: &'p Expr, advice: &Advice<'p>) -> (Vec<Compared<'p>>, bool) {
    let (mut found, mut whole) = (Vec::new(), true);
    gather(condition, advice, &mut found, &mut whole);
    (found, whole)
}

fn gather<'p>(condition: &'p Expr, advice: &Advice<'p>, found: &mut Vec<Compared<'p>>, whole: &mut bool) {
    if let ExprKind::Binary(BinaryOp::And, sides) = &condition.kind {
        sides.iter().for_each(|side| gather(side, advice, found, whole));
        return;
    }
    let Some(one) = comparison(condition, advice) else {
        *whole = false;
        return;
    };
    match found.iter_mut().find(|other| other.text == one.text) {
        Some(other) => other.allowed = other.allowed.and(one.allowed),
        None => found.push(one),
    }
}

fn comparison<'p>(condition: &'p Expr, advice: &Advice<'p>) -> Option<Compared<'p>> {
    let ExprKind::Binary(op, sides) = &condition.kind else { return None };
    let [left, right] = &**sides;
    let known = |expr: &Expr| constant::value(expr, &advice.policy.bindings, None).and_then(|value| amount(&value));
    let (what, bound, op) = match (known(left), known(right)) {
        (None, Some(bound)) => (left, bound, *op),
        (Some(bound), None) => (right, bound, turned(*op)),
        _ => return None,
    };
    let allowed = match op {
        BinaryOp::Lt => Interval { high: (bound, false), ..Interval::ALL },
        BinaryOp::Le => Interval { high: (bound, true), ..Interval::ALL },
        BinaryOp::Gt => Interval { low: (bound, false), ..Interval::ALL },
        BinaryOp::Ge => Interval { low: (bound, true), ..Interval::ALL },
        BinaryOp::Eq => Interval { low: (bound, true), high: (bound, true) },
        _ => return None,
    };
    // Other conditions are compared by what is written: a probe inside may answer differently.
    let mut looks = false;
    walk::expressions(what, &mut |part| looks |= matches!(part.kind, ExprKind::Metric(..)));
    looks.then(|| Compared { what, text: advice.text(what.place), allowed })
}

const fn turned(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Ge => BinaryOp::Le,
        other => other,
    }
}

fn amount(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Quantity(quantity) => Some(quantity.amount),
        _ => None,
    }
}

/// What something over metrics can be at all.
pub fn possible(what: &Expr, policy: &Policy) -> Interval {
    let from_zero = Interval { low: (0.0, true), ..Interval::ALL };
    let counts = |id: usize| policy.watching.metrics.get(id).is_some_and(|metric| counts(&metric.probe));
    match &what.kind {
        ExprKind::Metric(id, _) if counts(id.0 as usize) => from_zero,
        ExprKind::Series(call) => {
            let counted = |arg: &Expr| matches!(arg.kind, ExprKind::Metric(id, _) if counts(id.0 as usize));
            let all = !call.args.is_empty() && call.args.iter().all(counted);
            match call.function.name {
                "changes" | "consecutive" => from_zero,
                "avg" | "min" | "max" | "p50" | "p95" | "p99" if all => from_zero,
                // What cannot be less than nothing cannot fall by more than all of it.
                "drop" if all => Interval { high: (100.0, true), ..Interval::ALL },
                "increase" if all => Interval { low: (-100.0, true), ..Interval::ALL },
                _ => Interval::ALL,
            }
        }
        ExprKind::Convert(inner) => possible(inner, policy),
        _ => Interval::ALL,
    }
}

/// Whether a probe gives sizes, lengths of time or counts, which are never less than nothing.
fn counts(probe: &Expr) -> bool {
    match &probe.kind {
        ExprKind::Probe(call) => {
            let counting = ["file.count", "process.count"].contains(&call.probe.signature().name);
            counting || probe.ty == Type::Quantity(Dim::BYTES) || probe.ty == Type::DURATION
        }
        ExprKind::Convert(inner) => counts(inner),
        _ => false,
    }
}
