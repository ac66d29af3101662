//! One call of an action: evaluate, compare, capture, write the intent, run, write the outcome.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::halt::Halt;
use super::{Frame, drift};
use crate::catalogue::args::{Arg, Args};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Role, UndoKind};
use crate::catalogue::snapshot::NodeState;
use crate::catalogue::unit::{Action, Capture, Fingerprint};
use crate::catalogue::value::Value;
use crate::check::model::{Call, OnFailure};
use crate::run::event::Event;
use crate::run::undo::{database, shared};

/// How long taking back one call may take where nothing says otherwise.
pub const UNDO_TIMEOUT: Duration = Duration::from_mins(10);

/// What a call of this attempt captured, for a retry that restores it.
pub struct Kept {
    pub action: Arc<dyn Action>,
    pub capture: Arc<Capture>,
}

/// A call whose writes can be looked at again.
pub struct Touched {
    pub order: u64,
    pub node: String,
    pub call: usize,
    pub action: Arc<dyn Action>,
    pub args: Args,
    pub capture: Arc<Capture>,
    pub after: Fingerprint,
    /// Those of its files that have further names: device and inode, before it and behind it.
    pub files: Vec<(u64, u64)>,
}

impl Touched {
    /// The parts that tell a large folder as a whole.
    pub(super) fn folded(&self) -> impl Iterator<Item = &str> {
        let whole = |(_, described): &(&String, &String)| described.starts_with("directory of ");
        self.after.parts.iter().filter(whole).map(|(part, _)| part.as_str())
    }

    /// The places that it wrote, and the folders that it made for them.
    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        let states = match &*self.capture {
            Capture::Nothing => &[][..],
            Capture::Files { states } | Capture::Data { states, .. } => states,
        };
        let made = states.iter().filter(|state| state.node == NodeState::NoParent).map(|state| state.path.as_str());
        self.after.parts.keys().map(String::as_str).chain(made)
    }

    /// The file of the database that it wrote, which it tells by tables.
    pub(super) fn database(&self) -> Option<String> {
        database(&self.after)
    }
}

/// What there was to restore of a failed attempt.
#[derive(Clone, Copy, Default)]
pub(super) struct PutBack {
    /// Something that had been captured is restored.
    pub captured: bool,
    /// A command had run of which nothing was captured.
    pub ran: bool,
}

