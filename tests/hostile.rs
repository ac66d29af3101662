//! Values that somebody else chose, everywhere where a policy may put one: what arrives is the value, or it is refused.
//!
//! Each value goes through real commands, servers and files. Nothing that it says may be done: a file `pwned`, a path outside
//! of its folder, a line of a plan that is none.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};

use percent_encoding::percent_decode_str;

use crate::support::redis::RedisServer;
use crate::support::skip::{missing, skip};
use crate::support::{Sandbox, none_wrong};

/// The values, each of which once did harm to some program.
fn values() -> Vec<String> {
    let short = [
        "it's",
        "say \"hi\"",
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned; #",
        "' ; touch pwned ; '",
        "\" ; touch pwned ; \"",
        "| touch pwned",
        "a\ntouch pwned\n",
        "\n",
        "-rf",
        "--help",
        "%s %n %00 %2e%2e",
        "../../pwned",
        "..",
        ".",
        "/",
        "/tmp/pwned",
        "*",
        "a*[b]{c,d}?",
        " in front and behind ",
        "\\",
        "\\'\\\"\\n",
        "$1 ${0} $$ $HOME ~",
        "'); drop table t; --",
        "?1 :a @b",
        "a\u{202e}txt.exe\u{2066}",
        "\u{1b}[2J\u{1b}]0;title\u{7}",
        "x: [y] # z\n- {a: &b *b}",
        "]\n[evil]\nk = 1",
        "\r\nX-Evil: 1\r\n\r\nGET /evil HTTP/1.1",
        "日本語 ü 😀",
        "",
        "\t",
        "null",
        "007",
        "yes",
        "{\"a\": \"${b}\"}",
        "]; x --> y; <b> | `q`",
        "a.b.c",
    ];
    short.into_iter().map(str::to_owned).chain(["x".repeat(20_000), "🦀'\n".repeat(1_000)]).collect()
}

/// As a failed test names a value.
fn short(value: &str) -> String {
    format!("{:?}", value.chars().take(40).collect::<String>())
}

/// A policy whose phases put the text of the file `value` into everything.
fn policy(base: &str, cache: &str) -> String {
    r#"policy p "P" { root "." }
param base: url = "BASE"
param cache: url = "CACHE"

phase texts "Takes any text" {
  let v = file.text("value")
  step argv "A" { exec(["./argv", v, "x${v}y", "-${v}"]); idempotent }
  step given "B" { exec(["./env"], env: { V: v }); idempotent }
  step stdin "C" { exec(["tee", "got.stdin"], stdin: v); idempotent }
  step shell "D" { sh("./argv ${v} \"a${v}b\" 'a${v}b' a${v}b > got.shell"); idempotent }
  step lists "E" { sh("./argv ${[v, v]} > got.lists"); idempotent }
  step written "F" { file.write("got.written", v) }
  step appended "G" { file.append("got.appended", "<${v}>") }
  step replaced "H" { file.replace("got.text", text: "@@", with: "<${v}>") }
  step grouped "I" { file.replace("got.groups", matching: r"(@)(@)", with: "$1${v}$2") }
  step bound "J" { sql.exec(sqlite("a.db"), "insert into t values (${v}, 'x' || ${v})") }
  step json "K" { config.set("got.json", "a", v) }
  step toml "L" { config.set("got.toml", "a", v) }
  step dotenv "N" { config.set("got.env", "A", v) }
  step key "O" { config.set("got.key.json", "x.${v}.y", 1) }
  step itself "P" { let whole = match(v, "(?s)\\A${v}\\z") != none; file.write("got.regex", if whole then "all" else "not") }
  step message "Q" { file.write("noted", "x"); git.commit("m ${v}", paths: ["noted"]) }
  step tagged "R" { git.tag("t", message: "m ${v}") }
  verify told { expect file.text("got.written") == v }
}
phase query "A query of a URL, a body" {
  let v = file.text("value")
  step ask "A" { http.post("${base}/q?v=${v}&w=1", body: "b${v}"); idempotent }
  step form "B" { http.post("${base}/f", form: { v: v }); idempotent }
  step json "C" { http.post("${base}/j", json: { v: v }); idempotent }
}
phase segment "A segment of a URL" { let v = file.text("value"); step ask "A" { http.post("${base}/p/${v}/end"); idempotent } }
phase header "A header" { let v = file.text("value"); step ask "A" { http.post("${base}/h", headers: { "X-V": v }); idempotent } }
phase path "A path" { let v = file.text("value"); step a "A" { file.write("inside/${v}.txt", "p") } }
phase logged "A log" { let v = file.text("value"); step a "A" { process.start("sleep 1000", log: "inside/${v}.log") } }
phase linked "A link" { let v = file.text("value"); step a "A" { file.link("l", to: "x${v}") } }
phase branched "A branch" { let v = file.text("value"); step a "A" { git.branch("b${v}") } }
phase yaml "A YAML file" { let v = file.text("value"); step a "A" { config.set("got.yaml", "a", v) } }
phase ini "An ini file" { let v = file.text("value"); step a "A" { config.set("got.ini", "a.b", v) } }
phase removed "A glob" { let v = file.text("value"); step a "A" { file.remove(file.glob("names/${v}")) } }
phase cleared "A name in a folder" { let v = file.text("value"); step a "A" { file.remove("names/${v}") } }
phase keys "Keys of redis" {
  let v = file.text("value")
  step kept "A" { redis.set(cache, "k:${v}", v); idempotent }
  step gone "B" { redis.del(cache, matching: "p:${v}:*"); idempotent }
}
phase titles "Titles" { let v = file.text("value"); step a "A ${v} <" { file.write("titled", "x") }; step b "B" { after a; file.append("titled", v) } }
"#
    .replace("BASE", base)
    .replace("CACHE", cache)
}

