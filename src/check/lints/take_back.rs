//! W6058: `on failure undo` promises to take back what a step says cannot be.

use crate::check::model::{Block, Item, OnFailure, Policy, Step, StepItem};
use crate::diagnostics::{Code, Diagnostic};

use super::advice::Advice;
use super::everything::Everything;

pub fn lint(all: &Everything<'_>, policy: &Policy, advice: &mut Advice<'_>) {
    for phase in &policy.phases {
        let on_failure = phase.on_failure.as_ref().unwrap_or(&policy.on_failure);
        if matches!(on_failure, OnFailure::Undo) {
            block(&phase.body, advice);
            phase.scenarios.iter().for_each(|scenario| block(&scenario.body, advice));
        }
    }
    for stage in all.stages.iter().filter(|stage| matches!(stage.on_failure, Some(OnFailure::Undo))) {
        block(&stage.body, advice);
    }
}

/// A step that cannot be taken back, before one that can fail: the run would end half taken back.
fn block(block: &Block, advice: &mut Advice<'_>) {
    let steps = block.items.iter().filter_map(|item| if let Item::Step(step) = item { Some(step) } else { None });
    let steps: Vec<_> = steps.collect();
    for (index, step) in steps.iter().enumerate() {
        // Where somebody agreed to it, or what is behind waits for it, its place is meant; what only reads leaves nothing.
        let clauses = &step.clauses;
        if clauses.irreversible.is_none() || clauses.approve_by.is_some() || clauses.only_reads() {
            continue;
        }
        let waits = |other: &Step| other.clauses.after.iter().any(|name| name.text == step.name.text);
        let later = steps[index + 1..].iter().find(|other| {
            let clauses = &other.clauses;
            clauses.on_failure.is_none() && clauses.irreversible.is_none() && changes(&other.body) && !waits(other)
        });
        if let Some(later) = later {
            let (name, other) = (&step.name.text, &later.name.text);
            advice.push(
                Diagnostic::new(
                    Code::PastReturn,
                    step.name.place,
                    format!("`{name}` is not taken back when `{other}` fails"),
                )
                .label("cannot be taken back, and more can fail behind it")
                .also(later.name.place, "when this fails, the run is taken back without it")
                .help(format!("move it behind `{other}`; or say `after {name}` there, or `approve by ROLE` here")),
            );
        }
    }
}

fn changes(items: &[StepItem]) -> bool {
    items.iter().any(|item| match item {
        StepItem::Call(call) => !call.signature().gate,
        StepItem::Group(_) => true,
        StepItem::For(each) => changes(&each.body),
        StepItem::If(branch) => changes(&branch.body) || changes(&branch.otherwise),
        StepItem::Let(_) | StepItem::Require(_) | StepItem::Expect(_) => false,
    })
}
