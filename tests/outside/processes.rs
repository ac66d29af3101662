//! `process.*` on processes that these tests started; patterns hold a number that nothing else has.

use rbk::catalogue::args::Arg;
use rbk::catalogue::error::ErrorKind;
use rbk::catalogue::unit::{Capture, Change};
use rbk::catalogue::value::Value;

use super::world::{Mine, World, alive, amount, int, lazy, millis, regex, said, text, unique, until};

fn pid(value: &Value) -> u32 {
    let Value::Int(pid) = value else { panic!("{value} is no pid") };
    u32::try_from(*pid).unwrap()
}

/// Ends what a test started through `process.start`, whatever happens.
struct Ended(u32);

impl Drop for Ended {
    fn drop(&mut self) {
        let raw = rustix::process::Pid::from_raw(self.0.cast_signed()).unwrap();
        let _ = rustix::process::kill_process(raw, rustix::process::Signal::KILL);
    }
}

#[test]
fn stopping_ends_what_matches_and_nothing_else() {
    let world = World::new();
    let (tag, other) = (unique(), unique());
    let (mine, bystander) = (Mine::start(&["sleep", &tag]), Mine::start(&["sleep", &other]));
    let preview = world.preview("process.stop", &[("pattern", text(&tag))]).unwrap();
    assert_eq!(preview.summary, "stop 1 process (at most 1)");
    let Change::Process { summary } = &preview.changes[0] else { panic!("{preview:?}") };
    assert!(summary.contains(&format!("stop pid {}, ", mine.0.id())) && summary.ends_with(&format!("sleep {tag}")));
    assert!(mine.alive(), "a preview stops nothing");

    let stopped = world.run("process.stop", &[("pattern", text(&format!("sleep {tag}")))]).unwrap();
    assert_eq!(stopped, Value::Int(1));
    assert!(!mine.alive() && bystander.alive());
    // Nothing left to stop is what was wanted.
    assert_eq!(world.run("process.stop", &[("pattern", text(&tag))]).unwrap(), Value::Int(0));
}

#[test]
fn more_than_at_most_is_refused_and_nothing_is_stopped() {
    let world = World::new();
    let tag = unique();
    let all = [Mine::start(&["sleep", &tag]), Mine::start(&["sleep", &tag])];
    let error = world.run("process.stop", &[("pattern", text(&tag))]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.what.contains("matches 2 processes, and at most 1 may be stopped"), "{}", error.what);
    assert!(error.what.contains(&format!("pid {}", all[0].0.id())), "{}", error.what);
    assert!(all.iter().all(Mine::alive));
    let preview = world.preview("process.stop", &[("pattern", text(&tag))]).unwrap();
    assert!(preview.summary.starts_with("refuses:"), "{}", preview.summary);

    let given = [("matching", regex(&format!("^sleep {}$", tag.replace('.', "\\.")))), ("at_most", int(2))];
    assert_eq!(world.run("process.stop", &given).unwrap(), Value::Int(2));
    assert!(!all.iter().any(Mine::alive));
}

