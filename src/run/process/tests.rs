//! Real children: what they print, how they end, what they leave behind. Only children of these tests are signalled.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::Processes;
use crate::catalogue::cancel::{Cancel, Urgency};
use crate::catalogue::command::{Command, Finished, Output, Spawn};
use crate::catalogue::error::{Error, ErrorKind};

fn command(argv: &[&str]) -> Command {
    Command { argv: argv.iter().map(|&word| word.to_owned()).collect(), ..Command::default() }
}

fn sh(script: &str) -> Command {
    command(&["/bin/sh", "-c", script])
}

fn run(command: &Command) -> Result<Finished, Error> {
    Processes::new("/").run(command, &Cancel::new().within(Duration::from_mins(1)))
}

fn text(output: &Output) -> String {
    String::from_utf8(output.head.clone()).unwrap()
}

/// Alive and no zombie.
fn alive(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.trim_start().starts_with('Z'))
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < limit, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The pid that a script wrote into `file`.
fn written_pid(file: &std::path::Path) -> String {
    let mut pid = String::new();
    until("a pid", || {
        pid = std::fs::read_to_string(file).unwrap_or_default();
        pid.ends_with('\n')
    });
    pid.trim().to_owned()
}

#[test]
fn both_streams_and_the_exit_code_are_kept() {
    let finished = run(&sh("echo out; echo err >&2; exit 3")).unwrap();
    assert_eq!((finished.exit, finished.signal), (3, None));
    assert_eq!((text(&finished.stdout), text(&finished.stderr)), ("out\n".to_owned(), "err\n".to_owned()));
}

#[test]
fn a_signal_reads_as_128_and_its_number() {
    let finished = run(&sh("kill -KILL $$")).unwrap();
    assert_eq!((finished.exit, finished.signal), (137, Some(9)));
}

#[test]
fn environment_and_directory_are_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("below")).unwrap();
    let mut asked = sh("echo \"$ADDED,${HOME-none}\"; pwd");
    asked.env = vec![("ADDED".into(), Some("a b".into())), ("HOME".into(), None)];
    asked.cwd = Some(PathBuf::from("below"));
    let finished = Processes::new(folder.path()).run(&asked, &Cancel::new()).unwrap();
    let below = folder.path().canonicalize().unwrap().join("below");
    assert_eq!(text(&finished.stdout), format!("a b,none\n{}\n", below.display()));
}

#[test]
fn input_larger_than_any_pipe_goes_in_while_output_comes_out() {
    let content: Vec<u8> = (0..Output::KEPT).map(|index| (index % 251) as u8).collect();
    let mut asked = command(&["cat"]);
    asked.stdin = Some(content.clone());
    assert!(run(&asked).unwrap().stdout.head == content);
}

#[test]
fn a_child_that_never_reads_its_input_ends_like_any_other() {
    let mut asked = command(&["true"]);
    asked.stdin = Some(vec![b'x'; 4 << 20]);
    assert_eq!(run(&asked).unwrap().exit, 0);
}

#[test]
fn a_gigabyte_is_counted_and_its_two_ends_are_kept() {
    let finished = run(&sh("printf first; head -c 1000000000 /dev/zero; printf last")).unwrap();
    assert_eq!(finished.stdout.total, 1_000_000_009);
    assert!(finished.stdout.truncated());
    assert!(finished.stdout.head.starts_with(b"first") && finished.stdout.tail.ends_with(b"last"));
    assert_eq!((finished.stdout.head.len(), finished.stdout.tail.len()), (Output::KEPT, Output::KEPT));
}

#[test]
fn what_fits_into_both_ends_is_kept_whole_and_in_order() {
    let script = "i=0; while [ $i -lt 100000 ]; do echo $i; i=$((i+1)); done";
    let finished = run(&sh(script)).unwrap();
    let expected = (0..100_000).map(|number| number.to_string()).collect::<Vec<_>>().join("\n") + "\n";
    assert!(finished.stdout.total as usize > Output::KEPT && !finished.stdout.truncated());
    assert!(text(&finished.stdout) == expected);
}

