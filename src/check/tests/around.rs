//! Messages, and what stands around a rollback.

use std::time::Duration;

use super::support::{clean, expect_errors};
use crate::check::model::{Expectation, Given, PreflightItem, Recipients, Via};

const HEAD: &str = r#"
secret hook = env("HOOK")
secret key = env("KEY")
param limit: int = 3
let _limit = limit
severity critical { within 5m }
role ops { members "ana"; may approve }
role nobody { may approve }
channel chat = slack(hook)
channel pager = pagerduty(key)
template told "started: ${run.reason}; ends ${run.outcome}"
contact lead "Lead" { name "Ana"; via pager; via phone "+1 555" }
metric mem: bytes = file.size("x") every 5s
metric size(path: string): bytes = file.size(path(path))
trigger leak { critical when mem > 5MB; start p }
phase p { step stop { file.remove("x") } }
phase q { scenario a { step s { file.remove("x") } } }
"#;

#[test]
fn every_item_around_a_rollback_is_typed() {
    let policy = clean(&format!(
        r#"{HEAD}
template long "Rollback" {{ body """
  ${{run.phase}} took ${{run.duration}}
""" }}
escalation path "Who is called" {{ at 0m "L1"; at 5m "L2" page(lead) notify(chat, told) propose q scenario a; at 15m page(lead) }}
on start {{ notify([chat, pager], told, within: 10s) }}
on failure degraded {{ page(lead, "see ${{run.next}}") }}
every 30m while open {{ notify(chat) }}
preflight "Before" {{
  let there = file.exists("x")
  require there, "no x"
  confirm "Contacts current" by ops every 90d
}}
prepare {{ step snap {{ file.copy("x", to: "y") }}; step more {{ after snap; file.copy("x", to: "z") }} }}
incident {{
  records "incidents/"
  append "lessons.md"
  export "r.jsonl" {{ minutes: run.duration / 1m; cause: root_cause; ended: run.finished }}
  ask root_cause, prevention
  followup "RCA" by 24h owner lead covers "Logs", "Metrics"
}}
host web1 = ssh("deploy@web1", port: 22) {{ roles "app", "edge" }}
test "a leak" {{
  given mem = [series(1MB, for: 1h), series(2MB, step: 1MB, every: 1m, for: 2h), series([1MB, none])]
  given size = series(1MB, for: 1h, of: "x")
  given limit = 4
  given now = "2026-01-01T00:00:00Z"
  given files {{ "x": "text ${{limit}}" }}
  given step stop fails
  expect fired(leak) in 50m..65m
  expect not fired(leak, critical)
  expect run(p).outcome == failed
  expect not run(q, scenario: a).outcome != done
  expect file.exists("x"), "it is kept"
}}
"#
    ));
    let messages = &policy.messages;
    assert_eq!(messages.contacts[0].via.len(), 2);
    assert!(matches!(&messages.contacts[0].via[1], Via::Address { kind: "phone", address } if address == "+1 555"));
    let levels = &messages.escalations[0].levels;
    assert_eq!(levels.iter().map(|level| level.after.as_secs()).collect::<Vec<_>>(), [0, 300, 900]);
    assert_eq!(levels[1].messages.len(), 2);
    assert!(levels[1].propose.as_ref().is_some_and(|it| it.scenario.as_ref().is_some_and(|it| &*it.text == "a")));
    assert_eq!(messages.events[1].events, ["failure", "degraded"]);
    assert!(matches!(&messages.events[0].messages[0].to, Recipients::Channels(names) if names.len() == 2));
    assert_eq!(messages.events[0].messages[0].within, Some(Duration::from_secs(10)));
    assert!(messages.templates[1].subject.is_some());
    let around = &policy.around;
    assert!(matches!(
        &around.preflight.as_ref().expect("given").items[..],
        [PreflightItem::Let(_), PreflightItem::Require(_), PreflightItem::Confirm(_)]
    ));
    assert_eq!(around.prepare.as_ref().expect("given").body.items.len(), 2);
    let incident = around.incident.as_ref().expect("given");
    assert_eq!((incident.asks.len(), incident.exports[0].fields.len()), (2, 3));
    assert_eq!(incident.followups[0].covers, ["Logs", "Metrics"]);
    assert_eq!(around.hosts[0].roles, ["app", "edge"]);
    let test = &around.tests[0];
    assert!(matches!(&test.given[0], Given::Series { pieces, .. } if pieces.len() == 3));
    assert!(matches!(&test.given[1], Given::Series { args, .. } if args.len() == 1));
    assert!(matches!(test.expects[0], Expectation::Fired { within: Some(_), not: false, .. }));
    assert!(matches!(test.expects[1], Expectation::Fired { not: true, .. }));
    assert!(matches!(test.expects[3], Expectation::Outcome { outcome: "done", not: false, .. }));
}

