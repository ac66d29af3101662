//! What a change of a policy means, in words: two policies as documents, compared by what their parts are called.
//!
//! Formatting and comments are no part of a document. What is derived of other things is said once, where it comes from.

mod moved;
mod order;
mod words;
mod worst;

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::check::model::Policy;

use moved::{longest_rising, settled};
use words::{
    called, expectation, identities, named, rewritten_word, same, shown, starting, text, unwrapped, verifies, worded,
};

/// A difference in meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Difference {
    /// How it is to be taken.
    pub kind: Kind,
    /// Where: `phase release › step restart`; empty for the policy.
    pub place: String,
    /// What, in words.
    pub what: String,
}

/// How a difference is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Less is verified, undone, approved, or more is affected: look twice.
    Weaker,
    /// Something is there that was not.
    Added,
    /// Something is not there any more.
    Removed,
    /// Something is another.
    Changed,
}

/// Lists whose order is a meaning.
const ORDERED: &[&str] = &["items", "does", "before", "parallel", "severities", "undo", "always", "on_failure"];
/// What follows from other parts, or is no meaning.
const SILENT: &[&str] = &["defined", "worst_cases", "format", "unit", "args"];
/// Every difference: of the parts by their names, then of the order and the worst cases of each phase.
#[must_use]
pub fn differences(old: &Arc<Policy>, new: &Arc<Policy>) -> Vec<Difference> {
    let documents = [super::json(old), super::json(new)];
    let mut walk = Walk {
        found: Vec::new(),
        default: [&documents[0], &documents[1]].map(|document| document["defaults"]["timeout"].clone()),
        documents: &documents,
    };
    if let [Value::Object(old), Value::Object(new)] = &documents {
        walk.objects(&[], old, new);
    }
    let mut found = walk.found;
    let phases = |side: usize| documents[side]["phases"].as_array().map(Vec::as_slice).unwrap_or_default();
    for phase in &new.phases {
        let this = |one: &&Value| one["name"] == *phase.name.text;
        if let (Some(before), Some(after)) = (phases(0).iter().find(this), phases(1).iter().find(this)) {
            order::edges(old, new, phase, &mut found);
            worst::worst_cases(before, after, &mut found);
        }
    }
    found
}

struct Walk<'d> {
    documents: &'d [Value; 2],
    found: Vec<Difference>,
    /// The time limit of a step that sets none, of either.
    default: [Value; 2],
}

