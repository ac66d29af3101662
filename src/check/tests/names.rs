//! Names: what is unknown, given twice, used too early, hidden, unused.

use super::support::{clean, expect_error, expect_warning, in_phase};

#[test]
fn did_you_mean() {
    let found = expect_error(
        "param timeout_limit: duration = 5m\nphase p { require timeout_limt > 5m }",
        "E0101",
        "timeout_limt",
    );
    assert_eq!(found.help.as_deref(), Some("did you mean `timeout_limit`?"));
    let found = expect_error(&in_phase("step s { file.copi(\"a\", to: \"b\") }"), "E0103", "copi");
    assert_eq!(found.help.as_deref(), Some("did you mean `copy`?"));
    let found = expect_error(&in_phase("step s { tmeout 5s }"), "E0104", "tmeout");
    assert_eq!(found.help.as_deref(), Some("did you mean `timeout`?"));
    let found = expect_error(&in_phase("step s { detect true }"), "E0104", "detect");
    assert_eq!(found.help.as_deref(), Some("`detect` stands in a scenario"));
}

#[test]
fn given_twice() {
    for (text, underlined) in [
        ("param a: int = 1\nparam a: int = 2", "a"),
        ("let a = 1\nverify a { expect true }", "a"),
        ("phase p { step s { wait(1s) }; step s { wait(1s) } }", "s"),
        ("phase p { stage s { step t { wait(1s) } }; step t { wait(1s) } }", "t"),
        ("phase p { step s { wait(1s) } }\nphase p { step s { wait(1s) } }", "p"),
        ("phase p { step s { timeout 5s; timeout 6s; wait(1s) } }", "timeout"),
        ("severity a { within 1m }\nseverity a { within 2m }", "a"),
        ("policy a { owner \"x\" }\npolicy b { owner \"x\" }", "policy b"),
        ("phase p { let x = 1; let x = 2; require x == 1 }", "x"),
        ("let run = 5", "run"),
        ("phase p { scenario a { detect true }; scenario a { detect true } }", "a"),
    ] {
        let found = expect_error(text, "E0102", underlined);
        assert!(found.labels.len() == 2 || underlined == "run", "both places: {found:?}");
    }
    // Scenarios and phases have names of their own.
    clean(
        "phase p { scenario a { step s { wait(1s) } }; scenario b { step s { wait(1s) } } }\nphase q { step s { wait(1s) } }",
    );
}

#[test]
fn bound_in_text_order() {
    expect_error("let a = b + 1\nlet b = 1", "E0109", "b");
    expect_error(&in_phase("require x == 1\nlet x = 1"), "E0109", "x");
    expect_error(&in_phase("step a { let x = 1; require x == 1 }\nstep b { require x == 1 }"), "E0101", "x");
    expect_error("let a = a + 1", "E0108", "a");
    clean("phase p { require limit == 1 }\nlet limit = 1");
}

#[test]
fn functions_are_inlined() {
    clean("let twice(x) = x * 2\nphase p { require twice(5m) > 1m and twice(3) > 1 }");
    clean("let up(url: url) = http.get(url).status == 200\nphase p { require up(\"http://h/\") }");
    clean("let area(w, h = 2) = w * h\nphase p { require area(3) == 6 and area(w: 2, h: 5) == 10 }");
    expect_error("let f(x) = f(x)\nphase p { require f(1) == 1 }", "E0108", "f");
    expect_error("let f(x) = g(x)\nlet g(x) = f(x)\nphase p { require f(1) == 1 }", "E0108", "f");
    expect_error("let f(x) = x + missing\nphase p { require f(1) == 1 }", "E0101", "missing");
    expect_error("let f(x) = x + missing", "E0101", "missing");
    expect_error("let f(x) = x\nphase p { require f() == 1 }", "E0205", "f");
    expect_error("let f(x) = x\nphase p { require f(1, 2) == 1 }", "E0206", "2");
    expect_error("let f(x) = x\nphase p { require f(y: 1) == 1 }", "E0105", "y");
    expect_error("let f(x: duration) = x\nphase p { require f(1MB) == 1s }", "E0202", "1MB");
    // A body sees what its declaration saw.
    expect_error("let f(x) = x + inner\nphase p { let inner = 1; require f(inner) == 1 }", "E0101", "inner");
}

#[test]
fn namespaces() {
    expect_error(&in_phase("depends on q"), "E0101", "q");
    expect_error(&in_phase("step s { after r; wait(1s) }"), "E0101", "r");
    expect_error(&in_phase("step s { after s; wait(1s) }"), "E0301", "s");
    expect_error(&in_phase("depends on p"), "E0301", "p");
    expect_error(&in_phase("verify health { mitigates }"), "E0101", "health");
    expect_error("severity high { start after approval(by: nobody) }", "E0505", "nobody");
    expect_error("severity critical { within 1m }\nphase p { require run.severity == critical }", "E0101", "critical");
    clean(
        "phase p { step a { wait(1s) }; verify v { expect true }; stage b { step c { wait(1s) } }; step d { after a, v, b, c; wait(1s) } }",
    );
    clean(
        "phase p { step s { wait(1s) } }\nphase q { depends on p; include p; step s { on failure run p; wait(1s) } }",
    );
}

#[test]
fn unused_and_hidden() {
    expect_warning("let spare = 5", "W6001", "spare");
    expect_warning("param spare: int = 5 where spare > 3", "W6001", "spare");
    expect_warning("secret spare = env(\"X\")", "W6001", "spare");
    expect_warning("let spare(x) = x", "W6001", "spare");
    expect_warning("let x = 1\nphase p { require x == 1; step s { let x = 2; require x == 2 } }", "W6005", "x");
}

#[test]
fn thousands_of_mistakes_stay_cheap() {
    let mut text = String::from("policy t { owner \"x\" }\nphase p {\n");
    for index in 0..3_000 {
        use std::fmt::Write;
        let _ = writeln!(text, "let name_{index} = unknown_{index}");
    }
    text.push('}');
    let (_, found, _) = super::support::checked(&text);
    assert!(found.len() >= 3_000, "{}", found.len());
}
