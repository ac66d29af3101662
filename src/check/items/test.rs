//! `test "title" { given …; expect … }`: what is given, and what a policy must then do.

use std::time::Duration;

use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::check::checker::{Checker, bare_word};
use crate::check::clauses::{TEST, Word};
use crate::check::items::header_span;
use crate::check::model::{BindingKind, Expectation, Given, MetricId, Name, OUTCOMES, Piece, Samples, Test, TestRun};
use crate::check::names::{Meaning, Space};
use crate::check::operands::Operands;
use crate::diagnostics::{Code, suggest};
use crate::source::Place;
use crate::syntax::ast::{self, BinaryOp, Clause, Decl, ExprKind, Ident, Operand, UnaryOp};

const SERIES: &str = "write `series(VALUE, step: STEP, every: 1m, for: 2h)`, or a list of such";

impl<'a> Checker<'a> {
    pub fn test(&mut self, decl: &'a Decl) -> Test {
        let mut test = Test {
            title: self.title(decl.title.as_ref()).unwrap_or_default(),
            given: Vec::new(),
            expects: Vec::new(),
            place: self.place(decl.title.as_ref().map_or(decl.word, |title| decl.word.to(title.span))),
        };
        self.clauses_of(decl, &TEST, |checker, clause, word| {
            if word.name == "given" {
                test.given.extend(checker.test_given(clause, word));
            } else {
                test.expects.extend(checker.test_expectation(clause, word));
            }
        });
        if test.expects.is_empty() && !self.reported_in(decl) {
            self.error(Code::MissingPart, header_span(decl), "a test expects something")
                .set_label("no `expect`")
                .set_help(format!("write `{}`", TEST.words[1].usage));
        }
        test
    }

    fn test_given(&mut self, clause: &'a Clause, word: &'static Word) -> Option<Given> {
        let mut operands = self.operands(clause);
        let Some(name) = operands.name() else {
            self.incomplete(clause, word);
            return None;
        };
        let text = self.word(name);
        let value = match clause.operands.get(1) {
            Some(Operand::Assign(value)) => Some(value),
            _ => None,
        };
        let given = match (text, value) {
            ("files", None) => {
                let Some(block) = &clause.block else {
                    self.incomplete(clause, word);
                    return None;
                };
                return Some(Given::Files(self.given_files(block)));
            }
            ("step", None) => self.given_failure(&mut operands, clause, word)?,
            ("now", Some(value)) => Given::Now(self.expr_as(value, &Type::Time, format_args!("`now`"))),
            (_, Some(value)) => self.given_value(name, value)?,
            (_, None) => {
                self.incomplete(clause, word);
                return None;
            }
        };
        if value.is_some() && clause.operands.len() > 2 || clause.block.is_some() {
            self.error(Code::UnknownClause, clause.span, "this does not belong behind `given`")
                .set_label("not expected")
                .set_help(format!("write `{}`", word.usage));
        }
        Some(given)
    }

    /// `{ "path": "text" }`
    fn given_files(&mut self, block: &'a ast::Block) -> Vec<(std::sync::Arc<str>, crate::check::model::Expr)> {
        let mut files = Vec::new();
        for (path, span, value) in self.entries(block) {
            if !super::super::roots::holds(&self.roots, &path) {
                self.error(Code::OutsideRoot, span, format!("`{path}` leaves the root"))
                    .set_label("outside of it")
                    .set_help("name a path below the root");
            }
            let text = self.expr_as(value, &Type::String, format_args!("the text of a file"));
            self.no_probe(&text, "a test");
            files.push((path, text));
        }
        files
    }

    /// `given step NAME fails`
    fn given_failure(&mut self, operands: &mut Operands<'a>, clause: &'a Clause, word: &'static Word) -> Option<Given> {
        let Some(step) = operands.name() else {
            self.incomplete(clause, word);
            return None;
        };
        let text = self.word(step);
        if !operands.eat("fails") {
            self.incomplete(clause, word);
            return None;
        }
        self.finish(operands, word);
        if self.steps.contains(text) {
            return Some(Given::StepFails(self.name(step)));
        }
        let mut known: Vec<_> = self.steps.iter().copied().collect();
        known.sort_unstable();
        let help = self.guess(text, known);
        self.error(Code::UnknownName, step.0, format!("no phase has a step `{text}`")).set_label("no such step").help =
            help;
        None
    }

