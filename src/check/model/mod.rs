//! The typed policy: everything resolved, every expression typed, nothing evaluated. One file per kind of item.

use std::sync::Arc;
use std::time::Duration;

use crate::source::{Place, Sources};

mod around;
mod authority;
mod expr;
mod message;
mod own;
mod phase;
mod step;
mod test;
mod verify;
mod watch;

pub use crate::syntax::ast::{BinaryOp, UnaryOp};
pub use around::{Around, Confirm, Export, Followup, Host, Incident, Preflight, PreflightItem};
pub use authority::{Environment, Member, Muted, Role, Secret, SecretSource, Severity, Start};
pub use expr::{Binding, BindingKind, CallArg, Comprehension, Expr, ExprKind, Part, ProbeCall, RunField};
pub use message::{
    Channel, Contact, Escalation, Level, Message, MessageText, Messages, OnEvent, Recipients, Reminder, Template, Via,
};
pub use own::{Group, OwnAction};
pub use phase::{Block, For, If, Item, Observe, OnFailure, Parallel, Phase, Require, Scenario, Stage, Tolerance};
pub use step::{Call, Retry, Step, StepClauses, StepFor, StepIf, StepItem, Title, Undo};
pub use test::{Expectation, Given, OUTCOMES, Piece, Samples, Test, TestRun};
pub use verify::{Check, CheckKind, Verify, VerifyUse};
pub use watch::{
    Baseline, Breaker, Held, Lasting, Metric, MetricId, Missing, Rule, SeriesCall, Started, Trigger, Watching, When,
};

/// Index into [`Policy::bindings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BindingId(pub u32);

/// Index into [`Policy::verifies`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VerifyId(pub u32);

/// A checked policy.
#[derive(Clone)]
pub struct Policy {
    /// The name behind `policy`.
    pub name: Name,
    /// Its title.
    pub title: Option<String>,
    /// `owner "…"`
    pub owner: Option<String>,
    /// `root "…"`, relative to the policy's file; `.` when not given.
    pub root: String,
    /// `roots […]`: further roots.
    pub roots: Vec<String>,
    /// `defaults { … }`
    pub defaults: Defaults,
    /// `on failure …` of the policy.
    pub on_failure: OnFailure,
    /// The texts that it was compiled from, frozen.
    pub sources: Arc<Sources>,
    /// Every name that stands for a value.
    pub bindings: Vec<Binding>,
    /// Parameters in text order.
    pub params: Vec<ParamItem>,
    /// Top-level `let`s without parameters, in text order.
    pub lets: Vec<BindingId>,
    /// Top-level `require`s.
    pub requires: Vec<Require>,
    /// Most severe first.
    pub severities: Vec<Severity>,
    /// Roles by name.
    pub roles: Vec<Role>,
    /// Environments; at most one is the default.
    pub environments: Vec<Environment>,
    /// Secrets by name, with where they come from.
    pub secrets: Vec<Secret>,
    /// Verifications: those of the file and those written inside phases.
    pub verifies: Vec<Arc<Verify>>,
    /// Phases in text order.
    pub phases: Vec<Arc<Phase>>,
    /// Actions of the policy's own and of what it imports.
    pub actions: Vec<Arc<OwnAction>>,
    /// What is watched, and what that starts.
    pub watching: Watching,
    /// Who is told what.
    pub messages: Messages,
    /// Before a deployment, after a run, tests.
    pub around: Around,
}

/// A name and where it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: Arc<str>,
    /// Where.
    pub place: Place,
}

/// What a policy sets for all its steps.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// Of a step without its own: [`Defaults::TIMEOUT`] unless set.
    pub timeout: Duration,
}

impl Defaults {
    /// The time limit of a step when nobody says otherwise; every plan publishes it.
    pub const TIMEOUT: Duration = Duration::from_secs(120);
}

/// `param NAME: TYPE = default where EXPR "doc"`
#[derive(Clone)]
pub struct ParamItem {
    /// Its binding.
    pub binding: BindingId,
    /// Absent: required.
    pub default: Option<Expr>,
    /// Must hold; refers to the param itself.
    pub condition: Option<Expr>,
    /// One line.
    pub doc: Option<String>,
}
