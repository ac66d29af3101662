//! The graph of a plan as petgraph has it, for what reads it: the critical path, predecessors, layers.

use std::collections::HashSet;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use super::model::{NodeId, Plan, Reason};

/// Nodes by their id, edges by their reason.
pub type Graph<'p> = DiGraph<NodeId, &'p Reason>;

/// The graph of `plan`.
#[must_use]
pub fn of(plan: &Plan) -> Graph<'_> {
    let mut graph = DiGraph::with_capacity(plan.nodes.len(), plan.edges.len());
    for node in &plan.nodes {
        graph.add_node(node.id);
    }
    for edge in &plan.edges {
        graph.add_edge(NodeIndex::new(edge.from.0 as usize), NodeIndex::new(edge.to.0 as usize), &edge.reason);
    }
    graph
}

/// The nodes that `id` waits for, with the reasons, in the order of the text.
#[must_use]
pub fn waits_for<'p>(graph: &Graph<'p>, id: NodeId) -> Vec<(NodeId, &'p Reason)> {
    use petgraph::visit::EdgeRef;
    let index = NodeIndex::new(id.0 as usize);
    let mut found: Vec<_> =
        graph.edges_directed(index, Direction::Incoming).map(|edge| (graph[edge.source()], *edge.weight())).collect();
    found.sort_by_key(|(id, _)| *id);
    found
}

/// The keys of the nodes on the critical path.
#[must_use]
pub fn critical(plan: &Plan) -> HashSet<&str> {
    plan.times.path.iter().map(|(key, _)| key.as_str()).collect()
}

/// The layer of each node: how many nodes must end one after the other before it can start.
#[must_use]
pub fn layers(graph: &Graph<'_>) -> Vec<usize> {
    let mut layers = vec![0; graph.node_count()];
    // Edges lead from earlier to later text, so ids are an order of the graph.
    for index in graph.node_indices() {
        let before = graph.neighbors_directed(index, Direction::Incoming).map(|earlier| layers[earlier.index()] + 1);
        layers[index.index()] = before.max().unwrap_or(0);
    }
    layers
}
