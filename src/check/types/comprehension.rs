//! `[value for x in xs where cond sorted by key descending]`, and what may be walked.

use super::super::checker::Checker;
use super::super::model::{BindingKind, Comprehension, Expr, ExprKind};
use crate::catalogue::ty::Type;
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::ast;

impl<'a> Checker<'a> {
    pub fn comprehension(&mut self, parts: &'a ast::Comprehension, span: Span, hint: Option<&Type>) -> Expr {
        let (iter, of) = self.walked(&parts.iter);
        self.scope.enter();
        let var = self.declare_binding(parts.var, of, BindingKind::Variable);
        let hint = match hint.map(Type::required) {
            Some(Type::List(of)) => Some((**of).clone()),
            _ => None,
        };
        let value = match &hint {
            Some(want) => self.expr_as(&parts.value, want, format_args!("this list")),
            None => self.expr(&parts.value),
        };
        let filter = parts.filter.as_ref().map(|filter| self.condition(filter, format_args!("`where`")));
        let key = parts.key.as_ref().map(|key| {
            let key = self.expr(key);
            let at = key.place.span;
            match key.ty.required() {
                Type::Int | Type::Float | Type::Quantity(_) | Type::Time | Type::Version | Type::Json | Type::Error => {
                }
                Type::String | Type::Path | Type::Url | Type::Host | Type::Enum(_) => {
                    self.error(Code::OrderOnStrings, at, "texts have no order: `\"9\" > \"10\"`")
                        .set_label(format!("this is {}", key.ty))
                        .set_help("say what they are: `int(…)`, `version(…)` or `time(…)`");
                }
                other => {
                    self.error(Code::Mismatch, at, format!("{other} has no order"))
                        .set_label(format!("this is {other}"));
                }
            }
            key
        });
        self.scope.leave();
        let ty = Type::list(value.ty.clone());
        let kind = Comprehension { value, var, iter, filter, key, descending: parts.descending };
        Expr { kind: ExprKind::Comprehension(Box::new(kind)), ty, place: self.place(span) }
    }

    /// What a `for` walks, and the type of its elements.
    pub fn walked(&mut self, expr: &'a ast::Expr) -> (Expr, Type) {
        let iter = self.expr(expr);
        let of = match iter.ty.required() {
            Type::List(of) if iter.ty == *iter.ty.required() => (**of).clone(),
            Type::Json => Type::Json,
            Type::Error => Type::Error,
            other => {
                let help = match other {
                    Type::Map(_) => "write `keys(…)` or `values(…)`",
                    Type::List(_) => "say what when it is absent: `… otherwise []`",
                    Type::String => "write `lines(…)` or `split(…, \",\")`",
                    Type::Range(_) => "write the elements as a list",
                    _ => "write a list: `[a, b]`",
                };
                let (message, label) = (format!("`for` walks a list, not {}", iter.ty), format!("this is {}", iter.ty));
                self.error(Code::Mismatch, expr.span, message).set_label(label).set_help(help);
                Type::Error
            }
        };
        (iter, of)
    }
}
