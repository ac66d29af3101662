//! What the text alone tells of a run: order, deadlines, paths, undo. The checker's last pass.
//!
//! Expands every phase × severity × scenario × environment without a world; what only a plan can know is left to it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::catalogue::signature::UndoKind;
use crate::catalogue::value::Value;
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::source::Place;

use super::cases::selections;
use super::deadlines::Missed;
use super::environments::{self, contexts};
use super::expand::{ExpandedCall, ExpandedNode, Expansion, Phases, Pinning, Work, expand_phases};
use super::lints;
use super::model::{Policy, Undo};
use super::nodes::order_nodes;
use super::order::{self, Trouble};
use super::rings::rings;

/// Bytes of source up to which one thread is done sooner than a second one is started.
const ALONE: usize = 64 * 1024;

/// Reports what every run of `policy` would meet.
pub fn analyse(policy: &Arc<Policy>, report: &mut Report) {
    rings(policy, report);
    let mut said: HashSet<(Code, Place)> = HashSet::new();
    let mut push = |diagnostic: Diagnostic| {
        if said.insert((diagnostic.code, diagnostic.place())) {
            report.push(diagnostic);
        }
    };
    environments::check(policy, &mut push);
    let mut foresee = || {
        foreseeable(policy, &mut push);
        if let Some(prepare) = of_prepare(policy) {
            foreseeable(&prepare, &mut push);
        }
    };
    let mut advice = Report::default();
    let large = policy.sources.iter().map(|(_, file)| file.text.len()).sum::<usize>() > ALONE;
    if large {
        rayon::join(&mut foresee, || lints::advise(policy, &mut advice));
    } else {
        foresee();
    }
    // Advice on what cannot run yet would only hide what is wrong with it.
    if !report.has_errors() {
        if !large {
            lints::advise(policy, &mut advice);
        }
        report.diagnostics.append(&mut advice.diagnostics);
    }
}

/// Reports what each phase would meet.
fn foreseeable(policy: &Arc<Policy>, push: &mut impl FnMut(Diagnostic)) {
    // Drawn when planned: any name of its form will do to see which paths it makes.
    let pinning = Pinning { run_id: Some(Arc::from("20000101-000000-0000")), ..Pinning::default() };
    let contexts = contexts(policy);
    let mut missed = Missed::default();
    let phases = Phases::of(policy);
    for alike in selections(policy, &phases) {
        let selected = phases.selected(&alike[0]).unwrap_or_default();
        for context in &contexts {
            let expansion = expand_phases(policy, &selected, &alike[0], context.values.clone(), &pinning, None);
            if let Some((place, error)) = expansion.excess {
                let found = Diagnostic::new(Code::TooMuch, place, error.what).label("here it becomes too much");
                push(found.help(error.hint.unwrap_or_default()));
                // In every other run it comes to as much, and each takes as long to tell.
                return;
            }
            let nodes = order_nodes(&expansion.nodes);
            let order = order::order(&nodes);
            for trouble in &order.trouble {
                if let Some(diagnostic) = explain(policy, &expansion, trouble) {
                    push(diagnostic);
                }
            }
            for node in &expansion.nodes {
                paths(policy, node, push);
                undo(node, push);
            }
            if order.trouble.is_empty() {
                for selection in &alike {
                    missed.compare(policy, selection, &expansion, &order, &context.environments);
                }
            }
        }
    }
    let count = contexts.iter().map(|context| context.environments.len()).sum();
    missed.reports(policy, count).into_iter().for_each(push);
}

/// The policy of what a deployment runs beforehand: its one phase is `prepare`.
#[must_use]
pub fn of_prepare(policy: &Arc<Policy>) -> Option<Arc<Policy>> {
    let prepare = policy.around.prepare.as_ref()?;
    let mut of = (**policy).clone();
    of.phases = vec![Arc::clone(prepare)];
    // No severity is met by it.
    of.severities.clear();
    Some(Arc::new(of))
}

