//! The samples of logs: what is counted, and since when.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rbk::catalogue::value::Value;

use super::Sample;

/// Two hours ago an error with its trace, then five requests a moment ago, two of them errors.
fn lines(root: &Path) {
    let now = jiff::Timestamp::now();
    let ago = |seconds: u64| now.checked_sub(Duration::from_secs(seconds)).expect("a time in the past");
    let mut text = format!("{:.0} level=error old\n  at main (app.js:3:1)\n", ago(7_200));
    for (seconds, level) in [(50, "info"), (40, "error"), (30, "info"), (20, "error"), (10, "info")] {
        text.push_str(&format!("{:.0} level={level} request\n", ago(seconds)));
        if level == "error" {
            text.push_str("  at main (app.js:3:1)\n");
        }
    }
    fs::write(root.join("app.log"), text).expect("a log");
    fs::write(root.join("plain.log"), "one\ntwo\n").expect("a log");
    fs::write(root.join("empty.log"), "").expect("a log");
}

fn sample(probe: &'static str, path: &str, more: &[(&'static str, Value)], gives: &'static str) -> Sample {
    let mut args = vec![("path", Value::Path(path.into()))];
    args.extend(more.iter().cloned());
    Sample { probe, setup: lines, args, gives }
}

pub fn samples() -> Vec<Sample> {
    let regex = |text: &str| Value::Regex(text.into());
    let since = ("since", Value::duration(Duration::from_mins(30)));
    let errors = ("matching", regex("level=error"));
    let requests = ("of", regex("level="));
    vec![
        sample("log.count", "app.log", &[], "9"),
        sample("log.count", "app.log", std::slice::from_ref(&errors), "3"),
        sample("log.count", "app.log", &[errors.clone(), since.clone()], "2"),
        // A line of a trace belongs to the line before it.
        sample("log.count", "app.log", &[("matching", regex("app.js")), since.clone()], "2"),
        sample("log.count", "empty.log", std::slice::from_ref(&since), "0"),
        sample(
            "log.count",
            "plain.log",
            std::slice::from_ref(&since),
            "error: no line of `plain.log` tells its time in a form that is known",
        ),
        sample("log.ratio", "app.log", &[errors.clone(), requests.clone(), since.clone()], "40%"),
        sample("log.ratio", "app.log", &[errors.clone(), requests.clone()], "50%"),
        sample("log.ratio", "empty.log", &[errors, since], "none"),
        sample("log.ratio", "app.log", &[("matching", regex("x")), ("of", regex("no such line"))], "none"),
    ]
}
