//! Advice on policies that are right: one file per lint. A lint reads the typed policy and must not ask the world.

mod duplicate_title;
mod no_verification;
mod relative_ref;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::diagnostics::Report;

use super::model::{Block, Item, Phase, Policy, Step};

/// Reports what is advisable in `policy`, which has no errors.
pub fn advise(policy: &Policy, report: &mut Report) {
    no_verification::lint(policy, report);
    relative_ref::lint(policy, report);
    duplicate_title::lint(policy, report);
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

/// `block` and all blocks inside.
fn inside<'p>(block: &'p Block, see: &mut impl FnMut(&'p Block)) {
    see(block);
    for item in &block.items {
        match item {
            Item::Parallel(parallel) => inside(&parallel.body, see),
            Item::For(each) => inside(&each.body, see),
            Item::If(branch) => {
                inside(&branch.body, see);
                branch.otherwise.iter().for_each(|otherwise| inside(otherwise, see));
            }
            Item::Stage(stage) => {
                let mut stage = Some(&**stage);
                while let Some(this) = stage {
                    inside(&this.body, see);
                    stage = this.otherwise.as_deref();
                }
            }
            Item::Let(_) | Item::Require(_) | Item::Observe(_) | Item::Step(_) | Item::Verify(_) => {}
        }
    }
}

/// The steps that stand directly in a block.
fn steps(block: &Block) -> impl Iterator<Item = &Arc<Step>> {
    block.items.iter().filter_map(|item| if let Item::Step(step) = item { Some(step) } else { None })
}
