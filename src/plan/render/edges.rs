//! Why a node waits, in few lines: what it waits for alike is one line, however many nodes that are.

use std::collections::HashMap;

use crate::check::effects::in_words;
use crate::plan::graph;
use crate::plan::model::{NodeId, Plan, Reason};

/// How many nodes a line names.
const NAMED: usize = 4;

/// One line for each kind of reason, in the order of the text.
pub(super) fn lines(plan: &Plan, waits: &[(NodeId, &Reason)]) -> Vec<String> {
    let mut groups: Vec<(Vec<NodeId>, &Reason)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (from, reason) in waits {
        match known.get(&alike(reason)) {
            Some(&at) => groups[at].0.push(*from),
            None => {
                known.insert(alike(reason), groups.len());
                groups.push((vec![*from], reason));
            }
        }
    }
    groups.iter().map(|(from, reason)| line(plan, from, reason)).collect()
}

/// Reasons with the same text are told together.
fn alike(reason: &Reason) -> String {
    match reason {
        Reason::Conflict { later, resource, earlier, .. } => format!("{later} {resource} {earlier}"),
        other => format!("{other:?}"),
    }
}

fn line(plan: &Plan, from: &[NodeId], reason: &Reason) -> String {
    let key = |id: &NodeId| plan.node(*id).key.as_str();
    if let [one] = from {
        return format!("after {}: {}", key(one), super::reason(reason, key(one)));
    }
    let named: Vec<&str> = from.iter().take(NAMED).map(key).collect();
    let more = from.len().saturating_sub(NAMED);
    let names = if more > 0 { format!("{} and {more} more", named.join(", ")) } else { named.join(", ") };
    let why = match reason {
        Reason::Conflict { later, resource, earlier, .. } => {
            let they = earlier.strip_suffix('s').unwrap_or(earlier);
            format!("it {later} {}, and they {they} some of it", in_words(resource))
        }
        other => super::reason(other, key(&from[0])),
    };
    format!("after {names}: {why}")
}

/// What each node of a plan waits for.
pub(super) fn of<'p>(plan: &'p Plan, graph: &graph::Graph<'p>, id: NodeId) -> Vec<String> {
    lines(plan, &graph::waits_for(graph, id))
}
