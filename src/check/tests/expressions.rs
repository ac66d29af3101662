//! Every form of expression: its type, and what is refused.

use super::support::{clean, expect_error, expect_errors, in_phase, type_of};

/// Values of every type to write expressions with.
const VALUES: &str = r#"
let n = 3
let f = 1.5
let s = "text"
let d = 5m
let b = 500MB
let p = 5%
let t = run.planned
let v = version("1.2.0")
let path = path("a/b")
let u = url("http://h/")
let o = file.size("x")
let j = http.get("http://h/").json
let names = ["a", "b"]
let ages = [5m, 1h]
let sizes = { a: 1KB, b: 2KB }
let r = http.get("http://h/")
"#;

#[test]
fn types() {
    for (expr, ty) in [
        ("s + \"x\"", "string"),
        ("names + [s]", "list[string]"),
        ("1 + 2", "int"),
        ("1 + 2.0", "float"),
        ("1 / 2", "float"),
        ("2 * n", "int"),
        ("-d", "duration"),
        ("d + 5s", "duration"),
        ("d * 2", "duration"),
        ("d / 1s", "float"),
        ("b / d", "bytes per time"),
        ("b / d * 1h", "bytes"),
        ("3 / 1s", "count per time"),
        ("50MB/h", "bytes per time"),
        ("0.5 * 100%", "percent"),
        ("p / 1%", "float"),
        ("t + 1h", "time"),
        ("t - run.started", "duration"),
        ("n < 5", "bool"),
        ("n == 5.0", "bool"),
        ("d > 3s and not (b < 1GB) or true", "bool"),
        ("v >= version(\"1.1\")", "bool"),
        ("v >= \"1.1\"", "bool"),
        ("\"1.1\" < v", "bool"),
        ("s == \"x\"", "bool"),
        ("path == s", "bool"),
        ("o == none", "bool"),
        ("o < 5MB", "bool"),
        ("j.a.b[0] == 5", "bool"),
        ("j.n > 5", "bool"),
        ("n in 1..5", "bool"),
        ("d in 50m..65m", "bool"),
        ("s in names", "bool"),
        ("s not in [\"a\"]", "bool"),
        ("\"a\" in sizes", "bool"),
        ("1..5", "range of int"),
        ("if n > 3 then \"a\" else s", "string"),
        ("if n > 3 then 1 else 2.5", "float"),
        ("if n > 3 then d else none", "duration?"),
        ("o otherwise 0B", "bytes"),
        ("o otherwise refuse(\"no file\")", "bytes"),
        ("first(names) otherwise nth(names, 1) otherwise refuse(\"none\")", "string"),
        ("j.x otherwise 5", "json"),
        ("r.status", "int"),
        ("r.json.deep.Field", "json"),
        ("names[0]", "string"),
        ("sizes[\"a\"]", "bytes"),
        ("sizes.a", "bytes"),
        ("first(names)", "string?"),
        ("max(ages)", "duration?"),
        ("max(d, 1h)", "duration"),
        ("sum(ages)", "duration"),
        ("len(names)", "int"),
        ("join(names, \", \")", "string"),
        ("keys(sizes)", "list[string]"),
        ("values(sizes)", "list[bytes]"),
        ("int(\"5\")", "int"),
        ("match(s, r\"v(\\d+)\")", "string?"),
        ("[x for x in names]", "list[string]"),
        ("[int(x) for x in names where x != \"a\" sorted by int(x) descending]", "list[int]"),
        ("all(x == \"a\" for x in names)", "bool"),
        ("at_least(1, x == \"a\" for x in names)", "bool"),
        ("[1, 2.5]", "list[float]"),
        ("[]", "list[unknown]"),
        ("[none, 1]", "list[int?]"),
        ("{ a: 1, b: 2 }", "map[int]"),
        ("\"${n} and ${path}\"", "string"),
        ("run.id", "string"),
        ("run.duration", "duration"),
        ("run.severity", "string?"),
        ("elapsed(http.get(u))", "duration"),
        ("exec([\"id\", \"-u\"]).stdout", "string"),
        ("sqlite(\"a.db\")", "db"),
    ] {
        assert_eq!(type_of(VALUES, expr), ty, "{expr}");
    }
}