impl Walk<'_> {
    fn say(&mut self, kind: Kind, path: &[String], what: String) {
        self.found.push(Difference { kind, place: path.join(" › "), what });
    }

    fn objects(&mut self, path: &[String], old: &Map<String, Value>, new: &Map<String, Value>) {
        let null = Value::Null;
        let mut keys: Vec<&String> = old.keys().collect();
        keys.extend(new.keys().filter(|key| !old.contains_key(*key)));
        for key in keys.into_iter().filter(|key| !SILENT.contains(&key.as_str())) {
            let (before, after) = (old.get(key).unwrap_or(&null), new.get(key).unwrap_or(&null));
            if !same(before, after) {
                self.field(path, key, before, after);
            }
        }
    }

    fn field(&mut self, path: &[String], key: &str, old: &Value, new: &Value) {
        match (old, new) {
            _ if key == "timeout" && [old, new] == [&self.default[0], &self.default[1]] && path.len() > 1 => {}
            _ if self.follows(path, key, old, new) => {}
            (Value::Object(before), Value::Object(after)) if key == "effects" => {
                self.effects(path, &before["writes"], &after["writes"]);
            }
            // Whether they can be told follows from what it does, and where it stands.
            _ if key == "effects" => {}
            (Value::Object(_), Value::Object(_)) if text(old).is_some() && text(new).is_some() => {
                self.atom(path, key, old, new);
            }
            (Value::Object(_), Value::Object(_)) if key == "start" => {
                let kind = if new["how"] == "automatically" { Kind::Weaker } else { Kind::Changed };
                self.say(kind, path, format!("starts {} → {}", starting(old), starting(new)));
            }
            (Value::Object(before), Value::Object(after)) => {
                let mut inner = path.to_vec();
                inner.push(worded(key));
                self.objects(&inner, before, after);
            }
            (Value::Array(before), Value::Array(after)) => self.lists(path, key, before, after),
            (Value::Null, Value::Array(after)) if !after.is_empty() && named(&after[0]) => {
                self.lists(path, key, &[], after);
            }
            (Value::Array(before), Value::Null) if !before.is_empty() && named(&before[0]) => {
                self.lists(path, key, before, &[]);
            }
            _ => self.atom(path, key, old, new),
        }
    }

    /// Whether the use of a verification differs only because that does, where it is said.
    fn follows(&self, path: &[String], key: &str, old: &Value, new: &Value) -> bool {
        let Some(name) = path.last().and_then(|last| last.strip_prefix("verify `")?.strip_suffix('`')) else {
            return false;
        };
        let defined = |side: usize, value: &Value| {
            let all = self.documents[side]["verifications"].as_array();
            all.into_iter().flatten().any(|one| one["name"] == name && one[key] == *value)
        };
        matches!(key, "within" | "every" | "hold") && defined(0, old) && defined(1, new)
    }

    fn effects(&mut self, path: &[String], old: &Value, new: &Value) {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let (old, new) = (list(old), list(new));
        let only = |some: &[Value], others: &[Value]| {
            let names = some.iter().filter(|one| !others.contains(one)).map(|one| format!("`{}`", shown("", one)));
            names.collect::<Vec<_>>().join(", ")
        };
        let (more, less) = (only(&new, &old), only(&old, &new));
        if !more.is_empty() {
            let kind = if less.is_empty() { Kind::Weaker } else { Kind::Changed };
            self.say(kind, path, format!("now {}writes {more}", if less.is_empty() { "also " } else { "" }));
        }
        if !less.is_empty() {
            self.say(Kind::Changed, path, format!("no longer writes {less}"));
        }
    }

    fn atom(&mut self, path: &[String], key: &str, old: &Value, new: &Value) {
        // What has another type because what it names has one is said there.
        if text(old).is_some() && text(old) == text(new) {
            return;
        }
        let (mut before, mut after) = (shown(key, old), shown(key, new));
        if before == after {
            // They read alike, and are not: times are shown with two units.
            (before, after) = (old.to_string(), new.to_string());
        }
        let (kind, what) = match (key, old, new) {
            ("undo", _, Value::String(way)) if way == "none" => {
                (Kind::Weaker, format!("nothing takes it back any more (it was taken back by `{before}`)"))
            }
            ("undo", ..) => (Kind::Changed, format!("is taken back in another way: {before} → {after}")),
            ("irreversible", Value::Null, _) => (Kind::Weaker, format!("cannot be taken back any more: {after}")),
            ("irreversible", _, Value::Null) => (Kind::Changed, "is no longer said to be irreversible".to_owned()),
            ("approve_by", Value::Null, _) => (Kind::Changed, format!("now waits for an approval by `{after}`")),
            ("approve_by", _, Value::Null) => (Kind::Weaker, format!("no longer waits for an approval by `{before}`")),
            ("done_when", _, Value::Null) => (Kind::Weaker, format!("no longer looks whether it is done: `{before}`")),
            ("text", ..) => (Kind::Changed, format!("`{before}` → `{after}`")),
            ("condition", _, Value::Null) => {
                (Kind::Weaker, format!("any value is fine now (it was held to `{before}`)"))
            }
            ("confirm_typed", _, Value::Bool(false)) => (Kind::Weaker, "its name is no longer asked for".to_owned()),
            ("may_approve" | "may_emergency", _, Value::Bool(true)) => (Kind::Weaker, format!("{} now", worded(key))),
            (_, Value::Bool(false), Value::Bool(true)) => (Kind::Changed, format!("is {} now", worded(key))),
            (_, Value::Bool(true), Value::Bool(false)) => (Kind::Changed, format!("is no longer {}", worded(key))),
            _ => (Kind::Changed, format!("{}: {before} → {after}", worded(key))),
        };
        self.say(kind, path, what);
    }

    fn lists(&mut self, path: &[String], key: &str, old: &[Value], new: &[Value]) {
        let (before, after) = (identities(key, old), identities(key, new));
        let mut gone: Vec<usize> = (0..before.len()).filter(|at| !after.contains(&before[*at])).collect();
        let mut come: Vec<usize> = (0..after.len()).filter(|at| !before.contains(&after[*at])).collect();
        let rewritten = pairs(key, old, new, &mut gone, &mut come);
        for at in gone {
            self.one_sided(path, key, &before[at], &old[at], false);
        }
        let mut kept = Vec::new();
        for (at, (name, value)) in after.iter().zip(new).enumerate() {
            if come.contains(&at) {
                self.one_sided(path, key, name, value, true);
                continue;
            }
            let pair = rewritten.iter().find(|(_, to)| *to == at).map(|(from, _)| *from);
            let Some(from) = pair.or_else(|| before.iter().position(|other| other == name)) else { continue };
            kept.push((from, name.clone()));
            if let (Value::Object(one), Value::Object(other)) = (&old[from], value)
                && old[from] != *value
            {
                let mut inner = path.to_vec();
                let (mut one, mut other) = (unwrapped(one).clone(), unwrapped(other).clone());
                if pair.is_some() {
                    // Its text is its name: what became of that is said first.
                    let (before, after) = (one.remove("condition"), other.remove("condition"));
                    if let (Some(before), Some(after)) = (before.as_ref().and_then(text), after.as_ref().and_then(text))
                    {
                        let word = rewritten_word(key, value);
                        self.say(Kind::Changed, path, format!("{word}: `{before}` → `{after}`"));
                    }
                } else if named(value) {
                    inner.push(called(key, name));
                }
                self.objects(&inner, &one, &other);
            }
        }
        if ORDERED.contains(&key) {
            self.moved(path, key, &before, &kept, &after);
        }
    }

    /// What stands elsewhere in the order: all but the longest part that kept it.
    fn moved(&mut self, path: &[String], key: &str, before: &[String], kept: &[(usize, String)], after: &[String]) {
        // By the names that they have now, and without what only one of both has.
        let name_of = |at: usize| kept.iter().find(|(from, _)| *from == at).map(|(_, name)| name.clone());
        let before = settled((0..before.len()).filter_map(name_of).collect());
        let now = settled(kept.iter().map(|(_, name)| name.clone()).collect());
        let places: Vec<usize> = now.iter().filter_map(|name| before.iter().position(|other| other == name)).collect();
        let stays = longest_rising(&places);
        for at in places.iter().filter(|at| !stays.contains(at)) {
            let name = &before[*at];
            let place = after.iter().position(|other| other == name).unwrap_or(0);
            let where_to = match place {
                0 => "now stands first".to_owned(),
                place => format!("now stands behind {}", called(key, &after[place - 1])),
            };
            let mut inner = path.to_vec();
            inner.push(called(key, name));
            self.say(Kind::Changed, &inner, where_to);
        }
    }

    /// Something that only one of both has.
    fn one_sided(&mut self, path: &[String], key: &str, name: &str, value: &Value, added: bool) {
        // That a phase verifies something is said there.
        if key == "verifications" && verifies(&self.documents[usize::from(added)]["phases"], name) {
            return;
        }
        let verb = if added { "is new" } else { "was removed" };
        let kind = if added { Kind::Added } else { Kind::Removed };
        let less = if added { Kind::Added } else { Kind::Weaker };
        let (kind, what) = match key {
            "checks" if added => (kind, format!("now {}", expectation(value))),
            "checks" => (less, format!("no longer {}", expectation(value))),
            "members" if added => (Kind::Weaker, format!("`{name}` has joined")),
            "members" => (kind, format!("`{name}` has left")),
            "requires" if !added => (less, format!("no longer requires `{name}`")),
            "requires" => (kind, format!("now requires `{name}`")),
            _ if name.starts_with("verify ") && added => (kind, format!("`{}` is verified now", &name[7..])),
            _ if name.starts_with("verify ") => (less, format!("`{}` is no longer verified", &name[7..])),
            _ if name.starts_with("require ") && !added => (less, format!("no longer requires `{}`", &name[8..])),
            _ if name.starts_with("require ") => (kind, format!("now requires `{}`", &name[8..])),
            _ if !named(value) => (
                kind,
                format!("{}: {} {}", worded(key), shown(key, value), if added { "was added" } else { "was removed" }),
            ),
            _ => (kind, format!("{} {verb}", called(key, name))),
        };
        self.say(kind, path, what);
    }
}

