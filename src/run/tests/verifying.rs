//! Verifications in a run: rounds, `hold`, `should`, handlers, and the outcome that each gives.

use std::sync::Arc;
use std::time::Duration;

use super::rig::{Rig, assert_outcome, step};
use crate::catalogue::value::Value;
use crate::check::model::{Check, CheckKind, Expr, Verify, VerifyId, VerifyUse};
use crate::plan::model::Work;
use crate::run::event::{Event, Outcome};

fn check(rig: &Rig, kind: CheckKind, condition: Expr) -> Check {
    Check { kind, condition, why: None, place: rig.place() }
}

fn exists(rig: &Rig, path: &str) -> Expr {
    rig.probe("file.exists", &[("path", Value::Path(path.into()))])
}

fn verify(rig: &Rig, checks: Vec<Check>) -> Verify {
    Verify {
        name: rig.name("health"),
        title: None,
        lets: Vec::new(),
        within: Some(Duration::from_millis(400)),
        every: Some(Duration::from_millis(20)),
        hold: None,
        tolerate: 0,
        checks,
        on_failure: None,
        place: rig.place(),
    }
}

fn work(rig: &Rig, verify: Verify) -> Work {
    let place = VerifyUse {
        verify: VerifyId(0),
        within: None,
        every: None,
        hold: None,
        mitigates: false,
        after: Vec::new(),
        on_failure: None,
        place: rig.place(),
    };
    Work::Verify(Arc::new(verify), Arc::new(place))
}

#[test]
fn all_must_hold_in_one_round() {
    let rig = Rig::new();
    rig.write("a", "");
    let start = step(rig.step("start", vec![rig.sh("(sleep 0.1; touch b) > /dev/null 2>&1 & wait")]));
    let checks =
        vec![check(&rig, CheckKind::Expect, exists(&rig, "a")), check(&rig, CheckKind::Expect, exists(&rig, "b"))];
    let ended = rig.run(rig.plan(vec![("start", start), ("health", work(&rig, verify(&rig, checks)))]));
    assert_outcome(&ended, Outcome::Done);
    let last = rig.events(&ended.run).into_iter().rev().find_map(|e| match e {
        Event::Round { holds, of, .. } => Some((holds, of)),
        _ => None,
    });
    assert_eq!(last, Some((2, 2)));
}

#[test]
fn an_expectation_that_never_holds_fails_with_its_values() {
    let rig = Rig::new();
    let checks = vec![check(&rig, CheckKind::Expect, exists(&rig, "never"))];
    let ended = rig.run(rig.chain(vec![("health", work(&rig, verify(&rig, checks)))]));
    assert_outcome(&ended, Outcome::Failed);
    let error = ended.error.unwrap().what;
    assert!(error.contains("0 of 1 hold after 400ms") && error.contains("expect"), "{error}");
}

#[test]
fn neither_good_nor_bad_is_inconclusive_and_bad_fails_at_once() {
    for (bad, outcome) in [(false, Outcome::Inconclusive), (true, Outcome::Failed)] {
        let rig = Rig::new();
        if bad {
            rig.write("bad", "");
        }
        let checks = vec![
            check(&rig, CheckKind::Expect, exists(&rig, "good")),
            check(&rig, CheckKind::FailWhen, exists(&rig, "bad")),
        ];
        assert_outcome(&rig.run(rig.chain(vec![("health", work(&rig, verify(&rig, checks)))])), outcome);
    }
}

#[test]
fn a_failed_should_degrades() {
    let rig = Rig::new();
    rig.write("good", "");
    let checks = vec![
        check(&rig, CheckKind::Expect, exists(&rig, "good")),
        check(&rig, CheckKind::Should, exists(&rig, "better")),
    ];
    let ended = rig.run(rig.chain(vec![("health", work(&rig, verify(&rig, checks)))]));
    assert_outcome(&ended, Outcome::Degraded);
    assert_eq!(ended.outcome.exit_code(), 0);
}

#[test]
fn after_its_handler_it_is_verified_once_more() {
    let rig = Rig::new();
    let mut verify = verify(&rig, vec![check(&rig, CheckKind::Expect, exists(&rig, "mended"))]);
    verify.on_failure = Some(rig.block(vec![rig.step("mend", vec![rig.put("mended", "1")])]));
    let ended = rig.run(rig.chain(vec![("health", work(&rig, verify))]));
    assert_outcome(&ended, Outcome::Done);
    let inner = rig
        .events(&ended.run)
        .into_iter()
        .any(|e| matches!(e, Event::NodeStarted { node, .. } if node == "health/on failure/mend"));
    assert!(inner, "its steps are in the journal under a key of their own");
}

#[test]
fn it_must_stay_true_for_as_long_as_the_author_says() {
    let rig = Rig::new();
    rig.write("up", "");
    let mut verify = verify(&rig, vec![check(&rig, CheckKind::Expect, exists(&rig, "up"))]);
    verify.hold = Some(Duration::from_secs(20));
    // Another node takes it away meanwhile; no edge joins the two.
    let take = step(rig.step("take", vec![rig.sh("sleep 0.1; rm up")]));
    let ended = rig.run(rig.plan(vec![("take", take), ("health", work(&rig, verify))]));
    assert_outcome(&ended, Outcome::Failed);
    assert!(ended.error.unwrap().what.contains("did not stay true for 20s"));
}
