//! In words: the state that is left when a node fails, and the next command. And how what it did is taken back.

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalogue::signature::UndoKind;
use crate::catalogue::value::Value;
use crate::check::expand::{ExpandedNode, FailureScope, OwnUndo, Work};
use crate::check::model::{Block, CheckKind, ExprKind, Item, OnFailure, Policy, Stage, StepItem, Undo};

use super::model::Taken;

/// How many names a sentence lists.
const NAMED: usize = 3;

/// One sentence for each node, and how it is taken back.
pub(super) fn words(policy: &Policy, nodes: &[ExpandedNode]) -> Vec<(String, Taken)> {
    let stages = stages(policy);
    let mut state = State::default();
    let mut sentences = Vec::with_capacity(nodes.len());
    for node in nodes {
        let taken = taken(policy, node);
        let other = node.stage_name.as_ref().and_then(|name| stages.get(&(&*node.phase, &**name)).copied());
        sentences.push((sentence(node, &taken, &state, other), taken.clone()));
        match taken {
            Taken::Nothing => {}
            Taken::Never { .. } => {
                state.all.push(&node.key);
                state.lost.push(&node.key);
            }
            _ => state.all.push(&node.key),
        }
    }
    sentences
}

/// What stands done before a node, by the text.
#[derive(Default)]
struct State<'n> {
    /// In the order of the text.
    all: Vec<&'n str>,
    /// Those of them that nothing takes back.
    lost: Vec<&'n str>,
}

/// How what a node did is taken back.
fn taken(policy: &Policy, node: &ExpandedNode) -> Taken {
    if !node.changes {
        return Taken::Nothing;
    }
    // Where an action of the policy's own says how it is taken back, its calls do not.
    let by_kind =
        |kind: UndoKind| node.calls.iter().find(|call| call.own_undo.is_none() && call.call.signature().undo == kind);
    let own = |way: OwnUndo| node.calls.iter().find(|call| call.own_undo == Some(way));
    let Work::Step(step) = &node.work else {
        return match &node.inexact {
            Some(call) => Taken::Never { why: format!("nothing takes `{call}` back by itself") },
            None => Taken::Restored,
        };
    };
    if let Some(why) = &step.clauses.irreversible {
        let text = match &why.kind {
            ExprKind::Const(Value::Str(text)) => text.to_string(),
            _ => policy.sources.get(why.place.file).slice(why.place.span).trim_matches('"').to_owned(),
        };
        return Taken::Never { why: text };
    }
    match &step.clauses.undo {
        Undo::None => Taken::Never { why: "`undo none`".to_owned() },
        Undo::Repeat => Taken::Repeated,
        // Nothing has to be done: its author says so.
        Undo::Block(items) if items.is_empty() && step.clauses.only_reads() => Taken::Nothing,
        Undo::Block(_) => Taken::Block,
        Undo::Restore if only_looks(&step.body) => Taken::Nothing,
        Undo::Restore if let Some(call) = own(OwnUndo::Never) => Taken::Never {
            why: call
                .via
                .first()
                .map_or_else(String::new, |via| format!("`{}` says that nothing takes it back", via.name)),
        },
        Undo::Restore if own(OwnUndo::Repeat).is_some() => Taken::Repeated,
        Undo::Restore => match (by_kind(UndoKind::None), by_kind(UndoKind::Repeat)) {
            (Some(call), _) => {
                Taken::Never { why: format!("nothing takes `{}` back by itself", call.call.signature().name) }
            }
            (None, repeated) => match node.calls.iter().find(|call| {
                let undo = call.call.signature().undo;
                let keeps = matches!(undo, UndoKind::Inverse | UndoKind::Nothing | UndoKind::Repeat);
                !call.exact && call.own_undo.is_none() && !keeps
            }) {
                Some(call) => Taken::Never { why: format!("`{}` keeps nothing here", call.call.signature().name) },
                None if repeated.is_none() => Taken::Restored,
                None if by_kind(UndoKind::Exact).or_else(|| by_kind(UndoKind::Inverse)).is_some() => {
                    Taken::RestoredThenRepeated
                }
                None => Taken::Repeated,
            },
        },
    }
}

