//! Which verifications an undo asks at its end, and which of them have to hold.
//!
//! A verification describes the state *after* a rollback, so that it need not hold once that is undone. It must only
//! where the journal knows that it held in the very state that the undo goes back to: in the undo of an undo. Elsewhere
//! it is asked once, and what it says is a remark.

use std::collections::HashSet;
use std::sync::Arc;

use super::trail::Trail;
use crate::catalogue::error::Result;
use crate::check::model::{Block, Item, Policy, Verify, VerifyUse};
use crate::run::event::{NodeInfo, NodeOutcome, Outcome};
use crate::store::{RunRow, Store};

/// A verification at the end of an undo.
pub struct Verification {
    /// The key that it has in the run.
    pub key: String,
    pub verify: Arc<Verify>,
    pub place: VerifyUse,
    /// It held in the state that the undo goes back to, so it has to hold again.
    pub must: bool,
}

impl Verification {
    /// For the first record.
    pub(super) fn info(&self) -> NodeInfo {
        NodeInfo {
            key: self.key.clone(),
            title: self.verify.title.clone(),
            kind: "verify".to_owned(),
            after: Vec::new(),
            critical: self.must,
        }
    }
}

/// The verifications of the run that `trail` tells of; `held`: the keys of those that have to hold again.
pub(super) fn of(policy: &Policy, trail: &Trail, held: &HashSet<String>) -> Vec<Verification> {
    let mut uses: Vec<(&str, &VerifyUse)> = Vec::new();
    for phase in policy.phases.iter().filter(|phase| trail.phases.iter().any(|name| *name == *phase.name.text)) {
        let mut found = Vec::new();
        in_block(&phase.body, &mut found);
        phase.scenarios.iter().for_each(|scenario| in_block(&scenario.body, &mut found));
        uses.extend(found.into_iter().map(|place| (&*phase.name.text, place)));
    }
    let mut all = Vec::new();
    let several = trail.phases.len() > 1;
    for (key, _) in &trail.verified {
        // `phase.name[element]#2`: what stands in front and behind tells nodes of one name apart.
        let name = key.split(['#', '[']).next().unwrap_or_default();
        let verify_of = |place: &VerifyUse| Arc::clone(&policy.verifies[place.verify.0 as usize]);
        let is_in_phase = |(phase, place): &&(&str, &VerifyUse)| {
            let called = &verify_of(place).name.text;
            several && name.strip_prefix(phase).and_then(|rest| rest.strip_prefix('.')) == Some(&**called)
        };
        let is_it = |(_, place): &&(&str, &VerifyUse)| *verify_of(place).name.text == *name;
        let nearest = uses.iter().find(is_in_phase).or_else(|| uses.iter().find(is_it));
        let Some((_, place)) = nearest else { continue };
        let must = held.contains(key);
        all.push(Verification { key: key.clone(), verify: verify_of(place), place: (*place).clone(), must });
    }
    all
}

fn in_block<'a>(block: &'a Block, found: &mut Vec<&'a VerifyUse>) {
    for item in &block.items {
        match item {
            Item::Verify(place) => found.push(place),
            Item::Parallel(parallel) => in_block(&parallel.body, found),
            Item::Stage(stage) => in_block(&stage.body, found),
            // In a loop or a branch it may need what only the run knew.
            _ => {}
        }
    }
}

/// The keys of the verifications that held in the state before `of`, as far as the journal knows: where `of` is an undo,
/// the run before it left that state; where it is a run, an earlier undo of it may have gone back to it.
pub(super) fn held_before(store: &dyn Store, runs: &[RunRow], of: &RunRow) -> Result<HashSet<String>> {
    let whole = |run: &&RunRow| {
        let outcome = run.outcome.as_deref().and_then(Outcome::parse);
        matches!(outcome, Some(Outcome::Done | Outcome::Degraded | Outcome::Warned))
    };
    let left_it = match &of.of {
        Some(before) => runs.iter().find(|run| run.id == *before),
        None => runs.iter().filter(|run| run.of.as_deref() == Some(&of.id)).find(whole),
    };
    let Some(run) = left_it else { return Ok(HashSet::new()) };
    let trail = Trail::read(store, run.no, &run.id, None)?;
    let good = |outcome: &Option<NodeOutcome>| matches!(outcome, Some(NodeOutcome::Done | NodeOutcome::Degraded));
    Ok(trail.verified.into_iter().filter(|(_, outcome)| good(outcome)).map(|(key, _)| key).collect())
}
