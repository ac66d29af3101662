//! Reading, and what is said where nothing can be read.

use std::fs;
use std::os::unix::fs::symlink;

use crate::catalogue::testing::world;

#[test]
fn what_is_missing_suggests_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["engine.ts", "Engine.js", "routes.ts"] {
        fs::write(dir.path().join(name), "").unwrap();
    }
    let look = world(dir.path());
    let error = look.read(&look.locate("engin.ts").unwrap(), 10).unwrap_err();
    assert_eq!(error.what, "`engin.ts` does not exist");
    assert_eq!(error.hint.unwrap(), "did you mean `engine.ts` or `Engine.js`?");
    let error = look.read(&look.locate("zzz").unwrap(), 10).unwrap_err();
    assert_eq!(error.hint, None, "no wild guess");
    let error = look.read(&look.locate("no/such/x").unwrap(), 10).unwrap_err();
    assert_eq!(error.hint.unwrap(), "there is no directory `no/such` either");
}

#[test]
fn what_would_block_is_never_opened() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, dir.path().join("pipe"), rustix::fs::FileType::Fifo, fifo, 0).unwrap();
    let look = world(dir.path());
    let error = look.read(&look.locate("pipe").unwrap(), 10).unwrap_err();
    assert_eq!(error.what, "`pipe` is a named pipe, not a file");
    assert_eq!(look.read(&look.locate(".").unwrap(), 10).unwrap_err().what, "`.` is a directory, not a file");
}

#[test]
fn a_value_is_bounded() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "12345").unwrap();
    let look = world(dir.path());
    let at = look.locate("a").unwrap();
    assert_eq!(look.read(&at, 5).unwrap(), b"12345");
    assert_eq!(look.read(&at, 4).unwrap_err().what, "`a` holds 5B, more than the 4B that fit a value");
}

#[test]
fn a_directory_that_becomes_a_link_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("proj/d")).unwrap();
    fs::create_dir_all(dir.path().join("outside")).unwrap();
    fs::write(dir.path().join("outside/x"), "secret").unwrap();
    fs::write(dir.path().join("proj/d/x"), "mine").unwrap();
    let look = world(&dir.path().join("proj"));
    let at = look.locate("d/x").unwrap();
    fs::rename(dir.path().join("proj/d"), dir.path().join("proj/old")).unwrap();
    symlink("../outside", dir.path().join("proj/d")).unwrap();
    assert!(look.read(&at, 100).is_err());
    assert!(look.facts(&at).unwrap().is_none());
}

#[test]
fn the_state_of_rbk_is_not_listed() {
    let dir = tempfile::tempdir().unwrap();
    for name in [".rbk", "a", "state"] {
        fs::create_dir(dir.path().join(name)).unwrap();
    }
    let look = world(dir.path());
    let look = look.guarding(look.root().join("state"));
    let names: Vec<_> = look.entries(&look.locate(".").unwrap()).unwrap().into_iter().map(|at| at.name).collect();
    assert_eq!(names, ["a"]);
}