/// Whether it only calls actions that have nothing to take back.
fn only_looks(items: &[StepItem]) -> bool {
    let mut calls = false;
    items.iter().all(|item| match item {
        StepItem::Group(group) => {
            calls = true;
            matches!(&group.action.undo, Undo::Block(items) if items.is_empty())
        }
        StepItem::Let(_) | StepItem::Require(_) | StepItem::Expect(_) => true,
        StepItem::Call(_) | StepItem::For(_) | StepItem::If(_) => false,
    }) && calls
}

fn sentence(node: &ExpandedNode, taken: &Taken, state: &State<'_>, other: Option<&Stage>) -> String {
    let untouched = state.all.is_empty();
    if matches!(node.work, Work::Require(_)) && untouched {
        return "refused: nothing has changed".to_owned();
    }
    let left = left(node, taken, state);
    let block = match &node.handling.scope {
        FailureScope::Node => "the step".to_owned(),
        FailureScope::Stage(name) => format!("stage `{name}`"),
        FailureScope::Phase(name) => format!("phase `{name}`"),
        FailureScope::Policy => "the run".to_owned(),
    };
    let said = matches!(node.handling.scope, FailureScope::Node | FailureScope::Stage(_));
    let end = match (&node.handling.on_failure, other.filter(|_| !said)) {
        (_, Some(Stage { name, otherwise: Some(other), .. })) => {
            format!("stage `{}` is taken back, then `{}` is tried instead", name.text, other.name.text)
        }
        (OnFailure::Stop, _) => format!("stops; {left}"),
        (OnFailure::Undo, _) => match taken {
            Taken::Never { .. } => format!("{block} is taken back as far as it can be, not this; then it stops"),
            _ => format!("{block} is taken back, then it stops"),
        },
        (OnFailure::Warn, _) => "warns and goes on; the run can still succeed".to_owned(),
        (OnFailure::Continue, _) => "goes on, and the run ends partial".to_owned(),
        (OnFailure::Run(phase), _) => format!("phase `{}` is run, then it stops; {left}", phase.text),
        (OnFailure::Steps(block), _) => match steps(block) {
            names if names.is_empty() => format!("stops; {left}"),
            names => {
                format!("{} {}, then it stops; {left}", list(&names), if names.len() == 1 { "runs" } else { "run" })
            }
        },
    };
    let end = passing(node, end);
    let end = match node.within.last() {
        Some(around) if !(node.handling.scope == FailureScope::Node && node.handling.goes_on()) => format!(
            "up to {} of {} may fail: only the rest of this one is left out; beyond that {end}",
            around.tolerated.min(around.of as u64),
            around.of
        ),
        _ => end,
    };
    format!("{}{end}", first(node))
}

/// What happens where calls say `fails:` themselves: `end` is what happens where another one fails.
fn passing(node: &ExpandedNode, end: String) -> String {
    let Work::Step(step) = &node.work else { return degrading(node, end) };
    let mut said: Vec<(&str, &OnFailure)> = Vec::new();
    let mut others = false;
    for item in &step.body {
        let (name, fails) = match item {
            StepItem::Call(call) => (call.signature().name, &call.fails),
            StepItem::Group(group) => (&*group.name.text, &group.fails),
            StepItem::Let(_) => continue,
            _ => {
                others = true;
                continue;
            }
        };
        match fails {
            Some(way @ (OnFailure::Warn | OnFailure::Continue)) => said.push((name, way)),
            _ => others = true,
        }
    }
    // A check behind the calls may fail besides.
    others |= step.clauses.done_when.is_some();
    let how = |way: &OnFailure| match way {
        OnFailure::Warn => "warns and goes on; the run can still succeed",
        _ => "goes on, and the run ends partial",
    };
    match said.as_slice() {
        [] => end,
        [(_, way)] if !others => how(way).to_owned(),
        all if !others && all.iter().all(|(_, way)| matches!(way, OnFailure::Warn)) => {
            "warns and goes on; the run can still succeed".to_owned()
        }
        all => {
            let mut parts: Vec<String> = all
                .iter()
                .map(|(name, way)| match way {
                    OnFailure::Warn => format!("`{name}` only warns"),
                    _ => format!("after `{name}` it goes on, and the run ends partial"),
                })
                .collect();
            parts.dedup();
            format!("{}; otherwise {end}", parts.join("; "))
        }
    }
}

