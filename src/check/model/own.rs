//! Actions of the policy's own, and their calls.

use std::sync::Arc;

use super::{BindingId, Expr, Name, OnFailure, StepItem, Undo};
use crate::source::Place;

/// A call of an action of the policy's own: its items stand for it.
#[derive(Clone)]
pub struct Group {
    /// As it is called: `x.restart`.
    pub name: Name,
    pub action: Arc<OwnAction>,
    /// One for each parameter, evaluated once, when the call is reached.
    pub args: Vec<Expr>,
    /// `timeout:`
    pub timeout: Option<Expr>,
    /// `retry:`
    pub retry: Option<u32>,
    /// `fails: warn`
    pub fails: Option<OnFailure>,
    /// The call.
    pub place: Place,
}

/// `action NAME(params) { … }`, checked once for all its calls.
#[derive(Clone)]
pub struct OwnAction {
    pub name: Name,
    pub params: Vec<BindingId>,
    /// `let` and `require`, in order, before anything is done.
    pub head: Vec<StepItem>,
    /// `run { … }`
    pub run: Vec<StepItem>,
    /// Resources as text; they narrow the world of the calls in `run`.
    pub reads: Option<Vec<Expr>>,
    pub writes: Option<Vec<Expr>>,
    pub touches: Option<Vec<Expr>>,
    pub timeout: Option<Expr>,
    pub idempotent: bool,
    pub done_when: Option<Expr>,
    pub undo: Undo,
    pub irreversible: Option<Expr>,
    pub preview: Option<Arc<Expr>>,
    /// How many calls it comes to.
    pub size: usize,
    /// The definition.
    pub place: Place,
}

impl OwnAction {
    /// Whether it says how its calls are taken back, or that they need not or cannot be.
    #[must_use]
    pub const fn speaks_of_undo(&self) -> bool {
        self.idempotent || self.irreversible.is_some() || !matches!(self.undo, Undo::Restore)
    }
}
