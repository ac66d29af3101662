//! Tests of the order: each clause of the rule, all of it against a comparison of all pairs, and its cost.

mod all_pairs;
mod cost;
mod rule;

use super::{Order, OrderNode, order};
use crate::catalogue::effect::Effects;
use crate::check::effects::parse_resource;

/// An exact node that reads and writes these.
pub fn node(key: &str, reads: &[&str], writes: &[&str]) -> OrderNode {
    let list = |texts: &[&str]| texts.iter().map(|text| parse_resource(text)).collect();
    OrderNode { key: key.into(), effects: Effects { reads: list(reads), writes: list(writes) }, ..OrderNode::default() }
}

pub fn gate(key: &str) -> OrderNode {
    OrderNode { gate: true, ..node(key, &[], &[]) }
}

pub fn inexact(key: &str, reads: &[&str], writes: &[&str]) -> OrderNode {
    OrderNode { inexact: Some("exec".into()), ..node(key, reads, writes) }
}

pub fn member(block: u32, node: OrderNode) -> OrderNode {
    OrderNode { block: Some(block), ..node }
}

/// For each pair whether the first precedes the second.
pub fn reachable(order: &Order, count: usize) -> Vec<Vec<bool>> {
    let all = count + order.joins.len();
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); all];
    for edge in &order.edges {
        after[edge.from].push(edge.to);
    }
    (0..count)
        .map(|start| {
            let mut seen = vec![false; all];
            let mut open = vec![start];
            while let Some(at) = open.pop() {
                for &next in &after[at] {
                    if !std::mem::replace(&mut seen[next], true) {
                        open.push(next);
                    }
                }
            }
            seen.truncate(count);
            seen
        })
        .collect()
}

/// The edges as `a → b`.
pub fn drawn(nodes: &[OrderNode]) -> Vec<String> {
    let edges = order(nodes).direct(nodes.len());
    edges.iter().map(|edge| format!("{} → {}", nodes[edge.from].key, nodes[edge.to].key)).collect()
}
