//! What a step does with its calls: their order, `done when`, retries, timeouts, loops, and what the journal tells of it.

use super::rig::{Rig, assert_outcome, step};
use crate::catalogue::value::Value;
use crate::check::model::{BinaryOp, OnFailure, Retry, StepFor, StepIf, StepItem};
use crate::run::event::{Event, NodeOutcome, Outcome};

#[test]
fn a_run_does_its_steps_and_its_journal_tells_them_in_order() {
    let rig = Rig::new();
    rig.write("old", "old");
    let first = rig.step("first", vec![rig.put("new", "new"), rig.remove("old")]);
    let second = rig.step("second", vec![rig.sh("echo heard; cat new > copy")]);
    let ended = rig.run(rig.chain(vec![("first", step(first)), ("second", step(second))]));
    assert_outcome(&ended, Outcome::Done);
    assert_eq!((rig.read("old"), rig.read("copy").as_deref()), (None, Some("new")));
    let told: Vec<String> = rig
        .events(&ended.run)
        .iter()
        .filter_map(|event| match event {
            Event::NodeStarted { node, .. } => Some(format!("start {node}")),
            Event::CallStarted { node, action, .. } => Some(format!("intent {node} {action}")),
            Event::CallEnded { node, .. } => Some(format!("end of call {node}")),
            Event::Output { text, .. } => Some(format!("heard {}", text.trim())),
            Event::NodeEnded { node, outcome, .. } => Some(format!("{} {node}", outcome.word())),
            _ => None,
        })
        .collect();
    assert_eq!(
        told,
        [
            "start first",
            "intent first file.write",
            "end of call first",
            "intent first file.remove",
            "end of call first",
            "done first",
            "start second",
            "intent second exec",
            "heard heard",
            "end of call second",
            "done second",
        ]
    );
    let seqs: Vec<u64> = rig.records(&ended.run).iter().map(|record| record.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
}

#[test]
fn a_plan_runs_once() {
    let rig = Rig::new();
    let plan = rig.chain(vec![("a", step(rig.step("a", vec![rig.put("a", "1")])))]);
    rig.run(plan.clone());
    let error = crate::run::run(plan.clone(), rig.setting(&plan.id.to_string())).unwrap_err();
    assert!(error.what.contains("was run already"), "{error:?}");
}

#[test]
fn done_when_is_asked_before_and_after() {
    let rig = Rig::new();
    rig.write("there", "");
    let exists = |path: &str| rig.probe("file.exists", &[("path", Value::Path(path.into()))]);
    let mut already = rig.step("already", vec![rig.sh("touch ran")]);
    already.clauses.done_when = Some(Box::new(exists("there")));
    let mut useless = rig.step("useless", vec![rig.sh("true")]);
    useless.clauses.done_when = Some(Box::new(exists("never")));
    let ended = rig.run(rig.chain(vec![("already", step(already)), ("useless", step(useless))]));
    assert_eq!(rig.outcome(&ended.run, "already"), Some(NodeOutcome::Already));
    assert_eq!(rig.read("ran"), None);
    assert_outcome(&ended, Outcome::Failed);
    assert!(ended.error.unwrap().what.contains("`done when"));
}

#[test]
fn a_retry_restores_what_the_attempt_changed_unless_it_is_idempotent() {
    for (idempotent, expected) in [(false, "start+"), (true, "start+++")] {
        let rig = Rig::new();
        rig.write("log", "start");
        let append = rig.call("file.append", &[("path", Value::Path("log".into())), ("content", Value::str("+"))]);
        let fails_twice = rig.sh("echo >> .tries; test $(wc -l < .tries) -ge 3");
        let mut tried = rig.step("tried", vec![append, fails_twice]);
        tried.clauses.idempotent = idempotent;
        let retry = Retry { times: 2, every: std::time::Duration::from_millis(5), backoff: 2.0 };
        tried.clauses.retry = Some(Box::new(retry));
        let ended = rig.run(rig.chain(vec![("tried", step(tried))]));
        assert_outcome(&ended, Outcome::Done);
        assert_eq!(rig.read("log").as_deref(), Some(expected));
        let pauses: Vec<u64> = rig
            .events(&ended.run)
            .iter()
            .filter_map(|e| if let Event::Retrying { pause_ms, .. } = e { Some(*pause_ms) } else { None })
            .collect();
        assert_eq!(pauses, [5, 10]);
        // Whatever was restored in between, an undo finds its way back to the beginning.
        rig.undo(&ended.run);
        assert_eq!(rig.read("log").as_deref(), Some("start"), "idempotent: {idempotent}");
    }
}

#[test]
fn a_timeout_ends_the_child_and_says_which_time_was_over() {
    let rig = Rig::new();
    let slow = rig.step("slow", vec![rig.sh("sleep 30")]);
    let mut plan = rig.chain(vec![("slow", step(slow))]);
    plan.nodes[0].timeout = std::time::Duration::from_millis(200);
    let ended = rig.run(plan);
    assert_outcome(&ended, Outcome::Failed);
    let error = ended.error.unwrap();
    assert!(error.what.contains("200ms"), "{error:?}");
    assert_eq!(error.kind, crate::catalogue::error::ErrorKind::TimedOut);
}

#[test]
fn a_call_that_may_fail_lets_the_step_go_on() {
    let rig = Rig::new();
    let StepItem::Call(call) = rig.sh("exit 3") else { unreachable!() };
    let mut call = (*call).clone();
    call.fails = Some(OnFailure::Warn);
    let body = vec![StepItem::Call(std::sync::Arc::new(call)), rig.put("after", "1")];
    let ended = rig.run(rig.chain(vec![("s", step(rig.step("s", body)))]));
    assert_outcome(&ended, Outcome::Warned);
    assert_eq!(rig.read("after").as_deref(), Some("1"));
}

#[test]
fn lets_loops_and_conditions_inside_a_step() {
    let rig = Rig::new();
    let var = crate::check::model::BindingId(0);
    {
        let mut policy = rig.policy.lock().unwrap();
        policy.bindings.push(crate::check::model::Binding {
            name: rig.name("x"),
            ty: crate::catalogue::ty::Type::Error,
            kind: crate::check::model::BindingKind::Variable,
        });
    }
    let variable = |rig: &Rig| crate::check::model::Expr {
        kind: crate::check::model::ExprKind::Binding(var),
        ty: crate::catalogue::ty::Type::Error,
        place: rig.place(),
    };
    let write = |rig: &Rig| {
        let StepItem::Call(call) = rig.put("", "here") else { unreachable!() };
        let mut call = (*call).clone();
        call.args[0] = crate::check::model::CallArg::value(variable(rig));
        StepItem::Call(std::sync::Arc::new(call))
    };
    let condition = rig.binary(BinaryOp::Eq, variable(&rig), rig.constant(Value::Path("b".into())));
    let paths = ["a", "b", "c"].map(|path| Value::Path(path.into()));
    let inner = StepIf { condition, body: vec![], otherwise: vec![write(&rig)], place: rig.place() };
    let body = vec![StepItem::For(Box::new(StepFor {
        var,
        iter: rig.constant(Value::list(paths)),
        filter: None,
        body: vec![StepItem::If(Box::new(inner))],
        place: rig.place(),
    }))];
    let ended = rig.run(rig.chain(vec![("loop", step(rig.step("loop", body)))]));
    assert_outcome(&ended, Outcome::Done);
    assert_eq!(["a", "b", "c"].map(|path| rig.read(path).is_some()), [true, false, true]);
}

#[test]
fn a_call_that_is_tried_again_leaves_the_calls_before_it_to_the_undo() {
    let rig = Rig::new();
    rig.write("first", "before");
    let StepItem::Call(call) = rig.sh("echo >> .tries; test $(wc -l < .tries) -ge 2") else { unreachable!() };
    let mut call = (*call).clone();
    call.retry = Some(1);
    let body = vec![rig.put("first", "after"), StepItem::Call(std::sync::Arc::new(call))];
    let ended = rig.run(rig.chain(vec![("s", step(rig.step("s", body)))]));
    assert_outcome(&ended, Outcome::Done);
    rig.undo(&ended.run);
    assert_eq!(rig.read("first").as_deref(), Some("before"));
}
