//! A call of an action of the policy's own: its parameters bound once, `done when`, its items in order.
//!
//! Its calls are those of the step around it: they are captured, compared and journaled as if they stood there. The
//! journal says where it begins and ends, so that an undo knows what its `undo { … }` is about.

use std::sync::Arc;
use std::time::Duration;

use super::Frame;
use super::call::{PutBack, retryable, tolerable};
use super::frame::truth;
use super::halt::Halt;
use crate::catalogue::error::{Error, ErrorKind};
use crate::catalogue::look::Look;
use crate::catalogue::value::Value;
use crate::check::expand::Via;
use crate::check::model::{BindingId, Expr, Group, OnFailure, OwnAction, Undo};
use crate::run::event::{Event, UndoNote};

impl Frame<'_> {
    /// Runs a call of an own action, with its `timeout:`, `retry:` and `fails:`.
    pub(super) fn group(&mut self, group: &Group, look: &Look) -> Result<(), Halt> {
        let outer = Arc::clone(&self.values);
        let mut given = Vec::with_capacity(group.args.len());
        for (param, arg) in group.action.params.iter().zip(&group.args) {
            given.push((*param, self.eval_as_planned(arg, look)?));
        }
        for (param, value) in given {
            self.set(param, value);
        }
        let mut attempt = 0;
        let result = loop {
            let (from, from_call) = (self.kept.len(), self.calls);
            match self.own_action(&group.action, &group.name.text, group.timeout.as_ref(), look) {
                Ok(()) => break Ok(()),
                Err(halt) if attempt >= group.retry.unwrap_or(0) || !retryable(&halt) => break Err(halt),
                Err(halt) => {
                    attempt += 1;
                    let restored = !group.action.idempotent;
                    let put_back = if restored { self.restore(from)? } else { PutBack::default() };
                    self.pending.push(Event::Retrying {
                        node: self.key.clone(),
                        attempt: attempt + 1,
                        error: halt.error,
                        pause_ms: 0,
                        restored,
                        captured: put_back.captured,
                        ran: put_back.ran,
                        from_call,
                    });
                }
            }
        };
        // What it bound is nobody's business behind it.
        self.values = outer;
        let result = result.map_err(|halt| self.called_at(halt, group));
        match (result, &group.fails) {
            (Err(halt), Some(OnFailure::Warn | OnFailure::Continue)) if tolerable(&halt) => {
                self.let_pass(&halt, matches!(group.fails, Some(OnFailure::Continue)));
                Ok(())
            }
            (result, _) => result,
        }
    }

    /// Its items, with its parameters bound: in a run, and again as its undo.
    pub(super) fn own_action(
        &mut self,
        action: &OwnAction,
        name: &str,
        limit: Option<&Expr>,
        look: &Look,
    ) -> Result<(), Halt> {
        let noted = self.enter_group(action, name);
        let result = self.own_items(action, name, limit, look);
        if noted {
            self.pending.push(Event::GroupLeft { node: self.key.clone() });
        }
        result
    }

    fn own_items(&mut self, action: &OwnAction, name: &str, limit: Option<&Expr>, look: &Look) -> Result<(), Halt> {
        self.items(&action.head, look)?;
        let mut look = look.clone();
        if let Some(limit) = limit.or(action.timeout.as_ref()) {
            let limit: Duration = self.duration(limit, &look)?;
            look = look.within(limit);
        }
        let Some(done) = &action.done_when else { return self.items(&action.run, &look) };
        if self.holds(done, &look)? {
            self.note(format!("`{name}` is done already: `done when {}` holds", self.written(done)));
            self.skipped = true;
            return Ok(());
        }
        self.items(&action.run, &look)?;
        let (result, detail) = self.trace(done, &look);
        if result.and_then(truth)? {
            return Ok(());
        }
        let what = format!("`{name}` ran, but `done when {}` does not hold", self.written(done));
        Err(Halt::failed(Error::failed(super::frame::with_detail(what, &detail))))
    }

    /// Tells the journal what an undo must know of it; says whether there was anything to tell.
    fn enter_group(&mut self, action: &OwnAction, name: &str) -> bool {
        let undo = match action.undo {
            Undo::Restore => UndoNote::Restore,
            Undo::Block(_) => UndoNote::Block,
            Undo::Repeat => UndoNote::Repeat,
            Undo::None => UndoNote::None,
        };
        if undo == UndoNote::Restore && action.irreversible.is_none() {
            return false;
        }
        let irreversible = action.irreversible.as_ref().map(|why| match self.eval(why, &self.look) {
            Ok(value) => value.as_text().map_or_else(|| value.to_string(), str::to_owned),
            Err(_) => self.written(why),
        });
        let value = |param: &BindingId| Some((param.0, Value::clone(self.values.get(param)?)));
        let locals = action.params.iter().filter_map(value).collect();
        let place = (action.place.file.0, action.place.span.start, action.place.span.end);
        let (node, name) = (self.key.clone(), name.to_owned());
        self.pending.push(Event::GroupEntered { node, name, place, undo, irreversible, locals });
        true
    }

    /// Shows the call beside what went wrong inside.
    fn called_at(&self, mut halt: Halt, group: &Group) -> Halt {
        if halt.error.kind != ErrorKind::Cancelled && !halt.journal_lost {
            let via = Via { name: Arc::clone(&group.name.text), place: group.name.place };
            halt.error.what = via.around(&halt.error.what, &self.exec.policy.sources);
        }
        halt
    }
}
