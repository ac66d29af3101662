//! What editing keeps and what it refuses, format by format.

use serde_json::{Value as Json, json};

use super::{Format, find, key};

/// The text after `key` was set.
fn set(format: Format, text: &str, at: &str, value: &Json) -> String {
    let keys = key::parse(at).unwrap();
    let edited = format.set(text, &keys, value).unwrap_or_else(|error| panic!("{at} = {value}: {error}\n{text}"));
    let read = format.read(&edited).unwrap();
    let plain = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    assert_eq!(find(&read, &keys).map(plain), Some(plain(value)), "{edited}");
    edited
}

fn unset(format: Format, text: &str, at: &str) -> String {
    let keys = key::parse(at).unwrap();
    let edited = format.unset(text, &keys).unwrap_or_else(|error| panic!("{at}: {error}\n{text}"));
    assert_eq!(find(&format.read(&edited).unwrap(), &keys), None, "{edited}");
    edited
}

#[test]
fn json_keeps_comments_and_layout() {
    let text = "{\n  // where it listens\n  \"port\": 8080, // not 80\n  \"hosts\": [\"a\", \"b\"],\n}\n";
    let edited = set(Format::Json, text, "port", &json!(9090));
    assert_eq!(edited, text.replace("8080", "9090"));
    assert_eq!(set(Format::Json, text, "hosts.1", &json!("c")), text.replace("\"b\"", "\"c\""));
    let deeper = set(Format::Json, text, "tls.min", &json!("1.3"));
    assert!(deeper.contains("// where it listens") && deeper.contains("// not 80"), "{deeper}");
    assert_eq!(unset(Format::Json, text, "hosts"), "{\n  // where it listens\n  \"port\": 8080, // not 80\n}\n");
    assert_eq!(
        set(Format::Json, "{}", "a.b", &json!(true)).split_whitespace().collect::<String>(),
        r#"{"a":{"b":true}}"#
    );
}

#[test]
fn toml_keeps_comments_and_layout() {
    let text = "# the server\n[server]\nport = 8080 # not 80\n\n[[hosts]]\nname = 'a'\n\n[[hosts]]\nname = 'b'\n";
    assert_eq!(set(Format::Toml, text, "server.port", &json!(9090)), text.replace("8080", "9090"));
    assert_eq!(set(Format::Toml, text, "hosts.1.name", &json!("c")), text.replace("'b'", "\"c\""));
    assert!(set(Format::Toml, text, "tls.min", &json!("1.3")).contains("[tls]\nmin = \"1.3\""));
    assert_eq!(set(Format::Toml, "a = { b = 1 }\n", "a.c.d", &json!(2)), "a = { b = 1 , c = { d = 2 } }\n");
    assert_eq!(unset(Format::Toml, text, "server.port"), text.replace("port = 8080 # not 80\n", ""));
    assert_eq!(unset(Format::Toml, "a = [1, 2]\n", "a.1"), "a = [1]\n");
}

#[test]
fn yaml_keeps_comments_and_layout() {
    let text = "# the server\nserver:\n  port: 8080 # not 80\n  hosts:\n    - a\n    - b\nmode: 'on'\n";
    assert_eq!(set(Format::Yaml, text, "server.port", &json!(9090)), text.replace("8080", "9090"));
    assert_eq!(set(Format::Yaml, text, "server.hosts.1", &json!("c")), text.replace("- b", "- c"));
    let deeper = set(Format::Yaml, text, "server.tls.min", &json!("1.3"));
    assert!(deeper.starts_with("# the server") && deeper.contains("# not 80"), "{deeper}");
    let without = unset(Format::Yaml, text, "server.port");
    assert!(without.starts_with("# the server\nserver:\n") && without.contains("- b\nmode: 'on'\n"), "{without}");
    // What another reader would take for a truth or a number stays a text.
    for text in ["yes", "1.10", "null", "~", "a: b", "# c", "", " x", "two\nlines"] {
        set(Format::Yaml, "mode: old\n", "mode", &json!(text));
    }
    set(Format::Yaml, "", "a.b", &json!(1));
}

#[test]
fn an_anchor_is_not_changed_for_others() {
    let text = "base: &base\n  port: 1\nother: *base\n";
    let error = Format::Yaml.set(text, &key::parse("base.port").unwrap(), &json!(2)).unwrap_err();
    assert!(error.to_string().contains("without changing more"), "{error}");
}

