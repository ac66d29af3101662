//! Metrics, triggers, functions over series.

use std::time::Duration;

use super::support::{clean, expect_errors};
use crate::check::model::{Baseline, ExprKind, Lasting, Missing, When};
use crate::check::series;

/// A policy with metrics of several types, and a trigger that has these lines.
fn trigger(lines: &str) -> String {
    format!(
        r#"
severity critical {{ within 1m; start automatically }}
severity high {{ within 1m }}
role ops {{ members "ana" }}
metric mem: bytes = file.size("x") every 5s {{ baseline 5MB; missing hold }}
metric age: duration = file.age("x") every 5s {{ missing fire }}
metric count: int = file.count("x", matching: r"y") every 5s {{ baseline recorded; missing hold }}
metric up: bool = file.exists("x") every 5s {{ missing fire }}
metric load: float = process.rss("x") / 1MB every 5s
metric size(path: string): bytes = file.size(path(path)) {{ missing hold }}
phase p {{ step s {{ file.remove("x") }} }}
phase q {{ scenario a {{ step s {{ file.remove("x") }} }} }}
trigger t {{ {lines} }}
"#
    )
}

/// The type of an expression in a rule.
#[track_caller]
fn series_type(expr: &str, compared: &str) {
    clean(&trigger(&format!("high when {expr} {compared}; start p")));
}

#[test]
fn a_trigger_is_typed_as_a_whole() {
    let policy = clean(
        r#"
policy t { owner "x"; at most 2 rollbacks per 1h }
severity critical { within 1m; start automatically }
severity high { within 1m }
role ops { members "ana" }
let services = ["web", "mail"]
metric errors(service: string): float = process.rss(service) / 1MB every 5s "Errors" { baseline 0.5; missing hold }
phase p { scenario a { step s { file.remove("x") } }; scenario b { step r { file.remove("y") } } }
phase o { step s { file.remove("x") } }
trigger t "Too many" for s in services {
  critical when errors(s) > 5.0 for 5 samples
  high when avg(errors(s), over: 5m) > 1.0 for 1m
  high by hand(ops)
  clear when errors(s) < 0.1 for 2m
  unless maintenance.active or file.exists("quiet")
  missing clear
  start p scenario b
  start o
}
"#,
    );
    let breaker = policy.watching.at_most.expect("it was given");
    assert_eq!((breaker.rollbacks, breaker.per), (2, Duration::from_secs(3600)));
    let [metric] = &policy.watching.metrics[..] else { panic!("one metric") };
    assert_eq!(metric.every, Duration::from_secs(5));
    assert_eq!((metric.title.as_deref(), metric.missing), (Some("Errors"), Some(Missing::Hold)));
    assert!(matches!(metric.baseline, Some(Baseline::Value(_))) && metric.params.len() == 1);
    let [trigger] = &policy.watching.triggers[..] else { panic!("one trigger") };
    assert_eq!((trigger.missing, trigger.rules.len(), trigger.unless.len()), (Some(Missing::Clear), 3, 1));
    let lasting: Vec<_> = trigger
        .rules
        .iter()
        .map(|rule| match &rule.when {
            When::Holds(held) => Some(held.lasting),
            When::ByHand(role) => role.as_ref().map(|_| Lasting::AtOnce),
        })
        .collect();
    let minute = Duration::from_secs(60);
    assert_eq!(lasting, [Some(Lasting::Samples(5)), Some(Lasting::Time(minute)), Some(Lasting::AtOnce)]);
    assert_eq!(trigger.clear.as_ref().map(|held| held.lasting), Some(Lasting::Time(2 * minute)));
    let starts: Vec<_> = trigger
        .starts
        .iter()
        .map(|start| (&*start.phase.text, start.scenario.as_ref().map(|scenario| &*scenario.text)))
        .collect();
    assert_eq!(starts, [("p", Some("b")), ("o", None)]);
    let When::Holds(held) = &trigger.rules[1].when else { panic!("a condition") };
    let ExprKind::Binary(_, sides) = &held.condition.kind else { panic!("a comparison") };
    let ExprKind::Series(call) = &sides[0].kind else { panic!("a function over a series") };
    assert_eq!((call.function.name, call.over), ("avg", Some(Duration::from_secs(300))));
}

#[test]
fn functions_over_series_have_the_types_of_their_dimensions() {
    for (expr, compared) in [
        ("growth(mem, over: 1h)", "> 50MB/h"),
        ("growth(count, over: 1h)", "> 3/s"),
        ("avg(count, over: 1h)", "> 1.5"),
        ("avg(age, over: 1h)", "> 5m"),
        ("max(mem, over: 1h)", "> 5MB"),
        ("p95(age, over: 1h)", "> 5s"),
        ("increase(mem)", "> 20%"),
        ("drop(mem, over: 1h)", "> 20%"),
        ("changes(up, over: 1h)", "> 2"),
        ("consecutive(not up)", ">= 3"),
        ("forecast(mem, over: 1h, in: 30m)", "> 1GB"),
        ("baseline(count)", "> 2"),
        ("compare(size(\"a\"), size(\"b\"), over: 5m)", "> 10%"),
        ("1.5 * baseline(mem)", "< mem"),
        ("max(5MB, mem)", "> 5MB"),
        ("changed(up)", "or anomaly(load, over: 1d)"),
        ("any([mem > 5MB, age > 5m])", "and up"),
    ] {
        series_type(expr, compared);
    }
}

