//! `exec` and `sh`, as steps and in expressions.

use rbk::catalogue::args::Arg;
use rbk::catalogue::error::ErrorKind;
use rbk::catalogue::unit::Change;
use rbk::catalogue::value::Value;

use super::world::{World, action, args, code, field, int, list, map, said, text};

#[test]
fn a_command_gives_its_result() {
    let world = World::new();
    let result = world.run("exec", &[("argv", list(&["sh", "-c", "echo '{\"a\": [1]}'; echo warn >&2"]))]).unwrap();
    assert_eq!(field(&result, "ok"), Value::Bool(true));
    assert_eq!(field(&result, "exit"), Value::Int(0));
    assert_eq!(field(&result, "stdout"), Value::str("{\"a\": [1]}"), "the line end is not part of a value");
    assert_eq!(field(&result, "stderr"), Value::str("warn"));
    let Value::Json(json) = field(&result, "json") else { panic!("no json") };
    assert_eq!(json["a"][0], 1);
}

#[test]
fn values_of_an_argument_vector_never_meet_a_shell() {
    let world = World::new();
    let result = world.run("exec", &[("argv", list(&["echo", "$(touch owned) `touch owned`; a  b"]))]).unwrap();
    assert_eq!(field(&result, "stdout"), Value::str("$(touch owned) `touch owned`; a  b"));
    assert!(!world.root().join("owned").exists());
}

#[test]
fn a_failing_command_says_what_it_said() {
    let world = World::new();
    let error = world.run("sh", &[("command", code("echo first >&2; echo 'no such table' >&2; exit 3"))]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed);
    assert!(error.what.contains("exited with 3: no such table"), "{}", error.what);
    assert!(said(&error).contains("ok: [0, 3]"));
}

#[test]
fn exit_codes_that_are_fine_are_said() {
    let world = World::new();
    let ok = Arg::Known(Value::list([Value::Int(0), Value::Int(2)]));
    let result = world.run("sh", &[("command", code("exit 2")), ("ok", ok.clone())]).unwrap();
    assert_eq!((field(&result, "ok"), field(&result, "exit")), (Value::Bool(true), Value::Int(2)));
    world.run("sh", &[("command", code("exit 1")), ("ok", ok)]).unwrap_err();
    world.run("sh", &[("command", code("exit 0")), ("ok", int(7))]).unwrap_err();
}

#[test]
fn environment_directory_and_input_reach_the_command() {
    let world = World::new();
    std::fs::create_dir(world.root().join("below")).unwrap();
    let env = map(&[("A", Value::str("x y")), ("N", Value::Int(7)), ("T", Value::Secret("token".into()))]);
    let line = code("pwd; echo \"$A,$N,$T\"; cat");
    let given = [("command", line), ("cwd", text("below")), ("env", env), ("stdin", text("fed"))];
    let result = world.run("sh", &given).unwrap();
    let expected = format!("{}/below\nx y,7,s3cr3t\nfed", world.root().display());
    assert_eq!(field(&result, "stdout"), Value::str(expected));
}

#[test]
fn a_secret_never_becomes_an_argument() {
    let world = World::new();
    let argv = Arg::Known(Value::list([Value::str("echo"), Value::Secret("token".into())]));
    let error = world.run("exec", &[("argv", argv)]).unwrap_err();
    assert!(said(&error).contains("pass it by `env:` or `stdin:`"));
    assert!(!said(&error).contains("s3cr3t"));
}

#[test]
fn a_plan_shows_the_command_and_changes_nothing() {
    let world = World::new();
    let preview = world.preview("sh", &[("command", code("touch made"))]).unwrap();
    assert!(!world.root().join("made").exists());
    assert_eq!(preview.summary, "run touch made");
    assert!(preview.opaque.unwrap().contains("may change anything"));

    let preview = world.preview("exec", &[("argv", list(&["true", "-x"]))]).unwrap();
    let argv = vec!["true".to_owned(), "-x".to_owned()];
    assert_eq!(preview.changes, [Change::Command { argv, cwd: ".".to_owned() }]);

    // Before anything has changed is the time to notice it.
    let error = world.preview("exec", &[("argv", list(&["no-such-program-here", "-x"]))]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(said(&error).contains("there is no program `no-such-program-here` now"));

    let preview = world.preview("exec", &[("argv", Arg::Unknown)]).unwrap();
    assert!(preview.summary.contains("not known yet"));
}

#[test]
fn in_an_expression_a_command_only_runs_where_it_may() {
    let mut world = World::new();
    let given = [("command", code("echo seen; exit 4"))];
    let error = world.ask("sh", &given).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(said(&error).contains("--probe"));

    world.look = world.look.allowing_exec();
    let result = world.ask("sh", &given).unwrap();
    assert_eq!((field(&result, "ok"), field(&result, "exit")), (Value::Bool(false), Value::Int(4)));
    // Whoever names the exit codes means that any other is a failure.
    world.ask("sh", &[given[0].clone(), ("ok", int(0))]).unwrap_err();
}

#[test]
fn what_a_command_did_is_not_pretended_to_be_undone() {
    let world = World::new();
    let (capture, result) = world.captured_run("sh", &[("command", code("touch made"))]);
    result.unwrap();
    assert!(said(&world.undo("sh", &capture).unwrap_err()).contains("undo { … }"));
    assert!(!action("sh").exact_undo(&args(action("sh").signature(), &[])));
}

#[test]
fn an_unknown_program_is_named_with_the_path_that_was_searched() {
    let world = World::new();
    let error = world.run("exec", &[("argv", list(&["no-such-program-here"]))]).unwrap_err();
    assert!(error.what.contains("no program `no-such-program-here` in PATH ("), "{}", error.what);
}

#[test]
fn json_is_missing_where_the_output_is_none() {
    let world = World::new();
    for line in ["echo hello", "echo '{ not json'", "true"] {
        let result = world.run("sh", &[("command", code(line))]).unwrap();
        assert_eq!(field(&result, "json"), Value::None, "{line}");
    }
}
