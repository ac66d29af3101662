//! What the text alone tells of a run: order, deadlines, paths, undo. The checker's last pass.
//!
//! Expands every phase × severity × scenario × environment without a world; what only a plan can know is left to it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::catalogue::signature::UndoKind;
use crate::catalogue::value::Value;
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::source::Place;

use super::deadlines::Missed;
use super::environments::{self, contexts, defaults};
use super::expand::{ExpandedCall, ExpandedNode, Expansion, Phases, Pinning, Selection, Work, expand, expand_phases};
use super::lints;
use super::model::{Policy, Undo};
use super::nodes::{order_nodes, time_nodes};
use super::order::{self, Trouble};
use super::rings::rings;
use super::time;

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

/// Every run of one phase, what depends on it included, with its worst case when enough steps may run at once. Runs that
/// cannot be ordered are left out.
#[must_use]
pub fn worst_cases(policy: &Arc<Policy>, phase: &str) -> Vec<(Selection, Expansion, time::CriticalPath)> {
    let values = defaults(policy);
    let pinning = Pinning { run_id: Some(Arc::from("20000101-000000-0000")), ..Pinning::default() };
    let mut own: Vec<Selection> = selections(policy, &Phases::of(policy))
        .into_iter()
        .flatten()
        .filter(|selection| selection.phases == [phase])
        .collect();
    // As the policy has them: none first, then the most severe.
    let severity = |selection: &Selection| {
        let name = selection.severity.as_deref();
        policy.severities.iter().position(|severity| Some(&*severity.name.text) == name)
    };
    let scenarios: Vec<Option<String>> = own.iter().map(|selection| selection.scenario.clone()).collect();
    own.sort_by_key(|selection| {
        (scenarios.iter().position(|scenario| *scenario == selection.scenario), severity(selection))
    });
    own.into_iter()
        .filter_map(|selection| {
            let expansion = expand(policy, &selection, values.clone(), &pinning, None);
            let order = order::order(&order_nodes(&expansion.nodes));
            let path = time::critical_path(&time_nodes(&expansion.nodes), &expansion.alternatives, &order, usize::MAX);
            order.trouble.is_empty().then_some((selection, expansion, path))
        })
        .collect()
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

/// Every phase alone, with each of its scenarios, under each severity. Those that select the same steps stand together.
fn selections(policy: &Policy, phases: &Phases<'_>) -> Vec<Vec<Selection>> {
    let severities: Vec<Option<String>> = std::iter::once(None)
        .chain(policy.severities.iter().map(|severity| Some(severity.name.text.to_string())))
        .collect();
    let mut all = Vec::new();
    for (index, phase) in policy.phases.iter().enumerate() {
        // One of a phase that is rolled back with it selects the steps there.
        let mut known = HashSet::new();
        let together = phases.together(index);
        let names = together.iter().flat_map(|phase| &phase.scenarios).map(|scenario| &*scenario.name.text);
        let mut scenarios: Vec<Option<String>> =
            names.filter(|name| known.insert(*name)).map(|name| Some(name.to_owned())).collect();
        if scenarios.is_empty() {
            scenarios.push(None);
        }
        for scenario in &scenarios {
            let under = |severity: &Option<String>| Selection {
                phases: vec![phase.name.text.to_string()],
                with_dependents: true,
                severity: severity.clone(),
                scenario: scenario.clone(),
                ..Selection::default()
            };
            // A severity changes the deadline, and what runs only where it leaves out graceful steps.
            let (fewer, whole): (Vec<_>, Vec<_>) =
                severities.iter().map(under).partition(|selection| selection.skips_graceful(policy).is_some());
            all.extend([whole, fewer].into_iter().filter(|alike| !alike.is_empty()));
        }
    }
    all
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
