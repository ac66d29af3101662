//! Steps, their clauses, and calls of actions.
//!
//! A policy may have thousands of steps, most of them one call: what few of them have stands behind a pointer.

use std::sync::Arc;
use std::time::Duration;

use crate::catalogue::signature::Signature;
use crate::catalogue::unit::Action;
use crate::source::Place;

use super::{BindingId, CallArg, Check, Expr, Group, Name, OnFailure, Require};

/// The title of a step: in a loop, often one with values.
#[derive(Clone)]
pub enum Title {
    Plain(String),
    /// An interpolated string without probes.
    Built(Box<Expr>),
}

impl Title {
    /// The text, where it is the same for every node of the step.
    #[must_use]
    pub fn plain(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Built(_) => None,
        }
    }
}

/// `step NAME "title" { … }`
#[derive(Clone)]
pub struct Step {
    pub name: Name,
    pub title: Option<Title>,
    /// In order.
    pub body: Vec<StepItem>,
    pub clauses: StepClauses,
    pub place: Place,
}

/// What a step does, in order. Most steps are one call, so that the others are boxed.
#[derive(Clone)]
pub enum StepItem {
    Call(Arc<Call>),
    /// A call of an action of the policy's own.
    Group(Arc<Group>),
    Let(BindingId),
    Require(Box<Require>),
    Expect(Box<Check>),
    For(Box<StepFor>),
    If(Box<StepIf>),
}

/// `for x in list where cond { … }` within a step.
#[derive(Clone)]
pub struct StepFor {
    pub var: BindingId,
    pub iter: Expr,
    pub filter: Option<Expr>,
    pub body: Vec<StepItem>,
    pub place: Place,
}

/// `if cond { … } else { … }` within a step.
#[derive(Clone)]
pub struct StepIf {
    pub condition: Expr,
    pub body: Vec<StepItem>,
    pub otherwise: Vec<StepItem>,
    pub place: Place,
}

/// The clauses of a step. Few steps have many, and a policy has many steps: values are boxed.
#[derive(Clone, Default)]
pub struct StepClauses {
    /// Names of steps, verifications or stages of the same phase.
    pub after: Vec<Name>,
    pub timeout: Option<Box<Expr>>,
    pub retry: Option<Box<Retry>>,
    pub graceful: bool,
    /// Resources as text: `server/**` is a file, `db:main` a database.
    pub reads: Option<Vec<Expr>>,
    pub writes: Option<Vec<Expr>>,
    pub touches: Option<Vec<Expr>>,
    pub idempotent: bool,
    pub done_when: Option<Box<Expr>>,
    pub undo: Undo,
    /// `irreversible "why"`
    pub irreversible: Option<Box<Expr>>,
    /// What a plan asks and shows; a run never does.
    pub preview: Option<Arc<Expr>>,
    pub on_failure: Option<OnFailure>,
    /// `within D` (escalates) and `by D` (from detection).
    pub within: Option<Box<Expr>>,
    pub by: Option<Box<Expr>>,
    pub mitigates: bool,
    /// `approve by ROLE`
    pub approve_by: Option<Box<Name>>,
}

impl StepClauses {
    /// Whether the author says what is affected, and nothing that is written is among it.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        let lists = [&self.writes, &self.touches];
        lists.iter().all(|list| list.as_ref().is_none_or(Vec::is_empty))
            && (self.reads.is_some() || lists.iter().any(|list| list.is_some()))
    }
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
    pub timeout: Option<Box<Expr>>,
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
