//! Children of commands never outlive rbk, also when it is killed; services do.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::Sandbox;
use crate::support::process::Running;

/// Longer than any healthy answer takes, on a loaded machine.
const SOON: Duration = Duration::from_secs(30);

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let limit = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < limit, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A policy with one step that changes a file and one that runs `script`, which says that it has begun by the file `begun`.
fn project(script: &str) -> Sandbox {
    let policy = format!(
        "policy p \"P\" {{ root \".\" }}\n\nphase main \"Main\" {{\n  step conf \"Conf\" {{ file.write(\"conf\", \"new\") }}\n  step \
         slow \"Slow\" {{\n    timeout 10m\n    sh(r#\"{script}\"#)\n    undo {{ file.remove(\"begun\") }}\n  }}\n  verify v {{ expect \
         file.exists(\"conf\") }}\n}}\n"
    );
    Sandbox::new().file("p.rbk", policy).file("conf", "old\n")
}

fn begin(sandbox: &Sandbox) -> Running {
    let running = sandbox.start(["run", "p.rbk", "--yes"]);
    until("the step begins", || sandbox.exists("begun"));
    running
}

fn kill_9(running: Running) {
    running.signal(Signal::KILL);
    let _killed = running.wait(SOON);
}

fn command_line(pid: Pid) -> String {
    let raw = std::fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
    String::from_utf8_lossy(&raw).replace('\0', " ")
}

/// Alive and no zombie.
fn alive(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()))
        .is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.trim_start().starts_with(['Z', 'X']))
}

/// The guardians among what runs in the sandbox.
fn guardians(sandbox: &Sandbox) -> Vec<Pid> {
    sandbox.processes().into_iter().filter(|&pid| command_line(pid).contains("__guard")).collect()
}

#[test]
fn what_a_command_started_ends_with_a_killed_run() {
    // Each would write a minute later: a grandchild, one in a group of its own, one that does not heed SIGTERM.
    for script in [
        "(sleep 60; echo > late) & echo > begun; wait",
        "set -m; (sleep 60; echo > late) & echo > begun; wait",
        "trap '' TERM; echo > begun; for i in 1 2 3 4 5 6; do sleep 10; done; echo > late",
    ] {
        let sandbox = project(script);
        kill_9(begin(&sandbox));
        until("nothing is left", || sandbox.processes().is_empty());
        assert!(!sandbox.exists("late"), "{script}");
        sandbox.run(["runs"]).exits(0).stdout_has("interrupted");
        sandbox.run(["undo", "last", "--yes"]).exits(0);
        assert_eq!(sandbox.read("conf"), "old\n");
    }
}

#[test]
fn what_cleared_its_environment_ends_too() {
    let sandbox =
        project("exec env -i PATH=\"$PATH\" sh -c 'echo $$ > begun.tmp; mv begun.tmp begun; sleep 60; echo > late'");
    let running = begin(&sandbox);
    let pid = sandbox.read("begun");
    assert!(alive(&pid));
    kill_9(running);
    until("it has ended", || !alive(&pid));
    assert!(!sandbox.exists("late"));
}

#[test]
fn a_service_outlives_a_killed_run() {
    let policy = r#"policy p "P" { root "." }
phase main "Main" {
  step up "Up" { process.start("./service", log: "service.log") }
  step slow "Slow" { timeout 10m; exec(["sh", "-c", "echo > begun; sleep 60; echo > late"]); undo { file.remove("begun") } }
  verify v { expect file.exists("begun") }
}
"#;
    let sandbox = Sandbox::new().file("p.rbk", policy).program("service", "#!/bin/sh\necho $$\nexec sleep 60\n");
    let running = begin(&sandbox);
    let service = sandbox.read("service.log");
    kill_9(running);
    until("only the service is left", || sandbox.processes().len() == 1);
    assert!(alive(&service));
    // An undo takes the start back, by its own means.
    sandbox.run(["undo", "last", "--yes"]).exits(0).never_says("still running since");
    until("nothing is left", || sandbox.processes().is_empty());
}

