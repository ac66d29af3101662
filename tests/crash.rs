//! A run that is killed at any moment is shown as interrupted and taken back to the byte; two runs never meet.

use std::fmt::Write;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::Sandbox;
use crate::support::process::Running;
use crate::support::skip::{missing, skip};

/// Longer than any healthy answer takes, on a loaded machine.
const SOON: Duration = Duration::from_secs(30);
/// How often a run is killed, each time a little later.
const KILLS: u32 = 12;

const POLICY: &str = r#"policy p "P" { root "." }
let db = sqlite("shop.db")
phase main "Main" {
  step keep "Keep" { file.copy("big", to: "big.failed"); file.copy("cache", to: "cache.kept") }
  step back "Back" { git.restore("src", from: git.commit_of("HEAD~1")) }
  step rows "Rows" { sql.exec(db, "delete from t where a > 100"); sql.exec(db, "update t set b = 'x' where true") }
  step conf "Conf" { file.replace("conf", text: "conf", with: "other"); file.chmod("conf", mode: "0600"); file.write("new/x/y", "hi") }
  step drop "Drop" { file.remove("cache"); file.move("big", to: "moved") }
  step app "App" { file.append("conf", "more\n"); file.link("lnk", to: "conf") }
  verify v { expect file.exists("conf") }
}
"#;

/// A project with something of everything that a run changes.
fn project() -> Sandbox {
    let mut sandbox = Sandbox::new().file("p.rbk", POLICY).file("conf", "conf\n").file("big", vec![7_u8; 2_000_000]);
    for release in ["good", "bad"] {
        for number in 0..20 {
            sandbox = sandbox.file(&format!("src/{number}"), format!("{release} {number}\n"));
        }
        sandbox.commit(release);
    }
    for number in 0..200_usize {
        sandbox = sandbox.file(&format!("cache/deep/{number}"), vec![number as u8; 50 * number]);
    }
    let sandbox = sandbox.link("cache/link", "deep/1").mode("cache/deep/3", 0o640);
    let mut sql = String::from("create table t(a, b);");
    for row in 0..1000 {
        let _ = write!(sql, "insert into t values({row}, 'row {row}');");
    }
    let made = "import sqlite3,sys; c = sqlite3.connect('shop.db'); c.executescript(sys.argv[1]); c.close()";
    assert_eq!(sandbox.other("python3", ["-c", made, &sql]).code(), 0, "the database can be made");
    sandbox
}

#[test]
fn a_run_killed_at_any_moment_can_be_taken_back() {
    if let Some(program) = missing(["git", "python3"]) {
        return skip(&format!("there is no `{program}`"));
    }
    let sandbox = project();
    let before = sandbox.tree();
    // How long it takes when nobody kills it, so that the kills fall into it on any machine.
    let start = Instant::now();
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    let whole = start.elapsed();
    sandbox.run(["undo", "last", "--yes"]).exits(0);
    sandbox.unchanged_since(&before);

    let mut interrupted = 0;
    for number in 1..=KILLS {
        let known = sandbox.run(["runs"]).stdout().to_owned();
        let running = sandbox.start(["run", "p.rbk", "--yes"]);
        std::thread::sleep(whole * number / (KILLS + 4));
        running.signal(Signal::KILL);
        let _killed = running.wait(SOON);
        let runs = sandbox.run(["runs"]).stdout().to_owned();
        if runs == known {
            // Killed before it was begun: nothing happened.
            sandbox.unchanged_since(&before);
            continue;
        }
        let latest = runs.lines().next().unwrap_or_default();
        // The last ones may come too late.
        interrupted += u32::from(latest.contains("interrupted"));
        assert!(["interrupted", "done"].iter().any(|word| latest.contains(word)), "{runs}");
        // Cut short before its first record, it can only say so.
        let undone = sandbox.run(["undo", "last", "--yes"]);
        assert!(undone.code() == 0 || undone.stderr().contains("before it did anything"), "{}", undone.stderr());
        sandbox.unchanged_since(&before);
    }
    assert!(interrupted > 0, "no kill met a run");
}

