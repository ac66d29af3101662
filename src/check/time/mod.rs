//! The worst case of an order of nodes (`language.md` §9): its longest chain, and what a limit of jobs adds to it.
//!
//! What a single step or verification may take stands in [`bounds`].

pub mod bounds;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::order::Order;

/// A node as far as time matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeNode {
    /// Its worst case, people included.
    pub worst: Duration,
    /// The part of it in which a person is waited for: deadlines pause meanwhile.
    pub people: Duration,
    /// Whether a severity's deadline counts to here.
    pub mitigates: bool,
}

/// What may be done in the place of a stage that failed: `stage … otherwise`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The stage.
    pub stage: Arc<str>,
    /// Its nodes.
    pub nodes: Range<usize>,
    /// All ways that may be tried after it, one after the other, people included.
    pub worst: Duration,
    /// The part in which a person is waited for.
    pub people: Duration,
}

/// The worst case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CriticalPath {
    /// Without people.
    pub machine: Duration,
    /// What people may take, on the way where they may take most.
    pub people: Duration,
    /// Without people, up to the end of the last node that mitigates.
    pub to_mitigation: Option<Duration>,
    /// The longest chain with what each of its nodes contributes, people left out.
    pub path: Vec<(usize, Duration)>,
    /// Which alternatives stand on that chain besides, and what each contributes.
    pub otherwise: Vec<(usize, Duration)>,
    /// What waiting for one of the jobs may add to the chain; `machine` is the chain and this.
    pub waiting: Duration,
}

/// The worst case of `nodes` in `order`, when at most `jobs` of them run at once. A stage may fail at its very end, so that
/// every chain through it may take its alternatives as well; what comes first of it on a chain is charged with them.
///
/// Where no more nodes can overlap than there are jobs, it is the longest chain. Else the bound of Graham counts (*Bounds
/// on Multiprocessing Timing Anomalies*, 1969): a runner that never leaves a job idle while a node is ready takes at most
/// `chain + (work - chain) / jobs`. It holds for every order in which ready nodes are taken, and whatever shorter times
/// they take in fact, which no simulated schedule does: ending a node earlier can make a run longer.
#[must_use]
pub fn critical_path(nodes: &[TimeNode], alternatives: &[Alternative], order: &Order, jobs: usize) -> CriticalPath {
    let graph = Graph::new(nodes.len(), order);
    let mut charged = vec![(Duration::ZERO, Duration::ZERO); graph.before.len()];
    let mut begins: Vec<(usize, usize)> = Vec::new();
    for (which, other) in alternatives.iter().enumerate() {
        for at in graph.first_of(&other.nodes) {
            charged[at].0 = charged[at].0.saturating_add(other.worst.saturating_sub(other.people));
            charged[at].1 = charged[at].1.saturating_add(other.people);
            begins.push((at, which));
        }
    }
    let alone = |at: usize| nodes.get(at).map_or(Duration::ZERO, |node| node.worst.saturating_sub(node.people));
    let machine = |at: usize| alone(at).saturating_add(charged[at].0);
    let mut ends = vec![Duration::ZERO; graph.before.len()];
    let mut people = ends.clone();
    let mut through: Vec<Option<usize>> = vec![None; ends.len()];
    for &at in &graph.topological {
        for &earlier in &graph.before[at] {
            if through[at].is_none_or(|best| ends[earlier] > ends[best]) {
                through[at] = Some(earlier);
            }
            people[at] = people[at].max(people[earlier]);
        }
        ends[at] = through[at].map_or(Duration::ZERO, |best| ends[best]).saturating_add(machine(at));
        let own = nodes.get(at).map_or(Duration::ZERO, |node| node.people);
        people[at] = people[at].saturating_add(own).saturating_add(charged[at].1);
    }
    let Some(last) = (0..nodes.len()).max_by_key(|&at| (ends[at], std::cmp::Reverse(at))) else {
        return CriticalPath::default();
    };
    let enough = jobs.max(1) >= graph.width(nodes.len());
    // `within` says which nodes may hold a job until the end that is asked for.
    let waiting = |end: Duration, within: &dyn Fn(usize) -> bool| {
        if enough {
            return Duration::ZERO;
        }
        let work =
            (0..nodes.len()).filter(|at| within(*at)).map(machine).fold(Duration::ZERO, Duration::saturating_add);
        work.saturating_sub(end) / u32::try_from(jobs.max(1)).unwrap_or(u32::MAX)
    };
    let to_mitigation = (0..nodes.len()).filter(|&at| nodes[at].mitigates).map(|at| {
        // What comes after it cannot hold it up; what stands later in the text can, if it runs ahead.
        let behind = graph.behind(at);
        ends[at].saturating_add(waiting(ends[at], &|other| !behind[other]))
    });
    let to_mitigation = to_mitigation.max();
    let mut path = Vec::new();
    let mut step = Some(last);
    while let Some(at) = step {
        if at < nodes.len() {
            path.push((at, alone(at)));
        }
        step = through[at];
    }
    path.reverse();
    let took = |which: usize| alternatives[which].worst.saturating_sub(alternatives[which].people);
    let otherwise: Vec<(usize, Duration)> = path
        .iter()
        .flat_map(|(at, _)| begins.iter().filter(move |(begin, _)| begin == at))
        .map(|(_, which)| (*which, took(*which)))
        .collect();
    let waiting = waiting(ends[last], &|_| true);
    CriticalPath {
        machine: ends[last].saturating_add(waiting),
        people: people.into_iter().max().unwrap_or_default(),
        to_mitigation,
        path,
        otherwise,
        waiting,
    }
}