#[test]
fn a_text_is_literal_and_says_so_when_it_looks_like_a_regex() {
    let world = World::new();
    let tag = unique();
    let mine = Mine::start(&["sleep", &tag]);
    let pattern = format!("sl.*{tag}");
    let preview = world.preview("process.stop", &[("pattern", text(&pattern))]).unwrap();
    assert!(preview.summary.contains("no process matches"), "{}", preview.summary);
    assert!(preview.notes[0].contains("matching: r\""), "{:?}", preview.notes);
    let error = world.run("process.stop", &[("pattern", text(&pattern))]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(world.ask("process.count", &[("matching", regex(&pattern))]).unwrap(), Value::Int(1));
    assert!(mine.alive());
}

#[test]
fn a_pattern_that_would_match_everything_is_refused() {
    let world = World::new();
    for given in [("pattern", text("")), ("pattern", text("  ")), ("matching", regex(".*")), ("matching", regex("x?"))]
    {
        world.run("process.stop", &[given.clone(), ("at_most", int(0))]).unwrap_err();
        world.ask("process.running", &[given]).unwrap_err();
    }
    world.run("process.stop", &[]).unwrap_err();
    world.run("process.stop", &[("pattern", text("a")), ("matching", regex("a"))]).unwrap_err();
}

#[test]
fn what_ignores_sigterm_is_killed_with_all_that_it_started() {
    let world = World::new();
    let tag = unique();
    let script = format!("trap '' TERM; sleep {tag} & while :; do sleep 0.05; done");
    let shell = Mine::start(&["sh", "-c", &script]);
    until("its child", || {
        world.ask("process.count", &[("matching", regex(&format!("^sleep {tag}")))]).unwrap() == Value::Int(1)
    });
    // The shell and its child both match; they are one tree.
    let given = [("pattern", text(&tag)), ("grace", millis(200))];
    assert_eq!(world.run("process.stop", &given).unwrap(), Value::Int(1));
    assert!(!shell.alive());
    until("the child's end", || {
        world.ask("process.running", &[("pattern", text(&tag))]).unwrap() == Value::Bool(false)
    });
}

/// Not a test of its own: a run below a shell whose command line holds what is to be stopped.
#[test]
#[ignore = "started by another test"]
fn helper_that_stops_its_ancestor() {
    let Some(tag) = std::env::var_os("RBK_TEST_TAG") else { return };
    let stopped = World::new().run("process.stop", &[("pattern", text(tag.to_str().unwrap())), ("at_most", int(9))]);
    assert_eq!(stopped.unwrap(), Value::Int(0));
}

#[test]
fn neither_the_run_nor_who_started_it_is_ever_meant() {
    let tag = unique();
    let exe = std::env::current_exe().unwrap();
    // The shell stays above the run, and both name the tag.
    let script = format!(
        "'{}' --ignored --exact outside::processes::helper_that_stops_its_ancestor {tag} >/dev/null; code=$?; : {tag}; exit $code",
        exe.display()
    );
    let status = std::process::Command::new("sh").args(["-c", &script]).env("RBK_TEST_TAG", &tag).status().unwrap();
    assert!(status.success(), "{status}");
}

#[test]
fn undo_of_a_stop_starts_it_again_as_it_was() {
    let world = World::new();
    let tag = unique();
    let log = world.write("app.log", "");
    let below = world.root().join("below");
    std::fs::create_dir(&below).unwrap();
    let out = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
    let script = format!("echo \"$COLOUR,${{HOME-none}} $(pwd)\"; exec sleep {tag}");
    let child = std::process::Command::new("sh")
        .args(["-c", &script])
        .current_dir(&below)
        .env("COLOUR", "green")
        .env_remove("HOME")
        .stdout(out)
        .spawn()
        .unwrap();
    let mine = Mine(child);
    until("the exec", || {
        world.ask("process.running", &[("matching", regex(&format!("^sleep {tag}")))]).unwrap() == Value::Bool(true)
    });
    let first = world.read("app.log");

    let (capture, stopped) = world.captured_run("process.stop", &[("pattern", text(&tag))]);
    assert_eq!(stopped.unwrap(), Value::Int(1));
    assert!(!mine.alive());
    let Capture::Data { data, .. } = &capture else { panic!("{capture:?}") };
    assert!(!data.to_string().contains("green"), "the environment does not stand in the journal: {data}");

    world.undo("process.stop", &capture).unwrap();
    until("the restart", || world.ask("process.count", &[("pattern", text(&tag))]).unwrap() == Value::Int(1));
    world.undo("process.stop", &capture).unwrap();
    assert_eq!(world.ask("process.count", &[("pattern", text(&tag))]).unwrap(), Value::Int(1), "undo can be repeated");
    // It is `sleep` that was stopped, in the shell's directory and environment.
    let again = std::fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        let line = std::fs::read_to_string(entry.path().join("cmdline")).ok()?;
        (line == format!("sleep\0{tag}\0")).then(|| entry.path())
    });
    let again = again.unwrap();
    assert_eq!(std::fs::read_link(again.join("cwd")).unwrap(), below);
    let environ = String::from_utf8_lossy(&std::fs::read(again.join("environ")).unwrap()).into_owned();
    assert!(environ.contains("COLOUR=green\0") && !environ.contains("\0HOME="), "{environ}");
    assert_eq!(std::fs::read_link(again.join("fd/1")).unwrap(), log);
    assert_eq!(first, format!("green,none {}\n", below.display()));
    world.run("process.stop", &[("pattern", text(&tag))]).unwrap();
}