fn project(value: &str, base: &str, cache: &str) -> Sandbox {
    Sandbox::new()
        .file("p.rbk", policy(base, cache))
        .file("value", value)
        .program("argv", "#!/bin/sh\nprintf '%s\\0' \"$@\" | tee got.argv.last\n")
        .program("env", "#!/bin/sh\nprintf %s \"$V\" > got.environment\n")
        .file("got.text", "[@@]")
        .file("got.groups", "[@@]")
        .file("got.json", "{}\n")
        .file("got.toml", "z = 1\n")
        .file("got.yaml", "z: 1\n")
        .file("got.env", "Z=1\n")
        .file("got.ini", "[z]\ny = 1\n")
        .file("got.key.json", "{}\n")
        .file("names/decoy", "")
        .file("names/ab", "")
        .folder("inside")
}

/// A server that keeps what it is sent.
struct Heard {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Heard {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { break };
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || {
                    let (mut got, mut buffer) = (Vec::new(), [0; 8_192]);
                    while !whole(&got) {
                        match stream.read(&mut buffer) {
                            Ok(0) | Err(_) => break,
                            Ok(length) => got.extend_from_slice(&buffer[..length]),
                        }
                    }
                    kept.lock().expect("nobody panics").push(String::from_utf8_lossy(&got).into_owned());
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                });
            }
        });
        Self { port, requests }
    }

    /// What came since the last time.
    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().expect("nobody panics"))
    }
}

/// Whether a request is there with all of its body.
fn whole(got: &[u8]) -> bool {
    let text = String::from_utf8_lossy(got);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let body = got.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |at| got.len() - at - 4);
    body >= length.unwrap_or(0_usize)
}

fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// What `printf '%s\0'` wrote.
fn words(text: &str) -> Vec<&str> {
    text.strip_suffix('\0').unwrap_or(text).split('\0').collect()
}

