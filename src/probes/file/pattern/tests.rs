//! Where patterns are parted, and what resources they read.

use super::*;

#[test]
fn a_pattern_is_parted_where_it_begins_to_be_one() {
    for (text, base, resource) in [
        ("logs/*.log", "logs", "*.log"),
        ("./logs//app?.log", "logs", "*"),
        ("**/*.json", ".", "**/*.json"),
        ("a/b/c", "a/b", "c"),
        ("c", ".", "c"),
        ("/var/log/*", "/var/log", "*"),
        ("a/{b,c}/d/*", "a", "*/d/*"),
        ("../x/*", "../x", "*"),
    ] {
        let pattern = Pattern::parse(text).unwrap();
        assert_eq!((pattern.base.as_str(), pattern.resource().as_str()), (base, resource), "{text}");
    }
}

#[test]
fn what_is_no_pattern_says_so() {
    for text in ["", "a[", "{a"] {
        assert!(Pattern::parse(text).is_err(), "{text}");
    }
}
