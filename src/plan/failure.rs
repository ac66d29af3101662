//! In words: the state that is left when a node fails, and the next command.

use crate::check::expand::{ExpandedNode, FailureScope, Work};
use crate::check::model::OnFailure;

/// How many names a sentence lists.
const NAMED: usize = 3;

/// One sentence for each node.
pub(super) fn words(nodes: &[ExpandedNode]) -> Vec<String> {
    let mut done: Vec<&str> = Vec::new();
    let mut sentences = Vec::with_capacity(nodes.len());
    for node in nodes {
        sentences.push(sentence(node, &done));
        if node.changes {
            done.push(&node.key);
        }
    }
    sentences
}

fn sentence(node: &ExpandedNode, done: &[&str]) -> String {
    let keeps = || match done {
        [] if node.changes => "what it did itself stays; `rbk undo last` takes it back".to_owned(),
        [] => "nothing has changed".to_owned(),
        _ => format!(
            "{} stay{} done; `rbk undo last` takes {} back",
            names(done),
            if done.len() == 1 { "s" } else { "" },
            if done.len() == 1 { "it" } else { "them" }
        ),
    };
    let block = match &node.handling.scope {
        FailureScope::Node => "the step".to_owned(),
        FailureScope::Stage(name) => format!("stage `{name}`"),
        FailureScope::Phase(name) => format!("phase `{name}`"),
        FailureScope::Policy => "the run".to_owned(),
    };
    let said = match &node.handling.on_failure {
        // Before the first change there is nothing to go on from, to take back or to handle.
        _ if matches!(node.work, Work::Require(_)) && done.is_empty() => {
            return "refused: nothing has changed".to_owned();
        }
        OnFailure::Stop => format!("stops; {}", keeps()),
        OnFailure::Undo => format!("{block} is undone, then it stops"),
        OnFailure::Warn => "warns and goes on".to_owned(),
        OnFailure::Continue => "goes on, and the run ends partial".to_owned(),
        OnFailure::Run(phase) => format!("phase `{}` is run", phase.text),
        OnFailure::Steps(_) => "its handler runs, then it stops".to_owned(),
    };
    match node.within.last() {
        Some(around) if !(node.handling.scope == FailureScope::Node && node.handling.goes_on()) => format!(
            "up to {} of {} may fail: only the rest of this one is left out; beyond that {said}",
            around.tolerated.min(around.of as u64),
            around.of
        ),
        _ => said,
    }
}

fn names(done: &[&str]) -> String {
    let shown: Vec<_> = done.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = done.len().saturating_sub(NAMED);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}