#[test]
fn refused() {
    let cases = [
        // units
        ("d > 500MB", "E0202", "500MB"),
        ("500MB > d", "E0202", "500MB"),
        ("b + d", "E0202", "d"),
        ("d < 500", "E0203", "500"),
        ("500 < d", "E0203", "500"),
        ("d + 5", "E0203", "5"),
        ("f < 5%", "E0203", "f"),
        ("5 + 10sec", "E0204", "sec"),
        ("d in 1MB..2MB", "E0202", "1MB..2MB"),
        ("1..5m", "E0203", "1"),
        ("[5m, 5MB]", "E0202", "5MB"),
        ("1h30", "E0010", "1h30"),
        ("30m1h", "E0212", "h"),
        ("5MB/KB", "E0212", "KB"),
        ("99999999999999999999", "E0211", "99999999999999999999"),
        // types
        ("s < \"b\"", "E0208", "s"),
        ("j.name < \"b\"", "E0208", "\"b\""),
        ("n == \"3\"", "E0201", "\"3\""),
        ("s + 1", "E0201", "s"),
        ("n < 5 < 6", "E0201", "<"),
        ("n and true", "E0201", "n"),
        ("not s", "E0201", "s"),
        ("-s", "E0201", "s"),
        ("o + 5MB", "E0201", "o"),
        ("j.n + 1", "E0201", "j.n"),
        ("v == s", "E0201", "s"),
        ("v == \"one\"", "E0212", "\"one\""),
        ("true < false", "E0201", "true"),
        ("s in \"text\"", "E0201", "\"text\""),
        ("d in names", "E0201", "names"),
        ("if n then 1 else 2", "E0201", "n"),
        ("if true then 1 else \"a\"", "E0201", "\"a\""),
        ("if true then 1 else 5m", "E0203", "5m"),
        ("o otherwise \"x\"", "E0201", "\"x\""),
        ("[1, \"a\"]", "E0201", "\"a\""),
        ("names[\"a\"]", "E0201", "\"a\""),
        ("n[0]", "E0201", "n"),
        ("first(names)[0]", "E0201", "first(names)"),
        ("[x for x in n]", "E0201", "n"),
        ("[x for x in names sorted by x]", "E0208", "x"),
        ("len(n)", "E0201", "n"),
        ("len(first(names))", "E0201", "first(names)"),
        ("int(d)", "E0201", "d"),
        ("round(b)", "E0201", "b"),
        ("refuse(\"x\")", "E0016", "refuse"),
        ("o otherwise refuse()", "E0205", "refuse()"),
        ("\"a\" | \"b\"", "E0016", "|"),
        ("n?", "E0016", "n?"),
        ("\"${r}\"", "E0201", "r"),
        // names
        ("missing", "E0101", "missing"),
        ("nmaes", "E0101", "nmaes"),
        ("r.statsu", "E0106", "statsu"),
        ("n.x", "E0106", "x"),
        ("run.idd", "E0106", "idd"),
        ("run", "E0106", "run"),
        ("frist(names)", "E0103", "frist"),
        ("http.gett(u)", "E0103", "gett"),
        ("s.trim()", "E0210", "trim"),
        ("n(1)", "E0210", "n"),
        ("len", "E0101", "len"),
        ("{ a: 1, a: 2 }", "E0207", "a"),
        // arguments
        ("len()", "E0205", "len()"),
        ("len(names, 1)", "E0206", "1"),
        ("http.get()", "E0205", "http.get"),
        ("http.get(u, 5)", "E0206", "5"),
        ("http.get(u, tmeout: 5s)", "E0105", "tmeout"),
        ("http.get(u, timeout: 5s, timeout: 5s)", "E0207", "timeout"),
        ("http.get(u, timeout: 5)", "E0203", "5"),
        ("http.get(u, timeout: 5MB)", "E0202", "5MB"),
        ("http.get(u, at: n)", "E0110", "at"),
        ("http.get(u, retry: 3)", "E0105", "retry"),
        ("http.get(\"host/x\")", "E0212", "\"host/x\""),
        ("file.count(\"x\", matching: r\"a(\")", "E0212", "r\"a(\""),
        ("file.count(\"x\", matching: s)", "E0209", "s"),
        ("match(s, s)", "E0209", "s"),
        ("sql.scalar(sqlite(\"a.db\"), s)", "E0209", "s"),
        ("sh(s).ok", "E0209", "s"),
        ("sql.scalar(s, \"select 1\")", "E0201", "s"),
        ("exec(\"npm run x\").ok", "E0201", "\"npm run x\""),
        ("file.remove(\"x\")", "E0503", "file.remove"),
    ];
    expect_errors(
        cases.map(|(expr, code, underlined)| (in_phase(&format!("{VALUES}\nlet _result = {expr}")), code, underlined)),
    );
}

