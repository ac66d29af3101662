//! Items in text order, one after the other: what is decided only when it runs, handlers, `always`, another phase.

use std::sync::Arc;
use std::time::Duration;

use super::Frame;
use super::halt::Halt;
use crate::catalogue::error::Error;
use crate::check::model::{Block, Expr, For, Item, OnFailure, Stage, Step};
use crate::check::time::bounds::limit_of_step;
use crate::check::walk;
use crate::run::dispatcher::graph::Fail;
use crate::run::event::{Event, NodeOutcome};

impl Frame<'_> {
    pub(super) fn block(&mut self, block: &Block) -> Result<(), Halt> {
        self.items_of_block(&block.items)
    }

    pub(super) fn items_of_block(&mut self, items: &[Item]) -> Result<(), Halt> {
        for item in items {
            self.look.cancel().check()?;
            self.item(item)?;
        }
        Ok(())
    }

    pub(super) fn item(&mut self, item: &Item) -> Result<(), Halt> {
        let limit = self.exec.policy.defaults.timeout;
        match item {
            Item::Let(binding) => {
                let look = self.look.within(limit);
                self.bind_let(*binding, &look)?;
                Ok(())
            }
            Item::Require(require) => {
                let look = self.look.within(limit);
                self.require(require, &look)
            }
            Item::Observe(observe) => {
                let look = self.look.within(limit);
                self.observe(observe, &look);
                Ok(())
            }
            Item::Step(step) => self.inner_step(step),
            Item::Verify(place) => {
                let verify = Arc::clone(&self.exec.policy.verifies[place.verify.0 as usize]);
                let policy = place.on_failure.clone();
                self.inner(&verify.name.text, policy.as_ref(), |inner| inner.verify(&verify, place))
            }
            // The author vouches that the order does not matter, so this one is as good as any.
            Item::Parallel(parallel) => self.block(&parallel.body),
            Item::For(each) => self.each(each),
            Item::If(either) => {
                let look = self.look.within(limit);
                if self.holds(&either.condition, &look)? {
                    self.block(&either.body)
                } else if let Some(otherwise) = &either.otherwise {
                    self.block(otherwise)
                } else {
                    Ok(())
                }
            }
            Item::Stage(stage) => self.stage(stage),
        }
    }

    /// A phase in the place of a failed one: all of it, in text order, then its `always`.
    pub(super) fn phase(&mut self, name: &str) -> Result<(), Halt> {
        let policy = Arc::clone(&self.exec.policy);
        let Some(phase) = policy.phases.iter().find(|phase| *phase.name.text == *name) else {
            return Err(Halt::failed(Error::internal(format!("there is no phase `{name}`"))));
        };
        let result = self.block(&phase.body);
        let always = phase.always.as_ref().map_or(Ok(()), |block| self.block(block));
        result.and(always)
    }

    /// A stage, and where it fails its other ways, in order.
    pub(super) fn stage(&mut self, stage: &Stage) -> Result<(), Halt> {
        let from = self.kept.len();
        let result = self.block(&stage.body);
        let Err(halt) = result else { return Ok(()) };
        if !may_be_handled(&halt) {
            return Err(halt);
        }
        if let Some(policy) = &stage.on_failure {
            return self.failed_inside(halt, policy, from);
        }
        match &stage.otherwise {
            Some(other) => {
                self.note(format!("`{}` failed: {}; trying `{}`", stage.name.text, halt.error.what, other.name.text));
                self.warned = true;
                self.stage(other)
            }
            None => Err(halt),
        }
    }

    fn each(&mut self, each: &For) -> Result<(), Halt> {
        let look = self.look.within(self.exec.policy.defaults.timeout);
        let elements = self.elements(&each.iter, each.var, each.filter.as_ref(), &look)?;
        let tolerated = each.tolerate.map_or(0, |tolerate| tolerate.of(elements.len()));
        let mut failed = 0;
        for element in elements {
            self.set(each.var, element.clone());
            match self.block(&each.body) {
                Ok(()) => {}
                Err(halt) if failed < tolerated && may_be_handled(&halt) => {
                    failed += 1;
                    self.warned = true;
                    self.note(format!("let pass for {element}: {}", halt.error.what));
                }
                Err(halt) => return Err(halt),
            }
        }
        Ok(())
    }

    fn inner_step(&mut self, step: &Step) -> Result<(), Halt> {
        let limit = self.limit(step)?;
        let policy = step.clauses.on_failure.clone();
        self.inner(&step.name.text, policy.as_ref(), |inner| inner.step(step, limit))
    }

    /// The time limit of one attempt. What it depends on is asked of nobody: a length that only the world knows counts as
    /// the default.
    fn limit(&self, step: &Step) -> Result<Duration, Halt> {
        if let Some(timeout) = &step.clauses.timeout {
            self.duration(timeout, &self.look)?;
        }
        let policy = &self.exec.policy;
        let mut known = |expr: &Expr| {
            if walk::asks_the_world(expr) { None } else { self.eval(expr, &self.look).ok() }
        };
        Ok(limit_of_step(policy, step, policy.defaults.timeout, &mut known).worst)
    }

    /// Runs something inside with a key and an outcome of its own.
    fn inner(
        &mut self,
        name: &str,
        policy: Option<&OnFailure>,
        run: impl FnOnce(&mut Frame<'_>) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        let started = std::time::Instant::now();
        self.flush();
        let mut inner = self.inside(name);
        inner.pending.push(Event::NodeStarted { node: inner.key.clone(), attempt: 1 });
        let result = run(&mut inner);
        self.absorb(&inner);
        let (outcome, error) = match &result {
            Ok(()) if inner.already => (NodeOutcome::Already, None),
            Ok(()) if inner.degraded => (NodeOutcome::Degraded, None),
            Ok(()) if inner.warned || inner.partial => (NodeOutcome::Warned, None),
            Ok(()) => (NodeOutcome::Done, None),
            Err(halt) => (inner_outcome(halt, policy), Some(halt.error.clone())),
        };
        let millis = started.elapsed().as_millis() as u64;
        inner.pending.push(Event::NodeEnded { node: inner.key.clone(), outcome, error, millis });
        inner.flush();
        let from = self.kept.len();
        self.kept.append(&mut inner.kept);
        match (result, policy) {
            (Err(halt), Some(policy)) if may_be_handled(&halt) => self.failed_inside(halt, policy, from),
            (result, _) => result,
        }
    }

    /// What a failure inside a block means; `from`: where the captures of what failed begin.
    fn failed_inside(&mut self, halt: Halt, policy: &OnFailure, from: usize) -> Result<(), Halt> {
        // The nearest counts: where it stops, no `warn` around it lets the run go on.
        let decided = Halt { decided: true, ..halt };
        match policy {
            OnFailure::Stop => Err(decided),
            OnFailure::Warn => {
                self.warned = true;
                Ok(())
            }
            OnFailure::Continue => {
                self.partial = true;
                Ok(())
            }
            OnFailure::Undo => {
                self.restore(from)?;
                Err(decided)
            }
            OnFailure::Run(name) => {
                self.phase(&name.text)?;
                Err(decided)
            }
            OnFailure::Steps(block) => {
                self.block(block)?;
                Err(decided)
            }
        }
    }
}

fn may_be_handled(halt: &Halt) -> bool {
    !halt.journal_lost && !halt.decided && halt.fail != Fail::Interrupted
}

fn inner_outcome(halt: &Halt, policy: Option<&OnFailure>) -> NodeOutcome {
    match halt.fail {
        Fail::Interrupted => NodeOutcome::Interrupted,
        _ if matches!(policy, Some(OnFailure::Warn)) => NodeOutcome::Warned,
        Fail::Inconclusive => NodeOutcome::Inconclusive,
        Fail::Unknown => NodeOutcome::Unknown,
        Fail::Refused | Fail::Declined | Fail::Failed | Fail::Stopped => NodeOutcome::Failed,
    }
}
