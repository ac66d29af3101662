//! The scenarios and samples of `flags.*`.

use std::fs;
use std::path::Path;

use rbk::catalogue::value::Value;

use super::{Sample, Scenario};

fn project(root: &Path) {
    for (path, content) in [
        (
            "flags.json",
            "{\n  // read by the shop\n  \"batching\": true,\n  \"checkout\": { \"new\": false, \"share\": 20 }\n}\n",
        ),
        ("flags.toml", "# read by the jobs\nbatching = true # since May\n"),
        ("flags.env", "BATCHING=true\n"),
    ] {
        fs::write(root.join(path), content).expect("a file");
    }
}

fn call(path: &str, names: &[&str]) -> Vec<(&'static str, Value)> {
    let names = Value::list(names.iter().map(|name| Value::str(*name)));
    vec![("path", Value::Path(path.into())), ("names", names)]
}

pub fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("flags.enable", "one inside another", project, |_| call("flags.json", &["checkout.new"]))
            .half(|root| fs::write(root.join("flags.json"), "{").expect("half a write")),
        Scenario::new("flags.enable", "one that is on", project, |_| call("flags.toml", &["batching"])).no_change(),
        Scenario::new("flags.disable", "a variable", project, |_| call("flags.env", &["BATCHING"])),
        Scenario::new("flags.disable", "two at once", project, |_| call("flags.json", &["batching", "checkout.new"])),
        Scenario::new("flags.set", "a share", project, |_| {
            let mut args = call("flags.json", &["checkout.share"]);
            args.push(("value", Value::Int(0)));
            args
        }),
    ]
}

pub fn samples() -> Vec<Sample> {
    let of = |path: &str, name: &str, gives| {
        let args = vec![("path", Value::Path(path.into())), ("name", Value::str(name))];
        Sample { probe: "flags.enabled", setup: project, args, gives }
    };
    vec![
        of("flags.json", "checkout.new", "false"),
        of("flags.env", "BATCHING", "true"),
        of("flags.json", "baching", "error: `flags.json` has no flag `baching`"),
        of(
            "flags.json",
            "checkout.share",
            "error: `checkout.share` in `flags.json` is 20, which is neither on nor off",
        ),
        of(
            "https://flags.example.org",
            "batching",
            "error: `https://flags.example.org` is the address of a service, not a file of flags",
        ),
        Sample {
            probe: "flags_http",
            setup: project,
            args: vec![("url", Value::Url("https://flags.example.org/api".into()))],
            gives: "flags_http(https://flags.example.org/api)",
        },
        Sample {
            probe: "flags_redis",
            setup: project,
            args: vec![("server", Value::Url("redis://cache:6379/0".into())), ("prefix", Value::str("flag:"))],
            gives: "flags_redis(redis://cache:6379/0)",
        },
        Sample {
            probe: "flags.all",
            setup: project,
            args: vec![("path", Value::Path("flags.json".into()))],
            gives: "{ batching: true, checkout.new: false }",
        },
    ]
}
