//! A step in words: its calls, what it writes, how long it may take, how it is taken back, what happens when it fails.

use std::sync::Arc;

use crate::catalogue::signature::UndoKind;
use crate::check::effects;
use crate::check::model::{BindingKind, Call, OnFailure, Step, StepItem, Undo};

use super::phase::{Pen, expectation, reaction};
use super::text::{code, joined, length, plain};

pub fn write(pen: &mut Pen<'_>, step: &Arc<Step>, mark: &str, depth: usize) {
    let title = step.title.as_deref().map_or_else(String::new, |title| format!(" {}", plain(title)));
    pen.line(depth, mark, &format!("**{}**{title}", step.name.text));
    statements(pen, &step.body, depth + 1);
    for clause in clauses(pen, step) {
        pen.line(depth + 1, "-", &clause);
    }
    if let Undo::Block(body) = &step.clauses.undo {
        pen.line(depth + 1, "-", "It is taken back by:");
        statements(pen, body, depth + 2);
    }
}

fn statements(pen: &mut Pen<'_>, items: &[StepItem], depth: usize) {
    for item in items {
        match item {
            StepItem::Call(call) => {
                let text = called(pen, call);
                pen.line(depth, "-", &text);
            }
            StepItem::Let(id) => {
                let binding = &pen.policy.bindings[id.0 as usize];
                if let BindingKind::Let(value) = &binding.kind {
                    let text = format!("Find {} = {}.", code(&binding.name.text), pen.texts.code(value));
                    pen.line(depth, "-", &text);
                }
            }
            StepItem::Require(require) => {
                let text = pen.required(require);
                pen.line(depth, "-", &text);
            }
            StepItem::Expect(check) => {
                let text = expectation(check, pen.texts);
                pen.line(depth, "-", &text);
            }
            StepItem::For { var, iter, filter, body, .. } => {
                let var = &pen.policy.bindings[var.0 as usize].name.text;
                let filter =
                    filter.as_ref().map_or_else(String::new, |filter| format!(" where {}", pen.texts.code(filter)));
                let text = format!("For each {} in {}{filter}:", code(var), pen.texts.code(iter));
                pen.line(depth, "-", &text);
                statements(pen, body, depth + 1);
            }
            StepItem::If { condition, body, otherwise, .. } => {
                let text = format!("If {}:", pen.texts.code(condition));
                pen.line(depth, "-", &text);
                statements(pen, body, depth + 1);
                if !otherwise.is_empty() {
                    pen.line(depth, "-", "Otherwise:");
                    statements(pen, otherwise, depth + 1);
                }
            }
        }
    }
}

fn called(pen: &Pen<'_>, call: &Call) -> String {
    let fails = match &call.fails {
        Some(OnFailure::Warn) => ", which may fail",
        _ => "",
    };
    format!("{}{fails}", code(&pen.texts.at(call.place)))
}

fn clauses(pen: &Pen<'_>, step: &Arc<Step>) -> Vec<String> {
    let clauses = &step.clauses;
    let texts = pen.texts;
    let mut says = Vec::new();
    if let Some(role) = &clauses.approve_by {
        says.push(format!("Only when somebody of {} has approved.", code(&role.text)));
    }
    if !clauses.after.is_empty() {
        let names: Vec<_> = clauses.after.iter().map(|name| code(&name.text)).collect();
        says.push(format!("Only after {}.", joined(&names)));
    }
    if clauses.graceful {
        says.push("Graceful: left out in an emergency, and by severities that say so.".to_owned());
    }
    if let Some(done) = &clauses.done_when {
        says.push(format!("Done already when {}, which holds afterwards.", texts.code(done)));
    }
    says.push(written(pen, step));
    let limit = pen.foreseen.timeout(step).map_or_else(String::new, length);
    let mut time = match (&clauses.timeout, limit.is_empty()) {
        (Some(timeout), true) => format!("Killed after {}", texts.of(timeout)),
        _ => format!("Killed after {limit}"),
    };
    if let Some(retry) = &clauses.retry {
        time.push_str(&format!(", tried up to {} times", retry.times + 1));
        if !retry.every.is_zero() {
            time.push_str(&format!(", {} apart", length(retry.every)));
        }
    }
    if clauses.timeout.is_some() || clauses.retry.is_some() || !limit.is_empty() {
        says.push(format!("{time}."));
    }
    for (limit, what) in [(&clauses.within, "of its own"), (&clauses.by, "after the start of the run")] {
        if let Some(limit) = limit {
            says.push(format!("Should end within {} {what}.", texts.of(limit)));
        }
    }
    says.push(undone(pen, step));
    if let Some(why) = &clauses.irreversible {
        says.push(format!("**Cannot be taken back**: {}.", texts.said(why)));
    }
    if clauses.idempotent {
        says.push("May be repeated without harm.".to_owned());
    }
    if clauses.mitigates {
        says.push("The severity's deadline is met here.".to_owned());
    }
    if let Some(preview) = &clauses.preview {
        says.push(format!("A plan shows {}.", code(&texts.at(preview.place))));
    }
    if let Some(on_failure) = &clauses.on_failure {
        says.push(format!("When it fails: {}.", reaction(on_failure)));
    }
    says.retain(|line| !line.is_empty());
    says
}

fn written(pen: &Pen<'_>, step: &Arc<Step>) -> String {
    let writes = pen.foreseen.writes(step);
    let shown: Vec<String> = writes.iter().map(|name| effects::in_words(name)).collect();
    if shown.is_empty() { "Writes nothing.".to_owned() } else { format!("Writes {}.", joined(&shown)) }
}

/// How a step is taken back; its own block stands behind it.
fn undone(pen: &Pen<'_>, step: &Arc<Step>) -> String {
    match step.clauses.undo {
        Undo::Block(_) => String::new(),
        Undo::Repeat => "An undo does it again, after everything is restored.".to_owned(),
        Undo::None => "An undo leaves it as it is.".to_owned(),
        Undo::Restore => {
            let mut kinds = Vec::new();
            undo_kinds(&step.body, &mut kinds);
            if kinds.contains(&UndoKind::None) {
                let why =
                    if step.clauses.irreversible.is_some() || step.clauses.idempotent { "" } else { "; see its page" };
                format!("An undo does not take it back{why}.")
            } else if kinds.contains(&UndoKind::Inverse) {
                "An undo does the opposite.".to_owned()
            } else if kinds.contains(&UndoKind::Repeat) {
                "An undo does it again, after everything is restored.".to_owned()
            } else if kinds.contains(&UndoKind::Exact) && !pen.foreseen.writes(step).is_empty() {
                "An undo restores what was there, to the byte.".to_owned()
            } else {
                String::new()
            }
        }
    }
}

fn undo_kinds(items: &[StepItem], kinds: &mut Vec<UndoKind>) {
    for item in items {
        match item {
            StepItem::Call(call) => kinds.push(call.signature().undo),
            StepItem::For { body, .. } => undo_kinds(body, kinds),
            StepItem::If { body, otherwise, .. } => {
                undo_kinds(body, kinds);
                undo_kinds(otherwise, kinds);
            }
            StepItem::Let(_) | StepItem::Require(_) | StepItem::Expect(_) => {}
        }
    }
}
