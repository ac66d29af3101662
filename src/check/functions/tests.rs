use super::{all, find};
use crate::catalogue::ty::{Dim, Type};
use crate::catalogue::value::{Quantity, Value};

fn call(name: &str, args: &[Value]) -> Value {
    (find(name).unwrap().call)(args).unwrap()
}

fn ints(numbers: &[i64]) -> Value {
    Value::list(numbers.iter().copied().map(Value::Int))
}

#[test]
fn names_are_unique_and_documented() {
    let mut names: Vec<_> = all().map(|function| function.name).collect();
    for function in all() {
        assert!(function.usage.starts_with(function.name), "{}", function.name);
        assert!(function.doc.ends_with('.') || function.doc.ends_with('`'), "{}", function.name);
        assert!(function.hints.iter().all(|hint| hint.is_empty() || Type::parse(hint).is_some()), "{}", function.name);
    }
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn lists() {
    assert_eq!(call("first", &[ints(&[3, 1])]), Value::Int(3));
    assert_eq!(call("first", &[ints(&[])]), Value::None);
    assert_eq!(call("nth", &[ints(&[3, 1]), Value::Int(-1)]), Value::Int(1));
    assert_eq!(call("nth", &[ints(&[3, 1]), Value::Int(i64::MIN)]), Value::None);
    assert_eq!(call("sort", &[ints(&[3, 1, 2])]), ints(&[1, 2, 3]));
    assert_eq!(call("unique", &[ints(&[3, 1, 3])]), ints(&[3, 1]));
    assert_eq!(call("max", &[Value::Int(3), Value::Int(9), Value::Int(4)]), Value::Int(9));
    assert_eq!(call("min", &[ints(&[3, 1, 2])]), Value::Int(1));
    assert_eq!(call("sum", &[ints(&[3, 1, 2])]), Value::Int(6));
    let bytes = |amount| Value::Quantity(Quantity { amount, dim: Dim::BYTES });
    assert_eq!(call("sum", &[Value::list([bytes(1.0), bytes(2.0)])]), bytes(3.0));
}

#[test]
fn a_list_of_different_things_has_no_order() {
    let odd = Value::list([Value::Int(1), Value::str("a")]);
    assert!((find("sort").unwrap().call)(&[odd]).is_err());
}

#[test]
fn equal_elements_are_found_whatever_they_are() {
    let of = |items: &[Value]| call("unique", &[Value::list(items.iter().cloned())]);
    let json = |text: &str| Value::Json(std::sync::Arc::new(serde_json::from_str(text).unwrap()));
    let items = [
        Value::Float(0.0),
        Value::str("0"),
        Value::Path("0".into()),
        json("[1, 2]"),
        json("[2, 1]"),
        json("1"),
        json("1.5"),
        ints(&[1]),
        ints(&[1, 1]),
    ];
    let twice: Vec<Value> = items.iter().chain(&items).cloned().chain([Value::Float(-0.0)]).collect();
    assert_eq!(of(&twice), Value::list(items));
}

#[test]
fn fields_of_texts() {
    let groups = |text: &str, regex: &str| call("groups", &[Value::str(text), Value::Regex(regex.into())]);
    let texts = |texts: &[&str]| Value::list(texts.iter().map(|text| Value::str(*text)));
    assert_eq!(groups("v1.4 (2026)", r"v(\d+)\.(\d+)"), texts(&["1", "4"]));
    assert_eq!(groups("v1", r"v(\d+)(\.\d+)?"), texts(&["1", ""]));
    assert_eq!(groups("v1", r"v\d"), texts(&["v1"]));
    assert_eq!(groups("", r"v(\d)"), texts(&[]));
    let env = call(
        "parse_env",
        &[Value::str("# the release\n\nexport A=1\nB = \"x \\\"y\\\" \\n\"\nC='a=b'\r\nD=\nA=2\nE=\"\n")],
    );
    let Value::Map(map) = env else { panic!("{env:?}") };
    let shown: Vec<String> = map.iter().map(|(name, value)| format!("{name}={}", value.as_text().unwrap())).collect();
    assert_eq!(shown, ["A=2", "B=x \"y\" \\n", "C=a=b", "D=", "E=\""]);
    assert!((find("parse_env").unwrap().call)(&[Value::str("A=1\nnothing")]).is_err());
}

#[test]
fn texts() {
    let text = Value::str(" v1.2.3 (stable)\n");
    assert_eq!(call("trim", std::slice::from_ref(&text)), Value::str("v1.2.3 (stable)"));
    assert_eq!(call("match", &[text.clone(), Value::Regex(r"v(\d+)".into())]), Value::str("1"));
    assert_eq!(call("match", &[text.clone(), Value::Regex("x".into())]), Value::None);
    assert_eq!(call("replace", &[Value::str("a1b2"), Value::Regex(r"\d".into()), Value::str("-")]), Value::str("a-b-"));
    assert_eq!(call("split", &[Value::str("a,b"), Value::str(",")]), Value::list([Value::str("a"), Value::str("b")]));
    assert_eq!(call("basename", &[Value::str("a/b.txt")]), Value::str("b.txt"));
    assert_eq!(call("dirname", &[Value::str("/b.txt")]), Value::Path("/".into()));
    assert_eq!(call("len", &[Value::str("dé")]), Value::Int(2));
}

#[test]
fn conversions_say_what_they_cannot_read() {
    assert_eq!(call("int", &[Value::str("42\n")]), Value::Int(42));
    let error = (find("int").unwrap().call)(&[Value::str("4x")]).unwrap_err();
    assert_eq!(error.what, "\"4x\" does not read as a whole number");
    assert_eq!(call("float", &[Value::str("NaN")]), Value::None);
    assert!(call("version", &[Value::str("v1.10")]) != call("version", &[Value::str("1.9.0")]));
    assert!((find("version").unwrap().call)(&[Value::str("1.2.3.4")]).is_err());
}

#[test]
fn conditions() {
    let some = Value::list([Value::Bool(true), Value::Bool(false)]);
    assert_eq!(call("any", std::slice::from_ref(&some)), Value::Bool(true));
    assert_eq!(call("all", std::slice::from_ref(&some)), Value::Bool(false));
    assert_eq!(call("at_least", &[Value::Int(2), some]), Value::Bool(false));
    assert_eq!(call("at_least", &[Value::Int(1), Value::Bool(true), Value::Bool(false)]), Value::Bool(true));
}

#[test]
fn a_quantity_is_no_number() {
    assert!((find("int").unwrap().types)(&[Type::DURATION]).is_err());
}
