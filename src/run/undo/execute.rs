//! Carrying out the plan of an undo, with a journal of its own, so that it can be undone itself.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use super::back::{by_capture, said};
use super::left::LeftAsIs;
use super::plan::UndoPlan;
use super::trail::Called;
use super::verification::Verification;
use super::verify;
use super::walk::{How, UndoStep};
use super::{bare, depends, whole};
use crate::catalogue::cancel::{Cancel, Urgency};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Capture, Catalogue};
use crate::plan::model::Target;
use crate::run::event::{Event, NodeInfo, NodeOutcome, Outcome, RunKind};
use crate::run::executor::{Executor, Touched, UNDO_TIMEOUT, files_of};
use crate::run::frozen::digests;
use crate::run::journal::Journal;
use crate::run::reporter::Feed;
use crate::run::signals::Signals;
use crate::run::start::shelved;
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
    whole::check(&plan.steps, &*setting.store.keep())?;
    let keep = crate::run::sealed::keep(&*setting.store, plan.policy.as_deref())?;
    let started = jiff::Timestamp::now();
    let clock = Instant::now();
    let mut frozen = plan.frozen.clone();
    // Bound values go with it: an undo of this undo may need them.
    frozen.values.extend(plan.trail.bound.iter().map(|(binding, value)| (binding.0, value.clone())));
    let secrets = setting.secrets.clone();
    if let Some(policy) = &plan.policy {
        secrets.load(policy, &setting.look);
        // What it captures may hold the values of the run and those of now: it is known only where they are the same.
        let now = digests(policy, &setting.look, &*keep);
        frozen.secrets.retain(|name, digest| now.get(name) == Some(digest));
    }
    let no = setting.store.begin(Head {
        id: id.clone(),
        kind: "undo".to_owned(),
        policy: plan.of.policy.clone(),
        of: Some(plan.of.id.clone()),
        started,
        frozen: frozen.clone().without(&secrets).json(),
    })?;
    let feed = Feed::start(setting.reporters);
    let journal = Arc::new(Journal::new(Arc::clone(&setting.store), no, id.clone(), secrets.clone(), feed));
    let cancel = Cancel::new();
    let policy = plan.policy.clone().unwrap_or_else(|| bare::policy(&plan.of.policy));
    let look = match &plan.trail.target {
        Some(target) => shelved(&setting.look, &setting.store, &keep, target, &id),
        None => setting.look.clone(),
    };
    let exec = Arc::new(Executor::new(
        policy,
        Arc::new(frozen.facts(&plan.of.id, started)),
        &look.with_cancel(cancel.clone()),
        keep,
        Arc::clone(&journal),
        secrets,
        frozen.bound(),
        1,
        None,
    ));
    let signals = if setting.signals { Some(watch(&journal, &cancel)?) } else { None };

    let mut undoing = Undoing {
        exec: &exec,
        catalogue: &setting.catalogue,
        cancel: &cancel,
        undone: 0,
        failed: Vec::new(),
        waiting: Vec::new(),
        told: false,
    };
    let (outcome, error) = undoing.all(&plan);
    let (summary, next) = story(&plan, outcome, error.as_ref(), &undoing, &id);
    drop(signals);
    let end = Event::RunEnded {
        outcome,
        millis: clock.elapsed().as_millis() as u64,
        summary: summary.clone(),
        next: next.clone(),
    };
    let durable = journal.end(end, outcome);
    drop(setting.lock);
    let told = undoing.told && error.is_some();
    // Where the journal failed before, that is the error.
    let unrecorded = durable.err().filter(|_| error.is_none());
    Ok(Ended { run: id, outcome, summary, next, error, unrecorded, told })
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
    /// Steps of the plan that could not be taken back, and why.
    failed: Vec<(usize, Error)>,
    /// Steps of the plan that were not tried, and why.
    waiting: Vec<(usize, String)>,
    /// Whether an event has told of what failed.
    told: bool,
}

