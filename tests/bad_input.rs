//! Bad input that no page can hold: it is too large, too deep, or a whole machine. Each says what, where and what to do,
//! with the exit code of `docs/cli.md`, and changes nothing.

use std::fmt::Write;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::server::{closed_port, silent};
use crate::support::skip::{missing, skip};
use crate::support::{Sandbox, Server};

/// Longer than any healthy answer takes, on a loaded machine.
const SOON: Duration = Duration::from_secs(30);

fn policy(steps: &str) -> String {
    format!("policy p \"P\" {{ root \".\" }}\n\nphase main \"Main\" {{\n{steps}\n}}\n")
}

#[test]
fn a_hundred_thousand_parentheses() {
    let nested = format!("let x = {}1{}\n", "(".repeat(100_000), ")".repeat(100_000));
    let sandbox = Sandbox::new().file("deep.rbk", format!("policy p \"P\" {{ root \".\" }}\n{nested}"));
    sandbox.run(["check", "deep.rbk"]).exits(2).does_not_crash().stderr_has("E0006").stderr_has("deep.rbk:2:");
    let unclosed = sandbox.file("open.rbk", format!("let x = {}", "(".repeat(100_000)));
    unclosed.run(["check", "open.rbk"]).exits(2).does_not_crash().stderr_has("E0006");
}

#[test]
fn a_long_chain_of_operators() {
    let mut text = String::from("policy p \"P\" { root \".\" }\nlet x = 1");
    for number in 0..20_000 {
        let _ = write!(text, " + {number}");
    }
    let sandbox = Sandbox::new().file("long.rbk", text);
    sandbox.run(["check", "long.rbk"]).exits(2).does_not_crash().stderr_has("long.rbk:2:");
}

#[test]
fn a_file_of_two_hundred_megabytes() {
    let line = "# a comment that goes on and on, as a log that was given by mistake does\n";
    let sandbox = Sandbox::new().file("log.rbk", line.repeat(200_000_000 / line.len()));
    sandbox.run(["check", "log.rbk"]).exits(2).does_not_crash().stderr_has("E0014").stderr_has("log.rbk");
}

