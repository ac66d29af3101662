//! Verifications: what must hold, and where.

use std::time::Duration;

use crate::source::Place;

use super::{BindingId, Block, Expr, Name, OnFailure, VerifyId};

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
