//! `rbk undo` under attack: what was changed, moved away, made unwritable or filled up since; and what it verifies.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::support::Sandbox;
use crate::support::server::Server;
use crate::support::skip::{missing, skip};

const POLICY: &str = r#"policy p "P" { root "." }
phase main "Main" {
  step one "One" { file.write("sub/deep/a", "after\n") }
  step two "Two" { file.remove("b") }
  step three "Three" { file.write("made/x/new", "n") }
  verify v { expect file.exists("made/x/new") }
}
"#;

/// A project that was rolled back.
fn rolled_back() -> Sandbox {
    let sandbox = Sandbox::new().file("p.rbk", POLICY).file("sub/deep/a", "before\n").file("b", "keep me\n");
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    sandbox
}

fn is_undone(sandbox: &Sandbox) {
    assert_eq!((sandbox.read("sub/deep/a").as_str(), sandbox.read("b").as_str()), ("before\n", "keep me\n"));
    assert!(!sandbox.exists("made"), "what the run made is gone");
}

#[test]
fn a_folder_that_became_a_link_out_of_the_root_is_never_written_through() {
    let sandbox = rolled_back();
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("a"), "not ours\n").expect("a file");
    std::fs::rename(sandbox.path("sub/deep"), sandbox.path("aside")).expect("it can be moved");
    std::os::unix::fs::symlink(outside.path(), sandbox.path("sub/deep")).expect("a link");
    let before = sandbox.tree();
    for force in [&["undo", "--yes"][..], &["undo", "--yes", "--force"]] {
        let ran = sandbox.run(force).exits(6);
        assert!(ran.stderr().contains("`sub/deep` is a link to"), "{}", ran.stderr());
        assert!(ran.stderr().contains("nothing was touched"), "{}", ran.stderr());
        sandbox.unchanged_since(&before);
    }
    assert_eq!(std::fs::read_to_string(outside.path().join("a")).expect("it is there"), "not ours\n");
    std::fs::remove_file(sandbox.path("sub/deep")).expect("the link");
    std::fs::rename(sandbox.path("aside"), sandbox.path("sub/deep")).expect("it goes back");
    sandbox.run(["undo", "--yes"]).exits(0);
    is_undone(&sandbox);
}

#[test]
fn a_folder_that_became_a_file_is_in_the_way_and_stays() {
    for gone in ["sub", "made"] {
        let sandbox = rolled_back();
        std::fs::remove_dir_all(sandbox.path(gone)).expect("a folder");
        sandbox.write(gone, "somebody's\n");
        let before = sandbox.tree();
        for force in [&["undo", "--yes"][..], &["undo", "--yes", "--force"]] {
            let ran = sandbox.run(force).exits(6);
            assert!(ran.stderr().contains(&format!("`{gone}` is no folder any more")), "{}", ran.stderr());
            sandbox.unchanged_since(&before);
        }
    }
}

#[test]
fn a_file_that_became_a_folder_is_captured_before_it_is_replaced() {
    let sandbox = rolled_back();
    std::fs::remove_file(sandbox.path("sub/deep/a")).expect("a file");
    sandbox.write("sub/deep/a/inner/work", "an hour of work\n");
    let ran = sandbox.run(["undo", "--yes"]).exits(6);
    assert!(ran.stderr().contains(&format!("{:<16}a folder", "now")), "{}", ran.stderr());
    sandbox.run(["undo", "--yes", "--force"]).exits(0);
    is_undone(&sandbox);
    sandbox.run(["undo", "--yes"]).exits(0);
    assert_eq!(sandbox.read("sub/deep/a/inner/work"), "an hour of work\n", "nothing is lost by force");
}

#[test]
fn what_somebody_put_into_a_folder_that_goes_is_not_removed_unasked() {
    let policy = "policy p \"P\" { root \".\" }\nphase main \"Main\" {\n  step one \"One\" { file.copy(\"from\", to: \"kept\") }\n  \
                  verify v { expect file.exists(\"kept\") }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy).file("from/a", "a");
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    sandbox.write("kept/notes", "mine\n");
    let ran = sandbox.run(["undo", "--yes"]).exits(6);
    assert!(ran.stderr().contains("changed since: kept/notes"), "{}", ran.stderr());
    assert_eq!(sandbox.read("kept/notes"), "mine\n");
}

#[test]
fn what_was_edited_behind_a_restore_from_git_is_not_overwritten() {
    if let Some(program) = missing(["git"]) {
        return skip(&format!("there is no `{program}`"));
    }
    let policy = "policy p \"P\" { root \".\" }\nphase main \"Main\" {\n  step one \"One\" { git.restore(\"app.conf\", from: \
                  git.commit_of(\"HEAD~1\")) }\n  verify v { expect file.exists(\"app.conf\") }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy).file("app.conf", "mode = safe\n");
    sandbox.commit("good");
    sandbox.write("app.conf", "mode = fast\n");
    sandbox.commit("bad");
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    sandbox.write("app.conf", "mode = safe\nby = hand\n");
    let ran = sandbox.run(["undo", "--yes"]).exits(6);
    assert!(ran.stderr().contains("+by = hand") && ran.stderr().contains("+mode = fast"), "{}", ran.stderr());
    assert_eq!(sandbox.read("app.conf"), "mode = safe\nby = hand\n");
}

