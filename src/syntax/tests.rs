//! Tests of the parser through its entry, `parse`.

mod arbitrary;
mod formatting;
mod mutations;
mod pages;
mod reports;
mod shapes;

use super::{ast::Tree, dump, parse};
use crate::diagnostics::Report;
use crate::source::{FileId, SourceFile};

/// The policy of the language's worked example.
const ATOMOS: &str = include_str!("tests/atomos.rbk");

fn parsed(text: &str) -> (SourceFile, Tree, Report) {
    let source = SourceFile::new("policy.rbk", text);
    let mut report = Report::default();
    let tree = parse(FileId(0), &source, &mut report);
    (source, tree, report)
}

/// The shape of a text that must be right.
#[track_caller]
fn shape(text: &str) -> String {
    let (source, tree, report) = parsed(text);
    let found: Vec<_> = report
        .diagnostics
        .iter()
        .map(|found| {
            let (line, column) = source.line_column(found.span().start);
            format!("{line}:{column}: {}: {}", found.code, found.message)
        })
        .collect();
    assert!(found.is_empty(), "in {text:?}: {found:#?}");
    dump(&source, &tree)
}
