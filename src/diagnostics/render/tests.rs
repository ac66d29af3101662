use proptest::prelude::*;

use super::{Format, render};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{Place, SourceFile, Sources, Span};

fn sources(text: &str) -> (Sources, crate::source::FileId) {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::new("a.rbk", text));
    (sources, id)
}

/// A diagnostic on the first occurrence of `at` in `text`, rendered for people without colour.
fn human(text: &str, at: &str) -> String {
    let (sources, id) = sources(text);
    let start = text.find(at).expect("the text holds it") as u32;
    let place = Place::new(id, Span::new(start, start + at.len() as u32));
    let found = Diagnostic::new(Code::DimensionMismatch, place, "a duration is compared with bytes")
        .label("this is bytes")
        .help("write `3s`");
    render(&[found], &sources, Format::Human, false, 80)
}

#[test]
fn shows_place_label_help_and_one_hint() {
    let text = human("let a = 1\nlet b = 500MB\nlet c = 2\n", "500MB");
    assert!(text.contains("[a.rbk:2:9]"), "{text}");
    assert!(text.contains("╰── this is bytes"), "{text}");
    assert!(text.contains("help: write `3s`"), "{text}");
    assert!(text.ends_with("1 error; `rbk explain E0202` says more\n"), "{text}");
}

#[test]
fn two_places_of_one_file_are_both_shown() {
    let body = format!("let a = 3s\n{}let b = 4MB\n", "# much\n".repeat(500));
    let (sources, id) = sources(&body);
    let at = |text: &str| {
        let start = body.find(text).unwrap() as u32;
        Place::new(id, Span::new(start, start + text.len() as u32))
    };
    let found = Diagnostic::new(Code::DimensionMismatch, at("4MB"), "m").label("bytes").also(at("3s"), "duration");
    let text = render(&[found], &sources, Format::HumanAscii, false, 80);
    assert!(text.contains("1 | let a = 3s") && text.contains("502 | let b = 4MB"), "{text}");
    assert!(text.is_ascii(), "{text}");
    assert!(text.lines().count() < 20, "{text}");
}

#[test]
fn a_long_line_is_cut_around_the_label() {
    let line = format!("let x = [{}500MB{}]", "\"é\", ".repeat(20_000), ", 1".repeat(20_000));
    let text = human(&line, "500MB");
    assert!(text.len() < 4_000, "{} bytes", text.len());
    assert!(text.contains("500MB") && text.contains('…'), "{text}");
    assert!(text.contains("[a.rbk:1:100010]"), "{text}");
}

#[test]
fn line_ends_and_tabs_do_not_show() {
    let text = human("policy a\r\n\tlet b = 500MB\r\n", "500MB");
    assert!(!text.contains('\r'), "{text:?}");
    assert!(text.contains("    let b = 500MB"), "{text}");
}

#[test]
fn nothing_in_a_source_controls_the_terminal() {
    let text = human("let a = \"\u{1b}[2J\u{202e}\" + 500MB", "500MB");
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
}

#[test]
fn colour_only_when_asked() {
    let (sources, id) = sources("x");
    let found = [Diagnostic::new(Code::UnknownName, Place::new(id, Span::new(0, 1)), "m")];
    assert!(!render(&found, &sources, Format::Human, false, 80).contains('\u{1b}'));
    assert!(render(&found, &sources, Format::Human, true, 80).contains('\u{1b}'));
}

#[test]
fn json_is_one_document() {
    let (sources, id) = sources("é = 5\nb");
    let found = Diagnostic::new(Code::UnknownName, Place::new(id, Span::new(5, 6)), "no `5`").fix(
        "name it",
        Place::new(id, Span::new(5, 6)),
        "a",
    );
    let text = render(&[found], &sources, Format::Json, true, 80);
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["errors"], 1);
    let label = &document["diagnostics"][0]["labels"][0];
    assert_eq!((label["line"].as_u64(), label["column"].as_u64()), (Some(1), Some(5)));
    assert_eq!(document["diagnostics"][0]["fix"]["edits"][0]["replacement"], "a");
}

#[test]
fn github_lines_escape_what_would_end_them() {
    let (sources, id) = sources("a\nb");
    let found = Diagnostic::new(Code::UnknownName, Place::new(id, Span::new(0, 1)), "50% of\nit").help("say: x, y");
    let text = render(&[found], &sources, Format::Github, false, 80);
    assert_eq!(
        text,
        "::error file=a.rbk,line=1,endLine=1,col=1,endColumn=2,title=E0101%3A no such name::50%25 of%0Ait%0Asay: x, y\n"
    );
}

#[test]
fn sarif_counts_columns_in_utf16_and_escapes_paths() {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::new("a b/ü:1.rbk", "x\n𝒜é = 5"));
    let at = Place::new(id, Span::new(11, 12));
    let found = Diagnostic::new(Code::UnknownName, at, "no `5`").also(Place::new(id, Span::new(0, 1)), "x");
    let text = render(&[found.fix("name it", at, "a")], &sources, Format::Sarif, false, 80);
    let log: serde_json::Value = serde_json::from_str(&text).unwrap();
    let result = &log["runs"][0]["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b/%C3%BC%3A1.rbk");
    let region = serde_json::json!({ "startLine": 2, "startColumn": 7, "endLine": 2, "endColumn": 8 });
    assert_eq!(place["region"], region);
    assert_eq!(result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"], 1);
    let change = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!((&change["deletedRegion"], &change["insertedContent"]["text"]), (&region, &"a".into()));
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][0]["id"], "E0101");
}

#[test]
fn junit_escapes_what_xml_cannot_hold() {
    let (sources, id) = sources("x");
    let found = Diagnostic::new(Code::UnknownName, Place::new(id, Span::new(0, 1)), "<\u{1}\"&").help("a\nb");
    let text = render(&[found], &sources, Format::Junit, false, 80);
    assert!(text.contains("message=\"&lt;\u{fffd}&quot;&amp;\""), "{text}");
    assert!(text.contains("help: a&#10;b</failure>"), "{text}");
    let clean = render(&[], &sources, Format::Junit, false, 80);
    assert!(clean.contains("tests=\"1\" failures=\"0\"") && clean.contains("no mistakes"), "{clean}");
}

#[test]
fn fifty_are_shown_and_all_are_counted() {
    let (sources, id) = sources("x");
    let found: Vec<_> = (0..70)
        .map(|number| Diagnostic::new(Code::UnknownName, Place::new(id, Span::new(0, 1)), format!("m{number}.")))
        .collect();
    let text = render(&found, &sources, Format::Human, false, 80);
    assert!(text.contains("m49.") && !text.contains("m50."), "{text}");
    assert!(text.contains("70 errors (the first 50 are shown)"), "{text}");
}

proptest! {
    /// Any text, any two labels, even past the end or inside a character.
    #[test]
    fn never_panics(text in "(\\PC|[\r\n\t\u{0}é漢]){0,200}", a in 0u32..300, b in 0u32..300, c in 0u32..300, width in 0usize..200) {
        let (sources, id) = sources(&text);
        let place = |x: u32, y: u32| Place::new(id, Span::new(x.min(y), x.max(y)));
        let found = Diagnostic::new(Code::UnknownName, place(a, b), "m").label("l").also(place(b, c), "k");
        for format in [Format::Human, Format::HumanAscii] {
            let drawn = render(std::slice::from_ref(&found), &sources, format, false, width);
            prop_assert!(!drawn.contains("Failed to read"), "{}", drawn);
        }
    }
}
