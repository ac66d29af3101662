//! What snapshots hold and what they refuse. That they can be brought back is tested beside `restore`.

use std::fs;
use std::time::Duration;

use super::*;
use crate::catalogue::testing::{MemoryKeep, world};

fn paths(states: &[PathState]) -> Vec<&str> {
    states.iter().map(|state| state.path.as_str()).collect()
}

#[test]
fn parents_stand_before_children_and_each_path_once() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("d/e")).unwrap();
    fs::write(dir.path().join("d/e/f"), "1").unwrap();
    let look = world(dir.path());
    let at = ["d/e/f", "d", "d/../d", "gone/deep/x"].map(|path| look.locate(path).unwrap());
    let states = look.snapshot(&at, &MemoryKeep::default(), None).unwrap();
    assert_eq!(paths(&states), [".", "gone", "gone/deep", "d", "d/e", "d/e/f", "gone/deep/x"]);
    assert!(matches!(states[0].node, NodeState::Parent { .. }));
    assert_eq!(states[1].node, NodeState::NoParent);
    assert_eq!(states[6].node, NodeState::Absent);
}

#[test]
fn above_the_cap_it_is_refused_before_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    fs::File::create(dir.path().join("huge")).unwrap().set_len(1 << 40).unwrap();
    let look = world(dir.path());
    let keep = MemoryKeep::default();
    let error = look.snapshot(&[look.locate("huge").unwrap()], &keep, Some(1 << 30)).unwrap_err();
    assert_eq!(error.kind, crate::catalogue::error::ErrorKind::Refused);
    assert!(error.what.contains("1.1TB"), "{error}");
    assert!(keep.is_empty());
}

#[test]
fn it_ends_with_its_time() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "1").unwrap();
    let look = world(dir.path()).within(Duration::ZERO);
    let at = [look.locate("a").unwrap()];
    let error = look.snapshot(&at, &MemoryKeep::default(), None).unwrap_err();
    assert_eq!(error.kind, crate::catalogue::error::ErrorKind::TimedOut);
    assert_eq!(look.digest(&at).unwrap_err().kind, crate::catalogue::error::ErrorKind::TimedOut);
}

#[test]
fn the_same_content_is_kept_once() {
    let dir = tempfile::tempdir().unwrap();
    for name in 0..100 {
        fs::write(dir.path().join(format!("f{name}")), "same").unwrap();
    }
    let look = world(dir.path());
    let keep = MemoryKeep::default();
    let states = look.snapshot(&[look.locate(".").unwrap()], &keep, None).unwrap();
    assert_eq!((states.len(), keep.len()), (101, 1));
}
