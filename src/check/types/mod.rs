//! Types of expressions, form by form.
//!
//! Owns the dispatch, names, lists, maps and choices; the other forms have files of their own. `Type::Error` stands for
//! what was refused already and fits everything, so that one mistake is one report.

mod access;
mod comprehension;
mod fit;
mod operators;
mod order;
mod series;
mod strings;
mod unknown;
mod written;

use std::fmt;
use std::sync::Arc;

use super::checker::Checker;
use super::model::{Expr, ExprKind};
use super::names::{Entry, Meaning};
use super::quantity::{self, Problem};
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::diagnostics::{Code, suggest};
use crate::source::Span;
use crate::syntax::ast::{self, UnaryOp};

pub use fit::{Fit, article, fit, unify};

impl<'a> Checker<'a> {
    /// The expression with its own type.
    pub fn expr(&mut self, expr: &'a ast::Expr) -> Expr {
        self.hinted(expr, None)
    }

    /// The expression as a value of type `want`; `what` says in messages what it is for.
    pub fn expr_as(&mut self, expr: &'a ast::Expr, want: &Type, what: fmt::Arguments<'_>) -> Expr {
        let typed = self.hinted(expr, Some(want));
        self.coerce(typed, want, what)
    }

    /// A condition.
    pub fn condition(&mut self, expr: &'a ast::Expr, what: fmt::Arguments<'_>) -> Expr {
        self.expr_as(expr, &Type::Bool, what)
    }

    /// The expression, with literals read as `hint` where they can be.
    pub fn hinted(&mut self, expr: &'a ast::Expr, hint: Option<&Type>) -> Expr {
        let place = self.place(expr.span);
        match &expr.kind {
            ast::ExprKind::Name => self.value_name(expr.span),
            ast::ExprKind::Number => self.number(expr.span),
            ast::ExprKind::Str(literal) => self.string(literal, expr.span, hint),
            ast::ExprKind::Bool(value) => constant(Value::Bool(*value), Type::Bool, place),
            ast::ExprKind::None => constant(Value::None, Type::None, place),
            ast::ExprKind::Paren(inner) => {
                let mut typed = self.hinted(inner, hint);
                typed.place = place;
                typed
            }
            ast::ExprKind::List(list) => self.list(&list.items, expr.span, hint),
            ast::ExprKind::Map(map) => self.map(&map.entries, expr.span, hint),
            ast::ExprKind::Comprehension(parts) => self.comprehension(parts, expr.span, hint),
            ast::ExprKind::Unary(UnaryOp::Not, inner) => {
                let operand = self.condition(inner, format_args!("`not`"));
                Expr { kind: ExprKind::Unary(UnaryOp::Not, Box::new(operand)), ty: Type::Bool, place }
            }
            ast::ExprKind::Unary(UnaryOp::Neg, inner) => self.negation(inner, expr.span),
            ast::ExprKind::Binary(_) => self.binary(expr, hint),
            ast::ExprKind::If(parts) => self.choice(parts, expr.span, hint),
            ast::ExprKind::Field(..) | ast::ExprKind::Index(_) => self.access(expr),
            ast::ExprKind::Call(call) => self.call(expr, call),
            ast::ExprKind::Optional(_) => {
                self.error(Code::WrongPlace, expr.span, "`?` belongs to a type, not to a value")
                    .set_help("for an absent value write `value otherwise …`");
                self.broken(expr.span)
            }
            ast::ExprKind::Error => self.broken(expr.span),
        }
    }

    /// A name that stands for a value.
    pub fn value_name(&mut self, span: Span) -> Expr {
        let word = self.slice(span);
        match self.scope.find(word) {
            Some(entry) => self.named(entry, word, span),
            None => self.unknown_name(span),
        }
    }

