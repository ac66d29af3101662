//! What a severity and a phase promise of time, held against what the run took.

use std::time::Duration;

use super::event::{NodeOutcome, Outcome};
use super::executor::Missed;
use super::shell::{Over, Span};
use crate::plan::model::Plan;

/// The promises that were not kept; `took`: of the whole run.
pub(super) fn missed(plan: &Plan, over: &Over, took: Duration) -> Vec<Missed> {
    if matches!(over.outcome, Outcome::Refused | Outcome::Declined) {
        return Vec::new();
    }
    let spans = |wanted: &dyn Fn(usize) -> bool| -> Vec<(usize, Span)> {
        (0..plan.nodes.len()).filter(|&node| wanted(node)).filter_map(|node| Some((node, over.spans[node]?))).collect()
    };
    // The clocks stand still while a person is waited for: as long as that may take, so that nothing is claimed wrongly.
    let people = |from: Duration, to: Duration| -> Duration {
        let waiting = spans(&|node| !plan.nodes[node].people.is_zero()).into_iter();
        waiting
            .map(|(node, (began, ended))| ended.min(to).saturating_sub(began.max(from)).min(plan.nodes[node].people))
            .sum()
    };
    let mut found = Vec::new();
    let mut hold = |promise: String, limit: Duration, from: Duration, to: Duration| {
        let took = to.saturating_sub(from).saturating_sub(people(from, to));
        if took > limit {
            found.push(Missed { promise, limit, took });
        }
    };
    let asked = plan.request.severity.as_deref();
    let severity = plan.policy.severities.iter().find(|severity| Some(&*severity.name.text) == asked);
    if let Some((severity, (limit, _))) = severity.and_then(|severity| Some((severity, severity.within?))) {
        let mitigates = |node: usize| plan.nodes[node].mitigates;
        let good = |node: usize| over.outcomes[node].is_some_and(NodeOutcome::good);
        let is_mitigated =
            (0..plan.nodes.len()).any(mitigates) && (0..plan.nodes.len()).all(|n| !mitigates(n) || good(n));
        let end = spans(&mitigates).into_iter().map(|(_, (_, ended))| ended).max().filter(|_| is_mitigated);
        hold(format!("`within` of severity `{}`", severity.name.text), limit, Duration::ZERO, end.unwrap_or(took));
    }
    for phase in &plan.policy.phases {
        let Some((limit, _)) = phase.within else { continue };
        let of = spans(&|node| *plan.nodes[node].phase == *phase.name.text);
        let began = of.iter().map(|(_, (began, _))| *began).min();
        let ended = of.iter().map(|(_, (_, ended))| *ended).max();
        if let (Some(began), Some(ended)) = (began, ended) {
            hold(format!("`within` of phase `{}`", phase.name.text), limit, began, ended);
        }
    }
    found
}
