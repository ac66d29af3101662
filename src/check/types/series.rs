//! Metrics and functions over series, in the conditions of triggers.

use std::time::Duration;

use super::super::checker::Checker;
use super::super::functions;
use super::super::model::{Expr, ExprKind, MetricId, SeriesCall};
use super::super::names::Meaning;
use super::super::series::{self, Label, SeriesFunction};
use crate::catalogue::ty::Type;
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::ast;

impl<'a> Checker<'a> {
    /// `memory`: the newest sample.
    pub fn metric_alone(&mut self, index: u32, span: Span) -> Expr {
        self.metric_of(index, Vec::new(), span, span)
    }

    /// `errors("web")`: the newest sample of the series of these values.
    pub fn metric_call(&mut self, index: u32, call: &'a ast::Call, span: Span) -> Expr {
        let params = self.metrics[index as usize].params.clone();
        let name = self.metrics[index as usize].name.text.clone();
        let mut args = Vec::with_capacity(call.args.len());
        for (at, arg) in call.args.iter().enumerate() {
            if let Some(label) = arg.label {
                let word = self.word(label);
                self.error(
                    Code::UnknownLabel,
                    label.0,
                    format!("`{name}` takes its arguments by position, not `{word}`"),
                )
                .set_label("a label")
                .set_help("leave the label out");
            }
            args.push(match params.get(at) {
                Some(want) => self.expr_as(&arg.value, want, format_args!("`{name}`")),
                None => self.expr(&arg.value),
            });
        }
        self.metric_of(index, args, call.callee.span, span)
    }

    fn metric_of(&mut self, index: u32, args: Vec<Expr>, at: Span, span: Span) -> Expr {
        let metric = &self.metrics[index as usize];
        let (ty, wanted, declared) = (metric.ty.clone(), metric.params.len(), metric.name.place);
        if args.len() != wanted {
            let code = if args.len() < wanted { Code::MissingArgument } else { Code::TooManyArguments };
            let plural = if wanted == 1 { "" } else { "s" };
            self.error(code, at, format!("the metric takes {wanted} argument{plural}"))
                .set_label(format!("{} given", args.len()))
                .add_place(declared, "given here");
            return self.broken(span);
        }
        Expr { kind: ExprKind::Metric(MetricId(index), args), ty, place: self.place(span) }
    }

    /// A call of a function over series, when `name` is one; `min(a, b)` of plain values is the pure function.
    pub fn series_call(&mut self, name: &str, call: &'a ast::Call, span: Span) -> Option<Expr> {
        let function = series::find(name)?;
        let windowed = call.args.iter().any(|arg| arg.label.is_some());
        let of_metric = call.args.len() == 1 && call.args.first().is_some_and(|arg| self.is_metric(&arg.value));
        if functions::find(name).is_some() && !windowed && !of_metric {
            return None;
        }
        let mut typed = SeriesCall { function, args: Vec::new(), over: None, ahead: None };
        let before = self.report.diagnostics.len();
        for arg in &call.args {
            match arg.label.map(|label| (label, self.word(label))) {
                Some((_, "over")) if function.over != Label::No => typed.over = self.window(&arg.value, "`over`"),
                Some((_, "in")) if function.ahead != Label::No => typed.ahead = self.window(&arg.value, "`in`"),
                Some((label, word)) => {
                    self.expr(&arg.value);
                    let labels = [("over", function.over), ("in", function.ahead)];
                    let labels = labels.into_iter().filter(|(_, takes)| *takes != Label::No).map(|(name, _)| name);
                    let help = self.guess(word, labels).unwrap_or_else(|| format!("write `{}`", function.usage));
                    self.error(Code::UnknownLabel, label.0, format!("`{name}` has no argument `{word}`"))
                        .set_label("no such argument")
                        .set_help(help);
                }
                None => typed.args.push(self.over_what(function, &arg.value)),
            }
        }
        let wanted = function.metrics.max(1);
        if self.report.diagnostics.len() == before {
            if typed.args.len() != wanted {
                let code = if typed.args.len() < wanted { Code::MissingArgument } else { Code::TooManyArguments };
                let what = match function.metrics {
                    0 => "one condition",
                    1 => "one metric",
                    _ => "two metrics",
                };
                self.error(code, call.callee.span, format!("`{name}` takes {what}"))
                    .set_label(format!("{} given", typed.args.len()))
                    .set_help(format!("write `{}`", function.usage));
            }
            for (label, takes, given) in
                [("over", function.over, typed.over.is_some()), ("in", function.ahead, typed.ahead.is_some())]
            {
                if takes == Label::Must && !given {
                    self.error(Code::MissingArgument, call.callee.span, format!("`{name}` needs `{label}:`"))
                        .set_label(if label == "over" { "over which time?" } else { "how far ahead?" })
                        .set_help(format!("write `{}`", function.usage));
                }
            }
            if function.baseline && typed.over.is_none() {
                self.needs_baseline(function, &typed.args);
            }
            if let [first, second] = &typed.args[..]
                && function.metrics == 2
                && first.ty != second.ty
                && first.ty != Type::Error
                && second.ty != Type::Error
            {
                let (at, label, other) = (second.place.span, format!("this is {}", second.ty), first.place);
                let message = format!("`{name}` compares metrics of one type");
                let first = format!("this is {}", first.ty);
                self.error(Code::Mismatch, at, message).set_label(label).add_place(other, first);
            }
        }
        if self.report.diagnostics.len() > before {
            return Some(self.broken(span));
        }
        let of = typed.args.first().map_or(Type::Error, |arg| arg.ty.clone());
        let place = self.place(span);
        Some(Expr { ty: function.gives.of(&of), kind: ExprKind::Series(Box::new(typed)), place })
    }

