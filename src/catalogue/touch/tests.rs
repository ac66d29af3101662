//! Single changes: whole or not at all, never through a link, never outside.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::catalogue::error::ErrorKind;
use crate::catalogue::look::Located;
use crate::catalogue::testing::{tree, world};

fn project() -> (tempfile::TempDir, Touch) {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("proj/d")).unwrap();
    fs::create_dir(dir.path().join("outside")).unwrap();
    fs::write(dir.path().join("outside/x"), "theirs").unwrap();
    let touch = Touch::new(world(&dir.path().join("proj")));
    (dir, touch)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_write_keeps_mode_and_attributes_of_what_it_replaces() {
    let (_dir, touch) = project();
    let path = touch.root().join("a");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let with_attribute = rustix::fs::setxattr(&path, "user.note", b"kept", rustix::fs::XattrFlags::empty()).is_ok();
    let inode = fs::metadata(&path).unwrap().ino();
    touch.write_atomic(&touch.locate("a").unwrap(), b"new").unwrap();
    let meta = fs::metadata(&path).unwrap();
    assert_eq!((fs::read(&path).unwrap(), meta.mode() & 0o7777), (b"new".to_vec(), 0o640));
    assert_ne!(meta.ino(), inode, "replaced by a rename, not written in place");
    if with_attribute {
        let mut value = [0; 16];
        assert_eq!(rustix::fs::getxattr(&path, "user.note", &mut value[..]).unwrap(), 4);
    }
    assert_eq!(names(touch.root()), ["a", "d"]);
}

/// Gives some content, then fails as a full disk or a broken source does.
struct Breaks(usize);

impl Read for Breaks {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        let count = into.len().min(self.0);
        self.0 -= count;
        into[..count].fill(b'x');
        Ok(count)
    }
}

#[test]
fn a_write_that_breaks_leaves_the_old_file_and_nothing_else() {
    let (_dir, touch) = project();
    fs::write(touch.root().join("a"), "old").unwrap();
    let before = tree(&touch.root().join("a"));
    let error = touch.write_from(&touch.locate("a").unwrap(), &mut Breaks(1 << 20), None).unwrap_err();
    assert!(error.hint.unwrap().contains("nothing was lost"));
    assert_eq!(tree(&touch.root().join("a")), before);
    assert_eq!(names(touch.root()), ["a", "d"]);
}

#[test]
fn holes_stay_holes() {
    let (_dir, touch) = project();
    let path = touch.root().join("sparse");
    fs::File::create(&path).unwrap().set_len(64 << 20).unwrap();
    touch.copy(&touch.locate("sparse").unwrap(), &touch.locate("copy").unwrap()).unwrap();
    let meta = fs::metadata(touch.root().join("copy")).unwrap();
    assert_eq!(meta.len(), 64 << 20);
    assert!(meta.blocks() * 512 < 1 << 20, "{} blocks", meta.blocks());
}

#[test]
fn removing_a_tree_removes_links_and_not_what_they_lead_to() {
    let (dir, touch) = project();
    symlink("../../outside", touch.root().join("d/out")).unwrap();
    fs::write(touch.root().join("d/f"), "").unwrap();
    assert!(touch.remove(&touch.locate("d").unwrap()).unwrap());
    assert!(!touch.remove(&touch.locate("d").unwrap()).unwrap());
    assert_eq!(fs::read(dir.path().join("outside/x")).unwrap(), b"theirs");
    assert!(names(touch.root()).is_empty());
}

#[test]
fn the_root_and_the_state_of_rbk_are_never_changed() {
    let (_dir, touch) = project();
    fs::create_dir(touch.root().join(".rbk")).unwrap();
    fs::write(touch.root().join(".rbk/journal"), "").unwrap();
    let before = tree(touch.root());
    for path in [".", "d/..", ".rbk", ".rbk/journal", ".rbk/new"] {
        let at = touch.locate(path).unwrap();
        for result in [touch.remove(&at).map(|_| ()), touch.write_atomic(&at, b"x"), touch.symlink(&at, "d".as_ref())] {
            assert_eq!(result.unwrap_err().kind, ErrorKind::Refused, "{path}");
        }
    }
    assert_eq!(tree(touch.root()), before);
}

#[test]
fn a_link_is_replaced_in_one_step_and_a_directory_is_not() {
    let (_dir, touch) = project();
    let at = touch.locate("current").unwrap();
    touch.symlink(&at, "releases/4".as_ref()).unwrap();
    touch.symlink(&at, "releases/5".as_ref()).unwrap();
    assert_eq!(fs::read_link(&at.path).unwrap(), Path::new("releases/5"));
    assert!(touch.symlink(&touch.locate("d").unwrap(), "x".as_ref()).unwrap_err().what.contains("is a directory"));
}

