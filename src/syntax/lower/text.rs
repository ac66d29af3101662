//! String literals.

use super::{Lower, only};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Piece, Str, StrForm};
use crate::syntax::grammar::{Node, Rule};

impl Lower<'_> {
    /// A string of any form.
    pub(super) fn string(&mut self, node: Node) -> Expr {
        let span = self.span(&node);
        let form = match self.slice(span).as_bytes() {
            [b'r', b'"', ..] => StrForm::Raw,
            [b'r', ..] => StrForm::RawHash,
            [b'"', b'"', b'"', ..] => StrForm::Block,
            _ => StrForm::Plain,
        };
        let texts = node.clone().into_inner().filter(|part| part.as_rule() == Rule::hole || !part.as_str().is_empty());
        let mut pieces = Vec::with_capacity(texts.count());
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::hole => pieces.push(Piece::Hole(self.expr(only(part)))),
                Rule::raw => push_text(&mut pieces, inside(self.span(&part), 2, 1)),
                Rule::raw_hash => push_text(&mut pieces, inside(self.span(&part), 3, 2)),
                _ => {
                    let text = self.span(&part);
                    self.refuse_escapes(text, form);
                    push_text(&mut pieces, text);
                }
            }
        }
        Expr { kind: ExprKind::Str(Box::new(Str { form, pieces: pieces.into_boxed_slice() })), span }
    }
}

fn push_text(pieces: &mut Vec<Piece>, span: Span) {
    if span.start < span.end {
        pieces.push(Piece::Text(span));
    }
}

const fn inside(span: Span, before: u32, after: u32) -> Span {
    Span::new(span.start + before, span.end - after)
}
