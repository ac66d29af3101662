//! `parse`: from a source file to its tree, with every syntax error of the file reported.
//!
//! Owns the order: scan, then the grammar per top-level item, then the tree. It must not hold rules of the language.

use rayon::prelude::*;

use super::ast::{Stmt, StmtKind, Tree};
use super::grammar;
use super::lower::Lower;
use super::recover::{Recovered, recover, too_deep};
use super::scan::{self, End};
use super::wording;
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::source::{FileId, Place, SourceFile, Span};

/// From this many bytes on, items are parsed on several threads; below it starting them costs more than it saves.
const PARALLEL_FROM: usize = 64 * 1024;

/// The most syntax errors that are reported of one file.
const MAX_REPORTS: usize = 50;

/// What became of one chunk.
struct Parsed {
    /// One, or what could be read of it.
    stmts: Vec<Stmt>,
    found: Vec<Diagnostic>,
}

/// Parses `source`. What cannot be parsed is reported and stands in the tree as [`StmtKind::Error`], at its place and
/// behind its item; the tree of a file with reports holds everything else.
pub fn parse(file: FileId, source: &SourceFile, report: &mut Report) -> Tree {
    let before = report.diagnostics.len();
    let scan = scan::scan(&source.text);
    let one = |chunk: &Span| parse_chunk(file, source, &scan.text(&source.text, *chunk), *chunk);
    let parsed: Vec<Parsed> = if source.text.len() < PARALLEL_FROM {
        scan.chunks.iter().map(one).collect()
    } else {
        scan.chunks.par_iter().map(one).collect()
    };
    let mut items = Vec::with_capacity(parsed.len());
    for Parsed { stmts, found } in parsed {
        items.extend(stmts);
        report.diagnostics.extend(found);
    }
    match scan.end {
        End::Sound if items.is_empty() => report.push(empty(file, source)),
        End::Sound => {}
        End::Broken(from) => {
            let rest = Span::new(from, source.text.len() as u32);
            let Recovered { stmts, found } = recover(file, source, rest, false);
            if found.is_empty() {
                let message = "brackets or strings do not match behind this place";
                report.push(Diagnostic::new(Code::UnclosedBracket, Place::new(file, Span::new(from, from)), message));
            }
            report.diagnostics.extend(found);
            items.extend(stmts);
            items.push(refused(rest));
        }
        End::TooDeep(span) => report.push(too_deep(Place::new(file, span))),
    }
    for span in &scan.controls {
        report.push(control_character(file, source, *span));
    }
    cap(report, before);
    Tree { items, comments: scan.comments }
}

/// Puts the findings of this file in order and drops those past the cap.
fn cap(report: &mut Report, before: usize) {
    report.diagnostics[before..].sort_by_key(|found| (found.place(), found.code));
    if let Some(first) = report.diagnostics.get(before + MAX_REPORTS) {
        let message = format!("more than {MAX_REPORTS} syntax errors; the others are not shown");
        let last = Diagnostic::new(Code::UnexpectedToken, first.place(), message);
        report.diagnostics.truncate(before + MAX_REPORTS);
        report.push(last.label("the next one is here").help("mend the first ones and check again"));
    }
}

fn empty(file: FileId, source: &SourceFile) -> Diagnostic {
    let end = source.text.len() as u32;
    Diagnostic::new(Code::EmptyPolicy, Place::new(file, Span::new(end, end)), "the file holds no policy")
        .label("nothing was declared up to here")
        .help("begin with `policy NAME \"title\" { … }` and a `phase`")
}

fn control_character(file: FileId, source: &SourceFile, span: Span) -> Diagnostic {
    let byte = source.text.as_bytes()[span.start as usize];
    Diagnostic::new(Code::ControlCharacter, Place::new(file, span), format!("the control character 0x{byte:02x}"))
        .label("not text")
        .help("remove it; in a string write it as an escape such as `\\u{1b}`")
}

/// The mark behind items of which some part was refused, however much of them could be read.
const fn refused(span: Span) -> Stmt {
    Stmt { kind: StmtKind::Error, span: Span::new(span.end, span.end) }
}

fn parse_chunk(file: FileId, source: &SourceFile, text: &str, chunk: Span) -> Parsed {
    match grammar::item(text) {
        Ok(node) => {
            let mut lower = Lower::new(file, &source.text, 0, chunk.start);
            let stmt = lower.item(node);
            Parsed { stmts: vec![stmt], found: lower.found }
        }
        Err(failure) => {
            let Recovered { mut stmts, mut found } = recover(file, source, chunk, true);
            stmts.push(refused(chunk));
            if found.is_empty() {
                // INVARIANT: what was refused is reported, even if no part of it is refused alone.
                found.push(wording::explain(&failure, &wording::Context { file, text, base: chunk.start, top: true }));
            }
            Parsed { stmts, found }
        }
    }
}
