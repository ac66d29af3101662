//! Phases that depend on or include each other in a circle, with its path. Owns the relations between phases; that of
//! the steps within one is the matter of `order`.

use std::collections::{HashMap, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::diagnostics::{Code, Diagnostic, Report};
use crate::source::Place;

use super::model::{Name, Phase, Policy};

/// Reports one circle of each knot of `depends on`, and of `include`.
pub fn rings(policy: &Policy, report: &mut Report) {
    knots(
        policy,
        |phase| &phase.depends_on,
        "phases depend on each other",
        "take one `depends on` of the circle away",
        report,
    );
    knots(
        policy,
        |phase| &phase.includes,
        "phases include each other",
        "take one `include` of the circle away",
        report,
    );
}

/// A relation: from a phase, to a phase, with the place where it is written.
type Relations = DiGraph<usize, Place>;

fn knots(policy: &Policy, names: fn(&Phase) -> &[Name], message: &str, help: &str, report: &mut Report) {
    let index: HashMap<&str, usize> =
        policy.phases.iter().enumerate().map(|(at, phase)| (&*phase.name.text, at)).collect();
    let mut graph = Relations::new();
    for at in 0..policy.phases.len() {
        graph.add_node(at);
    }
    for (at, phase) in policy.phases.iter().enumerate() {
        for name in names(phase) {
            if let Some(other) = index.get(&*name.text) {
                graph.add_edge(NodeIndex::new(at), NodeIndex::new(*other), name.place);
            }
        }
    }
    // Not the algorithm of Tarjan: it recurses, and a generated policy may have a long chain of phases. A phase that names
    // itself was reported where it is written.
    for knot in kosaraju_scc(&graph).into_iter().filter(|knot| knot.len() > 1) {
        let Some(first) = knot.iter().copied().min() else { continue };
        let ring = ring(&graph, first);
        let Some((_, place)) = ring.first() else { continue };
        let called = |node: &NodeIndex| format!("`{}`", policy.phases[graph[*node]].name.text);
        let path: Vec<_> = ring.iter().map(|(node, _)| called(node)).chain([called(&first)]).collect();
        let mut found = Diagnostic::new(Code::Cycle, *place, message).label(path.join(" → ")).help(help);
        for (node, place) in &ring[1..] {
            found = found.also(*place, format!("{} goes on with the circle", called(node)));
        }
        report.push(found);
    }
}

/// A shortest way from `start` back to it: each phase with the place where it names the next.
fn ring(graph: &Relations, start: NodeIndex) -> Vec<(NodeIndex, Place)> {
    let mut came: HashMap<NodeIndex, (NodeIndex, Place)> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        let mut edges = graph.neighbors(at).detach();
        while let Some((edge, other)) = edges.next(graph) {
            let place = graph[edge];
            if other == start {
                let mut way = vec![(at, place)];
                while let Some((earlier, place)) = came.get(&way[way.len() - 1].0) {
                    way.push((*earlier, *place));
                }
                way.reverse();
                return way;
            }
            came.entry(other).or_insert_with(|| {
                queue.push_back(other);
                (at, place)
            });
        }
    }
    Vec::new()
}

#[cfg(test)]
#[path = "rings_tests.rs"]
mod tests;
