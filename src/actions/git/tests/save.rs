//! `git.commit`: what is staged, or paths as they stand.

use crate::actions::git::sandbox::{Sandbox, paths};
use crate::actions::git::save::Save;
use crate::catalogue::testing::MemoryKeep;
use crate::catalogue::value::Value;

fn call(message: &str, given: Option<&[&str]>) -> Vec<(&'static str, Value)> {
    let mut args = vec![("message", Value::str(message))];
    args.extend(given.map(|given| ("paths", paths(given))));
    args
}

#[test]
fn what_is_staged_is_recorded_and_nothing_else() {
    let sandbox = Sandbox::with_history();
    sandbox.write("a.txt", "staged\n");
    sandbox.git(&["add", "a.txt"]);
    sandbox.write("run.sh", "not staged\n");
    let keep = MemoryKeep::default();
    let capture = sandbox.run(&Save, &call("third\n\nwhy", None), &keep).unwrap();
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s|%b"]), "third|why");
    assert_eq!(sandbox.git(&["show", "--format=", "--name-only", "HEAD"]), "a.txt");
    assert_eq!(sandbox.status(), " M run.sh");
    sandbox.undo(&Save, &capture, &keep);
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s"]), "second");
    assert_eq!(sandbox.status(), "M  a.txt\n M run.sh");
}

#[test]
fn paths_are_recorded_as_they_stand_and_what_is_staged_elsewhere_stays_staged() {
    let sandbox = Sandbox::with_history();
    sandbox.write(".gitignore", "*.log\n").commit("third");
    sandbox.write("src/deep/added.txt", "edited\n").write("src/fresh.txt", "new\n").write("src/x.log", "ignored\n");
    std::os::unix::fs::symlink("../a.txt", sandbox.root.join("src/link")).unwrap();
    sandbox.write("a.txt", "staged\n").write("run.sh", "not staged\n");
    sandbox.git(&["add", "a.txt"]);
    let keep = MemoryKeep::default();
    let capture = sandbox.run(&Save, &call("the sources", Some(&["src"])), &keep).unwrap();
    let shown = sandbox.git(&["show", "--format=", "--raw", "--no-abbrev", "HEAD"]);
    assert_eq!(shown.lines().count(), 3, "{shown}");
    assert!(shown.contains(":000000 120000 "), "a link stays a link: {shown}");
    assert_eq!(sandbox.git(&["cat-file", "-p", "HEAD:src/link"]), "../a.txt");
    assert_eq!(sandbox.status(), "M  a.txt\n M run.sh");
    sandbox.git(&["fsck", "--strict"]);
    sandbox.undo(&Save, &capture, &keep);
    assert_eq!(sandbox.status(), "M  a.txt\n M run.sh\n M src/deep/added.txt\n?? src/fresh.txt\n?? src/link");
}

#[test]
fn a_file_that_is_gone_and_one_that_becomes_a_folder_are_recorded() {
    let sandbox = Sandbox::with_history();
    std::fs::remove_file(sandbox.root.join("a.txt")).unwrap();
    sandbox.write("a.txt/inner", "a folder now\n");
    sandbox.run(&Save, &call("swap", Some(&["."])), &MemoryKeep::default()).unwrap();
    assert_eq!(sandbox.status(), "");
    assert_eq!(sandbox.git(&["show", "HEAD:a.txt/inner"]), "a folder now");
}

#[test]
fn line_ends_are_stored_as_git_stores_them() {
    let sandbox = Sandbox::empty();
    sandbox.write(".gitattributes", "*.txt text eol=crlf\n").commit("first");
    sandbox.write("dos.txt", "one\r\ntwo\r\n");
    sandbox.run(&Save, &call("dos", Some(&["dos.txt"])), &MemoryKeep::default()).unwrap();
    assert_eq!(sandbox.git(&["cat-file", "-s", "HEAD:dos.txt"]), "8");
    assert_eq!(sandbox.status(), "");
}

#[test]
fn the_first_commit_of_a_branch_can_be_made_and_unmade() {
    let sandbox = Sandbox::empty();
    sandbox.write("a.txt", "first\n");
    let keep = MemoryKeep::default();
    let capture = sandbox.run(&Save, &call("first", Some(&["a.txt"])), &keep).unwrap();
    assert_eq!(sandbox.git(&["log", "--format=%s"]), "first");
    sandbox.undo(&Save, &capture, &keep);
    assert_eq!(sandbox.status(), "?? a.txt");
}

#[test]
fn an_empty_message_is_refused() {
    let sandbox = Sandbox::with_history();
    assert!(sandbox.preview(&Save, &call(" \n", None)).unwrap_err().what.contains("needs a message"));
}