#[test]
fn a_start_goes_on_logs_and_is_taken_back() {
    let world = World::new();
    let tag = unique();
    let line = format!("sh -c 'echo up; exec sleep {tag}'");
    let given = [("command", text(&line)), ("log", text("logs/app.log"))];
    let preview = world.preview("process.start", &given).unwrap();
    assert!(preview.notes.contains(&"not running now".to_owned()), "{:?}", preview.notes);
    assert!(!world.root().join("logs").exists(), "a preview makes no log");

    let (capture, started) = world.captured_run("process.start", &given);
    let pid = pid(&started.unwrap());
    let _ended = Ended(pid);
    assert!(alive(pid));
    until("its output", || world.read("logs/app.log") == "up\n");
    assert_eq!(world.ask("process.running", &[("pattern", text(&tag))]).unwrap(), Value::Bool(true));

    let error = world.run("process.start", &given).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.what.contains(&format!("a copy runs already (pid {pid}, ")), "{}", error.what);

    world.undo("process.start", &capture).unwrap();
    assert!(!alive(pid));
    world.undo("process.start", &capture).unwrap();
    assert_eq!(world.read("logs/app.log"), "up\n", "a log is only ever appended to");
}

#[test]
fn a_copy_that_was_started_by_hand_is_noticed_and_survives_an_undo() {
    let world = World::new();
    let tag = unique();
    let child = std::process::Command::new("sleep").arg(&tag).current_dir(world.root()).spawn().unwrap();
    let mine = Mine(child);
    until("the exec", || world.ask("process.running", &[("pattern", text(&tag))]).unwrap() == Value::Bool(true));
    let (capture, refused) = world.captured_run("process.start", &[("command", text(&format!("sleep {tag}")))]);
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Refused);
    world.undo("process.start", &capture).unwrap();
    assert!(mine.alive(), "what the run did not start is not stopped by its undo");

    // The same command of another project is no copy.
    let elsewhere = World::new();
    let (capture, started) = elsewhere.captured_run("process.start", &[("command", text(&format!("sleep {tag}")))]);
    let _ended = Ended(pid(&started.unwrap()));
    elsewhere.undo("process.start", &capture).unwrap();
    assert!(mine.alive());
}

#[test]
fn readiness_is_waited_for() {
    let world = World::new();
    let tag = unique();
    let line = format!("sh -c 'sleep 0.3; touch ready; exec sleep {tag}'");
    let ready = lazy(|look| Ok(Value::Bool(look.root().join("ready").exists())));
    let started = world.run("process.start", &[("command", text(&line)), ("ready", ready)]).unwrap();
    let _ended = Ended(pid(&started));
    assert!(world.root().join("ready").exists());
}

#[test]
fn what_never_gets_ready_is_stopped_again() {
    let world = World::new();
    let tag = unique();
    let line = format!("sh -c 'echo waiting for the database; exec sleep {tag}'");
    let given = [
        ("command", text(&line)),
        ("log", text("app.log")),
        ("ready", lazy(|_| Ok(Value::Bool(false)))),
        ("within", millis(400)),
    ];
    let error = world.run("process.start", &given).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    let said = said(&error);
    assert!(said.contains("is not ready") && said.contains("it was stopped again"), "{said}");
    assert!(said.contains("`waiting for the database`"), "{said}");
    assert_eq!(world.ask("process.running", &[("pattern", text(&tag))]).unwrap(), Value::Bool(false));
}