    /// `given METRIC = series(…)`, `given PARAM = VALUE`
    fn given_value(&mut self, name: Ident, value: &'a ast::Expr) -> Option<Given> {
        let word = self.word(name);
        match self.scope.find(word).map(|entry| entry.meaning) {
            Some(Meaning::Metric(index)) => self.given_series(index, value),
            Some(Meaning::Binding(id)) if matches!(self.bindings[id.0 as usize].kind, BindingKind::Param) => {
                self.used[id.0 as usize] = true;
                let ty = self.bindings[id.0 as usize].ty.clone();
                let value = self.expr_as(value, &ty, format_args!("`{word}`"));
                self.no_probe(&value, "a test");
                Some(Given::Param(id, value))
            }
            Some(_) => {
                self.error(Code::UnknownName, name.0, format!("`{word}` is neither a metric nor a param"))
                    .set_label("cannot be given")
                    .set_help("a test gives metrics, params, `now`, files and failures of steps");
                None
            }
            None => {
                let names: Vec<&str> = self.scope.visible().chain(["now", "files", "step"]).collect();
                let help = self.guess(word, names);
                self.error(Code::UnknownName, name.0, format!("there is no metric or param `{word}`"))
                    .set_label("no such name")
                    .help = help;
                None
            }
        }
    }

