//! Where paths lead, and where they must not.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::catalogue::testing::world;

fn project() -> (tempfile::TempDir, Look) {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("proj/releases/5/shared")).unwrap();
    fs::create_dir_all(dir.path().join("outside")).unwrap();
    fs::write(dir.path().join("outside/secret"), "s").unwrap();
    symlink("releases/5", dir.path().join("proj/current")).unwrap();
    let look = world(&dir.path().join("proj"));
    (dir, look)
}

#[test]
fn links_on_the_way_are_resolved_and_named() {
    let (_dir, look) = project();
    let at = look.locate("./current//shared/./x").unwrap();
    assert_eq!(at.name, "releases/5/shared/x");
    assert_eq!(at.links, ["current"]);
    assert_eq!(at.path, look.root().join("releases/5/shared/x"));
}

#[test]
fn the_last_component_is_followed_only_when_asked() {
    let (_dir, look) = project();
    assert_eq!(look.locate("current").unwrap().name, "current");
    assert_eq!(look.locate("current/").unwrap().name, "current", "a trailing slash decides nothing");
    let followed = look.locate_following("current").unwrap();
    assert_eq!((followed.name.as_str(), followed.links.as_slice()), ("releases/5", &["current".to_owned()][..]));
}

#[test]
fn dot_dot_leaves_from_where_a_link_led() {
    let (_dir, look) = project();
    assert_eq!(look.locate("current/../9").unwrap().name, "releases/9");
    assert_eq!(look.locate("nowhere/../a").unwrap().name, "a", "what is not there is taken as written");
    assert_eq!(look.locate("releases/..").unwrap().name, ".");
}

#[test]
fn paths_that_leave_the_root_are_refused_with_the_way_out() {
    let (dir, look) = project();
    symlink("../outside", dir.path().join("proj/out")).unwrap();
    symlink(dir.path().join("outside/secret"), dir.path().join("proj/file")).unwrap();
    for path in ["../outside/secret", "out/secret", "a/../../outside", "/etc/passwd", "releases/../../outside"] {
        let error = look.locate(path).unwrap_err();
        assert_eq!(error.kind, ErrorKind::OutsideRoot, "{path}: {error}");
        assert!(error.what.contains(path), "{error}");
        assert!(error.hint.unwrap().contains("roots ["), "{path}");
    }
    assert!(look.locate("out/secret").unwrap_err().what.contains("through the link `out`"));
    assert_eq!(look.locate("file").unwrap().name, "file", "the link itself is inside");
    assert_eq!(look.locate_following("file").unwrap_err().kind, ErrorKind::OutsideRoot);
    assert!(look.locate("../proj/a").is_ok(), "out and in again is inside");
}

#[test]
fn further_roots_are_inside_even_through_links() {
    let (dir, look) = project();
    symlink(dir.path().join("outside"), dir.path().join("alias")).unwrap();
    let secrets = std::sync::Arc::new(|_: &str| Ok(String::new()));
    let programs = std::sync::Arc::new(crate::catalogue::testing::NoPrograms);
    let look = Look::new(look.root(), vec!["../alias".into()], programs, secrets);
    let at = look.locate("../outside/secret").unwrap();
    assert_eq!(at.path, dir.path().canonicalize().unwrap().join("outside/secret"));
    assert_eq!(at.name, at.path.display().to_string());
    assert_eq!(look.locate(&format!("{}/alias/secret", dir.path().display())).unwrap().path, at.path);
}

#[test]
fn impossible_paths_say_why() {
    let (_dir, look) = project();
    for (path, says) in [("", "empty"), ("a\0b", "NUL"), ("~/x", "not expanded")] {
        let error = look.locate(path).unwrap_err();
        assert!(error.what.contains(says), "{error}");
    }
    assert_eq!(look.locate("./~").unwrap().name, "~");
}

#[test]
fn a_loop_of_links_ends() {
    let (dir, look) = project();
    symlink("b", dir.path().join("proj/a")).unwrap();
    symlink("a", dir.path().join("proj/b")).unwrap();
    assert!(look.locate("a/x").unwrap_err().what.contains("loop"));
    assert!(look.locate("a").is_ok());
}

#[test]
fn names_that_are_not_utf8_are_shown_and_kept() {
    use std::os::unix::ffi::OsStrExt;
    let (_dir, look) = project();
    let name = OsStr::from_bytes(b"a\xff\n100%");
    fs::write(look.root().join(name), "x").unwrap();
    let at = look.entry(&look.locate(".").unwrap(), name);
    assert_eq!(at.name, "a%FF\\n100%");
    assert_eq!(look.located_as_kept(&look.kept_name(&at.path)).path, at.path);
}