#[test]
fn texts_arrive_as_they_are() {
    if let Some(program) = missing(["git", "sqlite3"]) {
        return skip(&format!("there is no `{program}`"));
    }
    let mut wrong = Vec::new();
    for v in values() {
        let sandbox = project(&v, "http://127.0.0.1:1", "redis://127.0.0.1:1/0");
        sandbox.other("sqlite3", ["a.db", "create table t(a, b)"]).exits(0);
        let sandbox = sandbox.git_init();
        let ran = sandbox.run(["run", "p.rbk", "texts", "--yes"]);
        if ran.code() != 0 {
            wrong.push(format!("{}: exit {}: {} {}", short(&v), ran.code(), ran.stdout(), ran.stderr()));
            continue;
        }
        let mut is = |what: &str, got: &str, wanted: &str| {
            if got != wanted {
                wrong.push(format!("{}: {what}: {}, not {}", short(&v), short(got), short(wanted)));
            }
        };
        let between = format!("a{v}b");
        let shell = sandbox.read("got.shell");
        for (number, wanted) in [&v, &between, &between, &between].into_iter().enumerate() {
            is("shell", words(&shell).get(number).copied().unwrap_or("nothing"), wanted);
        }
        is("list", &words(&sandbox.read("got.lists")).join("\0"), &format!("{v}\0{v}"));
        is("environment", &sandbox.read("got.environment"), &v);
        is("stdin", &sandbox.read("got.stdin"), &v);
        is("written", &sandbox.read("got.written"), &v);
        is("appended", &sandbox.read("got.appended"), &format!("<{v}>"));
        is("replaced", &sandbox.read("got.text"), &format!("[<{v}>]"));
        is("grouped", &sandbox.read("got.groups"), &format!("[@{v}@]"));
        let rows = sandbox.other("sqlite3", ["a.db", "select count(*), hex(a), hex(b) from t"]).exits(0);
        is("bound", rows.stdout().trim_end(), &format!("1|{}|{}", hex(&v), hex(&format!("x{v}"))));
        let json: serde_json::Value = serde_json::from_str(&sandbox.read("got.json")).expect("it is json");
        is("json", json["a"].as_str().unwrap_or("no text"), &v);
        let toml: toml_edit::DocumentMut = sandbox.read("got.toml").parse().expect("it is toml");
        is("toml", toml["a"].as_str().unwrap_or("no text"), &v);
        is("toml beside", &toml.len().to_string(), "2");
        let code = sandbox.run(["run", "p.rbk", "yaml", "--yes"]).does_not_crash().code();
        let yaml = yaml_rust2::YamlLoader::load_from_str(&sandbox.read("got.yaml")).expect("it is yaml");
        // Nothing but line ends has no form that its editor keeps: that is refused.
        if code == 0 || !v.trim_matches('\n').is_empty() || v.is_empty() {
            is("yaml", yaml[0]["a"].as_str().unwrap_or("no text"), &v);
        }
        is("yaml beside", &yaml[0].as_hash().map_or(0, |map| map.len() - usize::from(code == 0)).to_string(), "1");
        let sourced = sandbox.other("sh", ["-c", ". ./got.env; printf %s \"$A\""]).exits(0);
        // What reads such a file turns `\n` into a line end; the shell, which reads it as its own, does not.
        let meant = sourced.stdout().replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t");
        is("dotenv", if v.contains(['\n', '\t']) { &meant } else { sourced.stdout() }, &v);
        let key: serde_json::Value = serde_json::from_str(&sandbox.read("got.key.json")).expect("it is json");
        is("key", &key["x"][&*v]["y"].to_string(), "1");
        is("regex", &sandbox.read("got.regex"), "all");
        let message = format!("m {v}");
        is("message", sandbox.git(["log", "-1", "--format=%B"]).trim_end(), message.trim_end());
        let tag = sandbox.git(["cat-file", "-p", "t"]);
        is("tag", tag.split_once("\n\n").map_or("", |(_, text)| text).trim_end(), message.trim_end());
        is("pwned", if sandbox.exists("pwned") { "yes" } else { "no" }, "no");
    }
    none_wrong("values that did not arrive", &wrong);
}

fn hex(text: &str) -> String {
    text.bytes()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|half| char::from(b"0123456789ABCDEF"[half as usize]))
        .collect()
}

