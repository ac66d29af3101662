//! The samples of `file.*` probes.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use rbk::catalogue::value::Value;

use super::Sample;

fn project(root: &Path) {
    for (path, content) in [
        ("app.log", "level=info one\nlevel=error two\nlevel=error three"),
        ("package.json", "{\"version\": \"1.2.3\"}"),
        ("broken.json", "{"),
        ("binary", "\u{0}"),
        ("backups/2024-01/db", "12345"),
        ("backups/2024-02/db", "123"),
        ("backups/.hidden/db", ""),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        fs::write(path, content).expect("a file");
    }
    fs::write(root.join("latin1"), b"caf\xe9").expect("a file");
    symlink("backups/2024-02", root.join("current")).expect("a link");
    symlink("nowhere", root.join("dangling")).expect("a link");
    symlink("/etc", root.join("out")).expect("a link");
    for (name, second) in [("2024-01", 2), ("2024-02", 1), (".hidden", 3)] {
        let folder = fs::File::open(root.join("backups").join(name)).expect("it is there");
        folder.set_modified(UNIX_EPOCH + Duration::from_secs(second)).expect("a time");
    }
}

fn of(probe: &'static str, args: Vec<(&'static str, Value)>, gives: &'static str) -> Sample {
    Sample { probe, setup: project, args, gives }
}

fn at(path: &str) -> Vec<(&'static str, Value)> {
    vec![("path", Value::Path(path.into()))]
}

fn with(path: &str, name: &'static str, value: Value) -> Vec<(&'static str, Value)> {
    let mut args = at(path);
    args.push((name, value));
    args
}

fn like(pattern: &str) -> Vec<(&'static str, Value)> {
    vec![("pattern", Value::str(pattern))]
}

pub fn samples() -> Vec<Sample> {
    let list = Value::list(["app.log", "nothing"].map(|path| Value::Path(path.into())));
    vec![
        of("file.exists", at("app.log"), "true"),
        of("file.exists", at("dangling"), "false"),
        of("file.exists", vec![("path", list)], "false"),
        of("file.is_dir", at("current"), "true"),
        of("file.is_dir", at("app.log"), "false"),
        of("file.size", at("backups"), "8B"),
        of("file.size", at("ap.log"), "error: `ap.log` does not exist"),
        of("file.hash", at("binary"), "\"2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213\""),
        of("file.hash", at("backups"), "error: `backups` is a directory, not a file"),
        of("file.text", at("package.json"), "\"{\\\"version\\\": \\\"1.2.3\\\"}\""),
        of("file.text", at("latin1"), "error: `latin1` is not UTF-8 text (at byte 3)"),
        of("file.lines", at("app.log"), "[\"level=info one\", \"level=error two\", \"level=error three\"]"),
        of("file.json", at("package.json"), "{\"version\":\"1.2.3\"}"),
        of(
            "file.json",
            at("broken.json"),
            "error: `broken.json` is not JSON: EOF while parsing an object at line 1 column 1",
        ),
        of("file.count", at("app.log"), "3"),
        of("file.count", with("app.log", "matching", Value::Regex("error$|two".into())), "1"),
        of("file.contains", with("app.log", "text", Value::str("one\nlevel")), "true"),
        of("file.contains", with("app.log", "text", Value::str("l.vel")), "false"),
        of("file.contains", with("app.log", "matching", Value::Regex("l.vel".into())), "true"),
        of("file.contains", at("app.log"), "error: `file.contains` takes exactly one of a text and `matching:`"),
        of("file.tail", with("app.log", "lines", Value::Int(2)), "[\"level=error two\", \"level=error three\"]"),
        of("file.tail", with("app.log", "lines", Value::Int(-1)), "error: `lines:` cannot be negative"),
        of("file.glob", like("backups/*/db"), "[backups/2024-01/db, backups/2024-02/db]"),
        of("file.glob", like("**/*.json"), "[broken.json, package.json]"),
        of("file.glob", like("backups/.*"), "[backups/.hidden]"),
        of("file.glob", like("{app,nothing}.log"), "[app.log]"),
        of("file.glob", like("package.json"), "[package.json]"),
        of("file.glob", like("nothing/*"), "[]"),
        of("file.glob", like("current/*"), "[current/db]"),
        of("file.latest", like("backups/*"), "backups/2024-01"),
        of("file.latest", like("nothing*"), "none"),
        of("file.link_target", at("current"), "\"backups/2024-02\""),
        of("file.link_target", at("app.log"), "none"),
        of("file.dirs", at("app.log"), "error: `app.log` is a file, not a directory"),
        of("file.dirs", at("nothing"), "error: `nothing` does not exist"),
        of("file.age", at("nothing"), "error: `nothing` does not exist"),
    ]
}

/// Values that hold the present time are looked at apart.
#[test]
fn ages_and_directories() {
    use rbk::catalogue::testing::args;
    let dir = tempfile::tempdir().expect("a folder");
    project(dir.path());
    let look = super::world(dir.path());
    let probe =
        |name: &str| rbk::probes::all().into_iter().find(|probe| probe.signature().name == name).expect("it is there");
    let age = probe("file.age");
    let sample = age.sample(&args(age.signature(), &at("backups/2024-01")), &look).expect("it is there");
    let expected = jiff::Timestamp::now().as_second() - 2;
    assert!(sample.as_duration().expect("a duration").as_secs().abs_diff(expected.unsigned_abs()) < 60);
    let dirs = probe("file.dirs");
    let found = dirs.sample(&args(dirs.signature(), &at("backups")), &look).expect("it is there");
    let names: Vec<_> = found
        .elements()
        .iter()
        .map(|value| match value {
            Value::Record(record) => (record.get("name").cloned(), record.get("path").cloned()),
            other => panic!("{other}"),
        })
        .collect();
    let dir = |name: &str| (Some(Value::str(name)), Some(Value::Path(format!("backups/{name}").into())));
    assert_eq!(names, [dir("2024-01"), dir("2024-02")]);
    let top = dirs.sample(&args(dirs.signature(), &[]), &look).expect("it is there");
    assert_eq!(top.elements().len(), 1, "links are no directories here");
}

#[test]
fn what_lies_outside_is_not_read() {
    use rbk::catalogue::testing::args;
    let dir = tempfile::tempdir().expect("a folder");
    project(dir.path());
    let look = super::world(dir.path());
    for probe in rbk::probes::all().into_iter().filter(|probe| probe.signature().name.starts_with("file.")) {
        let signature = probe.signature();
        let name = signature.params[0].name;
        for outside in ["../x", "/etc/passwd", "out/passwd"] {
            let error = probe.sample(&args(signature, &[(name, Value::str(outside))]), &look);
            let error = error.expect_err(&format!("{} of {outside}", signature.name));
            assert_eq!(error.kind, rbk::catalogue::error::ErrorKind::OutsideRoot, "{} of {outside}", signature.name);
        }
    }
}