impl Undoing<'_> {
    fn all(&mut self, plan: &UndoPlan) -> (Outcome, Option<Error>) {
        let mut keys: Vec<&str> = plan.steps.iter().map(|step| step.key.as_str()).collect();
        keys.dedup();
        let mut seen = HashSet::new();
        let nodes = keys.iter().filter(|key| seen.insert(**key)).map(|key| NodeInfo {
            key: (*key).to_owned(),
            title: plan.trail.titles.get(*key).cloned(),
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
                says: Vec::new(),
                root: self.exec.look.root().display().to_string(),
                host: String::new(),
                user: String::new(),
                operator: None,
            }),
            nodes: nodes.chain(plan.verifications.iter().map(Verification::info)).collect(),
            of: Some(plan.of.id.clone()),
        };
        let left = plan.left.iter().cloned();
        let left = left.map(|LeftAsIs { key, title, why }| Event::NotUndone { node: key, title, why });
        if let Err(error) = self.exec.journal.commit(std::iter::once(started).chain(left).collect()) {
            return (Outcome::Failed, Some(error));
        }
        for parted in &plan.parted {
            self.exec.journal.note(Event::Note { node: None, text: format!("not restored: {parted}") });
        }
        let first_repeat = plan.steps.iter().position(|step| step.how.runs_again()).unwrap_or(plan.steps.len());
        for index in 0..first_repeat {
            if let Some(why) = self.waits(plan, index) {
                self.waits_now(plan, index, why);
            } else if let Some(stopped) = self.one(plan, index) {
                return stopped;
            }
        }
        if self.failed.is_empty()
            && let Err(error) = verify::is_as_before(plan, self.exec, self.catalogue)
        {
            return (Outcome::UndoFailed, Some(error));
        }
        for index in first_repeat..plan.steps.len() {
            if !self.failed.is_empty() {
                self.waits_now(plan, index, "it runs again once everything is restored".to_owned());
            } else if let Some(stopped) = self.one(plan, index) {
                return stopped;
            }
        }
        if let Some((_, error)) = self.failed.first() {
            return (Outcome::UndoFailed, Some(error.clone()));
        }
        self.exec.note_what_is_left();
        if let Err(error) = verify::all(plan, self.exec) {
            return (Outcome::UndoFailed, Some(error));
        }
        (if plan.left.is_empty() { Outcome::Done } else { Outcome::Partial }, None)
    }

    /// Why a step is not tried: something that it has to wait for could not be taken back.
    fn waits(&self, plan: &UndoPlan, index: usize) -> Option<String> {
        let others = self.failed.iter().map(|(other, _)| *other).chain(self.waiting.iter().map(|(other, _)| *other));
        others.into_iter().find_map(|other| {
            let failed = &plan.steps[other];
            let why = depends::waits_for(plan, &plan.steps[index], failed)?;
            Some(format!("it waits for `{}`, which {why}", failed.key))
        })
    }

    fn waits_now(&mut self, plan: &UndoPlan, index: usize, why: String) {
        let node = plan.steps[index].key.clone();
        self.exec.journal.note(Event::Note { node: Some(node), text: format!("not taken back yet: {why}") });
        self.waiting.push((index, why));
    }

    /// Undoes one step; an answer ends the undo. What fails is kept, and the rest goes on.
    fn one(&mut self, plan: &UndoPlan, index: usize) -> Option<(Outcome, Option<Error>)> {
        let step: &UndoStep = &plan.steps[index];
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
            How::Restore(called) | How::Again(called) => self.restore(called),
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
        self.told |= error.is_some();
        match outcome {
            NodeOutcome::Done => {
                self.undone += 1;
                None
            }
            NodeOutcome::Interrupted => Some((Outcome::Interrupted, error)),
            _ => {
                self.failed.extend(error.map(|error| (index, error)));
                None
            }
        }
    }

    /// The time of an undo block is that of its step, as far as that can be told without asking the world.
    fn limit(&self, step: &crate::check::model::Step) -> std::time::Duration {
        self.limit_of(step.clauses.timeout.as_deref())
    }

    fn limit_of(&self, timeout: Option<&crate::check::model::Expr>) -> std::time::Duration {
        said(timeout).unwrap_or(self.exec.policy.defaults.timeout)
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
            before: before.clone(),
            undoes: Some(called.seq),
        }])?;
        let began = self.exec.begin_call();
        let mut files = files_of(before.as_ref(), &touch);
        let result = by_capture(called, self.catalogue, &touch, &*self.exec.keep);
        let after = called.unit(self.catalogue).and_then(|(action, args)| {
            let after = self.exec.left(&**action, &capture, &args)?;
            files.extend(files_of(Some(&after), &touch));
            self.exec.keep_touched(Touched {
                order: began,
                node: called.node.clone(),
                call: called.call,
                action: Arc::clone(action),
                args,
                capture: Arc::new(capture),
                after: after.clone(),
                files,
            });
            Some(after)
        });
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
    undoing: &Undoing<'_>,
    id: &str,
) -> (String, Option<String>) {
    let (all, undone) = (plan.steps.len(), undoing.undone);
    let of = &plan.of.id;
    let why = error.map_or_else(String::new, |error| format!(": {}", error.what));
    let back = || (undone > 0).then(|| format!("`rbk undo {id}` takes this undo back"));
    let (mut summary, next) = match outcome {
        Outcome::Done => (format!("run {of} is undone"), Some(format!("`rbk undo {id}` takes this undo back"))),
        Outcome::Partial => (format!("run {of} is undone as far as it can be"), back()),
        Outcome::Interrupted => (
            format!("interrupted after {undone} of {all}{why}"),
            Some(format!("`rbk undo {of}` goes on where this one stopped")),
        ),
        _ if !undoing.failed.is_empty() => {
            let key = |index: usize| &plan.steps[index].key;
            let failed = undoing.failed.iter().map(|(index, error)| format!("`{}`: {}", key(*index), error.what));
            let waiting = undoing.waiting.iter().map(|(index, why)| format!("`{}` ({why})", key(*index)));
            let mut text = format!("{undone} of {all} taken back; failed: {}", few(failed));
            if !undoing.waiting.is_empty() {
                text = format!("{text}; not tried: {}", few(waiting));
            }
            (text, Some(format!("look at what it names; then `rbk undo {of}` goes on where this one stopped")))
        }
        _ => (
            format!("{undone} of {all} undone, then it failed{why}"),
            Some(format!("look at what it names; then `rbk undo {of}` goes on where this one stopped")),
        ),
    };
    if !plan.left.is_empty() {
        summary = format!("{summary}; left as it is: {}", LeftAsIs::list(&plan.left));
    }
    (summary, next)
}

/// Some of them; the rest is counted.
fn few(texts: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 5;
    let all: Vec<String> = texts.collect();
    let more = all.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    format!("{}{more}", all[..all.len().min(SHOWN)].join("; "))
}