#[test]
fn a_child_that_ignores_sigterm_is_killed_after_the_grace() {
    let processes = Processes::new("/").with_grace(Duration::from_millis(200));
    let started = Instant::now();
    let error = processes
        .run(
            &sh("trap '' TERM; echo deaf; while :; do sleep 0.05; done"),
            &Cancel::new().within(Duration::from_millis(300)),
        )
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(error.what.contains("its last line was `deaf`"), "{}", error.what);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn the_deadline_ends_the_whole_tree() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let script = format!("sh -c 'sleep 300 & echo $! > {0}; wait' & wait", file.display());
    let error = Processes::new("/").run(&sh(&script), &Cancel::new().within(Duration::from_millis(500))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    let pid = written_pid(&file);
    until("the grandchild's end", || !alive(&pid));
}

#[test]
fn a_grandchild_that_holds_the_pipe_neither_hangs_the_run_nor_survives_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let started = Instant::now();
    let error = run(&sh(&format!("sleep 300 & echo $! > {}", file.display()))).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(30));
    let pid = written_pid(&file);
    assert!(error.what.contains(&format!("left `sleep 300` (pid {pid}) running")), "{}", error.what);
    assert!(error.hint.unwrap().contains("process.start"));
    assert!(!alive(&pid));
}

#[test]
fn a_background_process_without_the_pipe_does_not_survive_either() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let error = run(&sh(&format!("sleep 300 >/dev/null 2>&1 & echo $! > {}", file.display()))).unwrap_err();
    assert!(error.what.contains("never outlive"), "{}", error.what);
    assert!(!alive(&written_pid(&file)));
}

#[test]
fn a_background_process_that_ends_a_moment_later_is_no_failure() {
    let finished = run(&sh("(sleep 0.1; echo late) & echo early")).unwrap();
    assert_eq!(text(&finished.stdout), "early\nlate\n");
}

#[test]
fn a_kill_of_the_run_ends_a_child_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let cancel = Cancel::new();
    let (result, waited) = std::thread::scope(|scope| {
        let child = scope.spawn(|| {
            let script = format!("echo $$ > {}; exec sleep 300", file.display());
            let result = Processes::new("/").run(&sh(&script), &cancel);
            (result, Instant::now())
        });
        written_pid(&file);
        let raised = Instant::now();
        cancel.raise(Urgency::Kill);
        let (result, at) = child.join().unwrap();
        (result, at - raised)
    });
    assert_eq!(result.unwrap_err().kind, ErrorKind::Cancelled);
    assert!(waited < Duration::from_secs(2), "took {waited:?}");
    assert!(!alive(&written_pid(&file)));
}

#[test]
fn a_drain_lets_a_child_finish() {
    let cancel = Cancel::new();
    cancel.raise(Urgency::Drain);
    assert_eq!(Processes::new("/").run(&sh("sleep 0.1; exit 4"), &cancel).unwrap().exit, 4);
}

#[test]
fn nothing_starts_after_a_kill() {
    let cancel = Cancel::new();
    cancel.raise(Urgency::Kill);
    assert_eq!(Processes::new("/").run(&command(&["true"]), &cancel).unwrap_err().kind, ErrorKind::Cancelled);
}

fn refusal(asked: &Command) -> String {
    let error = run(asked).unwrap_err();
    format!("{} | {}", error.what, error.hint.unwrap_or_default())
}

#[test]
fn what_cannot_start_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str, mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let plain = file("plain", "#!/bin/sh\n", 0o644);
    let orphan = file("orphan", "#!/no/such/interpreter -x\n", 0o755);
    let noise = file("noise", "no program at all", 0o755);
    let mut elsewhere = command(&["true"]);
    elsewhere.cwd = Some("/no/such/folder".into());

    for (asked, expected) in [
        (command(&["no-such-program-here"]), "no program `no-such-program-here` in PATH (/"),
        (command(&["npm run build"]), "each argument is an element of its own"),
        (command(&["./no-such"]), "there is no program `./no-such` (looked for `/./no-such`)"),
        (command(&["/tmp"]), "`/tmp` is a directory, not a program"),
        (command(&[&plain]), "is not executable"),
        (command(&[&orphan]), "is a script for `/no/such/interpreter`, which does not exist"),
        (command(&[&noise]), "is not a program that this machine can run"),
        (elsewhere, "its directory `/no/such/folder` does not exist"),
        (command(&["echo", "a\0b"]), "holds a NUL character"),
        (command(&["echo", &"x".repeat(3 << 20)]), "is too long for the system: 3145734 bytes in 2 arguments"),
        (command(&[]), "a command without a program"),
        (command(&[""]), "an empty text"),
    ] {
        let said = refusal(&asked);
        assert!(said.contains(expected), "expected {expected:?} in {said:?}");
        assert!(said.len() < 600, "a message is no dump: {} bytes", said.len());
    }
}

