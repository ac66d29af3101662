//! Steps, their clauses, and calls of actions.

use std::sync::Arc;
use std::time::Duration;

use crate::catalogue::signature::Signature;
use crate::catalogue::unit::Action;
use crate::source::Place;

use super::{BindingId, CallArg, Check, Expr, Name, OnFailure, Require};

/// `step NAME "title" { … }`
#[derive(Clone)]
pub struct Step {
    pub name: Name,
    pub title: Option<String>,
    /// In order.
    pub body: Vec<StepItem>,
    pub clauses: StepClauses,
    pub place: Place,
}

/// What a step does, in order.
#[derive(Clone)]
pub enum StepItem {
    Call(Arc<Call>),
    Let(BindingId),
    Require(Require),
    Expect(Check),
    For { var: BindingId, iter: Expr, filter: Option<Expr>, body: Vec<StepItem>, place: Place },
    If { condition: Expr, body: Vec<StepItem>, otherwise: Vec<StepItem>, place: Place },
}

/// The clauses of a step.
#[derive(Clone, Default)]
pub struct StepClauses {
    /// Names of steps, verifications or stages of the same phase.
    pub after: Vec<Name>,
    pub timeout: Option<Expr>,
    pub retry: Option<Retry>,
    pub graceful: bool,
    /// Resources as text: `server/**` is a file, `db:main` a database.
    pub reads: Option<Vec<Expr>>,
    pub writes: Option<Vec<Expr>>,
    pub touches: Option<Vec<Expr>>,
    pub idempotent: bool,
    pub done_when: Option<Expr>,
    pub undo: Undo,
    /// `irreversible "why"`
    pub irreversible: Option<Expr>,
    pub preview: Option<Arc<Call>>,
    pub on_failure: Option<OnFailure>,
    /// `within D` (escalates) and `by D` (from detection).
    pub within: Option<Expr>,
    pub by: Option<Expr>,
    pub mitigates: bool,
    /// `approve by ROLE`
    pub approve_by: Option<Name>,
}

/// `undo …` of a step.
#[derive(Clone, Default)]
pub enum Undo {
    /// By captures, in reverse order of the calls.
    #[default]
    Restore,
    /// `undo { … }`
    Block(Vec<StepItem>),
    /// `undo repeat`
    Repeat,
    /// `undo none`
    None,
}

/// `retry N every D backoff F`
#[derive(Clone)]
pub struct Retry {
    /// Attempts after the first.
    pub times: u32,
    pub every: Duration,
    /// Each pause is this many times the one before; 1.0 without.
    pub backoff: f64,
}

/// A call of an action.
#[derive(Clone)]
pub struct Call {
    pub action: Arc<dyn Action>,
    pub args: Vec<CallArg>,
    pub timeout: Option<Expr>,
    pub retry: Option<u32>,
    /// `fails: warn`
    pub fails: Option<OnFailure>,
    pub place: Place,
}

impl Call {
    /// Its signature.
    #[must_use]
    pub fn signature(&self) -> &'static Signature {
        self.action.signature()
    }
}