#[test]
fn env_values_are_read_as_shells_do() {
    let text = "# the server\nexport PORT=8080 # not 80\nNAME='it is'\nTEXT=\"a \\\"b\\\" \\$c\"\n";
    assert_eq!(Format::Env.read(text).unwrap(), json!({ "PORT": "8080", "NAME": "it is", "TEXT": "a \"b\" $c" }));
    assert_eq!(set(Format::Env, text, "PORT", &json!(9090)), text.replace("8080", "9090"));
    assert_eq!(set(Format::Env, text, "NEW", &json!("x y")), format!("{text}NEW=\"x y\"\n"));
    assert_eq!(set(Format::Env, "A=1", "B", &json!("")), "A=1\nB=\"\"\n");
    for hostile in ["$(id)", "`id`", "a\nB=2", "\"", "'", "\\", "#x", " x ", "a;b", "é"] {
        let edited = set(Format::Env, text, "PORT", &json!(hostile));
        assert_eq!(edited.lines().count(), text.lines().count(), "{edited}");
    }
    assert_eq!(unset(Format::Env, text, "NAME"), text.replace("NAME='it is'\n", ""));
    assert!(Format::Env.read("no equals sign\n").is_err());
    assert!(Format::Env.set(text, &["A B".to_owned()], &json!("x")).is_err());
}

#[test]
fn env_files_mean_to_a_shell_what_they_mean_here() {
    let dir = tempfile::tempdir().unwrap();
    for hostile in ["$(id)", "`id`", "\"", "'", "\\", "#x", " x ", "a;b", "a&b", "*", "~", "é", "$HOME", "!x"] {
        let file = dir.path().join("e.env");
        std::fs::write(&file, set(Format::Env, "", "V", &json!(hostile))).unwrap();
        let shown = std::process::Command::new("sh")
            .args(["-c", ". \"$1\"; printf %s \"$V\"", "sh"])
            .arg(&file)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&shown.stdout), hostile);
    }
}

#[test]
fn ini_settings_stay_in_their_section() {
    let text = "; top\nname = a\n\n[server]\nport=8080\n; end\n\n[other]\nport = 1\n";
    assert_eq!(set(Format::Ini, text, "server.port", &json!(9090)), text.replace("8080", "9090"));
    assert_eq!(
        set(Format::Ini, text, "server.host", &json!("h")),
        text.replace("port=8080\n", "port=8080\nhost = h\n")
    );
    assert_eq!(set(Format::Ini, text, "new.x", &json!("1")), format!("{text}\n[new]\nx = 1\n"));
    assert_eq!(set(Format::Ini, text, "name", &json!("b")), text.replace("= a", "= b"));
    assert_eq!(unset(Format::Ini, text, "other.port"), text.replace("port = 1\n", ""));
    assert_eq!(unset(Format::Ini, text, "other"), text.replace("[other]\nport = 1\n", ""));
    for refused in ["two\nlines", " blank"] {
        assert!(Format::Ini.set(text, &key::parse("server.port").unwrap(), &json!(refused)).is_err());
    }
}

#[test]
fn what_cannot_hold_a_setting_says_so() {
    for (format, text, at) in [
        (Format::Json, "{\"a\": 1}", "a.b"),
        (Format::Toml, "a = 1\n", "a.b"),
        (Format::Yaml, "a: 1\n", "a.b"),
        (Format::Json, "{\"a\": [1]}", "a.5"),
        (Format::Toml, "a = [1]\n", "a.x"),
        (Format::Yaml, "a: [1]\n", "a.5"),
    ] {
        let error = format.set(text, &key::parse(at).unwrap(), &json!(2)).unwrap_err().to_string();
        assert!(error.contains("`a`"), "{error}");
    }
    for (format, junk) in [(Format::Json, "{"), (Format::Toml, "= 1"), (Format::Yaml, "a: [\n"), (Format::Ini, "[a")] {
        assert!(format.read(junk).is_err(), "{junk}");
    }
    assert!(Format::Toml.set("a = 1\n", &key::parse("a").unwrap(), &Json::Null).is_err());
}

#[test]
fn names_say_the_format() {
    for (name, format) in [
        ("a/b.json", Format::Json),
        ("x.YML", Format::Yaml),
        (".env", Format::Env),
        (".env.production", Format::Env),
        ("php.ini", Format::Ini),
        ("Cargo.toml", Format::Toml),
    ] {
        assert_eq!(Format::of(name).unwrap(), format, "{name}");
    }
    assert!(Format::of("notes.txt").is_err());
    assert!(Format::of("json").is_err());
}

#[test]
fn keys_with_dots_stand_in_quotes() {
    assert_eq!(key::parse("a.\"b.c\".0").unwrap(), ["a", "b.c", "0"]);
    assert_eq!(key::shown(&key::parse("a.\"b.c\".0").unwrap()), "a.\"b.c\".0");
    for wrong in ["", "a..b", "a b", "."] {
        assert!(key::parse(wrong).is_err(), "{wrong:?}");
    }
}
