//! What Ctrl-C does: the first one drains, the second one ends, and the record says so.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::Sandbox;
use crate::support::process::Running;

/// Longer than any healthy answer takes, on a loaded machine.
const SOON: Duration = Duration::from_secs(30);

/// A run whose first step waits until the file `go` is there, and whose second leaves a mark.
fn waiting() -> (Sandbox, Running) {
    waiting_in(|sandbox| sandbox.start(["run", "p.rbk", "--yes"]))
}

fn waiting_in(start: impl Fn(&Sandbox) -> Running) -> (Sandbox, Running) {
    let policy = "policy p \"P\" { root \".\" }\n\nphase main \"Main\" {\n  step first \"First\" {\n    timeout 1m\n    \
                  exec([\"sh\", \"-c\", \"echo > begun; while [ ! -e go ]; do sleep 0.05; done; echo > ended\"])\n    undo none\n  }\n  \
                  step second \"Second\" { after first; file.write(\"mark\", \"1\") }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy);
    let running = start(&sandbox);
    let since = Instant::now();
    while !sandbox.exists("begun") {
        assert!(since.elapsed() < SOON, "the run does not begin:\n{}", running.so_far());
        std::thread::sleep(Duration::from_millis(5));
    }
    (sandbox, running)
}

#[test]
fn the_first_one_lets_what_runs_finish_and_starts_nothing() {
    let (sandbox, mut running) = waiting();
    let heard = running.so_far().len();
    running.signal_group(Signal::INT);
    running.wait_until("it says that it stops", SOON, |so_far| so_far.len() > heard);
    assert!(!sandbox.exists("ended"), "the step is still running");
    sandbox.write("go", "");
    sandbox.finish(running).exits(130).does_not_crash();
    assert!(sandbox.exists("ended"), "what ran has finished");
    assert!(!sandbox.exists("mark"), "nothing new was started");
    sandbox.run(["runs"]).exits(0).stdout_has("interrupted");
}

#[test]
fn the_second_one_ends_the_trees_of_processes() {
    let (sandbox, mut running) = waiting();
    let heard = running.so_far().len();
    running.signal_group(Signal::INT);
    running.wait_until("it says that it stops", SOON, |so_far| so_far.len() > heard);
    running.signal_group(Signal::INT);
    sandbox.finish(running).exits(130).does_not_crash();
    sandbox.write("go", "");
    std::thread::sleep(Duration::from_millis(200));
    assert!(!sandbox.exists("ended"), "the step was ended, with everything that it started");
    assert!(!sandbox.exists("mark"), "nothing new was started");
    sandbox.run(["runs"]).exits(0).stdout_has("interrupted");
    sandbox.run(["undo", "last", "--yes"]).does_not_crash();
}

#[test]
fn a_request_to_end_is_as_the_first_one() {
    let (sandbox, mut running) = waiting();
    let heard = running.so_far().len();
    running.signal(Signal::TERM);
    running.wait_until("it says that it stops", SOON, |so_far| so_far.len() > heard);
    sandbox.write("go", "");
    sandbox.finish(running).exits(130);
    assert!(!sandbox.exists("mark"));
}

#[test]
fn the_end_of_the_terminal_is_never_more_than_the_first() {
    // What handles a signal passes its default on: so the tests may themselves run under nohup.
    let handled = signal_hook::flag::register(signal_hook::consts::SIGHUP, Arc::default()).unwrap();
    let (sandbox, mut running) = waiting();
    signal_hook::low_level::unregister(handled);
    let heard = running.so_far().len();
    // A shell that ends sends it to its jobs, and the kernel to the foreground.
    running.signal(Signal::HUP);
    running.wait_until("it says that it stops", SOON, |so_far| so_far.len() > heard);
    running.signal(Signal::HUP);
    std::thread::sleep(Duration::from_millis(200));
    sandbox.write("go", "");
    sandbox.finish(running).exits(130).does_not_crash();
    assert!(sandbox.exists("ended"), "what ran has finished");
    assert!(!sandbox.exists("mark"), "nothing new was started");
}

#[test]
fn under_nohup_the_end_of_the_terminal_is_nothing() {
    let shell = "trap '' HUP; exec \"$0\" run p.rbk --yes";
    let (sandbox, running) =
        waiting_in(|sandbox| Running::start(sandbox.command("sh", ["-c", shell, env!("CARGO_BIN_EXE_rbk")]), ""));
    running.signal(Signal::HUP);
    sandbox.write("go", "");
    sandbox.finish(running).exits(0);
    assert!(sandbox.exists("mark"));
}
