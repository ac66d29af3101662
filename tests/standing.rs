//! A state folder that is taken away, replaced or cut short, and runs that are recorded elsewhere than where one stands: each
//! is said, nothing is done that is not written down, and no other root is acted on.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::Sandbox;
use crate::support::ran::Ran;

/// Longer than any healthy answer takes, on a loaded machine.
const SOON: Duration = Duration::from_secs(30);

/// A policy that writes `a`, waits for the file `end`, then writes `b`.
fn project() -> Sandbox {
    let policy = "policy p \"P\" { root \".\" }\n\nphase main \"Main\" {\n  step one \"One\" { file.write(\"a\", \"new\\n\") }\n  \
                  step slow \"Slow\" {\n    timeout 1m\n    after one\n    exec([\"sh\", \"-c\", \"echo > begun; while [ ! -e end ]; do sleep \
                  0.05; done\"])\n    undo { file.remove(\"begun\") }\n  }\n  step two \"Two\" { after slow; file.write(\"b\", \"new\\n\") \
                  }\n  verify v { expect file.exists(\"b\") }\n}\n";
    Sandbox::new().file("p.rbk", policy).file("a", "old\n")
}

/// Runs it, and does `meanwhile` while the second step waits.
fn meanwhile(sandbox: &Sandbox, meanwhile: impl FnOnce()) -> Ran {
    let running = sandbox.start(["run", "p.rbk", "--yes"]);
    let start = Instant::now();
    while !sandbox.exists("begun") {
        assert!(start.elapsed() < SOON, "the run does not begin:\n{}", running.so_far());
        std::thread::sleep(Duration::from_millis(5));
    }
    meanwhile();
    sandbox.write("end", "");
    sandbox.finish(running)
}

