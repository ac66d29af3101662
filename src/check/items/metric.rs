//! `metric NAME(params): TYPE = PROBE every 5s "title" { baseline …; missing hold }`

use crate::catalogue::ty::Type;
use crate::check::checker::{Checker, Metric as Known};
use crate::check::clauses::{METRIC, Word};
use crate::check::model::{Baseline, BindingKind, Metric, Missing};
use crate::check::names::Meaning;
use crate::check::operands::Operands;
use crate::diagnostics::Code;
use crate::syntax::ast::{Clause, Decl, ExprKind, Ident, StmtKind};

impl<'a> Checker<'a> {
    /// Makes a metric known by its written types; one without gets that of its probe later.
    pub fn declare_metric(&mut self, decl: &'a Decl, name: Ident) {
        let ty = decl.ty.as_ref().map_or(Type::Error, |ty| self.written_type(ty));
        let mut params = Vec::new();
        for param in decl.params.iter().flatten() {
            params.push(match &param.ty {
                Some(ty) => self.written_type(ty),
                None => {
                    let word = self.word(param.name);
                    self.error(Code::MissingPart, param.name.0, "a parameter of a metric needs a type")
                        .set_label("no type")
                        .set_help(format!("write `{word}: string`"));
                    Type::Error
                }
            });
        }
        let has = |word: &str| {
            decl.body
                .iter()
                .flat_map(|body| &body.stmts)
                .any(|stmt| matches!(&stmt.kind, StmtKind::Clause(clause) if self.word(clause.word) == word))
        };
        let (baseline, missing) = (has("baseline"), has("missing"));
        self.metrics.push(Known { name: self.name(name), ty, params, baseline, missing });
        self.declare(name, Meaning::Metric(self.metrics.len() as u32 - 1));
    }

    pub fn metric(&mut self, decl: &'a Decl) -> Option<Metric> {
        let name = decl.name?;
        let word = self.word(name);
        let Some(Meaning::Metric(index)) = self.scope.find(word).map(|entry| entry.meaning) else { return None };
        let index = index as usize;
        self.scope.enter();
        let types = self.metrics[index].params.clone();
        let mut params = Vec::new();
        for (param, ty) in decl.params.iter().flatten().zip(types) {
            params.push(self.declare_binding(param.name, ty, BindingKind::Variable));
        }
        let want = self.metrics[index].ty.clone();
        let value = decl.value.as_ref()?;
        let probe = if decl.ty.is_none() {
            self.expr(value)
        } else {
            self.expr_as(value, &Type::optional(want), format_args!("the metric `{word}`"))
        };
        if decl.ty.is_none() {
            self.metrics[index].ty = probe.ty.required().clone();
        }
        let ty = self.metrics[index].ty.clone();
        self.can_be_sampled(&ty, name);
        if probe.ty != Type::Error && ty != Type::Error && self.asks(&probe).is_none() {
            self.error(Code::MissingPart, value.span, "a metric samples something, and this asks nothing")
                .set_label("no probe")
                .set_help("write a probe, such as `http.get(…).status` or `process.rss(…)`; a fixed value is a `let`");
        }
        let mut metric = Metric {
            name: self.name(name),
            title: self.title(decl.title.as_ref()),
            params,
            ty,
            probe,
            every: Metric::EVERY,
            baseline: None,
            missing: None,
        };
        for clause in &decl.clauses {
            if let Some(every) = self.operands(clause).value()
                && let Some((every, _)) = self.duration(every, "`every`")
            {
                metric.every = every;
            }
        }
        self.clauses_of(decl, &METRIC, |checker, clause, word| checker.metric_clause(&mut metric, decl, clause, word));
        self.scope.leave();
        Some(metric)
    }

    fn metric_clause(&mut self, metric: &mut Metric, decl: &'a Decl, clause: &'a Clause, word: &'static Word) {
        let mut operands = self.operands(clause);
        match word.name {
            "title" => {
                if let Some(first) = &decl.title {
                    let first = self.place(first.span);
                    self.error(Code::DuplicateName, clause.word.0, "a metric has one title")
                        .set_label("given again here")
                        .add_place(first, "given first here");
                }
                let value = self.needed(&mut operands, word);
                metric.title = value.and_then(|value| self.plain(value, "a title"));
            }
            "every" => {
                if let Some(first) = decl.clauses.first() {
                    let first = self.place(first.span);
                    self.error(Code::DuplicateName, clause.word.0, "`every` is given twice")
                        .set_label("given again here")
                        .add_place(first, "given first here");
                }
                if let Some(value) = self.needed(&mut operands, word)
                    && let Some((every, _)) = self.duration(value, "`every`")
                {
                    metric.every = every;
                }
            }
            "baseline" => {
                if operands.eat("recorded") {
                    metric.baseline = Some(Baseline::Recorded);
                } else if let Some(value) = self.needed(&mut operands, word) {
                    let value = self.expr_as(value, &metric.ty, format_args!("`baseline`"));
                    self.no_probe(&value, "a baseline");
                    metric.baseline = Some(Baseline::Value(value));
                }
            }
            _ => metric.missing = self.missing(&mut operands, clause, word),
        }
        self.finish(&operands, word);
    }

    /// What kinds of values make a series.
    fn can_be_sampled(&mut self, ty: &Type, name: Ident) {
        let (what, help) = match ty {
            Type::Json => ("json", "say what it is: `metric name: float = …`"),
            Type::Secret => ("a secret", "nothing that is kept may hold one"),
            Type::List(_) | Type::Map(_) | Type::Record(_) | Type::Range(_) => {
                ("several values", "measure one: a field, `len(…)`, `any(…)`, or a metric with a parameter")
            }
            Type::Db | Type::Flags | Type::Channel | Type::Code(_) | Type::Regex | Type::None => {
                ("no value", "measure a number, a quantity, a text or a truth")
            }
            _ => return,
        };
        self.error(Code::Mismatch, name.0, format!("a sample of a metric is one value, not {what}"))
            .set_label(format!("this is {ty}"))
            .set_help(help);
    }

    /// `missing hold | fire | clear`
    pub fn missing(&mut self, operands: &mut Operands<'a>, clause: &'a Clause, word: &'static Word) -> Option<Missing> {
        let Some(value) = operands.value() else {
            self.incomplete(clause, word);
            return None;
        };
        let text = self.slice(value.span);
        let found = Missing::parse(text).filter(|_| matches!(value.kind, ExprKind::Name));
        if found.is_none() {
            let help = self
                .guess(text, Missing::WORDS.iter().copied())
                .unwrap_or_else(|| "write `missing hold`, `missing fire` or `missing clear`".to_owned());
            self.error(Code::UnknownClause, value.span, format!("missing data does not `{text}`"))
                .set_label("none of three words")
                .set_help(help);
        }
        found
    }
}
