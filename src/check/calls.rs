//! Calls: which function, probe or action is meant, and whether its arguments fit its signature.
//!
//! Signatures come from the catalogue; no unit is named here. How one argument becomes a value stands in `arguments`.

use std::sync::Arc;

use super::checker::Checker;
use super::functions::{self, Function};
use super::imports;
use super::later;
use super::model::{Call, CallArg, Expr, ExprKind, OnFailure, ProbeCall, StepItem};
use super::modules::Member;
use super::names::Meaning;
use crate::catalogue::args::{Arg, Args};
use crate::catalogue::error::Error;
use crate::catalogue::signature::Signature;
use crate::catalogue::ty::Type;
use crate::diagnostics::{Code, suggest};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind as Tree};

/// What every call of a unit may be given besides its own parameters.
#[derive(Default)]
pub struct Universal {
    pub timeout: Option<Expr>,
    pub retry: Option<u32>,
    pub fails: Option<OnFailure>,
    /// Whether something does not fit its signature, and was reported.
    pub refused: bool,
}

/// The label of a universal argument.
pub const UNIVERSAL: &[&str] = &["timeout", "retry", "fails", "at"];

/// Where a call stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// In an expression: only what reads.
    Value,
    /// A statement of a step.
    Statement,
}

impl<'a> Checker<'a> {
    /// A call as a value: a function of the policy, a pure function, a probe.
    pub fn call(&mut self, expr: &'a ast::Expr, call: &'a ast::Call) -> Expr {
        let span = expr.span;
        let Some(name) = self.callee(call) else {
            self.look_at_arguments(call);
            return self.broken(span);
        };
        let entry = match self.imported(&call.callee) {
            Member::Refused => {
                self.look_at_arguments(call);
                return self.broken(span);
            }
            Member::Found(entry) => Some(entry),
            Member::Other if matches!(call.callee.kind, Tree::Name) => self.scope.find(name),
            Member::Other => None,
        };
        if let Some(entry) = entry {
            return match entry.meaning {
                Meaning::Function(index) => self.apply(index, call, span),
                Meaning::Action(_) => {
                    self.look_at_arguments(call);
                    self.action_as_value(call, name);
                    self.broken(span)
                }
                Meaning::Metric(index) if self.series => self.metric_call(index, call, span),
                Meaning::Broken => {
                    self.look_at_arguments(call);
                    self.broken(span)
                }
                _ => {
                    // A value may be called like a function: `let first = first(xs)`; then the function is meant.
                    if let Some(function) = functions::find(name).filter(|_| entry.meaning.is_value()) {
                        return self.pure(function, call, span);
                    }
                    self.look_at_arguments(call);
                    let place = entry.place;
                    self.error(
                        Code::NotCallable,
                        call.callee.span,
                        format!("`{name}` is a value and takes no arguments"),
                    )
                    .set_label("called here")
                    .add_place(place, "given here")
                    .set_help(format!("write `{name}` alone, or `{name}[…]` for an element"));
                    self.broken(span)
                }
            };
        }
        if self.series
            && let Some(typed) = self.series_call(name, call, span)
        {
            return typed;
        }
        if let Some(function) = functions::find(name) {
            return self.pure(function, call, span);
        }
        if let Some(probe) = self.catalogue.probe(name) {
            let probe = Arc::clone(probe);
            let signature = probe.signature();
            let (args, universal) = self.arguments(signature, call, Position::Value);
            if !universal.refused {
                let complaint = probe.complains(&self.constants(signature, &args));
                self.complaint(call, complaint);
            }
            let place = self.place(span);
            let kind = ProbeCall { probe, args, timeout: universal.timeout, place };
            return Expr { kind: ExprKind::Probe(Box::new(kind)), ty: signature.result(), place };
        }
        self.look_at_arguments(call);
        if self.catalogue.action(name).is_some() {
            self.action_as_value(call, name);
        } else if super::series::find(name).is_some() {
            self.error(Code::WrongPlace, call.callee.span, format!("`{name}` looks back over samples"))
                .set_label("only in the conditions of triggers")
                .set_help("elsewhere there is only the present: write the probe");
        } else if name == "refuse" {
            self.error(Code::WrongPlace, call.callee.span, "`refuse` only stands behind `otherwise`")
                .set_help("write `value otherwise refuse(\"why\")`, or a `require`");
        } else {
            self.unknown_call(call, name, Position::Value);
        }
        self.broken(span)
    }

