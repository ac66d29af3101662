//! What must hold for any text at all. Each of the targets tries one of these; it panics where it does not hold.

use rbk::catalogue::unit::Catalogue;
use rbk::check::{allows, analysis};
use rbk::diagnostics::Report;
use rbk::diagnostics::render::{Format, render};
use rbk::source::{SourceFile, Sources};
use rbk::syntax::ast::Tree;
use rbk::syntax::{format, parse, same};
use std::sync::{Arc, LazyLock};

/// More than any rule needs; what only grows with the length of the text is measured by `benches/growth.sh`.
const LONGEST: usize = 16 * 1024;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(rbk::catalogue);

/// The text of an input, where it is one that `rbk` would read.
pub fn text(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok().filter(|text| text.len() <= LONGEST)
}

/// Any text has a tree or a report of what is wrong, and every place that is told lies in the text.
pub fn parses(text: &str) {
    let (sources, _, report) = parsed(text);
    told(&sources, &report);
}

/// Any text is a policy or has errors, each with a place in the text.
pub fn checks(text: &str) {
    let (sources, tree, mut report) = parsed(text);
    let sound = !report.has_errors();
    let (id, _) = sources.iter().next().expect("there is one file");
    let trees = [(id, tree)];
    let policy = rbk::check::check(&sources, &trees, &CATALOGUE, &mut report);
    assert!(policy.is_none() || !report.has_errors(), "a policy with errors");
    let allowed = allows::gather(&sources, &trees, &mut report);
    if let Some(policy) = policy.filter(|_| sound) {
        analysis::analyse(&Arc::new(policy), &mut report);
    }
    allows::silence(&allowed, &sources, !report.has_errors(), &mut report);
    told(&sources, &report);
}

/// What parses can be formatted; that keeps its tree, and formatting it again changes nothing.
pub fn formats(text: &str) {
    let (sources, tree, report) = parsed(text);
    let (_, file) = sources.iter().next().expect("there is one file");
    if report.has_errors() || tree.items.is_empty() {
        return;
    }
    let once = format(file, &tree).unwrap_or_else(|error| panic!("{error}"));
    let (again, second, report) = parsed(&once);
    let (_, formatted) = again.iter().next().expect("there is one file");
    assert!(!report.has_errors(), "it does not parse any more:\n{once}");
    assert!(same(file, &tree, formatted, &second), "it has another tree:\n{once}");
    let twice = format(formatted, &second).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(once, twice, "it is formatted differently the second time");
}

fn parsed(text: &str) -> (Sources, Tree, Report) {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::new("fuzz.rbk", text));
    let mut report = Report::default();
    let tree = parse(id, sources.get(id), &mut report);
    (sources, tree, report)
}

/// Every report points into the text, at the edge of letters, and can be shown.
fn told(sources: &Sources, report: &Report) {
    for found in &report.diagnostics {
        for label in &found.labels {
            let text = &sources.get(label.place.file).text;
            let range = label.place.span.range();
            assert!(text.get(range.clone()).is_some() || range.start >= text.len(), "{:?} of {range:?}", found.code);
        }
    }
    for format in [Format::Human, Format::Json] {
        let _ = render(&report.diagnostics, sources, format, true, 80);
    }
}
