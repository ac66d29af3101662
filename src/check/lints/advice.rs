//! What lints report to: each finding once, and none in a module of `std`, which its reader cannot mend.

use std::collections::HashSet;

use crate::check::imports::Import;
use crate::check::model::Policy;
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::source::Place;

pub struct Advice<'p> {
    pub policy: &'p Policy,
    found: Vec<Diagnostic>,
    said: HashSet<(Code, Place)>,
}

impl<'p> Advice<'p> {
    pub fn new(policy: &'p Policy) -> Self {
        Self { policy, found: Vec::new(), said: HashSet::new() }
    }

    /// What is written at `place`.
    pub fn text(&self, place: Place) -> &'p str {
        self.policy.sources.get(place.file).slice(place.span)
    }

    /// A function is checked for each of its calls, and is advised on once.
    pub fn push(&mut self, found: Diagnostic) {
        let place = found.place();
        let embedded = Import::embedded(&self.policy.sources.get(place.file).path).is_some();
        if !embedded && self.said.insert((found.code, place)) {
            self.found.push(found);
        }
    }

    pub fn report(self, report: &mut Report) {
        self.found.into_iter().for_each(|found| report.push(found));
    }
}
