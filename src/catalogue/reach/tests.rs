//! What calls on paths are said to read and write.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::catalogue::testing::world;

fn names(resources: &[Resource]) -> Vec<String> {
    resources
        .iter()
        .map(|resource| match &resource.kind {
            Kind::Other(kind) => format!("{kind}:{}", resource.name),
            _ => resource.name.to_string(),
        })
        .collect()
}

#[test]
fn without_a_world_paths_are_taken_as_written() {
    let effects = writes(None, &["./a/../b//c", "."]);
    assert_eq!(names(&effects.writes), ["b/c", "**"]);
    assert!(effects.reads.is_empty());
}

#[test]
fn links_on_the_way_are_read() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("releases/5")).unwrap();
    fs::write(dir.path().join("releases/5/x"), "").unwrap();
    symlink("releases/5", dir.path().join("current")).unwrap();
    symlink("releases/5/x", dir.path().join("x")).unwrap();
    let look = world(dir.path());
    let effects = writes(Some(&look), &["current/x"]);
    assert_eq!((names(&effects.reads), names(&effects.writes)), (vec!["current".into()], vec!["releases/5/x".into()]));
    let effects = writes_through(Some(&look), &["x"]);
    assert_eq!((names(&effects.reads), names(&effects.writes)), (vec!["x".into()], vec!["releases/5/x".into()]));
    let effects = writes(Some(&look), &["x"]);
    assert_eq!((names(&effects.reads), names(&effects.writes)), (vec![], vec!["x".to_owned()]));
    assert_eq!(names(&reads(Some(&look), &["current"]).reads), ["current", "releases/5"]);
}

#[test]
fn a_write_below_nothing_makes_the_directories_on_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let look = world(dir.path());
    assert_eq!(names(&writes(Some(&look), &["a/b/c"]).writes), ["a"]);
    assert_eq!(names(&reads(Some(&look), &["a/b/c"]).reads), ["a/b/c"]);
}

#[test]
fn two_names_of_one_file_share_a_resource() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("d")).unwrap();
    fs::write(dir.path().join("d/a"), "").unwrap();
    fs::hard_link(dir.path().join("d/a"), dir.path().join("b")).unwrap();
    let look = world(dir.path());
    let one = writes(Some(&look), &["b"]).writes;
    let other = reads(Some(&look), &["d"]).reads;
    assert_eq!(one.len(), 2);
    assert_eq!(one[1], other[1], "{one:?} {other:?}");
}

#[test]
fn outside_the_root_the_name_is_as_written() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(names(&writes(Some(&world(dir.path())), &["../x"]).writes), ["../x"]);
}