    fn action_as_value(&mut self, call: &'a ast::Call, name: &str) {
        self.error(Code::ActionInExpression, call.callee.span, format!("`{name}` changes something"))
            .set_label("an action, where only a value may stand")
            .set_help("write it as a statement of a step, on a line of its own");
    }

    /// A statement of a step: the call of an action, built in or of the policy's own.
    pub fn done(&mut self, expr: &'a ast::Expr) -> Option<StepItem> {
        if let Tree::Call(call) = &expr.kind {
            let entry = match self.imported(&call.callee) {
                Member::Refused => {
                    self.look_at_arguments(call);
                    return None;
                }
                Member::Found(entry) => Some(entry),
                Member::Other if matches!(call.callee.kind, Tree::Name) => {
                    self.scope.find(self.slice(call.callee.span))
                }
                Member::Other => None,
            };
            if let Some(Meaning::Action(index)) = entry.map(|entry| entry.meaning) {
                return self.group(index, call, expr.span).map(|group| StepItem::Group(Arc::new(group)));
            }
        }
        self.action(expr).map(|call| StepItem::Call(Arc::new(call)))
    }

    /// A call of an action that is built in.
    pub fn action(&mut self, expr: &'a ast::Expr) -> Option<Call> {
        let Tree::Call(call) = &expr.kind else {
            self.expr(expr);
            self.error(Code::WrongPlace, expr.span, "a value alone does nothing")
                .set_label("its value is not used")
                .set_help("write a call of an action, a `let`, an `expect` or a `require`");
            return None;
        };
        let Some(name) = self.callee(call) else {
            self.look_at_arguments(call);
            return None;
        };
        let own = match self.imported(&call.callee) {
            Member::Found(entry) => Some(entry.meaning),
            Member::Other => self.scope.find(name).map(|entry| entry.meaning),
            Member::Refused => None,
        };
        if let Some(Meaning::Action(_)) = own {
            self.look_at_arguments(call);
            self.error(Code::WrongPlace, call.callee.span, format!("`{name}` is an action of the policy's own"))
                .set_label("not here")
                .set_help("only a call that is built in can stand here");
            return None;
        }
        if let Some(action) = self.catalogue.action(name) {
            let action = Arc::clone(action);
            let (args, universal) = self.arguments(action.signature(), call, Position::Statement);
            let Universal { timeout, retry, fails, refused } = universal;
            if !refused {
                let complaint = action.complains(&self.constants(action.signature(), &args));
                self.complaint(call, complaint);
            }
            let timeout = timeout.map(Box::new);
            return Some(Call { action, args, timeout, retry, fails, place: self.place(expr.span) });
        }
        let member = matches!(self.imported(&call.callee), Member::Found(_));
        let value = member
            || matches!(call.callee.kind, Tree::Name)
                && self.scope.find(name).is_some_and(|entry| entry.meaning != Meaning::Broken);
        if value || functions::find(name).is_some() || self.catalogue.probe(name).is_some() {
            let kind =
                if self.catalogue.probe(name).is_some() { "a probe: it only reads" } else { "it only gives a value" };
            self.expr(expr);
            self.error(
                Code::WrongPlace,
                call.callee.span,
                format!("`{name}` changes nothing, and its value is not used"),
            )
            .set_label(kind)
            .set_help(format!("write `expect {name}(…) == …`, `require …` or `let x = {name}(…)`"));
            return None;
        }
        // What has to be written otherwise needs no look at its parts.
        if later::instead(name).is_none() {
            self.look_at_arguments(call);
        }
        self.unknown_call(call, name, Position::Statement);
        None
    }

