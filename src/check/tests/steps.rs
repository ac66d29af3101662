//! Steps, calls, verifications: what they take, and what the typed policy says of them.

use super::support::{clean, expect_error, expect_errors, in_phase};
use crate::catalogue::ty::{Dialect, Type};
use crate::check::model::{CallArg, ExprKind, Item, OnFailure, Policy, Step, StepItem, Undo};
use std::sync::Arc;
use std::time::Duration;

fn first_step(policy: &Policy) -> Arc<Step> {
    let found = policy.phases[0].body.items.iter().find_map(|item| match item {
        Item::Step(step) => Some(Arc::clone(step)),
        _ => None,
    });
    found.expect("the phase has a step")
}

/// The argument of the first call of the first step.
fn argument(policy: &Policy, index: usize) -> (Type, ExprKind) {
    let step = first_step(policy);
    let Some(StepItem::Call(call)) = step.body.iter().find(|item| matches!(item, StepItem::Call(_))) else {
        panic!("the step has a call")
    };
    match &call.args[index] {
        CallArg::Value(expr) | CallArg::Lazy(expr) => (expr.ty.clone(), expr.kind.clone()),
        CallArg::Absent => panic!("it is given"),
    }
}

#[test]
fn every_clause() {
    let policy = clean(
        r#"
role ops { members "ana"; may approve }
phase p {
  step a { wait(1s) }
  step b "title" {
    after a
    timeout 10s
    within 20s
    by 1m
    retry 3 every 5s backoff 2
    graceful
    idempotent
    mitigates
    reads "file:x", "y"
    writes ["db:main"]
    touches "server/**"
    done when file.exists("x")
    irreversible "it is sent"
    approve by ops
    preview exec(["x", "--dry-run"])
    undo { file.remove("x") }
    on failure { step c { wait(1s) } }
    let x = file.text("x")
    require x != "", "why ${x}"
    exec(["x"], timeout: 5s, retry: 2, fails: warn)
    expect file.exists("x"), "it is there"
    for f in ["a", "b"] { file.remove(f) }
    if file.exists("y") { file.remove("y") } else { file.remove("z") }
  }
}
"#,
    );
    let Item::Step(step) = &policy.phases[0].body.items[1] else { panic!("a step") };
    let clauses = &step.clauses;
    assert_eq!(clauses.after[0].text.as_ref(), "a");
    assert!(clauses.graceful && clauses.idempotent && clauses.mitigates);
    let retry = clauses.retry.as_ref().unwrap();
    assert_eq!((retry.times, retry.every, retry.backoff), (3, Duration::from_secs(5), 2.0));
    assert_eq!((clauses.reads.as_ref().unwrap().len(), clauses.writes.as_ref().unwrap().len()), (2, 1));
    assert!(clauses.done_when.is_some() && clauses.irreversible.is_some() && clauses.preview.is_some());
    assert!(matches!(&clauses.undo, Undo::Block(items) if items.len() == 1));
    assert!(matches!(&clauses.on_failure, Some(OnFailure::Steps(block)) if block.items.len() == 1));
    assert_eq!(step.body.len(), 6);
    let StepItem::Call(call) = &step.body[2] else { panic!("the third is a call") };
    assert!(matches!(call.fails, Some(OnFailure::Warn)) && call.retry == Some(2) && call.timeout.is_some());
}

#[test]
fn refused_clauses() {
    let cases = [
        ("timeout 10", "E0203", "10"),
        ("timeout 10MB", "E0202", "10MB"),
        ("timeout", "E0213", "timeout"),
        ("timeout 10s please", "E0104", "please"),
        ("timeout 0s", "E0211", "0s"),
        ("timeout (-3s)", "E0211", "(-3s)"),
        ("retry 3 evry 5s", "E0104", "evry"),
        ("retry (-1)", "E0211", "(-1)"),
        ("retry 1.5", "E0201", "1.5"),
        ("retry 2 backoff 0.5", "E0211", "0.5"),
        ("done file.exists(\"x\")", "E0213", "done"),
        ("undo twice", "E0213", "undo"),
        ("approve by nobody", "E0505", "nobody"),
        ("on failure explode", "E0104", "explode"),
        ("on failure wrn", "E0104", "wrn"),
        ("on failure run q", "E0101", "q"),
        ("on declined { step q { wait(1s) } }", "E0110", "declined"),
        ("graceful { wait(1s) }", "E0016", "{"),
        ("symptoms \"x\"", "E0104", "symptoms"),
        ("expect 5", "E0201", "5"),
        ("verify v { expect true }", "E0016", "verify"),
        ("parallel for x in [\"a\"] { file.remove(x) }", "E0016", "parallel"),
    ];
    expect_errors(cases.map(|(clause, code, underlined)| {
        (in_phase(&format!("step s {{\n  {clause}\n  wait(1s)\n}}")), code, underlined)
    }));
}

