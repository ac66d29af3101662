//! W6073: a command without declared effects that keeps apart what could run at the same time, and what that costs.

use std::sync::Arc;
use std::time::Duration;

use crate::catalogue::effect::Kind;
use crate::catalogue::value::Value;
use crate::check::cases::whole_runs;
use crate::check::expand::{ExpandedCall, ExpandedNode, Expansion, Work};
use crate::check::model::{Block, Item, Phase, Policy, Step};
use crate::check::nodes::{order_nodes, time_nodes};
use crate::check::order::{Order, OrderNode, order};
use crate::check::time::critical_path;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Place;

use super::advice::Advice;
use super::everything::Everything;

/// Each fence of a run costs an order of all its nodes.
const NODES: usize = 400;
/// The fences of a run that are tried.
const TRIED: usize = 40;
/// How many are told, those that cost the most.
const TOLD: usize = 3;

/// Whose effects an author knows and the program does not.
const COMMANDS: &[&str] = &["exec", "sh"];

/// What a fence costs, and two steps that it keeps apart.
struct Cost {
    step: Arc<Step>,
    saved: Duration,
    of: Duration,
    phase: String,
    apart: [Place; 2],
}

pub fn lint(all: &Everything<'_>, policy: &Arc<Policy>, advice: &mut Advice<'_>) {
    if !all.steps.iter().any(|step| is_undeclared(step)) {
        return;
    }
    let mut costs: Vec<Cost> = Vec::new();
    for phase in policy.phases.iter().filter(|phase| may_hold_a_fence(phase)) {
        for (_, expansion, path) in whole_runs(policy, &phase.name.text) {
            if expansion.nodes.len() <= NODES {
                of_run(&expansion, path.machine, &phase.name.text, &mut costs);
            }
        }
    }
    costs.sort_by_key(|cost| std::cmp::Reverse(cost.saved));
    let mut told: Vec<Place> = Vec::new();
    for cost in costs {
        if told.contains(&cost.step.name.place) || told.len() >= TOLD {
            continue;
        }
        told.push(cost.step.name.place);
        let (name, saved) = (&cost.step.name.text, Value::duration(cost.saved));
        let label = format!(
            "it may touch anything: up to {saved} of the {} that phase `{}` may take",
            Value::duration(cost.of),
            cost.phase
        );
        let found = Diagnostic::new(Code::SerialFence, cost.step.name.place, format!("nothing runs beside `{name}`"))
            .label(label)
            .also(cost.apart[0], "this could run at the same time")
            .also(cost.apart[1], "as this")
            .help("say what it touches: `touches \"dist\"`, or `reads \"src\"` where it only looks; leave it where it may be anything");
        advice.push(found);
    }
}

/// Whether some step of a phase of which nothing is said stands between two others: to see what that costs takes an
/// expansion, which most phases can be spared.
fn may_hold_a_fence(phase: &Phase) -> bool {
    let own = std::iter::once(&phase.body).chain(phase.scenarios.iter().map(|scenario| &scenario.body));
    // The steps of a phase run with those of its scenarios.
    let mut steps = Vec::new();
    own.fold(false, |found, body| found | holds(body, &mut steps)) || between(&steps)
}

/// Adds whether each step of a block is undeclared; true where a stage inside holds a fence, or a loop may.
fn holds(block: &Block, steps: &mut Vec<bool>) -> bool {
    block.items.iter().fold(false, |found, item| {
        found
            | match item {
                Item::Step(step) => {
                    steps.push(is_undeclared(step));
                    false
                }
                Item::Parallel(parallel) => holds(&parallel.body, steps),
                Item::For(_) => true,
                Item::If(branch) => {
                    let inside = holds(&branch.body, steps);
                    branch.otherwise.iter().fold(inside, |found, other| found | holds(other, steps))
                }
                Item::Stage(stage) => {
                    let mut own = Vec::new();
                    holds(&stage.body, &mut own) || between(&own)
                }
                Item::Let(_) | Item::Require(_) | Item::Observe(_) | Item::Verify(_) => false,
            }
    })
}

fn between(undeclared: &[bool]) -> bool {
    matches!(undeclared, [_, inner @ .., _] if inner.contains(&true))
}

/// Whether nothing is said about what a step affects.
fn is_undeclared(step: &Step) -> bool {
    let clauses = &step.clauses;
    clauses.reads.is_none() && clauses.writes.is_none() && clauses.touches.is_none()
}

fn of_run(expansion: &Expansion, worst: Duration, phase: &str, costs: &mut Vec<Cost>) {
    let nodes = &expansion.nodes;
    let plain = order_nodes(nodes);
    let fences = nodes.iter().enumerate().filter_map(|(at, node)| {
        let Work::Step(step) = &node.work else { return None };
        let anything = node.effects.writes.iter().any(|written| written.kind == Kind::World);
        (anything && is_of_commands(node) && is_undeclared(step) && !node.gate && node.member.is_none())
            .then_some((at, step))
    });
    for (at, step) in fences.take(TRIED) {
        let mut without = plain.clone();
        let effects = &mut without[at].effects;
        effects.reads.retain(|read| read.kind != Kind::World);
        effects.writes.retain(|written| written.kind != Kind::World);
        let order = order(&without);
        let path = critical_path(&time_nodes(nodes), &expansion.alternatives, &order, usize::MAX);
        let saved = worst.saturating_sub(path.machine);
        if saved.is_zero() || saved * 10 < worst {
            continue;
        }
        if let Some(apart) = apart(nodes, &without, &order, at) {
            let apart = apart.map(|at| nodes[at].place);
            costs.push(Cost { step: Arc::clone(step), saved, of: worst, phase: phase.to_owned(), apart });
        }
    }
}

/// Whether it is commands alone that may change anything: what a service or a process does, nobody can narrow.
fn is_of_commands(node: &ExpandedNode) -> bool {
    let writes_anything = |call: &&ExpandedCall| call.effects.writes.iter().any(|written| written.kind == Kind::World);
    let mut anything = node.calls.iter().filter(writes_anything).peekable();
    anything.peek().is_some() && anything.all(|call| COMMANDS.contains(&call.call.signature().name))
}

/// A changing step before `fence` and one behind it that wait for each other only because of it.
fn apart(nodes: &[ExpandedNode], ordered: &[OrderNode], order: &Order, fence: usize) -> Option<[usize; 2]> {
    let is_step = |at: &usize| {
        let node = &nodes[*at];
        matches!(node.work, Work::Step(_)) && node.changes && !node.gate && node.stage == nodes[fence].stage
    };
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); ordered.len() + order.joins.len()];
    for edge in &order.edges {
        before[edge.to].push(edge.from);
    }
    (fence + 1..nodes.len()).filter(is_step).find_map(|later| {
        let mut seen = vec![false; before.len()];
        let mut open = vec![later];
        while let Some(at) = open.pop() {
            for &earlier in &before[at] {
                if !std::mem::replace(&mut seen[earlier], true) {
                    open.push(earlier);
                }
            }
        }
        let earlier = (0..fence).filter(is_step).find(|at| !seen[*at])?;
        (!seen[fence]).then_some([earlier, later])
    })
}
