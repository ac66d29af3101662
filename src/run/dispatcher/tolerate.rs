//! Loops with `tolerate`: some items may fail, and the run goes on without the rest of them.
//!
//! What ran ahead of the failure inside its item is taken back, and with it whatever was built on that; the latter is
//! done again. What else ran ahead would run in a sequential run too, and stays.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Dispatcher, Index, Outcome, Phase, Policy, Stop, Task, Within};

/// What is left out after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Skip {
    each: u32,
    /// This item; without one, the whole loop.
    item: Option<u32>,
}

impl Skip {
    fn holds(self, within: &[Within]) -> bool {
        within.iter().any(|around| around.each == self.each && self.item.is_none_or(|item| item == around.item))
    }
}

/// What loops have let pass.
#[derive(Clone, Debug, Default)]
pub(super) struct Tolerated {
    /// The failed items of each loop.
    items: BTreeMap<u32, BTreeSet<u32>>,
    /// Loops that failed as a whole, under a policy that goes on.
    given_up: BTreeSet<u32>,
}

impl Tolerated {
    /// The innermost of these loops that lets one more item fail. An item fails once, however much of it fails.
    pub fn lets_pass(&mut self, within: &[Within]) -> Option<Skip> {
        for &Within { each, item, tolerated } in within {
            if self.given_up.contains(&each) {
                return Some(Skip { each, item: None });
            }
            let failed = self.items.entry(each).or_default();
            if failed.contains(&item) || (failed.len() as u64) < tolerated {
                failed.insert(item);
                return Some(Skip { each, item: Some(item) });
            }
        }
        None
    }

    /// The loop failed; nothing more of it is done.
    pub fn gives_up(&mut self, whole: &Within) -> Skip {
        self.given_up.insert(whole.each);
        Skip { each: whole.each, item: None }
    }
}

impl Dispatcher {
    /// A loop lets the failure of `node` pass.
    pub(super) fn pass(&mut self, node: Index, skip: Skip) {
        self.warned = true;
        self.nodes[node].let_pass = true;
        self.record(node);
        self.go_on_without(node, skip);
    }

    /// Goes on at once where nothing has to be taken back first; else once nothing runs any more.
    pub(super) fn go_on_without(&mut self, node: Index, skip: Skip) {
        let group = self.nodes[node].group;
        let skipped = self.skipped_by(node, Some(skip));
        let ahead = |index: &Index| {
            let state = &self.nodes[*index];
            state.group > group && matches!(state.phase, Phase::Running | Phase::Ended(_))
        };
        if skipped.iter().any(ahead) {
            self.stop = Some(Stop { node: Some(node), group, outcome: Outcome::Failed, skip: Some(skip) });
            return self.drain();
        }
        for index in skipped {
            if self.nodes[index].phase == Phase::Waiting {
                self.bypass(index);
            }
        }
        self.held.remove(&node);
        self.release(node);
    }

    /// The nodes of the item or loop around `node` that have not begun, or were taken back, or ran ahead of it.
    pub(super) fn skipped_by(&self, node: Index, skip: Option<Skip>) -> Vec<Index> {
        let Some(skip) = skip else { return Vec::new() };
        // INVARIANT: the nodes of an item stand together, and so do the items of a loop.
        let inside = |index: &Index| skip.holds(&self.nodes[*index].within);
        let first = (0..node).rev().take_while(inside).last().unwrap_or(node);
        let group = self.nodes[node].group;
        (first..self.nodes.len())
            .take_while(inside)
            .filter(|&index| {
                let state = &self.nodes[index];
                let ahead = state.group > group && state.phase != Phase::Bypassed;
                ahead || state.taken_back || state.phase == Phase::Waiting
            })
            .collect()
    }

    /// Nothing runs any more, and a loop goes on without what failed: what comes before that.
    pub(super) fn line_up_pause(&mut self, stop: Stop) {
        let (Some(node), Some(skip)) = (stop.node, stop.skip) else { return };
        let policy = self.nodes[node].on_failure.clone();
        // Said inside of the item: it is heeded before the loop lets the item pass.
        let heeded = self.nodes[node].within[..self.nodes[node].nearer].iter().all(|around| skip.each != around.each);
        let acts = heeded && matches!(policy, Policy::Undo(_) | Policy::Handle);
        let back: BTreeSet<Index> = if acts {
            // A handler meets the world of a run that does one thing after the other.
            (0..self.nodes.len()).filter(|&index| self.nodes[index].group > stop.group).collect()
        } else {
            self.built_on(self.skipped_by(node, Some(skip)), stop.group)
        };
        for &index in back.iter().rev() {
            if matches!(self.nodes[index].phase, Phase::Ended(_)) {
                self.tasks.push_back(Task::TakeBack { node: index, of: Some(node) });
            }
        }
        match policy {
            Policy::Undo(scope) if acts => self.line_up_undo(&scope, node),
            Policy::Handle if acts => self.tasks.push_back(Task::Handle(node)),
            _ => {}
        }
        self.tasks.push_back(Task::Resume(node));
    }

    /// What ran behind `group` of `seeds`, and everything that ran after any of that because it had to.
    fn built_on(&self, seeds: Vec<Index>, group: usize) -> BTreeSet<Index> {
        let ran = |index: &Index| {
            let state = &self.nodes[*index];
            state.group > group && matches!(state.phase, Phase::Ended(_))
        };
        let mut open: VecDeque<Index> = seeds.into_iter().filter(ran).collect();
        let mut found: BTreeSet<Index> = open.iter().copied().collect();
        while let Some(index) = open.pop_front() {
            for &dependent in &self.nodes[index].dependents {
                if ran(&dependent) && found.insert(dependent) {
                    open.push_back(dependent);
                }
            }
        }
        found
    }

    /// The other way of a stage failed as well, or the handler inside of an item did: whether a loop around lets it pass.
    pub(super) fn let_pass_after_all(&mut self, node: Index) -> bool {
        let Some(stop) = self.stop.filter(|stop| stop.node == Some(node) && stop.outcome != Outcome::UndoFailed) else {
            return false;
        };
        if stop.skip.is_some() {
            return true;
        }
        let state = &self.nodes[node];
        if !matches!(state.on_failure, Policy::Otherwise(_)) || !self.tasks.contains(&Task::Resume(node)) {
            return false;
        }
        let within = std::sync::Arc::clone(&state.within);
        let skip = self.tolerated.lets_pass(&within[state.nearer..]);
        self.stop = Some(Stop { skip, ..stop });
        skip.is_some()
    }
}
