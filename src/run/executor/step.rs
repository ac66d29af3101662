//! A step: `done when`, attempts, its items in order.

use std::time::Duration;

use super::Frame;
use super::call::{PutBack, retryable};
use super::frame::truth;
use super::halt::Halt;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::show;
use crate::catalogue::value::Value;
use crate::check::model::{BindingId, Expr, Step, StepFor, StepIf, StepItem, Undo};
use crate::run::event::{Event, UndoNote};

impl Frame<'_> {
    /// Executes a step. `timeout` is that of each attempt. A missed `within` or `by` is recorded; only `timeout` kills.
    pub(super) fn step(&mut self, step: &Step, timeout: Duration) -> Result<(), Halt> {
        let clock = std::time::Instant::now();
        let result = self.attempts(step, timeout);
        self.keep_promises(step, clock.elapsed());
        result
    }

    fn attempts(&mut self, step: &Step, timeout: Duration) -> Result<(), Halt> {
        self.announce(step);
        if let Some(done) = &step.clauses.done_when
            && self.holds(done, &self.look.within(timeout))?
        {
            self.already = true;
            return Ok(());
        }
        self.approved(step)?;
        let retries = step.clauses.retry.as_ref().map_or(0, |retry| retry.times);
        let mut pause = step.clauses.retry.as_ref().map_or(Duration::ZERO, |retry| retry.every);
        let mut attempt = 1;
        loop {
            let (from, from_call) = (self.kept.len(), self.calls);
            let look = self.look.within(timeout);
            let halt = match self.attempt(step, &look) {
                Ok(()) => return Ok(()),
                Err(halt) => explain(halt, timeout),
            };
            if attempt > retries || !retryable(&halt) {
                return Err(halt);
            }
            attempt += 1;
            let restored = !step.clauses.idempotent;
            let put_back = if restored { self.restore(from)? } else { PutBack::default() };
            self.pending.push(Event::Retrying {
                node: self.key.clone(),
                attempt,
                error: halt.error,
                pause_ms: pause.as_millis() as u64,
                restored,
                captured: put_back.captured,
                ran: put_back.ran,
                from_call,
            });
            self.flush();
            self.look.cancel().sleep(pause)?;
            if let Some(retry) = &step.clauses.retry {
                // A pause too long to represent stays as it is.
                pause = Duration::try_from_secs_f64(pause.as_secs_f64() * retry.backoff).unwrap_or(pause);
            }
        }
    }

    fn attempt(&mut self, step: &Step, look: &Look) -> Result<(), Halt> {
        self.items(&step.body, look)?;
        // Every action of it was done before: nothing ran.
        self.already |= self.skipped && self.calls == 0;
        if let Some(done) = &step.clauses.done_when {
            let (result, detail) = self.trace(done, look);
            if !result.and_then(truth)? {
                let what = format!("it ran, but `done when {}` does not hold", self.written(done));
                return Err(Halt::failed(Error::failed(super::frame::with_detail(what, &detail))));
            }
        }
        Ok(())
    }

    /// Tells the journal what an undo must know and could not see from the calls alone.
    pub(super) fn announce(&mut self, step: &Step) {
        let undo = match step.clauses.undo {
            Undo::Restore => UndoNote::Restore,
            Undo::Block(_) => UndoNote::Block,
            Undo::Repeat => UndoNote::Repeat,
            Undo::None => UndoNote::None,
        };
        let irreversible = step.clauses.irreversible.as_ref().map(|why| match self.eval(why, &self.look) {
            Ok(value) => value.as_text().map_or_else(|| value.to_string(), str::to_owned),
            Err(_) => self.written(why),
        });
        if undo == UndoNote::Restore && irreversible.is_none() {
            return;
        }
        let place = (step.place.file.0, step.place.span.start, step.place.span.end);
        // All values it sees that the run as a whole does not: loop variables, local bindings.
        let global = self.exec.snapshot();
        let locals = self
            .values
            .iter()
            .filter(|(binding, value)| global.get(binding) != Some(value))
            .map(|(binding, value)| (binding.0, value.clone()))
            .collect();
        self.pending.push(Event::Entered { node: self.key.clone(), place, undo, irreversible, locals });
    }

    /// The items of a step, in order.
    pub(super) fn items(&mut self, items: &[StepItem], look: &Look) -> Result<(), Halt> {
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                // The outcome of a call goes on its way before what may take long behind it.
                self.flush();
            }
            self.look.cancel().check()?;
            match item {
                StepItem::Call(call) => self.call(call, look)?,
                StepItem::Let(binding) => {
                    self.bind_let(*binding, look)?;
                }
                StepItem::Group(group) => self.group(group, look)?,
                StepItem::Require(require) => self.require(require, look)?,
                StepItem::Expect(check) => self.expect(check, look)?,
                StepItem::For(each) => {
                    let StepFor { var, iter, filter, body, .. } = &**each;
                    for element in self.elements(iter, *var, filter.as_ref(), look)? {
                        self.set(*var, element);
                        self.items(body, look)?;
                    }
                }
                StepItem::If(branch) => {
                    let StepIf { condition, body, otherwise, .. } = &**branch;
                    let body = if truth(self.eval_as_planned(condition, look)?)? { body } else { otherwise };
                    self.items(body, look)?;
                }
            }
        }
        Ok(())
    }

    /// The elements of a list that pass the filter.
    pub(super) fn elements(
        &mut self,
        iter: &Expr,
        var: BindingId,
        filter: Option<&Expr>,
        look: &Look,
    ) -> Result<Vec<Value>> {
        let list = match self.eval_as_planned(iter, look)? {
            Value::List(items) => items.to_vec(),
            Value::None => Vec::new(),
            Value::Json(json) => match &*json {
                serde_json::Value::Array(items) => {
                    items.iter().map(|item| Value::Json(std::sync::Arc::new(item.clone()))).collect()
                }
                other => return Err(not_a_list(&other.to_string())),
            },
            other => return Err(not_a_list(&other.to_string())),
        };
        let Some(filter) = filter else { return Ok(list) };
        let mut passed = Vec::new();
        for element in list {
            self.set(var, element.clone());
            if truth(self.eval_as_planned(filter, look)?)? {
                passed.push(element);
            }
        }
        Ok(passed)
    }

    /// The value of a clause that takes a duration.
    pub(super) fn duration(&self, expr: &Expr, look: &Look) -> Result<Duration> {
        let value = self.eval(expr, look)?;
        value.as_duration().ok_or_else(|| {
            Error::new(ErrorKind::Value, format!("`{}` must be a duration, and is {value}", self.written(expr)))
        })
    }
}

fn not_a_list(value: &str) -> Error {
    Error::new(ErrorKind::Value, format!("`for` walks a list, and this is {value}"))
}

/// Says which time was over.
fn explain(mut halt: Halt, timeout: Duration) -> Halt {
    if halt.error.kind == ErrorKind::TimedOut {
        let limit = show::duration(timeout.as_nanos() as f64);
        halt.error.what = format!("{} (the step has {limit} for each attempt)", halt.error.what);
        halt.error.hint.get_or_insert_with(|| "a longer `timeout` in the step allows it more".to_owned());
    }
    halt
}
