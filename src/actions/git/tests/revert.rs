//! `git.revert`: new commits that take others back, or nothing at all.

use crate::actions::git::revert::Revert;
use crate::actions::git::sandbox::{Sandbox, assert_same};
use crate::catalogue::testing::MemoryKeep;
use crate::catalogue::value::Value;

fn call(commits: &[&str]) -> Vec<(&'static str, Value)> {
    vec![("commits", Value::list(commits.iter().map(|commit| Value::str(*commit))))]
}

/// Ten lines; the first and the last change in commits of their own.
fn lines() -> Sandbox {
    let sandbox = Sandbox::empty();
    let text = |first: &str, last: &str| format!("{first}\n2\n3\n4\n5\n6\n7\n8\n9\n{last}\n");
    sandbox.write("lines.txt", &text("good", "good")).commit("good");
    sandbox.write("lines.txt", &text("bad", "good")).write("bad.txt", "bad\n").commit("bad");
    sandbox.write("lines.txt", &text("bad", "better")).commit("better");
    sandbox
}

#[test]
fn a_commit_is_taken_back_between_others_as_git_does_it() {
    let (ours, theirs) = (lines(), lines());
    theirs.git(&["revert", "--no-edit", "HEAD~1"]);
    let (before, keep) = (ours.state(), MemoryKeep::default());
    let preview = ours.preview(&Revert, &call(&["HEAD~1"])).unwrap();
    assert!(preview.summary.contains("takes back") && preview.summary.contains("\"bad\""), "{}", preview.summary);
    assert_same(&before, &ours.state(), "a preview wrote something, perhaps objects");
    let capture = ours.run(&Revert, &call(&["HEAD~1"]), &keep).unwrap();
    assert_eq!(ours.git(&["rev-parse", "HEAD^{tree}"]), theirs.git(&["rev-parse", "HEAD^{tree}"]));
    assert_eq!(ours.git(&["log", "-1", "--format=%s"]), "Revert \"bad\"");
    assert_eq!(ours.status(), "");
    ours.git(&["fsck", "--strict"]);
    ours.undo(&Revert, &capture, &keep);
    assert_eq!(ours.git(&["log", "-1", "--format=%s"]), "better");
    assert_eq!(ours.status(), "");
}

#[test]
fn a_conflict_is_named_and_leaves_nothing_half_done() {
    let sandbox = lines();
    let good = sandbox.git(&["rev-parse", "HEAD~2"]);
    sandbox.write("lines.txt", "all of it is new\n").commit("new");
    let before = sandbox.state();
    let error = sandbox.preview(&Revert, &call(&["HEAD~2"])).unwrap_err();
    assert!(error.what.contains("\"bad\"") && error.what.contains("later changes of `lines.txt`"), "{error}");
    let keep = MemoryKeep::default();
    let args = crate::actions::git::sandbox::arguments(&Revert, &call(&["HEAD~2"]));
    let touch = crate::catalogue::touch::Touch::new(sandbox.look());
    crate::catalogue::unit::Action::run(&Revert, &args, &touch).unwrap_err();
    let now = sandbox.state();
    let same = |path: &str| assert_eq!(before.get(path), now.get(path), "{path}");
    ["lines.txt", ".git/index", ".git/HEAD", ".git/refs/heads/main", ".git/index.lock"].into_iter().for_each(same);
    assert_eq!(before.len(), now.len(), "objects were left behind");
    // Newest first, all of it goes.
    sandbox.run(&Revert, &call(&["HEAD", "HEAD~1", "HEAD~2"]), &keep).unwrap();
    assert_eq!(sandbox.git(&["rev-parse", "HEAD^{tree}"]), sandbox.git(&["rev-parse", &format!("{good}^{{tree}}")]));
    assert_eq!(sandbox.git(&["log", "-3", "--format=%s"]), "Revert \"bad\"\nRevert \"better\"\nRevert \"new\"");
}

