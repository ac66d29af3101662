//! Phases and what stands in them.

use std::sync::Arc;
use std::time::Duration;

use crate::source::Place;

use super::{BindingId, Expr, Name, Step, VerifyUse};

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