    /// The arguments of a unit as far as they are known when the policy is checked.
    fn constants(&self, signature: &'static Signature, args: &[CallArg]) -> Args {
        let known = |arg: &CallArg| match arg {
            CallArg::Absent => Arg::Absent,
            CallArg::Lazy(_) => Arg::Unknown,
            CallArg::Value(expr) => self.known(expr).map_or(Arg::Unknown, Arg::Known),
        };
        Args::new(signature, args.iter().map(known).collect())
    }

    /// Reports what a unit says of its arguments.
    fn complaint(&mut self, call: &'a ast::Call, complaint: Option<Error>) {
        if let Some(error) = complaint {
            let found = self.error(Code::BadArguments, call.callee.span, error.what);
            found.set_label("called here");
            if let Some(hint) = error.hint {
                found.set_help(hint);
            }
        }
    }

    /// The name that is called; nothing when that is reported already.
    fn callee(&mut self, call: &'a ast::Call) -> Option<&'a str> {
        let name = self.slice(call.callee.span);
        let family = match &call.callee.kind {
            Tree::Name => name,
            Tree::Field(field) if matches!(field.base.kind, Tree::Name) => self.slice(field.base.span),
            // The parser says that only a name can be called.
            Tree::Field(..) => {
                self.error(Code::NotCallable, call.callee.span, "only `name(…)` and `family.verb(…)` are calls")
                    .set_label("values have no methods")
                    .set_help("write a function around the value, as in `trim(x)`");
                return None;
            }
            _ => return None,
        };
        (!self.unavailable.contains(name) && !self.unavailable.contains(family)).then_some(name)
    }

    /// Arguments of a call that is refused: their own mistakes are still reported.
    fn look_at_arguments(&mut self, call: &'a ast::Call) {
        for arg in &call.args {
            self.expr(&arg.value);
        }
    }

    /// A name that is called and that nobody knows.
    fn unknown_call(&mut self, call: &'a ast::Call, name: &'a str, position: Position) {
        if let Some(instead) = later::instead(name)
            && self.scope.find(name.split('.').next().unwrap_or(name)).is_none()
        {
            self.error(Code::NotAvailable, call.callee.span, format!("`{name}` is not available in this version"))
                .set_label("not available yet")
                .set_help(format!("meanwhile {instead}"));
            return;
        }
        if let Tree::Field(field) = &call.callee.kind {
            let ast::Field { base, name: verb } = &**field;
            let family = self.slice(base.span);
            let verb_word = self.word(*verb);
            if self.scope.find(family).is_some() {
                let function = functions::find(verb_word).map(|function| function.name);
                let help = function.map_or_else(
                    || "a field is written without parentheses".to_owned(),
                    |function| format!("write `{function}({family})`"),
                );
                self.error(Code::NotCallable, verb.0, format!("`{family}` is a value and has no methods"))
                    .set_label("called here")
                    .set_help(help);
                return;
            }
            let prefix = format!("{family}.");
            let verbs: Vec<&str> = {
                let mut verbs: Vec<_> = self.catalogue.names().filter_map(|unit| unit.strip_prefix(&prefix)).collect();
                verbs.sort_unstable();
                verbs.dedup();
                verbs
            };
            if !verbs.is_empty() {
                let near = self.guess(verb_word, verbs.iter().copied());
                let help = near.unwrap_or_else(|| format!("the family has {}", suggest::alternatives(&verbs, "and")));
                self.error(Code::UnknownUnit, verb.0, format!("`{family}` has no `{verb_word}`"))
                    .set_label("no such action or probe")
                    .set_help(help);
                return;
            }
        }
        if let Some((family, verb)) = name.split_once('.')
            && let Some(module) = imports::module_meant(family)
        {
            let help = format!("write `use std.{module}` at the top of the file, and here `{module}.{verb}(…)`");
            self.error(Code::UnknownUnit, call.callee.span, format!("`{family}` is not known in this file"))
                .set_label(format!("`std.{module}` is not used"))
                .set_help(help);
            return;
        }
        let units: Vec<&str> = self.catalogue.names().chain(functions::all().map(|function| function.name)).collect();
        let scope: Vec<&str> = match call.callee.kind {
            Tree::Name => self.scope.visible().collect(),
            _ => Vec::new(),
        };
        let near = self.guess(name, units.into_iter().chain(scope));
        let message = match position {
            Position::Value => format!("there is no probe or function `{name}`"),
            Position::Statement => format!("there is no action `{name}`"),
        };
        self.error(Code::UnknownUnit, call.callee.span, message).set_label("no such name").help = near;
    }

    /// A call of a pure function.
    fn pure(&mut self, function: &'static Function, call: &'a ast::Call, span: Span) -> Expr {
        let place = self.place(span);
        let name = function.name;
        let (least, most) = function.arity;
        let mut args = Vec::with_capacity(call.args.len());
        for (index, arg) in call.args.iter().enumerate() {
            if let Some(label) = arg.label {
                let word = self.word(label);
                self.error(Code::UnknownLabel, label.0, format!("`{name}` has no argument `{word}`"))
                    .set_label("no such argument")
                    .set_help(format!("write `{}`", function.usage));
            }
            let want = function.hints.get(index).filter(|hint| !hint.is_empty()).and_then(|hint| Type::parse(hint));
            args.push(match want {
                Some(want) => self.expr_as(&arg.value, &want, format_args!("`{name}`")),
                None => self.expr(&arg.value),
            });
        }
        if args.len() < least {
            self.error(Code::MissingArgument, span, format!("`{name}` takes more arguments"))
                .set_label(format!("{} given, {least} needed", args.len()))
                .set_help(format!("write `{}`", function.usage));
            return self.broken(span);
        }
        if args.len() > most {
            let at = call.args[most].value.span;
            self.error(Code::TooManyArguments, at, format!("`{name}` takes fewer arguments"))
                .set_label("not expected")
                .set_help(format!("write `{}`", function.usage));
            return self.broken(span);
        }
        if args.iter().any(|arg| arg.ty == Type::Error) {
            return self.broken(span);
        }
        if let Some(secret) = args.iter().find(|arg| arg.ty == Type::Secret) {
            let at = secret.place.span;
            self.secret_flow(at, format_args!("`{name}`"));
            return self.broken(span);
        }
        if let Some(absent) = args.iter().find(|arg| matches!(arg.ty, Type::Optional(_))) {
            let (at, label) = (absent.place.span, format!("this is {}", absent.ty));
            self.error(Code::Mismatch, at, format!("`{name}` needs a value, and this may be absent"))
                .set_label(label)
                .set_help("say what then: `… otherwise \"\"`, or `… otherwise refuse(\"why\")`");
            return self.broken(span);
        }
        let types: Vec<Type> = args.iter().map(|arg| arg.ty.clone()).collect();
        match (function.types)(&types) {
            Ok(ty) => {
                if ty == Type::Db {
                    for arg in &args {
                        self.stays_inside(arg);
                    }
                }
                Expr { kind: ExprKind::Pure(function, args), ty, place }
            }
            Err(why) => {
                let at = call.args.first().map_or(span, |arg| arg.value.span);
                self.error(Code::Mismatch, at, format!("`{name}` does not take this: {why}"))
                    .set_label(format!("this is {}", types[0]))
                    .set_help(format!("write `{}`", function.usage));
                self.broken(span)
            }
        }
    }
}