#[test]
fn refused_calls() {
    let cases = [
        ("http.get(\"http://h/\")", "E0016", "http.get"),
        ("len(\"x\")", "E0016", "len"),
        ("file.copy(\"a\")", "E0205", "file.copy"),
        ("file.copy(\"a\", \"b\")", "E0206", "\"b\""),
        ("file.copy(\"a\", to: \"b\", to: \"c\")", "E0207", "to"),
        ("file.copy(\"a\", too: \"b\", to: \"c\")", "E0105", "too"),
        ("file.copy(5, to: \"b\")", "E0201", "5"),
        ("file.copy([\"a\", 5], to: \"b\")", "E0201", "5"),
        ("exec(\"npm run x\")", "E0201", "\"npm run x\""),
        ("exec([\"x\"], retry: \"x\")", "E0201", "\"x\""),
        ("exec([\"x\"], fails: wran)", "E0101", "wran"),
        ("exec([\"x\"], ok: \"x\")", "E0201", "\"x\""),
        ("config.set(\"a.json\", \"k\", 1, mode: \"instan\")", "E0212", "\"instan\""),
        ("wait_until(5, within: 5m)", "E0201", "5"),
        ("wait_until(tcp.open(\"h:1\"))", "E0205", "wait_until"),
        ("wait(5MB)", "E0202", "5MB"),
        ("nothing.here()", "E0103", "nothing.here"),
    ];
    expect_errors(
        cases.map(|(call, code, underlined)| (in_phase(&format!("step s {{\n  {call}\n}}")), code, underlined)),
    );
    expect_error(&in_phase("file.remove(\"x\")"), "E0016", "file.remove(\"x\")");
}

#[test]
fn the_help_of_a_second_positional_names_its_label() {
    let found = expect_error(&in_phase("step s { file.copy(\"a\", \"b\") }"), "E0206", "\"b\"");
    assert!(found.help.unwrap().contains("to: \"b\""));
}

#[test]
fn arguments_take_the_type_of_their_parameter() {
    let copy = |arg: &str| {
        clean(&in_phase(&format!(
            "let one = \"a\"\nlet all = [\"a\", \"b\"]\nstep s {{ file.copy({arg}, to: \"x\") }}"
        )))
    };
    assert!(matches!(argument(&copy("\"a\""), 0), (Type::Path, ExprKind::Const(_))));
    assert!(matches!(argument(&copy("one"), 0), (Type::Path, ExprKind::Convert(_))));
    assert_eq!(argument(&copy("all"), 0).0, Type::list(Type::Path));
    assert_eq!(argument(&copy("[\"a\", one]"), 0).0, Type::list(Type::Path));
    assert!(matches!(argument(&copy("\"${one}.bak\""), 0), (Type::Path, ExprKind::Interpolate(_))));
    let policy = clean(&in_phase("step s { file.remove([\"a\", \"b\"]) }"));
    assert_eq!(argument(&policy, 0).0, Type::list(Type::Path));
    let policy = clean(&in_phase("let name = \"a b\"\nstep s { sh(\"rm ${name}\") }"));
    assert!(matches!(argument(&policy, 0), (Type::Code(Dialect::Shell), ExprKind::Interpolate(_))));
    let policy = clean(&in_phase(
        "let age = 5\nstep s { sql.exec(sqlite(\"a.db\"), \"delete from t where a > ${age} and b = ?\", [age, \"x\"]) }",
    ));
    assert_eq!(argument(&policy, 1).0, Type::Code(Dialect::Sql));
    let policy = clean(&in_phase("step s { wait_until(tcp.open(\"h:1\") and file.exists(\"x\"), within: 5m) }"));
    assert_eq!(argument(&policy, 0).0, Type::Bool);
}