impl Frame<'_> {
    /// Runs a call, with its own `timeout:`, `retry:` and `fails:`.
    pub(super) fn call(&mut self, call: &Call, look: &Look) -> Result<(), Halt> {
        let mut look = look.clone();
        if let Some(timeout) = &call.timeout {
            let limit = self.duration(timeout, &look)?;
            look = look.within(limit);
        }
        let retries = call.retry.unwrap_or(0);
        let mut attempt = 0;
        let result = loop {
            let (from, from_call) = (self.kept.len(), self.calls);
            match self.call_once(call, &look) {
                Ok(()) => break Ok(()),
                Err(halt) if attempt >= retries || !retryable(&halt) => break Err(halt),
                Err(halt) => {
                    attempt += 1;
                    let put_back = self.restore(from)?;
                    self.pending.push(Event::Retrying {
                        node: self.key.clone(),
                        attempt: attempt + 1,
                        error: halt.error,
                        pause_ms: 0,
                        restored: true,
                        captured: put_back.captured,
                        ran: put_back.ran,
                        from_call,
                    });
                }
            }
        };
        match (result, &call.fails) {
            (Err(halt), Some(OnFailure::Warn | OnFailure::Continue)) if tolerable(&halt) => {
                self.let_pass(&halt, matches!(call.fails, Some(OnFailure::Continue)));
                Ok(())
            }
            (result, _) => result,
        }
    }

    /// Goes on after a failure that `fails:` lets pass.
    pub(super) fn let_pass(&mut self, halt: &Halt, partial: bool) {
        self.note(format!("let pass: {}", halt.error.what));
        self.partial |= partial;
        self.warned |= !partial;
    }

    fn call_once(&mut self, call: &Call, look: &Look) -> Result<(), Halt> {
        let signature = call.signature();
        let args = self.args(signature, &call.args, look)?;
        let number = self.calls;
        self.calls += 1;

        let before = call.action.fingerprint(&args, look)?;
        let made = drift::Made { action: Arc::clone(&call.action), args: args.clone(), place: call.place };
        if let (Some(node), Some(plan), Some(now)) = (self.planned, &self.exec.plan, &before) {
            drift::check(plan, &self.exec.all_writes, node, now, (&made, &self.made), look)?;
        }
        self.made.push(made);
        let capture = call.action.capture(&args, look, &*self.exec.keep)?;
        self.pending.push(Event::CallStarted {
            node: self.key.clone(),
            call: number,
            action: signature.name.to_owned(),
            text: self.source(call.place),
            capture: capture.clone(),
            args: journaled(&args),
            before: before.clone(),
            undoes: None,
        });
        let ticket = self.exec.journal.append(std::mem::take(&mut self.pending));
        let patient = self.exec.permits.somebody_is_ready();
        if patient { ticket.wait_patiently() } else { ticket.wait() }.map_err(Halt::lost)?;
        // Waiting for the permit is not part of the call's time, but a kill may have come meanwhile.
        let capture = Arc::new(capture);
        let changes = signature.undo != UndoKind::Nothing;
        let permit = changes.then(|| self.exec.permits.take(|| self.exec.journal.urge()));
        look.cancel().check()?;
        self.wrote |= changes;
        if changes {
            self.kept.push(Kept { action: Arc::clone(&call.action), capture: Arc::clone(&capture) });
        }
        let mut files = files_of(before.as_ref(), look);
        let order = self.exec.begin_call();
        if changes && before.is_none() {
            self.exec.opaque.fetch_max(order, Ordering::AcqRel);
        }
        let (touch, recording) = self.exec.touch(look, &self.key);
        let result = call.action.run(&args, &touch);
        drop(permit);

        // Whatever came of it: an undo must know what was left behind.
        let after = match &before {
            Some(_) => self.exec.left(&*call.action, &capture, &args),
            None => None,
        };
        if let Some(after) = &after {
            let (node, action, after) = (self.key.clone(), Arc::clone(&call.action), after.clone());
            files.extend(files_of(Some(&after), look));
            let touched = Touched { order, node, call: number, action, args, capture, after, files };
            self.exec.keep_touched(touched);
        }
        let outputs = recording.take();
        let heard = !outputs.is_empty();
        self.pending.extend(outputs);
        let kept = result.as_ref().map(|value| result_to_keep(value, heard, signature.role)).map_err(Error::clone);
        self.pending.push(Event::CallEnded { node: self.key.clone(), call: number, result: kept, after });
        result.map(|_| ()).map_err(|error| Halt::from(timed_out(error, look)))
    }

    /// Restores what was captured since `from`, the latest first.
    pub(super) fn restore(&mut self, from: usize) -> Result<PutBack, Halt> {
        let mut put_back = PutBack::default();
        // Not bounded by the step's time, which may be over.
        let (touch, _recording) = self.exec.touch(&self.exec.calm().within(UNDO_TIMEOUT), &self.key);
        while self.kept.len() > from {
            let Some(kept) = self.kept.pop() else { break };
            // A restart is taken back by another one, behind everything that is restored: the next attempt is that one.
            if kept.action.runs_again(&kept.capture) {
                continue;
            }
            if *kept.capture == Capture::Nothing {
                put_back.ran |= kept.action.signature().role == Role::Command;
                continue;
            }
            put_back.captured = true;
            kept.action.undo(&kept.capture, &touch, &*self.exec.keep).map_err(|error| {
                let what = format!("what the failed attempt had changed could not be restored: {}", error.what);
                Halt::failed(Error { what, kind: ErrorKind::Failed, hint: error.hint })
            })?;
        }
        Ok(put_back)
    }
}

/// The files of a fingerprint that have further names.
pub fn files_of(fingerprint: Option<&Fingerprint>, look: &Look) -> Vec<(u64, u64)> {
    fingerprint.into_iter().flat_map(|it| it.parts.keys()).filter_map(|part| shared(look, part)).collect()
}

/// The arguments as the journal keeps them. A secret is its name; what is not evaluated is left out.
fn journaled(args: &Args) -> Vec<Option<Value>> {
    let value = |param: &crate::catalogue::signature::Parameter| match args.raw(param.name) {
        Arg::Known(value) => Some(value.clone()),
        Arg::Absent | Arg::Unknown | Arg::Lazy(_) => None,
    };
    args.signature().params.iter().map(value).collect()
}

/// What a command printed stands in its own records already.
fn result_to_keep(value: &Value, heard: bool, role: Role) -> Value {
    if heard || role == Role::Command { Value::None } else { value.clone() }
}

pub(super) fn retryable(halt: &Halt) -> bool {
    use crate::run::dispatcher::graph::Fail;
    !halt.journal_lost
        && matches!(halt.fail, Fail::Failed | Fail::Inconclusive)
        && !matches!(halt.error.kind, ErrorKind::Drifted | ErrorKind::Internal)
}

pub(super) fn tolerable(halt: &Halt) -> bool {
    !halt.journal_lost && halt.fail != crate::run::dispatcher::graph::Fail::Interrupted
}

/// A kill that the deadline caused is a timeout, whatever the unit made of it.
fn timed_out(error: Error, look: &Look) -> Error {
    if error.kind == ErrorKind::Cancelled && look.cancel().urgency() < crate::catalogue::cancel::Urgency::Kill {
        return Error { kind: ErrorKind::TimedOut, ..error };
    }
    error
}
