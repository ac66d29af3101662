//! `git.tag` and `git.branch`.

use crate::actions::git::branch::Branch;
use crate::actions::git::sandbox::{Sandbox, arguments};
use crate::actions::git::tag::Tag;
use crate::catalogue::testing::MemoryKeep;
use crate::catalogue::unit::Action;
use crate::catalogue::value::Value;

fn call(name: &str, at: &str) -> Vec<(&'static str, Value)> {
    vec![("name", Value::str(name)), ("at", Value::str(at))]
}

#[test]
fn a_tag_is_made_and_unmade_with_its_directories() {
    let sandbox = Sandbox::with_history();
    sandbox.there_and_back(&Tag, &call("release/2026/before", "HEAD~1"), |sandbox| {
        let tagged = sandbox.git(&["rev-parse", "release/2026/before"]);
        assert_eq!(tagged, sandbox.git(&["rev-parse", "HEAD~1"]));
    });
    assert_eq!(sandbox.git(&["tag"]), "");
}

#[test]
fn an_annotated_tag_holds_its_message_and_its_name_is_taken_back() {
    let sandbox = Sandbox::with_history();
    let keep = MemoryKeep::default();
    let mut given = call("v1", "HEAD");
    given.push(("message", Value::str("before the \"batch\"; rm -rf /")));
    let capture = sandbox.run(&Tag, &given, &keep).unwrap();
    assert_eq!(sandbox.git(&["cat-file", "-t", "v1"]), "tag");
    assert_eq!(sandbox.git(&["tag", "-l", "--format=%(contents:subject)"]), "before the \"batch\"; rm -rf /");
    let again = sandbox.preview(&Tag, &given).unwrap();
    assert!(again.summary.starts_with("no change"), "{}", again.summary);
    sandbox.undo(&Tag, &capture, &keep);
    assert_eq!(sandbox.git(&["tag"]), "");
}

#[test]
fn a_tag_that_stands_elsewhere_is_not_moved() {
    let sandbox = Sandbox::with_history();
    sandbox.git(&["tag", "v1", "HEAD~1"]);
    let error = sandbox.preview(&Tag, &call("v1", "HEAD")).unwrap_err();
    assert!(error.what.contains("the tag `v1` exists already") && error.what.contains("\"first\""), "{error}");
    sandbox.there_and_back(&Tag, &call("v1", "HEAD~1"), |_| {});
}

#[test]
fn hostile_names_are_refused() {
    let sandbox = Sandbox::with_history();
    for name in ["", "a b", "../../../etc/x", "-d", "a..b", "x.lock", "refs/\u{7}"] {
        assert!(sandbox.preview(&Tag, &call(name, "HEAD")).is_err(), "{name:?}");
        assert!(sandbox.preview(&Branch, &call(name, "HEAD")).is_err(), "{name:?}");
    }
}

#[test]
fn a_branch_is_made_with_its_reflog_and_unmade() {
    let sandbox = Sandbox::with_history();
    sandbox.there_and_back(&Branch, &call("rollback/today", "HEAD~1"), |sandbox| {
        let made = sandbox.git(&["rev-parse", "rollback/today"]);
        assert_eq!(made, sandbox.git(&["rev-parse", "HEAD~1"]));
    });
}

#[test]
fn a_branch_moves_only_when_told_and_moves_back_even_if_it_was_packed() {
    let sandbox = Sandbox::with_history();
    sandbox.git(&["branch", "stable"]);
    let error = sandbox.preview(&Branch, &call("stable", "HEAD~1")).unwrap_err();
    assert!(error.what.contains("exists already") && error.hint.is_some(), "{error}");
    let mut given = call("stable", "HEAD~1");
    given.push(("move", Value::Bool(true)));
    let check = |sandbox: &Sandbox| {
        assert_eq!(sandbox.git(&["rev-parse", "stable"]), sandbox.git(&["rev-parse", "HEAD~1"]));
    };
    sandbox.there_and_back(&Branch, &given, check);
    sandbox.git(&["pack-refs", "--all"]);
    sandbox.there_and_back(&Branch, &given, check);
    assert_eq!(sandbox.git(&["rev-parse", "stable"]), sandbox.git(&["rev-parse", "main"]));
}

#[test]
fn refs_that_were_packed_between_run_and_undo_are_taken_back_too() {
    let sandbox = Sandbox::with_history();
    let keep = MemoryKeep::default();
    let made = sandbox.run(&Branch, &call("new", "HEAD"), &keep).unwrap();
    sandbox.git(&["branch", "stable"]);
    let mut given = call("stable", "HEAD~1");
    given.push(("move", Value::Bool(true)));
    let moved = sandbox.run(&Branch, &given, &keep).unwrap();
    sandbox.git(&["pack-refs", "--all"]);
    sandbox.undo(&Branch, &moved, &keep);
    sandbox.undo(&Branch, &made, &keep);
    assert_eq!(sandbox.git(&["for-each-ref", "--format=%(refname:short)"]), "main\nstable");
    assert_eq!(sandbox.git(&["rev-parse", "stable"]), sandbox.git(&["rev-parse", "main"]));
}

#[test]
fn the_branch_that_is_checked_out_is_not_moved_away_from_under_its_files() {
    let sandbox = Sandbox::with_history();
    let mut given = call("main", "HEAD~1");
    given.push(("move", Value::Bool(true)));
    let error = sandbox.preview(&Branch, &given).unwrap_err();
    assert!(error.what.contains("is checked out"), "{error}");
}

#[test]
fn a_ref_that_moved_since_the_plan_is_drift() {
    let sandbox = Sandbox::with_history();
    let args = arguments(&Tag, &call("v1", "HEAD"));
    let planned = Tag.fingerprint(&args, &sandbox.look()).unwrap().unwrap();
    sandbox.git(&["tag", "v1", "HEAD"]);
    let now = Tag.fingerprint(&args, &sandbox.look()).unwrap().unwrap();
    assert_eq!(planned.differences(&now)[0].0, "git:refs/tags/v1");
}
