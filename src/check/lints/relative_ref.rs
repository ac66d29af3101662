//! W6003: `HEAD~1` and its like written into an action, where a `let` would pin it and give it a name.

use crate::catalogue::signature::Role;
use crate::catalogue::value::Value;
use crate::check::model::{Call, CallArg, Expr, ExprKind, Part, Policy, StepItem};
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::source::Place;

use super::{blocks, steps};

pub fn lint(policy: &Policy, report: &mut Report) {
    for phase in &policy.phases {
        blocks(phase, &mut |block| steps(block).for_each(|step| in_step(&step.body, report)));
    }
    for action in &policy.actions {
        in_step(&action.run, report);
    }
}

fn in_step(items: &[StepItem], report: &mut Report) {
    for item in items {
        match item {
            StepItem::Call(call) => in_call(call, report),
            StepItem::For(each) => in_step(&each.body, report),
            StepItem::If(branch) => {
                in_step(&branch.body, report);
                in_step(&branch.otherwise, report);
            }
            StepItem::Expect(_) | StepItem::Let(_) | StepItem::Require(_) | StepItem::Group(_) => {}
        }
    }
}

fn in_call(call: &Call, report: &mut Report) {
    // A command may hold it among other words; elsewhere a text with other words is prose.
    let command = call.signature().role == Role::Command;
    for arg in &call.args {
        let CallArg::Value(expr) = arg else { continue };
        if let Some((word, place)) = relative_in(expr, command) {
            let found = Diagnostic::new(Code::RelativeRef, place, format!("`{word}` is not pinned by a `let`"))
                .label("means another commit after the next commit or checkout")
                .help(format!("write `let good = git.commit_of(\"{word}\")` before the step, and use `good` here"));
            report.push(found);
        }
    }
}

/// The first relative ref that is written in `expr` itself, and where.
fn relative_in(expr: &Expr, command: bool) -> Option<(String, Place)> {
    let word = match &expr.kind {
        ExprKind::Const(value) => in_value(value, command),
        ExprKind::Interpolate(parts) => parts.iter().find_map(|part| match part {
            Part::Text(text) => in_text(text, command),
            Part::Hole(_) => None,
        }),
        ExprKind::List(items) => return items.iter().find_map(|item| relative_in(item, command)),
        ExprKind::Convert(inner) => return relative_in(inner, command),
        _ => None,
    };
    Some((word?, expr.place))
}

fn in_value(value: &Value, command: bool) -> Option<String> {
    match value {
        Value::Code(code) => in_text(&code.text, command),
        _ => value.elements().iter().find_map(|element| in_text(element.as_text()?, command)),
    }
}

fn in_text(text: &str, command: bool) -> Option<String> {
    if command {
        text.split_whitespace().find(|word| is_relative(word)).map(str::to_owned)
    } else {
        is_relative(text).then(|| text.to_owned())
    }
}

/// Whether a commit is named by its distance from where the repository happens to stand (`gitrevisions(7)`).
fn is_relative(word: &str) -> bool {
    let from = word.strip_prefix("HEAD").or_else(|| word.strip_prefix('@').filter(|rest| !rest.starts_with('{')));
    from.is_some_and(|rest| rest.starts_with(['~', '^']) || rest.starts_with("@{")) || word.starts_with("@{")
}
