//! W6034 and W6036: a range that holds nothing, a pattern that fits every text.

use std::cmp::Ordering;

use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::check::constant;
use crate::check::model::{BinaryOp, CallArg, Expr, ExprKind};
use crate::check::walk;
use crate::diagnostics::{Code, Diagnostic};

use super::advice::Advice;
use super::everything::Everything;

pub fn lint(all: &Everything<'_>, advice: &mut Advice<'_>) {
    for expr in &all.exprs {
        walk::expressions(expr, &mut |part| match &part.kind {
            ExprKind::Binary(BinaryOp::Range, _) => range(part, advice),
            // Counting what fits every line counts the lines.
            ExprKind::Probe(call) if part.ty == Type::Bool => call.args.iter().for_each(|arg| pattern(arg, advice)),
            _ => {}
        });
    }
}

fn range(expr: &Expr, advice: &mut Advice<'_>) {
    let Some(Value::Range(ends)) = constant::value(expr, &advice.policy.bindings, None) else { return };
    if constant::order(&ends.0, &ends.1) == Some(Ordering::Greater) {
        advice.push(
            Diagnostic::new(Code::EmptyRange, expr.place, "this range holds nothing")
                .label(format!("{} is more than {}", ends.0, ends.1))
                .help("write the lower end first"),
        );
    }
}

/// A pattern that fits the empty text fits at the beginning of each.
fn pattern(arg: &CallArg, advice: &mut Advice<'_>) {
    let CallArg::Value(expr) = arg else { return };
    let ExprKind::Const(Value::Regex(text)) = &expr.kind else { return };
    // What is anchored, or looks at the edges of words, fits some texts only.
    let plain = !text.contains(['^', '$']) && !["\\b", "\\B", "\\A", "\\z"].iter().any(|edge| text.contains(edge));
    if plain && regex::Regex::new(text).is_ok_and(|regex| regex.is_match("")) {
        advice.push(
            Diagnostic::new(Code::FitsEverything, expr.place, "this pattern fits every text")
                .label("also the empty one")
                .help("leave the empty alternative out, write `+` for `*`, or anchor it with `^` and `$`"),
        );
    }
}
