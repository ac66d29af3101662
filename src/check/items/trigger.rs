//! `trigger NAME "title" for x in LIST { critical when EXPR for 1m; clear when EXPR; start PHASE scenario S }`

use std::collections::HashSet;

use crate::check::checker::{Checker, bare_word};
use crate::check::clauses::{RULE, Seen, TRIGGER, Word};
use crate::check::items::header_span;
use crate::check::model::{
    BindingKind, Expr, ExprKind, Held, Lasting, MetricId, Name, Rule, Severity, Start, Started, Trigger, When,
};
use crate::check::names::{Namespace, Space};
use crate::check::operands::Operands;
use crate::check::walk;
use crate::diagnostics::{Code, suggest};
use crate::syntax::ast::{self, Clause, Decl, StmtKind};

impl<'a> Checker<'a> {
    pub fn trigger(&mut self, decl: &'a Decl, severities: &[Severity]) -> Trigger {
        let mut trigger = Trigger {
            name: self.name_of(decl),
            title: self.title(decl.title.as_ref()),
            each: None,
            rules: Vec::new(),
            clear: None,
            unless: Vec::new(),
            missing: None,
            starts: Vec::new(),
            place: self.place(header_span(decl)),
        };
        let before = self.report.diagnostics.len();
        self.scope.enter();
        self.series = true;
        for clause in &decl.clauses {
            // `for s in services`
            let mut operands = self.operands(clause);
            if let Some(var) = operands.name() {
                operands.eat("in");
                if let Some(list) = operands.value() {
                    let (list, of) = self.walked(list);
                    self.no_probe(&list, "the list of a trigger");
                    trigger.each = Some((self.declare_binding(var, of, BindingKind::Variable), list));
                }
            }
        }
        let mut seen = Seen::default();
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            match &stmt.kind {
                StmtKind::Clause(clause) => {
                    let name = self.word(clause.word);
                    if TRIGGER.words.iter().any(|word| word.name == name) {
                        if let Some(word) = self.clause_word(&TRIGGER, clause, &mut seen) {
                            self.trigger_clause(&mut trigger, clause, word);
                        }
                    } else {
                        trigger.rules.extend(self.rule(clause));
                    }
                }
                StmtKind::Decl(inner) => self.misplaced(inner, TRIGGER.block),
                StmtKind::Expr(_) | StmtKind::For(_) | StmtKind::If(_) => self.only_clauses(stmt.span, &TRIGGER),
                StmtKind::Error => {}
            }
        }
        self.series = false;
        self.scope.leave();
        // What is missing may well be what was refused.
        if self.report.diagnostics.len() == before {
            self.complete(decl, &trigger, severities);
        }
        trigger
    }

    fn trigger_clause(&mut self, trigger: &mut Trigger, clause: &'a Clause, word: &'static Word) {
        let mut operands = self.operands(clause);
        match word.name {
            "title" => {
                let value = self.needed(&mut operands, word);
                trigger.title = value.and_then(|value| self.plain(value, "a title")).or(trigger.title.take());
            }
            "clear" => {
                if !operands.eat("when") {
                    return self.incomplete(clause, word);
                }
                trigger.clear = self.held(&mut operands, word);
            }
            "unless" => {
                if let Some(value) = self.needed(&mut operands, word) {
                    let condition = self.condition(value, format_args!("`unless`"));
                    trigger.unless.push(condition);
                }
            }
            "missing" => trigger.missing = self.missing(&mut operands, clause, word),
            _ => match self.started(&mut operands) {
                Some(started) => trigger.starts.push(started),
                None if operands.next_span().is_none() => {
                    if !self.said_of(clause.word.0) && clause.operands.is_empty() {
                        self.error(Code::MissingPart, clause.word.0, "`start` names a phase")
                            .set_label("no phase")
                            .set_help("write `start PHASE`, or `start PHASE scenario NAME`");
                    }
                    return;
                }
                None => {}
            },
        }
        self.finish(&operands, word);
    }

    /// Whether something was reported at `span` just now.
    fn said_of(&self, span: crate::source::Span) -> bool {
        self.report.diagnostics.last().is_some_and(|last| last.span() == span)
    }

    /// `SEVERITY when EXPR for 1m`, `SEVERITY by hand(ROLE)`
    fn rule(&mut self, clause: &'a Clause) -> Option<Rule> {
        let word = self.word(clause.word);
        let severities = self.spaces.get(&Space::Severity).map(Namespace::names).unwrap_or_default();
        let known = severities.contains(&word);
        if !known {
            let words: Vec<&str> = severities.into_iter().chain(TRIGGER.words.iter().map(|word| word.name)).collect();
            let help = self
                .guess(word, words.iter().copied())
                .unwrap_or_else(|| format!("a line of a trigger begins with {}", suggest::alternatives(&words, "or")));
            self.error(Code::UnknownName, clause.word.0, format!("there is no severity `{word}`"))
                .set_label("no such severity")
                .set_help(help);
        }
        let mut operands = self.operands(clause);
        let when = if operands.eat("when") {
            let before = self.report.diagnostics.len();
            let held = self.held(&mut operands, &RULE)?;
            if known && self.report.diagnostics.len() == before {
                self.rests_on_metrics(&held.condition);
            }
            When::Holds(held)
        } else if operands.eat("by") {
            self.by_hand(&mut operands, clause)?
        } else {
            let (span, usage) = (clause.word.0, RULE.usage.replace("SEVERITY", word));
            if known {
                self.error(Code::MissingPart, span, format!("`{word}` says when"))
                    .set_label("neither `when` nor `by hand`")
                    .set_help(format!("write `{usage}`"));
            }
            return None;
        };
        self.finish(&operands, &RULE);
        let severity = self.name(clause.word);
        known.then_some(Rule { severity, when, place: self.place(clause.span) })
    }

    /// `hand`, `hand(ROLE)`
    fn by_hand(&mut self, operands: &mut Operands<'a>, clause: &'a Clause) -> Option<When> {
        if operands.eat("hand") {
            return Some(When::ByHand(None));
        }
        let usage = format!("write `{} by hand`, or `by hand(ROLE)`", self.word(clause.word));
        let call = match operands.value().map(|value| &value.kind) {
            Some(ast::ExprKind::Call(call)) if self.slice(call.callee.span) == "hand" => call,
            _ => {
                self.error(Code::MissingPart, clause.word.0, "a rule without a condition is fired by hand")
                    .set_label("`by` what?")
                    .set_help(usage);
                return None;
            }
        };
        match &call.args[..] {
            [] => Some(When::ByHand(None)),
            [arg] if arg.label.is_none() => match bare_word(&arg.value) {
                Some(role) => {
                    let role = self.resolve_in(Space::Role, role)?;
                    Some(When::ByHand(Some(role)))
                }
                None => {
                    self.error(Code::MissingPart, arg.value.span, "`hand` names a role").set_help(usage);
                    None
                }
            },
            [_, more, ..] => {
                self.error(Code::TooManyArguments, more.value.span, "`hand` names one role").set_help(usage);
                None
            }
            [arg] => {
                self.error(Code::UnknownLabel, arg.value.span, "`hand` names a role, without a label").set_help(usage);
                None
            }
        }
    }

    /// A condition behind `when`, and how long it must hold.
    fn held(&mut self, operands: &mut Operands<'a>, word: &'static Word) -> Option<Held> {
        let value = self.needed(operands, word)?;
        let condition = self.condition(value, format_args!("`when`"));
        let mut lasting = Lasting::AtOnce;
        if operands.eat("for") {
            let value = self.needed(operands, word)?;
            if operands.peek().is_some_and(|word| matches!(word, "samples" | "sample")) {
                operands.value();
                lasting = Lasting::Samples(self.count(value, 1, 1_000_000, "`for … samples`")?);
            } else {
                lasting = Lasting::Time(self.duration(value, "`for`")?.0);
            }
        }
        Some(Held { condition, lasting })
    }

    /// `PHASE`, `PHASE scenario NAME`: behind `start` and `propose`.
    pub fn started(&mut self, operands: &mut Operands<'a>) -> Option<Started> {
        let phase = operands.name()?;
        let found = self.resolve_in(Space::Phase, phase);
        let mut scenario = None;
        let mut named = false;
        if operands.eat("scenario") {
            named = true;
            let Some(name) = operands.name() else {
                self.error(Code::MissingPart, phase.0, "`scenario` names one").set_help("write `scenario NAME`");
                return None;
            };
            scenario = found.as_ref().and_then(|found| self.scenario_named(&found.text, name));
        }
        let phase_name = found?;
        if named && scenario.is_none() {
            return None;
        }
        if !named {
            self.scenario_needed(phase, &phase_name.text)?;
        }
        Some(Started { phase: phase_name, scenario })
    }

    /// The scenario `name` of `phase`, with a report when it has none of that name.
    pub fn scenario_named(&mut self, phase: &str, name: ast::Ident) -> Option<Name> {
        let known = self.scenarios.get(phase).cloned().unwrap_or_default();
        let word = self.word(name);
        if known.contains(&word) {
            return Some(self.name(name));
        }
        let help = self
            .guess(word, known.iter().copied())
            .or_else(|| (!known.is_empty()).then(|| format!("it has {}", suggest::alternatives(&known, "and"))));
        self.error(Code::UnknownName, name.0, format!("the phase `{phase}` has no scenario `{word}`"))
            .set_label("no such scenario")
            .help = help;
        None
    }

    /// Refuses to name a phase with scenarios without one of them.
    pub fn scenario_needed(&mut self, at: ast::Ident, phase: &str) -> Option<()> {
        let known = self.scenarios.get(phase).cloned().unwrap_or_default();
        if known.is_empty() {
            return Some(());
        }
        self.error(Code::NoScenario, at.0, format!("`{phase}` has scenarios, and none is named"))
            .set_label("which one?")
            .set_help(format!("write `{phase} scenario NAME`: it has {}", suggest::alternatives(&known, "and")));
        None
    }

    /// A rule is evaluated when a metric has a new sample: it rests on one, and asks nothing else.
    fn rests_on_metrics(&mut self, condition: &Expr) {
        if condition.ty == crate::catalogue::ty::Type::Error {
            return;
        }
        if let Some(asked) = self.asks(condition) {
            let at = if asked.file == self.file { asked.span } else { condition.place.span };
            self.error(Code::NoMetric, at, "a rule looks at the samples of metrics and asks nothing itself")
                .set_label("a probe")
                .set_help("give it a name, `metric NAME = … every 15s`, and write that here");
        } else if self.metrics_in(condition).is_empty() {
            self.error(
                Code::NoMetric,
                condition.place.span,
                "a rule looks at the samples of metrics, and this has none",
            )
            .set_label("never changes")
            .set_help("name a metric in it; what a person decides is `by hand`");
        }
    }

    /// The metrics that an expression looks at, also through functions of the policy.
    fn metrics_in(&self, expr: &Expr) -> Vec<MetricId> {
        let mut found = Vec::new();
        // Each function once: those that use one another twice would else take for ever.
        let mut seen = HashSet::new();
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            walk::expressions(expr, &mut |part| match &part.kind {
                ExprKind::Metric(id, _) => found.push(*id),
                ExprKind::Apply(id, _) => {
                    if let BindingKind::Function { body, .. } = &self.bindings[id.0 as usize].kind
                        && seen.insert(*id)
                    {
                        open.push(body);
                    }
                }
                _ => {}
            });
        }
        found
    }

    /// What a trigger without mistakes may still lack.
    fn complete(&mut self, decl: &'a Decl, trigger: &Trigger, severities: &[Severity]) {
        let span = header_span(decl);
        if trigger.rules.is_empty() {
            self.error(Code::MissingPart, span, "a trigger says when it fires")
                .set_label("no rule")
                .set_help("write `SEVERITY when EXPR`, or `SEVERITY by hand`");
            return;
        }
        let start =
            |rule: &Rule| severities.iter().find(|found| found.name.text == rule.severity.text).map(|it| &it.start);
        let starting = trigger
            .rules
            .iter()
            .find(|rule| matches!(start(rule), Some(Start::Automatically | Start::AfterApproval { .. })));
        if let (Some(rule), true) = (starting, trigger.starts.is_empty()) {
            let (place, severity) = (rule.place, rule.severity.text.clone());
            self.error(Code::MissingPart, span, "a trigger says what it starts")
                .set_label("no `start`")
                .add_place(place, format!("`{severity}` starts a rollback"))
                .set_help("write `start PHASE`");
        }
        if trigger.missing.is_some() {
            return;
        }
        for rule in &trigger.rules {
            let (When::Holds(held), Some(Start::Automatically)) = (&rule.when, start(rule)) else { continue };
            let undecided =
                self.metrics_in(&held.condition).into_iter().find(|id| !self.metrics[id.0 as usize].missing);
            if let Some(id) = undecided {
                let known = &self.metrics[id.0 as usize];
                let (place, name) = (known.name.place, known.name.text.clone());
                self.error(
                    Code::MissingUnsaid,
                    held.condition.place.span,
                    format!("nothing says what happens when `{name}` has no data"),
                )
                .set_label(format!("`{}` starts by itself", rule.severity.text))
                .add_place(place, "the metric")
                .set_help("write `missing hold`, `missing fire` or `missing clear` in the metric or in the trigger");
                return;
            }
        }
    }
}
