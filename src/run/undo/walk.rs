//! The walk over what a run did, the latest first: how each call is taken back, what runs again then, what stays.
//!
//! One walk for all: the plan of an undo, what a running run takes back, and what may be said of it at its end.

use std::collections::HashSet;
use std::sync::Arc;

use super::left::LeftAsIs;
use super::trail::{Called, Noted, Trail};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::signature::UndoKind;
use crate::catalogue::unit::{Capture, Catalogue};
use crate::check::model::{OwnAction, Step, Undo};
use crate::run::event::UndoNote;
use crate::run::failure::Map;

/// One step of an undo.
pub struct UndoStep {
    /// The key of the node that is undone.
    pub key: String,
    /// How.
    pub how: How,
}

/// How one step of an undo works.
pub enum How {
    /// By the capture of one call.
    Restore(Box<Called>),
    /// By its `undo` block.
    Block(Arc<Step>, Noted),
    /// By running it again, behind everything that is restored.
    Repeat(Arc<Step>, Noted),
    /// By its unit, which does it again behind everything that is restored.
    Again(Box<Called>),
    /// By the `undo` block of a call of an own action.
    GroupBlock(Arc<OwnAction>, Noted),
    /// By running that call again, behind everything that is restored.
    GroupRepeat(Arc<OwnAction>, Noted),
}

impl How {
    /// Whether it runs again, behind everything that is restored.
    #[must_use]
    pub const fn runs_again(&self) -> bool {
        matches!(self, Self::Repeat(..) | Self::Again(_) | Self::GroupRepeat(..))
    }

    /// Whether its block is empty: of a command that only reads there is nothing to take back.
    fn does_nothing(&self) -> bool {
        let undo = match self {
            Self::Block(step, _) => &step.clauses.undo,
            Self::GroupBlock(action, _) => &action.undo,
            _ => return false,
        };
        matches!(undo, Undo::Block(items) if items.is_empty())
    }
}

/// What a walk found.
#[derive(Default)]
pub struct Walked {
    /// What is restored, the latest first.
    pub steps: Vec<UndoStep>,
    /// What runs again behind that, forwards.
    pub repeats: Vec<UndoStep>,
    /// What stays, in the order it was done.
    pub left: Vec<LeftAsIs>,
}

impl Walked {
    /// Whether there is anything to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.repeats.is_empty()
    }
}

/// Walks over `trail`; `map`: of the policy that was frozen, where it compiles.
///
/// # Errors
/// A step or action that says how it is undone, and is not in that policy.
pub fn walk(trail: &Trail, map: Option<&Map>, catalogue: &Catalogue) -> Result<Walked> {
    let mut walk = Walk { trail, map, catalogue, seen: HashSet::new(), found: Walked::default(), repeats: Vec::new() };
    for called in trail.calls.iter().rev() {
        walk.call(called, false)?;
    }
    for called in trail.owed.iter().rev() {
        walk.call(called, true)?;
    }
    let Walk { mut found, mut repeats, .. } = walk;
    // Forwards, as they ran.
    repeats.sort_by_key(|(seq, _)| *seq);
    found.repeats = repeats.into_iter().map(|(_, step)| step).collect();
    found.left.reverse();
    let mut left = trail.left.clone();
    for one in found.left {
        if !left.contains(&one) {
            left.push(one);
        }
    }
    found.left = left;
    Ok(found)
}

/// How a call is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It changed nothing.
    Nothing,
    /// By what it captured.
    Capture,
    /// Behind everything that is restored, by its unit, which does it again.
    Repeat,
    /// Not.
    Left,
}

/// How `called` is taken back.
fn way(called: &Called, catalogue: &Catalogue) -> Way {
    let Some((action, args)) = called.unit(catalogue) else { return Way::Left };
    match action.signature().undo {
        UndoKind::Nothing => Way::Nothing,
        UndoKind::Repeat if action.runs_again(&called.capture) => Way::Repeat,
        UndoKind::Repeat => Way::Capture,
        _ if called.capture != Capture::Nothing => Way::Capture,
        // Nothing was there to keep, so nothing was lost; unless keeping was switched off.
        UndoKind::Exact if action.exact_undo(&args) => Way::Nothing,
        UndoKind::Inverse => Way::Nothing,
        UndoKind::Exact | UndoKind::None => Way::Left,
    }
}

