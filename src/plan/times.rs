//! The worst case of a plan against each deadline.

use std::collections::HashSet;
use std::time::Duration;

use crate::check::expand::{Expansion, FailureScope};
use crate::check::model::{Block, Environment, Expr, ExprKind, OnFailure, Policy};
use crate::check::nodes;
use crate::check::order::Order;
use crate::check::time::{self, CriticalPath, bounds};

use super::model::{Deadline, Request, Times};

pub(super) fn of(
    policy: &Policy,
    request: &Request,
    environment: Option<&Environment>,
    expansion: &Expansion,
    order: &Order,
) -> Times {
    let Expansion { nodes, alternatives, .. } = expansion;
    let advisory = environment.is_some_and(|found| found.deadlines_advisory);
    let path = time::critical_path(&nodes::time_nodes(nodes), alternatives, order, request.jobs.max(1));
    let worst = path.to_mitigation.unwrap_or(path.machine);
    let mut deadlines = Vec::new();
    for severity in &policy.severities {
        let asked = request.severity.as_deref() == Some(&*severity.name.text);
        if let (true, Some((limit, _))) = (asked, severity.within) {
            deadlines.push(Deadline { of: format!("severity {}", severity.name.text), limit, worst, advisory });
        }
    }
    for phase in &policy.phases {
        let runs = nodes.iter().any(|node| node.phase == phase.name.text);
        if let (true, Some((limit, _))) = (runs, phase.within) {
            deadlines.push(Deadline { of: format!("phase {}", phase.name.text), limit, worst: path.machine, advisory });
        }
    }
    let timed = nodes::time_nodes(nodes);
    for (index, node) in nodes.iter().enumerate() {
        let Some(limit) = node.by else { continue };
        let worst = time::latest_end(&timed, alternatives, order, request.jobs.max(1), index);
        deadlines.push(Deadline { of: format!("step {} by", node.key), limit, worst, advisory });
    }
    Times {
        machine: path.machine,
        people: path.people,
        to_mitigation: path.to_mitigation,
        path: chain(expansion, &path, request.jobs.max(1)),
        besides: besides(policy, request, expansion),
        deadlines,
    }
}

/// The chain in words: its nodes, then what else it takes.
fn chain(expansion: &Expansion, path: &CriticalPath, jobs: usize) -> Vec<(String, Duration)> {
    let nodes = path.path.iter().map(|(index, took)| (expansion.nodes[*index].key.to_string(), *took));
    let others = path.otherwise.iter().map(|(which, took)| {
        let stage = &expansion.alternatives[*which].stage;
        (format!("otherwise of stage {stage}"), *took)
    });
    let waiting = (!path.waiting.is_zero()).then(|| {
        let jobs = if jobs == 1 { "the one job".to_owned() } else { format!("one of {jobs} jobs") };
        (format!("waiting for {jobs}"), path.waiting)
    });
    nodes.chain(others).chain(waiting).collect()
}

/// What handlers and `always` of the phases may take in addition, each of them once.
fn besides(policy: &Policy, request: &Request, expansion: &Expansion) -> Vec<(String, Duration)> {
    let mut value = |expr: &Expr| match &expr.kind {
        ExprKind::Const(value) => Some(value.clone()),
        ExprKind::Binding(id) => expansion.values.get(id).cloned(),
        _ => None,
    };
    let mut of = |block: &Block| bounds::worst_of_block(policy, block, policy.defaults.timeout, &mut value).worst;
    let (mut handlers, mut always) = (Duration::ZERO, Duration::ZERO);
    let mut known: HashSet<(&str, &str)> = HashSet::new();
    let mut phases: Vec<&str> = request.phases.iter().map(String::as_str).collect();
    for node in &expansion.nodes {
        phases.push(&node.phase);
        let OnFailure::Steps(block) = &node.handling.on_failure else { continue };
        let around = match &node.handling.scope {
            FailureScope::Node => (&*node.phase, &*node.key),
            FailureScope::Stage(name) | FailureScope::Phase(name) => (&*node.phase, &**name),
            FailureScope::Policy => ("", ""),
        };
        if known.insert(around) {
            handlers = handlers.saturating_add(of(block));
        }
    }
    for phase in policy.phases.iter().filter(|phase| phases.contains(&&*phase.name.text)) {
        always = always.saturating_add(phase.always.as_ref().map_or(Duration::ZERO, &mut of));
    }
    let both = [("handlers", handlers), ("always", always)];
    both.into_iter().filter(|(_, took)| !took.is_zero()).map(|(what, took)| (what.to_owned(), took)).collect()
}
