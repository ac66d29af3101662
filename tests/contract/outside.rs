//! The scenarios of units that meet processes, people and time: looking at them changes nothing.
//!
//! What they do when run needs real processes, sockets and clocks: `tests/outside` drives that.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rbk::catalogue::value::{Code, Value};

use super::Scenario;

fn nothing(_: &Path) {}

fn argv(words: &[&str]) -> Value {
    Value::list(words.iter().map(|word| Value::str(*word)))
}

/// Nobody listens there, and nothing is sent before a run.
fn at(path: &str) -> Value {
    Value::Url(format!("http://127.0.0.1:1{path}").into())
}

pub fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("exec", "a program", nothing, |_| vec![("argv", argv(&["touch", "made"]))]),
        Scenario::new("sh", "a command", nothing, |_| {
            vec![("command", Value::Code(Arc::new(Code { text: "touch made".into(), binds: Vec::new() })))]
        }),
        Scenario::new("process.start", "a program", nothing, |_| vec![("command", Value::str("sleep 1000"))]),
        Scenario::new("process.stop", "nothing to stop", nothing, |_| {
            vec![("pattern", Value::str("no-process-is-called-like-this-one"))]
        })
        .no_change(),
        Scenario::new("http.post", "a body", nothing, |_| vec![("url", at("/jobs")), ("body", Value::str("now"))]),
        Scenario::new("http.put", "a body", nothing, |_| vec![("url", at("/flags/a")), ("body", Value::str("off"))]),
        Scenario::new("http.patch", "a body", nothing, |_| vec![("url", at("/flags/a")), ("body", Value::str("off"))]),
        Scenario::new("http.delete", "no body", nothing, |_| vec![("url", at("/flags/a"))]),
        Scenario::new("wait", "a moment", nothing, |_| vec![("length", Value::duration(Duration::from_millis(1)))])
            .no_change(),
    ]
}

/// Units that need a live process, a person, a socket or a clock for every one of their answers.
pub const DRIVEN_OUTSIDE: &[&str] = &[
    "process.signal",
    "wait_until",
    "manual",
    "elapsed",
    "exec",
    "sh",
    "http.get",
    "http.head",
    "http.ask",
    "redis.get",
    "redis.ping",
    "redis.size",
    "service.start",
    "service.stop",
    "service.restart",
    "service.reload",
    "service.active",
    "prometheus.query",
    "dns.resolve",
    "tls.expires",
    "tcp.open",
    "process.running",
    "process.count",
    "process.rss",
    "process.cpu",
    "system.memory",
    "system.cpu",
    "system.disk",
    "system.load",
];

#[test]
fn what_is_said_to_be_driven_outside_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outside");
    let texts: String =
        ["certificates", "commands", "http", "processes", "redis", "sending", "services", "waiting", "watched"]
            .iter()
            .map(|name| std::fs::read_to_string(folder.join(format!("{name}.rs"))).expect("a file of tests"))
            .collect();
    let absent: Vec<_> = DRIVEN_OUTSIDE.iter().filter(|unit| !texts.contains(&format!("\"{unit}\""))).collect();
    assert!(absent.is_empty(), "no test in tests/outside names {absent:?}");
}
