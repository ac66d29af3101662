//! Each node of a plan failed once: what would stand then, what would be taken back, which handlers would run.
//!
//! The real dispatcher is asked, one node at a time; nothing is run and the world is not looked at. Where nodes overlap in a run,
//! its end state is the same (`dispatcher`), but for members of a `parallel` block: those that run beside the failed one end.

use std::collections::VecDeque;

use serde::Serialize;

use super::dispatcher::Dispatcher;
use super::dispatcher::graph::{Back, Command, End, Event, Fail, Index, Node as Abstract};
use super::event::{NodeOutcome, Outcome};
use super::failure::{Handling, Map};
use crate::check::model::Item;
use crate::plan::model::{Node, Plan, Taken, Work};

/// What follows when one node fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Case {
    /// The node that fails, by its key.
    pub node: String,
    /// Its title.
    pub title: Option<String>,
    /// How the run ends.
    pub outcome: Outcome,
    /// Its exit code.
    pub exit: u8,
    /// What changed something and stays as it was left, in the order of the text; the failed one also, as far as it came.
    pub stays: Vec<String>,
    /// Those of them that nothing takes back.
    pub for_good: Vec<String>,
    /// What is taken back, in that order.
    pub taken_back: Vec<String>,
    /// The steps, the phase or the stage that run because of it, in that order.
    pub handlers: Vec<String>,
    /// The phases whose `always` runs.
    pub always: Vec<String>,
    /// What is not done.
    pub not_done: Vec<String>,
    /// What to do then.
    pub next: String,
}

/// Every node that can fail, in the order of the text.
#[must_use]
pub fn cases(plan: &Plan) -> Vec<Case> {
    let map = Map::of(&plan.policy);
    let graph = map.graph(plan);
    let fails =
        |node: &Node| matches!(node.work, Work::Step(_) | Work::Verify(..) | Work::Require(_) | Work::Dynamic(_));
    let indices = (0..plan.nodes.len()).filter(|&index| fails(&plan.nodes[index]));
    indices.map(|index| case(plan, &map, &graph, index)).collect()
}

fn case(plan: &Plan, map: &Map, graph: &[Abstract], failed: Index) -> Case {
    // One at a time: nothing runs ahead, so that only what the policy takes back is taken back.
    let mut dispatcher = Dispatcher::new(graph.to_vec(), 1);
    let mut open: VecDeque<Command> = dispatcher.handle(Event::Begin).into();
    let (mut taken_back, mut handlers, mut always) = (Vec::new(), Vec::new(), false);
    let mut left: Vec<Index> = Vec::new();
    let mut outcome = Outcome::Failed;
    while let Some(command) = open.pop_front() {
        let event = match command {
            Command::Start(node) => Event::Ended {
                node,
                end: if node == failed { End::Failed(way(&plan.nodes[node])) } else { End::Done },
                wrote: plan.nodes[node].changes,
            },
            Command::TakeBack { node, .. } => {
                let how = match (&plan.nodes[node].undo, plan.nodes[node].changes) {
                    (Taken::Never { .. }, true) => Back::Left,
                    _ => Back::Whole,
                };
                if how == Back::Left {
                    left.push(node);
                } else if plan.nodes[node].changes {
                    taken_back.push(key(plan, node));
                }
                Event::TookBack { node, how }
            }
            Command::Handle(node) => {
                handlers.extend(handled(&map.handling(plan, node)));
                Event::Handled { node, ok: true }
            }
            Command::Always => {
                always = true;
                Event::AlwaysEnded { ok: true }
            }
            Command::Finish(end) => {
                outcome = end;
                break;
            }
            Command::Record(..) | Command::Recall | Command::Stopping(_) => continue,
        };
        open.extend(dispatcher.handle(event));
    }
    let of = |index: Index| dispatcher.outcome_of(index);
    let stays: Vec<Index> = (0..plan.nodes.len())
        .filter(|&index| {
            let ran = of(index).is_some_and(|found| {
                !matches!(found, NodeOutcome::Skipped | NodeOutcome::TakenBack | NodeOutcome::Refused)
            });
            plan.nodes[index].changes && (ran || left.contains(&index))
        })
        .collect();
    let lost = |index: &Index| matches!(plan.nodes[*index].undo, Taken::Never { .. });
    let keys = |indices: &[Index]| indices.iter().map(|index| key(plan, *index)).collect::<Vec<_>>();
    let for_good: Vec<Index> = stays.iter().copied().filter(lost).collect();
    let skipped = |index: &Index| of(*index) == Some(NodeOutcome::Skipped) && does(&plan.nodes[*index]);
    let not_done: Vec<Index> = (0..plan.nodes.len()).filter(skipped).collect();
    Case {
        node: key(plan, failed),
        title: plan.nodes[failed].title.clone(),
        outcome,
        exit: outcome.exit_code(),
        next: next(outcome, stays.len() > for_good.len()),
        stays: keys(&stays),
        for_good: keys(&for_good),
        taken_back,
        handlers,
        always: if always { blocks(plan) } else { Vec::new() },
        not_done: keys(&not_done),
    }
}

/// A false `require` refuses; anything else fails.
fn way(node: &Node) -> Fail {
    if matches!(node.work, Work::Require(_)) { Fail::Refused } else { Fail::Failed }
}

/// Whether a person would miss it.
fn does(node: &Node) -> bool {
    !matches!(node.work, Work::Bind(_) | Work::Observe(_))
}

fn key(plan: &Plan, index: Index) -> String {
    plan.nodes[index].key.clone()
}

fn handled(handling: &Handling) -> Vec<String> {
    match handling {
        Handling::None => Vec::new(),
        Handling::Steps(block) => block
            .items
            .iter()
            .filter_map(|item| match item {
                Item::Step(step) => Some(step.name.text.to_string()),
                _ => None,
            })
            .collect(),
        Handling::Phase(name) => vec![format!("phase {name}")],
        Handling::Otherwise(stage) => vec![format!("stage {}", stage.name.text)],
    }
}

/// The phases of the plan that have an `always`.
fn blocks(plan: &Plan) -> Vec<String> {
    let has =
        |name: &&String| plan.policy.phases.iter().any(|phase| *phase.name.text == ***name && phase.always.is_some());
    plan.phases.iter().filter(has).cloned().collect()
}

fn next(outcome: Outcome, undoable: bool) -> String {
    match outcome {
        Outcome::Done | Outcome::Degraded | Outcome::Warned => {
            "nothing has to be done; `rbk show last` tells of it".into()
        }
        Outcome::Refused | Outcome::Declined => "nothing was changed: mend what it names, then run it again".into(),
        _ if undoable => "`rbk undo last` takes back what was done".into(),
        Outcome::Partial => "an undo has nothing to take back: mend the cause, then run it with `--again`".into(),
        _ => "an undo has nothing to take back: mend the cause, then run it again".into(),
    }
}