#[test]
fn a_folder_that_cannot_be_written_ends_the_undo_where_a_person_can_go_on() {
    let sandbox = rolled_back();
    if let Some(program) = missing(["chattr"]) {
        return skip(&format!("there is no `{program}`"));
    }
    let as_root = rustix::process::geteuid().is_root();
    let lock = |on: bool| -> bool {
        if as_root {
            let flag = if on { "+i" } else { "-i" };
            return sandbox.other("chattr", [flag, "sub/deep"]).code() == 0;
        }
        let mode = std::fs::Permissions::from_mode(if on { 0o555 } else { 0o755 });
        std::fs::set_permissions(sandbox.path("sub/deep"), mode).is_ok()
    };
    if !lock(true) {
        return skip("nothing here is unwritable for this user");
    }
    let ran = sandbox.run(["undo", "--yes"]);
    let left = sandbox.read("sub/deep/a");
    assert!(lock(false), "it can be unlocked again");
    let ran = ran.exits(7);
    assert!(
        ran.stdout().contains("sub/deep/a") && ran.stdout().contains("goes on where this one stopped"),
        "{}",
        ran.stdout()
    );
    assert_eq!(left, "after\n", "whole, as the run left it");
    let ran = sandbox.run(["undo", "--yes"]).exits(0);
    assert!(ran.stderr().contains("this goes on with it"), "{}", ran.stderr());
    is_undone(&sandbox);
}

#[test]
fn a_full_disk_ends_the_undo_and_loses_nothing() {
    if let Some(program) = missing(["unshare", "mount", "dd"]) {
        return skip(&format!("there is no `{program}`"));
    }
    let policy = "policy p \"P\" { root \".\" }\nphase main \"Main\" {\n  step one \"One\" { file.remove(\"big\") }\n  step two \"Two\" \
                  { file.write(\"conf\", \"after\") }\n  verify v { expect file.exists(\"conf\") }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy).folder("disk").folder("state");
    let script = r#"
        mount -t tmpfs -o size=6m none disk || exit 77
        cp p.rbk disk/; head -c 3000000 /dev/urandom > disk/big; echo before > disk/conf; sum=$(cksum < disk/big)
        rbk="$0"; cd disk
        "$rbk" --state ../state run p.rbk --yes >/dev/null 2>&1 || exit 1
        dd if=/dev/zero of=filler bs=4k >/dev/null 2>&1
        "$rbk" --state ../state undo --yes; echo "undo ended with $?"
        test "$(cat conf)" = after -o "$(cat conf)" = before && echo "conf is whole"
        rm filler
        "$rbk" --state ../state undo --yes >/dev/null 2>&1; echo "the next one with $?"
        test "$(cksum < big)" = "$sum" -a "$(cat conf)" = before && echo "everything is back"
    "#;
    let ran = sandbox.other("unshare", ["-Urm", "sh", "-c", script, env!("CARGO_BIN_EXE_rbk")]);
    if ran.code() == 77 || ran.stderr().contains("unshare") {
        return skip("no file system can be mounted here");
    }
    let said = ran.stdout();
    for line in ["undo ended with 7", "No space left", "conf is whole", "the next one with 0", "everything is back"] {
        assert!(said.contains(line), "{line}:\n{said}\n{}", ran.stderr());
    }
}

#[test]
fn verifications_are_asked_at_the_end_and_bind_only_where_they_held_before() {
    let server = Server::start().on("/health", 200, "fine");
    let policy = format!(
        "policy p \"P\" {{ root \".\" }}\nphase main \"Main\" {{\n  step one \"One\" {{ file.write(\"conf\", \"after\") }}\n  verify health \
         {{ within 1s every 100ms; expect http.get(\"{}/health\").status == 200 }}\n}}\n",
        server.url()
    );
    let sandbox = Sandbox::new().file("p.rbk", policy).file("conf", "before");
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);

    // The bad release is back, so it is ill again: said, and no failure.
    server.set("/health", 500, "ill", Duration::ZERO);
    let ran = sandbox.run(["undo", "--yes"]).exits(0);
    let said = ran.stderr();
    assert!(
        said.contains("health: does not hold now") && said.contains("describes the state after the rollback"),
        "{said}"
    );
    assert!(said.contains("500"), "with its values: {said}");

    // Rolled back once more: there it held, so there it has to hold.
    let ran = sandbox.run(["undo", "--yes"]).exits(7);
    assert!(ran.stdout().contains("does not hold again: `health`"), "{}", ran.stdout());
    assert_eq!(sandbox.read("conf"), "after", "everything is restored all the same");

    // Whoever says `undo` again wants that to come to an end.
    server.set("/health", 200, "fine", Duration::ZERO);
    let ran = sandbox.run(["undo", "--yes"]).exits(0);
    assert!(
        ran.stderr().contains("this goes on with it") && ran.stderr().contains("what is left is to verify it"),
        "{}",
        ran.stderr()
    );
    assert_eq!(sandbox.read("conf"), "after");
}