    /// The value of a name that was found.
    pub fn named(&mut self, entry: Entry, word: &'a str, span: Span) -> Expr {
        let place = self.place(span);
        match entry.meaning {
            Meaning::Binding(id) => {
                self.used[id.0 as usize] = true;
                let binding = &self.bindings[id.0 as usize];
                if matches!(binding.kind, super::model::BindingKind::Observe) {
                    self.error(Code::UnknownField, span, format!("`{word}` has two samples"))
                        .set_label("which one?")
                        .set_help(format!("write `{word}.before` or `{word}.after`"));
                    return self.broken(span);
                }
                Expr { kind: ExprKind::Binding(id), ty: binding.ty.clone(), place }
            }
            Meaning::Secret => {
                self.used_secrets.insert(word);
                Expr { kind: ExprKind::Secret(Arc::from(word)), ty: Type::Secret, place }
            }
            Meaning::Metric(index) if self.series => self.metric_alone(index, span),
            Meaning::Metric(_) => {
                self.error(Code::NotAvailable, span, "metrics are not sampled outside triggers in this version")
                    .set_label("a metric")
                    .set_help("write its probe here");
                self.broken(span)
            }
            Meaning::Verify => {
                self.error(Code::NotAvailable, span, "a verification has no value in this version")
                    .set_label("a verification")
                    .set_help("repeat its expectation here");
                self.broken(span)
            }
            Meaning::Function(index) => {
                self.used_functions.insert(index);
                let first = entry.place;
                self.error(Code::MissingArgument, span, format!("`{word}` takes arguments"))
                    .set_label("called without any")
                    .add_place(first, "given here")
                    .set_help(format!("write `{word}(…)`"));
                self.broken(span)
            }
            Meaning::Action(_) => {
                let first = entry.place;
                self.error(Code::ActionInExpression, span, format!("`{word}` is an action, not a value"))
                    .set_label("where only a value may stand")
                    .add_place(first, "given here")
                    .set_help(format!("write `{word}(…)` as a statement of a step"));
                self.broken(span)
            }
            Meaning::Module(_) => {
                let first = entry.place;
                self.error(Code::NotCallable, span, format!("`{word}` is an imported file, not a value"))
                    .set_label("not a value")
                    .add_place(first, "imported here")
                    .set_help(format!("name what you want of it: `{word}.name`"));
                self.broken(span)
            }
            Meaning::Broken => self.broken(span),
        }
    }

    fn number(&mut self, span: Span) -> Expr {
        let text = self.slice(span);
        let within =
            |range: std::ops::Range<usize>| Span::new(span.start + range.start as u32, span.start + range.end as u32);
        let refused = self.place(span);
        if self
            .bad_numbers
            .iter()
            .any(|bad| bad.file == refused.file && span.start <= bad.span.start && bad.span.end <= span.end)
        {
            return self.broken(span);
        }
        match quantity::read(text) {
            Ok(value) => {
                let ty = match &value {
                    Value::Int(_) => Type::Int,
                    Value::Float(_) => Type::Float,
                    Value::Quantity(quantity) => Type::Quantity(quantity.dim),
                    _ => Type::Error,
                };
                return constant(value, ty, self.place(span));
            }
            Err(Problem::UnknownUnit { at, meant }) => {
                let unit = &text[at.clone()];
                let at = within(at);
                let place = self.place(at);
                let found = self.error(Code::UnknownQuantityUnit, at, format!("there is no unit `{unit}`"));
                found.set_label("no such unit");
                if let [one] = meant[..] {
                    found.set_help(format!("did you mean `{one}`?"));
                    found.fix = Some(crate::diagnostics::Fix {
                        title: format!("write `{one}`"),
                        edits: vec![(place, one.to_owned())],
                    });
                } else if meant.is_empty() {
                    found.set_help("units are `ms s m h d w`, `B KB MB GB TB KiB MiB GiB TiB` and `%`");
                } else {
                    found.set_help(format!("did you mean {}?", suggest::alternatives(&meant, "or")));
                }
            }
            Err(Problem::Compound { at }) => {
                self.error(Code::BadLiteral, within(at), format!("`{text}` is no quantity"))
                    .set_label("does not continue it")
                    .set_help("durations go from the largest unit to the smallest, as in `1h30m`");
            }
            Err(Problem::RatePer { at }) => {
                self.error(Code::BadLiteral, within(at), format!("`{text}` is no rate"))
                    .set_label("not a unit of time")
                    .set_help("a rate is per time, as in `50MB/h`; a division has blanks around its `/`");
            }
            Err(Problem::TooLarge) => {
                self.error(Code::OutOfRange, span, "the number is too large")
                    .set_label("does not fit")
                    .set_help("whole numbers go up to 9223372036854775807");
            }
            Err(Problem::Malformed) => {
                self.error(Code::BadLiteral, span, format!("`{text}` is not a number"));
            }
        }
        self.broken(span)
    }

    fn negation(&mut self, inner: &'a ast::Expr, span: Span) -> Expr {
        let operand = self.expr(inner);
        let place = self.place(span);
        let ty = match &operand.ty {
            Type::Int | Type::Float | Type::Quantity(_) | Type::Error => operand.ty.clone(),
            other => {
                let message = format!("`-` takes a number or quantity, not {other}");
                let label = format!("this is {other}");
                self.error(Code::Mismatch, inner.span, message).set_label(label);
                Type::Error
            }
        };
        Expr { kind: ExprKind::Unary(UnaryOp::Neg, Box::new(operand)), ty, place }
    }

