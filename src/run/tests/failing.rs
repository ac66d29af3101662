//! Runs in which something fails or is interrupted: what is taken back, what goes on, which handler runs and when.

use std::sync::Arc;

use super::rig::{Rig, assert_outcome, step};
use crate::check::model::OnFailure;
use crate::run::event::{Event, NodeOutcome, Outcome};

#[test]
fn what_ran_ahead_of_a_failed_step_is_taken_back() {
    let rig = Rig::new();
    rig.write("kept", "before");
    let slow = rig.step("slow", vec![rig.sh("until test -e ahead; do sleep 0.01; done; sleep 0.05; exit 1")]);
    let ahead = rig.step("ahead", vec![rig.put("kept", "after"), rig.put("ahead", "x")]);
    let ended = rig.run(rig.plan(vec![("slow", step(slow)), ("ahead", step(ahead))]));
    assert_outcome(&ended, Outcome::Failed);
    assert_eq!((rig.read("kept").as_deref(), rig.read("ahead")), (Some("before"), None));
    assert_eq!(rig.outcome(&ended.run, "ahead"), Some(NodeOutcome::TakenBack));
    assert_eq!(rig.outcome(&ended.run, "slow"), Some(NodeOutcome::Failed));
    assert!(ended.summary.contains("taken back: ahead"), "{}", ended.summary);
    // What failed kept nothing, and what ran ahead is taken back already.
    assert!(ended.next.unwrap().contains("an undo has nothing to take back"));
}

#[test]
fn a_failure_ahead_waits_and_its_handler_with_it() {
    let rig = Rig::new();
    let slow = rig.step("slow", vec![rig.sh("sleep 0.2; echo slow >> order")]);
    let mut ahead = rig.step("ahead", vec![rig.sh("exit 1")]);
    let handler = rig.step("handler", vec![rig.sh("echo handler >> order")]);
    ahead.clauses.on_failure = Some(OnFailure::Steps(rig.block(vec![handler])));
    let ended = rig.run(rig.plan(vec![("slow", step(slow)), ("ahead", step(ahead))]));
    assert_outcome(&ended, Outcome::Compensated);
    assert_eq!(rig.read("order").as_deref(), Some("slow\nhandler\n"));
}

#[test]
fn under_warn_and_continue_the_run_goes_on() {
    for (policy, outcome) in [(OnFailure::Warn, Outcome::Warned), (OnFailure::Continue, Outcome::Partial)] {
        let rig = Rig::new();
        let mut bad = rig.step("bad", vec![rig.sh("exit 1")]);
        bad.clauses.on_failure = Some(policy);
        let next = rig.step("next", vec![rig.put("next", "1")]);
        let ended = rig.run(rig.chain(vec![("bad", step(bad)), ("next", step(next))]));
        assert_outcome(&ended, outcome);
        assert!(rig.read("next").is_some());
    }
}

#[test]
fn by_default_a_failed_run_stops_and_keeps_what_was_done() {
    let rig = Rig::new();
    let works = vec![
        ("one", step(rig.step("one", vec![rig.put("one", "1")]))),
        ("two", step(rig.step("two", vec![rig.sh("echo no >&2; exit 4")]))),
        ("three", step(rig.step("three", vec![rig.put("three", "1")]))),
    ];
    let ended = rig.run(rig.chain(works));
    assert_outcome(&ended, Outcome::Failed);
    assert_eq!((rig.read("one").is_some(), rig.read("three")), (true, None));
    assert_eq!(rig.outcome(&ended.run, "three"), Some(NodeOutcome::Skipped));
    assert!(ended.summary.contains("done: one") && ended.summary.contains("not done: three"), "{}", ended.summary);
}

#[test]
fn a_failed_phase_that_says_so_is_undone() {
    let rig = Rig::new();
    rig.write("one", "before");
    let one = step(rig.step("one", vec![rig.put("one", "after")]));
    let two = step(rig.step("two", vec![rig.put("two", "x"), rig.sh("exit 1")]));
    let mut plan = rig.chain(vec![("one", one), ("two", two)]);
    let mut policy = (*plan.policy).clone();
    policy.on_failure = OnFailure::Undo;
    plan.policy = Arc::new(policy);
    let ended = rig.run(plan);
    // The shell command kept nothing to go back by: that is said, not passed over.
    assert_outcome(&ended, Outcome::Partial);
    assert_eq!((rig.read("one").as_deref(), rig.read("two")), (Some("before"), None));
}

#[test]
fn always_runs_last_also_behind_a_failure() {
    let rig = Rig::new();
    let mut plan = rig.chain(vec![("bad", step(rig.step("bad", vec![rig.sh("echo bad >> order; exit 1")])))]);
    let mut policy = (*plan.policy).clone();
    let mut phase = (*policy.phases[0]).clone();
    phase.always = Some(rig.block(vec![rig.step("tidy", vec![rig.sh("echo always >> order")])]));
    policy.phases[0] = Arc::new(phase);
    plan.policy = Arc::new(policy);
    let ended = rig.run(plan);
    assert_outcome(&ended, Outcome::Failed);
    assert_eq!(rig.read("order").as_deref(), Some("bad\nalways\n"));
}

#[test]
fn a_journal_that_cannot_be_written_stops_the_run_before_the_next_action() {
    let rig = Rig::new();
    let plan = rig.chain(vec![
        ("one", step(rig.step("one", vec![rig.put("one", "1")]))),
        ("two", step(rig.step("two", vec![rig.put("two", "2")]))),
    ]);
    let setting = rig.setting(&plan.id.to_string());
    // A record with a number that the run will need is in the way: the batch with it cannot be written.
    let other = rusqlite::Connection::open(rig.state().join("state.db")).unwrap();
    other.execute_batch("pragma foreign_keys = off").unwrap();
    other.execute("insert into entries(run, seq, json) values(1, 6, '{}')", []).unwrap();
    let ended = crate::run::run(plan, setting).unwrap();
    assert_outcome(&ended, Outcome::Failed);
    assert!(ended.error.unwrap().what.contains("the journal cannot be written"));
    assert_eq!(rig.read("two"), None, "nothing is done that is not written down");
}

#[test]
fn a_step_that_waits_is_interrupted_and_what_ran_before_stays() {
    let rig = Rig::new();
    let works = vec![
        ("one", step(rig.step("one", vec![rig.put("one", "1")]))),
        ("two", step(rig.step("two", vec![rig.sh("kill -INT $PPID; sleep 0.3; echo two > two")]))),
        ("three", step(rig.step("three", vec![rig.put("three", "3")]))),
    ];
    let plan = rig.chain(works);
    let mut setting = rig.setting(&plan.id.to_string());
    setting.signals = true;
    let ended = crate::run::run(plan, setting).unwrap();
    assert_outcome(&ended, Outcome::Interrupted);
    assert!(rig.read("two").is_some(), "the first signal lets what runs finish");
    assert_eq!(rig.read("three"), None);
    let stopping =
        rig.events(&ended.run).into_iter().any(|e| matches!(e, Event::Stopping { why, .. } if why == "Ctrl-C"));
    assert!(stopping, "the journal says so");
}
