//! Why each edge is there: of several reasons the one that tells its reader most.

use std::collections::{HashMap, HashSet};

use super::build::Graph;
use super::{Edge, Join, OrderNode, Reason};
use crate::catalogue::effect::{Effects, Kind, Resource};
use crate::check::effects::{Conflict, conflict, written};

/// The edges of a graph with their reasons, and its joins.
pub(super) fn explained(nodes: &[OrderNode], graph: &Graph) -> (Vec<Edge>, Vec<Join>) {
    let points = &graph.points;
    let mut joins = 0;
    let ids: Vec<usize> = points
        .iter()
        .map(|point| {
            point.node.unwrap_or_else(|| {
                joins += 1;
                nodes.len() + joins - 1
            })
        })
        .collect();
    // For a join, some node that comes in and one that goes out stand for all.
    let mut comes: Vec<Option<usize>> = points.iter().map(|point| point.node).collect();
    let mut goes = comes.clone();
    for (at, point) in points.iter().enumerate() {
        if point.node.is_none() {
            comes[at] = point.before.first().and_then(|earlier| comes[*earlier]);
        }
    }
    for (at, point) in points.iter().enumerate().rev() {
        for &earlier in &point.before {
            if points[earlier].node.is_none() {
                goes[earlier] = goes[at];
            }
        }
    }
    let mut reasons = Reasons { nodes, graph, united: HashMap::new(), conflicts: HashMap::new() };
    let mut why = |from: Option<usize>, to: Option<usize>| match (from, to) {
        (Some(from), Some(to)) => reasons.of(from, to),
        _ => Reason::Stage,
    };
    let mut edges = Vec::new();
    let mut found = Vec::new();
    for (at, point) in points.iter().enumerate() {
        for &earlier in &point.before {
            edges.push(Edge { from: ids[earlier], to: ids[at], reason: why(comes[earlier], goes[at]) });
        }
        if point.node.is_none() {
            found.push(Join { reason: why(comes[at], goes[at]) });
        }
    }
    edges.sort_by_key(|edge| (edge.to, edge.from));
    (edges, found)
}

struct Reasons<'a> {
    nodes: &'a [OrderNode],
    graph: &'a Graph,
    united: HashMap<usize, Effects>,
    conflicts: HashMap<(usize, usize), Option<Conflict>>,
}

impl Reasons<'_> {
    /// Why node `to` waits for node `from`.
    fn of(&mut self, from: usize, to: usize) -> Reason {
        let (a, b) = (&self.nodes[from], &self.nodes[to]);
        let units = (self.graph.unit_of[from], self.graph.unit_of[to]);
        let said = self.graph.between_nodes.get(&(from, to)).or_else(|| self.graph.between_units.get(&units));
        if let Some(reason) = said {
            return reason.clone();
        }
        if a.stage != b.stage {
            return Reason::Stage;
        }
        let conflict = conflict(&a.effects, &b.effects);
        let any_file = |resource: &Resource| resource.kind == Kind::File && &*resource.name == "**";
        let vague = |resource: &Resource| resource.kind == Kind::World || any_file(resource);
        let telling = |conflict: &Conflict| !vague(&conflict.later) && !vague(&conflict.earlier);
        if let Some(conflict) = conflict.as_ref().filter(|conflict| telling(conflict)) {
            return in_words(conflict);
        }
        if let Some(gate) = [a, b].into_iter().find(|node| node.gate) {
            return Reason::Gate { gate: gate.key.to_string() };
        }
        if let Some(conflict) = conflict.or_else(|| self.between(units)) {
            return in_words(&conflict);
        }
        // Of a block some other member than `to` may be the one.
        let members = &self.nodes[self.graph.units[units.1].members.clone()];
        match b.inexact.as_ref().or_else(|| members.iter().find_map(|member| member.inexact.as_ref())) {
            Some(call) => Reason::NotExact { call: call.to_string() },
            None => Reason::Text { text: "it stands before it in the text".to_owned() },
        }
    }

    /// The conflict between units, of which at least one is a block.
    fn between(&mut self, units: (usize, usize)) -> Option<Conflict> {
        if [units.0, units.1].into_iter().all(|unit| self.graph.units[unit].members.len() == 1) {
            return None;
        }
        if !self.conflicts.contains_key(&units) {
            self.unite(units.0);
            self.unite(units.1);
            let found = conflict(&self.united[&units.0], &self.united[&units.1]);
            self.conflicts.insert(units, found);
        }
        self.conflicts[&units].clone()
    }

    fn unite(&mut self, unit: usize) {
        let members = &self.nodes[self.graph.units[unit].members.clone()];
        self.united.entry(unit).or_insert_with(|| {
            let once = |of: fn(&OrderNode) -> &Vec<Resource>| {
                let mut seen = HashSet::new();
                members.iter().flat_map(of).filter(|resource| seen.insert(*resource)).cloned().collect()
            };
            Effects { reads: once(|node| &node.effects.reads), writes: once(|node| &node.effects.writes) }
        });
    }
}

fn in_words(conflict: &Conflict) -> Reason {
    Reason::Conflict {
        later: conflict.later_verb.to_owned(),
        resource: written(&conflict.later),
        earlier: conflict.earlier_verb.to_owned(),
        earlier_resource: written(&conflict.earlier),
    }
}
