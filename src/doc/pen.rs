//! What phases and steps are written with: lines of a list, and the sentences that both have.

use std::fmt::Write;

use crate::check::model::{Check, CheckKind, Item, OnFailure, Policy, Require};

use super::text::{Texts, code, joined};
use super::worst::Foreseen;

/// What one phase is written with.
pub(super) struct Pen<'p> {
    pub policy: &'p Policy,
    pub foreseen: &'p Foreseen,
    pub texts: &'p Texts,
    pub out: &'p mut String,
}

impl Pen<'_> {
    /// A line of a list at some depth.
    pub fn line(&mut self, depth: usize, mark: &str, text: &str) {
        let _ = writeln!(self.out, "{}{mark} {text}", "   ".repeat(depth));
    }

    /// `require`, as a sentence.
    pub fn required(&self, require: &Require) -> String {
        let why = require.why.as_ref().map_or_else(String::new, |why| format!(" ({})", self.texts.said(why)));
        format!("Go on only if {}{why}.", self.texts.code(&require.condition))
    }
}

/// What happens when something fails, as a clause of a sentence.
pub(super) fn reaction(on_failure: &OnFailure) -> String {
    match on_failure {
        OnFailure::Stop => "nothing new starts, and the run ends failed".to_owned(),
        OnFailure::Undo => "what it did is taken back, then the run stops".to_owned(),
        OnFailure::Warn => "the run warns and goes on".to_owned(),
        OnFailure::Continue => "the run goes on and ends partial".to_owned(),
        OnFailure::Run(phase) => format!("phase {} is run", code(&phase.text)),
        OnFailure::Steps(block) => {
            let names: Vec<_> = block
                .items
                .iter()
                .filter_map(|item| match item {
                    Item::Step(step) => Some(code(&step.name.text)),
                    _ => None,
                })
                .collect();
            if names.is_empty() { "its handler runs".to_owned() } else { format!("{} then run", joined(&names)) }
        }
    }
}

/// An expectation, as a sentence.
pub(super) fn expectation(check: &Check, texts: &Texts) -> String {
    let condition = texts.code(&check.condition);
    let why = check.why.as_ref().map_or_else(String::new, |why| format!(" ({})", texts.said(why)));
    match check.kind {
        CheckKind::Expect => format!("{condition} must hold{why}."),
        CheckKind::Should => format!("{condition} should hold; otherwise the run ends degraded{why}."),
        CheckKind::FailWhen => format!("It has failed as soon as {condition}{why}."),
    }
}
