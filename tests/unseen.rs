//! What nobody is shown: secrets from the first line on, and orders to a terminal in what others wrote.

use crate::support::Sandbox;

const EARLY: &str = r#"policy p "P" { root "." }
secret token = env("TOK")
phase main "Main" {
  let settings = file.text("settings")
  step cat "Cat" { exec(["cat", "settings"]); idempotent }
  step write "Write" { file.append("settings", "more\n") }
  step look "Look" { exec(["echo", settings]); idempotent }
  step use "Use" { exec(["true"], env: { T: token }); idempotent }
}
verify is_set "Set" { within 1s; expect file.text("settings") == "other" }
"#;

fn early() -> Sandbox {
    Sandbox::new().file("p.rbk", EARLY).file("settings", "pw: hunter2secret\n").env("TOK", "hunter2secret")
}

#[test]
fn a_secret_is_hidden_before_the_first_step_that_uses_it() {
    let sandbox = early();
    let tell = |arguments: &[&str]| sandbox.run(arguments).does_not_crash().never_says("hunter2");
    tell(&["plan", "p.rbk"]).exits(0).says("«secret token»");
    tell(&["plan", "p.rbk", "--format", "json", "-o", "plan.json"]).exits(0).says("«secret token»");
    assert!(!sandbox.read("plan.json").contains("hunter2"));
    // What is hidden in the file is still compared.
    tell(&["run", "plan.json", "--dry-run"]).exits(0);
    sandbox.write("settings", "pw: hunter2secret!\n");
    tell(&["run", "plan.json", "--dry-run"]).exits(4).says("«secret token»!");
    sandbox.write("settings", "pw: hunter2secret\n");
    tell(&["verify", "p.rbk"]).says("«secret token»");
    tell(&["run", "p.rbk", "--yes", "--format", "json"]).exits(0).says("«secret token»");
    tell(&["show"]).exits(0).says("«secret token»");
    tell(&["undo", "--yes", "--verbose"]);
    for entry in walkdir::WalkDir::new(sandbox.path(".rbk")).into_iter().map(|entry| entry.expect("it can be read")) {
        if entry.file_type().is_file() {
            let content = std::fs::read(entry.path()).expect("it can be read");
            assert!(!content.windows(13).any(|part| part == b"hunter2secret"), "{}", entry.path().display());
        }
    }
}

#[test]
fn a_secret_that_is_part_of_a_path_leads_no_undo_elsewhere() {
    let policy = "policy p \"P\" { root \".\" }\nsecret token = env(\"TOK\")\n\nphase main \"Main\" {\n  step w \"W\" { \
                  file.write(\"conf/app\", \"new\"); file.move(\"conf/app\", to: \"conf/moved\") }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy).file("conf/app", "old");
    let root = sandbox.root().file_name().expect("it has a name").to_string_lossy().into_owned();
    for secret in ["conf".to_owned(), root] {
        comes_back(&sandbox, &secret);
    }
}

fn comes_back(sandbox: &Sandbox, secret: &str) {
    let before = sandbox.tree();
    let tell = |verb: &[&str]| {
        let script = format!("TOK='{secret}' exec \"$0\" {}", verb.join(" "));
        sandbox.other("sh", ["-c", &script, env!("CARGO_BIN_EXE_rbk")]).does_not_crash()
    };
    tell(&["run", "p.rbk", "--yes", "--again"]).exits(0);
    assert_eq!(sandbox.read("conf/moved"), "new");
    tell(&["undo", "--yes"]).exits(0);
    sandbox.unchanged_since(&before);
}

#[test]
fn an_undo_shows_no_value_that_a_secret_had_before() {
    let policy = "policy p \"P\" { root \".\" }\nsecret token = file(\"token\")\n\nphase main \"Main\" {\n  step w \"W\" { \
                  file.append(\"settings\", \"more\\n\") }\n  step u \"U\" { exec([\"true\"], env: { T: token }); idempotent }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy).file("token", "oldsecret1");
    let sandbox = sandbox.file("settings", "pw: oldsecret1\nother: text\n");
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    sandbox.write("settings", "pw: oldsecret1\nother: changed\n");
    // As long as it is the same, it can be looked for.
    sandbox.run(["undo", "--dry-run"]).says("changed since").says("-other: changed").never_says("oldsecret1");
    sandbox.write("token", "newsecret2");
    let ran = sandbox.run(["undo", "--dry-run"]).says("changed since").never_says("oldsecret1").never_says("-other");
    ran.says("a value of `token` that is not the one of now");
}

#[test]
fn a_terminal_takes_no_orders_from_contents_and_outputs() {
    let policy = "policy p \"P\" { root \".\" }\n\nphase main \"Main\" {\n  step s \"S\" { file.append(\"t\", \"q\"); exec([\"cat\", \
                  \"t\"]); idempotent }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", policy).file("t", "a\u{1b}[31mb\rz\n\u{202e}c\n");
    for color in ["never", "always"] {
        let plan = sandbox.run(["plan", "p.rbk", "--color", color]).exits(0).never_says("\u{1b}[31mb");
        plan.says("a\\x1b[31mb\\r").says("\\u{202e}c");
    }
    let verbose = sandbox.run(["run", "p.rbk", "--yes", "--verbose"]).exits(0).never_says("\u{1b}[31m");
    verbose.says("a\\x1b[31mb");
    sandbox.run(["show"]).exits(0).never_says("\u{1b}").says("a\\x1b[31mb");
    sandbox.run(["show", "--format", "json"]).exits(0).says("a\\u001b[31mb");
    sandbox.write("t", "x\u{1b}[2Jy\n");
    sandbox.run(["undo", "--dry-run"]).never_says("\u{1b}").says("x\\x1b[2Jy");
}
