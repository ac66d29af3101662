//! From nodes to a graph in which every ordered pair is connected, if need be through joins.

use std::collections::HashMap;

use super::index::Index;
use super::{OrderNode, Reason, Trouble};
use crate::catalogue::effect::{Effects, Resource};
use crate::check::effects::{conflict, key};

/// Above so many users of one place a join stands for them.
const FEW: usize = 4;

/// A point of the graph; every point stands behind those that it waits for.
#[derive(Clone, Debug)]
pub(super) struct Point {
    /// The node; nothing for a join.
    pub node: Option<usize>,
    /// What it waits for.
    pub before: Vec<usize>,
    /// Whether it waits for every point that stands before it; `before` then holds those that nothing else waits for.
    pub fence: bool,
}

/// Nodes as they are towards everything outside: one of its own, or the members of a block.
pub(super) struct Unit {
    pub members: std::ops::Range<usize>,
}

pub(super) struct Graph {
    pub points: Vec<Point>,
    pub units: Vec<Unit>,
    /// Node → unit.
    pub unit_of: Vec<usize>,
    /// What is written between units, and between members of one (then by node), with why.
    pub between_units: HashMap<(usize, usize), Reason>,
    pub between_nodes: HashMap<(usize, usize), Reason>,
}

struct Build<'a> {
    nodes: &'a [OrderNode],
    graph: Graph,
    index: Index,
    /// Points since the last fence that nothing waits for, among others.
    open: Vec<usize>,
    /// Whether anything waits for a point.
    waited: Vec<bool>,
    /// The last gate or stage.
    base: Option<usize>,
    /// Unit → the point that later units wait for.
    end_of: Vec<usize>,
    trouble: Vec<Trouble>,
}

pub(super) fn build(nodes: &[OrderNode]) -> (Graph, Vec<Trouble>) {
    let mut units = Vec::new();
    let mut unit_of = Vec::with_capacity(nodes.len());
    let mut start = 0;
    for at in 0..nodes.len() {
        let same = |next: &OrderNode| next.block.is_some() && next.block == nodes[at].block;
        unit_of.push(units.len());
        if !nodes.get(at + 1).is_some_and(same) {
            units.push(Unit { members: start..at + 1 });
            start = at + 1;
        }
    }
    let graph =
        Graph { points: Vec::new(), units, unit_of, between_units: HashMap::new(), between_nodes: HashMap::new() };
    let mut build = Build {
        nodes,
        graph,
        index: Index::new(),
        open: Vec::new(),
        waited: Vec::new(),
        base: None,
        end_of: Vec::new(),
        trouble: Vec::new(),
    };
    let mut stage = nodes.first().map_or(0, |node| node.stage);
    for unit in 0..build.graph.units.len() {
        let members = build.graph.units[unit].members.clone();
        let next = nodes[members.start].stage;
        if std::mem::replace(&mut stage, next) != next {
            build.barrier(None);
        }
        build.note_written(members.clone());
        if nodes[members.start].block.is_some() {
            build.block(unit, members);
        } else {
            build.single(unit, members.start);
        }
    }
    (build.graph, build.trouble)
}

impl<'a> Build<'a> {
    fn point(&mut self, node: Option<usize>, mut before: Vec<usize>, fence: bool) -> usize {
        before.sort_unstable();
        before.dedup();
        for &earlier in &before {
            self.waited[earlier] = true;
        }
        self.graph.points.push(Point { node, before, fence });
        self.waited.push(false);
        self.graph.points.len() - 1
    }

    /// What nothing waits for yet: whoever waits for all of these waits for everything.
    fn ends(&mut self) -> Vec<usize> {
        let waited = &self.waited;
        self.open.retain(|&point| !waited[point]);
        self.open.clone()
    }

    /// A point that everything before precedes and that precedes everything after: a gate, or the edge of a stage.
    fn barrier(&mut self, node: Option<usize>) -> usize {
        let before = self.ends();
        let point = self.point(node, before, true);
        self.index.clear();
        self.open = vec![point];
        self.base = Some(point);
        point
    }

    fn single(&mut self, unit: usize, at: usize) {
        let nodes = self.nodes;
        let node = &nodes[at];
        let point = if node.gate {
            self.barrier(Some(at))
        } else {
            let (before, fence) = self.before(unit, at..at + 1);
            let point = self.point(Some(at), before, fence);
            self.enter(&node.effects, point);
            self.open.push(point);
            point
        };
        self.end_of.push(point);
    }

    /// A `parallel` block: an entry, the members, an exit. The entry waits for what any member has to wait for, and
    /// whoever has to wait for any member waits for the exit.
    fn block(&mut self, unit: usize, members: std::ops::Range<usize>) {
        for node in members.clone().filter(|node| self.nodes[*node].gate) {
            self.trouble.push(Trouble::GateInBlock { node });
        }
        self.find_provable(members.clone());
        let (before, fence) = self.before(unit, members.clone());
        let entry = self.point(None, before, fence);
        let first = self.graph.points.len();
        for at in members.clone() {
            let inside = self.written(at).filter(|other| members.contains(other) && *other < at);
            let mut before: Vec<usize> = inside.map(|other| first + (other - members.start)).collect();
            if before.is_empty() {
                before.push(entry);
            }
            self.point(Some(at), before, false);
        }
        let ends = (first..self.graph.points.len()).filter(|point| !self.waited[*point]).collect();
        let exit = self.point(None, ends, false);
        let nodes = self.nodes;
        for node in &nodes[members] {
            self.enter(&node.effects, exit);
        }
        self.open.push(exit);
        self.end_of.push(exit);
    }

