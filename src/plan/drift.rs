//! Drift: what is different now from what a saved plan saw (`language.md` §8).

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Plan, Saved, SavedNode};
use super::uses;
use crate::catalogue::visible::visible;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What: `good`, `param base`, `revert: server/a.ts`.
    pub what: String,
    /// As the plan saw it.
    pub planned: String,
    /// As it is now.
    pub now: String,
}

/// Everything that differs between `saved` and `fresh`, which was made from the same texts just now. `hide` takes secrets out
/// of a text: those that were pinned are not in the file.
#[must_use]
pub fn between(saved: &Saved, fresh: &Plan, hide: &dyn Fn(&str) -> Option<String>) -> Vec<Difference> {
    let fresh = super::saved::of(fresh);
    let mut found = Vec::new();
    let mut differ = |what: String, planned: String, now: String| {
        if planned != now {
            found.push(Difference { what, planned, now });
        }
    };
    differ("root".to_owned(), saved.target.root.clone(), fresh.target.root.clone());
    differ("host".to_owned(), saved.target.host.clone(), fresh.target.host.clone());
    differ("user".to_owned(), saved.target.user.clone(), fresh.target.user.clone());
    for (old, new) in saved.params.iter().zip(&fresh.params) {
        differ(format!("param {}", old.name), old.value.clone(), new.value.clone());
    }
    let value = |pin: &super::model::Pin| {
        pin.value.as_ref().map_or_else(|| "known when it runs".to_owned(), |value| uses::settled(value).to_string())
    };
    let now: BTreeMap<_, _> = fresh.pins.iter().map(|pin| (&pin.name, value(pin))).collect();
    let compared: BTreeSet<_> = fresh.pins.iter().filter(|pin| pin.compared).map(|pin| &pin.name).collect();
    for pin in saved.pins.iter().filter(|pin| compared.contains(&pin.name)) {
        let planned = value(pin);
        let now = now.get(&pin.name).cloned().unwrap_or_else(|| "absent".to_owned());
        let now = if planned == now { now } else { hide(&now).unwrap_or(now) };
        differ(pin.name.clone(), planned, now);
    }
    let now: BTreeMap<_, _> = fresh.nodes.iter().map(|node| (&node.key, node)).collect();
    for node in &saved.nodes {
        match now.get(&node.key) {
            None => differ(node.key.clone(), "a node of the plan".to_owned(), "absent".to_owned()),
            Some(fresh) => nodes(node, fresh, hide, &mut differ),
        }
    }
    let known: BTreeSet<_> = saved.nodes.iter().map(|node| &node.key).collect();
    for node in fresh.nodes.iter().filter(|node| !known.contains(&node.key)) {
        differ(node.key.clone(), "absent".to_owned(), "a node of the plan".to_owned());
    }
    found
}

fn nodes(
    old: &SavedNode,
    new: &SavedNode,
    hide: &dyn Fn(&str) -> Option<String>,
    differ: &mut impl FnMut(String, String, String),
) {
    if old.previews.len() != new.previews.len() {
        let calls = |node: &SavedNode| format!("{} calls", node.previews.len());
        return differ(old.key.clone(), calls(old), calls(new));
    }
    for (was, is) in old.previews.iter().zip(&new.previews) {
        let now = if was.call == is.call { None } else { hide(&is.call) };
        differ(format!("{}: call", old.key), was.call.clone(), now.unwrap_or_else(|| is.call.clone()));
        if let (Some(before), Some(after)) = (&was.fingerprint, &is.fingerprint) {
            for (part, planned, now) in before.differences(after) {
                differ(format!("{}: {part}", old.key), planned, now);
            }
        }
    }
}

/// As text for a person.
#[must_use]
pub fn render(differences: &[Difference]) -> String {
    let mut text = String::new();
    for Difference { what, planned, now } in differences {
        text.push_str(&format!("  {what}\n    - {planned}\n    + {now}\n"));
    }
    visible(&text).into_owned()
}
