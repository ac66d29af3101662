//! Reading what follows the word of a clause: values, bare words, what stands behind commas.

use super::checker::Checker;
use super::clauses::Word;
use super::model::{Expr, Title};
use crate::catalogue::ty::Type;
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::ast::{self, Clause, ExprKind, Ident, Operand};

/// A position among the operands of a clause.
pub struct Operands<'a> {
    clause: &'a Clause,
    text: &'a str,
    at: usize,
}

impl<'a> Operands<'a> {
    /// The span of the next operand.
    pub fn next_span(&self) -> Option<Span> {
        self.clause.operands.get(self.at).map(|operand| match operand {
            Operand::Expr(expr) | Operand::Comma(expr) | Operand::Assign(expr) => expr.span,
            Operand::Labelled(all) => all.value.span,
            Operand::Marker(word) => word.0,
        })
    }

    /// The next operand when it is a bare word.
    pub fn peek(&self) -> Option<&'a str> {
        match self.clause.operands.get(self.at) {
            Some(Operand::Expr(ast::Expr { kind: ExprKind::Name, span }) | Operand::Marker(Ident(span))) => {
                Some(&self.text[span.range()])
            }
            _ => None,
        }
    }

    /// Takes the next operand when it is `word`.
    pub fn eat(&mut self, word: &str) -> bool {
        let is = self.peek() == Some(word);
        self.at += usize::from(is);
        is
    }

    /// Takes the next operand when it is a bare word.
    pub fn name(&mut self) -> Option<Ident> {
        match self.clause.operands.get(self.at) {
            Some(Operand::Expr(ast::Expr { kind: ExprKind::Name, span })) => {
                self.at += 1;
                Some(Ident(*span))
            }
            _ => None,
        }
    }

    /// Takes the next operand when it is a value.
    pub fn value(&mut self) -> Option<&'a ast::Expr> {
        match self.clause.operands.get(self.at) {
            Some(Operand::Expr(expr)) => {
                self.at += 1;
                Some(expr)
            }
            _ => None,
        }
    }

    /// The next operand when it is a value, without taking it.
    pub fn next_value(&self) -> Option<&'a ast::Expr> {
        match self.clause.operands.get(self.at) {
            Some(Operand::Expr(expr)) => Some(expr),
            _ => None,
        }
    }

    /// Takes the next operand when it stands behind a comma.
    pub fn comma(&mut self) -> Option<&'a ast::Expr> {
        match self.clause.operands.get(self.at) {
            Some(Operand::Comma(expr)) => {
                self.at += 1;
                Some(expr)
            }
            _ => None,
        }
    }

    /// Takes the next value, whether a comma stands before it or not.
    pub fn another(&mut self) -> Option<&'a ast::Expr> {
        self.value().or_else(|| self.comma())
    }
}

impl<'a> Checker<'a> {
    /// The operands of a clause.
    pub fn operands(&self, clause: &'a Clause) -> Operands<'a> {
        Operands { clause, text: self.text, at: 0 }
    }

    /// The next value of a clause, or a report that it is missing.
    pub fn needed(&mut self, operands: &mut Operands<'a>, word: &Word) -> Option<&'a ast::Expr> {
        let value = operands.value();
        if value.is_none() {
            self.incomplete(operands.clause, word);
        }
        value
    }

    /// A clause that breaks off.
    pub fn incomplete(&mut self, clause: &'a Clause, word: &Word) {
        let usage = word.usage;
        let name = self.word(clause.word);
        let (mark, value) = match clause.operands.first() {
            Some(Operand::Assign(value)) => ("=", value.span),
            Some(Operand::Labelled(all)) if self.word(all.label) == name => (":", all.value.span),
            _ => {
                self.error(Code::MissingPart, clause.word.0, format!("`{}` needs more", word.name))
                    .set_label("nothing that fits follows it")
                    .set_help(format!("write `{usage}`"));
                return;
            }
        };
        let rest = self.slice(Span::new(value.start, clause.span.end.max(value.end)));
        let help = format!("write `{name} {}`", rest.lines().next().unwrap_or_default());
        self.error(Code::MissingPart, clause.word.0, format!("`{name}` takes its value without `{mark}`"))
            .set_label(format!("`{mark}` behind the word of a clause"))
            .set_help(help);
    }

    /// Reports what is left over, and a block where none belongs.
    pub fn finish(&mut self, operands: &Operands<'a>, word: &Word) {
        // What follows the word did not fit, and that was said.
        let word_of_clause = self.place(operands.clause.word.0);
        if self
            .report
            .diagnostics
            .last()
            .is_some_and(|last| last.code == Code::MissingPart && last.place() == word_of_clause)
        {
            return;
        }
        if let Some(span) = operands.next_span() {
            let text = self.slice(span);
            let message = match operands.peek() {
                Some(name) => format!("`{name}` does not belong behind `{}`", word.name),
                None => format!("this does not belong behind `{}`", word.name),
            };
            let words: Vec<&str> =
                word.usage.split(' ').filter(|part| part.bytes().all(|b| b.is_ascii_lowercase())).collect();
            let help = self.guess(text, words).unwrap_or_else(|| format!("write `{}`", word.usage));
            self.error(Code::UnknownClause, span, message).set_label("not expected").set_help(help);
        } else if let Some(block) = &operands.clause.block {
            let usage = word.usage;
            self.error(Code::WrongPlace, block.span_of_opener(), format!("`{}` takes no block", word.name))
                .set_label("a block")
                .set_help(format!("write `{usage}`"));
        }
    }

    /// `…, "why"` behind a condition, and nothing more.
    pub fn why(&mut self, operands: &mut Operands<'a>, word: &Word) -> Option<Expr> {
        let why =
            operands.comma().map(|why| self.expr_as(why, &Type::String, format_args!("the reason of `{}`", word.name)));
        self.finish(operands, word);
        why
    }

    /// A text without holes.
    pub fn plain(&mut self, expr: &'a ast::Expr, what: &str) -> Option<String> {
        let ExprKind::Str(literal) = &expr.kind else {
            if !matches!(expr.kind, ExprKind::Error) {
                let text = self.slice(expr.span);
                let help = match expr.kind {
                    ExprKind::Name | ExprKind::Number => format!("write `\"{text}\"`"),
                    _ => "write it as `\"…\"`".to_owned(),
                };
                self.error(Code::Mismatch, expr.span, format!("{what} is a text in quotes"))
                    .set_label("not a text")
                    .set_help(help);
            }
            return None;
        };
        if let Some(ast::Piece::Hole(hole)) = literal.pieces.iter().find(|piece| matches!(piece, ast::Piece::Hole(_))) {
            self.error(Code::BadLiteral, hole.span, format!("{what} is a plain text"))
                .set_label("a value, known only later")
                .set_help("write the text without `${…}`");
            return None;
        }
        Some(self.plain_text(literal).to_string())
    }

    /// The title of a step; `${…}` may insert what a plan knows without looking.
    pub fn step_title(&mut self, title: Option<&'a ast::Expr>) -> Option<Title> {
        let title = title?;
        if let ExprKind::Str(literal) = &title.kind
            && literal.pieces.iter().any(|piece| matches!(piece, ast::Piece::Hole(_)))
        {
            let built = self.expr_as(title, &Type::String, format_args!("a title"));
            self.no_probe(&built, "a title");
            return Some(Title::Built(Box::new(built)));
        }
        self.plain(title, "a title").map(Title::Plain)
    }

    /// The title behind a name.
    pub fn title(&mut self, title: Option<&'a ast::Expr>) -> Option<String> {
        title.and_then(|title| self.plain(title, "a title"))
    }
}
