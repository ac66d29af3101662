//! The `git` probes on real repositories.

use super::*;
use crate::actions::git::sandbox::{Sandbox, assert_same, paths};
use crate::catalogue::error::Result;
use crate::catalogue::testing;
use crate::catalogue::value::Value;

fn ask(sandbox: &Sandbox, probe: &dyn Probe, given: &[(&str, Value)]) -> Result<Value> {
    let before = sandbox.state();
    let args = testing::args(probe.signature(), given);
    probe.effects(&args, Some(&sandbox.look()));
    let value = probe.sample(&args, &sandbox.look());
    assert_same(&before, &sandbox.state(), "a probe changed something");
    value
}

#[test]
fn commits_are_full_ids() {
    let sandbox = Sandbox::with_history();
    let id = sandbox.git(&["rev-parse", "HEAD~1"]);
    assert_eq!(ask(&sandbox, &commit_of::CommitOf, &[("rev", Value::str("HEAD~1"))]).unwrap(), Value::str(id.as_str()));
    assert_eq!(ask(&sandbox, &commit_of::CommitOf, &[("rev", Value::str(&id[..8]))]).unwrap(), Value::str(id));
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    assert_eq!(ask(&sandbox, &head::Head, &[]).unwrap(), Value::str(head));
    assert!(ask(&sandbox, &commit_of::CommitOf, &[("rev", Value::str("nope"))]).is_err());
    assert!(ask(&Sandbox::empty(), &head::Head, &[]).unwrap_err().what.contains("no commit yet"));
}

#[test]
fn the_branch_is_absent_when_head_is_detached() {
    let sandbox = Sandbox::with_history();
    assert_eq!(ask(&sandbox, &branch_name::BranchName, &[]).unwrap(), Value::str("main"));
    sandbox.git(&["checkout", "-q", "--detach"]);
    assert_eq!(ask(&sandbox, &branch_name::BranchName, &[]).unwrap(), Value::None);
    assert_eq!(ask(&Sandbox::empty(), &branch_name::BranchName, &[]).unwrap(), Value::str("main"));
}

#[test]
fn a_tree_has_all_of_the_paths_or_not() {
    let sandbox = Sandbox::with_history();
    let has = |names: &[&str]| {
        ask(&sandbox, &tree_has::TreeHas, &[("rev", Value::str("HEAD~1")), ("paths", paths(names))]).unwrap()
    };
    assert_eq!(has(&["a.txt", "src"]), Value::Bool(true));
    assert_eq!(has(&["a.txt", "src/deep/added.txt"]), Value::Bool(false));
}

#[test]
fn clean_means_nothing_uncommitted() {
    let sandbox = Sandbox::with_history();
    let clean = |given: &[(&str, Value)]| ask(&sandbox, &clean::Clean, given).unwrap();
    assert_eq!(clean(&[]), Value::Bool(true));
    sandbox.write("new.txt", "untracked\n");
    assert_eq!(clean(&[]), Value::Bool(false));
    assert_eq!(clean(&[("untracked", Value::Bool(false))]), Value::Bool(true));
    assert_eq!(clean(&[("paths", paths(&["src"]))]), Value::Bool(true));
    sandbox.write("a.txt", "edited\n");
    assert_eq!(clean(&[("untracked", Value::Bool(false))]), Value::Bool(false));
}

#[test]
fn tags_and_changed_paths_are_found() {
    let sandbox = Sandbox::with_history();
    sandbox.git(&["tag", "v1", "HEAD~1"]);
    let exists = |name: &str| ask(&sandbox, &tag_exists::TagExists, &[("name", Value::str(name))]).unwrap();
    assert_eq!(exists("v1"), Value::Bool(true));
    assert_eq!(exists("v2"), Value::Bool(false));
    assert_eq!(exists("no such ..tag"), Value::Bool(false));
    let changed = ask(&sandbox, &changed::Changed, &[("from", Value::str("v1"))]).unwrap();
    assert_eq!(changed, paths(&["a.txt", "run.sh", "src/deep/added.txt", "src/gone.txt"]));
}

#[test]
fn names_of_files_are_not_patterns() {
    let sandbox = Sandbox::with_history();
    sandbox.write("*.txt", "a star\n").commit("star");
    sandbox.write("a.txt", "edited\n");
    let clean = ask(&sandbox, &clean::Clean, &[("paths", paths(&["*.txt"]))]).unwrap();
    assert_eq!(clean, Value::Bool(true));
}
