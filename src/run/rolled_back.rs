//! Which phases of a plan were rolled back already, by a run that still stands.

use serde::Deserialize;

use super::event::Outcome;
use super::frozen::Frozen;
use super::undo::undone_by;
use crate::catalogue::error::Result;
use crate::plan::model::{Plan, Target};
use crate::store::{RunNo, RunRow, Store};

/// A phase, and the run that has rolled it back.
#[derive(Debug)]
pub struct RolledBack {
    /// Its name.
    pub phase: String,
    /// The latest such run.
    pub run: RunRow,
}

/// What of the first record of a run matters here.
#[derive(Deserialize)]
struct Started {
    #[serde(rename = "type")]
    kind: String,
    target: Option<Target>,
}

/// The phases of `plan` that would be changed though they are rolled back already: the latest run of the same policy on
/// the same root and environment that had a part in them came to its end, and nobody has undone it. One that changed
/// nothing, since it was refused, does not count, nor does one that was undone; after a failed one it may be tried again.
///
/// # Errors
/// When the records cannot be read.
pub fn of(store: &dyn Store, plan: &Plan) -> Result<Vec<RolledBack>> {
    let mut open: Vec<&String> =
        plan.phases.iter().filter(|phase| plan.nodes.iter().any(|node| node.phase == **phase && node.acts())).collect();
    let mut found = Vec::new();
    let runs = store.runs()?;
    for run in &runs {
        if open.is_empty() {
            break;
        }
        if run.kind != "run" || *run.policy != *plan.policy.name.text {
            continue;
        }
        let outcome = run.outcome.as_deref().and_then(Outcome::parse);
        if matches!(outcome, Some(Outcome::Refused | Outcome::Declined)) || undone_by(store, &runs, run)?.is_some() {
            continue;
        }
        // What another version wrote must not keep anybody from rolling back.
        let Ok(frozen) = Frozen::parse(&store.frozen(run.no)?, &run.id) else { continue };
        if frozen.environment != plan.target.environment
            || root(store, run.no)?.is_some_and(|at| at != plan.target.root)
        {
            continue;
        }
        let stands = matches!(outcome, Some(Outcome::Done | Outcome::Degraded | Outcome::Warned | Outcome::Partial));
        for phase in frozen.phase.split(", ") {
            let before = open.len();
            open.retain(|wanted| *wanted != phase);
            if stands && open.len() < before {
                found.push(RolledBack { phase: phase.to_owned(), run: run.clone() });
            }
        }
    }
    Ok(found)
}

/// Where a run acted; a state folder may be shared by several roots.
fn root(store: &dyn Store, run: RunNo) -> Result<Option<String>> {
    let mut root = None;
    store.entries(run, 0, &mut |entry| {
        if root.is_none()
            && entry.json.contains("\"run_started\"")
            && let Ok(started) = serde_json::from_str::<Started>(&entry.json)
            && started.kind == "run_started"
        {
            root = started.target.map(|target| target.root);
        }
        Ok(())
    })?;
    Ok(root)
}
