//! Functions over series of samples, which stand in triggers: `growth(memory, over: 1h)`.
//!
//! Owns their names, labels and types, in a registry. Evaluating them needs the samples, and is for who watches.

use crate::catalogue::ty::{Dim, Type};

/// A function over series.
pub struct SeriesFunction {
    /// Its name.
    pub name: &'static str,
    /// As it is written, for messages and the reference.
    pub usage: &'static str,
    /// One line.
    pub doc: &'static str,
    /// How many metrics it takes; none: a condition over some.
    pub metrics: usize,
    /// Whether samples must be numbers or quantities.
    pub numeric: bool,
    /// `over:`
    pub over: Label,
    /// `in:`
    pub ahead: Label,
    /// Whether it compares with the baseline of the metric when there is no `over:`.
    pub baseline: bool,
    /// What it gives.
    pub gives: Gives,
}

/// Whether a function takes a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Label {
    No,
    May,
    Must,
}

/// What a function gives for samples of some type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// A sample of the series, or what is as good as one.
    Same,
    /// What lies between samples: a mean of whole numbers is none.
    Mean,
    Percent,
    /// Per time.
    Rate,
    Count,
    Bool,
}

impl Gives {
    /// The type for samples of type `of`.
    #[must_use]
    pub fn of(self, of: &Type) -> Type {
        match (self, of) {
            (_, Type::Error) => Type::Error,
            (Self::Same, of) => of.clone(),
            (Self::Mean, Type::Int) => Type::Float,
            (Self::Mean, of) => of.clone(),
            (Self::Percent, _) => Type::PERCENT,
            (Self::Count, _) => Type::Int,
            (Self::Bool, _) => Type::Bool,
            (Self::Rate, Type::Quantity(dim)) => Type::Quantity(Dim { time: dim.time.saturating_sub(1), ..*dim }),
            (Self::Rate, _) => Type::Quantity(Dim { time: -1, ..Dim::ONE }),
        }
    }
}

impl std::fmt::Debug for SeriesFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.usage)
    }
}

const fn window(name: &'static str, usage: &'static str, doc: &'static str, gives: Gives) -> SeriesFunction {
    let (over, ahead) = (Label::Must, Label::No);
    SeriesFunction { name, usage, doc, metrics: 1, numeric: true, over, ahead, baseline: false, gives }
}

/// Every function over series.
pub static ALL: &[SeriesFunction] = &[
    SeriesFunction {
        over: Label::No,
        baseline: true,
        ..window("baseline", "baseline(metric)", "What the metric says it is compared with.", Gives::Same)
    },
    SeriesFunction {
        over: Label::May,
        baseline: true,
        ..window(
            "increase",
            "increase(metric, over: 1h)",
            "How much higher the newest sample is, relative to the first of the window; without one, to the baseline.",
            Gives::Percent,
        )
    },
    SeriesFunction {
        over: Label::May,
        baseline: true,
        ..window(
            "drop",
            "drop(metric, over: 1h)",
            "How much lower the newest sample is, relative to the first of the window; without one, to the baseline.",
            Gives::Percent,
        )
    },
    window("growth", "growth(metric, over: 1h)", "The slope over the window, per time.", Gives::Rate),
    window("avg", "avg(metric, over: 5m)", "The mean over the window.", Gives::Mean),
    window("min", "min(metric, over: 5m)", "The smallest of the window.", Gives::Same),
    window("max", "max(metric, over: 5m)", "The largest of the window.", Gives::Same),
    window("p50", "p50(metric, over: 5m)", "The median of the window.", Gives::Mean),
    window("p95", "p95(metric, over: 5m)", "What 95 % of the window do not exceed.", Gives::Mean),
    window("p99", "p99(metric, over: 5m)", "What 99 % of the window do not exceed.", Gives::Mean),
    SeriesFunction {
        numeric: false,
        ..window(
            "changes",
            "changes(metric, over: 10m)",
            "How often the value changed within the window.",
            Gives::Count,
        )
    },
    SeriesFunction {
        numeric: false,
        over: Label::May,
        ..window(
            "changed",
            "changed(metric, over: 10m)",
            "Whether the value changed within the window; without one, since the sample before.",
            Gives::Bool,
        )
    },
    SeriesFunction {
        metrics: 0,
        numeric: false,
        over: Label::No,
        ..window("consecutive", "consecutive(condition)", "How many samples in a row it has held.", Gives::Count)
    },
    window(
        "anomaly",
        "anomaly(metric, over: 1d)",
        "Whether the newest sample lies far outside of what the window holds.",
        Gives::Bool,
    ),
    SeriesFunction {
        ahead: Label::Must,
        ..window(
            "forecast",
            "forecast(metric, over: 1h, in: 30m)",
            "Where the line through the window will be so much later.",
            Gives::Mean,
        )
    },
    SeriesFunction {
        metrics: 2,
        ..window(
            "compare",
            "compare(metric, other, over: 10m)",
            "How much higher the mean of the first is, relative to that of the second.",
            Gives::Percent,
        )
    },
];

/// The function called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static SeriesFunction> {
    ALL.iter().find(|function| function.name == name)
}