#[test]
fn requests_hold_values_and_nothing_else() {
    let heard = Heard::start();
    let base = format!("http://127.0.0.1:{}", heard.port);
    let mut wrong = Vec::new();
    for v in values() {
        let sandbox = project(&v, &base, "redis://127.0.0.1:1/0");
        let mut is = |what: &str, got: &str, wanted: &str| {
            if got != wanted {
                wrong.push(format!("{}: {what}: {}, not {}", short(&v), short(got), short(wanted)));
            }
        };
        sandbox.run(["run", "p.rbk", "query", "--yes"]).exits(0);
        let requests = heard.taken();
        is("requests", &requests.len().to_string(), "3");
        let of = |path: &str| {
            let start = format!("POST /{path}");
            requests.iter().find(|request| request.starts_with(&start)).map_or("", String::as_str)
        };
        let query = of("q").split(' ').nth(1).unwrap_or_default();
        let query = query.strip_prefix("/q?v=").and_then(|rest| rest.strip_suffix("&w=1")).unwrap_or("nothing");
        // Every `&` and `+` that is left is none of the value's.
        is("query", &percent_decode_str(query).decode_utf8_lossy(), &v);
        is("query's parts", if query.contains(['&', '+', '#', '=']) { "several" } else { "one" }, "one");
        is("body", body(of("q")), &format!("b{v}"));
        is("form", &decoded(body(of("f")).strip_prefix("v=").unwrap_or("nothing")), &v);
        let json: serde_json::Value = serde_json::from_str(body(of("j"))).unwrap_or_default();
        is("json", json["v"].as_str().unwrap_or("no text"), &v);

        let ran = sandbox.run(["run", "p.rbk", "segment", "--yes"]).does_not_crash();
        let requests = heard.taken();
        match requests.as_slice() {
            [request] => {
                let path = request.split(' ').nth(1).unwrap_or_default();
                let segment = path.strip_prefix("/p/").and_then(|rest| rest.strip_suffix("/end")).unwrap_or("nothing");
                is("segment", &percent_decode_str(segment).decode_utf8_lossy(), &v);
                is("segment's parts", if segment.contains(['/', '?', '#']) { "several" } else { "one" }, "one");
            }
            _ => is("segment is refused", &(ran.code() != 0 && matches!(&*v, "." | "..")).to_string(), "true"),
        }
        let ran = sandbox.run(["run", "p.rbk", "header", "--yes"]).does_not_crash();
        let requests = heard.taken();
        let refused = v.contains(|char: char| char.is_control() && char != '\t');
        if refused {
            is("header", &format!("{} requests, {}", requests.len(), ran.code() != 0), "0 requests, true");
        } else {
            let request = requests.first().map_or("", String::as_str);
            let lines = request.lines().filter_map(|line| line.split_once(": "));
            let got: Vec<_> = lines.filter(|(name, _)| name.eq_ignore_ascii_case("x-v")).map(|(_, it)| it).collect();
            let empty = v.trim().is_empty() && got.is_empty();
            is("header", if empty { v.trim() } else { got.first().copied().unwrap_or("none").trim() }, v.trim());
            is("evil header", if request.to_lowercase().contains("\nx-evil") { "yes" } else { "no" }, "no");
        }
    }
    none_wrong("requests with something else in them", &wrong);
}

