//! The cases of a policy: each phase alone, by scenario and severity; and how long each takes at worst.

use std::collections::HashSet;
use std::sync::Arc;

use super::environments::defaults;
use super::expand::{Expansion, Phases, Pinning, Selection, expand};
use super::model::Policy;
use super::nodes::{order_nodes, time_nodes};
use super::order;
use super::time;

/// Every phase alone, with each of its scenarios, under each severity. Those that select the same steps stand together.
pub(super) fn selections(policy: &Policy, phases: &Phases<'_>) -> Vec<Vec<Selection>> {
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
