//! The cases of a policy: each phase alone, by scenario and severity; and how long each takes at worst.

use std::collections::HashSet;
use std::sync::Arc;

use super::environments::defaults;
use super::expand::{Expansion, Phases, Pinning, Selection, expand};
use super::model::{Block, Phase, Policy};
use super::nodes::{order_nodes, time_nodes};
use super::order;
use super::time;
use super::walk;

/// Every phase alone, with each of its scenarios, under each severity. Those that select the same steps stand together.
pub(super) fn selections(policy: &Policy, phases: &Phases<'_>) -> Vec<Vec<Selection>> {
    (0..policy.phases.len()).flat_map(|index| of_phase(policy, phases, index)).collect()
}

/// The same, of one phase.
fn of_phase(policy: &Policy, phases: &Phases<'_>, index: usize) -> Vec<Vec<Selection>> {
    let severities: Vec<Option<String>> = std::iter::once(None)
        .chain(policy.severities.iter().map(|severity| Some(severity.name.text.to_string())))
        .collect();
    // A scenario of a phase that is rolled back with it selects the steps there.
    let mut known = HashSet::new();
    let together = phases.together(index);
    let names = together.iter().flat_map(|phase| &phase.scenarios).map(|scenario| &*scenario.name.text);
    let mut scenarios: Vec<Option<String>> =
        names.filter(|name| known.insert(*name)).map(|name| Some(name.to_owned())).collect();
    if scenarios.is_empty() {
        scenarios.push(None);
    }
    let graceful = together.iter().any(|phase| has_graceful(phase));
    let mut all = Vec::new();
    for scenario in &scenarios {
        let under = |severity: &Option<String>| Selection {
            phases: vec![policy.phases[index].name.text.to_string()],
            with_dependents: true,
            severity: severity.clone(),
            scenario: scenario.clone(),
            ..Selection::default()
        };
        // A severity changes the deadline, and what runs only where it leaves out graceful steps.
        let (fewer, whole): (Vec<_>, Vec<_>) =
            severities.iter().map(under).partition(|selection| graceful && selection.skips_graceful(policy).is_some());
        all.extend([whole, fewer].into_iter().filter(|alike| !alike.is_empty()));
    }
    all
}

fn has_graceful(phase: &Phase) -> bool {
    let mut found = false;
    let mut see = |block: &Block| found |= walk::steps(block).any(|step| step.clauses.graceful);
    let scenarios = phase.scenarios.iter().map(|scenario| &scenario.body);
    std::iter::once(&phase.body).chain(scenarios).for_each(|body| walk::inside(body, &mut see));
    found
}

/// Every run of one phase, what depends on it included, with its worst case when enough steps may run at once. Runs that
/// cannot be ordered are left out.
#[must_use]
pub fn worst_cases(policy: &Arc<Policy>, phase: &str) -> Vec<(Selection, Expansion, time::CriticalPath)> {
    let mut own = selections_of(policy, phase);
    // As the policy has them: none first, then the most severe.
    let severity = |selection: &Selection| {
        let name = selection.severity.as_deref();
        policy.severities.iter().position(|severity| Some(&*severity.name.text) == name)
    };
    let scenarios: Vec<Option<String>> = own.iter().map(|selection| selection.scenario.clone()).collect();
    own.sort_by_key(|selection| {
        (scenarios.iter().position(|scenario| *scenario == selection.scenario), severity(selection))
    });
    with_worst_cases(policy, own)
}

/// The same, of runs under no severity alone: no graceful step is left out.
#[must_use]
pub fn whole_runs(policy: &Arc<Policy>, phase: &str) -> Vec<(Selection, Expansion, time::CriticalPath)> {
    let mut own = selections_of(policy, phase);
    own.retain(|selection| selection.severity.is_none());
    with_worst_cases(policy, own)
}

fn selections_of(policy: &Policy, phase: &str) -> Vec<Selection> {
    let phases = Phases::of(policy);
    let index = policy.phases.iter().position(|known| *known.name.text == *phase);
    index.map(|index| of_phase(policy, &phases, index)).into_iter().flatten().flatten().collect()
}

fn with_worst_cases(
    policy: &Arc<Policy>,
    selections: Vec<Selection>,
) -> Vec<(Selection, Expansion, time::CriticalPath)> {
    let values = defaults(policy);
    let pinning = Pinning { run_id: Some(Arc::from("20000101-000000-0000")), ..Pinning::default() };
    let of = |selection: Selection| {
        let expansion = expand(policy, &selection, values.clone(), &pinning, None);
        let order = order::order(&order_nodes(&expansion.nodes));
        let path = time::critical_path(&time_nodes(&expansion.nodes), &expansion.alternatives, &order, usize::MAX);
        order.trouble.is_empty().then_some((selection, expansion, path))
    };
    selections.into_iter().filter_map(of).collect()
}
