//! `git.stash`: what git itself can list and pop.

use crate::actions::git::sandbox::Sandbox;
use crate::actions::git::stash::Stash;
use crate::catalogue::testing::MemoryKeep;
use crate::catalogue::value::Value;

fn dirty() -> Sandbox {
    let sandbox = Sandbox::with_history();
    sandbox.write("a.txt", "staged\n");
    sandbox.git(&["add", "a.txt"]);
    sandbox.write("a.txt", "staged, then edited\n").write("run.sh", "edited\n").write("mine.txt", "untracked\n");
    sandbox.write("fresh.txt", "new\n");
    sandbox.git(&["add", "fresh.txt"]);
    sandbox
}

#[test]
fn what_is_put_away_can_be_popped_by_git() {
    let sandbox = dirty();
    let before = sandbox.status();
    let given = [("message", Value::str("before the rollback"))];
    sandbox.run(&Stash, &given, &MemoryKeep::default()).unwrap();
    assert_eq!(sandbox.status(), "?? mine.txt");
    assert_eq!(sandbox.read("a.txt"), "new\n");
    assert_eq!(sandbox.git(&["stash", "list"]), "stash@{0}: On main: before the rollback");
    sandbox.git(&["stash", "pop", "-q", "--index"]);
    assert_eq!(sandbox.status(), before);
    assert_eq!(sandbox.read("a.txt"), "staged, then edited\n");
    assert_eq!(sandbox.git(&["show", ":a.txt"]), "staged");
}

#[test]
fn untracked_files_go_along_when_told_to() {
    let sandbox = dirty();
    let before = sandbox.status();
    let keep = MemoryKeep::default();
    let capture = sandbox.run(&Stash, &[("untracked", Value::Bool(true))], &keep).unwrap();
    assert_eq!(sandbox.status(), "");
    assert!(!sandbox.exists("mine.txt"));
    assert!(sandbox.git(&["stash", "list"]).starts_with("stash@{0}: WIP on main: "));
    sandbox.git(&["stash", "pop", "-q", "--index"]);
    assert_eq!(sandbox.read("mine.txt"), "untracked\n");
    // The undo works from here, too: what is there already is left as it is.
    sandbox.undo(&Stash, &capture, &keep);
    assert_eq!(sandbox.status(), before);
    assert_eq!(sandbox.git(&["stash", "list"]), "");
}

#[test]
fn an_undo_takes_its_stash_away_and_leaves_those_before() {
    let sandbox = dirty();
    sandbox.git(&["stash", "-q"]);
    sandbox.write("a.txt", "again\n");
    let keep = MemoryKeep::default();
    let capture = sandbox.run(&Stash, &[], &keep).unwrap();
    assert_eq!(sandbox.git(&["stash", "list"]).lines().count(), 2);
    sandbox.undo(&Stash, &capture, &keep);
    assert_eq!(sandbox.git(&["stash", "list"]).lines().count(), 1);
    assert_eq!(sandbox.read("a.txt"), "again\n");
}
