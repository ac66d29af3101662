//! Every syntax error of a text in one pass, each mistake reported once.
//!
//! Owns the recovery of statements that the grammar refused: structure first (brackets, strings, indentation), then each
//! statement alone, its header apart from its body so that neither hides the other. What could be read is put together to
//! a tree in which the rest stands as errors, so that it is checked all the same.

mod hole;
mod judge;
mod lex;
mod outline;
mod rebuild;
mod structure;

pub(super) use structure::too_deep;

use std::collections::HashSet;

use crate::diagnostics::Diagnostic;
use crate::source::{FileId, SourceFile, Span};
use crate::syntax::ast::Stmt;

/// What could be read of a text that the grammar refused, and what is wrong with it.
pub(super) struct Recovered {
    /// Where something could not be read stands an error.
    pub stmts: Vec<Stmt>,
    pub found: Vec<Diagnostic>,
}

/// Reads what can be read in `span` of `source`, which holds whole top-level statements, and reports the rest. `sound` says
/// that the brackets in it are known to match.
pub(super) fn recover(file: FileId, source: &SourceFile, span: Span, sound: bool) -> Recovered {
    let text = &source.text[span.range()];
    let tokens = lex::tokens(text);
    let (statements, faults) = outline::outline(&tokens, sound);
    let mut recovery = Recovery {
        file,
        source,
        text: &tokens.text,
        base: span.start,
        lines: HashSet::new(),
        strays: Vec::new(),
        strings: tokens.strings.iter().map(|string| string.at).collect(),
        found: Vec::new(),
    };
    recovery.structure(&tokens.strings, &faults);
    let stmts = recovery.judge_all(&statements, true);
    Recovered { stmts, found: recovery.finish() }
}

struct Recovery<'s> {
    file: FileId,
    source: &'s SourceFile,
    /// What is recovered, with comments blanked and unclosed strings replaced.
    text: &'s str,
    /// Where it begins in the file.
    base: u32,
    /// The lines that hold a structural report: what the grammar finds there is a consequence.
    lines: HashSet<usize>,
    /// Closers without an opener, unless the grammar misses an opener on the same line.
    strays: Vec<(usize, Diagnostic)>,
    /// Where strings begin that are never closed.
    strings: Vec<usize>,
    found: Vec<Diagnostic>,
}

impl Recovery<'_> {
    /// The line of an offset of the recovered text.
    fn line(&self, at: usize) -> usize {
        self.line_in_file(self.base + at as u32)
    }

    /// The line of an offset of the file.
    fn line_in_file(&self, offset: u32) -> usize {
        self.source.line(offset)
    }

    fn finish(mut self) -> Vec<Diagnostic> {
        self.found.extend(self.strays.into_iter().map(|(_, stray)| stray));
        for found in &mut self.found {
            for label in &mut found.labels {
                let span = &mut label.place.span;
                *span = Span::new(
                    self.source.text.floor_char_boundary(span.start as usize) as u32,
                    self.source.text.ceil_char_boundary(span.end as usize) as u32,
                );
            }
        }
        self.found.sort_by_key(Diagnostic::place);
        self.found
    }
}