/// Of what is known by its text alone: which one became which, as far as as many of a kind came as went. They are taken
/// from both lists.
fn pairs(key: &str, old: &[Value], new: &[Value], gone: &mut Vec<usize>, come: &mut Vec<usize>) -> Vec<(usize, usize)> {
    let kind = |value: &Value| match key {
        "checks" => value["kind"].as_str().map(str::to_owned),
        "requires" | "rules" => Some(key.to_owned()),
        _ => {
            let (kind, _) = value.as_object().filter(|object| object.len() == 1)?.iter().next()?;
            matches!(&**kind, "call" | "require" | "expect" | "if" | "for").then(|| kind.clone())
        }
    };
    let mut found = Vec::new();
    let mut kinds: Vec<String> = gone.iter().filter_map(|at| kind(&old[*at])).collect();
    kinds.dedup();
    for this in kinds {
        let of = |list: &[usize], values: &[Value]| -> Vec<usize> {
            list.iter().copied().filter(|at| kind(&values[*at]).as_ref() == Some(&this)).collect()
        };
        let (from, to) = (of(gone, old), of(come, new));
        if from.len() == to.len() {
            gone.retain(|at| !from.contains(at));
            come.retain(|at| !to.contains(at));
            found.extend(from.into_iter().zip(to));
        }
    }
    found
}
