//! Runs on folders of which one lies in the other are kept apart.

use crate::support::Sandbox;

/// Waits for `go`, a fifo; so that it is known to be at work.
const WAITS: &str = r#"policy inner "Inner" { root "." }
phase main "Main" { step s "S" { exec(["sh", "-c", "echo here >here; cat go"]); file.write("f", "inner"); idempotent } }
"#;

fn writes(roots: &str, file: &str) -> String {
    format!(
        "policy q \"Q\" {{ root \".\"{roots} }}\n\nphase main \"Main\" {{ step s \"S\" {{ file.write(\"{file}\", \"outer\") }} }}\n"
    )
}

#[test]
fn a_run_waits_for_none_above_or_below_it_and_is_refused() {
    let sandbox = Sandbox::new().file("a/in/p.rbk", WAITS).file("a/q.rbk", writes("", "in/f"));
    let sandbox = sandbox.file("b/q.rbk", writes("; roots [\"../a\"]", "f")).file("c/q.rbk", writes("", "f"));
    let sandbox = sandbox.file("a/in/deep/q.rbk", writes("", "f"));
    sandbox.other("mkfifo", ["a/in/go", "a/in/here"]).exits(0);
    let running = sandbox.start(["run", "a/in/p.rbk", "--yes"]);
    // Ends as soon as the step runs.
    sandbox.other("cat", ["a/in/here"]).exits(0);
    for policy in ["a/q.rbk", "b/q.rbk", "a/in/deep/q.rbk"] {
        sandbox
            .run(["run", policy, "--yes"])
            .exits(5)
            .stderr_has("another run holds")
            .stderr_has("nothing was changed");
    }
    sandbox.run(["run", "a/in/deep/q.rbk", "--yes"]).stderr_has("a/in`, in which this root lies: run `");
    sandbox.run(["run", "c/q.rbk", "--yes"]).exits(0);
    sandbox.other("sh", ["-c", "echo >a/in/go"]).exits(0);
    sandbox.finish(running).exits(0);
    assert_eq!(sandbox.read("a/in/f"), "inner");
    // With its end its locks end.
    sandbox.run(["run", "a/q.rbk", "--yes"]).exits(0);
}
