//! The effects of many calls, each resource once. Thousands of calls may stand in one step, so that none is compared with all.

use std::collections::HashSet;

use crate::catalogue::effect::{Effects, Resource};

/// What was gathered.
#[derive(Default)]
pub(super) struct Gathered {
    /// In the order found.
    pub effects: Effects,
    reads: HashSet<Resource>,
    writes: HashSet<Resource>,
}

impl Gathered {
    /// Adds what is not there yet.
    pub fn extend(&mut self, more: Effects) {
        add(&mut self.effects.reads, &mut self.reads, more.reads);
        add(&mut self.effects.writes, &mut self.writes, more.writes);
    }
}

fn add(to: &mut Vec<Resource>, seen: &mut HashSet<Resource>, more: Vec<Resource>) {
    for resource in more {
        if seen.insert(resource.clone()) {
            to.push(resource);
        }
    }
}
