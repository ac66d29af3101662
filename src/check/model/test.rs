//! `test "…" { given …; expect … }`: tests of a policy over a virtual clock.

use std::sync::Arc;
use std::time::Duration;

use crate::source::Place;

use super::{BindingId, Expr, MetricId, Name};

/// What a run can end as, as policies write it.
pub const OUTCOMES: &[&str] = &[
    "done",
    "degraded",
    "warned",
    "partial",
    "compensated",
    "inconclusive",
    "failed",
    "refused",
    "declined",
    "undo_failed",
    "interrupted",
];

/// A test.
#[derive(Clone)]
pub struct Test {
    pub title: String,
    /// In text order, as the expectations.
    pub given: Vec<Given>,
    pub expects: Vec<Expectation>,
    pub place: Place,
}

/// What a test takes as given.
#[derive(Clone)]
pub enum Given {
    /// `given METRIC = series(…)`: its samples, one piece after the other.
    Series { metric: MetricId, args: Vec<Expr>, pieces: Vec<Piece> },
    /// `given PARAM = VALUE`
    Param(BindingId, Expr),
    /// `given now = TIME`
    Now(Expr),
    /// `given files { "path": "text" }`
    Files(Vec<(Arc<str>, Expr)>),
    /// `given step NAME fails`, in every phase that has it.
    StepFails(Name),
}

/// A piece of a series.
#[derive(Clone)]
pub struct Piece {
    pub samples: Samples,
    /// Between samples; that of the metric unless said.
    pub every: Option<Duration>,
    /// How long; a list may leave it out and is taken once.
    pub lasting: Option<Duration>,
}

/// The samples of a piece.
#[derive(Clone)]
pub enum Samples {
    /// From a value on, by a step.
    Line { from: Expr, step: Option<Expr> },
    /// One after the other; `none` is missing.
    List(Expr),
}

/// What a test expects.
#[derive(Clone)]
pub enum Expectation {
    /// `expect fired(t) in 50m..65m`, `expect not fired(t, critical)`
    Fired { trigger: Name, severity: Option<Name>, within: Option<(Duration, Duration)>, not: bool, place: Place },
    /// `expect run(p).outcome == degraded`
    Outcome { run: TestRun, outcome: &'static str, not: bool, place: Place },
    /// `expect EXPR, "why"`: asked after all runs of the test.
    Holds { condition: Expr, why: Option<Expr>, place: Place },
}

/// `run(PHASE, scenario: S, severity: V)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestRun {
    pub phase: Name,
    pub scenario: Option<Name>,
    pub severity: Option<Name>,
}