/// What a `should` that does not hold leads to.
fn degrading(node: &ExpandedNode, end: String) -> String {
    match &node.work {
        Work::Verify(verify, _) if verify.checks.iter().any(|check| check.kind == CheckKind::Should) => {
            format!("{end}; a `should` that does not hold only degrades the run")
        }
        _ => end,
    }
}

/// What is tried before the failure counts.
fn first(node: &ExpandedNode) -> String {
    match &node.work {
        Work::Step(step) => {
            step.clauses.retry.as_ref().filter(|retry| retry.times > 0).map_or_else(String::new, |retry| {
                format!(
                    "is tried {} more, then ",
                    if retry.times == 1 { "once".to_owned() } else { format!("{} times", retry.times) }
                )
            })
        }
        Work::Verify(verify, _) => {
            let names = verify.on_failure.as_ref().map(steps).unwrap_or_default();
            if names.is_empty() {
                String::new()
            } else {
                format!("{} first, and it is verified once more; then ", list(&names))
            }
        }
        _ => String::new(),
    }
}

/// What stays as it is then, and what takes it back.
fn left(node: &ExpandedNode, taken: &Taken, state: &State<'_>) -> String {
    let (all, lost) = (&state.all, &state.lost);
    if all.is_empty() {
        return match taken {
            Taken::Nothing => "nothing has changed".to_owned(),
            Taken::Never { .. } => "nothing has changed but what it did by then, which cannot be taken back".to_owned(),
            _ => "nothing has changed but what it did by then, which `rbk undo last` takes back".to_owned(),
        };
    }
    let mut text = format!("{} stay{} done", list(all), if all.len() == 1 { "s" } else { "" });
    if all.len() == lost.len() {
        text.push_str(", for good");
    } else {
        let them = if all.len() == 1 { "it" } else { "them" };
        text.push_str(&format!("; `rbk undo last` takes {them} back"));
        if !lost.is_empty() {
            text.push_str(&format!(", but not {}", list(lost)));
        }
    }
    if matches!(taken, Taken::Never { .. }) && node.changes {
        text.push_str("; what it did by then stays");
    }
    text
}

/// The steps of a handler, by name.
fn steps(block: &Block) -> Vec<&str> {
    block
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Step(step) => Some(&*step.name.text),
            _ => None,
        })
        .collect()
}

fn list(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(NAMED);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// The stages that have another way, by phase and name.
pub(super) fn stages(policy: &Policy) -> HashMap<(&str, &str), &Stage> {
    fn gather<'p>(phase: &'p str, block: &'p Block, into: &mut HashMap<(&'p str, &'p str), &'p Stage>) {
        for item in &block.items {
            match item {
                Item::Stage(stage) => {
                    if stage.otherwise.is_some() {
                        into.insert((phase, &stage.name.text), Arc::as_ref(stage));
                    }
                    gather(phase, &stage.body, into);
                }
                Item::Parallel(parallel) => gather(phase, &parallel.body, into),
                Item::For(each) => gather(phase, &each.body, into),
                Item::If(branch) => {
                    gather(phase, &branch.body, into);
                    branch.otherwise.iter().for_each(|block| gather(phase, block, into));
                }
                _ => {}
            }
        }
    }
    let mut found = HashMap::new();
    for phase in &policy.phases {
        gather(&phase.name.text, &phase.body, &mut found);
        phase.scenarios.iter().for_each(|scenario| gather(&phase.name.text, &scenario.body, &mut found));
    }
    found
}