/// Takes `commit` back as git does it, then as we do; the files, their modes and the message are the same.
#[track_caller]
fn as_git(sandbox: &Sandbox, commit: &str, merge: bool) {
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    let mainline: &[&str] = if merge { &["-m", "1"] } else { &[] };
    sandbox.git(&[&["revert", "--no-edit"], mainline, &[commit]].concat());
    let result = |sandbox: &Sandbox| sandbox.git(&["log", "-1", "--format=%T%n%B"]);
    let theirs = result(sandbox);
    sandbox.git(&["reset", "-q", "--hard", &head]);
    let mut given = call(&[commit]);
    given.extend(merge.then_some(("mainline", Value::Int(1))));
    let (keep, files) = (MemoryKeep::default(), sandbox.git(&["ls-files", "-s"]));
    let capture = sandbox.run(&Revert, &given, &keep).unwrap();
    assert_eq!(result(sandbox), theirs, "{commit}");
    assert_eq!(sandbox.status(), "", "{commit}");
    sandbox.git(&["fsck", "--strict"]);
    sandbox.undo(&Revert, &capture, &keep);
    assert_eq!((sandbox.git(&["rev-parse", "HEAD"]), sandbox.git(&["ls-files", "-s"])), (head, files), "{commit}");
    assert_eq!(sandbox.status(), "", "{commit}");
}

#[test]
fn every_kind_of_change_is_taken_back_as_git_does_it() {
    let sandbox = Sandbox::with_history();
    as_git(&sandbox, "HEAD", false);
    // The first commit has no parent: what it brought goes, as far as it is there.
    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    as_git(&sandbox, "HEAD~2", false);
}

#[test]
fn a_file_that_was_renamed_since_is_found_under_its_new_name() {
    let sandbox = lines();
    sandbox.git(&["mv", "lines.txt", "moved.txt"]);
    sandbox.write("other/deep/file.txt", "untouched\n").commit("moved");
    sandbox.git(&["gc", "-q"]);
    as_git(&sandbox, "HEAD~2", false);
}

#[test]
fn a_merge_is_taken_back_with_its_message() {
    let sandbox = lines();
    sandbox.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    sandbox.write("side.txt", "side\n").commit("side");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["merge", "-q", "--no-ff", "-m", "merged", "side"]);
    as_git(&sandbox, "HEAD", true);
}

#[test]
fn uncommitted_changes_in_the_way_are_refused_and_others_stay() {
    let sandbox = lines();
    sandbox.write("bad.txt", "edited\n");
    let error = sandbox.preview(&Revert, &call(&["HEAD~1"])).unwrap_err();
    assert!(error.what.contains("`bad.txt` has uncommitted changes"), "{error}");
    sandbox.write("bad.txt", "bad\n").write("other.txt", "staged\n");
    sandbox.git(&["add", "other.txt"]);
    sandbox.run(&Revert, &call(&["HEAD~1"]), &MemoryKeep::default()).unwrap();
    assert_eq!(sandbox.status(), "A  other.txt");
}

#[test]
fn what_is_taken_back_already_is_no_change() {
    let sandbox = lines();
    sandbox.git(&["revert", "--no-edit", "HEAD~1"]);
    let preview = sandbox.preview(&Revert, &call(&["HEAD~2"])).unwrap();
    assert!(preview.summary.starts_with("no change: ") && preview.changes.is_empty(), "{}", preview.summary);
}

#[test]
fn a_merge_needs_to_know_which_side_stays() {
    let sandbox = lines();
    sandbox.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    sandbox.write("side.txt", "side\n").commit("side");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["merge", "-q", "--no-ff", "-m", "merged", "side"]);
    let error = sandbox.preview(&Revert, &call(&["HEAD"])).unwrap_err();
    assert!(error.what.contains("is a merge") && error.hint.unwrap().contains("mainline: 1"), "{}", error.what);
    let mut given = call(&["HEAD"]);
    given.push(("mainline", Value::Int(1)));
    sandbox.run(&Revert, &given, &MemoryKeep::default()).unwrap();
    assert!(!sandbox.exists("side.txt"));
}
