//! Types as a policy writes them: `bytes`, `list[string]`, `int?`, `"gradual" | "instant"`, `bytes/h`.

use std::sync::Arc;

use super::super::checker::Checker;
use super::super::quantity;
use crate::catalogue::ty::{Dim, Type};
use crate::catalogue::value::{Quantity, Value};
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::ast::{Binary, BinaryOp, Expr, ExprKind, Piece};

impl<'a> Checker<'a> {
    /// The type that is written, or `Type::Error` with a report.
    pub fn written_type(&mut self, expr: &'a Expr) -> Type {
        match &expr.kind {
            ExprKind::Name => {
                let word = self.slice(expr.span);
                Type::scalar(word).unwrap_or_else(|| self.unknown_type(expr.span))
            }
            ExprKind::Paren(inner) => self.written_type(inner),
            ExprKind::Optional(inner) => Type::optional(self.written_type(inner)),
            ExprKind::Index(parts) => {
                let of = self.written_type(&parts[1]);
                match self.slice(parts[0].span) {
                    "list" => Type::list(of),
                    "map" => Type::Map(Arc::new(of)),
                    _ => self.unknown_type(parts[0].span),
                }
            }
            ExprKind::Str(_) => self.word_type(expr),
            ExprKind::Binary(binary) if binary.op == BinaryOp::Union => self.word_type(expr),
            ExprKind::Binary(binary) if binary.op == BinaryOp::Div => self.rate_type(binary, expr.span),
            ExprKind::Error => Type::Error,
            _ => self.unknown_type(expr.span),
        }
    }

    fn unknown_type(&mut self, span: Span) -> Type {
        let word = self.slice(span);
        let names = Type::NAMES.iter().copied().chain(["list", "map"]);
        let aliases =
            [("str", "string"), ("text", "string"), ("integer", "int"), ("number", "float"), ("boolean", "bool")];
        let alias = aliases.iter().find(|(alias, _)| *alias == word);
        let help = alias.map(|(_, ty)| format!("did you mean `{ty}`?")).or_else(|| match word {
            "list" => Some("say of what: `list[string]`".to_owned()),
            "map" => Some("say of what: `map[string]`".to_owned()),
            _ => self.guess(word, names),
        });
        let help = help.unwrap_or_else(|| {
            format!("types are `{}`, `list[…]`, `map[…]`, and texts such as `\"a\" | \"b\"`", Type::NAMES.join("`, `"))
        });
        self.error(Code::UnknownType, span, format!("there is no type `{word}`"))
            .set_label("no such type")
            .set_help(help);
        Type::Error
    }

    /// `"gradual" | "instant"`
    fn word_type(&mut self, expr: &'a Expr) -> Type {
        let mut words: Vec<Arc<str>> = Vec::new();
        let mut spine = vec![expr];
        // Left-deep and perhaps long: walked without recursion, right ends first.
        while let Some(part) = spine.pop() {
            match &part.kind {
                ExprKind::Binary(binary) if binary.op == BinaryOp::Union => {
                    spine.push(&binary.left);
                    spine.push(&binary.right);
                }
                ExprKind::Str(text) if text.pieces.iter().all(|piece| matches!(piece, Piece::Text(_))) => {
                    words.push(self.plain_text(text));
                }
                ExprKind::Error => return Type::Error,
                _ => {
                    self.error(Code::UnknownType, part.span, "only texts are joined by `|`")
                        .set_help("write each choice in quotes: `\"gradual\" | \"instant\"`");
                    return Type::Error;
                }
            }
        }
        words.reverse();
        Type::Enum(words.into())
    }

    /// `bytes/h`
    fn rate_type(&mut self, binary: &'a Binary, span: Span) -> Type {
        let of = match self.slice(binary.left.span) {
            "int" | "float" => Type::Quantity(Dim::ONE),
            _ => self.written_type(&binary.left),
        };
        let per = quantity::read(&format!("1{}", self.slice(binary.right.span)));
        match (of, per) {
            (Type::Quantity(dim), Ok(Value::Quantity(Quantity { dim: Dim::TIME, .. }))) => {
                Type::Quantity(Dim { time: dim.time - 1, ..dim })
            }
            (Type::Error, _) => Type::Error,
            _ => self.unknown_type(span),
        }
    }
}