#[test]
fn what_messages_refuse() {
    let cases = [
        ("channel c = slack(\"https://h\")", "E0216", "\"https://h\""),
        ("channel c = slack()", "E0205", "slack"),
        ("channel c = slack(hook, 5)", "E0206", "5"),
        ("channel c = slack(hok)", "E0101", "hok"),
        ("channel c = email([\"a@b\"])", "E0205", "email"),
        ("channel c = email([\"a@b\"], server: \"m:25\", password: \"x\")", "E0216", "\"x\""),
        ("channel c = webhook(\"http://h\", headers: { Authorization: \"x\" })", "E0216", "\"x\""),
        ("channel c = file(\"../x\")", "E0502", "\"../x\""),
        ("channel c = desktop(5)", "E0206", "5"),
        ("template t \"${run.reasn}\"", "E0106", "reasn"),
        ("template t \"${hook}\"", "E0501", "hook"),
        ("template t \"${file.text(\"x\")}\"", "E0016", "file.text(\"x\")"),
        ("template t { subject \"x\" }", "E0213", "template t"),
        ("template t { bdy \"x\" }", "E0104", "bdy"),
        ("template t", "E0213", "template t"),
        ("contact c { via pager }", "E0213", "contact c"),
        ("contact c { name \"x\" }", "E0213", "contact c"),
        ("contact c { name \"x\"; via pigeon }", "E0101", "pigeon"),
        ("contact c { name \"x\"; via phone }", "E0213", "phone"),
        ("contact c { name \"x\"; via pager; phon \"1\" }", "E0104", "phon"),
        ("escalation { at 5m page(leed) }", "E0101", "leed"),
        ("escalation { at 5m page(lead) propose r }", "E0101", "r"),
        ("escalation { at 5m page(lead) propose q }", "E0114", "q"),
        ("escalation { at 15m page(lead); at 5m page(lead) }", "E0211", "at 5m page(lead)"),
        ("escalation { at 5m }", "E0213", "at"),
        ("escalation { at 5 page(lead) }", "E0203", "5"),
        ("escalation { }", "E0213", "escalation"),
        ("on strat { notify(chat) }", "E0101", "strat"),
        ("on start { }", "E0213", "on"),
        ("on start { notify(lead) }", "E0101", "lead"),
        ("on start { page(chat) }", "E0101", "chat"),
        ("on start { notify(chat, tld) }", "E0101", "tld"),
        ("on start { notify(chat, told, within: 0s) }", "E0211", "0s"),
        ("on start { notify(chat, told, withn: 5s) }", "E0105", "withn"),
        ("on start { notify() }", "E0205", "notify"),
        ("on start { file.remove(\"x\") }", "E0016", "file.remove"),
        ("on start { send chat }", "E0016", "send"),
        ("every 5 while open { notify(chat) }", "E0203", "5"),
        ("every 5m while closed { notify(chat) }", "E0104", "closed"),
        ("every 5m { notify(chat) }", "E0213", "every 5m"),
        ("environment e { mute chta }", "E0101", "chta"),
        ("phase r { step s { exec([\"x\", run.outcome]); idempotent } }", "E0109", "outcome"),
    ];
    expect_errors(cases.map(|(text, code, underlined)| (format!("{HEAD}{text}"), code, underlined)));
}