#[test]
fn what_a_trigger_refuses() {
    let cases = [
        ("high when mem > 5s; start p", "E0202", "5s"),
        ("high when growth(mem, over: 1h) > 5MB; start p", "E0202", "5MB"),
        ("high when growth(mem) > 5MB/h; start p", "E0205", "growth"),
        ("high when growth(mem, ovr: 1h) > 5MB/h; start p", "E0105", "ovr"),
        ("high when growth(mem, over: 1) > 5MB/h; start p", "E0203", "1"),
        ("high when growth(mem, over: 0s) > 5MB/h; start p", "E0211", "0s"),
        ("high when growth(mem, age, over: 1h) > 5MB/h; start p", "E0206", "growth"),
        ("high when growth(5MB, over: 1h) > 5MB/h; start p", "E0214", "5MB"),
        ("high when avg(up, over: 1h); start p", "E0201", "up"),
        ("high when increase(age) > 5%; start p", "E0213", "age"),
        ("high when baseline(size(\"a\")) > 5MB; start p", "E0213", "size(\"a\")"),
        ("high when compare(mem, age, over: 1h) > 5%; start p", "E0201", "age"),
        ("high when forecast(mem, over: 1h) > 5MB; start p", "E0205", "forecast"),
        ("high when size > 5MB; start p", "E0205", "size"),
        ("high when mem(\"a\") > 5MB; start p", "E0206", "mem"),
        ("high when size(5) > 5MB; start p", "E0201", "5"),
        ("high when mem; start p", "E0201", "mem"),
        ("high when file.size(\"x\") > 5MB; start p", "E0214", "file.size(\"x\")"),
        ("high when 5MB > 4MB; start p", "E0214", "5MB > 4MB"),
        ("high when mem > 5MB for 5; start p", "E0203", "5"),
        ("high when mem > 5MB for 0 samples; start p", "E0211", "0"),
        ("high when mem > 5MB for 5 smples; start p", "E0203", "5"),
        ("high mem > 5MB; start p", "E0213", "high"),
        ("high by foot; start p", "E0213", "high"),
        ("high by hand(nobody); start p", "E0505", "nobody"),
        ("hihg when mem > 5MB; start p", "E0101", "hihg"),
        ("high when mem > 5MB; cler when mem < 5MB; start p", "E0101", "cler"),
        ("high when mem > 5MB; clear mem < 5MB; start p", "E0213", "clear"),
        ("high when mem > 5MB; clear when mem < 5MB; clear when mem < 4MB; start p", "E0102", "clear"),
        ("high when mem > 5MB; missing hodl; start p", "E0104", "hodl"),
        ("high when mem > 5MB; start", "E0213", "start"),
        ("high when mem > 5MB; start r", "E0101", "r"),
        ("high when mem > 5MB; start q", "E0114", "q"),
        ("high when mem > 5MB; start q scenario b", "E0101", "b"),
        ("critical when mem > 5MB", "E0213", "trigger t"),
        ("start p", "E0213", "trigger t"),
        ("critical when load > 5.0; start p", "E0215", "load > 5.0"),
        ("step s { wait(1s) }", "E0016", "step"),
    ];
    expect_errors(cases.map(|(lines, code, underlined)| (trigger(lines), code, underlined)));
}

#[test]
fn a_function_that_looks_at_metrics_is_for_triggers_alone() {
    let over = "let over(limit) = mem > limit\n";
    clean(&format!("{over}{}", trigger("high when over(50MB); start p")));
    let both = format!("{over}{}phase r {{ require over(50MB) }}", trigger("high when over(50MB); start p"));
    expect_errors([(both, "E0110", "mem")]);
}

#[test]
fn what_a_metric_refuses() {
    let cases = [
        ("metric m = 5MB", "E0213", "5MB"),
        ("metric m = http.get(\"http://h\").json.x", "E0201", "m"),
        ("metric m = file.glob(\"x\")", "E0201", "m"),
        ("metric m(s) = file.size(path(\"${s}\"))", "E0213", "s"),
        ("metric m = file.size(\"x\") every 5s { every 6s }", "E0102", "every"),
        ("metric m = file.size(\"x\") \"a\" { title \"b\" }", "E0102", "title"),
        ("metric m = file.size(\"x\") { baselin 5MB }", "E0104", "baselin"),
        ("metric m = process.rss(\"x\") { baseline process.rss(\"y\") }", "E0016", "process.rss(\"y\")"),
        ("metric m = file.size(\"x\") { missing }", "E0213", "missing"),
        ("metric m = file.size(\"x\")\nmetric n = m", "E0110", "m"),
    ];
    expect_errors(cases.map(|(text, code, underlined)| (text.to_owned(), code, underlined)));
}

#[test]
fn usages_begin_with_their_name() {
    for function in series::ALL {
        assert!(function.usage.starts_with(&format!("{}(", function.name)), "{function:?}");
        assert!(function.doc.ends_with('.'), "{function:?}");
    }
}