    /// Whether an expression names a metric.
    fn is_metric(&self, value: &ast::Expr) -> bool {
        let name = match &value.kind {
            ast::ExprKind::Name => value.span,
            ast::ExprKind::Call(call) => call.callee.span,
            _ => return false,
        };
        matches!(self.scope.find(self.slice(name)).map(|entry| entry.meaning), Some(Meaning::Metric(_)))
    }

    /// What a function looks back over.
    fn over_what(&mut self, function: &'static SeriesFunction, value: &'a ast::Expr) -> Expr {
        let name = function.name;
        if function.metrics == 0 {
            return self.condition(value, format_args!("`{name}`"));
        }
        let typed = self.expr(value);
        if typed.ty == Type::Error {
            return typed;
        }
        if !matches!(typed.kind, ExprKind::Metric(..)) {
            self.error(Code::NoMetric, value.span, format!("`{name}` looks back over the samples of a metric"))
                .set_label("not a metric")
                .set_help("give what is measured a name, `metric NAME = … every 15s`, and write that here");
            return self.broken(value.span);
        }
        if function.numeric && !matches!(typed.ty, Type::Int | Type::Float | Type::Quantity(_)) {
            self.error(Code::Mismatch, value.span, format!("`{name}` takes a metric of numbers or quantities"))
                .set_label(format!("this is {}", typed.ty))
                .set_help("`changes`, `changed` and `consecutive` take any");
            return self.broken(value.span);
        }
        typed
    }

    fn needs_baseline(&mut self, function: &'static SeriesFunction, args: &[Expr]) {
        for arg in args {
            let ExprKind::Metric(MetricId(index), _) = &arg.kind else { continue };
            let metric = &self.metrics[*index as usize];
            if metric.baseline {
                continue;
            }
            let (declared, name) = (metric.name.place, metric.name.text.clone());
            let help = if function.over == Label::No {
                "give the metric one: `{ baseline 200MB }`, or `{ baseline recorded }`".to_owned()
            } else {
                format!("give the metric one, `{{ baseline … }}`, or say a window: `{}`", function.usage)
            };
            self.error(Code::MissingPart, arg.place.span, format!("`{name}` has no baseline to compare with"))
                .set_label(format!("`{}` needs it", function.name))
                .add_place(declared, "the metric")
                .set_help(help);
        }
    }

    fn window(&mut self, value: &'a ast::Expr, what: &str) -> Option<Duration> {
        self.duration(value, what).map(|(length, _)| length)
    }
}