#[test]
fn what_stands_around_refuses() {
    let cases = [
        ("preflight { require 5 }", "E0201", "5"),
        ("preflight { }", "E0213", "preflight"),
        ("preflight { confirm \"x\" }", "E0213", "confirm"),
        ("preflight { confirm \"x\" by op }", "E0505", "op"),
        ("preflight { confirm \"x\" by nobody }", "E0505", "nobody"),
        ("preflight { confirm \"x\" by ops every 90 }", "E0203", "90"),
        ("preflight { file.remove(\"x\") }", "E0016", "file.remove(\"x\")"),
        ("preflight { requir true }", "E0104", "requir"),
        ("preflight { require true }\npreflight { require true }", "E0102", "preflight"),
        ("prepare { step s { file.remov(\"x\") } }", "E0103", "remov"),
        ("prepare { step s { after t; file.remove(\"x\") } }", "E0101", "t"),
        ("prepare { }", "E0213", "prepare"),
        ("incident { records 5 }", "E0201", "5"),
        ("incident { records \"../x\" }", "E0502", "\"../x\""),
        ("incident { export \"x\" { } }", "E0213", "{"),
        ("incident { export \"x\" }", "E0213", "export"),
        ("incident { export \"x\" { a: run.reasn } }", "E0106", "reasn"),
        ("incident { export \"x\" { a: run.id; a: run.id } }", "E0102", "a"),
        ("incident { export \"x\" { a: hook } }", "E0501", "hook"),
        ("incident { followup \"x\" }", "E0213", "followup"),
        ("incident { followup \"x\" by 5 }", "E0203", "5"),
        ("incident { followup \"x\" by 5h owner ops }", "E0101", "ops"),
        ("incident { folowup \"x\" by 5h }", "E0104", "folowup"),
        ("host h = shh(\"x\")", "E0103", "shh"),
        ("host h = ssh(\"x\", port: \"y\")", "E0201", "\"y\""),
        ("host h = ssh(\"x\") { role \"app\" }", "E0104", "role"),
        ("host h = ssh(\"x\")\nhost h = ssh(\"y\")", "E0102", "h"),
        ("test \"t\" { }", "E0213", "test"),
        ("test \"t\" { expect fired(lek) }", "E0101", "lek"),
        ("test \"t\" { expect fired(leak, hihg) }", "E0101", "hihg"),
        ("test \"t\" { expect fired(leak) in 5..6 }", "E0201", "5..6"),
        ("test \"t\" { expect fired(leak) in 6m..5m }", "E0211", "6m..5m"),
        ("test \"t\" { expect fired() }", "E0205", "fired"),
        ("test \"t\" { expect run(r).outcome == done }", "E0101", "r"),
        ("test \"t\" { expect run(q).outcome == done }", "E0114", "q"),
        ("test \"t\" { expect run(q, scenario: b).outcome == done }", "E0101", "b"),
        ("test \"t\" { expect run(p).outcome == dne }", "E0101", "dne"),
        ("test \"t\" { expect run(p).outcome > done }", "E0201", ">"),
        ("test \"t\" { expect run(p).outcom == done }", "E0106", "outcom"),
        ("test \"t\" { expect 5 }", "E0201", "5"),
        ("test \"t\" { given mem = 5MB; expect fired(leak) }", "E0201", "5MB"),
        ("test \"t\" { given mem = series(5s, for: 1h); expect fired(leak) }", "E0202", "5s"),
        ("test \"t\" { given mem = series(5MB); expect fired(leak) }", "E0205", "series"),
        ("test \"t\" { given mem = series(5MB, step: 1s, for: 1h); expect fired(leak) }", "E0202", "1s"),
        ("test \"t\" { given mem = series(5MB, stp: 1MB, for: 1h); expect fired(leak) }", "E0105", "stp"),
        ("test \"t\" { given size = series(5MB, for: 1h); expect fired(leak) }", "E0205", "series(5MB, for: 1h)"),
        ("test \"t\" { given mme = series(5MB, for: 1h); expect fired(leak) }", "E0101", "mme"),
        ("test \"t\" { given limit = \"x\"; expect fired(leak) }", "E0201", "\"x\""),
        ("test \"t\" { given step stp fails; expect fired(leak) }", "E0101", "stp"),
        ("test \"t\" { given files { \"../x\": \"y\" }; expect fired(leak) }", "E0502", "\"../x\""),
        ("test \"t\" { givn mem = 5; expect fired(leak) }", "E0104", "givn"),
    ];
    expect_errors(cases.map(|(text, code, underlined)| (format!("{HEAD}{text}"), code, underlined)));
}
