//! Advice on policies that are right: a file for each lint, or for a few of one kind. A lint reads the typed policy and
//! must not ask the world.

mod advice;
mod authority;
mod command;
mod commands;
mod conditions;
mod duplicate_title;
mod everything;
mod fences;
mod hygiene;
mod interval;
mod lasting;
mod no_verification;
mod numbers;
mod paths;
mod relative_ref;
mod rules;
mod secrets;
mod take_back;
mod times;
mod together;
mod unused;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::diagnostics::Report;

use super::model::{Block, Phase, Policy};
use super::walk::{inside, steps};

/// Reports what is advisable in `policy`, which has no errors.
pub fn advise(policy: &Arc<Policy>, report: &mut Report) {
    no_verification::lint(policy, report);
    relative_ref::lint(policy, report);
    duplicate_title::lint(policy, report);
    let all = everything::Everything::of(policy);
    let mut advice = advice::Advice::new(policy);
    conditions::lint(&all, &mut advice);
    numbers::lint(&all, &mut advice);
    commands::lint(&all, &mut advice);
    secrets::lint(&all, &mut advice);
    times::lint(&all, &mut advice);
    hygiene::lint(&all, &mut advice);
    paths::lint(&all, &mut advice);
    take_back::lint(&all, policy, &mut advice);
    authority::lint(&all, policy, &mut advice);
    unused::lint(&all, policy, &mut advice);
    rules::lint(&all, policy, &mut advice);
    fences::lint(&all, policy, &mut advice);
    together::lint(policy, &mut advice);
    lasting::lint(policy, &mut advice);
    advice.report(report);
}

/// Every block of a phase that holds items: its own, those of its scenarios, and all blocks inside.
fn blocks<'p>(phase: &'p Phase, see: &mut impl FnMut(&'p Block)) {
    inside(&phase.body, see);
    for scenario in &phase.scenarios {
        inside(&scenario.body, see);
    }
    if let Some(always) = &phase.always {
        inside(always, see);
    }
}