#[test]
fn names_stay_where_they_belong() {
    if let Some(program) = missing(["git"]) {
        return skip(&format!("there is no `{program}`"));
    }
    let mut wrong = Vec::new();
    for v in values() {
        let sandbox = project(&v, "http://127.0.0.1:1", "redis://127.0.0.1:1/0").git_init();
        // A whole folder is never meant by a name below it.
        let nothing = v.split('/').all(|name| matches!(name, "" | "."));
        let name = !v.contains('/') && v.len() < 200 && !matches!(&*v, "" | "." | "..");
        if name {
            sandbox.write(&format!("names/{v}"), "");
        }
        let mut is = |what: &str, got: bool| {
            if !got {
                wrong.push(format!("{}: {what}", short(&v)));
            }
        };
        let above = sandbox.root().parent().expect("it stands in a folder").to_owned();
        let all_above = || walkdir::WalkDir::new(&above).max_depth(1).into_iter().count();
        let before = all_above();
        for (phase, end) in [("path", "txt"), ("logged", "log")] {
            let code = sandbox.run(["run", "p.rbk", phase, "--yes"]).does_not_crash().code();
            let there = sandbox.path(format!("inside/{v}.{end}")).exists();
            is(&format!("{phase}: exit {code}, but the file is there: {there}"), (code == 0) == there);
            is(&format!("{phase}: a usual name is refused"), !name || code == 0);
        }
        is("something new beside the project", before == all_above());

        let code = sandbox.run(["run", "p.rbk", "linked", "--yes"]).does_not_crash().code();
        let target = std::fs::read_link(sandbox.path("l")).map(|to| to.display().to_string());
        is(&format!("link: exit {code}"), code != 0 || target.is_ok_and(|to| to == format!("x{v}")));

        let code = sandbox.run(["run", "p.rbk", "branched", "--yes"]).does_not_crash().code();
        let branches = sandbox.git(["branch", "--format=%(refname:short)"]);
        let has = branches.lines().any(|branch| branch == format!("b{v}"));
        let wanted = if code == 0 { 2 } else { 1 };
        is(&format!("branch: exit {code}: {branches}"), branches.lines().count() == wanted && (code != 0 || has));

        let code = sandbox.run(["run", "p.rbk", "ini", "--yes"]).does_not_crash().code();
        let ini = sandbox.read("got.ini");
        // One setting more, in a section of its own, or nothing at all.
        let lines = ini.lines().filter(|line| !line.trim().is_empty()).count();
        is(&format!("ini: exit {code}: {ini:?}"), lines == if code == 0 { 4 } else { 2 });

        let count = || std::fs::read_dir(sandbox.path("names")).map_or(0, Iterator::count);
        let names = count();
        let code = sandbox.run(["run", "p.rbk", "removed", "--yes"]).does_not_crash().code();
        let decoys = sandbox.exists("names/decoy") && sandbox.exists("names/ab");
        is(&format!("glob: exit {code}: something else was removed"), decoys);
        is(&format!("glob: exit {code}: not removed"), !name || (code == 0 && count() == names - 1));
        let code = sandbox.run(["run", "p.rbk", "cleared", "--yes"]).does_not_crash().code();
        is(
            &format!("folder: exit {code}: all of it was removed"),
            sandbox.exists("names/decoy") && (!nothing || code == 6),
        );
        is("done what the value says", !sandbox.exists("pwned"));
    }
    none_wrong("names that lead elsewhere", &wrong);
}

#[test]
fn keys_of_redis_are_names() {
    let Some(server) = RedisServer::start(&[]) else { return skip("there is no `redis-server`") };
    let mut wrong = Vec::new();
    for v in values() {
        let mut connection = server.connect("");
        let mut is = |what: &str, got: bool| {
            if !got {
                wrong.push(format!("{}: {what}", short(&v)));
            }
        };
        let run = |command: &mut redis::Cmd, connection: &mut redis::Connection| -> redis::Value {
            command.query(connection).expect("the server answers")
        };
        run(&mut redis::cmd("FLUSHALL"), &mut connection);
        for key in [format!("p:{v}:1"), "p:decoy:1".to_owned(), "p:ab:1".to_owned(), "other".to_owned()] {
            run(redis::cmd("SET").arg(key).arg("x"), &mut connection);
        }
        let ran = project(&v, "http://127.0.0.1:1", &server.url()).run(["run", "p.rbk", "keys", "--yes"]);
        is(&format!("{}{}", ran.stdout(), ran.stderr()), ran.code() == 0);
        let got: Option<String> = redis::cmd("GET").arg(format!("k:{v}")).query(&mut connection).expect("it answers");
        is("the value of a key", got.as_deref() == Some(&*v));
        let left: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut connection).expect("it answers");
        is(&format!("left: {left:?}"), left.len() == 4 && !left.contains(&format!("p:{v}:1")));
    }
    none_wrong("keys that were not meant", &wrong);
}

