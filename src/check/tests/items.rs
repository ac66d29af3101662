//! Top-level items.

use super::support::{clean, expect_errors};
use crate::check::model::{BindingKind, OnFailure, Start};
use std::time::Duration;

#[test]
fn every_item() {
    let policy = clean(
        r#"
policy web "The web service" {
  owner "platform"; root "srv"; roots ["../logs"]; requires rbk ">= 0.1"
  on failure run fallback
  defaults { timeout 30s }
  at most 2 rollbacks per 1h
}
param base: url = "http://h"
param count: int = 3 where count > 2 "How many"
param mode: "gradual" | "instant"
require count > 2 and mode != "instant", "only gradually"
let limit = 2 * 5m
secret token = env("TOKEN")
severity critical "At once" { within limit; start automatically; skip graceful }
severity high { within 15m; start after approval(by: ops, within: 10m) }
severity low { observe }
role ops "Operators" { members "ana", key("ssh-ed25519 AAAA"); may start up to critical; may approve; may emergency }
environment production default { base = "https://h"; automatic off; mute chat; deadlines advisory; confirm typed }
channel chat = slack(token)
phase fallback { step s { wait(1s) } }
phase main "Main" { depends on fallback; within 5m; step s { exec(["x", "${base}", mode]) } }
"#,
    );
    assert_eq!((policy.root.as_str(), policy.roots[0].as_str()), ("srv", "../logs"));
    assert!(matches!(&policy.on_failure, OnFailure::Run(name) if &*name.text == "fallback"));
    assert_eq!(policy.defaults.timeout, Duration::from_secs(30));
    assert_eq!(policy.params.len(), 3);
    assert_eq!(policy.params[1].doc.as_deref(), Some("How many"));
    assert!(policy.params[1].condition.is_some() && policy.params[2].default.is_none());
    assert_eq!(policy.severities[0].within.map(|(length, _)| length), Some(Duration::from_secs(600)));
    assert!(matches!(&policy.severities[1].start, Start::AfterApproval { by, .. } if &**by == "ops"));
    assert_eq!(policy.severities[2].start, Start::Observe);
    assert_eq!(policy.roles[0].members.len(), 2);
    assert!(policy.environments[0].default && policy.environments[0].sets.len() == 1);
    assert_eq!(&*policy.messages.channels[0].name.text, "chat");
    assert!(policy.environments[0].automatic_off && policy.environments[0].mutes.len() == 1);
    assert!(policy.lets.iter().all(|id| matches!(policy.bindings[id.0 as usize].kind, BindingKind::Let(_))));
}