#[test]
fn an_undo_killed_at_any_moment_goes_on_to_the_byte_and_can_be_undone_itself() {
    if let Some(program) = missing(["git", "python3"]) {
        return skip(&format!("there is no `{program}`"));
    }
    let sandbox = project();
    let before = sandbox.tree();
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    let after = sandbox.tree();
    let start = Instant::now();
    sandbox.run(["undo", "--yes"]).exits(0);
    let whole = start.elapsed();
    sandbox.unchanged_since(&before);
    // An undo of an undo, and of that.
    sandbox.run(["undo", "--yes"]).exits(0);
    sandbox.unchanged_since(&after);

    let mut interrupted = 0;
    for number in 1..=KILLS {
        let first = |runs: &str| runs.lines().next().unwrap_or_default().to_owned();
        let known = first(sandbox.run(["runs"]).stdout());
        let undoing = sandbox.start(["undo", "--yes"]);
        std::thread::sleep(whole * number / (KILLS + 4));
        undoing.signal(Signal::KILL);
        let _killed = undoing.wait(SOON);
        let latest = first(sandbox.run(["runs"]).stdout());
        interrupted += u32::from(latest.contains("interrupted"));
        // One that was cut short goes on; one that was killed before it began is begun.
        if latest.contains("interrupted") || latest == known {
            sandbox.run(["undo", "--yes"]).exits(0);
        }
        sandbox.unchanged_since(&before);
        sandbox.run(["undo", "--yes"]).exits(0);
        sandbox.unchanged_since(&after);
    }
    assert!(interrupted > 0, "no kill met an undo");
}

/// Forgets what the latest run recorded from the end of its last call on, as if it had been killed between what that did
/// and its record.
fn forget_the_last_end(sandbox: &Sandbox) {
    let database = rusqlite::Connection::open(sandbox.path(".rbk/state.db")).expect("it is a database");
    let latest = "(select max(no) from runs)";
    let last = format!("(select max(seq) from entries where run = {latest} and json like '%\"call_ended\"%')");
    database
        .execute_batch(&format!(
            "delete from entries where run = {latest} and seq >= {last}; update runs set ended = null, outcome = null where no = {latest}"
        ))
        .expect("it can be forgotten");
}

#[test]
fn what_was_put_into_the_index_without_a_record_is_no_change_of_others() {
    if let Some(program) = missing(["git"]) {
        return skip(&format!("there is no `{program}`"));
    }
    let policy = "policy p \"P\" { root \".\" }\n\nphase main \"Main\" {\n  step one \"One\" { git.restore(\"src\", from: git.commit_of(\"HEAD~1\")) }\n  \
                  step two \"Two\" { git.restore(\"src\", from: git.commit_of(\"HEAD~2\")) }\n  verify v { expect file.exists(\"src/a\") }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy);
    for release in ["first", "second", "third"] {
        sandbox.write("src/a", format!("{release}\n"));
        sandbox.commit(release);
    }
    let before = sandbox.tree();
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    forget_the_last_end(&sandbox);
    sandbox.run(["undo", "--yes"]).exits(0);
    sandbox.unchanged_since(&before);

    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    sandbox.run(["undo", "--yes"]).exits(0);
    forget_the_last_end(&sandbox);
    sandbox.run(["undo", "--yes"]).exits(0);
    sandbox.unchanged_since(&before);
}

#[test]
fn two_runs_of_one_root_never_meet_whatever_their_state_folders() {
    let policy = "policy p \"P\" { root \".\" }\nphase main \"Main\" {\n  step a \"A\" { exec([\"sh\", \"-c\", \"echo > begun; while [ ! -e \
                  go ]; do sleep 0.05; done\"]); undo none }\n  verify v { expect file.exists(\"go\") }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy);
    let first = sandbox.start(["run", "p.rbk", "--yes"]);
    let start = Instant::now();
    while !sandbox.exists("begun") {
        assert!(start.elapsed() < SOON, "the run does not begin:\n{}", first.so_far());
        std::thread::sleep(Duration::from_millis(5));
    }
    sandbox.run(["run", "p.rbk", "--yes"]).exits(5);
    sandbox.run(["--state", "elsewhere", "run", "p.rbk", "--yes"]).exits(5);
    sandbox.run(["undo", "last", "--yes"]).exits(5);
    sandbox.write("go", "");
    sandbox.finish(first).exits(0);
}

#[test]
fn a_saved_plan_whose_param_has_gone_has_drifted() {
    let policy = "policy p \"P\" { root \".\" }\nparam name: path\nphase main \"Main\" {\n  step a \"A\" { file.write(name, \"x\") }\n  \
                  verify v { expect file.exists(name) }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy);
    let rbk = |name: Option<&str>, arguments: &[&str]| {
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_rbk"), arguments);
        command.envs(name.map(|name| ("RBK_NAME", name)));
        sandbox.finish(Running::start(command, ""))
    };
    rbk(Some("one"), &["plan", "p.rbk", "-o", "plan.json"]).exits(0);
    assert!(rbk(Some("two"), &["run", "plan.json", "--yes"]).exits(4).stderr().contains("one"));
    rbk(None, &["run", "plan.json", "--yes"]).exits(4);
    rbk(Some("one"), &["run", "plan.json", "--yes"]).exits(0);
}
