//! What earlier runs took: the medians that a plan shows beside its worst case.
//!
//! Only finished runs of the same policy, phases, scenario and environment count. It reads no more of a journal than
//! it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;

use super::frozen::Frozen;
use crate::catalogue::error::Result;
use crate::plan::model::{Plan, Typical, Work};
use crate::store::{RunRow, Store};

/// The latest runs that count.
const COUNTED: usize = 20;
/// The latest runs that are looked at.
const LOOKED_AT: usize = 100;

/// What of an entry matters here.
#[derive(Deserialize)]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    node: Option<String>,
    #[serde(default)]
    outcome: Option<String>,
    #[serde(default)]
    millis: Option<u64>,
    #[serde(default)]
    nodes: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    key: String,
    kind: String,
}

/// The medians for `plan`; `None` where nothing like it ever finished here.
pub fn of(store: &dyn Store, plan: &Plan) -> Result<Option<Typical>> {
    let steps: BTreeSet<&str> =
        plan.nodes.iter().filter(|node| matches!(node.work, Work::Step(_))).map(|node| node.key.as_str()).collect();
    let keys: BTreeSet<&str> = plan.nodes.iter().map(|node| node.key.as_str()).collect();
    let (mut whole, mut nodes) = (Vec::new(), BTreeMap::<String, Vec<u64>>::new());
    let mut counted = 0;
    for run in store.runs()?.iter().take(LOOKED_AT) {
        if counted == COUNTED {
            break;
        }
        if !finished(run) || *run.policy != *plan.policy.name.text || !alike(&store.frozen(run.no)?, plan) {
            continue;
        }
        counted += 1;
        let (mut ran, mut took) = (BTreeSet::new(), None);
        store.entries(run.no, 0, &mut |entry| {
            if !["\"node_ended\"", "\"run_ended\"", "\"run_started\""].iter().any(|kind| entry.json.contains(kind)) {
                return Ok(());
            }
            let Ok(line) = serde_json::from_str::<Line>(&entry.json) else { return Ok(()) };
            match (line.kind.as_str(), line.node, line.millis) {
                ("run_started", ..) => {
                    ran = line.nodes.into_iter().filter(|node| node.kind == "step").map(|node| node.key).collect();
                }
                ("node_ended", Some(node), Some(millis)) => {
                    let good = matches!(line.outcome.as_deref(), Some("done" | "degraded" | "warned"));
                    if good && keys.contains(node.as_str()) {
                        nodes.entry(node).or_default().push(millis);
                    }
                }
                ("run_ended", _, Some(millis)) => took = Some(millis),
                _ => {}
            }
            Ok(())
        })?;
        // Other steps take another time.
        if ran.len() == steps.len() && ran.iter().all(|key| steps.contains(key.as_str())) {
            whole.extend(took);
        }
    }
    if counted == 0 {
        return Ok(None);
    }
    let nodes = nodes.into_iter().map(|(key, mut took)| (key, (median(&mut took), took.len()))).collect();
    let count = whole.len();
    Ok(Some(Typical { whole: (count > 0).then(|| (median(&mut whole), count)), nodes }))
}

fn finished(run: &RunRow) -> bool {
    run.kind == "run" && matches!(run.outcome.as_deref(), Some("done" | "degraded" | "warned"))
}

/// Whether a run did what `plan` would do.
fn alike(frozen: &str, plan: &Plan) -> bool {
    let Ok(frozen) = serde_json::from_str::<Frozen>(frozen) else { return false };
    frozen.phase == plan.phases.join(", ")
        && frozen.environment == plan.target.environment
        && frozen.request.scenario == plan.request.scenario
}

/// Of an even number, the mean of both in the middle.
fn median(millis: &mut [u64]) -> Duration {
    millis.sort_unstable();
    let middle = millis.len() / 2;
    Duration::from_millis(match millis.len() {
        0 => 0,
        count if count % 2 == 1 => millis[middle],
        _ => u64::midpoint(millis[middle - 1], millis[middle]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_slow_run_does_not_count_for_much() {
        assert_eq!(median(&mut [10, 60_000, 12]), Duration::from_millis(12));
        assert_eq!(median(&mut [10, 20]), Duration::from_millis(15));
    }
}
