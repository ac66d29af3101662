//! What a person reads of file actions: plans, refusals and what to do about them. The contract of undo is tested in
//! `tests/contract`.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::catalogue::args::{Arg, Args};
use crate::catalogue::effect::Resource;
use crate::catalogue::error::{Error, ErrorKind};
use crate::catalogue::look::Look;
use crate::catalogue::testing::{MemoryKeep, args, tree, world};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Capture, Change, FileChange, Preview};
use crate::catalogue::value::Value;

fn project() -> (tempfile::TempDir, Look) {
    let dir = tempfile::tempdir().unwrap();
    for (path, content) in
        [("src/engine.ts", "one\ntwo\n"), ("src/routes.ts", "r\n"), ("old/engine.ts", "one\n2\n"), ("note", "n")]
    {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    symlink("src", dir.path().join("current")).unwrap();
    let look = world(dir.path());
    (dir, look)
}

fn action(name: &str) -> Arc<dyn Action> {
    all().into_iter().find(|action| action.signature().name == name).unwrap()
}

fn text(value: &str) -> Value {
    Value::str(value)
}

fn list(values: &[&str]) -> Value {
    Value::list(values.iter().map(|value| Value::Path((*value).into())))
}

fn preview(look: &Look, name: &str, given: &[(&str, Value)]) -> Result<Preview, Error> {
    let action = action(name);
    action.preview(&args(action.signature(), given), look)
}

/// A call that is refused when planned and when run, in the same words, and changes nothing.
fn refused(name: &str, given: &[(&str, Value)]) -> Error {
    let (dir, look) = project();
    let before = tree(dir.path());
    let action = action(name);
    let given = args(action.signature(), given);
    let planned = action.preview(&given, &look).expect_err("it is refused when planned");
    let run = action.run(&given, &Touch::new(look)).expect_err("it is refused when run");
    assert_eq!(tree(dir.path()), before, "a refused run changed something");
    assert_eq!(planned.kind, run.kind, "{planned} / {run}");
    planned
}

#[test]
fn a_copy_says_exactly_where() {
    let both = refused("file.copy", &[("from", text("note")), ("to", text("a")), ("into", text("b"))]);
    let neither = refused("file.copy", &[("from", text("note"))]);
    assert_eq!(both.what, "`file.copy` takes exactly one of `to:` and `into:`");
    assert_eq!(both, neither);
    let many = refused("file.copy", &[("from", list(&["note", "src"])), ("to", text("a"))]);
    assert!(many.hint.unwrap().contains("`into:`"));
    let twice = refused("file.copy", &[("from", list(&["src/engine.ts", "old/engine.ts"])), ("into", text("a"))]);
    assert!(twice.what.contains("would both become `a/engine.ts`"), "{twice}");
    refused("file.copy", &[("from", text("src")), ("to", text("src/inner"))]);
    assert!(refused("file.copy", &[("from", text(".")), ("into", text("a"))]).what.contains("no name to keep"));
}

#[test]
fn a_missing_source_is_named_with_what_resembles_it() {
    for name in ["file.copy", "file.move"] {
        let error = refused(name, &[("from", text("src/engin.ts")), ("to", text("x"))]);
        assert_eq!(error.what, "`src/engin.ts` does not exist");
        assert_eq!(error.hint.unwrap(), "did you mean `src/engine.ts`?");
    }
    refused("file.chmod", &[("path", text("nothing")), ("mode", text("0644"))]);
    refused("file.archive", &[("from", text("nothing")), ("to", text("a.tar"))]);
    refused("file.extract", &[("archive", text("nothing.tar")), ("into", text("a"))]);
}

#[test]
fn a_copy_shows_what_it_replaces() {
    let (_dir, look) = project();
    let shown = preview(&look, "file.copy", &[("from", text("old/engine.ts")), ("into", text("current"))]).unwrap();
    assert_eq!(shown.summary, "`old/engine.ts` copied to `src/engine.ts` (1 file 6B)");
    let [Change::File { path, what, diff, .. }] = shown.changes.as_slice() else { panic!("{shown:?}") };
    assert_eq!((path.as_str(), *what), ("src/engine.ts", FileChange::Modify));
    assert!(diff.as_ref().unwrap().contains("-two\n+2\n"));
    let whole = preview(&look, "file.copy", &[("from", text("old")), ("to", text("src"))]).unwrap();
    assert!(whole.notes[0].contains("replaced as a whole"), "{whole:?}");
    assert_eq!(whole.changes.len(), 2, "one changed, one removed: {whole:?}");
    let link = preview(&look, "file.copy", &[("from", text("note")), ("to", text("current"))]).unwrap();
    assert!(link.notes[0].contains("the link itself is replaced"), "{link:?}");
}

#[test]
fn what_is_so_already_is_no_change() {
    let (dir, look) = project();
    fs::copy(dir.path().join("note"), dir.path().join("same")).unwrap();
    let before = tree(dir.path());
    let calls: [(&str, &[(&str, Value)]); 4] = [
        ("file.copy", &[("from", text("note")), ("to", text("same"))]),
        ("file.remove", &[("path", text("nothing"))]),
        ("file.mkdir", &[("path", text("src"))]),
        ("file.link", &[("path", text("current")), ("to", text("src"))]),
    ];
    for (name, given) in calls {
        let shown = preview(&look, name, given).unwrap();
        assert!(shown.summary.starts_with("no change") && shown.changes.is_empty(), "{shown:?}");
        let action = action(name);
        action.run(&args(action.signature(), given), &Touch::new(look.clone())).unwrap();
        assert_eq!(tree(dir.path()), before, "{name}");
    }
}

#[test]
fn a_removal_sums_up_and_says_what_is_not_there() {
    let (_dir, look) = project();
    let shown = preview(&look, "file.remove", &[("path", list(&["src", "nots"]))]).unwrap();
    assert_eq!(shown.summary, "`src` removed (2 files 10B)");
    assert_eq!(shown.notes, ["`nots` does not exist; did you mean `note`?"]);
}

#[test]
fn without_a_capture_there_is_no_exact_undo() {
    let (dir, look) = project();
    let remove = action("file.remove");
    for none in [Value::None, text("none")] {
        let given = args(remove.signature(), &[("path", text("src")), ("capture", none)]);
        assert!(!remove.exact_undo(&given));
        assert_eq!(remove.capture(&given, &look, &MemoryKeep::default()).unwrap(), Capture::Nothing);
        assert!(remove.preview(&given, &look).unwrap().summary.ends_with("not captured)"));
    }
    assert!(remove.exact_undo(&args(remove.signature(), &[("path", text("src"))])));
    fs::File::create(dir.path().join("huge")).unwrap().set_len(5_000_000_000).unwrap();
    let huge = |capture: &[(&'static str, Value)]| {
        let mut given = vec![("path", text("huge"))];
        given.extend_from_slice(capture);
        preview(&look, "file.remove", &given)
    };
    let error = huge(&[]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.hint.unwrap().contains("capture: none"));
    assert!(huge(&[("capture", text("none"))]).is_ok());
}

#[test]
fn an_edit_goes_through_a_link_and_leaves_it() {
    let (dir, look) = project();
    symlink("src/routes.ts", dir.path().join("routes")).unwrap();
    let touch = Touch::new(look);
    let calls: [(&str, &[(&str, Value)]); 3] = [
        ("file.write", &[("path", text("routes")), ("content", text("new\n"))]),
        ("file.append", &[("path", text("routes")), ("content", text("more\n"))]),
        ("file.replace", &[("path", text("routes")), ("text", text("new")), ("with", text("$0"))]),
    ];
    for (name, given) in calls {
        let action = action(name);
        let given = args(action.signature(), given);
        let effects = action.effects(&given, Some(&touch));
        assert_eq!(
            (effects.reads, effects.writes),
            (vec![Resource::file("routes")], vec![Resource::file("src/routes.ts")])
        );
        action.run(&given, &touch).unwrap();
    }
    assert!(dir.path().join("routes").is_symlink());
    assert_eq!(fs::read_to_string(dir.path().join("src/routes.ts")).unwrap(), "$0\nmore\n");
}

#[test]
fn replacing_nothing_is_an_error_that_says_how_to_guard_it() {
    let error = refused("file.replace", &[("path", text("note")), ("text", text("x")), ("with", text("y"))]);
    assert_eq!(error.what, "nothing in `note` is \"x\"");
    assert!(error.hint.unwrap().contains("file.contains"));
    let first_is_not_written = refused(
        "file.replace",
        &[("path", list(&["src/engine.ts", "note"])), ("text", text("one")), ("with", text("y"))],
    );
    assert!(first_is_not_written.what.contains("note"));
    refused("file.replace", &[("path", text("note")), ("with", text("y"))]);
    refused("file.replace", &[("path", text("note")), ("matching", text("(")), ("with", text("y"))]);
}

#[test]
fn wrong_kinds_and_values_are_refused() {
    for mode in ["u+x", "8888", "0o644", "64", ""] {
        assert!(refused("file.chmod", &[("path", text("note")), ("mode", text(mode))]).hint.unwrap().contains("0644"));
    }
    refused("file.write", &[("path", text("src")), ("content", text(""))]);
    refused("file.append", &[("path", text("src")), ("content", text(""))]);
    refused("file.link", &[("path", text("src")), ("to", text("x"))]);
    refused("file.link", &[("path", text("new")), ("to", text(""))]);
    refused("file.mkdir", &[("path", text("note"))]);
    refused("file.archive", &[("from", text("src")), ("to", text("a.zip"))]);
}

#[test]
fn no_verb_leaves_the_root() {
    let outside = [text("../x"), text("/etc/x")];
    for path in outside {
        for (name, given) in [
            ("file.copy", vec![("from", text("note")), ("to", path.clone())]),
            ("file.copy", vec![("from", path.clone()), ("to", text("x"))]),
            ("file.move", vec![("from", text("note")), ("into", path.clone())]),
            ("file.remove", vec![("path", path.clone())]),
            ("file.write", vec![("path", path.clone()), ("content", text(""))]),
            ("file.append", vec![("path", path.clone()), ("content", text(""))]),
            ("file.replace", vec![("path", path.clone()), ("text", text("a")), ("with", text("b"))]),
            ("file.link", vec![("path", path.clone()), ("to", text("b"))]),
            ("file.mkdir", vec![("path", path.clone())]),
            ("file.chmod", vec![("path", path.clone()), ("mode", text("0644"))]),
            ("file.extract", vec![("archive", text("a.tar")), ("into", path.clone())]),
        ] {
            let error = refused(name, &given);
            assert_eq!(error.kind, ErrorKind::OutsideRoot, "{name} of {path}: {error}");
        }
    }
}

#[test]
fn what_is_not_known_yet_may_be_anything() {
    let (_dir, look) = project();
    for action in all() {
        let values = vec![Arg::Unknown; action.signature().params.len()];
        let given = Args::new(action.signature(), values);
        assert_eq!(action.preview(&given, &look).unwrap().summary, "known when it runs");
        assert_eq!(action.fingerprint(&given, &look).unwrap(), None);
        assert!(
            action.effects(&given, Some(&look)).writes.contains(&Resource::file("**")),
            "{}",
            action.signature().name
        );
    }
}

#[test]
fn a_move_that_cannot_be_taken_back_says_so() {
    let (dir, look) = project();
    let moving = action("file.move");
    let given = args(moving.signature(), &[("from", text("note")), ("to", text("moved"))]);
    let keep = MemoryKeep::default();
    let touch = Touch::new(look);
    let capture = moving.capture(&given, &touch, &keep).unwrap();
    assert!(keep.is_empty(), "a move copies nothing");
    moving.run(&given, &touch).unwrap();
    fs::remove_file(dir.path().join("moved")).unwrap();
    assert_eq!(moving.undo(&capture, &touch, &keep).unwrap_err().kind, ErrorKind::Changed);
}