fn cut(path: &Path, length: u64) {
    std::fs::File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

#[test]
fn a_state_folder_that_is_removed_ends_the_run() {
    let sandbox = project();
    let ran = meanwhile(&sandbox, || std::fs::remove_dir_all(sandbox.path(".rbk")).unwrap());
    ran.exits(1).does_not_crash().says("the journal cannot be written").says("was removed meanwhile").says("by hand");
    assert!(!sandbox.exists("b"), "no step starts that is not written down");
    assert_eq!(sandbox.read("a"), "new\n", "what was done stands");
    assert!(!sandbox.exists(".rbk"), "it is not made anew: an empty one would look like no run");
}

#[test]
fn a_state_folder_that_is_moved_ends_the_run_and_keeps_what_it_holds() {
    let sandbox = project();
    let ran = meanwhile(&sandbox, || std::fs::rename(sandbox.path(".rbk"), sandbox.path("kept")).unwrap());
    ran.exits(1).says("was moved to").says("/kept").says("mv ");
    assert!(!sandbox.exists("b"));
    std::fs::rename(sandbox.path("kept"), sandbox.path(".rbk")).unwrap();
    sandbox.run(["undo", "--yes"]).exits(0);
    assert_eq!(sandbox.read("a"), "old\n");
}

#[test]
fn a_state_folder_that_is_replaced_ends_the_run() {
    let sandbox = project();
    let ran = meanwhile(&sandbox, || {
        std::fs::rename(sandbox.path(".rbk"), sandbox.path("kept")).unwrap();
        let copied = Command::new("cp").arg("-a").arg(sandbox.path("kept")).arg(sandbox.path(".rbk")).status().unwrap();
        assert!(copied.success());
        std::fs::remove_dir_all(sandbox.path("kept")).unwrap();
    });
    ran.exits(1).says("was replaced by another one");
    assert!(!sandbox.exists("b"));
}

#[test]
fn files_of_the_journal_that_are_cut_short_or_removed_meanwhile_end_the_run() {
    for name in ["state.db", "state.db-wal", "state.db-shm"] {
        let sandbox = project();
        let path = sandbox.path(".rbk").join(name);
        meanwhile(&sandbox, || std::fs::remove_file(&path).unwrap()).exits(1).does_not_crash().says("was removed");
        assert!(!sandbox.exists("b"), "{name}");
        if name == "state.db-shm" {
            continue;
        }
        let sandbox = project();
        let path = sandbox.path(".rbk").join(name);
        meanwhile(&sandbox, || cut(&path, 0)).exits(1).does_not_crash().says(name).says("was cut short");
        assert!(!sandbox.exists("b"), "{name}");
    }
}

#[test]
fn the_index_of_the_log_is_made_anew_when_it_was_cut_short() {
    for length in [0, 100, 4096] {
        let sandbox = project();
        let path = sandbox.path(".rbk/state.db-shm");
        meanwhile(&sandbox, || cut(&path, length)).exits(0).does_not_crash();
        sandbox.run(["undo", "--yes"]).exits(0);
        assert_eq!(sandbox.read("a"), "old\n", "nothing was lost with it, cut to {length}");
    }
}

#[test]
fn the_end_of_a_run_that_cannot_be_recorded_is_no_success() {
    let policy = "policy p \"P\" { root \".\" }\n\nphase main \"Main\" {\n  step away \"Away\" {\n    exec([\"sh\", \"-c\", \"mv .rbk \
                  kept\"])\n    irreversible \"a test\"\n  }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy);
    sandbox.run(["run", "p.rbk", "--yes"]).exits(1).says("was moved to");
}

#[test]
fn a_damaged_database_is_said_and_nothing_is_changed() {
    let sandbox = project().file("end", "");
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    let path = sandbox.path(".rbk/state.db");
    let whole = std::fs::read(&path).unwrap();
    let before = sandbox.read("a");
    for length in [0, 1, 10, 99, 100, 1000, 4095, 4096, whole.len() as u64 - 1] {
        std::fs::write(&path, &whole).unwrap();
        cut(&path, length);
        for arguments in [&["runs"][..], &["show"], &["undo", "--yes"], &["run", "p.rbk", "--yes", "--again"]] {
            let ran = sandbox.run(arguments).does_not_crash().exits(6);
            ran.says("state.db` is damaged").says("nothing was changed").says("mv ");
            assert_eq!(sandbox.read("a"), before, "cut to {length}: {arguments:?}");
        }
    }
    std::fs::write(&path, &whole).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().write_all_at(&[0xff; 4096], 4096).unwrap();
    sandbox.run(["undo", "--yes"]).does_not_crash().exits(6);
    std::fs::write(&path, &whole).unwrap();
    sandbox.run(["undo", "--yes"]).exits(0);
}

/// Runs `rbk` in a folder of the project.
fn inside(sandbox: &Sandbox, folder: &str, arguments: &[&str]) -> Ran {
    let script = format!("cd {folder} && exec \"$0\" \"$@\"");
    let arguments = ["-c", &script, env!("CARGO_BIN_EXE_rbk")].into_iter().chain(arguments.iter().copied());
    sandbox.other("sh", arguments)
}

fn writes(name: &str, root: &str, file: &str) -> String {
    format!(
        "policy {name} \"P\" {{ root \"{root}\" }}\n\nphase main \"Main\" {{\n  step s \"S\" {{ file.write(\"{file}\", \"{name}\\n\") \
         }}\n}}\n"
    )
}

#[test]
fn an_undo_that_names_no_run_takes_none_of_a_root_around() {
    let sandbox = Sandbox::new().file("p.rbk", writes("outer", ".", "out")).folder("src/deep");
    let sandbox =
        sandbox.file("nested/p.rbk", writes("inner", ".", "out")).file("ops/p.rbk", writes("ops", "..", "of"));
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    let root = sandbox.root().display().to_string();
    for verb in [&["undo", "--yes"][..], &["show"], &["runs"]] {
        let ran = inside(&sandbox, "nested", verb).exits(2).stderr_has("no run of this root").stderr_has("/nested`");
        ran.stderr_has(&format!("`{root}`"));
    }
    assert_eq!(sandbox.read("out"), "outer\n");
    inside(&sandbox, "nested", &["run", "--yes"]).exits(0);
    inside(&sandbox, "nested", &["undo", "--yes"]).exits(0);
    assert_eq!(sandbox.read("out"), "outer\n");
    // A policy that acts on the folder above means the runs of that, and so does a folder without any policy.
    inside(&sandbox, "ops", &["runs"]).exits(0).stdout_has("outer");
    inside(&sandbox, "src/deep", &["undo", "--yes"]).exits(0);
    assert!(!sandbox.exists("out"));
}

#[test]
fn an_undo_that_names_no_run_takes_none_of_another_root_in_one_state_folder() {
    let sandbox =
        Sandbox::new().file("a/p.rbk", writes("first", ".", "out")).file("b/p.rbk", writes("second", ".", "out"));
    inside(&sandbox, "a", &["run", "--yes", "--state", "../state"]).exits(0);
    inside(&sandbox, "b", &["run", "--yes", "--state", "../state"]).exits(0);
    let refused = inside(&sandbox, "a", &["undo", "--yes", "--state", "../state"]).exits(2);
    refused.stderr_has("acted on another root").stderr_has("/b`").stderr_has("rbk undo ");
    assert!(sandbox.exists("a/out") && sandbox.exists("b/out"));
    inside(&sandbox, "b", &["undo", "--yes", "--state", "../state"]).exits(0);
    assert!(sandbox.exists("a/out") && !sandbox.exists("b/out"));
}

#[test]
fn an_output_that_is_full_is_said_and_stops_no_run() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    for format in ["auto", "json"] {
        let sandbox = Sandbox::new().file("p.rbk", writes("p", ".", "out"));
        let full = |verb: &str| {
            let script = format!("exec \"$0\" {verb} --yes --format {format} >/dev/full");
            sandbox.other("sh", ["-c", &script, env!("CARGO_BIN_EXE_rbk")])
        };
        full("run p.rbk").exits(1).does_not_crash().stderr_has("could not be written to standard output");
        assert!(sandbox.exists("out"), "the run went on");
        sandbox.run(["runs"]).stdout_has("done");
        full("undo").exits(1).stderr_has("could not be written to standard output");
        assert!(!sandbox.exists("out"), "the undo went on");
    }
    let sandbox = Sandbox::new().file("p.rbk", writes("p", ".", "out"));
    for verb in ["plan", "check --format json", "doc", "graph", "schema plan", "man", "completions bash"] {
        let script = format!("exec \"$0\" {verb} >/dev/full");
        let ran = sandbox.other("sh", ["-c", &script, env!("CARGO_BIN_EXE_rbk")]).does_not_crash().exits(1);
        ran.stderr_has("write");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let sandbox = Sandbox::new().file("p.rbk", writes("p", ".", "out"));
    // The pipe is closed before rbk begins to write.
    let script = "{ sleep 0.2; \"$0\" run p.rbk --yes --format json; echo $? >code; } | true";
    let ran = sandbox.other("bash", ["-c", script, env!("CARGO_BIN_EXE_rbk")]);
    ran.stderr_is_empty();
    assert_eq!(sandbox.read("code"), "0\n");
    assert!(sandbox.exists("out"));
}

#[test]
fn a_variable_of_rbk_itself_sets_no_param() {
    let policy = "policy p \"P\" { root \".\" }\nparam state: string = \"default\"\nparam operator: string\nparam other: string = \
                  \"x\"\n\nphase main \"Main\" { step s \"S\" { file.write(\"out\", \"${state} ${operator} ${other}\") } }\n";
    let sandbox = Sandbox::new().file("p.rbk", policy);
    let sandbox = sandbox.env("RBK_STATE", "records").env("RBK_OPERATOR", "ana").env("RBK_OTHER", "y");
    let ran = sandbox.run(["run", "p.rbk", "--yes"]).exits(3).stderr_has("--set operator=VALUE");
    ran.never_says("set `RBK_OPERATOR`");
    sandbox.run(["run", "p.rbk", "--yes", "--set", "operator=ben"]).exits(0);
    assert_eq!(sandbox.read("out"), "default ben y");
    assert!(sandbox.exists("records/state.db"));
}

/// Does `sql` to the state database.
fn harm(sandbox: &Sandbox, sql: &str) {
    let database = rusqlite::Connection::open(sandbox.path(".rbk/state.db")).expect("it is a database");
    database.execute_batch(sql).expect("it can be done");
}

#[test]
fn a_damaged_record_or_capture_keeps_an_undo_from_beginning() {
    let policy = "policy p \"P\" { root \".\" }\n\nphase main \"Main\" {\n  step one \"One\" { file.write(\"a\", \"new\") }\n  step \
                  two \"Two\" { file.write(\"b\", \"new\") }\n}\n";
    let captured = blake3::hash(b"old a").to_hex();
    let last = "(select max(seq) from entries)";
    let harms = [
        format!("update entries set json = substr(json, 1, 40) where seq = {last} - 1"),
        format!("delete from entries where seq = {last} - 2"),
        "delete from entries where seq = 1".to_owned(),
        format!("delete from entries where seq = {last}"),
        "update runs set started = 'yesterday'".to_owned(),
        // What is restored last: the rest must not be restored before.
        format!("update objects set data = zeroblob(length(data)) where id = '{captured}'"),
        format!("delete from objects where id = '{captured}'"),
    ];
    for sql in harms {
        let sandbox = Sandbox::new().file("p.rbk", policy).file("a", "old a").file("b", "old b");
        sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
        harm(&sandbox, &sql);
        let ran = sandbox.run(["undo", "--yes"]).does_not_crash();
        assert_eq!(ran.code(), 6, "{sql}: {}", ran.stderr());
        ran.stderr_has("nothing was changed");
        assert_eq!((sandbox.read("a"), sandbox.read("b")), ("new".to_owned(), "new".to_owned()), "{sql}");
        sandbox.run(["show"]).does_not_crash();
        sandbox.run(["runs"]).does_not_crash();
    }
}

#[test]
fn a_file_above_tells_its_root_and_is_not_compiled() {
    let policy = |rest: &str| format!("policy up \"Up\" {{ root \"other\" }}\n{rest}");
    let sandbox = Sandbox::new().file("other/q.rbk", writes("other", ".", "out")).folder("sub/deep");
    sandbox.run(["run", "other/q.rbk", "--yes"]).exits(0);
    // Its text says enough, also where it has mistakes further on.
    sandbox.write("up.rbk", policy("phase main \"Main\" { step s \"S\" { file.wrong() } }\n"));
    inside(&sandbox, "sub/deep", &["runs"]).exits(0).stdout_has("other");
    // What is too large to be a policy of people is not read at all.
    sandbox.write("up.rbk", policy(&"# as long as a dump\n".repeat(100_000)));
    inside(&sandbox, "sub/deep", &["undo", "--yes"]).exits(2).stderr_has("no run was recorded");
    inside(&sandbox, "sub/deep", &[]).exits(0).stdout_has("rbk demo");
    assert!(sandbox.exists("other/out"));
}