#[test]
fn a_detached_process_has_its_own_session_and_appends_to_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("logs/app.log");
    std::fs::create_dir(folder.path().join("logs")).unwrap();
    std::fs::write(&log, "before\n").unwrap();
    let processes = Processes::new(folder.path());
    let pid = processes.start_detached(&sh("echo out; echo err >&2; exec sleep 300"), Some(&log)).unwrap();
    until("its output", || std::fs::read_to_string(&log).unwrap().ends_with("err\n"));
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "before\nout\nerr\n");
    let raw = rustix::process::Pid::from_raw(pid as i32).unwrap();
    assert_eq!(rustix::process::getsid(Some(raw)).unwrap(), raw, "it leads its own session");
    rustix::process::kill_process(raw, rustix::process::Signal::KILL).unwrap();
    until("its end", || !alive(&pid.to_string()));
}

#[test]
fn a_detached_program_that_does_not_exist_is_an_error_now() {
    let error = Processes::new("/").start_detached(&command(&["no-such-program-here"]), None).unwrap_err();
    assert!(error.what.contains("no program `no-such-program-here`"), "{}", error.what);
}

/// Not a test of its own: the run that `a_detached_process_survives_kill_9` kills.
#[test]
#[ignore = "started by another test"]
fn helper_that_starts_a_detached_process() {
    let Some(file) = std::env::var_os("RBK_TEST_PID_FILE") else { return };
    let pid = Processes::new("/").start_detached(&command(&["sleep", "300"]), None).unwrap();
    std::fs::write(file, format!("{pid}\n")).unwrap();
    std::thread::sleep(Duration::from_mins(5));
}

#[test]
fn a_detached_process_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let mut run = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "run::process::tests::helper_that_starts_a_detached_process"])
        .env("RBK_TEST_PID_FILE", &file)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let pid = written_pid(&file);
    run.kill().unwrap();
    run.wait().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    assert!(alive(&pid));
    let raw = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
    rustix::process::kill_process(raw, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn another_user_only_for_root() {
    let mut asked = command(&["id", "-un"]);
    asked.user = Some("nobody".into());
    let result = run(&asked);
    if rustix::process::geteuid().is_root() {
        assert_eq!(text(&result.unwrap().stdout), "nobody\n");
    } else {
        assert!(result.unwrap_err().what.contains("only root may run a command as `nobody`"));
    }
    asked.user = Some("no-such-user-here".into());
    assert!(run(&asked).unwrap_err().what.contains("there is no user `no-such-user-here`"));
}

/// `cargo test --release -- --ignored --nocapture overhead`: µs per child, two in flight, ours against bare std.
#[test]
#[ignore = "a measurement"]
fn overhead_over_bare_spawning() {
    const EACH: u32 = 2000;
    let per = |work: &(dyn Fn() + Sync)| {
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..EACH).for_each(|_| work()));
            }
        });
        started.elapsed().as_secs_f64() * 1e6 / f64::from(2 * EACH)
    };
    let processes = Processes::new("/");
    let cancel = Cancel::new().within(Duration::from_mins(10));
    let asked = command(&["/bin/true"]);
    let null = std::process::Stdio::null;
    for _ in 0..5 {
        let bare = per(&|| {
            let mut child = std::process::Command::new("/bin/true");
            child.stdin(null()).stdout(null()).stderr(null()).spawn().unwrap().wait().unwrap();
        });
        let piped = per(&|| {
            std::process::Command::new("/bin/true").stdin(null()).output().unwrap();
        });
        let ours = per(&|| {
            processes.run(&asked, &cancel).unwrap();
        });
        println!("bare {bare:.0} µs, std with output {piped:.0} µs, ours {ours:.0} µs");
    }
}
