//! Which steps wait for which others, before and after a change: what the graph of a phase has lost and gained.
//!
//! Only what both have is compared, and of that what follows from nothing else: a step between two others is no change of
//! how those two stand to each other.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Difference, Kind};
use crate::check::cases::worst_cases;
use crate::check::expand::{ExpandedNode, Work};
use crate::check::model::{Phase, Policy};
use crate::check::nodes::order_nodes;
use crate::check::order::order;

/// So many that wait for one are told each for itself.
const EACH: usize = 3;

/// What is lost and gained between the nodes of a phase, in each of its scenarios.
pub(super) fn edges(old: &Arc<Policy>, new: &Arc<Policy>, phase: &Phase, found: &mut Vec<Difference>) {
    let name = &*phase.name.text;
    let (old, new) = (Reach::of_each(old, name), Reach::of_each(new, name));
    let several = new.len() > 1;
    let from = found.len();
    for (scenario, now) in &new {
        let Some((_, before)) = old.iter().find(|(other, _)| other == scenario) else { continue };
        let place = match scenario {
            Some(scenario) if several => format!("phase `{name}` › scenario `{scenario}`"),
            _ => format!("phase `{name}`"),
        };
        before.compare(now, &place, found);
    }
    // What every scenario has lost or gained is that of the phase.
    if several {
        let own = found.split_off(from);
        let mut said: Vec<&str> = Vec::new();
        for one in &own {
            if said.contains(&&*one.what) {
                continue;
            }
            said.push(&one.what);
            if own.iter().filter(|other| other.what == one.what).count() == new.len() {
                found.push(Difference { place: format!("phase `{name}`"), ..one.clone() });
            } else {
                found.extend(own.iter().filter(|other| other.what == one.what).cloned());
            }
        }
    }
}

/// Which nodes of a run end before which others start.
struct Reach {
    /// As messages call them.
    names: Vec<Arc<str>>,
    at: HashMap<Arc<str>, usize>,
    /// For each node the set of all before it.
    before: Vec<Vec<u64>>,
}

impl Reach {
    /// One for each scenario of a phase, without a severity.
    fn of_each(policy: &Arc<Policy>, phase: &str) -> Vec<(Option<String>, Self)> {
        worst_cases(policy, phase)
            .into_iter()
            .filter(|(selection, ..)| selection.severity.is_none())
            .map(|(selection, expansion, _)| (selection.scenario, Self::of(&expansion.nodes, phase)))
            .collect()
    }

    fn of(nodes: &[ExpandedNode], phase: &str) -> Self {
        let order = order(&order_nodes(nodes));
        let count = nodes.len() + order.joins.len();
        let mut direct: Vec<Vec<usize>> = vec![Vec::new(); count];
        for edge in &order.edges {
            direct[edge.to].push(edge.from);
        }
        let words = nodes.len().div_ceil(64);
        let mut all: Vec<Option<Vec<u64>>> = vec![None; count];
        for start in 0..count {
            // Joins stand behind the nodes, whatever comes before them.
            let mut open = vec![start];
            while let Some(&at) = open.last() {
                let missing = direct[at].iter().find(|before| all[**before].is_none());
                match missing {
                    _ if all[at].is_some() => {
                        open.pop();
                    }
                    Some(&before) => open.push(before),
                    None => {
                        let mut own = vec![0_u64; words];
                        for &before in &direct[at] {
                            unite(&mut own, all[before].as_deref().unwrap_or_default());
                            if before < nodes.len() {
                                own[before / 64] |= 1 << (before % 64);
                            }
                        }
                        all[at] = Some(own);
                        open.pop();
                    }
                }
            }
        }
        let mut kept = Self { names: Vec::new(), at: HashMap::new(), before: Vec::new() };
        for (at, node) in nodes.iter().enumerate() {
            // A `require` is called by its line, which any change moves.
            if matches!(node.work, Work::Step(_) | Work::Verify(..)) && &*node.phase == phase {
                kept.at.insert(Arc::clone(&node.key), at);
            }
            kept.names.push(Arc::clone(&node.key));
            kept.before.push(all[at].take().unwrap_or_default());
        }
        kept
    }

    fn is_before(&self, earlier: usize, later: usize) -> bool {
        self.before[later][earlier / 64] >> (earlier % 64) & 1 == 1
    }

    /// The pairs of `kept` nodes of which the first ends before the second starts, with none of `kept` between.
    fn pairs(&self, kept: &[usize]) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        for (position, &later) in kept.iter().enumerate() {
            let mut covered = vec![0_u64; self.names.len().div_ceil(64)];
            for &earlier in kept[..position].iter().rev() {
                if self.is_before(earlier, later) && covered[earlier / 64] >> (earlier % 64) & 1 == 0 {
                    pairs.push((earlier, later));
                    unite(&mut covered, &self.before[earlier]);
                }
            }
        }
        pairs
    }

    fn compare(&self, now: &Self, place: &str, found: &mut Vec<Difference>) {
        let kept = |one: &Self, other: &Self| {
            let mut kept: Vec<usize> =
                one.at.iter().filter(|(key, _)| other.at.contains_key(*key)).map(|(_, at)| *at).collect();
            kept.sort_unstable();
            kept
        };
        let mut say = |what: String| found.push(Difference { kind: Kind::Changed, place: place.to_owned(), what });
        // Those that wait for one, by that one.
        let mut gained: Vec<(&str, Vec<&str>)> = Vec::new();
        for (earlier, later) in now.pairs(&kept(now, self)) {
            let (first, second) = (&now.names[earlier], &now.names[later]);
            let (was_first, was_second) = (self.at[first], self.at[second]);
            if self.is_before(was_second, was_first) {
                say(format!("`{second}` now waits for `{first}`, which waited for it"));
            } else if !self.is_before(was_first, was_second) {
                gather(&mut gained, first, second);
            }
        }
        for (first, laters) in gained {
            for (names, several) in some_of(&laters) {
                say(format!("{names} now {} for `{first}`", if several { "wait" } else { "waits" }));
            }
        }
        let mut lost: Vec<(&str, Vec<&str>)> = Vec::new();
        for (earlier, later) in self.pairs(&kept(self, now)) {
            let (first, second) = (&self.names[earlier], &self.names[later]);
            let (is_first, is_second) = (now.at[first], now.at[second]);
            if !now.is_before(is_first, is_second) && !now.is_before(is_second, is_first) {
                gather(&mut lost, first, second);
            }
        }
        for (first, laters) in lost {
            for (names, several) in some_of(&laters) {
                let wait = if several { "no longer wait" } else { "no longer waits" };
                say(format!("{names} {wait} for `{first}`: they may run at the same time"));
            }
        }
    }
}

fn gather<'n>(groups: &mut Vec<(&'n str, Vec<&'n str>)>, first: &'n str, later: &'n str) {
    match groups.iter_mut().find(|(known, _)| *known == first) {
        Some((_, laters)) => laters.push(later),
        None => groups.push((first, vec![later])),
    }
}

/// Names as they are told, and whether there are several: each for itself, or the first ones of many.
fn some_of(names: &[&str]) -> Vec<(String, bool)> {
    if names.len() <= EACH {
        return names.iter().map(|name| (format!("`{name}`"), false)).collect();
    }
    let first: Vec<String> = names[..2].iter().map(|name| format!("`{name}`")).collect();
    vec![(format!("{} and {} more", first.join(", "), names.len() - 2), true)]
}

fn unite(set: &mut [u64], more: &[u64]) {
    for (word, more) in set.iter_mut().zip(more) {
        *word |= more;
    }
}
