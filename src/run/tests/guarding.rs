//! What stops a run: a `require`, a world that the plan did not see. And that no secret is written down on the way.

use std::sync::Arc;

use super::rig::{Rig, assert_outcome, step};
use crate::catalogue::cancel::Cancel;
use crate::catalogue::error::Result;
use crate::catalogue::person::{Answer, Person};
use crate::catalogue::value::Value;
use crate::check::model::Require;
use crate::plan::model::Work;
use crate::run::event::{Event, NodeOutcome, Outcome};

fn guard(rig: &Rig, holds: bool) -> Work {
    let why = Some(rig.constant(Value::str("the moon is not full")));
    Work::Require(Arc::new(Require { condition: rig.constant(Value::Bool(holds)), why, place: rig.place() }))
}

#[test]
fn a_guard_before_the_first_write_refuses_and_nothing_is_changed() {
    let rig = Rig::new();
    let write = step(rig.step("write", vec![rig.put("x", "1")]));
    let ended = rig.run(rig.chain(vec![("ok", guard(&rig, true)), ("guard", guard(&rig, false)), ("write", write)]));
    assert_outcome(&ended, Outcome::Refused);
    assert_eq!(ended.outcome.exit_code(), 6);
    assert_eq!(rig.outcome(&ended.run, "guard"), Some(NodeOutcome::Refused));
    assert!(ended.summary.contains("the moon is not full"), "{}", ended.summary);
    assert_eq!(rig.read("x"), None);
}

#[test]
fn a_guard_after_the_first_write_is_a_failure() {
    let rig = Rig::new();
    let write = step(rig.step("write", vec![rig.put("x", "1")]));
    let ended = rig.run(rig.chain(vec![("write", write), ("guard", guard(&rig, false))]));
    assert_outcome(&ended, Outcome::Failed);
    assert_eq!(rig.outcome(&ended.run, "guard"), Some(NodeOutcome::Failed));
}

/// Agrees to everything or to nothing.
struct Says(bool);

impl Person for Says {
    fn ask(&self, _instruction: &str, _cancel: &Cancel) -> Result<Answer> {
        unreachable!("an approval is not something to do")
    }
    fn agrees(&self, question: &str, _cancel: &Cancel) -> Result<bool> {
        assert!(question.contains("`push`") && question.contains("`lead`"), "{question}");
        Ok(self.0)
    }
    fn tell(&self, _instruction: &str) {}
}

#[test]
fn a_step_is_done_only_when_its_approval_was_given() {
    let after_a_write = [(true, false, Outcome::Done), (true, true, Outcome::Done)];
    let declined = [(false, false, Outcome::Declined), (false, true, Outcome::Failed)];
    for (agrees, behind_a_write, outcome) in after_a_write.into_iter().chain(declined) {
        let rig = Rig::new();
        let mut push = rig.step("push", vec![rig.put("pushed", "1")]);
        push.clauses.approve_by = Some(Box::new(rig.name("lead")));
        let mut steps = vec![("push", step(push))];
        if behind_a_write {
            steps.insert(0, ("write", step(rig.step("write", vec![rig.put("x", "1")]))));
        }
        let plan = rig.chain(steps);
        let mut setting = rig.setting(&plan.id.to_string());
        setting.look = setting.look.with_person(Arc::new(Says(agrees)));
        let ended = crate::run::run(plan, setting).unwrap();
        assert_outcome(&ended, outcome);
        assert_eq!(rig.read("pushed").is_some(), agrees);
    }
}

#[test]
fn what_the_plan_did_not_see_is_not_overwritten() {
    let rig = Rig::new();
    rig.write("a", "planned");
    let mut plan = rig.chain(vec![("write", step(rig.step("write", vec![rig.put("a", "new")])))]);
    let action = rig.catalogue.action("file.write").unwrap();
    let args = crate::catalogue::args::Args::new(
        action.signature(),
        vec![
            crate::catalogue::args::Arg::Known(Value::Path("a".into())),
            crate::catalogue::args::Arg::Known(Value::str("new")),
        ],
    );
    plan.nodes[0].previews = vec![crate::plan::model::CallPreview {
        call: "file.write".into(),
        preview: crate::catalogue::unit::Preview::default(),
        fingerprint: action.fingerprint(&args, &rig.look()).unwrap(),
    }];
    rig.write("a", "changed by somebody");
    let ended = rig.run(plan);
    assert_outcome(&ended, Outcome::Failed);
    assert!(ended.error.unwrap().what.contains("is not what the plan saw"));
    assert_eq!(rig.read("a").as_deref(), Some("changed by somebody"));
}

#[test]
fn a_secret_is_nowhere_in_the_journal() {
    let rig = Rig::new();
    let quiet = step(rig.step("quiet", vec![rig.call("test.whisper", &[])]));
    let loud = step(rig.step("loud", vec![rig.call("test.whisper", &[("fail", Value::Bool(true))])]));
    let ended = rig.run(rig.chain(vec![("quiet", quiet), ("loud", loud)]));
    assert_outcome(&ended, Outcome::Failed);
    let heard = rig
        .events(&ended.run)
        .iter()
        .any(|e| matches!(e, Event::Output { text, .. } if text.contains("«secret token»")));
    assert!(heard, "the output is kept, the secret is not");
    for entry in walkdir::WalkDir::new(rig.state()) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let bytes = std::fs::read(entry.path()).unwrap();
            assert!(memchr::memmem::find(&bytes, b"hunter2").is_none(), "in {}", entry.path().display());
        }
    }
}
