//! What the text alone tells of runs: worst cases by severity and scenario, and what each step writes.

use std::sync::Arc;
use std::time::Duration;

use crate::check::cases::worst_cases;
use crate::check::effects;
use crate::check::expand::{ExpandedNode, Work};
use crate::check::model::{Phase, Policy, Step};

/// The worst case of a phase under one severity and scenario.
pub struct Worst {
    pub severity: Option<Arc<str>>,
    pub scenario: Option<Arc<str>>,
    /// Without people.
    pub machine: Duration,
    /// What people may take besides.
    pub people: Duration,
    /// Up to what mitigates.
    pub to_mitigation: Option<Duration>,
    /// The severity's deadline.
    pub limit: Option<Duration>,
}

/// Every worst case of a phase, and its nodes.
pub struct Foreseen {
    pub worst: Vec<Worst>,
    nodes: Vec<ExpandedNode>,
}

/// Looks at every run of `phase` that a policy allows.
#[must_use]
pub fn foresee(policy: &Arc<Policy>, phase: &Phase) -> Foreseen {
    let mut found = Foreseen { worst: Vec::new(), nodes: Vec::new() };
    for (selection, expansion, path) in worst_cases(policy, &phase.name.text) {
        let severity = policy.severities.iter().find(|found| Some(&*found.name.text) == selection.severity.as_deref());
        found.worst.push(Worst {
            severity: selection.severity.as_deref().map(Arc::from),
            scenario: selection.scenario.as_deref().map(Arc::from),
            machine: path.machine,
            people: path.people,
            to_mitigation: path.to_mitigation,
            limit: severity.and_then(|found| found.within).map(|(limit, _)| limit),
        });
        found.nodes.extend(expansion.nodes);
    }
    found
}

impl Foreseen {
    /// What a step writes, as a policy would name it, in the order found.
    #[must_use]
    pub fn writes(&self, step: &Arc<Step>) -> Vec<String> {
        let mut found = Vec::new();
        for node in self.of(step) {
            for resource in &node.effects.writes {
                let text = effects::written(resource);
                if !found.contains(&text) {
                    found.push(text);
                }
            }
        }
        found
    }

    /// Whether it is known when the policy is checked what a step does: it is not where only a run decides whether and how
    /// often it runs, and of handlers.
    #[must_use]
    pub fn knows(&self, step: &Arc<Step>) -> bool {
        self.of(step).next().is_some()
    }

    /// The time limit of a step, where it runs at all.
    #[must_use]
    pub fn timeout(&self, step: &Arc<Step>) -> Option<Duration> {
        self.of(step).map(|node| node.timeout).max()
    }

    fn of<'f>(&'f self, step: &'f Arc<Step>) -> impl Iterator<Item = &'f ExpandedNode> {
        self.nodes.iter().filter(move |node| matches!(&node.work, Work::Step(own) if Arc::ptr_eq(own, step)))
    }
}
