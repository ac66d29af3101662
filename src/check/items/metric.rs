//! `metric NAME: TYPE = PROBE every 5s { … }`: names and types are checked; sampling is later work.

use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::check::checker::{Checker, Metric};
use crate::check::model::{BindingKind, Expr};
use crate::check::names::Meaning;
use crate::check::types::constant;
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::ast::{self, Decl, Ident, Operand, StmtKind};

impl<'a> Checker<'a> {
    /// Makes a metric known by its written type; one without gets that of its probe later.
    pub fn declare_metric(&mut self, decl: &'a Decl, name: Ident) {
        let ty = decl.ty.as_ref().map_or(Type::Error, |ty| self.written_type(ty));
        self.metrics.push(Metric { ty, params: decl.params.as_ref().map_or(0, |params| params.len()) });
        self.declare(name, Meaning::Metric(self.metrics.len() as u32 - 1));
    }

    pub fn metric(&mut self, decl: &'a Decl) {
        let Some(name) = decl.name else { return };
        let word = self.word(name);
        let Some(Meaning::Metric(index)) = self.scope.find(word).map(|entry| entry.meaning) else { return };
        self.scope.enter();
        for param in decl.params.iter().flatten() {
            let ty = param.ty.as_ref().map_or(Type::Error, |ty| self.written_type(ty));
            self.declare_binding(param.name, ty, BindingKind::Variable);
        }
        if let Some(value) = &decl.value {
            let want = self.metrics[index as usize].ty.clone();
            let typed = if want == Type::Error {
                self.expr(value)
            } else {
                self.expr_as(value, &Type::optional(want), format_args!("the metric `{word}`"))
            };
            if decl.ty.is_none() {
                self.metrics[index as usize].ty = typed.ty.required().clone();
            }
        }
        for clause in &decl.clauses {
            if let Some(every) = self.operands(clause).value() {
                self.duration(every, "`every`");
            }
        }
        let want = self.metrics[index as usize].ty.clone();
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            let StmtKind::Clause(clause) = &stmt.kind else { continue };
            match (self.word(clause.word), clause.operands.first()) {
                ("baseline", Some(Operand::Expr(value))) => {
                    self.expr_as(value, &want, format_args!("`baseline`"));
                }
                ("missing", Some(Operand::Expr(value))) => {
                    let word = self.slice(value.span);
                    if !["hold", "fire", "clear"].contains(&word) {
                        let help = self
                            .guess(word, ["hold", "fire", "clear"])
                            .unwrap_or_else(|| "write `missing hold`, `missing fire` or `missing clear`".to_owned());
                        self.error(Code::UnknownClause, value.span, format!("missing data does not `{word}`"))
                            .set_label("none of three words")
                            .set_help(help);
                    }
                }
                ("baseline" | "missing" | "title", _) => {}
                (other, _) => {
                    let help = self
                        .guess(other, ["baseline", "missing", "title"])
                        .unwrap_or_else(|| "a metric takes `baseline`, `missing` and `title`".to_owned());
                    self.error(Code::UnknownClause, clause.word.0, format!("`{other}` is no clause of a metric"))
                        .set_label("no such clause here")
                        .set_help(help);
                }
            }
        }
        self.scope.leave();
    }

    /// `errors("web")` within a trigger.
    pub fn metric_call(&mut self, index: u32, call: &'a ast::Call, span: Span) -> Expr {
        for arg in &call.args {
            self.expr(&arg.value);
        }
        let Metric { ty, params } = &self.metrics[index as usize];
        let (ty, params) = (ty.clone(), *params);
        if call.args.len() != params {
            let code = if call.args.len() < params { Code::MissingArgument } else { Code::TooManyArguments };
            self.error(code, call.callee.span, format!("the metric takes {params} arguments"))
                .set_label(format!("{} given", call.args.len()));
        }
        let place = self.place(span);
        constant(Value::None, ty, place)
    }
}
