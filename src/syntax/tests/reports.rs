//! What is said about mistakes: one report for each, where it is, and what to write instead.

use super::parsed;
use crate::diagnostics::Code;

/// `line:column code message` of every report, and the help of the first.
#[track_caller]
fn reports(text: &str) -> Vec<String> {
    let (source, _, report) = parsed(text);
    report
        .diagnostics
        .iter()
        .map(|found| {
            let (line, column) = source.line_column(found.span().start);
            format!("{line}:{column} {} {}", found.code, found.message)
        })
        .collect()
}

fn help(text: &str) -> String {
    parsed(text).2.diagnostics.first().and_then(|found| found.help.clone()).unwrap_or_default()
}

#[test]
fn every_error_of_a_file_in_one_pass() {
    let text = "\
let wait 10m
metrc load = system.load()
phase web {
  let when = 3
  step a {
    retry 3 &&
      4
    file.remove(\"x\" file.remove(\"y\")
    notify(x) notify(y)
  }
  step b
    notify(z)
  }
  step c { sh(\"never closed) }
}
let size = 0x10
";
    assert_eq!(
        reports(text),
        [
            "1:10 E0001 missing `=` after `wait`",
            "2:1 E0007 unknown item `metrc`, did you mean `metric`",
            "4:7 E0008 `when` is a keyword and cannot be used as a name",
            "6:13 E0009 `&&` is not an operator here",
            "8:16 E0002 this `(` is never closed",
            "9:15 E0012 a second clause on one line",
            "11:9 E0003 a `}` has no opener",
            "14:15 E0004 this string is never closed",
            "16:12 E0010 `0x10` is not a number or quantity",
        ]
    );
}

#[test]
fn what_to_write_instead() {
    assert_eq!(help("let wait 10m"), "write `wait = 10m`");
    assert_eq!(help("metrc x = 1"), "write `metric`");
    assert_eq!(help("let a = b || c"), "write `or`");
    assert_eq!(help("let a = !b"), "write `not`");
    assert_eq!(help("phase x { step a { f() g() } }"), "write `;` or a new line between them");
    assert_eq!(help("let x = f() g()"), "write `;` or a new line before it");
    assert_eq!(help("phase web-shop { step a { f() } }"), "write `web_shop`");
    assert_eq!(help("let x = 'a'"), "strings stand in straight double quotes, `\"…\"`");
    assert_eq!(help("// a comment\nlet x = 1"), "comments begin with `#` and end with the line");
    assert_eq!(help("let x = 1.2.3"), "a version stands in quotes");
    assert_eq!(help("let x = \"\\d\""), "write `\\\\d` for a backslash, or a raw string, `r\"…\"`");
    assert_eq!(
        help("phase x { step a { retry -3 } }"),
        "write `retry 3`, or `retry (-3)` if it is meant to be negative"
    );
    assert_eq!(help("let Wait = 1"), "write `wait`");
    assert_eq!(help("step a { f() }"), "move it into a `phase`, `stage` or `scenario`");
    assert_eq!(help("phase p { param x: int = 5 }"), "move it to the top level of the file");
}

#[test]
fn what_was_expected_and_what_stands_there() {
    assert_eq!(reports("let x = = 5"), ["1:9 E0001 expected a value, found `=`"]);
    assert_eq!(reports("let x ="), ["1:8 E0001 expected a value, found the end of the line"]);
    assert_eq!(reports("let = 5"), ["1:5 E0001 expected a name, found `=`"]);
    assert_eq!(reports("phase web"), ["1:10 E0001 expected a string or `{`, found the end of the line"]);
    assert_eq!(reports("let x = [1 2]"), ["1:12 E0001 expected `,` or `]`, found `2`"]);
    assert_eq!(reports("let x = if a then b"), ["1:20 E0001 expected `else`, found the end of the line"]);
    assert_eq!(reports("phase p { for x of xs { } }"), ["1:17 E0001 expected `in`, found `of`"]);
    assert_eq!(reports("phase p { expect a = b }"), Vec::<String>::new(), "a clause may give a name a value");
    assert_eq!(reports("phase p { expect f(a) = b }"), ["1:23 E0009 `=` is not an operator here"]);
}

#[test]
fn letters_of_names_are_those_of_ascii() {
    assert_eq!(reports("let naïve = 1"), ["1:7 E0001 unexpected character `ï`"]);
    assert_eq!(help("let naïve = 1"), "names are made of `a` to `z`, digits and `_`");
    let text =
        "phase p \"naïve\" {  # naïve\n  exec([\"naïve ${größe}\"], etäge: 1)\n  timeout dauer_ö.s { \"é\": 1 }\n}";
    let place = |report: &String| report.split(' ').next().unwrap().to_owned();
    assert_eq!(reports(text).iter().map(place).collect::<Vec<_>>(), ["2:20", "2:30", "3:17"]);
    assert_eq!(reports("phase p { let x = a.bé; set({ é: 1 }) }").len(), 2);
}

#[test]
fn tabs_are_blanks() {
    let text = "phase\tp\t{\r\n\tstep a\t{\n\t\twithin\t5s every\t1s\t\n\t\tf(1,\t2)\t;\tg({\ta:\t1\t})\t}\n\t}\t\n";
    assert_eq!(reports(text), Vec::<String>::new());
    let (_, spaced, _) = parsed(&text.replace('\t', " "));
    assert_eq!(format!("{:?}", parsed(text).1.items), format!("{:?}", spaced.items));
}

#[test]
fn no_reserved_word_is_a_value() {
    for word in crate::syntax::words::RESERVED.iter().filter(|word| !["true", "false", "none"].contains(word)) {
        assert!(!reports(&format!("let x = {word}\n")).is_empty(), "`{word}` is read as a name");
    }
}

#[test]
fn a_missing_operand_does_not_hide_the_next_item() {
    let text = "let x =\nparam y: strin g\nlet z = 4 *\n\nphase p { step a { f( } }\n";
    assert_eq!(
        reports(text),
        [
            "1:8 E0001 expected a value, found the end of the line",
            "2:16 E0012 a second clause on one line",
            "3:12 E0001 expected a value, found the end of the line",
            "5:21 E0002 this `(` is never closed",
        ]
    );
}

#[test]
fn a_header_and_its_body_do_not_hide_each_other() {
    let text = "phase p \"t\" 5 {\n  step a \"x\" y {\n    expect (1 +)\n  }\n}\n";
    assert_eq!(
        reports(text),
        [
            "1:13 E0001 expected `{`, found `5`",
            "2:14 E0001 expected `{`, found `y`",
            "3:16 E0001 expected a value, found `)`",
        ]
    );
}

#[test]
fn nesting_has_a_limit_and_one_report() {
    for text in [
        format!("let x = {}1", "(".repeat(100_000)),
        format!("let x = {}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("let x = {}", "if a then ".repeat(10_000)),
        format!("phase p {{ {} }}", "if a ".repeat(10_000)),
        format!("phase p {{ if a {{}} {} }}", "else if a {} ".repeat(10_000)),
        format!("let x = {}", "\"${".repeat(10_000)),
        format!("let x = 1{}", " + 1".repeat(5_000)),
        format!("let x = a{}", ".b".repeat(5_000)),
        format!("let x = {}a", "not ".repeat(5_000)),
        format!(") {}", "{ a ".repeat(100_000)),
    ] {
        let found = parsed(&text).2.diagnostics;
        let deep = found.iter().filter(|found| found.code == Code::TooDeep).count();
        assert_eq!(deep, 1, "{:?} … {:?}", &text[..20], found.first());
        assert!(found.len() <= 2, "{found:?}");
    }
}

#[test]
fn the_list_of_errors_has_an_end() {
    let found = parsed(&"let x\n".repeat(200)).2.diagnostics;
    assert_eq!(found.len(), 51);
    assert_eq!(found[50].message, "more than 50 syntax errors; the others are not shown");
}

#[test]
fn control_characters_are_found_wherever_they_hide() {
    assert_eq!(reports("let x = 1 \u{8}+ 2"), ["1:11 E0005 the control character 0x08"]);
    assert_eq!(
        reports("let x = \"a\u{0}b\" # c\u{1b}d"),
        ["1:11 E0005 the control character 0x00", "1:18 E0005 the control character 0x1b",]
    );
}

#[test]
fn a_last_comment_may_end_in_blanks() {
    for text in ["else \n\n# cfor a in b ", "let x = 1 +\n# more \t ", "let x = 1 # one  "] {
        let _ = reports(text);
    }
}

#[test]
fn an_empty_file_is_no_policy() {
    assert_eq!(reports(""), ["1:1 E0015 the file holds no policy"]);
    assert_eq!(reports("# nothing\n\n"), ["3:1 E0015 the file holds no policy"]);
}

#[test]
fn junk_of_any_length_takes_time_in_proportion() {
    for piece in
        [")", "}", "\"", "( ", "{\n", "a b\n", "\"${", "step s {\n", "}\n", "]\n", "x = \"\"\"\n", ";", "&&", "é"]
    {
        let found = parsed(&piece.repeat(100_000)).2.diagnostics;
        assert!((1..=51).contains(&found.len()), "{piece:?}: {}", found.len());
    }
}
