//! What is asked and compared before a run starts, as far as it needs variables or a terminal.

use crate::support::Sandbox;
use crate::support::ran::Ran;
use crate::support::skip::{missing, skip};

const PARAMS: &str = r#"policy p "P" { root "." }
param keep: int = 3
environment staging default { keep = 5 }
phase main "Main" {
  step write "Write" { file.write("out", "${keep}") }
  verify there { expect file.exists("out") }
}
"#;

#[test]
fn a_variable_stands_above_a_file_of_params_and_below_what_is_set() {
    let sandbox = Sandbox::new().file("p.rbk", PARAMS).file("p.toml", "keep = 9\n").env("RBK_KEEP", "2");
    sandbox.run(["plan", "p.rbk", "--params", "p.toml"]).exits(0).stdout_has("keep = 2").stdout_has("RBK_KEEP");
    sandbox.run(["plan", "p.rbk", "--params", "p.toml", "--set", "keep=1"]).exits(0).stdout_has("keep = 1");
}

#[test]
fn a_saved_plan_notices_a_variable_that_stands_above_what_it_read() {
    let sandbox = Sandbox::new().file("p.rbk", PARAMS).file("p.toml", "keep = 9\n");
    sandbox.run(["plan", "p.rbk", "--params", "p.toml", "-o", "plan.json"]).exits(0);
    let sandbox = sandbox.env("RBK_KEEP", "2");
    let before = sandbox.tree();
    sandbox.run(["run", "plan.json", "--yes"]).exits(4).stderr_has("param keep");
    assert!(!sandbox.exists("out"), "{before:?} has no `out`");
}

#[test]
fn a_param_that_nobody_gave_is_asked_for_until_it_fits() {
    const NEEDED: &str = r#"policy p "P" { root "." }
param times: int where times in 1..3 "how often"
phase main "Main" {
  step write "Write" { file.write("out", "${times}") }
  verify there { expect file.exists("out") }
}
"#;
    if missing(["script"]).is_some() {
        return skip("there is no `script`");
    }
    let sandbox = Sandbox::new().file("p.rbk", NEEDED);
    let ran = at_a_terminal(&sandbox, "run p.rbk --yes", "many\\n7\\n\\n2\\n").exits(0);
    ran.stdout_has("how often")
        .stdout_has("`many` is no int")
        .never_says("--set)")
        .stdout_has("must be `where times in 1..3`");
    assert_eq!(sandbox.read("out"), "2");
    let sandbox = Sandbox::new().file("p.rbk", NEEDED);
    at_a_terminal(&sandbox, "run p.rbk --yes", "").exits(3).stdout_has("nothing was changed");
    assert!(!sandbox.exists("out"));
}

const APPROVED: &str = r#"policy p "P" { root "." }
severity high "Somebody agrees" { within 15m; start after approval(by: lead, within: 10m) }
role lead { members "ana"; may approve; may start up to high }
phase main "Main" {
  step write "Write" { file.write("out", "1") }
  verify there { expect file.exists("out") }
}
"#;

/// Runs `rbk` on a terminal, at which somebody types `typed`.
fn at_a_terminal(sandbox: &Sandbox, arguments: &str, typed: &str) -> Ran {
    let rbk = env!("CARGO_BIN_EXE_rbk");
    let line = format!("printf '{typed}' | script -qec '{rbk} {arguments}' /dev/null");
    sandbox.other("sh", ["-c", line.as_str()])
}

#[test]
fn an_approval_is_asked_for_after_the_plan_and_stands_in_the_record() {
    if missing(["script"]).is_some() {
        return skip("there is no `script`");
    }
    let sandbox = Sandbox::new().file("p.rbk", APPROVED);
    at_a_terminal(&sandbox, "run p.rbk --severity high --yes", "no\\n").exits(6).stdout_has("declined by `lead`");
    assert!(!sandbox.exists("out") && !sandbox.exists(".rbk"), "nothing was done");
    let ran = at_a_terminal(&sandbox, "run p.rbk --severity high --yes", "yes\\n").exits(0);
    let shown = ran.stdout().find("file.write").or_else(|| ran.stdout().find("written"));
    assert!(shown < ran.stdout().find("approval of `lead`"), "the plan comes before the question: {}", ran.stdout());
    sandbox
        .run(["show", "last"])
        .exits(0)
        .stdout_has("was approved at the terminal; that it was `lead` is not verified");
}

#[test]
fn a_saved_plan_asks_for_the_approval_that_its_severity_wants() {
    if missing(["script"]).is_some() {
        return skip("there is no `script`");
    }
    let sandbox = Sandbox::new().file("p.rbk", APPROVED);
    sandbox.run(["plan", "p.rbk", "--severity", "high", "-o", "plan.json"]).exits(0);
    sandbox.run(["run", "plan.json", "--yes"]).exits(3).stderr_has("nothing was changed");
    at_a_terminal(&sandbox, "run plan.json --yes", "no\\n").exits(6);
    assert!(!sandbox.exists("out"));
    at_a_terminal(&sandbox, "run plan.json --yes", "yes\\n").exits(0);
    assert!(sandbox.exists("out"));
}

#[test]
fn a_step_of_a_handler_is_done_only_when_it_was_approved() {
    const HANDLER: &str = r#"policy p "P" { root "." }
role lead { members "ana"; may approve }
phase main "Main" {
  step first "First" {
    exec(["false"])
    irreversible "an example"
    on failure { step mend "Mend it" { approve by lead; file.write("mended", "1") } }
  }
  verify there { expect file.exists("p.rbk") }
}
"#;
    if missing(["script"]).is_some() {
        return skip("there is no `script`");
    }
    for (typed, mended) in [("no\\n", false), ("yes\\n", true)] {
        let sandbox = Sandbox::new().file("p.rbk", HANDLER);
        at_a_terminal(&sandbox, "run p.rbk --yes", typed).stdout_has("approval of `lead`");
        assert_eq!(sandbox.exists("mended"), mended, "{typed}");
    }
    let sandbox = Sandbox::new().file("p.rbk", HANDLER);
    sandbox.run(["run", "p.rbk", "--yes"]).stderr_has("wants the approval of `lead`");
    assert!(!sandbox.exists("mended"), "nobody was asked");
}