#[test]
fn verifications() {
    let policy = clean(
        r#"
verify health "It is healthy" { within 20s every 2s; hold 5m tolerate 1; expect true, "why"; should 1 < 2; fail when 2 < 1; on failure { step fix { wait(1s) } } }
phase p {
  verify health { mitigates; within 9s }
  verify inline { let x = file.exists("x"); expect x; on failure warn; mitigates }
  verify health
}
"#,
    );
    assert_eq!(policy.verifies.len(), 2);
    let health = &policy.verifies[0];
    assert_eq!((health.within, health.every), (Some(Duration::from_secs(20)), Some(Duration::from_secs(2))));
    assert_eq!((health.hold, health.tolerate, health.checks.len()), (Some(Duration::from_secs(300)), 1, 3));
    assert!(health.on_failure.is_some());
    let uses: Vec<_> = policy.phases[0]
        .body
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Verify(uses) => Some(uses),
            _ => None,
        })
        .collect();
    assert_eq!((uses[0].verify.0, uses[0].mitigates, uses[0].within), (0, true, Some(Duration::from_secs(9))));
    assert_eq!((uses[1].verify.0, uses[1].mitigates), (1, true));
    assert!(matches!(uses[1].on_failure, Some(OnFailure::Warn)));
    assert_eq!(uses[2].within, None);
}

#[test]
fn refused_verifications() {
    let cases = [
        ("verify v { within 5s }", "E0213", "verify v"),
        ("verify v { expect true; file.remove(\"x\") }", "E0305", "file.remove(\"x\")"),
        ("verify v { expect true; step s { wait(1s) } }", "E0305", "step s"),
        ("verify v { true == true; expect true }", "E0016", "true == true"),
        ("verify v { expect file.remove(\"x\") }", "E0503", "file.remove"),
        ("verify v { expect true; mitigates }", "E0016", "v"),
        ("verify v { expect 5 }", "E0201", "5"),
        ("verify v { fail true }", "E0213", "fail"),
        ("verify v { expect true; within file.age(\"x\") }", "E0212", "file.age(\"x\")"),
        ("verify v(x) { expect x == 1 }", "E0110", "x"),
        ("verify v { expect true }\nphase p { verify v { expect false } }", "E0102", "v"),
        ("verify v { expect true }\nphase p { require v }", "E0110", "v"),
    ];
    expect_errors(cases.map(|(text, code, underlined)| (text.to_owned(), code, underlined)));
}

#[test]
fn observations_have_two_samples() {
    clean(&in_phase(
        "observe latency = elapsed(http.get(\"http://h/\"))\nverify v { expect latency.after < latency.before * 2 }",
    ));
    expect_error(&in_phase("observe latency = file.age(\"x\")\nrequire latency < 5s"), "E0106", "latency");
    expect_error(&in_phase("observe latency = file.age(\"x\")\nrequire latency.now < 5s"), "E0106", "now");
    expect_error(&in_phase("observe latency = file.age(\"x\")\nrequire latency.after < 5MB"), "E0202", "5MB");
}

#[test]
fn loops_and_branches() {
    let policy = clean(
        r#"
phase p {
  let hosts = ["a", "b", "c"]
  for h in hosts where h != "b" at most 2 at once tolerate 10% step s { exec(["x", h]) }
  parallel for h in hosts { step t { exec(["x", h]) } }
  if len(hosts) > 2 { step u { wait(1s) } } else step v { wait(1s) }
  parallel { step w { wait(1s) }; step x { wait(1s) } }
  stage one "first" { on failure undo; within 5m; step y { wait(1s) } } otherwise two { step z { wait(1s) } }
  always { step cleanup { wait(1s) } }
  on failure undo
}
"#,
    );
    let phase = &policy.phases[0];
    assert_eq!(phase.body.items.len(), 6);
    assert!(phase.always.is_some() && matches!(phase.on_failure, Some(OnFailure::Undo)));
    let Item::For(each) = &phase.body.items[1] else { panic!("a loop") };
    assert_eq!(each.at_once, Some(2));
    let Item::Stage(stage) = &phase.body.items[5] else { panic!("a stage") };
    assert!(stage.otherwise.is_some() && matches!(stage.on_failure, Some(OnFailure::Undo)));
    expect_error(&in_phase("for h in 5 step s { wait(1s) }"), "E0201", "5");
    expect_error(&in_phase("for h in [\"a\"] at most 0 at once step s { wait(1s) }"), "E0211", "0");
    expect_error(&in_phase("for h in [\"a\"] tolerate 200% step s { wait(1s) }"), "E0211", "200%");
    expect_error(&in_phase("if 5 { step s { wait(1s) } }"), "E0201", "5");
}
