//! Interpolation by the type that is wanted. Shell commands are run, to see what a shell makes of them.

use std::process::Command;

use super::woven;
use crate::catalogue::error::Result;
use crate::catalogue::ty::{Dialect, Type};
use crate::catalogue::value::{Code, Value};

/// Values that would be code if they were not quoted.
const WICKED: &[&str] = &[
    "plain",
    "",
    "two words",
    "it's",
    "\"; echo pwned; \"",
    "'; echo pwned; '",
    "$(echo pwned)",
    "`echo pwned`",
    "a\\",
    "\\",
    "line\necho pwned",
    "*",
    "~",
    "-n",
    "#no",
    "!x",
    "${HOME}",
    "ümlaut",
    "a&b|c>d",
];

fn shell(template: &str, holes: &[&str]) -> Result<String> {
    let holes = holes.iter().map(|hole| Value::str(*hole)).collect();
    match woven(template, holes, Type::Code(Dialect::Shell))? {
        Value::Code(code) => Ok(code.text.to_string()),
        other => panic!("no command: {other}"),
    }
}

fn run(command: &str) -> String {
    let output = Command::new("/bin/sh").arg("-c").arg(command).output().expect("a shell");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn a_value_is_one_word_wherever_it_stands() {
    for template in [
        "printf '<%s>' {}",
        "printf '<%s>' \"{}\"",
        "printf '<%s>' '{}'",
        "printf '<%s>' \"$(printf '%s.' {})\"",
        "printf '<%s>' \"$(printf \"%s.\" \"{}\")\"",
        "x={}; printf '<%s>' \"$x\"",
        "# it's a comment\nprintf '<%s>' {}",
        "(printf '<%s>' {})",
        "printf '<%s>' $((1+1)) >/dev/null; printf '<%s>' {}",
        "cat <<<x >/dev/null 2>&1; printf '<%s>' {}",
    ] {
        if template.contains("<<<") && !run("cat <<<x 2>/dev/null").starts_with('x') {
            continue; // not every shell has here strings
        }
        for wicked in WICKED {
            let command = shell(template, &[wicked]).expect("it can be quoted here");
            let dot = if template.contains('.') { "." } else { "" };
            assert_eq!(run(&command), format!("<{wicked}{dot}>"), "{template} with {wicked:?}: {command}");
        }
    }
}

#[test]
fn a_value_between_other_text_stays_in_its_word() {
    for wicked in WICKED {
        for template in ["printf '<%s>' \"a {} b\"", "printf '<%s>' 'a {} b'"] {
            let command = shell(template, &[wicked]).expect("it can be quoted here");
            assert_eq!(run(&command), format!("<a {wicked} b>"), "{command}");
        }
    }
}

#[test]
fn where_quoting_is_not_sure_a_value_is_refused() {
    for template in [
        "echo `cat {}`",
        "echo $(( {} + 1 ))",
        "echo $((1 << {}))",
        "echo $[{}]",
        "echo ${x:-{}}",
        "echo $'{}'",
        "echo ${}",
        "echo \\{}",
        "true # {}",
        "true \\\n# {}",
        "cat <<EOF\n{}\nEOF",
        "echo \"$(case x in x) echo {};; esac)\"",
        "echo `echo '`'` {}",
        "sh -c 'echo {}'",
        "bash -ec \"echo {}\"",
        "eval echo {}",
    ] {
        let refused = shell(template, &["x"]);
        let refused = refused.expect_err(template);
        assert!(refused.what.contains("cannot be quoted"), "{template}: {}", refused.what);
        assert!(refused.hint.is_some());
    }
    assert!(shell("echo {}", &["a\0b"]).is_err());
    assert!(shell("grep -c \"{}\" f", &["x"]).is_ok());
    assert_eq!(
        run(&shell("sh -c 'printf %s \"$1\"' sh {}", &["$(echo pwned)"]).expect("an argument")),
        "$(echo pwned)"
    );
}

#[test]
fn a_list_is_words_and_a_quantity_none() {
    let list = Value::list([Value::Path("a b".into()), Value::Path("c".into())]);
    let Ok(Value::Code(code)) = woven("printf '<%s>' {}", vec![list], Type::Code(Dialect::Shell)) else {
        panic!("no code")
    };
    assert_eq!(run(&code.text), "<a b><c>");
    let refused = woven("head -c {}", vec![Value::bytes(1_234_567)], Type::Code(Dialect::Shell));
    assert!(refused.expect_err("no one spelling").hint.expect("a way out").contains("1MB"));
}

#[test]
fn a_secret_never_becomes_text() {
    for ty in [
        Type::String,
        Type::Path,
        Type::Url,
        Type::Regex,
        Type::Code(Dialect::Shell),
        Type::Code(Dialect::Sql),
        Type::Code(Dialect::PromQl),
    ] {
        let refused = woven("http://h/{}", vec![Value::Secret("TOKEN".into())], ty.clone()).expect_err("a secret");
        assert!(refused.what.contains("TOKEN"), "{ty}: {}", refused.what);
        let inside = woven("http://h/{}", vec![Value::list([Value::Secret("TOKEN".into())])], ty);
        assert!(inside.is_err());
    }
}

#[test]
fn sql_values_are_bound() {
    let sql = |template: &str, holes| woven(template, holes, Type::Code(Dialect::Sql));
    let ids = Value::list([Value::Int(1), Value::Int(2)]);
    let bound = sql("delete from t where n = {} and id in ({})", vec![Value::str("'; drop table t"), ids]);
    let code = Code {
        text: "delete from t where n = ?1 and id in (?2, ?3)".into(),
        binds: vec![Value::str("'; drop table t"), Value::Int(1), Value::Int(2)],
    };
    assert_eq!(bound, Ok(Value::Code(code.into())));
    let one = || vec![Value::Int(1)];
    assert!(sql("select * from t where n = '{}'", one()).expect_err("quoted").hint.is_some());
    assert!(sql("select * from \"{}\"", one()).is_err());
    assert!(sql("select 1 -- {}", one()).is_err());
    assert!(sql("select 1 /*/ {} */", one()).is_err());
    assert!(sql("select ? where {}", one()).is_err());
    assert!(sql("select 'it''s' where '?' = {}", one()).is_ok());
    assert!(sql("select {}", vec![Value::None]).is_err());
}

#[test]
fn promql_values_stay_inside_their_label() {
    let promql = |template: &str, holes| {
        woven(template, holes, Type::Code(Dialect::PromQl)).map(|expression| match expression {
            Value::Code(code) => code.text.to_string(),
            other => panic!("{other} is no code"),
        })
    };
    let evil = || vec![Value::str("a\"} or vector(1) # \\")];
    assert_eq!(promql("up{pod=\"{}\"}", evil()).as_deref(), Ok("up{pod=\"a\\\"} or vector(1) # \\\\\"}"));
    assert_eq!(promql("up{pod='{}'}", vec![Value::str("it's")]).as_deref(), Ok("up{pod='it\\'s'}"));
    assert_eq!(promql("up{pod=~\"{}.*\"}", vec![Value::str("a.b")]).as_deref(), Ok("up{pod=~\"a\\\\.b.*\"}"));
    assert_eq!(promql("up{pod=~\"{}x\"}", vec![Value::Regex("a|b".into())]).as_deref(), Ok("up{pod=~\"(?:a|b)x\"}"));
    let window = || vec![Value::duration(std::time::Duration::from_secs(90)), Value::Float(0.5)];
    assert_eq!(promql("rate(e[{}]) > {}", window()).as_deref(), Ok("rate(e[90000ms]) > 0.5"));
    assert!(promql("{}_total", vec![Value::str("errors")]).expect_err("a name").hint.is_some());
    assert!(promql("up{pod=`{}`}", vec![Value::str("a")]).is_err());
    assert!(promql("up # {}", vec![Value::Int(1)]).is_err());
    assert!(promql("up > {}", vec![Value::bytes(1_000)]).expect_err("bytes").hint.is_some());
}

#[test]
fn url_values_are_encoded() {
    let url = |template: &str, holes: Vec<Value>| woven(template, holes, Type::Url).map(|url| url.to_string());
    let base = || Value::Url("http://localhost:5000".into());
    assert_eq!(
        url("{}/api/{}", vec![base(), Value::str("a b/../?x#")]).as_deref(),
        Ok("http://localhost:5000/api/a%20b%2F..%2F%3Fx%23")
    );
    assert!(url("{}/files/{}", vec![base(), Value::str("..")]).is_err());
    assert!(url("{}/files/{}{}", vec![base(), Value::str("."), Value::str(".")]).is_err());
    assert!(url("{}/f?q={}", vec![base(), Value::str("..")]).is_ok(), "only segments are resolved");
    assert!(url("{}{}", vec![base(), Value::str("1")]).is_err(), "it would become part of the port");
    assert!(url("{}{}", vec![Value::Url("http://h/a".into()), Value::str("b")]).is_ok());
    assert_eq!(url("http://{}/x", vec![Value::str("good/@evil")]).ok(), None, "no host");
    assert_eq!(url("http://{}/x", vec![Value::Host("web1:80".into())]).as_deref(), Ok("http://web1:80/x"));
}

#[test]
fn a_path_value_does_not_lead_out() {
    let path = |template: &str, holes: Vec<Value>| woven(template, holes, Type::Path).map(|path| path.to_string());
    assert_eq!(path("{}.failed", vec![Value::Path("/srv/a".into())]).as_deref(), Ok("/srv/a.failed"));
    assert_eq!(path("{}/x", vec![Value::Path("../lib".into())]).as_deref(), Ok("../lib/x"));
    assert_eq!(path("backups/{}", vec![Value::str("a/b")]).as_deref(), Ok("backups/a/b"));
    assert_eq!(path("../{}", vec![Value::str("b")]).as_deref(), Ok("../b"), "the author may");
    for (template, holes) in [
        ("backups/{}", vec!["../../etc"]),
        ("backups/{}", vec!["a/.."]),
        ("a/.{}", vec!["./b"]),
        ("a/.{}./b", vec![""]),
        ("a/{}{}", vec![".", "."]),
        ("{}", vec!["/etc/passwd"]),
        ("{}/etc/passwd", vec![""]),
        ("a/{}", vec!["b\0c"]),
        ("{}", vec![""]),
    ] {
        let holes = holes.into_iter().map(Value::str).collect();
        assert!(path(template, holes).is_err(), "{template}");
    }
    assert!(path("{}/etc/passwd", vec![Value::Path("".into())]).is_err());
    assert!(path("a/{}", vec![Value::Path("../../etc".into())]).is_err(), "a path that does not lead is a value");
}

#[test]
fn regex_values_match_themselves() {
    let regex = |template: &str, holes| {
        woven(template, holes, Type::Regex).map(|regex| regex.as_text().unwrap_or("").to_owned())
    };
    assert_eq!(regex("^v{}$", vec![Value::str("1.2+")]).as_deref(), Ok(r"^v1\.2\+$"));
    assert_eq!(regex("{}x", vec![Value::Regex("a|b".into())]).as_deref(), Ok("(?:a|b)x"));
    assert_eq!(regex("x{}", vec![Value::Regex("a|b".into())]).as_deref(), Ok(r"xa\|b"));
}

#[test]
fn strings_hold_bare_text() {
    let string = |template: &str, holes| {
        woven(template, holes, Type::String).map(|text| text.as_text().unwrap_or("").to_owned())
    };
    assert_eq!(string("{} and {}", vec![Value::str("a"), Value::Int(2)]).as_deref(), Ok("a and 2"));
    assert_eq!(string("{}", vec![Value::Json(serde_json::json!("x").into())]).as_deref(), Ok("x"));
    assert_eq!(string("{}", vec![Value::list([Value::str("a"), Value::str("b")])]).as_deref(), Ok("a, b"));
    assert!(string("backup-{}", vec![Value::None]).is_err());
}
