//! Expanded nodes as the order and the worst case take them.

use std::sync::Arc;

use super::expand::ExpandedNode;
use super::order::OrderNode;
use super::time::TimeNode;

/// The nodes as `check::order` takes them.
#[must_use]
pub fn order_nodes(nodes: &[ExpandedNode]) -> Vec<OrderNode> {
    nodes
        .iter()
        .map(|node| OrderNode {
            key: Arc::clone(&node.key),
            effects: node.effects.clone(),
            gate: node.gate,
            inexact: node.inexact.clone(),
            stage: node.stage,
            block: node.member.map(|member| member.block),
            uses: node.uses.clone(),
            after: node.after.clone(),
            also: node.also.clone(),
        })
        .collect()
}

/// The nodes as `check::time` takes them.
#[must_use]
pub fn time_nodes(nodes: &[ExpandedNode]) -> Vec<TimeNode> {
    let of = |node: &ExpandedNode| TimeNode { worst: node.worst, people: node.people, mitigates: node.mitigates };
    nodes.iter().map(of).collect()
}