fn explain(policy: &Policy, expansion: &Expansion, trouble: &Trouble) -> Option<Diagnostic> {
    let node = |index: usize| &expansion.nodes[index];
    Some(match trouble {
        Trouble::Cycle(path) => {
            let keys: Vec<_> = path.iter().chain(path.first()).map(|&index| format!("`{}`", node(index).key)).collect();
            let first = node(*path.first()?);
            let mut diagnostic = Diagnostic::new(Code::Cycle, first.place, "steps wait for each other")
                .label(keys.join(" → "))
                .help("take one `after` of the circle away");
            for &index in &path[1..] {
                diagnostic = diagnostic.also(node(index).place, format!("`{}` is part of the circle", node(index).key));
            }
            diagnostic
        }
        Trouble::AfterLater { node: index, later } => {
            let (this, later) = (node(*index), node(*later));
            Diagnostic::new(
                Code::AfterLater,
                this.place,
                format!("`{}` waits for `{}`, which stands behind it", this.key, later.key),
            )
            .label("waits for a later one")
            .also(later.place, "this one stands behind it")
            .help(format!("move `{}` behind `{}`: the order of the text is the meaning", this.key, later.key))
        }
        Trouble::ParallelConflict { a, b, conflict } => {
            let (first, second) = (node(*a), node(*b));
            // Nodes of one member run in the order of the text, so they cannot conflict.
            if first.member == second.member {
                return None;
            }
            let message = format!("`{}` and `{}` cannot run in parallel", first.key, second.key);
            Diagnostic::new(Code::ParallelConflict, second.place, message)
                .label(format!("{} {}", conflict.later_verb, super::effects::shown(&conflict.later)))
                .also(first.place, format!("{} {}", conflict.earlier_verb, super::effects::shown(&conflict.earlier)))
                .help("move one of both out of `parallel`, or let them work on different things")
        }
        Trouble::GateInBlock { node: index } => {
            let this = node(*index);
            let what = match &this.work {
                Work::Step(_) => "a step that waits",
                Work::Verify(..) => "a verification",
                Work::Require(_) => "a `require`",
                _ => "a gate",
            };
            let _ = policy;
            Diagnostic::new(Code::GateInParallel, this.place, format!("{what} stands inside `parallel`"))
                .label("nothing may overlap this")
                .help("move it in front of the block or behind it")
        }
    })
}

/// Literal paths that leave the root.
fn paths(policy: &Policy, node: &ExpandedNode, push: &mut impl FnMut(Diagnostic)) {
    let roots: Vec<String> = std::iter::once(&policy.root).chain(&policy.roots).cloned().collect();
    for call in &node.calls {
        for (param, arg) in call.call.signature().params.iter().zip(&call.call.args) {
            if !param.ty.contains("path") && param.ty != "flags" {
                continue;
            }
            let super::model::CallArg::Value(expr) = arg else { continue };
            let Some(value) = call.args.get(param.name) else { continue };
            for path in value.elements().iter().filter_map(Value::as_text) {
                if !super::roots::holds(&roots, path) {
                    let found = Diagnostic::new(Code::OutsideRoot, expr.place, format!("`{path}` leaves the root"))
                        .label("outside of the policy's root")
                        .help("name a path below the root, or list the other folder in `roots [\"…\"]` of the policy");
                    push(expanded(found, call));
                }
            }
        }
    }
}

/// A changing step says how it is taken back, or that it cannot be.
fn undo(node: &ExpandedNode, push: &mut impl FnMut(Diagnostic)) {
    let Work::Step(step) = &node.work else { return };
    let clauses = &step.clauses;
    if clauses.idempotent || clauses.irreversible.is_some() || !matches!(clauses.undo, Undo::Restore) {
        return;
    }
    let unsaid = |call: &&ExpandedCall| call.call.signature().undo == UndoKind::None && !call.undo_said;
    let Some(call) = node.calls.iter().find(unsaid) else { return };
    let name = call.call.signature().name;
    let found = Diagnostic::new(
        Code::UndoUnsaid,
        step.name.place,
        format!("`{}` cannot be undone, and does not say so", step.name.text),
    )
    .label("nothing is known that would take it back")
    .also(call.call.place, format!("`{name}` keeps nothing to restore"))
    .help("add `undo { … }`, `idempotent`, or `irreversible \"why\"`; `reads …` where it only looks");
    push(expanded(found, call));
}

/// Shows beside what is wrong in an action of the policy's own the calls that led there, innermost first.
fn expanded(mut found: Diagnostic, call: &ExpandedCall) -> Diagnostic {
    for via in call.via.iter().rev() {
        super::modules::expanded_at(&mut found, &via.name, via.place);
    }
    found
}
