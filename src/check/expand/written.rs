//! Who writes what, of the nodes so far: the last one that writes what is read is found without asking each of them.
//!
//! INVARIANT: it answers as a search through all nodes would, whatever was expanded aside and taken away in between.

use crate::catalogue::effect::{Effects, Resource};
use crate::check::effects::key::{self, Key, Meet};
use crate::check::effects::places::{At, Places, TOP};

/// The last that wrote exactly there, and there or anywhere below: a number more than the node's, 0 for none.
#[derive(Clone, Copy, Debug, Default)]
struct Last {
    here: usize,
    below: usize,
}

/// The nodes up to `entered` by what they write.
#[derive(Debug, Default)]
pub(super) struct Written {
    places: Places<Last>,
    entered: usize,
    /// What each entry replaced, by the number of its node: the way back when nodes are taken away.
    replaced: Vec<(usize, At, Last)>,
}

impl Written {
    /// The last of `nodes` that writes something of `reads`.
    pub fn last<N>(&mut self, reads: &[Resource], nodes: &[N], effects: fn(&N) -> &Effects) -> Option<usize> {
        for (index, node) in nodes.iter().enumerate().skip(self.entered) {
            effects(node).writes.iter().flat_map(key::keys).for_each(|key| self.enter(&key, index + 1));
        }
        self.entered = nodes.len();
        reads.iter().flat_map(key::keys).map(|key| self.meeting(&key)).max().and_then(|last| last.checked_sub(1))
    }

    /// Forgets the nodes from `from` on, which are taken away.
    pub fn forget_from(&mut self, from: usize) {
        while let Some((_, at, before)) = self.replaced.pop_if(|(number, ..)| *number > from) {
            *self.places.kept_mut(at) = before;
        }
        self.entered = self.entered.min(from);
    }

    fn enter(&mut self, key: &Key, number: usize) {
        let mut at = TOP;
        for segment in &key.segments {
            let above = *self.places.kept(at);
            self.set(at, Last { below: number, ..above }, number);
            at = self.places.child(at, segment);
        }
        self.set(at, Last { here: number, below: number }, number);
    }

    fn set(&mut self, at: At, last: Last, number: usize) {
        let before = std::mem::replace(self.places.kept_mut(at), last);
        self.replaced.push((number, at, before));
    }

    /// The last that wrote at a place above, at or below that of `key`; 0 for none.
    fn meeting(&self, key: &Key) -> usize {
        let mut last = 0;
        let mut here: Vec<At> = vec![TOP];
        for depth in 0..key.segments.len() {
            let mut next = Vec::new();
            for &at in &here {
                last = last.max(self.places.kept(at).here);
                self.places.meeting(at, key, depth, |meet, child| match meet {
                    Meet::Surely | Meet::Perhaps => next.push(child),
                    Meet::All => last = last.max(self.places.kept(child).below),
                    Meet::Never => {}
                });
            }
            here = next;
        }
        here.into_iter().map(|at| self.places.kept(at).below).fold(last, usize::max)
    }
}

#[cfg(test)]
#[path = "written_tests.rs"]
mod tests;
