//! The typed policy: everything resolved, every expression typed, nothing evaluated.

use std::sync::Arc;
use std::time::Duration;

use crate::catalogue::signature::Signature;
use crate::catalogue::ty::Type;
use crate::catalogue::unit::{Action, Probe};
use crate::catalogue::value::Value;
use crate::source::{Place, Sources};

mod own;
mod step;

pub use crate::syntax::ast::{BinaryOp, UnaryOp};
pub use own::{Group, OwnAction};
pub use step::{Retry, Step, StepClauses, StepFor, StepIf, StepItem, Title, Undo};

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
    /// Items that are understood but that this version does not execute, with what they are.
    pub later: Vec<(Name, &'static str)>,
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

/// A name that stands for a value.
#[derive(Clone)]
pub struct Binding {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// What gives the value.
    pub kind: BindingKind,
}

/// What gives a binding its value.
#[derive(Clone)]
pub enum BindingKind {
    /// The command line, the environment, a default.
    Param,
    /// Evaluated once at its place.
    Let(Expr),
    /// Inlined where it is called.
    Function { params: Vec<BindingId>, body: Expr },
    /// An element of a `for`, a comprehension, or an argument of a function.
    Variable,
    /// A record with `before` and `after`, each of the probe's type.
    Observe,
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

/// A typed expression.
#[derive(Clone)]
pub struct Expr {
    /// Which one.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Type,
    /// Where it stands, for messages about its value.
    pub place: Place,
}

/// The kinds of typed expressions.
#[derive(Clone)]
pub enum ExprKind {
    /// A literal.
    Const(Value),
    /// A name.
    Binding(BindingId),
    /// `run.id` and its like.
    Run(RunField),
    /// A secret, by name.
    Secret(Arc<str>),
    /// A string with holes, put together by the rules of its type (`language.md` §2): `ty` says which.
    Interpolate(Vec<Part>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ k: v }`
    Map(Vec<(Arc<str>, Expr)>),
    Unary(UnaryOp, Box<Expr>),
    Binary(BinaryOp, Box<[Expr; 2]>),
    If(Box<[Expr; 3]>),
    /// A field of a record, map or json.
    Field(Box<Expr>, Arc<str>),
    Index(Box<[Expr; 2]>),
    Comprehension(Box<Comprehension>),
    /// A pure function of the registry.
    Pure(&'static super::functions::Function, Vec<Expr>),
    /// A call of a user's `let` with parameters.
    Apply(BindingId, Vec<Expr>),
    /// A probe.
    Probe(Box<ProbeCall>),
    /// `refuse("why")`, as the last arm of an `otherwise`.
    Refuse(Box<Expr>),
    /// A conversion that was written or is silent (`int` to `float`, a plain string to `path`).
    Convert(Box<Expr>),
}

/// A piece of an interpolated string.
#[derive(Clone)]
pub enum Part {
    /// Decoded text.
    Text(Arc<str>),
    /// A value.
    Hole(Expr),
}

/// What a policy can know of its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "named as in the language")]
pub enum RunField {
    Id,
    Planned,
    Started,
    Detected,
    Duration,
    Phase,
    Policy,
    Severity,
    Reason,
    Operator,
    Environment,
    Outcome,
    Failure,
    Next,
}

/// `[value for var in iter where filter sorted by key descending]`
#[derive(Clone)]
pub struct Comprehension {
    pub value: Expr,
    pub var: BindingId,
    pub iter: Expr,
    pub filter: Option<Expr>,
    pub key: Option<Expr>,
    pub descending: bool,
}

/// A call of a probe.
#[derive(Clone)]
pub struct ProbeCall {
    pub probe: Arc<dyn Probe>,
    pub args: Vec<CallArg>,
    /// `timeout:`
    pub timeout: Option<Expr>,
    pub place: Place,
}

/// An argument, in the order of the signature's parameters.
#[derive(Clone)]
pub enum CallArg {
    /// Left out.
    Absent,
    /// Evaluated before the call.
    Value(Box<Expr>),
    /// Passed unevaluated.
    Lazy(Box<Expr>),
}

impl CallArg {
    /// An argument that is evaluated before the call.
    #[must_use]
    pub fn value(expr: Expr) -> Self {
        Self::Value(Box::new(expr))
    }

    /// An argument that is passed unevaluated.
    #[must_use]
    pub fn lazy(expr: Expr) -> Self {
        Self::Lazy(Box::new(expr))
    }
}

/// `severity NAME "title" { … }`
#[derive(Clone)]
pub struct Severity {
    pub name: Name,
    pub title: Option<String>,
    /// `within D`
    pub within: Option<(Duration, Place)>,
    pub start: Start,
    /// `skip graceful`
    pub skip_graceful: bool,
}

/// Who or what may start a run of a severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// `start automatically`
    Automatically,
    /// `start after approval(by: R, within: D)`
    AfterApproval { by: Arc<str>, within: Option<Duration> },
    /// `start by hand`, and what says nothing.
    ByHand,
    /// `observe`
    Observe,
}

/// `role NAME { … }`
#[derive(Clone, Debug)]
pub struct Role {
    pub name: Name,
    pub members: Vec<String>,
    pub may_start_up_to: Option<Arc<str>>,
    pub may_approve: bool,
    pub may_emergency: bool,
}

/// `environment NAME default { … }`
#[derive(Clone)]
pub struct Environment {
    pub name: Name,
    pub default: bool,
    /// `param = value`
    pub sets: Vec<(BindingId, Expr)>,
    pub deadlines_advisory: bool,
    pub confirm_typed: bool,
}

/// `secret NAME = env("X") | file("…") | exec([…])`
#[derive(Clone)]
pub struct Secret {
    pub name: Name,
    pub source: SecretSource,
}

/// Where a secret comes from.
#[derive(Clone)]
pub enum SecretSource {
    Env(String),
    File(Expr),
    Exec(Expr),
}

/// `require EXPR, "why"`
#[derive(Clone)]
pub struct Require {
    pub condition: Expr,
    pub why: Option<Expr>,
    pub place: Place,
}

/// `phase NAME "title" { … }`
#[derive(Clone)]
pub struct Phase {
    pub name: Name,
    pub title: Option<String>,
    /// What stands outside scenarios, in text order.
    pub body: Block,
    pub scenarios: Vec<Scenario>,
    pub depends_on: Vec<Name>,
    pub includes: Vec<Name>,
    pub on_failure: Option<OnFailure>,
    pub always: Option<Block>,
    /// `within D`
    pub within: Option<(Duration, Place)>,
    pub place: Place,
}

/// `scenario NAME "title" { … }`
#[derive(Clone)]
pub struct Scenario {
    pub name: Name,
    pub title: Option<String>,
    pub symptoms: Vec<String>,
    pub detect: Option<Expr>,
    pub body: Block,
}

/// Items in text order.
#[derive(Clone, Default)]
pub struct Block {
    pub items: Vec<Item>,
}

/// What stands in a phase, stage, scenario, `parallel`, `for`, `if`, `always`, `undo` or handler.
#[derive(Clone)]
pub enum Item {
    Let(BindingId),
    Require(Arc<Require>),
    Observe(Arc<Observe>),
    Step(Arc<Step>),
    Verify(Arc<VerifyUse>),
    Parallel(Arc<Parallel>),
    For(Arc<For>),
    If(Arc<If>),
    Stage(Arc<Stage>),
}

/// `observe NAME = PROBE`
#[derive(Clone)]
pub struct Observe {
    pub binding: BindingId,
    pub probe: Expr,
    pub place: Place,
}

/// `stage NAME "title" { … } otherwise NAME { … }`
#[derive(Clone)]
pub struct Stage {
    pub name: Name,
    pub title: Option<String>,
    pub body: Block,
    pub on_failure: Option<OnFailure>,
    pub otherwise: Option<Box<Stage>>,
    pub within: Option<(Duration, Place)>,
}

/// `parallel { … }`
#[derive(Clone)]
pub struct Parallel {
    pub body: Block,
    pub place: Place,
}

/// `for x in list { … }` over items of a phase or over statements of a step.
#[derive(Clone)]
pub struct For {
    pub parallel: bool,
    pub var: BindingId,
    pub iter: Expr,
    pub filter: Option<Expr>,
    /// `one at a time` is 1.
    pub at_once: Option<usize>,
    pub tolerate: Option<Tolerance>,
    pub body: Block,
    pub place: Place,
}

/// `tolerate 1 | 10%`
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Tolerance {
    Count(u64),
    Percent(f64),
}

impl Tolerance {
    /// How many of so many items may fail.
    #[must_use]
    pub fn of(self, items: usize) -> u64 {
        match self {
            Self::Count(count) => count,
            Self::Percent(points) => (items as f64 * points / 100.0).floor() as u64,
        }
    }
}

/// `if COND { … } else { … }`
#[derive(Clone)]
pub struct If {
    pub condition: Expr,
    pub body: Block,
    pub otherwise: Option<Block>,
    pub place: Place,
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

/// What happens when something fails (`language.md` §8).
#[derive(Clone, Default)]
pub enum OnFailure {
    /// Nothing new starts.
    #[default]
    Stop,
    /// This block is undone.
    Undo,
    /// Goes on and can still succeed.
    Warn,
    /// Goes on and ends partial.
    Continue,
    /// Another phase is run.
    Run(Name),
    /// These steps are run.
    Steps(Block),
}

/// `verify NAME "title" { … }`
#[derive(Clone)]
pub struct Verify {
    pub name: Name,
    pub title: Option<String>,
    /// Bound anew in every round.
    pub lets: Vec<BindingId>,
    pub within: Option<Duration>,
    /// Between rounds; [`Verify::EVERY`] unless said.
    pub every: Option<Duration>,
    /// How long all must stay true.
    pub hold: Option<Duration>,
    pub tolerate: u64,
    pub checks: Vec<Check>,
    pub on_failure: Option<Block>,
    pub place: Place,
}

impl Verify {
    /// Between rounds when nobody says otherwise.
    pub const EVERY: Duration = Duration::from_secs(1);
    /// The time for all rounds when nobody says otherwise.
    pub const WITHIN: Duration = Duration::from_secs(30);
}

/// A verification at its place in a phase, with what it overrides.
#[derive(Clone)]
pub struct VerifyUse {
    pub verify: VerifyId,
    pub within: Option<Duration>,
    pub every: Option<Duration>,
    pub hold: Option<Duration>,
    pub mitigates: bool,
    pub after: Vec<Name>,
    pub on_failure: Option<OnFailure>,
    pub place: Place,
}

/// An expectation.
#[derive(Clone)]
pub struct Check {
    pub kind: CheckKind,
    pub condition: Expr,
    pub why: Option<Expr>,
    pub place: Place,
}

/// The kinds of expectations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckKind {
    /// Must hold.
    Expect,
    /// Ends the run degraded when it does not.
    Should,
    /// Fails at once when it holds.
    FailWhen,
}
