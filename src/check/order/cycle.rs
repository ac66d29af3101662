//! `after` that points forwards: a step that waits for a later one, or steps that wait for each other.

use super::{OrderNode, Trouble};

/// The cycles among what is written (`uses`, `after`, and what goes with them), one for each knot, then the steps that
/// wait for later ones without being in a knot.
pub(super) fn troubles(nodes: &[OrderNode]) -> Vec<Trouble> {
    let forwards = |(at, node): (usize, &OrderNode)| before(node).any(|other| other >= at);
    if !nodes.iter().enumerate().any(forwards) {
        return Vec::new();
    }
    let knots = knots(nodes);
    let mut troubles = Vec::new();
    let mut told = vec![false; nodes.len()];
    for at in 0..nodes.len() {
        let knotted = before(&nodes[at]).any(|other| knots[other] == knots[at]);
        if knotted && !std::mem::replace(&mut told[knots[at]], true) {
            troubles.push(Trouble::Cycle(path(nodes, &knots, at)));
        }
    }
    for (at, node) in nodes.iter().enumerate() {
        for later in before(node).filter(|later| *later > at && knots[*later] != knots[at]) {
            troubles.push(Trouble::AfterLater { node: at, later });
        }
    }
    troubles
}

/// What a node is said to wait for.
fn before(node: &OrderNode) -> impl Iterator<Item = usize> + '_ {
    let named = node.uses.iter().chain(&node.also).map(|(other, _)| *other);
    node.after.iter().copied().chain(named)
}

/// For each node the number of its strongly connected component (Tarjan's algorithm, without recursion).
fn knots(nodes: &[OrderNode]) -> Vec<usize> {
    const NEW: usize = usize::MAX;
    let edges: Vec<Vec<usize>> = nodes.iter().map(|node| before(node).collect()).collect();
    let (mut number, mut low) = (vec![NEW; nodes.len()], vec![NEW; nodes.len()]);
    let (mut knot, mut stack, mut next) = (vec![NEW; nodes.len()], Vec::new(), 0);
    for start in 0..nodes.len() {
        if number[start] != NEW {
            continue;
        }
        let mut open = vec![(start, 0)];
        while let Some((at, edge)) = open.pop() {
            if edge == 0 {
                number[at] = next;
                low[at] = next;
                next += 1;
                stack.push(at);
            }
            if let Some(&other) = edges[at].get(edge) {
                open.push((at, edge + 1));
                if number[other] == NEW {
                    open.push((other, 0));
                } else if knot[other] == NEW {
                    low[at] = low[at].min(number[other]);
                }
                continue;
            }
            if low[at] == number[at] {
                while let Some(member) = stack.pop() {
                    knot[member] = at;
                    if member == at {
                        break;
                    }
                }
            }
            if let Some((outer, _)) = open.last() {
                low[*outer] = low[*outer].min(low[at]);
            }
        }
    }
    knot
}

/// A shortest way from `start` through its knot back to it.
fn path(nodes: &[OrderNode], knots: &[usize], start: usize) -> Vec<usize> {
    let mut came: Vec<Option<usize>> = vec![None; nodes.len()];
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for other in before(&nodes[at]).filter(|other| knots[*other] == knots[start]) {
            if other == start {
                let mut path = vec![at];
                while let Some(earlier) = came[path[path.len() - 1]] {
                    path.push(earlier);
                }
                path.reverse();
                return path;
            }
            if came[other].is_none() {
                came[other] = Some(at);
                queue.push_back(other);
            }
        }
    }
    vec![start]
}
