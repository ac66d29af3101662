//! Names for values and the expressions that give them.

use std::sync::Arc;

use crate::catalogue::ty::Type;
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;
use crate::source::Place;

use super::{BinaryOp, BindingId, MetricId, Name, SeriesCall, UnaryOp};

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
    Pure(&'static crate::check::functions::Function, Vec<Expr>),
    /// A call of a user's `let` with parameters.
    Apply(BindingId, Vec<Expr>),
    /// A probe.
    Probe(Box<ProbeCall>),
    /// `refuse("why")`, as the last arm of an `otherwise`.
    Refuse(Box<Expr>),
    /// A sample of a metric, with the values of its parameters; only in triggers.
    Metric(MetricId, Vec<Expr>),
    /// A function over series; only in triggers.
    Series(Box<SeriesCall>),
    /// `maintenance.active`; only in triggers.
    Maintenance,
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
    Trigger,
    Failure,
    Outcome,
    Finished,
    Next,
    WorstCase,
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
