//! From the grammar's nodes to the tree.
//!
//! Owns what the grammar leaves open: precedence, which words are keywords, and the refusal of shapes that it accepts
//! only so that they can be refused by name. It must not look at any other chunk than its own.

mod expr;
mod item;
mod refuse;
mod stmt;
mod text;

use super::ast::{Expr, ExprKind, Ident};
use super::grammar::{Node, Rule};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Place, Span};

/// Builds the tree of one chunk.
pub(super) struct Lower<'s> {
    /// The text that holds the chunk.
    source: &'s str,
    /// Where that text begins in the file.
    origin: u32,
    file: FileId,
    /// Where the chunk begins in the file.
    base: u32,
    /// What was found wrong.
    pub found: Vec<Diagnostic>,
}

impl<'s> Lower<'s> {
    /// For the chunk that begins at `base` of the file; `source` holds it and begins at `origin`.
    pub fn new(file: FileId, source: &'s str, origin: u32, base: u32) -> Self {
        Self { source, origin, file, base, found: Vec::new() }
    }

    /// Adds a finding.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    fn error(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.place(span), message)
    }

    fn place(&self, span: Span) -> Place {
        Place::new(self.file, span)
    }

    fn span(&self, node: &Node) -> Span {
        let span = node.as_span();
        Span::new(self.base + span.start() as u32, self.base + span.end() as u32)
    }

    fn slice(&self, span: Span) -> &'s str {
        &self.source[(span.start - self.origin) as usize..(span.end - self.origin) as usize]
    }

    fn ident(&self, node: &Node) -> Ident {
        Ident(self.span(node))
    }

    /// The name in front of the colon of a label or key.
    fn label(&self, node: &Node) -> Ident {
        let span = self.span(node);
        Ident(Span::new(span.start, span.end - 1))
    }

    fn name_expr(&self, node: &Node) -> Expr {
        Expr { kind: ExprKind::Name, span: self.span(node) }
    }
}

/// The only part of a node that the grammar gives exactly one part.
fn only(node: Node<'_>) -> Node<'_> {
    node.into_inner().next().expect("the grammar gives this rule one part")
}

/// The word at the start of a node that begins with one.
fn first_word(text: &str) -> &str {
    let end = text.bytes().position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_')).unwrap_or(text.len());
    &text[..end]
}

/// Whether a rule is one of the expression rules, which all have the same parts.
const fn is_expr(rule: Rule) -> bool {
    matches!(rule, Rule::value | Rule::cond | Rule::expr | Rule::expr_or_map)
}
