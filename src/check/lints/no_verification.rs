//! W6002: a phase that changes something and never looks whether that worked.

use std::collections::{HashMap, HashSet};

use crate::catalogue::signature::UndoKind;
use crate::check::model::{Block, Call, CallArg, Item, Name, Phase, Policy, StepItem};
use crate::diagnostics::{Code, Diagnostic, Report};

use super::{inside, steps};

/// What a part of a phase does.
#[derive(Clone, Copy, Default)]
struct Does {
    changes: bool,
    looks: bool,
}

impl Does {
    fn also(self, other: Self) -> Self {
        Self { changes: self.changes || other.changes, looks: self.looks || other.looks }
    }
}

pub fn lint(policy: &Policy, report: &mut Report) {
    let included: HashSet<&str> =
        policy.phases.iter().flat_map(|phase| &phase.includes).map(|name| &*name.text).collect();
    let parts: HashMap<&str, &Phase> = policy
        .phases
        .iter()
        .map(|phase| (&*phase.name.text, &**phase))
        .filter(|(name, _)| included.contains(name))
        .collect();
    // What includes a phase verifies for it.
    for phase in policy.phases.iter().filter(|phase| !included.contains(&*phase.name.text)) {
        let parts = phase.includes.iter().filter_map(|name| parts.get(&*name.text));
        let always = parts.fold(does(&phase.body), |all, part| all.also(does(&part.body)));
        if phase.scenarios.is_empty() {
            said(&phase.name, "phase", always, report);
        } else {
            scenarios(phase, always, report);
        }
    }
}

fn scenarios(phase: &Phase, always: Does, report: &mut Report) {
    for scenario in &phase.scenarios {
        said(&scenario.name, "scenario", always.also(does(&scenario.body)), report);
    }
}

fn said(name: &Name, noun: &str, does: Does, report: &mut Report) {
    if does.changes && !does.looks {
        let found =
            Diagnostic::new(Code::NoVerification, name.place, format!("{noun} `{}` verifies nothing", name.text))
                .label("changes something and never looks whether that worked")
                .help("add `verify NAME { expect … }` behind the steps");
        report.push(found);
    }
}

/// A verification looks, and so does a step that expects something, says when it is done, or waits until something holds.
fn does(block: &Block) -> Does {
    let mut all = Does::default();
    inside(block, &mut |block| {
        all.looks |= block.items.iter().any(|item| matches!(item, Item::Verify(_)));
        for step in steps(block) {
            all.looks |= step.clauses.done_when.is_some();
            in_step(&step.body, &mut all);
        }
    });
    all
}

fn in_step(items: &[StepItem], all: &mut Does) {
    for item in items {
        match item {
            StepItem::Call(call) => {
                all.changes |= !waits(call);
                // `ready:`, `done:`, what a wait asks: the call ends well only when it holds.
                all.looks |= call.args.iter().any(|arg| matches!(arg, CallArg::Lazy(_)));
            }
            StepItem::Expect(_) => all.looks = true,
            StepItem::For(each) => in_step(&each.body, all),
            StepItem::If(branch) => {
                in_step(&branch.body, all);
                in_step(&branch.otherwise, all);
            }
            StepItem::Group(group) => {
                all.looks |= group.action.done_when.is_some();
                in_step(&group.action.run, all);
            }
            StepItem::Let(_) | StepItem::Require(_) => {}
        }
    }
}

/// Whether a call only lets time pass.
fn waits(call: &Call) -> bool {
    let signature = call.signature();
    signature.gate && signature.undo == UndoKind::Nothing
}