    fn given_series(&mut self, index: u32, value: &'a ast::Expr) -> Option<Given> {
        let all: Vec<&'a ast::Expr> = match &value.kind {
            ExprKind::List(list) => list.items.iter().collect(),
            _ => vec![value],
        };
        let mut pieces = Vec::new();
        let mut args = Vec::new();
        for one in all {
            let ExprKind::Call(call) = &one.kind else {
                self.error(Code::Mismatch, one.span, "a metric is given as a series")
                    .set_label("not a series")
                    .set_help(SERIES);
                continue;
            };
            let callee = self.slice(call.callee.span);
            if callee != "series" {
                let help = self.guess(callee, ["series"]).unwrap_or_else(|| SERIES.to_owned());
                self.error(
                    Code::UnknownUnit,
                    call.callee.span,
                    format!("a metric is given as a series, not `{callee}`"),
                )
                .set_label("not a series")
                .set_help(help);
                continue;
            }
            pieces.extend(self.piece(index, call, &mut args));
        }
        let metric = &self.metrics[index as usize];
        let (wanted, name, declared) = (metric.params.len(), metric.name.text.clone(), metric.name.place);
        if args.len() != wanted && !pieces.is_empty() {
            self.error(Code::MissingArgument, value.span, format!("`{name}` has a series for each of its arguments"))
                .set_label(format!("{} of {wanted} given", args.len()))
                .add_place(declared, "the metric")
                .set_help("say which one: `series(…, of: [\"web\"])`");
        }
        (!pieces.is_empty()).then_some(Given::Series { metric: MetricId(index), args, pieces })
    }

    /// `series(200MB, step: 1MB, every: 1m, for: 2h)`, `series([1, none, 3])`
    fn piece(&mut self, index: u32, call: &'a ast::Call, args: &mut Vec<crate::check::model::Expr>) -> Option<Piece> {
        let ty = self.metrics[index as usize].ty.clone();
        let (mut samples, mut step, mut every, mut lasting) = (None, None, None, None);
        for arg in &call.args {
            match arg.label.map(|label| (label, self.word(label))) {
                None if samples.is_some() => {
                    self.error(Code::TooManyArguments, arg.value.span, "`series` takes one value, or a list of them")
                        .set_label("not expected")
                        .set_help(SERIES);
                }
                None if matches!(arg.value.kind, ExprKind::List(_)) => {
                    let want = Type::list(Type::optional(ty.clone()));
                    samples = Some(Samples::List(self.expr_as(&arg.value, &want, format_args!("`series`"))));
                }
                None => {
                    let from = self.expr_as(&arg.value, &Type::optional(ty.clone()), format_args!("`series`"));
                    samples = Some(Samples::Line { from, step: None });
                }
                Some((_, "step")) => {
                    let numeric = matches!(ty, Type::Int | Type::Float | Type::Quantity(_) | Type::Error);
                    if numeric {
                        step = Some(self.expr_as(&arg.value, &ty, format_args!("`step`")));
                    } else {
                        self.error(Code::Mismatch, arg.value.span, format!("{ty} does not grow by steps"))
                            .set_label("only numbers and quantities do")
                            .set_help("write the samples as a list");
                    }
                }
                Some((_, "every")) => every = self.duration(&arg.value, "`every`").map(|(length, _)| length),
                Some((_, "for")) => lasting = self.duration(&arg.value, "`for`").map(|(length, _)| length),
                Some((_, "of")) => {
                    let types = self.metrics[index as usize].params.clone();
                    let values: Vec<&'a ast::Expr> = match &arg.value.kind {
                        ExprKind::List(list) => list.items.iter().collect(),
                        _ => vec![&arg.value],
                    };
                    let typed = values.into_iter().enumerate().map(|(at, value)| match types.get(at) {
                        Some(want) => self.expr_as(value, want, format_args!("`of`")),
                        None => self.expr(value),
                    });
                    *args = typed.collect();
                }
                Some((label, word)) => {
                    let help = self.guess(word, ["step", "every", "for", "of"]).unwrap_or_else(|| SERIES.to_owned());
                    self.error(Code::UnknownLabel, label.0, format!("`series` has no argument `{word}`"))
                        .set_label("no such argument")
                        .set_help(help);
                    return None;
                }
            }
        }
        let at = call.callee.span;
        match samples {
            None => {
                self.error(Code::MissingArgument, at, "`series` needs its first value")
                    .set_label("no value")
                    .set_help(SERIES);
                None
            }
            Some(Samples::Line { from, .. }) => {
                if lasting.is_none() && !call.args.iter().any(|arg| arg.label.is_some_and(|it| self.word(it) == "for"))
                {
                    self.error(Code::MissingArgument, at, "`series` needs `for:`")
                        .set_label("how long?")
                        .set_help(SERIES);
                }
                Some(Piece { samples: Samples::Line { from, step }, every, lasting })
            }
            Some(list) => Some(Piece { samples: list, every, lasting }),
        }
    }

    fn test_expectation(&mut self, clause: &'a Clause, word: &'static Word) -> Option<Expectation> {
        let mut operands = self.operands(clause);
        let value = self.needed(&mut operands, word)?;
        let place = self.place(clause.span);
        let (inner, not) = negated(value);
        if let Some(call) = self.call_of(inner, "fired") {
            self.finish(&operands, word);
            return self.fired(call, None, not, place);
        }
        if let ExprKind::Binary(binary) = &inner.kind {
            if binary.op == BinaryOp::In
                && let Some(call) = self.call_of(&binary.left, "fired")
            {
                let within = self.moments(&binary.right);
                self.finish(&operands, word);
                return self.fired(call, Some(within?), not, place);
            }
            if let ExprKind::Field(field) = &binary.left.kind
                && let Some(call) = self.call_of(&field.base, "run")
            {
                let found = self.outcome(call, field.name, binary, not, place);
                self.finish(&operands, word);
                return found;
            }
        }
        let condition = self.condition(value, format_args!("`expect`"));
        let why = self.why(&mut operands, word);
        Some(Expectation::Holds { condition, why, place })
    }

    /// The call, when `value` calls `name`.
    fn call_of(&self, value: &'a ast::Expr, name: &str) -> Option<&'a ast::Call> {
        match &plain(value).kind {
            ExprKind::Call(call) if self.slice(call.callee.span) == name => Some(call),
            _ => None,
        }
    }

    /// `fired(TRIGGER)`, `fired(TRIGGER, SEVERITY)`
    fn fired(
        &mut self,
        call: &'a ast::Call,
        within: Option<(Duration, Duration)>,
        not: bool,
        place: Place,
    ) -> Option<Expectation> {
        const USAGE: &str = "write `fired(TRIGGER)` or `fired(TRIGGER, SEVERITY)`";
        let mut names = Vec::new();
        for (arg, space) in call.args.iter().zip([Space::Trigger, Space::Severity]) {
            match bare_word(&arg.value).filter(|_| arg.label.is_none()) {
                Some(name) => names.push(self.resolve_in(space, name)?),
                None => {
                    self.error(
                        Code::MissingPart,
                        arg.value.span,
                        format!("the name of a {} belongs here", space.noun()),
                    )
                    .set_label("not a name")
                    .set_help(USAGE);
                    return None;
                }
            }
        }
        if let Some(more) = call.args.get(2) {
            self.error(Code::TooManyArguments, more.value.span, "`fired` takes a trigger and a severity")
                .set_help(USAGE);
            return None;
        }
        let mut names = names.into_iter();
        let Some(trigger) = names.next() else {
            self.error(Code::MissingArgument, call.callee.span, "`fired` names a trigger")
                .set_label("which one?")
                .set_help(USAGE);
            return None;
        };
        Some(Expectation::Fired { trigger, severity: names.next(), within, not, place })
    }

    /// `50m..65m`, counted from the start of the test.
    fn moments(&mut self, value: &'a ast::Expr) -> Option<(Duration, Duration)> {
        let want = Type::Range(std::sync::Arc::new(Type::DURATION));
        let typed = self.expr_as(value, &want, format_args!("the time of `fired`"));
        if typed.ty == Type::Error {
            return None;
        }
        let known = match self.known(&typed) {
            Some(Value::Range(ends)) => ends.0.as_duration().zip(ends.1.as_duration()),
            _ => None,
        };
        match known {
            Some((from, to)) if from <= to => Some((from, to)),
            Some(_) => {
                self.error(Code::OutOfRange, value.span, "the range ends before it begins")
                    .set_label("empty")
                    .set_help("write the earlier time first");
                None
            }
            None => {
                self.error(
                    Code::BadLiteral,
                    value.span,
                    "the time of `fired` must be known when the policy is checked",
                )
                .set_label("known only later")
                .set_help("write a range, such as `50m..65m`");
                None
            }
        }
    }

    /// `run(PHASE).outcome == degraded`
    fn outcome(
        &mut self,
        call: &'a ast::Call,
        field: Ident,
        binary: &'a ast::Binary,
        not: bool,
        place: Place,
    ) -> Option<Expectation> {
        let run = self.test_run(call);
        let word = self.word(field);
        if word != "outcome" {
            self.error(Code::UnknownField, field.0, format!("a tested run has no `{word}`"))
                .set_label("no such field")
                .set_help("write `run(PHASE).outcome == done`");
            return None;
        }
        let differs = match binary.op {
            BinaryOp::Eq => false,
            BinaryOp::Ne => true,
            _ => {
                self.error(Code::Mismatch, binary.op_span, "outcomes are equal or not, and have no order")
                    .set_label("no order")
                    .set_help("write `==` or `!=`");
                return None;
            }
        };
        let text = match &plain(&binary.right).kind {
            ExprKind::Name => self.slice(plain(&binary.right).span),
            ExprKind::Str(_) => self.slice(plain(&binary.right).span).trim_matches('"'),
            _ => "",
        };
        let Some(outcome) = OUTCOMES.iter().find(|outcome| **outcome == text) else {
            let help = self
                .guess(text, OUTCOMES.iter().copied())
                .unwrap_or_else(|| format!("a run ends {}", suggest::alternatives(OUTCOMES, "or")));
            self.error(Code::UnknownName, binary.right.span, "no run ends so").set_label("no outcome").set_help(help);
            return None;
        };
        Some(Expectation::Outcome { run: run?, outcome, not: not != differs, place })
    }

    /// `run(PHASE, scenario: S, severity: V)`
    fn test_run(&mut self, call: &'a ast::Call) -> Option<TestRun> {
        const USAGE: &str = "write `run(PHASE)` or `run(PHASE, scenario: NAME, severity: NAME)`";
        let (mut phase, mut scenario, mut severity): (Option<(Ident, Name)>, _, _) = (None, None, None);
        let mut named = false;
        for arg in &call.args {
            let label = arg.label.map(|label| (label, self.word(label)));
            let Some(name) = bare_word(&arg.value) else {
                self.error(Code::MissingPart, arg.value.span, "a name belongs here")
                    .set_label("not a name")
                    .set_help(USAGE);
                return None;
            };
            match label {
                None if phase.is_none() => phase = Some((name, self.resolve_in(Space::Phase, name)?)),
                Some((_, "scenario")) => {
                    named = true;
                    let of = phase.as_ref().map(|(_, phase)| phase.text.clone());
                    scenario = of.and_then(|of| self.scenario_named(&of, name));
                }
                Some((_, "severity")) => severity = self.resolve_in(Space::Severity, name),
                None => {
                    self.error(Code::TooManyArguments, arg.value.span, "`run` names one phase").set_help(USAGE);
                    return None;
                }
                Some((label, word)) => {
                    let help = self.guess(word, ["scenario", "severity"]).unwrap_or_else(|| USAGE.to_owned());
                    self.error(Code::UnknownLabel, label.0, format!("`run` has no argument `{word}`"))
                        .set_label("no such argument")
                        .set_help(help);
                    return None;
                }
            }
        }
        let Some((at, phase)) = phase else {
            self.error(Code::MissingArgument, call.callee.span, "`run` names a phase").set_help(USAGE);
            return None;
        };
        if !named {
            let known = self.scenarios.get(&*phase.text).cloned().unwrap_or_default();
            if !known.is_empty() {
                self.error(Code::NoScenario, at.0, format!("`{}` has scenarios, and none is named", phase.text))
                    .set_label("which one?")
                    .set_help(format!("write `scenario: NAME`: it has {}", suggest::alternatives(&known, "and")));
                return None;
            }
        }
        Some(TestRun { phase, scenario, severity })
    }
}

/// Without parentheses.
fn plain(value: &ast::Expr) -> &ast::Expr {
    match &value.kind {
        ExprKind::Paren(inner) => plain(inner),
        _ => value,
    }
}

/// What stands behind `not`s, and whether it is negated.
fn negated(value: &ast::Expr) -> (&ast::Expr, bool) {
    match &value.kind {
        ExprKind::Unary(UnaryOp::Not, inner) => {
            let (inner, not) = negated(inner);
            (inner, !not)
        }
        ExprKind::Paren(inner) => negated(inner),
        _ => (value, false),
    }
}