#[test]
fn what_is_shown_takes_no_orders_from_a_value() {
    let orders = |text: &str| text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{2066}', '\r']);
    let mut wrong = Vec::new();
    let mut lines: Option<Vec<usize>> = None;
    let shaped = |v: &String| v.contains(|char: char| char.is_control() || "<>[]{}|\"`;\u{202e}".contains(char));
    for v in std::iter::once("plain".to_owned()).chain(values().into_iter().filter(shaped)) {
        let sandbox = project(&v, "http://127.0.0.1:1", "redis://127.0.0.1:1/0");
        let graphs: Vec<String> = ["mermaid", "dot"]
            .iter()
            .map(|format| sandbox.run(["graph", "p.rbk", "titles", "--format", format]).exits(0).stdout().to_owned())
            .collect();
        // As many lines as with a plain value: no node, no edge, no step more.
        let now: Vec<usize> = graphs.iter().map(|graph| graph.lines().count()).collect();
        let first = lines.get_or_insert_with(|| now.clone());
        if *first != now {
            wrong.push(format!("{}: a graph of {now:?} lines", short(&v)));
        }
        let plan = sandbox.run(["plan", "p.rbk", "titles"]).exits(0);
        let numbered = |line: &&str| ["  1 ", "  2 ", "  3 "].iter().any(|number| line.starts_with(number));
        let steps = plan.stdout().lines().filter(numbered).count();
        if steps != 2 {
            wrong.push(format!("{}: a plan of {steps} steps:\n{}", short(&v), plan.stdout()));
        }
        let ran = sandbox.run(["run", "p.rbk", "titles", "--yes"]).exits(0);
        let story = sandbox.run(["show"]).exits(0);
        for (what, text) in [
            ("graph", graphs.concat()),
            ("plan", plan.stdout().into()),
            ("run", ran.stdout().into()),
            ("show", story.stdout().into()),
        ] {
            if orders(&text) {
                wrong.push(format!("{}: {what} has a control character", short(&v)));
            }
        }
        let journal = sandbox.run(["show", "--format", "json"]).exits(0).json_lines();
        let appended = journal.iter().find(|event| event["action"] == "file.append" && event["type"] == "call_started");
        if appended.is_none_or(|event| event["args"][1]["value"] != *v) {
            wrong.push(format!("{}: not in the record", short(&v)));
        }
        sandbox.run(["undo", "--yes"]).exits(0);
        if sandbox.exists("titled") {
            wrong.push(format!("{}: not taken back", short(&v)));
        }
    }
    none_wrong("outputs that a value changed", &wrong);
}

#[test]
fn bytes_that_are_no_text_and_zero_bytes_are_refused_where_they_cannot_be_given() {
    for (bytes, what) in [(&b"a\0b"[..], "holds a "), (&b"a\xff\xfeb"[..], "UTF-8")] {
        for call in [
            "exec([\"true\", v])",
            "sh(\"true ${v}\")",
            "file.write(\"d/${v}\", \"x\")",
            "exec([\"true\"], env: { V: v })",
        ] {
            let text = format!(
                "policy p \"P\" {{ root \".\" }}\nphase main \"M\" {{\n  let v = file.text(\"value\")\n  step first \"F\" {{ \
                 file.write(\"first\", \"x\") }}\n  step s \"S\" {{ {call}; idempotent }}\n}}\n"
            );
            let sandbox = Sandbox::new().file("p.rbk", text).file("value", bytes);
            let ran = sandbox.run(["run", "p.rbk", "--yes"]).does_not_crash().says(what);
            assert_ne!(ran.code(), 0, "{call} with {bytes:?}");
        }
    }
    // Where a zero byte is a byte as any other, it arrives.
    let text = "policy p \"P\" { root \".\" }\nphase main \"M\" {\n  let v = file.text(\"value\")\n  step s \"S\" { file.write(\"w\", v) }\n  \
                step t \"T\" { exec([\"tee\", \"i\"], stdin: v); idempotent }\n}\n";
    let sandbox = Sandbox::new().file("p.rbk", text).file("value", "a\0b");
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    assert_eq!((sandbox.read("w"), sandbox.read("i")), ("a\0b".to_owned(), "a\0b".to_owned()));
}
