//! `rbk runs`: every run in a line, the latest first.

use std::fmt::Write;

use crate::store::RunRow;
use crate::store::lock::Holder;

/// How a run stands: its outcome; `running` while it holds the lock; else it was cut short: `interrupted`.
#[must_use]
pub fn standing<'a>(run: &'a RunRow, holder: Option<&Holder>) -> &'a str {
    match &run.outcome {
        Some(outcome) => outcome,
        None if holder.is_some_and(|holder| holder.run == run.id) => "running",
        None => "interrupted",
    }
}

/// The list as text; `holder`: who holds the lock of the state folder now.
#[must_use]
pub fn text(runs: &[RunRow], holder: Option<&Holder>) -> String {
    if runs.is_empty() {
        return "no runs yet; `rbk run POLICY` makes the first\n".to_owned();
    }
    let mut text = String::new();
    let width = runs.iter().map(|run| run.policy.chars().count()).max().unwrap_or(0);
    for run in runs {
        let what = match &run.of {
            Some(of) => format!("undo of {of}"),
            None => run.kind.clone(),
        };
        let took = run.ended.map_or_else(String::new, |ended| {
            let length = std::time::Duration::try_from(ended.duration_since(run.started)).unwrap_or_default();
            super::wording::millis(length.as_millis() as u64)
        });
        let started = run.started.strftime("%Y-%m-%d %H:%M:%SZ");
        let standing = standing(run, holder);
        let _ = writeln!(text, "{}  {started}  {standing:<12} {:<width$}  {took:>6}  {what}", run.id, run.policy);
    }
    text
}
