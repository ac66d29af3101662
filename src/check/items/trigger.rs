//! `trigger NAME "title" { critical when EXPR for 1m; start PHASE scenario X }`: names and units are checked; watching
//! is later work.

use crate::catalogue::ty::{Dim, Type};
use crate::catalogue::value::Value;
use crate::check::checker::{Checker, bare_word};
use crate::check::model::{BindingKind, Expr};
use crate::check::names::Space;
use crate::check::types::constant;
use crate::diagnostics::{Code, suggest};
use crate::source::Span;
use crate::syntax::ast::{self, Clause, Decl, ExprKind, Operand, StmtKind};

/// The clauses besides severities.
const WORDS: &[&str] = &["clear", "unless", "start", "missing", "title", "require"];

/// Functions over series, and what they give for a metric of some type.
const SERIES: &[(&str, Gives)] = &[
    ("baseline", Gives::Same),
    ("avg", Gives::Same),
    ("min", Gives::Same),
    ("max", Gives::Same),
    ("p50", Gives::Same),
    ("p95", Gives::Same),
    ("p99", Gives::Same),
    ("forecast", Gives::Same),
    ("increase", Gives::Percent),
    ("drop", Gives::Percent),
    ("growth", Gives::Rate),
    ("changes", Gives::Count),
    ("consecutive", Gives::Count),
    ("changed", Gives::Holds),
    ("anomaly", Gives::Holds),
    ("compare", Gives::Percent),
];

#[derive(Clone, Copy)]
enum Gives {
    Same,
    Percent,
    Rate,
    Count,
    Holds,
}

impl<'a> Checker<'a> {
    pub fn trigger(&mut self, decl: &'a Decl) {
        self.scope.enter();
        self.series = true;
        for clause in &decl.clauses {
            // `for s in services`
            let mut operands = self.operands(clause);
            if let Some(var) = operands.name() {
                operands.eat("in");
                let of = operands.value().map_or(Type::Error, |list| self.walked(list).1);
                self.declare_binding(var, of, BindingKind::Variable);
            }
        }
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            match &stmt.kind {
                StmtKind::Clause(clause) => self.rule(clause),
                StmtKind::Decl(inner) => self.misplaced(inner, "a trigger"),
                _ => {}
            }
        }
        self.series = false;
        self.scope.leave();
    }

    fn rule(&mut self, clause: &'a Clause) {
        let word = self.word(clause.word);
        match word {
            "start" => self.started(clause),
            "title" | "missing" => {}
            "unless" | "require" => {
                if let Some(Operand::Expr(condition)) = clause.operands.first() {
                    self.condition(condition, format_args!("`{word}`"));
                }
            }
            _ => {
                let severity = self.spaces.get(&Space::Severity).is_some_and(|names| names.find(word).is_some());
                if word != "clear" && !severity {
                    let severities = self
                        .spaces
                        .get(&Space::Severity)
                        .map(super::super::names::Namespace::names)
                        .unwrap_or_default();
                    let known: Vec<&str> = severities.into_iter().chain(WORDS.iter().copied()).collect();
                    let help = self
                        .guess(word, known.iter().copied())
                        .unwrap_or_else(|| format!("a rule begins with {}", suggest::alternatives(&known, "or")));
                    self.error(Code::UnknownName, clause.word.0, format!("there is no severity `{word}`"))
                        .set_label("no such severity")
                        .set_help(help);
                }
                self.fires(clause);
            }
        }
    }

    /// `when EXPR for 1m`, `for: 5 samples`, `by hand(role)`
    fn fires(&mut self, clause: &'a Clause) {
        let mut after_when = false;
        for operand in &clause.operands {
            match operand {
                Operand::Marker(word) => after_when = self.word(*word) == "when",
                Operand::Expr(value) if after_when => {
                    self.condition(value, format_args!("`when`"));
                    after_when = false;
                }
                Operand::Expr(value) => self.fires_by(value),
                Operand::Labelled(all) => self.fires_by(&all.value),
                Operand::Comma(_) | Operand::Assign(_) => {}
            }
        }
    }

    fn fires_by(&mut self, value: &'a ast::Expr) {
        match &value.kind {
            ExprKind::Number => {
                self.expr(value);
            }
            ExprKind::Call(call) if self.slice(call.callee.span) == "hand" => {
                for role in call.args.iter().filter_map(|arg| bare_word(&arg.value)).collect::<Vec<_>>() {
                    self.resolve_in(Space::Role, role);
                }
            }
            _ => {}
        }
    }

    /// `start PHASE scenario X`
    fn started(&mut self, clause: &'a Clause) {
        let mut operands = self.operands(clause);
        let Some(phase) = operands.name() else {
            self.error(Code::MissingPart, clause.word.0, "`start` names a phase")
                .set_label("no phase")
                .set_help("write `start PHASE`, or `start PHASE scenario NAME`");
            return;
        };
        let Some(name) = self.resolve_in(Space::Phase, phase) else { return };
        if operands.eat("scenario")
            && let Some(scenario) = operands.name()
        {
            let known = self.scenarios.get(&*name.text).cloned().unwrap_or_default();
            let word = self.word(scenario);
            if !known.contains(&word) {
                let help = self.guess(word, known.iter().copied()).or_else(|| {
                    (!known.is_empty()).then(|| format!("it has {}", suggest::alternatives(&known, "and")))
                });
                self.error(
                    Code::UnknownName,
                    scenario.0,
                    format!("the phase `{}` has no scenario `{word}`", name.text),
                )
                .set_label("no such scenario")
                .help = help;
            }
        }
    }

    /// A call of a function over series, when `name` is one that is given a metric.
    pub fn series_call(&mut self, name: &str, call: &'a ast::Call, span: Span) -> Option<Expr> {
        let (_, gives) = SERIES.iter().find(|(known, _)| *known == name)?;
        let mut of = Type::Error;
        for (index, arg) in call.args.iter().enumerate() {
            if arg.label.is_some() {
                if matches!(arg.value.kind, ExprKind::Number) {
                    self.expr(&arg.value);
                }
            } else {
                let typed = self.expr(&arg.value);
                if index == 0 {
                    of = typed.ty;
                }
            }
        }
        let ty = match gives {
            Gives::Same => of,
            Gives::Percent => Type::PERCENT,
            Gives::Count => Type::Int,
            Gives::Holds => Type::Bool,
            Gives::Rate => match of {
                Type::Quantity(dim) => Type::Quantity(Dim { time: dim.time - 1, ..dim }),
                Type::Int | Type::Float => Type::Quantity(Dim { time: -1, ..Dim::ONE }),
                _ => Type::Error,
            },
        };
        Some(constant(Value::None, ty, self.place(span)))
    }
}