    fn list(&mut self, items: &'a [ast::Expr], span: Span, hint: Option<&Type>) -> Expr {
        let place = self.place(span);
        let element_hint = match hint.map(Type::required) {
            Some(Type::List(of)) => Some(&**of),
            _ => None,
        };
        if let Some(want) = element_hint {
            let typed = items.iter().map(|item| self.expr_as(item, want, format_args!("this list"))).collect();
            return Expr { kind: ExprKind::List(typed), ty: Type::list(want.clone()), place };
        }
        let mut typed: Vec<Expr> = items.iter().map(|item| self.expr(item)).collect();
        let mut common = Type::Error;
        let mut settled: Option<Span> = None;
        for item in &typed {
            if item.ty == Type::Error {
                continue;
            }
            let Some(first) = settled else {
                (common, settled) = (item.ty.clone(), Some(item.place.span));
                continue;
            };
            if let Some(wider) = unify(&common, &item.ty) {
                common = wider;
            } else {
                let first = self.place(first);
                let (a, b) = (common.clone(), item.ty.clone());
                self.error(mismatch_code(&a, &b), item.place.span, format!("a list holds one type, not {a} and {b}"))
                    .set_label(format!("this is {b}"))
                    .add_place(first, format!("this is {a}"));
                common = Type::Error;
                break;
            }
        }
        if common != Type::Error {
            let want = common.clone();
            typed = typed.into_iter().map(|item| self.coerce(item, &want, format_args!("this list"))).collect();
        }
        Expr { kind: ExprKind::List(typed), ty: Type::list(common), place }
    }

    fn map(&mut self, entries: &'a [(ast::Key, ast::Expr)], span: Span, hint: Option<&Type>) -> Expr {
        let place = self.place(span);
        let value_hint = match hint.map(Type::required) {
            Some(Type::Map(of)) => Some((**of).clone()),
            _ => None,
        };
        let mut typed: Vec<(Arc<str>, Expr)> = Vec::with_capacity(entries.len());
        let mut seen = std::collections::HashMap::new();
        let mut common: Option<Type> = value_hint.clone();
        for (key, value) in entries {
            let word = self.slice(key.span);
            let word = if key.quoted { word.trim_matches('"') } else { word };
            let here = self.place(key.span);
            if let Some(first) = seen.insert(word, here) {
                self.error(Code::DuplicateArgument, key.span, format!("the key `{word}` is given twice"))
                    .set_label("given again here")
                    .add_place(first, "given first here");
            }
            let value = match &value_hint {
                Some(want) => self.expr_as(value, want, format_args!("`{word}`")),
                None => self.expr(value),
            };
            if value_hint.is_none() && value.ty != Type::Error {
                common = Some(match common {
                    None => value.ty.clone(),
                    // Values of several types make a map like a JSON object.
                    Some(known) => unify(&known, &value.ty).unwrap_or(Type::Json),
                });
            }
            typed.push((Arc::from(word), value));
        }
        let of = common.unwrap_or(Type::Error);
        if of == Type::Json
            && let Some((_, secret)) = typed.iter().find(|(_, value)| value.ty == Type::Secret)
            && value_hint.is_none()
        {
            let at = secret.place.span;
            self.secret_flow(at, format_args!("this map"));
        }
        Expr { kind: ExprKind::Map(typed), ty: Type::Map(Arc::new(of)), place }
    }

    fn choice(&mut self, parts: &'a [ast::Expr; 3], span: Span, hint: Option<&Type>) -> Expr {
        let [condition, yes, no] = parts;
        let condition = self.condition(condition, format_args!("`if`"));
        let yes = self.hinted(yes, hint);
        let no = self.hinted(no, hint);
        let place = self.place(span);
        let ty = match unify(&yes.ty, &no.ty) {
            Some(common) => common,
            None => {
                let (a, b) = (yes.ty.clone(), no.ty.clone());
                let first = yes.place;
                self.error(mismatch_code(&a, &b), no.place.span, "both arms of `if` have one type")
                    .set_label(format!("this is {b}"))
                    .add_place(first, format!("this is {a}"));
                Type::Error
            }
        };
        let (yes, no) = if ty == Type::Error {
            (yes, no)
        } else {
            (self.coerce(yes, &ty, format_args!("`then`")), self.coerce(no, &ty, format_args!("`else`")))
        };
        Expr { kind: ExprKind::If(Box::new([condition, yes, no])), ty, place }
    }
}

/// A literal.
pub fn constant(value: Value, ty: Type, place: crate::source::Place) -> Expr {
    Expr { kind: ExprKind::Const(value), ty, place }
}

/// Whether a mismatch is one of units or of types.
pub fn mismatch_code(a: &Type, b: &Type) -> Code {
    match (a.required(), b.required()) {
        (Type::Quantity(_), Type::Quantity(_)) => Code::DimensionMismatch,
        (Type::Quantity(_), Type::Int | Type::Float) | (Type::Int | Type::Float, Type::Quantity(_)) => Code::BareNumber,
        _ => Code::Mismatch,
    }
}