#[test]
fn bytes_that_are_no_text() {
    let junk: Vec<u8> = (0..20_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let sandbox = Sandbox::new().file("junk.rbk", junk);
    let ran = sandbox.run(["check", "junk.rbk"]).exits(2).does_not_crash().stderr_has("junk.rbk");
    assert!(ran.stderr().lines().count() < 60, "junk is reported once, not byte by byte");
}

#[test]
fn a_port_that_nobody_serves() {
    let port = closed_port();
    let body = format!(
        "  step s \"S\" {{ file.write(\"a\", \"1\") }}\n  verify up \"Up\" {{\n    within 1s every 200ms\n    \
         expect http.get(\"http://127.0.0.1:{port}/\").status == 200\n  }}"
    );
    let sandbox = Sandbox::new().file("p.rbk", policy(&body));
    let ran = sandbox.run(["run", "p.rbk", "--yes"]).exits(1).does_not_crash();
    ran.says(&port.to_string());
}

#[test]
fn an_endpoint_that_never_answers() {
    let silent = silent();
    let port = silent.local_addr().expect("a bound socket has an address").port();
    let body = format!(
        "  verify up \"Up\" {{\n    within 1s every 200ms\n    \
         expect http.get(\"http://127.0.0.1:{port}/\").status == 200\n  }}"
    );
    let sandbox = Sandbox::new().file("p.rbk", policy(&body));
    let start = Instant::now();
    sandbox.run(["run", "p.rbk", "--yes"]).exits(1).does_not_crash();
    assert!(start.elapsed() < SOON, "`within` cuts a probe that is under way");
}

#[test]
fn a_child_that_ignores_being_asked_to_end() {
    let body = "  step s \"S\" { timeout 1s\n    exec([\"sh\", \"-c\", \"trap '' TERM; echo begun > begun; while :; do sleep 0.1; done\"])\n    \
                irreversible \"a test\" }";
    let sandbox = Sandbox::new().file("p.rbk", policy(body));
    let start = Instant::now();
    sandbox.run(["run", "p.rbk", "--yes"]).exits(1).does_not_crash();
    assert!(sandbox.exists("begun") && start.elapsed() < SOON, "a child that ignores SIGTERM is killed");
}

#[test]
fn a_grandchild_that_holds_the_pipe() {
    let body = "  step s \"S\" { timeout 20s\n    exec([\"sh\", \"-c\", \"sleep 300 & echo done\"])\n    irreversible \"a test\" }";
    let sandbox = Sandbox::new().file("p.rbk", policy(body));
    let start = Instant::now();
    // The sandbox itself fails when something still holds the pipes of `rbk`.
    sandbox.run(["run", "p.rbk", "--yes"]).does_not_crash();
    assert!(start.elapsed() < SOON, "a grandchild is ended with its step");
}

/// In a container the leader of one's session is often a process that cannot be seen, and its number reads as 0.
#[test]
fn a_grandchild_that_holds_the_pipe_in_a_container() {
    let namespace = ["--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];
    let body = "  step s \"S\" { timeout 20s\n    exec([\"sh\", \"-c\", \"sleep 300 & echo done\"])\n    irreversible \"a test\" }";
    let sandbox = Sandbox::new().file("p.rbk", policy(body));
    if sandbox.other("unshare", namespace.into_iter().chain(["true"])).code() != 0 {
        return skip("there are no user namespaces");
    }
    let rbk = env!("CARGO_BIN_EXE_rbk");
    let start = Instant::now();
    sandbox
        .other("unshare", namespace.into_iter().chain([rbk, "run", "p.rbk", "--yes"]))
        .exits(1)
        .does_not_crash()
        .stderr_has("sleep 300");
    assert!(start.elapsed() < SOON, "a grandchild is ended with its step");
}

#[test]
fn a_child_that_prints_a_gigabyte() {
    let body = "  step s \"S\" { timeout 1m\n    exec([\"sh\", \"-c\", \"yes 0123456789012345678901234567890123456789 | head -c 1000000000\"])\n    \
                irreversible \"a test\" }";
    let sandbox = Sandbox::new().file("p.rbk", policy(body));
    let ran = sandbox.run(["run", "p.rbk", "--yes"]).exits(0).does_not_crash();
    let shown = ran.stdout().len() + ran.stderr().len();
    assert!(shown < 1_000_000, "{shown} bytes of output were passed on");
    let kept: u64 = walkdir::WalkDir::new(sandbox.path(".rbk"))
        .into_iter()
        .filter_map(Result::ok)
        .filter_map(|entry| entry.metadata().ok())
        .map(|metadata| metadata.len())
        .sum();
    assert!(kept < 50_000_000, "{kept} bytes of state were kept");
}

#[test]
fn two_runs_at_once() {
    let body = "  step s \"S\" { timeout 30s\n    exec([\"sh\", \"-c\", \"echo > begun; while [ ! -e end ]; do sleep 0.05; done\"])\n    \
                irreversible \"a test\" }";
    let sandbox = Sandbox::new().file("p.rbk", policy(body));
    let first = sandbox.start(["run", "p.rbk", "--yes"]);
    let start = Instant::now();
    while !sandbox.exists("begun") {
        assert!(start.elapsed() < SOON, "the first run does not begin:\n{}", first.so_far());
        std::thread::sleep(Duration::from_millis(5));
    }
    sandbox.run(["run", "p.rbk", "--yes"]).exits(5).does_not_crash().stderr_has(&first.pid().to_string());
    sandbox.write("end", "");
    sandbox.finish(first).exits(0);
}

#[test]
fn a_run_that_was_killed_can_be_undone_to_the_byte() {
    let body = "  step one \"One\" { file.write(\"a.txt\", \"new\"); file.remove(\"b\") }\n  \
                step two \"Two\" { timeout 1m; after one\n    exec([\"sh\", \"-c\", \"echo > begun; sleep 60\"])\n    undo { file.remove(\"begun\") } }";
    let sandbox = Sandbox::new().file("p.rbk", policy(body)).file("a.txt", "old").file("b/c.txt", "kept");
    let sandbox = sandbox.mode("b/c.txt", 0o640).link("b/l", "c.txt");
    let before = sandbox.tree();
    let running = sandbox.start(["run", "p.rbk", "--yes"]);
    let start = Instant::now();
    while !sandbox.exists("begun") {
        assert!(start.elapsed() < SOON, "the run does not begin:\n{}", running.so_far());
        std::thread::sleep(Duration::from_millis(5));
    }
    running.signal(Signal::KILL);
    drop(running);
    let runs = sandbox.run(["runs"]).exits(0).stdout_has("interrupted");
    let run = crate::support::redact::last_run(runs.stdout()).expect("a run has an id").to_owned();
    sandbox.run(["undo", &run, "--yes"]).exits(0);
    sandbox.unchanged_since(&before);
}

/// Runs `rbk` inside a mount namespace of its own, where `mount` has prepared the place.
fn in_namespace(sandbox: &Sandbox, mount: &str) -> Option<crate::support::ran::Ran> {
    if missing(["unshare", "mount"]).is_some() || sandbox.other("unshare", ["-rm", "true"]).code() != 0 {
        skip("no user namespaces here");
        return None;
    }
    let script = format!("{mount} && exec \"$0\" run p.rbk --yes");
    Some(sandbox.other("unshare", ["-rm", "sh", "-c", &script, env!("CARGO_BIN_EXE_rbk")]))
}

#[test]
fn a_full_disk() {
    let body = "  step s \"S\" { file.copy(\"big\", to: \"full/big\") }";
    let sandbox = Sandbox::new().file("p.rbk", policy(body)).file("big", vec![b'x'; 2_000_000]).folder("full");
    let Some(ran) = in_namespace(&sandbox, "mount -t tmpfs -o size=256k none full") else { return };
    ran.exits(1).does_not_crash().says("big").says("No space left");
    assert_eq!(std::fs::metadata(sandbox.path("big")).expect("it is still there").len(), 2_000_000);
}

#[test]
fn a_full_disk_under_the_state() {
    let body = "  step s \"S\" { file.remove(\"big\") }";
    // What is captured is compressed, so it must be incompressible.
    let mut noise = vec![0; 2_000_000];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    let sandbox = Sandbox::new().file("p.rbk", policy(body)).file("big", noise).folder(".rbk");
    let Some(ran) = in_namespace(&sandbox, "mount -t tmpfs -o size=256k none .rbk") else { return };
    let ran = ran.does_not_crash().says("No space left");
    assert_ne!(ran.code(), 0);
    assert!(sandbox.exists("big"), "what cannot be captured is not removed");
}

#[test]
fn a_state_folder_that_cannot_be_written() {
    let body = "  step s \"S\" { file.write(\"a\", \"1\") }";
    let sandbox = Sandbox::new().file("p.rbk", policy(body)).folder(".rbk");
    let Some(ran) = in_namespace(&sandbox, "mount -t tmpfs -o ro none .rbk") else { return };
    let ran = ran.does_not_crash().says(".rbk");
    assert_ne!(ran.code(), 0);
    assert!(!sandbox.exists("a"), "nothing runs that cannot be written down");
}

#[test]
fn a_server_that_answers_is_told_apart_from_one_that_does_not() {
    let server = Server::start().on("/", 503, "busy");
    let body = format!(
        "  verify up \"Up\" {{\n    within 500ms every 100ms\n    expect http.get(\"{}/\").status == 200\n  }}",
        server.url()
    );
    let sandbox = Sandbox::new().file("p.rbk", policy(&body));
    sandbox.run(["verify", "p.rbk"]).exits(1).does_not_crash().says("503");
    assert!(server.asked().len() > 1, "it is asked again until `within` is over");
}

#[test]
fn a_let_of_a_verification_is_asked_again_in_every_round() {
    let server = Server::start().on("/", 503, "busy");
    let body = |port: &str| {
        format!(
            "  verify up \"Up\" {{\n    within 20s every 100ms\n    let page = http.get(\"{port}/\")\n    let status = page.status\n    \
             expect status == 200\n    expect page.body == \"fine\"\n  }}"
        )
    };
    let sandbox = Sandbox::new().file("p.rbk", policy(&body(&server.url())));
    let mut running = sandbox.start(["run", "p.rbk", "--yes"]);
    running.wait_for("round 1: 0 of 2 hold", SOON);
    server.set("/", 200, "fine", Duration::ZERO);
    sandbox.finish(running).exits(0);

    // Nobody listens yet: that round is false, and the next one asks again.
    let port = closed_port();
    let sandbox = sandbox.file("p.rbk", policy(&body(&format!("http://127.0.0.1:{port}"))));
    sandbox.run(["plan", "p.rbk"]).exits(0).stdout_has(&port.to_string());
    let mut running = sandbox.start(["run", "p.rbk", "--yes"]);
    running.wait_for("cannot be told", SOON);
    let listener = std::net::TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    let answers = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("it is asked again");
        let mut asked = [0; 2048];
        let _ = std::io::Read::read(&mut stream, &mut asked);
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfine";
        std::io::Write::write_all(&mut stream, answer.as_bytes()).expect("it listens");
    });
    sandbox.finish(running).exits(0);
    answers.join().expect("it was asked");
}