#[test]
fn a_written_type_is_checked_once() {
    clean(&in_phase(&format!(
        "{VALUES}\nlet a: string = j.arn\nlet c: int = j.n\nlet _x = c + 1\nlet _y = \"${{a}}\""
    )));
    expect_error(&in_phase("let _x: duration = 5MB"), "E0202", "5MB");
    expect_error(&in_phase("let _x: duratoin = 5m"), "E0107", "duratoin");
    expect_error(&in_phase("let _x: list = []"), "E0107", "list");
    clean(&in_phase("let _x: list[string] = []"));
    clean(&in_phase("let _x: bytes/h = 50MB/h"));
    clean("param mode: \"gradual\" | \"instant\" = \"gradual\"\nphase p { require mode == \"instant\" }");
    expect_error("param mode: \"gradual\" | \"instant\" = \"instnat\"", "E0212", "\"instnat\"");
    expect_error("param mode: \"gradual\" | \"instant\"\nphase p { require mode == \"now\" }", "E0212", "\"now\"");
}

#[test]
fn a_dimension_mismatch_points_at_both_sides() {
    let found = expect_error(&in_phase("let d = file.age(\"x\")\nrequire d < 500MB"), "E0202", "500MB");
    let [odd, other] = &found.labels[..] else { panic!("{found:?}") };
    assert_eq!((odd.text.as_str(), other.text.as_str()), ("this is bytes", "this is duration"));
}

#[test]
fn a_bare_number_shows_how_to_write_it() {
    let found = expect_error(&in_phase("step s { wait(10) }"), "E0203", "10");
    assert_eq!(found.help.as_deref(), Some("write `10s` or `10m`"));
    let found = expect_error(&in_phase("require file.size(\"x\") < 10"), "E0203", "10");
    assert_eq!(found.help.as_deref(), Some("write `10MB` or `10KiB`"));
}

#[test]
fn long_chains_do_not_overflow() {
    let sum = vec!["1"; 900].join(" + ");
    assert_eq!(type_of("", &sum), "int");
    let fields = format!("http.get(\"http://h/\").json{}", ".a".repeat(900));
    assert_eq!(type_of("", &fields), "json");
}

#[test]
fn one_mistake_is_one_report() {
    expect_error(
        &in_phase("let x = missing\nrequire x > 5 and len(x) == 3 and x.y\nstep s { wait(x) }"),
        "E0101",
        "missing",
    );
}

#[test]
fn texts_and_lists_are_joined() {
    assert_eq!(type_of("", r#""a" + "b""#), "string");
    assert_eq!(type_of("", r#"["a"] + ["b"] + []"#), "list[string]");
    assert_eq!(type_of("", "[] + [1]"), "list[int]");
    expect_error(&in_phase(r#"let _x = "a" + 1"#), "E0201", r#""a""#);
    expect_error(&in_phase(r#"let _x = ["a"] + "b""#), "E0201", r#"["a"]"#);
    expect_error(&in_phase(r#"let _x = ["a"] + [1]"#), "E0201", r#"["a"]"#);
    expect_error(&in_phase(r#"let _x = "a" - "b""#), "E0201", r#""a""#);
}
