//! Nothing that a sandbox starts outlives it, and no wait is without end.

use std::time::Duration;

use rustix::process::Signal;

use super::process::{Running, marked};
use super::sandbox::Sandbox;

const SOON: Duration = Duration::from_secs(20);

#[test]
fn a_process_that_left_its_group_ends_with_the_sandbox() {
    if super::skip::missing(["setsid"]).is_some() {
        return super::skip::skip("there is no `setsid`");
    }
    let sandbox = Sandbox::new();
    sandbox.other("sh", ["-c", "setsid sleep 300 >/dev/null 2>&1 </dev/null & echo $! > pid"]).exits(0);
    let pid: i32 = sandbox.read("pid").trim().parse().expect("the shell wrote a number");
    let environment = std::fs::read(format!("/proc/{pid}/environ")).expect("it is still running");
    let environment = String::from_utf8(environment).expect("the environment is text");
    let mark = environment.split('\0').find(|variable| variable.starts_with("RBK_TEST_SANDBOX=")).map(str::to_owned);
    let mark = mark.expect("what runs in a sandbox is marked");
    drop(sandbox);
    let start = std::time::Instant::now();
    while !marked(&mark).is_empty() {
        assert!(start.elapsed() < SOON, "process {pid} is still there");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
#[should_panic(expected = "did not end within")]
fn a_program_that_never_ends_fails_its_test() {
    let sandbox = Sandbox::new().limit(Duration::from_millis(100));
    sandbox.other("sleep", ["300"]);
}

#[test]
#[should_panic(expected = "still holds its pipes")]
fn a_grandchild_that_holds_the_pipes_is_noticed() {
    Sandbox::new().other("sh", ["-c", "sleep 300 & exit 0"]);
}

#[test]
fn a_started_program_is_waited_for_and_signalled() {
    let sandbox = Sandbox::new();
    let script = "trap 'echo asked; exit 5' TERM; echo ready; while :; do sleep 0.01; done";
    let mut running = Running::start(sandbox.command("sh", ["-c", script]), "");
    running.wait_for("ready", SOON).signal(Signal::TERM);
    sandbox.finish(running).exits(5).stdout_has("asked").stderr_is_empty();
}

#[test]
fn nothing_of_the_machine_reaches_a_sandbox() {
    let ran = Sandbox::new().env("EXTRA", "yes").other("env", [""; 0]);
    let names: Vec<&str> = ran.stdout().lines().filter_map(|line| line.split('=').next()).collect();
    for name in &names {
        let known = ["PATH", "HOME", "TMPDIR", "LANG", "TZ", "TERM", "NO_COLOR", "COLUMNS", "EXTRA"].contains(name);
        assert!(known || name.starts_with("GIT_") || name.starts_with("RBK_TEST_"), "`{name}` reached the sandbox");
    }
    assert!(names.contains(&"EXTRA"));
}
