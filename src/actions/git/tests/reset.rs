//! `git.reset`: the branch, and as the mode says index and files.

use crate::actions::git::reset::Reset;
use crate::actions::git::sandbox::{Sandbox, arguments};
use crate::catalogue::testing::MemoryKeep;
use crate::catalogue::unit::Action;
use crate::catalogue::value::Value;

fn call(to: &str, mode: &str) -> [(&'static str, Value); 2] {
    [("to", Value::str(to)), ("mode", Value::str(mode))]
}

#[test]
fn each_mode_leaves_what_git_leaves() {
    for mode in ["soft", "mixed", "hard"] {
        let (ours, theirs) = (Sandbox::with_history(), Sandbox::with_history());
        for sandbox in [&ours, &theirs] {
            sandbox.write("run.sh", "edited\n").write("staged.txt", "staged\n").write("untracked.txt", "mine\n");
            sandbox.git(&["add", "staged.txt"]);
        }
        theirs.git(&["reset", "-q", &format!("--{mode}"), "HEAD~1"]);
        ours.there_and_back(&Reset, &call("HEAD~1", mode), |ours| {
            assert_eq!(ours.status(), theirs.status(), "{mode}");
            assert_eq!(ours.git(&["log", "--format=%s"]), "first", "{mode}");
            assert_eq!(ours.read("a.txt"), theirs.read("a.txt"), "{mode}");
            assert_eq!(ours.read("untracked.txt"), "mine\n", "{mode}");
        });
        assert_eq!(ours.git(&["log", "--format=%s"]), "second\nfirst", "{mode}");
    }
}

#[test]
fn what_a_hard_reset_would_lose_is_said_and_comes_back() {
    let sandbox = Sandbox::with_history();
    sandbox.write("a.txt", "hours of work\n");
    let preview = sandbox.preview(&Reset, &call("HEAD~1", "hard")).unwrap();
    let says = |what: &str| preview.notes.iter().any(|note| note.contains(what));
    assert!(says("the uncommitted change to `a.txt` is captured first"), "{:?}", preview.notes);
    assert!(says("1 commit will not be on branch `main` any more"), "{:?}", preview.notes);
    sandbox.there_and_back(&Reset, &call("HEAD~1", "hard"), |sandbox| assert_eq!(sandbox.read("a.txt"), "old\n"));
    assert_eq!(sandbox.read("a.txt"), "hours of work\n");
}

#[test]
fn a_commit_made_since_is_noticed_before_an_undo() {
    let sandbox = Sandbox::with_history();
    let keep = MemoryKeep::default();
    let call = call("HEAD~1", "hard");
    let capture = sandbox.run(&Reset, &call, &keep).unwrap();
    let left = |sandbox: &Sandbox| Reset.left(&capture, &arguments(&Reset, &call), &sandbox.look()).unwrap().unwrap();
    let then = left(&sandbox);
    sandbox.write("new.txt", "x\n").commit("somebody else's");
    let changed: Vec<_> = then.differences(&left(&sandbox)).into_iter().map(|(part, ..)| part).collect();
    assert_eq!(changed, ["git:refs/heads/main"]);
}

#[test]
fn an_unfinished_merge_is_refused_and_stays() {
    let sandbox = Sandbox::with_history();
    sandbox.git(&["config", "user.name", "A"]);
    sandbox.git(&["config", "user.email", "a@example.org"]);
    sandbox.git(&["checkout", "-q", "-b", "other", "HEAD~1"]);
    sandbox.write("a.txt", "other\n").commit("other");
    let merge = std::process::Command::new("git").args(["merge", "-q", "main"]).current_dir(&sandbox.root).output();
    assert!(!merge.unwrap().status.success(), "it conflicts");
    let before = sandbox.status();
    for mode in ["soft", "mixed", "hard"] {
        let error = sandbox.preview(&Reset, &call("HEAD~1", mode)).unwrap_err();
        assert!(error.what.contains("in the middle of a merge"), "{mode}: {error}");
    }
    assert_eq!(sandbox.status(), before);
}

#[test]
fn what_lies_outside_the_root_is_never_lost() {
    let sandbox = Sandbox::empty();
    sandbox.write("app/a.txt", "old\n").write("other.txt", "old\n").commit("first");
    sandbox.write("app/a.txt", "new\n").commit("second");
    let look = crate::catalogue::testing::world(&sandbox.root.join("app"));
    let args = arguments(&Reset, &call("HEAD~1", "hard"));
    assert!(Reset.preview(&args, &look).is_ok());
    sandbox.write("other.txt", "being edited\n");
    let error = Reset.preview(&args, &look).unwrap_err();
    assert!(error.what.contains("`other.txt` has uncommitted changes, and lies outside the root"), "{error}");
}