#[test]
fn refused_items() {
    let cases = [
        ("policy t { ownr \"x\" }", "E0104", "ownr"),
        ("policy t { owner 5 }", "E0201", "5"),
        ("policy t { requires rbk \">= 9\" }", "E0110", "\">= 9\""),
        ("policy t { requires rbk \"new\" }", "E0212", "\"new\""),
        ("policy t { defaults { timeout 5 } }", "E0203", "5"),
        ("policy t { defaults { retry 5 } }", "E0104", "retry"),
        ("policy t { at most 0 rollbacks per 1h }", "E0211", "0"),
        ("param a", "E0213", "a"),
        ("param a: int = \"x\"", "E0201", "\"x\""),
        ("param a: strin = \"x\"", "E0107", "strin"),
        ("param a: int = 1 where a > 5", "E0211", "1"),
        ("param a: int = 1 where a > 5s", "E0203", "a"),
        ("param a: string = file.text(\"x\")", "E0016", "file.text(\"x\")"),
        ("let a = file.text(\"x\")", "E0016", "file.text(\"x\")"),
        ("let up(x) = file.text(x)\nlet a = up(\"x\")", "E0016", "up(\"x\")"),
        ("severity a { within 5 }", "E0203", "5"),
        ("severity a { start automaticaly }", "E0104", "automaticaly"),
        ("severity a { start }", "E0213", "start"),
        ("severity a { start after lunch(by: x) }", "E0103", "lunch"),
        ("severity a { start after approval(within: 5m) }", "E0205", "approval"),
        ("severity a { skip gracefull }", "E0104", "gracefull"),
        ("severity a { within run.duration }", "E0212", "run.duration"),
        ("role r { members 5 }", "E0201", "5"),
        ("role r { may start up to critical }", "E0101", "critical"),
        ("role r { may fly }", "E0104", "fly"),
        ("role r { members \"a\" }\nseverity a { start after approval(by: r) }", "E0505", "r"),
        ("role r { may approve }\nseverity a { start after approval(by: r) }", "E0505", "r"),
        ("environment e { bsae = 5 }", "E0101", "bsae"),
        ("param base: int = 1\nenvironment e { base = \"x\" }", "E0201", "\"x\""),
        ("let base = 1\nenvironment e { base = 5 }", "E0101", "base"),
        ("environment e { mute chat }", "E0101", "chat"),
        ("environment e default { confirm typed }\nenvironment f default { confirm typed }", "E0102", "default"),
        ("secret s = vault(\"x\")", "E0103", "vault"),
        ("secret s = \"x\"", "E0213", "\"x\""),
        ("secret s = env()", "E0205", "env"),
        ("channel c = slak(\"x\")", "E0103", "slak"),
        ("channel c = slack(hook)", "E0101", "hook"),
        ("phase p { within 5MB; step s { wait(1s) } }", "E0202", "5MB"),
        ("phase p { dpends on q }", "E0104", "dpends"),
        ("phase p { scenario s { detect 5 } }", "E0201", "5"),
        ("use std.kubernets\nphase p { step s { kubernets.rollout() } }", "E0111", "kubernets"),
        ("phase p { step s { kubectl.scale(\"a\", replicas: 1) } }", "E0103", "kubectl.scale"),
        ("import \"x.rbk\" as x\nphase p { step s { x.y() } }", "E0111", "\"x.rbk\""),
        ("action a(x) { run { wait(1s) } }\nphase p { step s { a(1) } }", "E0213", "x"),
        ("probe a(x) { run { 5 } }\nphase p { require a(1) == 5 }", "E0016", "run { 5 }"),
        ("channel c = desktop()\non strat { notify(c) }", "E0101", "strat"),
        ("on start { notify(\"x\") }", "E0213", "\"x\""),
        ("on start { notify(c) }", "E0101", "c"),
        ("on start { file.remove(\"x\") }", "E0016", "file.remove"),
        ("severity a { within \"${run.id}\" }", "E0201", "\"${run.id}\""),
        ("phase p \"${run.id}\" { step s { wait(1s) } }", "E0212", "run.id"),
    ];
    expect_errors(cases.map(|(text, code, underlined)| (text.to_owned(), code, underlined)));
}

#[test]
fn a_file_needs_a_policy() {
    let (_, found, _) = super::support::checked("phase p { step s { wait(1s) } }");
    assert_eq!(found.iter().map(|found| found.code.number()).collect::<Vec<_>>(), ["E0015"]);
}

#[test]
fn metrics_and_triggers() {
    let cases = [
        ("metric m: bytes = file.age(\"x\") every 5s", "E0202", "file.age(\"x\")"),
        ("metric m: bytes = file.size(\"x\") every 5", "E0203", "5"),
        ("metric m: bytes = file.size(\"x\") every 5s { baseline 5s }", "E0202", "5s"),
        ("metric m: bytes = file.size(\"x\") every 5s { missing hodl }", "E0104", "hodl"),
        ("metric m: bytes = file.size(\"x\") every 5s\nphase p { require m > 5MB }", "E0110", "m"),
        ("severity a { within 1m }\nmetric m: bytes = file.size(\"x\")\ntrigger t { a when m > 5s }", "E0202", "5s"),
        (
            "severity a { within 1m }\nmetric m: bytes = file.size(\"x\")\ntrigger t { a when growth(m, over: 1h) > 5MB }",
            "E0202",
            "5MB",
        ),
        ("severity a { within 1m }\ntrigger t { a when mem > 5s }", "E0101", "mem"),
        ("severity high { within 1m }\ntrigger t { hihg when true }", "E0101", "hihg"),
        ("trigger t { start p }", "E0101", "p"),
        ("phase p { scenario a { detect true } }\ntrigger t { start p scenario b }", "E0101", "b"),
    ];
    expect_errors(cases.map(|(text, code, underlined)| (text.to_owned(), code, underlined)));
}
