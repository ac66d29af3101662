//! Where a command that may do anything has made links: what is known of later paths from the plan holds no more.
//!
//! Everything waits for such a command, so once it has ended, and before anything behind it starts, the paths of what
//! comes up to the next one are resolved again. A node whose paths lead elsewhere by now keeps its place in the text
//! towards all others (`language.md` §7). Only looks.

use std::collections::HashSet;
use std::ops::Range;

use crate::catalogue::effect::{Effects, Kind, Resource};
use crate::catalogue::look::Look;
use crate::check::effects::key::{Key, Meet, keys};
use crate::plan::model::{Node, Plan};

/// The nodes that are ordered by paths that lead elsewhere, now that `after` has ended, and the nodes that were looked at.
pub fn found(plan: &Plan, after: usize, look: &Look) -> (Vec<usize>, Range<usize>) {
    if !does_anything(&plan.nodes[after].effects) {
        return (Vec::new(), 0..0);
    }
    let behind = after + 1..plan.nodes.len();
    let end = behind.clone().find(|&node| does_anything(&plan.nodes[node].effects)).unwrap_or(behind.end);
    let range = after + 1..end;
    let elsewhere = |&node: &usize| leads_elsewhere(&plan.nodes[node], look);
    (range.clone().filter(elsewhere).collect(), range)
}

fn does_anything(effects: &Effects) -> bool {
    effects.writes.iter().any(|one| one.kind == Kind::World)
}

/// Whether `node` reads or writes by now what its plan does not say.
fn leads_elsewhere(node: &Node, look: &Look) -> bool {
    let (writes, mut reads) = (all_keys(&node.effects.writes), all_keys(&node.effects.reads));
    reads.extend(writes.iter().cloned());
    let outside =
        |one: &Resource, known: &[Key<'_>]| one.kind != Kind::World && !keys(one).iter().all(|key| holds(known, key));
    let mut told: HashSet<&Resource> = HashSet::new();
    for call in &node.calls {
        told.extend(call.effects.reads.iter().chain(&call.effects.writes));
        let now = call.call.action.effects(&call.args, Some(look));
        if now.writes.iter().any(|one| outside(one, &writes)) || now.reads.iter().any(|one| outside(one, &reads)) {
            return true;
        }
    }
    // What its probes read, and what it is said to touch, is known by name alone.
    [(&node.effects.writes, &writes), (&node.effects.reads, &reads)].into_iter().any(|(named, known)| {
        let mut open =
            named.iter().filter(|one| one.kind == Kind::File && !one.name.contains('*') && !told.contains(one));
        open.any(|one| {
            let at = look.locate_following(&one.name);
            at.is_ok_and(|at| !at.links.is_empty() && outside(&Resource::file(at.name), known))
        })
    })
}

fn all_keys(resources: &[Resource]) -> Vec<Key<'_>> {
    resources.iter().flat_map(keys).collect()
}

/// Whether `key` stands at or below one of `known`.
fn holds(known: &[Key<'_>], key: &Key<'_>) -> bool {
    let above = |one: &Key| {
        let mut segments = key.segments.iter().enumerate().take(one.segments.len());
        one.segments.len() <= key.segments.len() && segments.all(|(depth, name)| one.meet(depth, name) != Meet::Never)
    };
    known.iter().any(above)
}