struct Walk<'a> {
    trail: &'a Trail,
    map: Option<&'a Map>,
    catalogue: &'a Catalogue,
    /// Keys of what is taken back as a whole.
    seen: HashSet<String>,
    found: Walked,
    /// With the number of the last call of each.
    repeats: Vec<(u64, UndoStep)>,
}

impl Walk<'_> {
    /// `owed`: it was restored already, and only what is to run again is still to be done.
    fn call(&mut self, called: &Called, owed: bool) -> Result<()> {
        let note = self.trail.notes.get(&called.node).cloned().unwrap_or_default();
        let why = note.irreversible.as_deref().or_else(|| self.trail.irreversible(called));
        let irreversible = why.map(|why| format!("irreversible: {why}"));
        let group = match note.undo {
            UndoNote::Restore => self.trail.whole_group(called),
            _ => None,
        };
        let (key, noted) = match group {
            Some(group) => (group.key.clone(), group.noted.clone()),
            None => (called.node.clone(), note),
        };
        if noted.undo == UndoNote::Restore {
            self.single(called, irreversible, owed);
            return Ok(());
        }
        if !self.seen.insert(key.clone()) {
            return Ok(());
        }
        let how = match (noted.undo, group) {
            (UndoNote::Block, None) => How::Block(self.step(&key, &noted)?, noted),
            (UndoNote::Block, Some(group)) => How::GroupBlock(self.action(&group.name, &noted)?, noted),
            (UndoNote::Repeat, None) => How::Repeat(self.step(&key, &noted)?, noted),
            (UndoNote::Repeat, Some(group)) => How::GroupRepeat(self.action(&group.name, &noted)?, noted),
            (UndoNote::None | UndoNote::Restore, group) => {
                if !owed {
                    let who = group.map_or_else(|| "its step".to_owned(), |group| format!("`{}`", group.name));
                    self.left(key, irreversible.unwrap_or_else(|| format!("{who} says `undo none`")));
                }
                return Ok(());
            }
        };
        if how.does_nothing() {
            return Ok(());
        }
        if how.runs_again() {
            self.repeats.push((called.seq, UndoStep { key, how }));
        } else if !owed {
            self.found.steps.push(UndoStep { key, how });
        }
        Ok(())
    }

    fn single(&mut self, called: &Called, irreversible: Option<String>, owed: bool) {
        let key = called.node.clone();
        match way(called, self.catalogue) {
            Way::Nothing => {}
            Way::Repeat => {
                self.repeats.push((called.seq, UndoStep { key, how: How::Again(Box::new(called.clone())) }));
            }
            _ if owed => {}
            Way::Capture => self.found.steps.push(UndoStep { key, how: How::Restore(Box::new(called.clone())) }),
            Way::Left => {
                let why = irreversible.unwrap_or_else(|| format!("`{}` kept nothing to go back by", called.text));
                self.left(key, why);
            }
        }
    }

    fn left(&mut self, key: String, why: String) {
        let left = LeftAsIs { title: self.trail.titles.get(&key).cloned(), key, why };
        if !self.found.left.contains(&left) {
            self.found.left.push(left);
        }
    }

    fn step(&self, key: &str, noted: &Noted) -> Result<Arc<Step>> {
        self.map.and_then(|map| map.step(noted.place)).cloned().ok_or_else(|| {
            Error::failed(format!("the step of `{key}` is not in the policy that was frozen"))
                .hint("undo it with the version of rbk that ran it")
        })
    }

    fn action(&self, name: &str, noted: &Noted) -> Result<Arc<OwnAction>> {
        self.map.and_then(|map| map.action(noted.place)).cloned().ok_or_else(|| {
            Error::failed(format!("the action `{name}` is not in the policy that was frozen"))
                .hint("undo it with the version of rbk that ran it")
        })
    }
}
