//! Members and elements: `x.name`, `x[i]`, `run.id`, `latency.after`.

use std::sync::Arc;

use super::super::checker::Checker;
use super::super::model::{BindingKind, Expr, ExprKind, RunField};
use super::super::modules::Member;
use super::super::names::Meaning;
use crate::catalogue::ty::Type;
use crate::diagnostics::{Code, suggest};
use crate::source::Span;
use crate::syntax::ast::{self, Ident};

/// What a policy can know of its run: name, field, type, whether it may be absent. A run by hand has no severity, a good
/// one no failure.
const RUN: &[(&str, RunField, Type, bool)] = &[
    ("id", RunField::Id, Type::String, false),
    ("planned", RunField::Planned, Type::Time, false),
    ("started", RunField::Started, Type::Time, false),
    ("detected", RunField::Detected, Type::Time, false),
    ("duration", RunField::Duration, Type::DURATION, false),
    ("phase", RunField::Phase, Type::String, false),
    ("policy", RunField::Policy, Type::String, false),
    ("severity", RunField::Severity, Type::String, true),
    ("reason", RunField::Reason, Type::String, true),
    ("operator", RunField::Operator, Type::String, true),
    ("environment", RunField::Environment, Type::String, true),
    ("trigger", RunField::Trigger, Type::String, true),
    ("failure", RunField::Failure, Type::String, true),
    ("outcome", RunField::Outcome, Type::String, false),
    ("finished", RunField::Finished, Type::Time, true),
    ("next", RunField::Next, Type::String, true),
    ("worst_case", RunField::WorstCase, Type::DURATION, false),
];

/// Those that a run itself cannot use: they are for messages and records.
const TOLD: &[RunField] = &[RunField::Outcome, RunField::Finished, RunField::Next, RunField::WorstCase];

impl<'a> Checker<'a> {
    /// A chain of members and elements, from its base on.
    pub fn access(&mut self, expr: &'a ast::Expr) -> Expr {
        let mut chain = Vec::new();
        let mut base = expr;
        loop {
            base = match &base.kind {
                ast::ExprKind::Field(field) => {
                    chain.push(base);
                    &field.base
                }
                ast::ExprKind::Index(parts) => {
                    chain.push(base);
                    &parts[0]
                }
                _ => break,
            };
        }
        let mut typed = match chain.last().map(|last| (*last, &last.kind, last.span)) {
            Some((last, ast::ExprKind::Field(field), span)) if matches!(field.base.kind, ast::ExprKind::Name) => {
                match self.special(last, field.base.span, field.name, span) {
                    Some(typed) => {
                        chain.pop();
                        typed
                    }
                    None => self.expr(base),
                }
            }
            _ => self.expr(base),
        };
        for step in chain.into_iter().rev() {
            typed = match &step.kind {
                ast::ExprKind::Field(field) => self.field(typed, field.name, step.span),
                ast::ExprKind::Index(parts) => self.element(typed, &parts[1], step.span),
                _ => typed,
            };
        }
        typed
    }

    /// Members of names that are no values: the run, an observation, an enumeration of a trigger.
    fn special(&mut self, member: &'a ast::Expr, base: Span, name: Ident, span: Span) -> Option<Expr> {
        match self.imported(member) {
            Member::Other => {}
            Member::Found(entry) => return Some(self.named(entry, self.slice(span), span)),
            Member::Refused => return Some(self.broken(span)),
        }
        let word = self.slice(base);
        let field = self.word(name);
        let place = self.place(span);
        if word == "run" && self.scope.find(word).is_none() {
            if let Some((_, of, ty, optional)) = RUN.iter().find(|(known, ..)| *known == field) {
                if TOLD.contains(of) && !self.told {
                    self.error(Code::UsedBeforeBound, name.0, format!("a run cannot use `run.{field}` itself"))
                        .set_label("for messages and records only")
                        .set_help("it stands in a template, an event or an `incident`");
                    return Some(self.broken(span));
                }
                let ty = if *optional { Type::optional(ty.clone()) } else { ty.clone() };
                return Some(Expr { kind: ExprKind::Run(*of), ty, place });
            }
            let names: Vec<_> = RUN.iter().map(|(known, ..)| *known).collect();
            let help = self
                .guess(field, names.iter().copied())
                .unwrap_or_else(|| format!("a run has {}", suggest::alternatives(&names, "and")));
            self.error(Code::UnknownField, name.0, format!("a run has no `{field}`"))
                .set_label("no such field")
                .set_help(help);
            return Some(self.broken(span));
        }
        if self.series && word == "maintenance" && field == "active" {
            return Some(Expr { kind: ExprKind::Maintenance, ty: Type::Bool, place });
        }
        let Meaning::Binding(id) = self.scope.find(word)?.meaning else { return None };
        let binding = &self.bindings[id.0 as usize];
        if !matches!(binding.kind, BindingKind::Observe) {
            return None;
        }
        let ty = binding.ty.clone();
        self.used[id.0 as usize] = true;
        if matches!(field, "before" | "after") {
            let whole = Expr { kind: ExprKind::Binding(id), ty: ty.clone(), place: self.place(base) };
            return Some(Expr { kind: ExprKind::Field(Box::new(whole), Arc::from(field)), ty, place });
        }
        self.error(Code::UnknownField, name.0, format!("an observation has no `{field}`"))
            .set_label("no such field")
            .set_help(format!("write `{word}.before` or `{word}.after`"));
        Some(self.broken(span))
    }