/// The beginnings of so many loops, one in the other.
fn nested(loops: usize) -> String {
    let mut text = String::new();
    for number in 0..loops {
        let _ = write!(text, "for x{number} in digits {{ ");
    }
    text
}

/// A policy of these items that writes `content`, and what is put around its only step.
fn growing(items: &str, content: &str, loops: usize) -> Sandbox {
    let digits = "let digits = [\"0\", \"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", \"9\"]\n";
    let open = nested(loops);
    let step = format!("step s \"S\" {{ file.write(\"a\", {content}) }}");
    let policy = format!(
        "policy p \"P\" {{ root \".\" }}\n{digits}{items}phase main \"Main\" {{\n{open}{step}{}\n}}\n",
        "}".repeat(loops)
    );
    Sandbox::new().file("p.rbk", policy)
}

fn lets(first: &str, next: impl Fn(usize) -> String) -> String {
    let mut items = format!("let a0 = {first}\n");
    for number in 0..40 {
        let _ = writeln!(items, "let a{} = {}", number + 1, next(number));
    }
    items
}

#[test]
fn what_grows_without_end_is_refused_before_it_fills_the_memory() {
    let calls = format!("let d(x) = \"${{x}}${{x}}\"\nlet a = {}\"xxxx\"{}\n", "d(".repeat(40), ")".repeat(40));
    let cases = [
        (growing("", "\"x\"", 8), "more than 100000 steps"),
        (growing(&lets("\"xxxxxxxx\"", |n| format!("\"${{a{n}}}${{a{n}}}\"")), "a40", 0), "more than 64 MiB"),
        (growing(&lets("[\"x\"]", |n| format!("[a{n}, a{n}]")), "\"${len(a40)}\"", 0), "more than 64 MiB"),
        (growing(&lets("\"xxxxxxxx\"", |n| format!("replace(a{n}, r\"x\", a{n})")), "a40", 0), "more than 64 MiB"),
        (growing(&lets("\"xxxxxxxx\"", |n| format!("join(split(a{n}, \"x\"), a{n})")), "a40", 0), "more than 64 MiB"),
        (growing(&calls, "a", 0), "more than 64 MiB"),
    ];
    for (sandbox, why) in cases {
        // A gigabyte is a fraction of what each of them would take.
        let script = "ulimit -v 1000000; exec \"$0\" \"$@\"";
        for verb in ["check", "plan"] {
            let ran = sandbox.other("bash", ["-c", script, env!("CARGO_BIN_EXE_rbk"), verb, "p.rbk"]);
            ran.exits(2).does_not_crash().stderr_has("E0520").stderr_has(why).stderr_has("p.rbk:");
        }
    }
}

#[test]
fn loops_in_a_step_are_bounded_as_well() {
    let loops = nested(8);
    let body = format!(
        "  let digits = [\"0\", \"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", \"9\"]\n  step s \"S\" {{ {loops}file.write(\"a\", \
         \"x\"){} }}",
        "}".repeat(8)
    );
    let sandbox = Sandbox::new().file("p.rbk", policy(&body));
    sandbox.run(["check", "p.rbk"]).exits(2).does_not_crash().stderr_has("E0520").stderr_has("more than 100000 calls");
}
