//! The scenarios and samples of `config.*`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use rbk::catalogue::value::Value;

use super::{Sample, Scenario};

fn project(root: &Path) {
    for (path, content) in [
        ("shop.json", "{\n  // not 80\n  \"port\": 8080,\n  \"hosts\": [\"a\"]\n}\n"),
        ("shop.toml", "# not 80\nport = 8080\n\n[database]\npool = 50 # was 10\n"),
        ("shop.yaml", "# not 80\nport: 8080\ndatabase:\n  pool: 50\n"),
        (".env", "PORT=8080\r\nMODE='fast'\r\n"),
        ("shop.ini", "port=8080\n[database]\npool=50\n"),
    ] {
        fs::write(root.join(path), content).expect("a file");
    }
    fs::set_permissions(root.join(".env"), fs::Permissions::from_mode(0o600)).expect("a mode");
    symlink("shop.toml", root.join("current.toml")).expect("a link");
}

fn at(path: &str, key: &str) -> Vec<(&'static str, Value)> {
    vec![("path", Value::Path(path.into())), ("key", Value::str(key))]
}

fn set(path: &str, key: &str, value: Value) -> Vec<(&'static str, Value)> {
    let mut args = at(path, key);
    args.push(("value", value));
    args
}

pub fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("config.set", "a number in json with comments", project, |_| {
            set("shop.json", "port", Value::Int(9090))
        }),
        Scenario::new("config.set", "a new table in toml, through a link", project, |_| {
            set("current.toml", "tls.min", Value::str("1.3"))
        })
        .half(|root| fs::write(root.join("shop.toml"), "# no").expect("half a write")),
        Scenario::new("config.set", "a variable of a private file", project, |_| {
            set(".env", "MODE", Value::str("$(safe) \"mode\""))
        }),
        Scenario::new("config.set", "what it is already", project, |_| {
            set("shop.yaml", "database.pool", Value::Int(50))
        })
        .no_change(),
        Scenario::new("config.unset", "a section of an ini file", project, |_| at("shop.ini", "database")),
        Scenario::new("config.unset", "what is not there", project, |_| at("shop.ini", "nothing")).no_change(),
        Scenario::new("config.merge", "into two files at once", project, |_| {
            let pool = Value::Json(serde_json::json!({ "port": 80, "database": { "pool": 10 } }).into());
            let paths = ["shop.toml", "shop.yaml"].map(|path| Value::Path(path.into()));
            vec![("path", Value::list(paths)), ("values", pool)]
        }),
    ]
}

pub fn samples() -> Vec<Sample> {
    let of = |args, gives| Sample { probe: "config.get", setup: project, args, gives };
    vec![
        of(at("shop.json", "hosts.0"), "\"a\""),
        of(at("current.toml", "database.pool"), "50"),
        of(at("shop.yaml", "database.nothing"), "none"),
        of(at(".env", "MODE"), "\"fast\""),
        of(at("shop.ini", "database.pool"), "\"50\""),
    ]
}
