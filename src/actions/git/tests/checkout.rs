//! `git.checkout`: files, index and `HEAD` together.

use crate::actions::git::checkout::Checkout;
use crate::actions::git::sandbox::{Sandbox, arguments, assert_same};
use crate::catalogue::testing::MemoryKeep;
use crate::catalogue::unit::Action;
use crate::catalogue::value::Value;

fn call(name: &str) -> [(&'static str, Value); 1] {
    [("ref", Value::str(name))]
}

#[test]
fn a_commit_is_checked_out_detached_and_undone_to_the_byte() {
    let sandbox = Sandbox::with_history();
    let preview = sandbox.preview(&Checkout, &call("HEAD~1")).unwrap();
    assert!(preview.notes.iter().any(|note| note.contains("detached")), "{:?}", preview.notes);
    sandbox.there_and_back(&Checkout, &call("HEAD~1"), |sandbox| {
        assert_eq!(sandbox.status(), "");
        assert_eq!(sandbox.read("a.txt"), "old\n");
        assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), sandbox.git(&["rev-parse", "main~1"]));
    });
    assert_eq!(sandbox.git(&["symbolic-ref", "HEAD"]), "refs/heads/main");
}

#[test]
fn a_branch_is_checked_out_as_a_branch_unless_told_otherwise() {
    let sandbox = Sandbox::with_history();
    sandbox.git(&["branch", "old", "HEAD~1"]);
    sandbox.there_and_back(&Checkout, &call("old"), |sandbox| {
        assert_eq!(sandbox.git(&["symbolic-ref", "HEAD"]), "refs/heads/old");
        assert_eq!(sandbox.status(), "");
    });
    let detached = [("ref", Value::str("old")), ("detach", Value::Bool(true))];
    sandbox.there_and_back(&Checkout, &detached, |sandbox| {
        assert_eq!(sandbox.git(&["branch", "--show-current"]), "");
    });
}

#[test]
fn from_a_detached_head_the_undo_goes_back_to_it() {
    let sandbox = Sandbox::with_history();
    sandbox.git(&["checkout", "-q", "--detach", "HEAD~1"]);
    sandbox.there_and_back(&Checkout, &call("main"), |sandbox| {
        assert_eq!(sandbox.git(&["symbolic-ref", "HEAD"]), "refs/heads/main");
    });
}

#[test]
fn uncommitted_changes_stay_where_the_commits_agree_and_are_captured_where_not() {
    let sandbox = Sandbox::with_history();
    sandbox.write("same.txt", "one\n").commit("third");
    sandbox.write("other.txt", "x\n").commit("fourth");
    sandbox.write("same.txt", "edited\n").write("a.txt", "edited\n");
    let preview = sandbox.preview(&Checkout, &call("HEAD~3")).unwrap();
    assert!(preview.notes.iter().any(|note| note.contains("uncommitted change to `a.txt`")), "{:?}", preview.notes);
    sandbox.there_and_back(&Checkout, &call("HEAD~1"), |sandbox| {
        assert_eq!(sandbox.read("same.txt"), "edited\n");
        assert_eq!(sandbox.read("a.txt"), "edited\n");
        assert!(!sandbox.exists("other.txt"));
    });
    sandbox.there_and_back(&Checkout, &call("HEAD~3"), |sandbox| assert_eq!(sandbox.read("a.txt"), "old\n"));
}

#[test]
fn an_untracked_file_in_the_way_is_refused_and_an_ignored_one_is_captured() {
    let sandbox = Sandbox::with_history();
    sandbox.write("src/gone.txt", "mine, not yet added\n");
    let error = sandbox.preview(&Checkout, &call("HEAD~1")).unwrap_err();
    assert!(error.what.contains("untracked `src/gone.txt` is in the way"), "{error}");
    sandbox.write(".git/info/exclude", "gone.txt\n");
    let preview = sandbox.preview(&Checkout, &call("HEAD~1")).unwrap();
    assert!(preview.notes.iter().any(|note| note.contains("ignored file `src/gone.txt`")), "{:?}", preview.notes);
    sandbox.there_and_back(&Checkout, &call("HEAD~1"), |sandbox| {
        assert_eq!(sandbox.read("src/gone.txt"), "only in the first\n");
    });
}

#[test]
fn what_is_checked_out_already_is_no_change() {
    let sandbox = Sandbox::with_history();
    let preview = sandbox.preview(&Checkout, &call("main")).unwrap();
    assert!(preview.summary.starts_with("no change: already at branch `main`"), "{}", preview.summary);
    assert!(preview.changes.is_empty());
    sandbox.there_and_back(&Checkout, &call("main"), |_| {});
}

#[test]
fn a_branch_of_another_work_tree_and_an_unfinished_merge_are_refused() {
    let sandbox = Sandbox::with_history();
    let linked = sandbox.root.parent().unwrap().join("linked");
    sandbox.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "side"]);
    let error = sandbox.preview(&Checkout, &call("side")).unwrap_err();
    assert!(error.what.contains("another work tree"), "{error}");
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.write(".git/MERGE_HEAD", &format!("{head}\n"));
    let error = sandbox.preview(&Checkout, &call("HEAD~1")).unwrap_err();
    assert!(error.what.contains("in the middle of a merge"), "{error}");
}

#[test]
fn hooks_are_not_run() {
    let sandbox = Sandbox::with_history();
    sandbox.write(".git/hooks/post-checkout", "#!/bin/sh\ntouch hook-ran\n").chmod(".git/hooks/post-checkout", 0o755);
    sandbox.there_and_back(&Checkout, &call("HEAD~1"), |sandbox| assert!(!sandbox.exists("hook-ran")));
}

#[test]
fn an_edit_after_the_run_is_noticed_before_an_undo_would_lose_it() {
    let sandbox = Sandbox::with_history();
    let id = sandbox.git(&["rev-parse", "HEAD~1"]);
    let args = arguments(&Checkout, &call(&id));
    let keep = MemoryKeep::default();
    sandbox.run(&Checkout, &call(&id), &keep).unwrap();
    let left = Checkout.fingerprint(&args, &sandbox.look()).unwrap().unwrap();
    assert_eq!(left, Checkout.fingerprint(&args, &sandbox.look()).unwrap().unwrap());
    sandbox.write("a.txt", "a hotfix\n");
    let now = Checkout.fingerprint(&args, &sandbox.look()).unwrap().unwrap();
    let names: Vec<_> = left.differences(&now).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["a.txt"]);
}

#[test]
fn a_root_below_the_repository_refuses_changes_outside_of_it() {
    let mut sandbox = Sandbox::with_history();
    let whole = sandbox.root.clone();
    sandbox.root = whole.join("src");
    let before = crate::catalogue::testing::tree(&whole);
    let error = sandbox.preview(&Checkout, &call("HEAD~1")).unwrap_err();
    assert!(error.what.contains("lies outside the root"), "{error}");
    assert_same(&before, &crate::catalogue::testing::tree(&whole), "a refusal changed something");
}

#[test]
fn from_an_unborn_branch_a_commit_can_be_checked_out() {
    let sandbox = Sandbox::with_history();
    sandbox.git(&["checkout", "-q", "--orphan", "fresh"]);
    sandbox.git(&["rm", "-rfq", "."]);
    sandbox.there_and_back(&Checkout, &call("main"), |sandbox| assert_eq!(sandbox.read("a.txt"), "new\n"));
    assert_eq!(sandbox.git(&["symbolic-ref", "HEAD"]), "refs/heads/fresh");
}