#[test]
fn a_restarted_service_is_ready_again_before_an_undo_is_done() {
    if let Some(program) = missing(["python3"]) {
        return skip(&format!("there is no `{program}`"));
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let serve = format!(
        "import http.server, os\nrelease = open('release').read()\nclass H(http.server.BaseHTTPRequestHandler):\n  def do_GET(self):\n    \
         self.send_response(200); self.end_headers(); self.wfile.write(release.encode())\n  def log_message(self, *a): \
         pass\nhttp.server.HTTPServer(('127.0.0.1', {port}), H).serve_forever()\n"
    );
    let policy = format!(
        "policy p \"P\" {{ root \".\" }}\nphase main \"Main\" {{\n  step back \"Back\" {{ file.write(\"release\", \"good\") }}\n  step restart \
         \"Restart\" {{\n    process.stop(\"serve-{port}.py\", at_most: 1)\n    process.start(\"python3 serve-{port}.py\", ready: \
         tcp.open(\"127.0.0.1:{port}\"))\n    undo repeat\n  }}\n  verify good {{ within 5s; expect \
         http.get(\"http://127.0.0.1:{port}/\").body == \"good\" }}\n}}\n"
    );
    let sandbox = Sandbox::new().file("p.rbk", policy).file("release", "bad").file(&format!("serve-{port}.py"), serve);
    let ask = || sandbox.run(["verify", "p.rbk", "good"]).code();
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    let ran = sandbox.run(["undo", "--yes"]).exits(0);
    assert!(ran.stderr().contains("good: does not hold now"), "it serves the bad release: {}", ran.stderr());
    assert!(ran.stderr().contains("\"bad\""), "and was asked while it was up: {}", ran.stderr());
    assert_eq!(ask(), 1);
    sandbox.run(["undo", "--yes"]).exits(0);
    assert_eq!(ask(), 0, "the undo of the undo has verified it");
}

#[test]
fn a_secret_is_masked_in_what_is_shown_and_content_is_withheld_where_it_is_not_known() {
    let policy = "policy p \"P\" { root \".\" }\nsecret token = env(\"TOKEN\")\nphase main \"Main\" {\n  step one \"One\" { \
                  file.write(\"conf\", \"after\\n\") }\n  step use \"Use it\" { exec([\"true\"], env: { TOKEN: token }); idempotent }\n  \
                  verify v { expect file.exists(\"conf\") }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy).file("conf", "before\n").env("TOKEN", "hunter2-secret");
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    sandbox.write("conf", "token = hunter2-secret\n");
    let ran = sandbox.run(["undo", "--yes"]).exits(6);
    assert!(ran.stderr().contains("+token = «secret token»"), "{}", ran.stderr());
    assert!(!ran.stderr().contains("hunter2"), "{}", ran.stderr());
    let sandbox = sandbox.env("TOKEN", "");
    sandbox.write("conf", "token = hunter2-secret\n");
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_rbk"), ["undo", "--yes"]);
    command.env_remove("TOKEN");
    let ran = sandbox.finish(crate::support::process::Running::start(command, "")).exits(6);
    assert!(ran.stderr().contains("its content is not shown, since it may hold `token`"), "{}", ran.stderr());
    assert!(!ran.stderr().contains("hunter2"), "{}", ran.stderr());
}

#[test]
fn undoing_a_move_keeps_no_copy_of_what_is_moved() {
    let policy = "policy p \"P\" { root \".\" }\nphase main \"Main\" {\n  step aside \"Aside\" { file.move(\"big\", to: \"new/big\") }\n  \
                  verify v { expect file.exists(\"new/big\") }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy).file("big", vec![0_u8; 100_000]);
    let before = sandbox.tree();
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    let after = sandbox.tree();
    for state in [&before, &after, &before, &after, &before] {
        sandbox.run(["undo", "--yes"]).exits(0);
        sandbox.unchanged_since(state);
    }
    assert!(!sandbox.exists(".rbk/objects"), "nothing large was kept");
}

#[test]
fn an_undo_asks_or_says_which_flag_answers() {
    let sandbox = rolled_back();
    let before = sandbox.tree();
    let ran = sandbox.run(["undo"]).exits(3);
    assert!(ran.stderr().contains("--yes"), "{}", ran.stderr());
    sandbox.unchanged_since(&before);
}
