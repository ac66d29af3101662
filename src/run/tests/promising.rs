//! What a severity promises of time, held against spans that a test sets: no test depends on how fast the machine is.

use std::sync::Arc;
use std::time::Duration;

use super::rig::{Rig, step};
use crate::check::model::{Severity, Start};
use crate::plan::model::Plan;
use crate::run::event::{NodeOutcome, Outcome};
use crate::run::promises::missed;
use crate::run::shell::Over;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Two steps under a severity that promises ten seconds.
fn plan(rig: &Rig) -> Plan {
    let works = ["one", "two"].map(|name| (name, step(rig.step(name, vec![rig.put(name, "x")]))));
    let mut plan = rig.chain(works.into());
    let mut policy = (*plan.policy).clone();
    policy.severities = vec![Severity {
        name: rig.name("critical"),
        title: None,
        within: Some((seconds(10), rig.place())),
        start: Start::ByHand,
        skip_graceful: false,
    }];
    plan.policy = Arc::new(policy);
    plan.request.severity = Some("critical".to_owned());
    plan
}

fn over(outcome: Outcome, second: NodeOutcome) -> Over {
    Over {
        outcome,
        errors: Vec::new(),
        outcomes: vec![Some(NodeOutcome::Done), Some(second)],
        journal_lost: None,
        spans: vec![Some((seconds(0), seconds(8))), Some((seconds(8), seconds(15)))],
        always: Vec::new(),
    }
}

#[test]
fn a_severity_counts_to_what_mitigates_or_to_the_end() {
    let rig = Rig::new();
    let mut plan = plan(&rig);
    let told = |plan: &Plan, over: &Over| -> Vec<String> {
        missed(plan, over, seconds(16)).iter().map(super::super::executor::Missed::text).collect()
    };
    let done = over(Outcome::Done, NodeOutcome::Done);
    assert_eq!(told(&plan, &done), ["`within` of severity `critical` (took 16s of 10s)"]);
    plan.nodes[0].mitigates = true;
    assert_eq!(told(&plan, &done), [""; 0], "the harm ended after 8s");
    plan.nodes[1].mitigates = true;
    assert_eq!(told(&plan, &done), ["`within` of severity `critical` (took 15s of 10s)"]);
    let failed = over(Outcome::Failed, NodeOutcome::Failed);
    assert_eq!(told(&plan, &failed), ["`within` of severity `critical` (took 16s of 10s)"], "nothing ended the harm");
    assert_eq!(told(&plan, &over(Outcome::Refused, NodeOutcome::Refused)), [""; 0], "nothing was begun");
    plan.nodes[1].people = seconds(60);
    assert_eq!(told(&plan, &done), [""; 0], "the clock stands still while a person is waited for");
}