#[test]
fn a_service_holds_nothing_of_whoever_called_rbk() {
    let policy = "policy p \"P\" { root \".\" }\nphase main \"Main\" {\n  step up \"Up\" { process.start(\"./service\", log: \"service.log\") }\n  \
                  verify v { expect process.running(\"./service\") }\n}\n";
    let sandbox = Sandbox::new()
        .file("p.rbk", policy)
        .program("service", "#!/bin/sh\nls -1 /proc/$$/fd\necho $$\nwhile :; do sleep 0.2; done\n");
    let shell = "exec 7> lock 9>&1; exec \"$0\" run p.rbk --yes";
    let running = Running::start(sandbox.command("bash", ["-c", shell, env!("CARGO_BIN_EXE_rbk")]), "");
    // It would hold the pipe of rbk's own output too, which this checks.
    sandbox.finish(running).exits(0);
    let log = sandbox.read("service.log");
    let fds: Vec<&str> = log.lines().take_while(|fd| fd.len() < 3).collect();
    assert!(fds.starts_with(&["0", "1"]) && !fds.contains(&"7") && !fds.contains(&"9"), "{fds:?}");
}

#[test]
fn no_unit_means_the_guardian() {
    let policy = "policy p \"P\" { root \".\" }\nphase main \"Main\" {\n  step a \"A\" { exec([\"true\"]); idempotent }\n  step stop \
                  \"Stop\" { process.stop(matching: r\"^rbk .*guard\", at_most: 1); expect process.count(\"__guard\") == 0 }\n  verify v { \
                  expect process.count(\"__guard\") == 0 }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy);
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
}

#[test]
fn nothing_of_rbk_is_left_after_an_end() {
    let sandbox = project("echo > begun");
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    assert_eq!(sandbox.processes(), []);
    let sandbox = project("echo > begun; exit 3");
    sandbox.run(["run", "p.rbk", "--yes"]).exits(1);
    assert_eq!(sandbox.processes(), []);
}

#[test]
fn without_a_command_there_is_no_guardian() {
    let policy = "policy p \"P\" { root \".\" }\nphase main \"Main\" {\n  step z \"Z\" { file.write(\"ready\", \"\") }\n  step a \"A\" { wait_until(file.exists(\"go\"), within: 1m, \
                  every: 10ms) }\n  verify v { expect file.exists(\"go\") }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy);
    let running = sandbox.start(["run", "p.rbk", "--yes"]);
    until("the run has begun", || sandbox.exists("ready"));
    assert_eq!(guardians(&sandbox), []);
    sandbox.write("go", "");
    sandbox.finish(running).exits(0);
}

#[test]
fn the_guardian_holds_nothing_but_its_pipe_and_is_not_reached_by_the_terminal() {
    let sandbox = project("echo > begun; while [ ! -e go ]; do sleep 0.05; done");
    // As a script does that holds a lock while it calls rbk.
    let shell = "exec 9> outer.lock; exec \"$0\" run p.rbk --yes";
    let running = Running::start(sandbox.command("sh", ["-c", shell, env!("CARGO_BIN_EXE_rbk")]), "");
    until("the step begins", || sandbox.exists("begun"));
    let guardian = guardians(&sandbox);
    assert_eq!(guardian.len(), 1);
    let raw = guardian[0].as_raw_nonzero();
    let fds = || {
        let entries = std::fs::read_dir(format!("/proc/{raw}/fd")).unwrap().map(|entry| entry.unwrap());
        let mut fds: Vec<(String, String)> = entries
            .filter_map(|entry| {
                let to = std::fs::read_link(entry.path()).ok()?;
                Some((entry.file_name().into_string().unwrap(), to.display().to_string()))
            })
            .collect();
        fds.sort();
        fds
    };
    until("it has closed what it inherited", || fds().len() == 3);
    let fds = fds();
    assert!(fds[0].1.starts_with("pipe:") && fds[1].1 == "/dev/null" && fds[2].1 == "/dev/null", "{fds:?}");
    assert_eq!(std::fs::read_link(format!("/proc/{raw}/cwd")).unwrap(), std::path::Path::new("/"));
    // It has the only reading end, and rbk the only writing end.
    let holders = sandbox.processes().into_iter().filter(|pid| {
        let entries = std::fs::read_dir(format!("/proc/{}/fd", pid.as_raw_nonzero())).into_iter().flatten().flatten();
        let mut links = entries.filter_map(|entry| std::fs::read_link(entry.path()).ok());
        links.any(|link| link.display().to_string() == fds[0].1)
    });
    assert_eq!(holders.count(), 2);
    running.signal_group(Signal::INT);
    kill_process(guardian[0], Signal::TERM).unwrap();
    kill_process(guardian[0], Signal::HUP).unwrap();
    sandbox.write("go", "");
    sandbox.finish(running).exits(130);
    assert_eq!(sandbox.processes(), []);
}

