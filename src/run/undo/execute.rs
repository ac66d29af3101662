//! Carrying out the plan of an undo, with a journal of its own, so that it can be undone itself.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use super::back::by_capture;
use super::bare;
use super::plan::{How, UndoPlan, UndoStep};
use super::trail::Called;
use super::verify::{self, Verification};
use crate::catalogue::cancel::{Cancel, Urgency};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Capture, Catalogue};
use crate::plan::model::Target;
use crate::run::event::{Event, NodeInfo, NodeOutcome, Outcome, RunKind};
use crate::run::executor::{Executor, UNDO_TIMEOUT};
use crate::run::journal::Journal;
use crate::run::reporter::Feed;
use crate::run::secrets::Secrets;
use crate::run::signals::Signals;
use crate::run::{Ended, Setting};
use crate::store::Head;

/// Why an undo is not begun, if anything speaks against it. Nothing was touched.
#[must_use]
pub fn refusal(plan: &UndoPlan, force: bool) -> Option<Error> {
    if !plan.obstacles.is_empty() {
        let what: Vec<_> = plan.obstacles.iter().map(|obstacle| obstacle.what.as_str()).collect();
        let what = format!("{}, and an undo writes neither through nor in place of that", what.join("; "));
        return Some(
            Error::new(ErrorKind::Changed, what).hint(
                "nothing was touched; put it aside by hand (`mv`), then undo again; `--force` does not help here",
            ),
        );
    }
    if !plan.changed.is_empty() && !force {
        let parts: Vec<_> = plan.changed.iter().take(8).map(|change| format!("`{}`", change.part)).collect();
        let more = plan.changed.len().checked_sub(8).filter(|more| *more > 0);
        let more = more.map_or_else(String::new, |more| format!(" and {more} more"));
        let what = format!("changed since run `{}` left it: {}{more}", plan.of.id, parts.join(", "));
        return Some(Error::new(ErrorKind::Changed, what).hint(
            "nothing was touched; `--force` captures the present state first, then undoes; or put it back by hand as the \
             run left it, and undo again",
        ));
    }
    None
}

/// Undoes a run as planned.
///
/// # Errors
/// When something was changed since and `force` is not given, or something is in the way: nothing was touched then.
#[allow(clippy::needless_pass_by_value, reason = "a plan runs once")]
pub fn undo(plan: UndoPlan, setting: Setting, force: bool) -> Result<Ended> {
    if let Some(error) = refusal(&plan, force) {
        return Err(error);
    }
    let id = plan.id.clone();
    setting.store.keep().can_open()?;
    let keep = crate::run::sealed::keep(&*setting.store, plan.policy.as_deref())?;
    let started = jiff::Timestamp::now();
    let clock = Instant::now();
    let mut frozen = plan.frozen.clone();
    // Bound values go with it: an undo of this undo may need them.
    frozen.values.extend(plan.trail.bound.iter().map(|(binding, value)| (binding.0, value.clone())));
    let no = setting.store.begin(Head {
        id: id.clone(),
        kind: "undo".to_owned(),
        policy: plan.of.policy.clone(),
        of: Some(plan.of.id.clone()),
        started,
        frozen: frozen.json(),
    })?;
    let secrets = Secrets::default();
    let feed = Feed::start(setting.reporters);
    let journal = Arc::new(Journal::new(Arc::clone(&setting.store), no, id.clone(), secrets.clone(), feed));
    let cancel = Cancel::new();
    let policy = plan.policy.clone().unwrap_or_else(|| bare::policy(&plan.of.policy));
    let exec = Arc::new(Executor::new(
        policy,
        Arc::new(frozen.facts(&plan.of.id, started)),
        &setting.look.with_cancel(cancel.clone()),
        keep,
        Arc::clone(&journal),
        secrets,
        frozen.bound(),
        1,
        None,
    ));
    let signals = if setting.signals { Some(watch(&journal, &cancel)?) } else { None };

    let mut undoing = Undoing { exec: &exec, catalogue: &setting.catalogue, cancel: &cancel, undone: 0 };
    let (outcome, error) = undoing.all(&plan);
    let (summary, next) = story(&plan, outcome, error.as_ref(), undoing.undone, &id);
    drop(signals);
    let end = Event::RunEnded {
        outcome,
        millis: clock.elapsed().as_millis() as u64,
        summary: summary.clone(),
        next: next.clone(),
    };
    let durable = journal.end(end, outcome);
    drop(setting.lock);
    Ok(Ended { run: id, outcome, summary, next, error: error.or(durable.err()) })
}

