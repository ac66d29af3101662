//! Values in globs, keys and replacements stand for themselves.

use super::*;

/// Literal and value in turn.
fn made(call: fn(&[Value]) -> Result<String>, pieces: &[&str]) -> String {
    call(&pieces.iter().map(|piece| Value::str(*piece)).collect::<Vec<_>>()).unwrap()
}

#[test]
fn a_value_in_a_glob_matches_itself() {
    assert_eq!(made(escaped, &["logs/", "a*[b]{c,d}?\\", "/*.log"]), r"logs/a\*\[b\]\{c\,d\}\?\\/*.log");
}

#[test]
fn a_value_in_a_glob_leads_nowhere_else() {
    let paths = |pieces: &[&str]| paths(&pieces.iter().map(|piece| Value::str(*piece)).collect::<Vec<_>>());
    assert!(paths(&["logs/", "a", "/*"]).is_ok());
    assert!(paths(&["logs/", "..", "/*"]).unwrap_err().what.contains(".."));
    assert!(paths(&["", "/etc", "/*"]).unwrap_err().what.contains("absolute"));
    let leads = super::paths(&[Value::str(""), Value::Path("/srv/a*".into()), Value::str("/*")]).unwrap();
    assert_eq!(leads, Value::str(r"/srv/a\*/*"));
}

#[test]
fn a_value_in_a_key_is_one_name() {
    for (pieces, wanted) in [
        (&["users.", "ana", ".on"] as &[_], "users.ana.on"),
        (&["users.", "a.b", ".on"], r#"users."a.b".on"#),
        (&["users.pre-", "a b", "-post.on"], r#"users."pre-a b-post".on"#),
        (&["", ""], r#""""#),
        (&["a. ", " b ", ". c"], r#"a." b ".c"#),
        (&["a.", "q\"\\\n"], r#"a."q\"\\\U0000000A""#),
        (&["hosts.\"", "a.\"b", "\".port"], r#"hosts."a.\"b".port"#),
        (&["hosts.'", "a.b", "'.port"], "hosts.'a.b'.port"),
        (&["hosts.\"x.y\".", "z"], r#"hosts."x.y".z"#),
    ] {
        assert_eq!(made(key, pieces), wanted, "{pieces:?}");
    }
    assert!(key(&[Value::str("a.'"), Value::str("it's"), Value::str("'")]).is_err());
}

#[test]
fn a_value_in_a_replacement_names_no_group() {
    let regex = regex::Regex::new("(?<n>a)(b)").unwrap();
    for (pieces, wanted) in [
        (&["$1", "1 $2 ${n}", "$2"] as &[_], "a1 $2 ${n}b"),
        (&["$n", "x", ""], "ax"),
        (&["$", "1", ""], "$1"),
        (&["$$", "1", "$"], "$1$"),
        (&["${n}", "x", "$2"], "axb"),
        (&["", "$", "1"], "$1"),
    ] {
        assert_eq!(regex.replace("ab", made(groups, pieces)), wanted, "{pieces:?}");
    }
}