#[test]
fn what_a_move_or_copy_replaces_goes_last() {
    let (_dir, touch) = project();
    fs::write(touch.root().join("d/old"), "").unwrap();
    fs::create_dir(touch.root().join("n")).unwrap();
    fs::write(touch.root().join("n/new"), "1").unwrap();
    let at = |path: &str| touch.locate(path).unwrap();
    touch.copy(&at("n"), &at("d")).unwrap();
    assert_eq!(names(&touch.root().join("d")), ["new"], "exactly the copy, nothing merged, nothing nested");
    fs::write(touch.root().join("n/more"), "2").unwrap();
    touch.rename(&at("n"), &at("d")).unwrap();
    assert_eq!(
        (names(&touch.root().join("d")), names(touch.root())),
        (vec!["more".into(), "new".into()], vec!["d".into()])
    );
    for (from, to) in [("d", "d/x"), ("d/new", "d"), ("d", "d")] {
        assert_eq!(touch.copy(&at(from), &at(to)).unwrap_err().kind, ErrorKind::Refused);
        assert_eq!(touch.rename(&at(from), &at(to)).unwrap_err().kind, ErrorKind::Refused);
    }
}

#[test]
fn a_missing_source_changes_nothing() {
    let (_dir, touch) = project();
    fs::write(touch.root().join("d/keep"), "").unwrap();
    let at = |path: &str| touch.locate(path).unwrap();
    let before = tree(touch.root());
    assert!(touch.copy(&at("nothing"), &at("d")).unwrap_err().what.contains("`nothing` does not exist"));
    assert!(touch.rename(&at("nothing"), &at("d")).unwrap_err().what.contains("`nothing` does not exist"));
    assert_eq!(tree(touch.root()), before);
}

#[test]
fn an_append_is_in_place_and_creates() {
    let (_dir, touch) = project();
    let at = touch.locate("log").unwrap();
    touch.append(&at, b"one\n").unwrap();
    let inode = fs::metadata(&at.path).unwrap().ino();
    touch.append(&at, b"two\n").unwrap();
    assert_eq!((fs::read(&at.path).unwrap(), fs::metadata(&at.path).unwrap().ino()), (b"one\ntwo\n".to_vec(), inode));
}

#[test]
fn a_mode_is_set_on_files_and_directories_and_never_through_a_link() {
    let (dir, touch) = project();
    symlink("../outside/x", touch.root().join("l")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    let before = mode(&dir.path().join("outside/x"));
    touch.chmod(&touch.locate("d").unwrap(), 0o2750).unwrap();
    assert_eq!(mode(&touch.root().join("d")), 0o2750);
    assert!(touch.chmod(&touch.locate("l").unwrap(), 0o777).is_err());
    assert_eq!(mode(&dir.path().join("outside/x")), before);
}

#[test]
fn directories_on_the_way_are_made() {
    let (_dir, touch) = project();
    assert!(touch.mkdir(&touch.locate("x/y/z").unwrap()).unwrap());
    assert!(!touch.mkdir(&touch.locate("x/y").unwrap()).unwrap());
    fs::write(touch.root().join("x/f"), "").unwrap();
    let error = touch.mkdir(&touch.locate("x/f/g").unwrap()).unwrap_err();
    assert_eq!(error.what, "`x/f` is not a directory");
}

#[test]
fn a_directory_that_turns_into_a_link_again_and_again_leads_nowhere() {
    let (dir, touch) = project();
    let done = AtomicBool::new(false);
    let theirs = tree(&dir.path().join("outside"));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (here, away) = (touch.root().join("d"), dir.path().join("away"));
            while !done.load(Ordering::Relaxed) {
                fs::rename(&here, &away).unwrap();
                symlink("../outside", &here).unwrap();
                std::thread::yield_now();
                fs::remove_file(&here).unwrap();
                fs::rename(&away, &here).unwrap();
            }
        });
        let mut refused = 0;
        for round in 0..2_000 {
            // Located while it was a directory of ours, as a step does before it starts.
            let Ok(at) = touch.locate("d/x").map(|at| Located { path: touch.root().join("d/x"), ..at }) else {
                continue;
            };
            let result = if round % 2 == 0 { touch.write_atomic(&at, b"mine") } else { touch.remove(&at).map(|_| ()) };
            refused += usize::from(result.is_err());
        }
        done.store(true, Ordering::Relaxed);
        assert!(refused < 2_000);
    });
    assert_eq!(fs::read(dir.path().join("outside/x")).unwrap(), b"theirs");
    assert_eq!(tree(&dir.path().join("outside")), theirs);
}

#[test]
fn a_cancelled_removal_stops() {
    let (_dir, touch) = project();
    fs::write(touch.root().join("d/f"), "").unwrap();
    let late = Touch::new(touch.within(std::time::Duration::ZERO));
    assert_eq!(late.remove(&touch.locate("d").unwrap()).unwrap_err().kind, ErrorKind::TimedOut);
    assert!(touch.root().join("d/f").exists());
}