#[test]
fn a_start_that_fails_at_once_shows_its_last_words() {
    let world = World::new();
    world.write("app.log", "old line\n");
    let crash = text("sh -c 'echo port 5000 is taken >&2; exit 1'");
    for more in [vec![], vec![("ready", lazy(|_| Ok(Value::Bool(false))))]] {
        let mut given = vec![("command", crash.clone()), ("log", text("app.log"))];
        given.extend(more);
        let error = world.run("process.start", &given).unwrap_err();
        assert!(error.what.contains("exited with 1") && error.what.contains("`port 5000 is taken`"), "{}", error.what);
    }
    let error = world.run("process.start", &[("command", text("no-such-program-here"))]).unwrap_err();
    assert!(error.what.contains("no program `no-such-program-here`"), "{}", error.what);
}

#[test]
fn a_command_line_for_a_shell_is_refused_with_what_to_do() {
    let world = World::new();
    for line in ["npm run dev &", "a | b", "server > out.log"] {
        let error = world.run("process.start", &[("command", text(line))]).unwrap_err();
        assert!(said(&error).contains("`log:`"), "{}", said(&error));
    }
    for line in ["", "  ", "sh -c 'open"] {
        world.run("process.start", &[("command", text(line))]).unwrap_err();
    }
}

#[test]
fn a_log_stays_inside_the_root() {
    let world = World::new();
    std::os::unix::fs::symlink("/tmp", world.root().join("out")).unwrap();
    for log in ["../x.log", "/tmp/x.log", "out/x.log", "a/../../x.log"] {
        let error = world.run("process.start", &[("command", text("sleep 300")), ("log", text(log))]).unwrap_err();
        assert_eq!(error.kind, ErrorKind::OutsideRoot, "{log}: {}", error.what);
    }
}

#[test]
fn a_signal_reaches_the_program() {
    let world = World::new();
    let tag = unique();
    // It forks nothing: between fork and exec a child carries the same command line, and two would match.
    let script = format!("trap ': > got' USR1; : {tag}; : > up; while :; do read line; done");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).current_dir(world.root()).stdin(std::process::Stdio::piped());
    let child = shell.spawn().unwrap();
    let mine = Mine(child);
    until("the trap", || world.root().join("up").exists());
    let given = [("pattern", text(&tag)), ("signal", text("USR1"))];
    let preview = world.preview("process.signal", &given).unwrap();
    assert_eq!(preview.summary, "send SIGUSR1 to 1 process");
    assert!(!world.root().join("got").exists());
    assert_eq!(world.run("process.signal", &given).unwrap(), Value::Int(1));
    until("the signal", || world.root().join("got").exists());
    assert!(mine.alive());
    let error = world.run("process.signal", &[("pattern", text(&unique())), ("signal", text("HUP"))]).unwrap_err();
    assert!(error.what.contains("none was signalled"), "{}", error.what);
    world.run("process.signal", &[given[0].clone(), ("signal", text("EVIL"))]).unwrap_err();
}

#[test]
fn memory_and_processor_time_of_what_runs() {
    let world = World::new();
    let tag = unique();
    let mine = Mine::start(&["sh", "-c", &format!(": {tag}; while :; do :; done")]);
    let given = [("pattern", text(&tag))];
    assert_eq!(world.ask("process.count", &given).unwrap(), Value::Int(1));
    assert!(amount(&world.ask("process.rss", &given).unwrap()) > 100_000.0);
    assert!(amount(&world.ask("process.cpu", &given).unwrap()) > 1.0);
    drop(mine);
    for name in ["process.rss", "process.cpu"] {
        let error = world.ask(name, &given).unwrap_err();
        assert!(error.what.starts_with("no process matches"), "{}", error.what);
    }
    assert_eq!(world.ask("process.running", &given).unwrap(), Value::Bool(false));
}

#[test]
fn what_is_not_known_yet_is_said_so() {
    let world = World::new();
    for (name, argument) in [("process.start", "command"), ("process.stop", "pattern"), ("process.signal", "pattern")] {
        let preview = world.preview(name, &[(argument, Arg::Unknown)]).unwrap();
        assert!(preview.summary.contains("not known yet"), "{name}: {}", preview.summary);
    }
}
