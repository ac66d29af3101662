//! A step in words: its calls, what it writes, how long it may take, how it is taken back, what happens when it fails.

use std::sync::Arc;

use crate::catalogue::signature::UndoKind;
use crate::check::effects;
use crate::check::model::{BindingKind, Call, Group, OnFailure, Step, StepItem, Title, Undo};

use super::pen::{Pen, expectation, reaction};
use super::text::{Texts, code, joined, length, plain};

/// What an action of the policy's own does stands below each of its calls, up to so many calls.
const SHOWN: usize = 30;

pub fn write(pen: &mut Pen<'_>, step: &Arc<Step>, mark: &str, depth: usize) {
    let title = match &step.title {
        None => String::new(),
        Some(Title::Plain(title)) => format!(" {}", plain(title)),
        Some(Title::Built(title)) => format!(" {}", pen.texts.code(title)),
    };
    pen.line(depth, mark, &format!("**{}**{title}", step.name.text));
    statements(pen, &step.body, depth + 1);
    for clause in clauses(pen, step) {
        pen.line(depth + 1, "-", &clause);
    }
    if let Undo::Block(body) = &step.clauses.undo
        && !body.is_empty()
    {
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
            StepItem::Group(group) => grouped(pen, group, depth),
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
            StepItem::For(each) => {
                let var = &pen.policy.bindings[each.var.0 as usize].name.text;
                let filter = each
                    .filter
                    .as_ref()
                    .map_or_else(String::new, |filter| format!(" where {}", pen.texts.code(filter)));
                let text = format!("For each {} in {}{filter}:", code(var), pen.texts.code(&each.iter));
                pen.line(depth, "-", &text);
                statements(pen, &each.body, depth + 1);
            }
            StepItem::If(branch) => {
                let text = format!("If {}:", pen.texts.code(&branch.condition));
                pen.line(depth, "-", &text);
                statements(pen, &branch.body, depth + 1);
                if !branch.otherwise.is_empty() {
                    pen.line(depth, "-", "Otherwise:");
                    statements(pen, &branch.otherwise, depth + 1);
                }
            }
        }
    }
}

fn called(pen: &Pen<'_>, call: &Call) -> String {
    format!("{}{}", code(&pen.texts.at(call.place)), may_fail(call.fails.as_ref()))
}

const fn may_fail(fails: Option<&OnFailure>) -> &'static str {
    match fails {
        Some(OnFailure::Warn) => ", which may fail",
        _ => "",
    }
}

/// The call of an action of the policy's own, and below it what that does: whoever follows the runbook by hand does those.
fn grouped(pen: &mut Pen<'_>, group: &Group, depth: usize) {
    let action = &group.action;
    let call = format!("{}{}", code(&pen.texts.at(group.place)), may_fail(group.fails.as_ref()));
    if action.size > SHOWN {
        let at = Texts::defined(pen.policy, action.place);
        pen.line(depth, "-", &format!("{call}: {} calls, which stand at {}.", action.size, code(&at)));
        return;
    }
    let given: Vec<String> = action
        .params
        .iter()
        .zip(&group.args)
        .map(|(param, arg)| {
            let name = &pen.policy.bindings[param.0 as usize].name.text;
            format!("{} is {}", code(name), pen.texts.code(arg))
        })
        .collect();
    let given = if given.is_empty() { String::new() } else { format!(", where {}", joined(&given)) };
    pen.line(depth, "-", &format!("{call}{given}:"));
    statements(pen, &action.head, depth + 1);
    statements(pen, &action.run, depth + 1);
    if let Some(done) = &action.done_when {
        let text = format!("Done already when {}, which holds afterwards.", pen.texts.code(done));
        pen.line(depth + 1, "-", &text);
    }
    match &action.undo {
        Undo::Block(body) => {
            pen.line(depth + 1, "-", "It is taken back by:");
            statements(pen, body, depth + 2);
        }
        Undo::Repeat => pen.line(depth + 1, "-", "An undo does it again, after everything is restored."),
        Undo::None => pen.line(depth + 1, "-", "An undo leaves it as it is."),
        Undo::Restore => {}
    }
    if let Some(why) = &action.irreversible {
        let text = format!("**Cannot be taken back**: {}.", pen.texts.said(why));
        pen.line(depth + 1, "-", &text);
    }
    if action.idempotent {
        pen.line(depth + 1, "-", "May be repeated without harm.");
    }
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
    if !pen.foreseen.knows(step) {
        return String::new();
    }
    let writes = pen.foreseen.writes(step);
    let shown: Vec<String> = writes.iter().map(|name| effects::in_words(name)).collect();
    if shown.is_empty() { "Writes nothing.".to_owned() } else { format!("Writes {}.", joined(&shown)) }
}

/// How a step is taken back; its own block stands behind it.
fn undone(pen: &Pen<'_>, step: &Arc<Step>) -> String {
    match step.clauses.undo {
        Undo::Block(ref body) if body.is_empty() => "There is nothing to take back.".to_owned(),
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
            } else if kinds.contains(&UndoKind::Repeat) && kinds.contains(&UndoKind::Exact) {
                "An undo restores what was there, to the byte, and then does its restarts and reloads again.".to_owned()
            } else if kinds.contains(&UndoKind::Inverse) {
                "An undo does the opposite.".to_owned()
            } else if kinds.contains(&UndoKind::Repeat) {
                "An undo does it again, after everything is restored.".to_owned()
            } else if kinds.contains(&UndoKind::Exact)
                && (!pen.foreseen.knows(step) || !pen.foreseen.writes(step).is_empty())
            {
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
            // One that speaks of its undo says so below its call.
            StepItem::Group(group) if group.action.speaks_of_undo() => {}
            StepItem::Group(group) => undo_kinds(&group.action.run, kinds),
            StepItem::For(each) => undo_kinds(&each.body, kinds),
            StepItem::If(branch) => {
                undo_kinds(&branch.body, kinds);
                undo_kinds(&branch.otherwise, kinds);
            }
            StepItem::Let(_) | StepItem::Require(_) | StepItem::Expect(_) => {}
        }
    }
}
