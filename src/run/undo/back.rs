//! Taking back one call, and one node inside a run.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::trail::{Called, Grouped, Trail};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::signature::UndoKind;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Capture, Catalogue};
use crate::catalogue::value::Value;
use crate::check::model::{BindingId, OwnAction, Step, Undo};
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
    /// The calls of own actions in it that are to be run again then.
    pub again: Vec<Again>,
}

/// A call of an own action that is undone by running it again.
pub struct Again {
    pub key: String,
    pub action: Arc<OwnAction>,
    pub locals: BTreeMap<BindingId, Value>,
}

impl std::fmt::Debug for Again {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.key)
    }
}

impl TakeBack<'_> {
    /// Does it, and writes it down.
    pub fn run(self) -> TookBack {
        let journal = &self.exec.journal;
        // Durable first: also everything that this node has written about itself.
        let started = journal.commit(vec![Event::TakingBack { node: self.key.to_owned(), why: self.why.clone() }]);
        let failed = |error| TookBack { how: Back::Failed, error: Some(error), repeat: false, again: Vec::new() };
        let mut took = match started.and_then(|_| self.restore()) {
            Ok(took) => took,
            Err(error) => failed(error),
        };
        if let Err(error) =
            journal.commit(vec![Event::TakenBack { node: self.key.to_owned(), error: took.error.clone() }])
        {
            took = failed(error);
        }
        took
    }

    fn restore(&self) -> Result<TookBack> {
        let trail = Trail::read(&**self.store, self.exec.journal.no(), self.exec.journal.run(), Some(self.key))?;
        let mut took = TookBack { how: Back::Whole, error: None, repeat: false, again: Vec::new() };
        if trail.calls.is_empty() {
            return Ok(took);
        }
        if let Some(step) = self.step {
            match step.clauses.undo {
                Undo::Block(_) => {
                    // With what the step bound itself: only its frame knew that.
                    let mut locals = trail.bound.clone();
                    locals.extend(self.locals.iter().map(|(binding, value)| (*binding, value.clone())));
                    return self
                        .exec
                        .undo_block(self.key, &locals, step, self.timeout)
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
        let map = self.exec.map();
        let mut whole = HashSet::new();
        for called in trail.calls.iter().rev() {
            if let Some(group) = trail.whole_group(called) {
                if whole.insert(&group.key) {
                    self.group(group, map.action(group.noted.place), &mut took)?;
                }
                continue;
            }
            match way(called, self.catalogue) {
                Way::Nothing => {}
                Way::Capture => by_capture(called, self.catalogue, &touch, &*self.exec.keep)?,
                Way::Repeat => took.repeat = true,
                Way::Left => took.how = Back::Left,
            }
        }
        Ok(took)
    }

    /// Takes a call of an own action back as a whole, as it says itself.
    fn group(&self, group: &Grouped, action: Option<&Arc<OwnAction>>, took: &mut TookBack) -> Result<()> {
        let action = action.ok_or_else(|| Error::internal(format!("there is no action `{}`", group.name)))?;
        match action.undo {
            Undo::Block(_) => self
                .exec
                .undo_group(&group.key, &group.noted.locals, action, self.timeout)
                .map_err(|halt| halt.error)?,
            Undo::Repeat => took.again.push(Again {
                key: group.key.clone(),
                action: Arc::clone(action),
                locals: group.noted.locals.clone(),
            }),
            Undo::None | Undo::Restore => took.how = Back::Left,
        }
        Ok(())
    }
}
