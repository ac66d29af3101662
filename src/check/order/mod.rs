//! Which nodes wait for which: the rule of `language.md` §7, exactly, and why.
//!
//! For A before B in the text, B may start before A has ended only if (1) their effects do not conflict, (2) B uses no
//! value of A and no `after` joins them, (3) neither is a gate, and (4) every call of B has an exact undo. Stages are
//! barriers. A `parallel` block is one node towards everything outside; among its members only `uses` and `after` order.
//!
//! Never all pairs. Nodes are taken in text order; what they touch is kept in a tree of resources ([`index`]) that gives
//! for each resource the accesses it conflicts with, already united where they are many. Fences (gates, stages, nodes
//! without exact undo) wait for what nothing waits for yet. [`reduce`] then drops what follows from the rest.
//!
//! Where many nodes precede many, the edges pass through a [`Join`]: a point that takes no time, with an index behind the
//! nodes' (`nodes.len() + i` for `joins[i]`). `n × m` edges become `n + m`; each stands for a pair that is ordered.

mod build;
mod cycle;
mod index;
mod reason;
mod reduce;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::effects::Conflict;
use crate::catalogue::effect::Effects;

/// A node to be ordered. Nodes stand in text order; the members of a block stand together, in one stage.
#[derive(Clone, Debug, Default)]
pub struct OrderNode {
    /// Its name, for reasons.
    pub key: Arc<str>,
    /// All it reads and writes, probes of its header and conditions included.
    pub effects: Effects,
    /// Nothing may overlap it.
    pub gate: bool,
    /// The call that has no exact undo, if there is one.
    pub inexact: Option<Arc<str>>,
    /// Another stage than that of the node before: everything before ends first.
    pub stage: usize,
    /// The `parallel` block it is a member of.
    pub block: Option<u32>,
    /// Earlier nodes whose values it uses, with the names of the values.
    pub uses: Vec<(usize, Arc<str>)>,
    /// `after`; may point forwards, which is trouble.
    pub after: Vec<usize>,
    /// Further nodes that it waits for, with a reason in words: `one at a time`.
    pub also: Vec<(usize, Arc<str>)>,
}

/// `to` starts after `from` has ended. An index of `nodes.len()` or more is a join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Before.
    pub from: usize,
    /// After.
    pub to: usize,
    /// Why. At a join: the reason of one of the pairs that pass through it.
    pub reason: Reason,
}

/// A point where many nodes come together before many others start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// Why, for one of the pairs.
    pub reason: Reason,
}

/// The order of the nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The transitive reduction, by `to`, then `from`.
    pub edges: Vec<Edge>,
    /// Join `i` has the index `nodes.len() + i`. Their indices do not stand in the order of time: sort topologically, or
    /// use [`Order::direct`].
    pub joins: Vec<Join>,
    /// What is wrong; the edges are still good to draw.
    pub trouble: Vec<Trouble>,
}

/// What is wrong with an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Each waits for the next one, and the last one for the first.
    Cycle(Vec<usize>),
    /// A node waits for one that comes later in the text.
    AfterLater {
        /// The one that waits.
        node: usize,
        /// What it waits for.
        later: usize,
    },
    /// Two members of one `parallel` block, which nothing orders, touch the same thing for certain. At most one for each
    /// later member, and where there is any in a block, at least one.
    ParallelConflict {
        /// The earlier member.
        a: usize,
        /// The later member.
        b: usize,
        /// What they both touch.
        conflict: Conflict,
    },
    /// A gate inside a `parallel` block.
    GateInBlock {
        /// The gate.
        node: usize,
    },
}

/// Why one node waits for another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Reason {
    /// One writes what the other reads or writes.
    Conflict {
        /// The later one's verb: `reads`, `writes`.
        later: String,
        /// The resource as the later one names it.
        resource: String,
        /// The earlier one's verb.
        earlier: String,
        /// The resource as the earlier one names it.
        earlier_resource: String,
    },
    /// The later one uses a value of the earlier.
    Value {
        /// The name of the value.
        name: String,
    },
    /// `after`
    After,
    /// One of both is a gate.
    Gate {
        /// The gate's key.
        gate: String,
    },
    /// The later one cannot be undone byte for byte, so it may not run ahead.
    NotExact {
        /// The call that cannot.
        call: String,
    },
    /// Another stage.
    Stage,
    /// `one at a time`, `at most N at once`, or a dependency between phases.
    Text {
        /// In words.
        text: String,
    },
}

/// Orders nodes that stand in text order.
///
/// # Panics
/// When an index in `uses`, `after` or `also` is not one of a node: a mistake of the caller.
#[must_use]
pub fn order(nodes: &[OrderNode]) -> Order {
    let mut trouble = cycle::troubles(nodes);
    let (mut graph, more) = build::build(nodes);
    trouble.extend(more);
    reduce::reduce(&mut graph);
    let (edges, joins) = reason::explained(nodes, &graph);
    Order { edges, joins, trouble }
}

impl Order {
    /// The edges from node to node, with every join opened: `n × m` for each, so only for what is drawn or small.
    /// `count` is the number of nodes.
    #[must_use]
    pub fn direct(&self, count: usize) -> Vec<Edge> {
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); count + self.joins.len()];
        for edge in &self.edges {
            before[edge.to].push(edge.from);
        }
        let mut edges = Vec::new();
        for edge in self.edges.iter().filter(|edge| edge.to < count) {
            let mut open = vec![edge.from];
            while let Some(from) = open.pop() {
                if from < count {
                    edges.push(Edge { from, ..edge.clone() });
                } else {
                    open.extend(&before[from]);
                }
            }
        }
        edges.sort_by_key(|edge| (edge.to, edge.from));
        edges.dedup_by_key(|edge| (edge.to, edge.from));
        edges
    }
}
