//! Promises of time, `within` and `by`: only recorded when they are not kept, never a reason to end anything.

use std::sync::PoisonError;
use std::time::Duration;

use super::{Executor, Frame};
use crate::catalogue::show;
use crate::check::model::Step;
use crate::run::event::Event;

/// A promise that was not kept.
#[derive(Clone, Debug)]
pub struct Missed {
    /// As in a sentence: `` `within` of step `restart` ``.
    pub promise: String,
    pub limit: Duration,
    pub took: Duration,
}

impl Missed {
    /// `` `within` of step `restart` (took 3s of 1s) ``
    #[must_use]
    pub fn text(&self) -> String {
        let length = |time: Duration| show::duration(time.as_millis() as f64 * 1e6);
        format!("{} (took {} of {})", self.promise, length(self.took), length(self.limit))
    }

    /// For the record.
    #[must_use]
    pub fn event(&self, node: Option<String>) -> Event {
        let millis = |time: Duration| time.as_millis() as u64;
        Event::DeadlineMissed {
            node,
            promise: self.promise.clone(),
            limit_ms: millis(self.limit),
            took_ms: millis(self.took),
        }
    }
}

impl Executor {
    /// What was missed so far.
    pub fn missed(&self) -> Vec<Missed> {
        self.missed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Frame<'_> {
    /// Records what a step that took so long has promised and not kept.
    pub(super) fn keep_promises(&mut self, step: &Step, took: Duration) {
        // What is undone or verified alone has promised nothing.
        if self.exec.plan.is_none() {
            return;
        }
        let (within, by) = (&step.clauses.within, &step.clauses.by);
        let since_start = self.exec.began.elapsed();
        for (word, clause, took) in [("within", within, took), ("by", by, since_start)] {
            let Some(clause) = clause else { continue };
            let Ok(limit) = self.duration(clause, &self.look) else { continue };
            if took > limit {
                let missed = Missed { promise: format!("`{word}` of step `{}`", self.key), limit, took };
                self.pending.push(missed.event(Some(self.key.clone())));
                self.exec.missed.lock().unwrap_or_else(PoisonError::into_inner).push(missed);
            }
        }
    }
}
