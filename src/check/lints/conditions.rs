//! W6030 to W6033: conditions that decide nothing, or say in a roundabout way what they decide.

use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::check::constant;
use crate::check::model::{BinaryOp, Expr, ExprKind};
use crate::check::walk;
use crate::diagnostics::{Code, Diagnostic};

use super::advice::Advice;
use super::everything::Everything;

pub fn lint(all: &Everything<'_>, advice: &mut Advice<'_>) {
    for (condition, word) in &all.conditions {
        constant(condition, word, advice);
    }
    for expr in &all.exprs {
        walk::expressions(expr, &mut |part| {
            itself(part, advice);
            needless(part, advice);
            same_arms(part, advice);
        });
    }
}

/// A condition in which nothing can change. One that names a `let` may be a switch, and is let be.
fn constant(condition: &Expr, word: &str, advice: &mut Advice<'_>) {
    let mut written_out = condition.ty != Type::Error;
    walk::expressions(condition, &mut |part| {
        written_out &= matches!(
            part.kind,
            ExprKind::Const(_)
                | ExprKind::List(_)
                | ExprKind::Unary(..)
                | ExprKind::Binary(..)
                | ExprKind::If(_)
                | ExprKind::Pure(..)
                | ExprKind::Convert(_)
        );
    });
    if !written_out {
        return;
    }
    let Some(Value::Bool(holds)) = constant::value(condition, &advice.policy.bindings, None) else { return };
    let which = if holds { "always true" } else { "never true" };
    advice.push(
        Diagnostic::new(Code::ConstantCondition, condition.place, format!("this condition is {which}"))
            .label(format!("`{word}` decides nothing"))
            .help("ask something that can change: a param, a value, a probe; or leave it out"),
    );
}

/// Both sides are one expression, which asks nothing.
fn itself(expr: &Expr, advice: &mut Advice<'_>) {
    let ExprKind::Binary(op, sides) = &expr.kind else { return };
    let result = match op {
        BinaryOp::Eq | BinaryOp::Le | BinaryOp::Ge => "always true, unless it is missing",
        BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Gt => "never true",
        BinaryOp::And | BinaryOp::Or | BinaryOp::Otherwise => "the same as one side alone",
        BinaryOp::Sub => "always nothing",
        _ => return,
    };
    let (left, right) = (advice.text(sides[0].place), advice.text(sides[1].place));
    if sides[0].place == sides[1].place || left != right || !may_change(&sides[0]) {
        return;
    }
    advice.push(
        Diagnostic::new(Code::SelfComparison, expr.place, "both sides are the same")
            .label(result)
            .help(format!("put what `{left}` should be compared with on one side")),
    );
}

/// Whether an expression names something, and asks nothing: a probe may answer differently each time, a literal is
/// found to be constant elsewhere.
fn may_change(expr: &Expr) -> bool {
    let (mut names, mut asks) = (false, false);
    walk::expressions(expr, &mut |part| match part.kind {
        ExprKind::Binding(_) | ExprKind::Run(_) | ExprKind::Metric(..) | ExprKind::Series(_) => names = true,
        ExprKind::Probe(_) | ExprKind::Apply(..) | ExprKind::Maintenance => asks = true,
        _ => {}
    });
    names && !asks
}

/// `ready == true`, `if ready then true else false`. Of json, a comparison with `true` says its type.
fn needless(expr: &Expr, advice: &mut Advice<'_>) {
    let (kept, keeps) = match &expr.kind {
        ExprKind::Binary(op @ (BinaryOp::Eq | BinaryOp::Ne), sides) => {
            let (literal, other) = match (truth(&sides[0]), truth(&sides[1])) {
                (None, Some(literal)) => (literal, &sides[0]),
                (Some(literal), None) => (literal, &sides[1]),
                _ => return,
            };
            (other, literal == (*op == BinaryOp::Eq))
        }
        ExprKind::If(arms) => match (truth(&arms[1]), truth(&arms[2])) {
            (Some(yes), Some(no)) if yes != no => (&arms[0], yes),
            _ => return,
        },
        _ => return,
    };
    if kept.ty != Type::Bool {
        return;
    }
    let text = advice.text(kept.place);
    let simple = !text.contains(char::is_whitespace) || in_brackets(text);
    let instead = match (keeps, simple) {
        (true, true) => text.to_owned(),
        (true, false) => format!("({text})"),
        (false, true) => format!("not {text}"),
        (false, false) => format!("not ({text})"),
    };
    advice.push(
        Diagnostic::new(Code::NeedlessBool, expr.place, "a condition is compared with a truth")
            .label("is a truth itself")
            .help(format!("write `{instead}`"))
            .fix(format!("write `{instead}`"), expr.place, instead),
    );
}

/// Whether the bracket that a text begins with is closed by the one that it ends with.
fn in_brackets(text: &str) -> bool {
    let mut depth = 0_i32;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        if depth <= 0 {
            return letter == ')' && letters.peek().is_none();
        }
    }
    false
}

fn truth(expr: &Expr) -> Option<bool> {
    match expr.kind {
        ExprKind::Const(Value::Bool(holds)) if expr.ty == Type::Bool => Some(holds),
        _ => None,
    }
}

fn same_arms(expr: &Expr, advice: &mut Advice<'_>) {
    let ExprKind::If(arms) = &expr.kind else { return };
    let (yes, no) = (advice.text(arms[1].place), advice.text(arms[2].place));
    if yes == no && arms[1].place != arms[2].place {
        advice.push(
            Diagnostic::new(Code::SameArms, expr.place, "both arms of `if` are the same")
                .label("the condition decides nothing")
                .help(format!("write `{yes}`, or mend one arm")),
        );
    }
}
