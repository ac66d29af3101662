//! Whatever happened in between, a restore brings the captured state back, to the byte and the nanosecond.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use rustix::fs::{CWD, FileType, Mode, XattrFlags, mknodat, setxattr};

use super::*;
use crate::catalogue::testing::{MemoryKeep, tree, world};

struct Project {
    dir: tempfile::TempDir,
    touch: Touch,
    keep: MemoryKeep,
}

impl Project {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let touch = Touch::new(world(dir.path()));
        Self { dir, touch, keep: MemoryKeep::default() }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn file(&self, path: &str, content: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Sets every time to a past of its own, so that a time that is not brought back shows.
    fn age(&self) {
        let mut paths: Vec<_> =
            walkdir::WalkDir::new(self.dir.path()).into_iter().map(|entry| entry.unwrap().into_path()).collect();
        paths.reverse();
        for (index, path) in paths.iter().enumerate() {
            let time = UNIX_EPOCH + Duration::new(1_000_000_000 + index as u64, 123_456_789);
            if path.symlink_metadata().unwrap().is_dir() || path.symlink_metadata().unwrap().is_file() {
                fs::File::open(path).unwrap().set_modified(time).unwrap();
            }
        }
    }

    /// Captures `paths`, lets `change` happen, restores (twice: it is repeatable) and compares.
    fn round(&self, paths: &[&str], change: impl FnOnce()) {
        let before = tree(self.dir.path());
        let at: Vec<_> = paths.iter().map(|path| self.touch.locate(path).unwrap()).collect();
        let states = self.touch.snapshot(&at, &self.keep, None).unwrap();
        assert_eq!(tree(self.dir.path()), before, "a capture changes nothing");
        let states: Vec<PathState> = serde_json::from_str(&serde_json::to_string(&states).unwrap()).unwrap();
        change();
        assert_ne!(tree(self.dir.path()), before, "the test changes something");
        for _ in 0..2 {
            self.touch.restore(&states, &self.keep).unwrap();
            similar_asserts(&tree(self.dir.path()), &before);
        }
    }
}

fn similar_asserts(
    now: &std::collections::BTreeMap<String, String>,
    before: &std::collections::BTreeMap<String, String>,
) {
    let names: BTreeSet<_> = now.keys().chain(before.keys()).collect();
    let different: Vec<_> = names
        .into_iter()
        .filter(|name| now.get(*name) != before.get(*name))
        .map(|name| (name, before.get(name), now.get(name)))
        .collect();
    assert!(different.is_empty(), "not brought back (before, now): {different:#?}");
}

#[test]
fn content_mode_time_and_absence() {
    let p = Project::new();
    p.file("a", "old");
    p.file("empty", "");
    fs::set_permissions(p.path("a"), Permissions::from_mode(0o4750)).unwrap();
    p.age();
    p.round(&["a", "empty", "new"], || {
        fs::write(p.path("a"), "changed").unwrap();
        fs::set_permissions(p.path("a"), Permissions::from_mode(0o600)).unwrap();
        fs::remove_file(p.path("empty")).unwrap();
        fs::write(p.path("new"), "n").unwrap();
    });
}

#[test]
fn a_tree_comes_back_with_all_kinds_of_entries() {
    let p = Project::new();
    p.file("d/sub/a", "a");
    p.file("d/new\nline \"quoted\" 100%", "b");
    fs::write(p.path("d").join(OsStr::from_bytes(b"bad\xff\xfename")), "c").unwrap();
    symlink("sub/a", p.path("d/link")).unwrap();
    symlink("nowhere\n", p.path("d/dangling")).unwrap();
    symlink(OsStr::from_bytes(b"\xff"), p.path("d/odd")).unwrap();
    fs::create_dir(p.path("d/hollow")).unwrap();
    fs::File::create(p.path("d/sparse")).unwrap().set_len(10 << 20).unwrap();
    mknodat(CWD, p.path("d/pipe"), FileType::Fifo, Mode::from_raw_mode(0o640), 0).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(p.path("d/sock")).unwrap();
    fs::set_permissions(p.path("d/sub"), Permissions::from_mode(0o555)).unwrap();
    p.age();
    drop(socket);
    p.round(&["d"], || p.touch.remove(&p.touch.locate("d").unwrap()).map(|_| ()).unwrap());
    p.round(&["d"], || {
        fs::write(p.path("d/extra"), "").unwrap();
        fs::write(p.path("d/sub/extra"), "").unwrap();
        fs::remove_file(p.path("d/pipe")).unwrap();
        fs::remove_file(p.path("d/link")).unwrap();
        symlink("elsewhere", p.path("d/link")).unwrap();
    });
}

#[test]
fn extended_attributes_come_back() {
    let p = Project::new();
    p.file("d/a", "a");
    let note = |path: &Path, name: &str, value: &[u8]| setxattr(path, name, value, XattrFlags::empty());
    if note(&p.path("d/a"), "user.note", b"\0\xff binary").is_err() || note(&p.path("d"), "user.dir", b"1").is_err() {
        eprintln!("skipped: this file system has no extended attributes");
        return;
    }
    p.age();
    p.round(&["d"], || {
        note(&p.path("d/a"), "user.note", b"other").unwrap();
        note(&p.path("d/a"), "user.more", b"1").unwrap();
        rustix::fs::removexattr(p.path("d"), "user.dir").unwrap();
    });
    p.round(&["d"], || fs::remove_dir_all(p.path("d")).unwrap());
}

#[test]
fn owners_come_back() {
    let p = Project::new();
    p.file("a", "a");
    if std::os::unix::fs::chown(p.path("a"), Some(12), Some(34)).is_err() {
        eprintln!("skipped: only root gives files away");
        return;
    }
    symlink("a", p.path("l")).unwrap();
    std::os::unix::fs::lchown(p.path("l"), Some(56), Some(78)).unwrap();
    fs::set_permissions(p.path("a"), Permissions::from_mode(0o6755)).unwrap();
    p.age();
    p.round(&["a", "l"], || {
        fs::remove_file(p.path("a")).unwrap();
        fs::remove_file(p.path("l")).unwrap();
        fs::write(p.path("a"), "a").unwrap();
    });
}

#[test]
fn one_kind_in_the_place_of_another() {
    type Make = (&'static str, fn(&Path));
    let make: [Make; 4] = [
        ("file", |path| fs::write(path, "x").unwrap()),
        ("dir", |path| {
            fs::create_dir(path).unwrap();
            fs::write(path.join("inner"), "x").unwrap();
        }),
        ("link", |path| symlink("elsewhere", path).unwrap()),
        ("fifo", |path| mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap()),
    ];
    for (before, first) in make {
        for (after, second) in make {
            if before == after {
                continue;
            }
            let p = Project::new();
            first(&p.path("x"));
            p.age();
            eprintln!("{before} → {after}");
            p.round(&["x"], || {
                if p.path("x").symlink_metadata().unwrap().is_dir() {
                    fs::remove_dir_all(p.path("x"))
                } else {
                    fs::remove_file(p.path("x"))
                }
                .unwrap();
                second(&p.path("x"));
            });
        }
    }
}

#[test]
fn a_directory_that_became_a_link_is_not_restored_through_it() {
    let p = Project::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("a"), "theirs").unwrap();
    p.file("d/a", "mine");
    p.age();
    let theirs = tree(outside.path());
    p.round(&["d"], || {
        fs::remove_dir_all(p.path("d")).unwrap();
        symlink(outside.path(), p.path("d")).unwrap();
    });
    assert_eq!(tree(outside.path()), theirs);
    // Only what is in it was captured: the link is a change of its own, which is refused and not followed.
    let states = p.touch.snapshot(&[p.touch.locate("d/a").unwrap()], &p.keep, None).unwrap();
    fs::remove_dir_all(p.path("d")).unwrap();
    symlink(outside.path(), p.path("d")).unwrap();
    assert!(p.touch.restore(&states, &p.keep).is_err());
    assert_eq!(tree(outside.path()), theirs);
}

#[test]
fn hard_links_stay_links() {
    let p = Project::new();
    let a = p.file("d/a", "shared");
    fs::hard_link(&a, p.path("d/b")).unwrap();
    fs::hard_link(&a, p.path("outside")).unwrap();
    p.age();
    p.round(&["d"], || fs::remove_dir_all(p.path("d")).unwrap());
    p.round(&["d/a"], || p.touch.write_atomic(&p.touch.locate("d/a").unwrap(), b"new").unwrap());
    p.round(&["d/a", "d/b"], || {
        fs::remove_file(p.path("d/b")).unwrap();
        fs::write(p.path("d/b"), "split").unwrap();
    });
    p.round(&["d/a"], || p.touch.append(&p.touch.locate("d/a").unwrap(), b" more").unwrap());
}

#[test]
fn another_name_that_went_its_own_way_is_left_alone() {
    let p = Project::new();
    let a = p.file("a", "shared");
    fs::hard_link(&a, p.path("b")).unwrap();
    let states = p.touch.snapshot(&[p.touch.locate("a").unwrap()], &p.keep, None).unwrap();
    fs::remove_file(&a).unwrap();
    fs::remove_file(p.path("b")).unwrap();
    fs::write(p.path("b"), "newer").unwrap();
    p.touch.restore(&states, &p.keep).unwrap();
    assert_eq!((fs::read(&a).unwrap(), fs::read(p.path("b")).unwrap()), (b"shared".to_vec(), b"newer".to_vec()));
}

#[test]
fn directories_that_were_made_on_the_way_go_when_they_are_empty() {
    let p = Project::new();
    p.age();
    p.round(&["x/y/z"], || {
        p.file("x/y/z", "");
    });
    let states = p.touch.snapshot(&[p.touch.locate("x/y/z").unwrap()], &p.keep, None).unwrap();
    p.file("x/y/z", "");
    p.file("x/other", "someone else's");
    p.touch.restore(&states, &p.keep).unwrap();
    assert!(!p.path("x/y").exists() && p.path("x/other").exists());
}

#[test]
fn a_directory_that_others_changed_keeps_its_new_time() {
    let p = Project::new();
    p.file("a", "1");
    p.age();
    let states = p.touch.snapshot(&[p.touch.locate("a").unwrap()], &p.keep, None).unwrap();
    let before = fs::metadata(p.dir.path()).unwrap().mtime();
    fs::remove_file(p.path("a")).unwrap();
    p.file("theirs", "");
    p.touch.restore(&states, &p.keep).unwrap();
    assert_ne!(fs::metadata(p.dir.path()).unwrap().mtime(), before);
}

#[test]
fn directories_that_went_with_what_was_in_them_come_back() {
    let p = Project::new();
    p.file("d/e/a", "1");
    p.file("b", "2");
    fs::set_permissions(p.path("d"), Permissions::from_mode(0o2750)).unwrap();
    p.age();
    p.round(&["d/e/a"], || fs::remove_dir_all(p.path("d")).unwrap());
}

#[test]
fn a_directory_further_up_that_others_changed_is_left_alone() {
    let p = Project::new();
    p.file("d/e/a", "1");
    p.file("b", "2");
    p.age();
    let states = p.touch.snapshot(&[p.touch.locate("d/e/a").unwrap()], &p.keep, None).unwrap();
    let before = fs::metadata(p.dir.path()).unwrap().mtime();
    fs::write(p.path("d/e/a"), "x").unwrap();
    p.touch.write_atomic(&p.touch.locate("b").unwrap(), b"theirs, with the same names in the directory").unwrap();
    p.touch.restore(&states, &p.keep).unwrap();
    assert_ne!(fs::metadata(p.dir.path()).unwrap().mtime(), before);
}

#[test]
fn leftovers_of_killed_writes_go() {
    let p = Project::new();
    p.file("d/a", "1");
    p.age();
    p.round(&["d/a"], || {
        p.file("d/.rbk-tmp-4194304999-1-0", "half");
        p.file("d/.rbk-tmp-4194304999-1-1/new/x", "half");
        fs::write(p.path("d/a"), "2").unwrap();
    });
}

#[test]
fn what_is_as_it_was_is_not_written_again() {
    let p = Project::new();
    let a = p.file("d/a", "1");
    p.file("d/b", "2");
    let inode = fs::metadata(&a).unwrap().ino();
    p.age();
    p.round(&["d"], || {
        fs::write(p.path("d/b"), "3").unwrap();
        fs::set_permissions(&a, Permissions::from_mode(0o600)).unwrap();
    });
    assert_eq!(fs::metadata(&a).unwrap().ino(), inode);
}

#[test]
fn one_path_that_cannot_come_back_does_not_keep_the_others() {
    let p = Project::new();
    p.file("a", "1");
    p.file("b", "2");
    let at = ["a", "b"].map(|path| p.touch.locate(path).unwrap());
    let mut states = p.touch.snapshot(&at, &p.keep, None).unwrap();
    for state in &mut states {
        if let (NodeState::File { object, .. }, "a") = (&mut state.node, state.path.as_str()) {
            object.0 = "0".repeat(64);
        }
    }
    fs::write(p.path("a"), "x").unwrap();
    fs::write(p.path("b"), "x").unwrap();
    assert!(p.touch.restore(&states, &p.keep).is_err());
    assert_eq!((fs::read(p.path("a")).unwrap(), fs::read(p.path("b")).unwrap()), (b"x".to_vec(), b"2".to_vec()));
}

#[test]
fn ten_thousand_files_come_back() {
    let p = Project::new();
    for dir in 0..100 {
        fs::create_dir_all(p.path(&format!("d/{dir}"))).unwrap();
        for file in 0..100 {
            fs::write(p.path(&format!("d/{dir}/{file}")), format!("{dir}/{file}")).unwrap();
        }
    }
    p.age();
    p.round(&["d"], || fs::remove_dir_all(p.path("d")).unwrap());
}

#[test]
fn the_state_of_rbk_survives_a_restore_of_the_root() {
    let p = Project::new();
    p.file("a", "1");
    p.file(".rbk/journal", "old");
    p.age();
    let states = p.touch.snapshot(&[p.touch.locate(".").unwrap()], &p.keep, None).unwrap();
    assert!(states.iter().all(|state| !state.path.starts_with(".rbk")));
    p.file(".rbk/journal", "newer");
    p.file("b", "2");
    p.touch.restore(&states, &p.keep).unwrap();
    assert_eq!(fs::read(p.path(".rbk/journal")).unwrap(), b"newer");
    assert!(!p.path("b").exists());
}
