//! What a plan shows of files.

use std::fs;

use super::*;
use crate::catalogue::testing::world;

fn diff_of(change: Option<Change>) -> (FileChange, Option<String>, (Option<u64>, Option<u64>)) {
    match change {
        Some(Change::File { what, diff, size, .. }) => (what, diff, size),
        other => panic!("no change of a file: {other:?}"),
    }
}

#[test]
fn text_is_shown_as_a_diff_and_the_rest_by_its_size() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), "one\ntwo\nthree\n").unwrap();
    fs::write(dir.path().join("b.bin"), b"\0\x01\x02").unwrap();
    let look = world(dir.path());
    let (what, diff, size) =
        diff_of(file_change(&look, &look.locate("a.txt").unwrap(), New::Content(b"one\n2\nthree\n")).unwrap());
    assert_eq!(what, FileChange::Modify);
    assert_eq!(diff.unwrap(), "--- a.txt\n+++ a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n");
    assert_eq!(size, (Some(14), Some(12)));

    let (what, diff, size) = diff_of(file_change(&look, &look.locate("b.bin").unwrap(), New::Content(b"\0")).unwrap());
    assert_eq!((what, diff, size), (FileChange::Modify, None, (Some(3), Some(1))));

    let (what, diff, _) = diff_of(file_change(&look, &look.locate("a.txt").unwrap(), New::Absent).unwrap());
    assert_eq!(what, FileChange::Delete);
    assert!(diff.unwrap().contains("-three"));
}

#[test]
fn no_difference_is_no_change() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "same").unwrap();
    fs::write(dir.path().join("b"), "same").unwrap();
    std::os::unix::fs::symlink("a", dir.path().join("l")).unwrap();
    let look = world(dir.path());
    let at = |path: &str| look.locate(path).unwrap();
    assert_eq!(file_change(&look, &at("a"), New::Content(b"same")).unwrap(), None);
    assert_eq!(file_change(&look, &at("a"), New::CopyOf(&at("b"))).unwrap(), None);
    assert_eq!(file_change(&look, &at("l"), New::Link("a")).unwrap(), None);
    assert_eq!(file_change(&look, &at("gone"), New::Absent).unwrap(), None);
    assert!(file_change(&look, &at("l"), New::Link("b")).unwrap().is_some());
}

#[test]
fn a_large_text_costs_a_hash_not_a_diff() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("big"), vec![b'x'; 3 << 20]).unwrap();
    let look = world(dir.path());
    let at = look.locate("big").unwrap();
    let new = vec![b'y'; 3 << 20];
    let (_, diff, size) = diff_of(file_change(&look, &at, New::Content(&new)).unwrap());
    assert_eq!((diff, size), (None, (Some(3 << 20), Some(3 << 20))));
    assert_eq!(file_change(&look, &at, New::Content(&vec![b'x'; 3 << 20])).unwrap(), None);
}

#[test]
fn a_tree_shows_what_is_added_changed_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in
        [("a/same", "1"), ("a/new", "2"), ("a/sub/x", "3"), ("b/same", "1"), ("b/old", "4"), ("b/sub/x", "5")]
    {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let look = world(dir.path());
    let changes = tree_changes(&look, &look.locate("a").unwrap(), &look.locate("b").unwrap()).unwrap();
    let seen: Vec<(String, FileChange)> = changes
        .into_iter()
        .map(|change| match change {
            Change::File { path, what, .. } => (path, what),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("b/new".to_owned(), FileChange::Create),
            ("b/old".to_owned(), FileChange::Delete),
            ("b/sub/x".to_owned(), FileChange::Modify)
        ]
    );
}

#[test]
fn extents_read_well() {
    let sum = Extent { files: 1203, directories: 4, bytes: 48_000_000 };
    assert_eq!(sum.to_string(), "1,203 files 48MB");
    assert_eq!(Extent { files: 1, directories: 0, bytes: 0 }.to_string(), "1 file 0B");
    assert_eq!(thousands(1_234_567), "1,234,567");
}