/// When `nodes[at]` has ended at the latest, counted from the start of the run: what `by` promises. It does not pause while
/// a person is waited for.
#[must_use]
pub fn latest_end(nodes: &[TimeNode], alternatives: &[Alternative], order: &Order, jobs: usize, at: usize) -> Duration {
    // What ends in a stage does not wait for what is done in the place of that stage.
    let others: Vec<Alternative> = alternatives
        .iter()
        .filter(|other| !other.nodes.contains(&at))
        .map(|other| Alternative { people: Duration::ZERO, ..other.clone() })
        .collect();
    let alone = |(index, node): (usize, &TimeNode)| TimeNode {
        worst: node.worst,
        people: Duration::ZERO,
        mitigates: index == at,
    };
    let nodes: Vec<TimeNode> = nodes.iter().enumerate().map(alone).collect();
    critical_path(&nodes, &others, order, jobs).to_mitigation.unwrap_or_default()
}

/// Nodes and joins with what precedes and follows each.
struct Graph {
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
    topological: Vec<usize>,
}

impl Graph {
    fn new(count: usize, order: &Order) -> Self {
        let all = count + order.joins.len();
        let (mut before, mut after) = (vec![Vec::new(); all], vec![Vec::new(); all]);
        for edge in &order.edges {
            before[edge.to].push(edge.from);
            after[edge.from].push(edge.to);
        }
        let mut missing: Vec<usize> = before.iter().map(Vec::len).collect();
        let mut topological: Vec<usize> = (0..all).filter(|at| missing[*at] == 0).collect();
        let mut next = 0;
        while let Some(&at) = topological.get(next) {
            next += 1;
            for &later in &after[at] {
                missing[later] -= 1;
                if missing[later] == 0 {
                    topological.push(later);
                }
            }
        }
        Self { before, after, topological }
    }

    /// The nodes of a range before which no other one of it stands.
    fn first_of(&self, range: &Range<usize>) -> Vec<usize> {
        let mut passed = vec![false; self.before.len()];
        let mut first = Vec::new();
        for &at in &self.topological {
            passed[at] = self.before[at].iter().any(|&earlier| passed[earlier] || range.contains(&earlier));
            if range.contains(&at) && !passed[at] {
                first.push(at);
            }
        }
        first
    }

    /// Which points come after `at`.
    fn behind(&self, at: usize) -> Vec<bool> {
        let mut behind = vec![false; self.before.len()];
        let mut open = vec![at];
        while let Some(at) = open.pop() {
            for &later in &self.after[at] {
                if !std::mem::replace(&mut behind[later], true) {
                    open.push(later);
                }
            }
        }
        behind
    }

    /// An upper bound of how many nodes can overlap: of a chain only one does, so it is the number of chains that cover
    /// all nodes. Each node goes on with a chain that ends directly before it, if one is free.
    fn width(&self, count: usize) -> usize {
        let mut taken = vec![false; self.before.len()];
        // What may still hold a free end, taken off as it turns out not to; a join stands for what comes into it.
        let mut left = self.before.clone();
        let mut chains = 0;
        for &at in self.topological.iter().filter(|at| **at < count) {
            let mut way = vec![at];
            let mut free = None;
            while let (None, Some(&place)) = (free, way.last()) {
                match left[place].last() {
                    Some(&earlier) if earlier >= count && !left[earlier].is_empty() => way.push(earlier),
                    Some(&earlier) => {
                        left[place].pop();
                        free = (earlier < count && !taken[earlier]).then_some(earlier);
                    }
                    None => {
                        way.pop();
                    }
                }
            }
            match free {
                Some(end) => taken[end] = true,
                None => chains += 1,
            }
        }
        chains
    }
}
