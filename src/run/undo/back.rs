//! Taking back one call, and one node inside a run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::trail::{Called, Trail};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::signature::UndoKind;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Capture, Catalogue};
use crate::catalogue::value::Value;
use crate::check::model::{BindingId, Step, Undo};
use crate::run::dispatcher::graph::Back;
use crate::run::event::Event;
use crate::run::executor::{Executor, UNDO_TIMEOUT};
use crate::store::Store;

/// How a call is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It changed nothing.
    Nothing,
    /// By what it captured.
    Capture,
    /// By running it again behind everything that is restored.
    Repeat,
    /// Not.
    Left,
}

/// How `called` is taken back.
#[must_use]
pub fn way(called: &Called, catalogue: &Catalogue) -> Way {
    let Some((action, args)) = called.unit(catalogue) else { return Way::Left };
    match action.signature().undo {
        UndoKind::Nothing => Way::Nothing,
        UndoKind::Repeat => Way::Repeat,
        _ if called.capture != Capture::Nothing => Way::Capture,
        // Nothing was there to keep, so nothing was lost; unless keeping was switched off.
        UndoKind::Exact if action.exact_undo(&args) => Way::Nothing,
        UndoKind::Inverse => Way::Nothing,
        UndoKind::Exact | UndoKind::None => Way::Left,
    }
}

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
    pub step: Option<&'a Step>,
    pub locals: &'a BTreeMap<BindingId, Value>,
    pub timeout: Duration,
    pub why: String,
}

/// What came of it.
#[derive(Debug)]
pub struct TookBack {
    pub how: Back,
    pub error: Option<Error>,
    /// It is to be run again, once everything is restored that is to be.
    pub repeat: bool,
}

impl TakeBack<'_> {
    /// Does it, and writes it down.
    pub fn run(self) -> TookBack {
        let journal = &self.exec.journal;
        // Durable first: also everything that this node has written about itself.
        let started = journal.commit(vec![Event::TakingBack { node: self.key.to_owned(), why: self.why.clone() }]);
        let mut took = match started.and_then(|_| self.restore()) {
            Ok(took) => took,
            Err(error) => TookBack { how: Back::Failed, error: Some(error), repeat: false },
        };
        if let Err(error) =
            journal.commit(vec![Event::TakenBack { node: self.key.to_owned(), error: took.error.clone() }])
        {
            took = TookBack { how: Back::Failed, error: Some(error), repeat: false };
        }
        took
    }

    fn restore(&self) -> Result<TookBack> {
        let trail = Trail::read(&**self.store, self.exec.journal.no(), self.exec.journal.run(), Some(self.key))?;
        let mut took = TookBack { how: Back::Whole, error: None, repeat: false };
        if trail.calls.is_empty() {
            return Ok(took);
        }
        if let Some(step) = self.step {
            match step.clauses.undo {
                Undo::Block(_) => {
                    return self
                        .exec
                        .undo_block(self.key, self.locals, step, self.timeout)
                        .map(|()| took)
                        .map_err(|halt| halt.error);
                }
                Undo::Repeat => {
                    took.repeat = true;
                    return Ok(took);
                }
                Undo::None => {
                    took.how = Back::Left;
                    return Ok(took);
                }
                Undo::Restore => {}
            }
        }
        // A kill ends what runs; what is taken back is new, and bounded by itself.
        let touch =
            Touch::new(self.exec.look.with_cancel(crate::catalogue::cancel::Cancel::new()).within(UNDO_TIMEOUT));
        for called in trail.calls.iter().rev() {
            match way(called, self.catalogue) {
                Way::Nothing => {}
                Way::Capture => by_capture(called, self.catalogue, &touch, &*self.exec.keep)?,
                Way::Repeat => took.repeat = true,
                Way::Left => took.how = Back::Left,
            }
        }
        Ok(took)
    }
}