/// A run whose command goes on although rbk and its guardian were killed.
fn orphaned() -> (Sandbox, tree::Tree) {
    let sandbox = project("(sleep 60; echo late > conf) & echo > begun; wait");
    let before = sandbox.tree();
    let running = begin(&sandbox);
    for guardian in guardians(&sandbox) {
        kill_process(guardian, Signal::KILL).unwrap();
    }
    kill_9(running);
    assert!(sandbox.processes().len() >= 2, "the shells go on");
    (sandbox, before)
}

use crate::support::tree;

#[test]
fn an_undo_ends_what_was_orphaned_before_it_restores() {
    let (sandbox, before) = orphaned();
    sandbox.run::<_, &str>([]).exits(0).stdout_has("still running").stdout_has("sleep 60").stdout_has("rbk undo");
    sandbox.run(["undo", "last", "--dry-run"]).exits(0).says("would be ended first");
    assert!(!sandbox.processes().is_empty(), "a look ends nothing");
    sandbox.run(["undo", "last", "--yes"]).exits(0).stderr_has("was cut short, now ended: `").stderr_has("sleep 60");
    assert_eq!(sandbox.processes(), []);
    sandbox.unchanged_since(&before);
    sandbox.run(["undo", "last", "--yes"]).never_says("still running");
}

#[test]
fn a_new_run_ends_what_was_orphaned_before_it_plans() {
    let (sandbox, _) = orphaned();
    sandbox.write(
        "p.rbk",
        sandbox.read("p.rbk").replace("& echo > begun; wait", "; echo").replace("sleep 60; echo late > conf", "true"),
    );
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0).stderr_has("was cut short, now ended: `");
    assert_eq!(sandbox.processes(), []);
    assert_eq!(sandbox.read("conf"), "new");
}

#[test]
fn another_root_does_not_touch_what_was_orphaned() {
    let (sandbox, _) = orphaned();
    let there = sandbox.processes().len();
    sandbox.write(
        "other/p.rbk",
        "policy p \"P\" { root \".\" }\nphase main \"Main\" {\n  step a \"A\" { exec([\"true\"]); idempotent }\n}\n",
    );
    sandbox.run(["run", "other/p.rbk", "--yes"]).exits(0).never_says("still running");
    assert_eq!(sandbox.processes().len(), there);
}

#[test]
fn a_program_that_was_replaced_meanwhile_still_guards() {
    let policy = "policy p \"P\" { root \".\" }\nphase main \"Main\" {\n  step z \"Z\" { file.write(\"ready\", \"\") }\n  step a \"A\" { wait_until(file.exists(\"go\"), within: 1m, \
                  every: 10ms) }\n  step b \"B\" { exec([\"sh\", \"-c\", \"echo > begun; sleep 60; echo > late\"]); undo none }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy);
    let program = sandbox.path("rbk");
    std::fs::copy(env!("CARGO_BIN_EXE_rbk"), &program).unwrap();
    let running = Running::start(sandbox.command(program.to_str().unwrap(), ["run", "p.rbk", "--yes"]), "");
    until("the run has begun", || sandbox.exists("ready"));
    std::fs::remove_file(&program).unwrap();
    sandbox.write("go", "");
    until("the step begins", || sandbox.exists("begun"));
    assert_eq!(guardians(&sandbox).len(), 1);
    kill_9(running);
    until("nothing is left", || sandbox.processes().is_empty());
    assert!(!sandbox.exists("late"));
}
