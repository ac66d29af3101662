//! The formatter: one way to write a policy.
//!
//! Owns blanks, line breaks and indentation, and nothing else: comments, blank lines (at most one) and the text of
//! strings stay. INVARIANT: what it returns parses to the same tree and holds the same comments; both are compared before
//! it returns.

mod comments;
mod doc;
mod expr;
mod stmt;

use thiserror::Error;

use super::ast::{StmtKind, Tree};
use super::{parse, same};
use crate::diagnostics::Report;
use crate::source::{FileId, SourceFile, Span};
use comments::Comments;
use doc::Doc;

/// How often a text is formatted until it no longer changes. A group that had to break is forced to break the next time,
/// which can make room elsewhere; twice is the most that was ever needed.
const MAX_ROUNDS: usize = 5;

/// Why a text was not formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FormatError {
    /// The tree has parts that could not be parsed.
    #[error("the file has syntax errors")]
    Syntax,
    /// The formatted text would mean something else: a mistake in the formatter; nothing was changed.
    #[error("formatting would change what the file means; this is a mistake in rbk, please report it")]
    Changed,
}

/// The text of `source`, whose tree is `tree`, in the one way to write it.
///
/// # Errors
/// [`FormatError::Syntax`] when the tree holds an error.
pub fn format(source: &SourceFile, tree: &Tree) -> Result<String, FormatError> {
    if tree.items.iter().any(|item| matches!(item.kind, StmtKind::Error)) {
        return Err(FormatError::Syntax);
    }
    let mut text = once(source, tree);
    for _ in 0..MAX_ROUNDS {
        let next = SourceFile::new(source.path.clone(), text.as_str());
        let mut report = Report::default();
        let next_tree = parse(FileId::default(), &next, &mut report);
        let kept = report.has_errors() == tree.items.is_empty()
            && same(source, tree, &next, &next_tree)
            && comment_texts(source, tree).eq(comment_texts(&next, &next_tree));
        if !kept {
            return Err(FormatError::Changed);
        }
        let again = once(&next, &next_tree);
        if again == text {
            return Ok(text);
        }
        text = again;
    }
    Err(FormatError::Changed)
}

fn once(source: &SourceFile, tree: &Tree) -> String {
    let mut printer = Printer { source, comments: Comments::new(source, &tree.comments) };
    let end = Span::new(source.text.len() as u32, source.text.len() as u32);
    let docs = printer.lines(&tree.items, 0, end.start);
    let mut text = doc::render(&docs);
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn comment_texts<'t>(source: &'t SourceFile, tree: &'t Tree) -> impl Iterator<Item = &'t str> {
    tree.comments.iter().map(|comment| source.slice(comment.span).trim_end())
}

/// Turns a tree into documents. Comments are taken in text order as their places are reached.
struct Printer<'s> {
    source: &'s SourceFile,
    comments: Comments<'s>,
}

impl Printer<'_> {
    fn slice(&self, span: Span) -> String {
        self.source.slice(span).to_owned()
    }

    /// Whether the source has a line end between two offsets.
    fn breaks(&self, from: u32, to: u32) -> bool {
        from < to && self.source.slice(Span::new(from, to)).contains('\n')
    }

    fn word(&self, span: Span) -> Doc {
        Doc::Text(self.slice(span))
    }
}