    fn field(&mut self, of: Expr, name: Ident, span: Span) -> Expr {
        let place = self.place(span);
        let word = self.word(name);
        let ty = match &of.ty {
            Type::Error => Type::Error,
            Type::Json => Type::Json,
            Type::Optional(inner) if **inner == Type::Json => Type::Json,
            Type::Map(inner) => (**inner).clone(),
            Type::Record(record) => match record.fields.iter().find(|field| field.name == word) {
                Some(field) => Type::parse(field.ty).unwrap_or(Type::Error),
                None => {
                    let names: Vec<_> = record.fields.iter().map(|field| field.name).collect();
                    let help = self
                        .guess(word, names.iter().copied())
                        .unwrap_or_else(|| format!("it has {}", suggest::alternatives(&names, "and")));
                    self.error(Code::UnknownField, name.0, format!("a value of type {} has no `{word}`", record.name))
                        .set_label("no such field")
                        .set_help(help);
                    return self.broken(span);
                }
            },
            Type::Optional(inner) if matches!(**inner, Type::Record(_) | Type::Map(_)) => {
                let label = format!("this is {}", of.ty);
                self.error(Code::Mismatch, of.place.span, format!("`.{word}` is asked of what may be absent"))
                    .set_label(label)
                    .set_help("say what then: `(… otherwise refuse(\"why\"))`");
                return self.broken(span);
            }
            other => {
                let function = super::super::functions::find(word).map(|function| function.name);
                let (message, label) = (format!("{other} has no fields"), format!("this is {other}"));
                let place = of.place;
                let found = self.error(Code::UnknownField, name.0, message);
                found.set_label("no such field").add_place(place, label);
                if let Some(function) = function {
                    found.set_help(format!("write `{function}(…)`"));
                }
                return self.broken(span);
            }
        };
        Expr { kind: ExprKind::Field(Box::new(of), Arc::from(word)), ty, place }
    }

    fn element(&mut self, of: Expr, index: &'a ast::Expr, span: Span) -> Expr {
        let place = self.place(span);
        let (index, ty) = match of.ty.required().clone() {
            _ if matches!(&of.ty, Type::Optional(inner) if **inner != Type::Json) => {
                let label = format!("this is {}", of.ty);
                self.error(Code::Mismatch, of.place.span, "an element is asked of what may be absent")
                    .set_label(label)
                    .set_help("say what then: `(… otherwise refuse(\"why\"))`");
                return self.broken(span);
            }
            Type::List(inner) => (self.expr_as(index, &Type::Int, format_args!("an index")), (*inner).clone()),
            Type::Map(inner) => (self.expr_as(index, &Type::String, format_args!("a key")), (*inner).clone()),
            Type::Json => {
                let key = self.expr(index);
                if !matches!(key.ty, Type::Int | Type::String | Type::Enum(_) | Type::Json | Type::Error) {
                    let label = format!("this is {}", key.ty);
                    self.error(Code::Mismatch, index.span, "json is indexed by a whole number or a text")
                        .set_label(label);
                }
                (key, Type::Json)
            }
            Type::Error => (self.expr(index), Type::Error),
            other => {
                self.expr(index);
                self.error(Code::Mismatch, of.place.span, format!("{other} has no elements"))
                    .set_label(format!("this is {other}"));
                return self.broken(span);
            }
        };
        Expr { kind: ExprKind::Index(Box::new([of, index])), ty, place }
    }
}
