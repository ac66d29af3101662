//! What string literals mean.

use super::{literal, parts};
use crate::diagnostics::Report;
use crate::source::{FileId, SourceFile};
use crate::syntax::ast::{ExprKind, StmtKind};
use crate::syntax::parse;

/// Each text piece of the string in `let x = …`, with `·` for a hole.
fn pieces(literal: &str) -> Vec<String> {
    let source = SourceFile::new("x.rbk", format!("let x = {literal}"));
    let mut report = Report::default();
    let tree = parse(FileId(0), &source, &mut report);
    assert!(!report.has_errors(), "{report:?}");
    let StmtKind::Decl(decl) = &tree.items[0].kind else { panic!("a `let`") };
    let ExprKind::Str(string) = &decl.value.as_ref().expect("a value").kind else { panic!("a string") };
    let all = parts(&source, string);
    assert_eq!(super::literal(&source, string).is_some(), all.iter().all(|part| matches!(part, super::Part::Text(_))));
    all.into_iter()
        .map(|part| match part {
            super::Part::Text(text) => text,
            super::Part::Hole(_) => "·".to_owned(),
        })
        .collect()
}

#[test]
fn escapes_and_raw_text() {
    assert_eq!(pieces(r#""a\n\t\"\\\$\u{e9}""#), ["a\n\t\"\\$é"]);
    assert_eq!(pieces(r#""a ${b} c$ \${d}""#), ["a ", "·", " c$ ${d}"]);
    assert_eq!(pieces(r#"r"\d${x}""#), [r"\d${x}"]);
    assert_eq!(pieces("r#\"a \"b\" # c\"#"), ["a \"b\" # c"]);
    assert!(pieces("\"\"").is_empty());
}

#[test]
fn block_strings_lose_their_common_indentation() {
    assert_eq!(pieces("\"\"\"\n    a\n      b\n\n    c\n    \"\"\""), ["a\n  b\n\nc\n"]);
    assert_eq!(pieces("\"\"\"\n  a\n  b\"\"\""), ["a\nb"]);
    assert_eq!(pieces("\"\"\"one \"quoted\" line\"\"\""), ["one \"quoted\" line"]);
    assert_eq!(pieces("\"\"\"\r\n  a\r\n  b\r\n  \"\"\""), ["a\nb\n"]);
    assert_eq!(pieces("\"\"\"\n  joined \\\n    up\n  \"\"\""), ["joined up\n"]);
}

#[test]
fn holes_count_as_text_in_the_indentation() {
    assert_eq!(pieces("\"\"\"\n    ${a}\n      b ${c}\n    \"\"\""), ["·", "\n  b ", "·", "\n"]);
}

#[test]
fn an_escaped_line_end_needs_no_text() {
    let source = SourceFile::new("x.rbk", "let x = \"a\"");
    let mut report = Report::default();
    let tree = parse(FileId(0), &source, &mut report);
    let StmtKind::Decl(decl) = &tree.items[0].kind else { panic!("a `let`") };
    let ExprKind::Str(string) = &decl.value.as_ref().expect("a value").kind else { panic!("a string") };
    assert_eq!(literal(&source, string).as_deref(), Some("a"));
}
