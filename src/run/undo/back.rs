//! Taking back one call, and one node inside a run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::left::LeftAsIs;
use super::trail::{Called, Trail};
use super::walk::{How, UndoStep, Walked, walk};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Catalogue;
use crate::catalogue::value::Value;
use crate::check::model::{BindingId, Expr, ExprKind};
use crate::run::dispatcher::graph::Back;
use crate::run::event::Event;
use crate::run::executor::{Executor, UNDO_TIMEOUT};
use crate::store::Store;

/// Undoes one call by its capture. Repeatable: a crash may have cut an earlier attempt.
pub fn by_capture(
    called: &Called,
    catalogue: &Catalogue,
    touch: &Touch,
    keep: &dyn crate::catalogue::keep::Keep,
) -> Result<()> {
    let Some(action) = catalogue.action(&called.action) else {
        return Err(Error::failed(format!("this rbk does not know the action `{}`", called.action)));
    };
    action
        .undo(&called.capture, touch, keep)
        .map_err(|error| Error { what: format!("`{}` could not be taken back: {}", called.text, error.what), ..error })
}

/// Takes a node of a running run back.
pub struct TakeBack<'a> {
    pub exec: &'a Executor,
    pub store: &'a Arc<dyn Store>,
    pub catalogue: &'a Catalogue,
    pub key: &'a str,
    pub title: Option<&'a str>,
    pub locals: &'a BTreeMap<BindingId, Value>,
    pub timeout: Duration,
    pub why: String,
}

/// What came of it.
pub struct TookBack {
    pub how: Back,
    pub error: Option<Error>,
    /// What is to run again, once everything is restored that is to be; in the order in which it ran.
    pub repeats: Vec<UndoStep>,
    /// What stays as it is.
    pub left: Vec<LeftAsIs>,
}

impl TookBack {
    fn failed(error: Error) -> Self {
        Self { how: Back::Failed, error: Some(error), repeats: Vec::new(), left: Vec::new() }
    }
}

impl TakeBack<'_> {
    /// Does it, and writes it down.
    pub fn run(self) -> TookBack {
        let journal = &self.exec.journal;
        // Durable first: also everything that this node has written about itself.
        let started = journal.commit(vec![Event::TakingBack { node: self.key.to_owned(), why: self.why.clone() }]);
        let took = started.and_then(|_| self.restore()).unwrap_or_else(TookBack::failed);
        let node = self.key.to_owned();
        let ended = if took.left.is_empty() || took.error.is_some() {
            vec![Event::TakenBack { node, error: took.error.clone() }]
        } else {
            let left = took.left.iter().cloned();
            left.map(|LeftAsIs { title, why, .. }| Event::NotUndone { node: node.clone(), title, why }).collect()
        };
        match journal.commit(ended) {
            Ok(_) => took,
            Err(error) => TookBack::failed(error),
        }
    }

    fn restore(&self) -> Result<TookBack> {
        let mut trail = Trail::read(&**self.store, self.exec.journal.no(), self.exec.journal.run(), Some(self.key))?;
        // Of other nodes, or of another time.
        trail.owed.clear();
        trail.left.clear();
        let map = self.exec.map();
        let Walked { steps, repeats, left } = walk(&trail, Some(&map), self.catalogue)?;
        let is_all_left = steps.is_empty() && repeats.is_empty();
        // A kill ends what runs; what is taken back is new, and bounded by itself.
        let touch =
            Touch::new(self.exec.look.with_cancel(crate::catalogue::cancel::Cancel::new()).within(UNDO_TIMEOUT));
        for step in &steps {
            match &step.how {
                How::Restore(called) => by_capture(called, self.catalogue, &touch, &*self.exec.keep)?,
                How::Block(model, note) => {
                    let limit = self.limit(&step.key, model.clauses.timeout.as_deref());
                    let locals = self.locals(&trail, &note.locals);
                    self.exec.undo_block(&step.key, &locals, model, limit).map_err(|halt| halt.error)?;
                }
                How::GroupBlock(action, note) => {
                    self.exec.undo_group(&step.key, &note.locals, action, self.timeout).map_err(|halt| halt.error)?;
                }
                How::Repeat(..) | How::Again(_) | How::GroupRepeat(..) => {}
            }
        }
        let rest = if is_all_left { "" } else { "; the rest of it was taken back" };
        let left: Vec<LeftAsIs> = left
            .into_iter()
            .map(|one| LeftAsIs {
                title: if one.key == self.key { self.title.map(str::to_owned) } else { Some(one.key.clone()) },
                why: format!("{}{rest}", one.why),
                key: one.key,
            })
            .collect();
        let repeats = repeats.into_iter().map(|step| self.with_locals(step, &trail)).collect();
        let how = if left.is_empty() { Back::Whole } else { Back::Left };
        Ok(TookBack { how, error: None, repeats, left })
    }

    /// With what the step bound itself: only its frame knew that. What the plan knows is not masked.
    fn locals(&self, trail: &Trail, noted: &BTreeMap<BindingId, Value>) -> BTreeMap<BindingId, Value> {
        let mut locals = trail.bound.clone();
        for values in [noted, self.locals] {
            locals.extend(values.iter().map(|(binding, value)| (*binding, value.clone())));
        }
        locals
    }

    fn with_locals(&self, step: UndoStep, trail: &Trail) -> UndoStep {
        let UndoStep { key, how } = step;
        let how = match how {
            How::Repeat(model, mut note) => {
                note.locals = self.locals(trail, &note.locals);
                How::Repeat(model, note)
            }
            how => how,
        };
        UndoStep { key, how }
    }

    /// The time of the step itself is planned; one inside of it has what it says.
    fn limit(&self, key: &str, timeout: Option<&Expr>) -> Duration {
        if key == self.key { self.timeout } else { said(timeout).unwrap_or(self.exec.policy.defaults.timeout) }
    }
}

/// A time limit, as far as it can be told without asking the world.
#[must_use]
pub fn said(timeout: Option<&Expr>) -> Option<Duration> {
    match timeout.map(|timeout| &timeout.kind) {
        Some(ExprKind::Const(value)) => value.as_duration(),
        _ => None,
    }
}
