//! What is watched and when it starts a rollback: metrics, triggers, functions over series.

use std::time::Duration;

use crate::catalogue::ty::Type;
use crate::check::series::SeriesFunction;
use crate::source::Place;

use super::{BindingId, Expr, Name};

/// Index into [`Watching::metrics`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MetricId(pub u32);

/// Everything about watching.
#[derive(Clone, Default)]
pub struct Watching {
    /// In text order.
    pub metrics: Vec<Metric>,
    /// In text order.
    pub triggers: Vec<Trigger>,
    /// `at most N rollbacks per D`
    pub at_most: Option<Breaker>,
}

/// `at most 2 rollbacks per 1h`: the circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    pub rollbacks: u64,
    pub per: Duration,
}

/// `metric NAME(params): TYPE = PROBE every 5s { … }`
#[derive(Clone)]
pub struct Metric {
    pub name: Name,
    pub title: Option<String>,
    /// One series for each tuple of values that is used.
    pub params: Vec<BindingId>,
    /// Of a sample that is there.
    pub ty: Type,
    /// What is sampled; may be absent.
    pub probe: Expr,
    /// [`Metric::EVERY`] unless said.
    pub every: Duration,
    pub baseline: Option<Baseline>,
    /// What a rule makes of a missing sample, unless its trigger says otherwise.
    pub missing: Option<Missing>,
}

impl Metric {
    /// Between samples when nobody says otherwise.
    pub const EVERY: Duration = Duration::from_secs(15);
}

/// What a metric is compared with.
#[derive(Clone)]
pub enum Baseline {
    /// A value of the metric's type.
    Value(Expr),
    /// `baseline recorded`: what `rbk prepare` last measured.
    Recorded,
}

/// What missing data makes of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It stays as it is.
    Hold,
    /// As if it held.
    Fire,
    /// As if it did not hold.
    Clear,
}

impl Missing {
    /// As it is written.
    pub const WORDS: &'static [&'static str] = &["hold", "fire", "clear"];

    /// The one that is written so.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "hold" => Self::Hold,
            "fire" => Self::Fire,
            "clear" => Self::Clear,
            _ => return None,
        })
    }

    /// As it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Fire => "fire",
            Self::Clear => "clear",
        }
    }
}

/// `trigger NAME "title" for x in LIST { … }`
#[derive(Clone)]
pub struct Trigger {
    pub name: Name,
    pub title: Option<String>,
    /// One trigger for each element: the variable and the list.
    pub each: Option<(BindingId, Expr)>,
    /// In text order, the most severe first.
    pub rules: Vec<Rule>,
    /// `clear when EXPR for D`: re-arms it.
    pub clear: Option<Held>,
    /// While one of these holds, nothing fires. May ask the world, at the moment of firing.
    pub unless: Vec<Expr>,
    /// For all of its rules; the metrics' own otherwise.
    pub missing: Option<Missing>,
    /// What it starts, all of them.
    pub starts: Vec<Started>,
    pub place: Place,
}

/// `critical when EXPR for 1m`, `high by hand(ROLE)`
#[derive(Clone)]
pub struct Rule {
    pub severity: Name,
    pub when: When,
    pub place: Place,
}

/// What makes a rule fire.
#[derive(Clone)]
pub enum When {
    /// A condition over metrics. Three-valued: missing data is neither true nor false.
    Holds(Held),
    /// Somebody; of this role, where one is named.
    ByHand(Option<Name>),
}

/// A condition and how long it must hold.
#[derive(Clone)]
pub struct Held {
    pub condition: Expr,
    pub lasting: Lasting,
}

/// How long a condition must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// One sample is enough.
    AtOnce,
    /// `for 1m`, without a gap longer than two intervals.
    Time(Duration),
    /// `for 5 samples`
    Samples(u64),
}

/// `start PHASE scenario NAME`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    pub phase: Name,
    pub scenario: Option<Name>,
}

/// A call of a function over series.
#[derive(Clone)]
pub struct SeriesCall {
    pub function: &'static SeriesFunction,
    /// Metrics, except for `consecutive`, which takes a condition over some.
    pub args: Vec<Expr>,
    /// `over:`; undefined until samples span 90 % of it.
    pub over: Option<Duration>,
    /// `in:`, how far a forecast looks ahead.
    pub ahead: Option<Duration>,
}