    /// What a unit waits for, and whether that is everything.
    fn before(&mut self, unit: usize, members: std::ops::Range<usize>) -> (Vec<usize>, bool) {
        if members.clone().any(|at| self.nodes[at].inexact.is_some()) {
            return (self.ends(), true);
        }
        let mut before: Vec<usize> = self.base.into_iter().collect();
        let nodes = self.nodes;
        for at in members {
            for other in self.written(at) {
                let other = self.graph.unit_of[other];
                if other < unit {
                    before.push(self.end_of[other]);
                }
            }
            let effects = &nodes[at].effects;
            for (resources, write) in [(&effects.reads, false), (&effects.writes, true)] {
                for key in resources.iter().flat_map(key::keys) {
                    for place in self.index.conflicting(&key, write, false) {
                        self.users(place, &mut before);
                    }
                }
            }
        }
        // The base precedes all of them.
        if before.len() > 1 {
            before.retain(|point| Some(*point) >= self.base);
            let base = self.base;
            if before.iter().any(|point| Some(*point) != base) {
                before.retain(|point| Some(*point) != base);
            }
        }
        (before, false)
    }

    /// The users of a place: the few, or a join of the many.
    fn users(&mut self, place: (usize, super::index::Which), into: &mut Vec<usize>) {
        let users = self.index.users(place);
        if users.since.len() > FEW {
            let all: Vec<usize> = users.joined.into_iter().chain(std::mem::take(&mut users.since)).collect();
            let join = self.point(None, all, false);
            self.index.users(place).joined = Some(join);
            into.push(join);
        } else {
            into.extend(users.joined.into_iter().chain(users.since.iter().copied()));
        }
    }

    fn enter(&mut self, effects: &Effects, point: usize) {
        for (resources, write) in [(&effects.reads, false), (&effects.writes, true)] {
            for key in resources.iter().flat_map(key::keys) {
                self.index.enter(&key, write, point);
            }
        }
    }

    /// What a node is said to wait for.
    fn written(&self, at: usize) -> impl Iterator<Item = usize> + use<'a> {
        let nodes = self.nodes;
        let node = &nodes[at];
        let named = node.uses.iter().chain(&node.also).map(|(other, _)| *other);
        node.after.iter().copied().chain(named)
    }

    /// Keeps why it is said to wait: a value before `after` before other words.
    fn note_written(&mut self, members: std::ops::Range<usize>) {
        for at in members {
            let node = &self.nodes[at];
            let values = node.uses.iter().map(|(other, name)| (*other, Reason::Value { name: name.to_string() }));
            let afters = node.after.iter().map(|other| (*other, Reason::After));
            let texts = node.also.iter().map(|(other, text)| (*other, Reason::Text { text: text.to_string() }));
            for (other, reason) in values.chain(afters).chain(texts).filter(|(other, _)| *other < at) {
                let units = (self.graph.unit_of[other], self.graph.unit_of[at]);
                if units.0 != units.1 {
                    self.graph.between_units.entry(units).or_insert_with(|| reason.clone());
                }
                self.graph.between_nodes.entry((other, at)).or_insert(reason);
            }
        }
    }

    /// The members that a member is said to wait for, directly or not.
    fn preceding(&self, first: usize, at: usize) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        let mut seen = vec![false; at - first];
        let mut open = vec![at];
        while let Some(at) = open.pop() {
            for other in self.written(at).filter(|other| (first..at).contains(other)) {
                if !std::mem::replace(&mut seen[other - first], true) {
                    found.push(other);
                    open.push(other);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// Members that touch the same thing for certain: `parallel` does not vouch for those that nothing
    /// orders. A write stands for what it covers here, too: where that was unordered with something, the write is, with
    /// one of both.
    fn find_provable(&mut self, members: std::ops::Range<usize>) {
        let mut index = Index::new();
        for at in members.clone() {
            let effects = &self.nodes[at].effects;
            let (reads, writes) = (definite(&effects.reads), definite(&effects.writes));
            let mut met = Vec::new();
            for (keys, write) in [(&reads, false), (&writes, true)] {
                for key in keys {
                    for place in index.conflicting(key, write, true) {
                        met.extend(&index.users(place).since);
                    }
                }
            }
            met.sort_unstable();
            met.dedup();
            let before = if met.is_empty() { Vec::new() } else { self.preceding(members.start, at) };
            let found =
                met.iter().find(|a| before.binary_search(a).is_err()).and_then(|&a| provable(self.nodes, a, at));
            self.trouble.extend(found);
            for (keys, write) in [(&reads, false), (&writes, true)] {
                for key in keys {
                    index.enter(key, write, at);
                }
            }
        }
    }
}

fn definite(resources: &[Resource]) -> Vec<key::Key<'_>> {
    resources.iter().flat_map(key::keys).filter(|key| key.definite).collect()
}

fn provable(nodes: &[OrderNode], a: usize, b: usize) -> Option<Trouble> {
    let conflict = conflict(&nodes[a].effects, &nodes[b].effects).filter(|conflict| conflict.provable)?;
    Some(Trouble::ParallelConflict { a, b, conflict })
}