fn watch(journal: &Arc<Journal>, cancel: &Cancel) -> Result<Signals> {
    let (journal, cancel) = (Arc::downgrade(journal), cancel.clone());
    Signals::watch(move |signal, urgency| {
        if let Some(journal) = journal.upgrade() {
            let word = if urgency >= Urgency::Kill { "kill" } else { "drain" };
            journal.note(Event::Stopping { why: signal.to_owned(), urgency: word.to_owned() });
        }
        cancel.raise(urgency);
    })
}

struct Undoing<'a> {
    exec: &'a Arc<Executor>,
    catalogue: &'a Catalogue,
    cancel: &'a Cancel,
    undone: usize,
}

impl Undoing<'_> {
    fn all(&mut self, plan: &UndoPlan) -> (Outcome, Option<Error>) {
        let mut keys: Vec<&str> = plan.steps.iter().map(|step| step.key.as_str()).collect();
        keys.dedup();
        let mut seen = HashSet::new();
        let nodes = keys.iter().filter(|key| seen.insert(**key)).map(|key| NodeInfo {
            key: (*key).to_owned(),
            title: None,
            kind: "undo".to_owned(),
            after: Vec::new(),
            critical: true,
        });
        let started = Event::RunStarted {
            kind: RunKind::Undo,
            policy: plan.of.policy.clone(),
            phases: plan.trail.phases.clone(),
            target: plan.trail.target.clone().unwrap_or_else(|| Target {
                environment: None,
                root: self.exec.look.root().display().to_string(),
                host: String::new(),
                user: String::new(),
                operator: None,
            }),
            nodes: nodes.chain(plan.verifications.iter().map(Verification::info)).collect(),
            of: Some(plan.of.id.clone()),
        };
        if let Err(error) = self.exec.journal.commit(vec![started]) {
            return (Outcome::Failed, Some(error));
        }
        let first_repeat = plan.steps.iter().position(|step| step.how.runs_again());
        let (restores, repeats) = plan.steps.split_at(first_repeat.unwrap_or(plan.steps.len()));
        for step in restores {
            if let Some(stopped) = self.one(step) {
                return stopped;
            }
        }
        if let Err(error) = verify::is_as_before(plan, self.exec, self.catalogue) {
            return (Outcome::UndoFailed, Some(error));
        }
        for step in repeats {
            if let Some(stopped) = self.one(step) {
                return stopped;
            }
        }
        self.exec.note_what_is_left();
        if let Err(error) = verify::all(plan, self.exec) {
            return (Outcome::UndoFailed, Some(error));
        }
        (if plan.left.is_empty() { Outcome::Done } else { Outcome::Partial }, None)
    }

    /// Undoes one step; an answer ends the undo.
    fn one(&mut self, step: &UndoStep) -> Option<(Outcome, Option<Error>)> {
        if self.cancel.urgency() > Urgency::None {
            return Some((Outcome::Interrupted, None));
        }
        let clock = Instant::now();
        let journal = &self.exec.journal;
        let node = step.key.clone();
        if let Err(error) = journal.commit(vec![Event::NodeStarted { node: node.clone(), attempt: 1 }]) {
            return Some((Outcome::UndoFailed, Some(error)));
        }
        let result = match &step.how {
            How::Restore(called) => self.restore(called),
            How::Block(model, note) => {
                let limit = self.limit(model);
                self.exec.undo_block(&step.key, &note.locals, model, limit).map_err(|halt| halt.error)
            }
            How::Repeat(model, note) => {
                let limit = self.limit(model);
                self.exec.repeat(&step.key, &note.locals, model, limit).map_err(|halt| halt.error)
            }
            How::GroupBlock(action, note) => {
                let limit = self.limit_of(action.timeout.as_ref());
                self.exec.undo_group(&step.key, &note.locals, action, limit).map_err(|halt| halt.error)
            }
            How::GroupRepeat(action, note) => {
                let limit = self.limit_of(action.timeout.as_ref());
                self.exec.repeat_group(&step.key, &note.locals, action, limit).map_err(|halt| halt.error)
            }
        };
        let millis = clock.elapsed().as_millis() as u64;
        let (outcome, error) = match result {
            Ok(()) => (NodeOutcome::Done, None),
            Err(error) if error.kind == ErrorKind::Cancelled => (NodeOutcome::Interrupted, Some(error)),
            Err(error) => (NodeOutcome::Failed, Some(error)),
        };
        journal.note(Event::NodeEnded { node, outcome, error: error.clone(), millis });
        match outcome {
            NodeOutcome::Done => {
                self.undone += 1;
                None
            }
            NodeOutcome::Interrupted => Some((Outcome::Interrupted, error)),
            _ => Some((Outcome::UndoFailed, error)),
        }
    }

    /// The time of an undo block is that of its step, as far as that can be told without asking the world.
    fn limit(&self, step: &crate::check::model::Step) -> std::time::Duration {
        self.limit_of(step.clauses.timeout.as_deref())
    }

    fn limit_of(&self, timeout: Option<&crate::check::model::Expr>) -> std::time::Duration {
        use crate::check::model::ExprKind;
        match timeout.map(|timeout| &timeout.kind) {
            Some(ExprKind::Const(value)) => value.as_duration(),
            _ => None,
        }
        .unwrap_or(self.exec.policy.defaults.timeout)
    }

    fn restore(&self, called: &Called) -> Result<()> {
        let touch = Touch::new(self.exec.look.within(UNDO_TIMEOUT));
        // The present state first: so a forced undo loses nothing either, and this undo can be undone.
        let (mut capture, mut before) = (Capture::Nothing, None);
        if let Some((action, args)) = called.unit(self.catalogue) {
            // Where the arguments mean nothing any more (a source that is gone) there is nothing to compare.
            before = action.fingerprint(&args, &touch).ok().flatten();
            capture = action.capture_for_undo(&called.capture, &args, &touch, &*self.exec.keep)?;
        }
        self.exec.journal.commit(vec![Event::CallStarted {
            node: called.node.clone(),
            call: called.call,
            action: called.action.clone(),
            text: format!("undo of {}", called.text),
            capture: capture.clone(),
            args: called.args.clone(),
            before,
            undoes: Some(called.seq),
        }])?;
        let result = by_capture(called, self.catalogue, &touch, &*self.exec.keep);
        let after = called.unit(self.catalogue).and_then(|(action, args)| self.exec.left(&**action, &capture, &args));
        let kept = result.as_ref().map(|()| crate::catalogue::value::Value::None).map_err(Error::clone);
        self.exec.journal.commit(vec![Event::CallEnded {
            node: called.node.clone(),
            call: called.call,
            result: kept,
            after,
        }])?;
        result
    }
}

fn story(
    plan: &UndoPlan,
    outcome: Outcome,
    error: Option<&Error>,
    undone: usize,
    id: &str,
) -> (String, Option<String>) {
    let all = plan.steps.len();
    let of = &plan.of.id;
    let why = error.map_or_else(String::new, |error| format!(": {}", error.what));
    match outcome {
        Outcome::Done => (format!("run {of} is undone"), Some(format!("`rbk undo {id}` takes this undo back"))),
        Outcome::Partial => {
            let left: Vec<_> = plan.left.iter().map(|(key, why)| format!("{key} ({why})")).collect();
            (format!("run {of} is undone as far as it can be; left: {}", left.join(", ")), None)
        }
        Outcome::Interrupted => (
            format!("interrupted after {undone} of {all}{why}"),
            Some(format!("`rbk undo {of}` goes on where this one stopped")),
        ),
        _ => (
            format!("{undone} of {all} undone, then it failed{why}"),
            Some(format!("look at what it names; then `rbk undo {of}` goes on where this one stopped")),
        ),
    }
}
