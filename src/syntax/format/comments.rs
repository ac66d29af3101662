//! Comments, taken in text order.

use std::collections::VecDeque;

use super::doc::Doc;
use crate::source::{SourceFile, Span};
use crate::syntax::ast::Comment;

/// The comments of a file that were not printed yet.
pub(super) struct Comments<'s> {
    source: &'s SourceFile,
    rest: VecDeque<Comment>,
}

impl<'s> Comments<'s> {
    pub fn new(source: &'s SourceFile, all: &[Comment]) -> Self {
        Self { source, rest: all.iter().copied().collect() }
    }

    /// Whether one stands before `offset`.
    pub fn any_before(&self, offset: u32) -> bool {
        self.rest.front().is_some_and(|comment| comment.span.start < offset)
    }

    /// The next one that stands before `offset`.
    pub fn next_before(&mut self, offset: u32) -> Option<Comment> {
        if self.any_before(offset) { self.rest.pop_front() } else { None }
    }

    /// The one on the same line behind `end`, when nothing but separators stands between them.
    pub fn behind(&mut self, end: u32) -> Option<Doc> {
        let first = self.rest.front().filter(|comment| comment.span.start >= end)?;
        let between = self.source.slice(Span::new(end, first.span.start));
        if between.chars().all(|letter| matches!(letter, ' ' | '\t' | ',' | ';')) {
            let doc = self.doc(*first);
            self.rest.pop_front();
            return Some(doc);
        }
        None
    }

    /// Leaves out those inside a string, which is printed as it stands.
    pub fn skip_string(&mut self, string: Span) {
        let before = self.rest.iter().take_while(|comment| comment.span.start < string.start).count();
        while self.rest.get(before).is_some_and(|comment| comment.span.start < string.end) {
            self.rest.remove(before);
        }
    }

    /// Its text.
    pub fn doc(&self, comment: Comment) -> Doc {
        Doc::Comment(self.source.slice(comment.span).trim_end().to_owned())
    }
}
