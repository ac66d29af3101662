//! A run whose process is killed: what the journal shows of it afterwards, and that its undo brings back every byte.

use std::process::Command;

use super::rig::{Rig, assert_outcome, step, tree};
use crate::report::{list, replay};
use crate::run::event::Outcome;
use crate::store::{Sqlite, Store, lock};

/// The folder in which the other process runs.
const FOLDER: &str = "RBK_TEST_CRASH_FOLDER";

fn crashing(rig: &Rig) -> crate::plan::model::Plan {
    rig.chain(vec![
        ("one", step(rig.step("one", vec![rig.put("a", "1"), rig.remove("b")]))),
        ("two", step(rig.step("two", vec![rig.put("c", "2"), rig.call("test.abort", &[])]))),
        ("three", step(rig.step("three", vec![rig.put("d", "3")]))),
    ])
}

/// Not a test of its own: it is what the test below kills.
#[test]
fn the_process_that_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let mut rig = Rig::new();
    rig.folder = tempfile::Builder::new().disable_cleanup(true).tempdir_in(folder).unwrap();
    rig.write("a", "before");
    rig.write("b", "precious");
    rig.run(crashing(&rig));
}

#[test]
fn a_run_that_was_killed_shows_as_interrupted_and_is_undone_byte_for_byte() {
    let outer = tempfile::tempdir().unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["run::tests::crash::the_process_that_is_killed", "--exact", "--quiet"])
        .env(FOLDER, outer.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(!status.success(), "it aborts");
    let inner = std::fs::read_dir(outer.path()).unwrap().next().unwrap().unwrap().path();
    let mut rig = Rig::new();
    rig.folder = tempfile::Builder::new().tempdir().unwrap();
    std::fs::remove_dir(rig.folder.path()).unwrap();
    std::fs::rename(&inner, rig.folder.path()).unwrap();
    assert_eq!((rig.read("a").as_deref(), rig.read("b")), (Some("1"), None), "it was in the middle");

    let store = Sqlite::look(&rig.state()).unwrap().unwrap();
    let holder = lock::holder(&rig.state());
    assert_eq!(holder, None, "the kernel has freed the lock");
    let row = store.find("last").unwrap();
    assert_eq!(list::standing(&row, holder.as_ref()), "interrupted");
    let story = replay::story(&store, &row, None).unwrap();
    assert!(story.contains("unknown: cut short") && story.contains("rbk undo"), "{story}");
    assert!(story.contains("not begun"), "{story}");

    // The plan is the same text, so it compiles to the same policy.
    crashing(&rig);
    let undone = rig.undo(&row.id);
    // What ended the process kept nothing to go back by, and that is said.
    assert_outcome(&undone, Outcome::Partial);
    let expected: Vec<(String, Vec<u8>)> =
        [("a", "before"), ("b", "precious")].map(|(k, v)| (k.to_owned(), v.as_bytes().to_vec())).into();
    let found: Vec<_> = tree(rig.root()).into_iter().map(|(key, (_, content))| (key, content)).collect();
    assert_eq!(found, expected);
}
