//! `step NAME "title" { … }` and its clauses.

use std::sync::Arc;
use std::time::Duration;

use crate::catalogue::signature::UndoKind;
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::check::checker::Checker;
use crate::check::clauses::{STEP, Seen, Word};
use crate::check::items::block::Rest;
use crate::check::items::header_span;
use crate::check::lengths::LONGEST;
use crate::check::model::{Expr, Retry, Step, StepClauses, StepItem, Undo};
use crate::check::time::bounds::pauses;
use crate::diagnostics::Code;
use crate::syntax::ast::{self, Clause, Decl, Keyword};

/// Commands of which their author says what they read, and nothing that they write, are taken back by nothing.
pub(super) fn only_looks(clauses: &mut StepClauses, body: &[StepItem]) {
    let mut kinds = Vec::new();
    let restores = matches!(clauses.undo, Undo::Restore) && clauses.irreversible.is_none();
    if restores && clauses.only_reads() && undo_kinds(body, &mut kinds) && kinds.contains(&UndoKind::None) {
        let alone = kinds.iter().all(|kind| matches!(kind, UndoKind::None | UndoKind::Nothing));
        if alone {
            clauses.undo = Undo::Block(Vec::new());
        }
    }
}

/// How the calls are taken back; whether all of them are known here, those of own actions are not.
fn undo_kinds(items: &[StepItem], into: &mut Vec<UndoKind>) -> bool {
    items.iter().all(|item| match item {
        StepItem::Call(call) => {
            into.push(call.signature().undo);
            true
        }
        StepItem::Group(_) => false,
        StepItem::For(each) => undo_kinds(&each.body, into),
        StepItem::If(branch) => undo_kinds(&branch.body, into) && undo_kinds(&branch.otherwise, into),
        StepItem::Let(_) | StepItem::Require(_) | StepItem::Expect(_) => true,
    })
}

impl<'a> Checker<'a> {
    pub fn step(&mut self, decl: &'a Decl) -> Step {
        let name = self.name_of(decl);
        self.steps.extend(decl.name.map(|name| self.word(name)));
        let title = self.step_title(decl.title.as_ref());
        let mut step = Step {
            name,
            title,
            body: Vec::new(),
            clauses: StepClauses::default(),
            place: self.place(header_span(decl)),
        };
        self.scope.enter();
        let mut seen = Seen::default();
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            match self.step_item(stmt, &mut step.body) {
                None => {}
                Some(Rest::Clause(clause)) => {
                    if let Some(word) = self.clause_word(&STEP, clause, &mut seen) {
                        self.step_clause(&mut step.clauses, clause, word, decl);
                    }
                }
                Some(Rest::Decl(inner)) if inner.keyword == Keyword::Undo => {
                    let stmts = inner.body.as_ref().map(|body| &body.stmts[..]).unwrap_or_default();
                    let body = self.statements(stmts);
                    self.set_undo(&mut step.clauses, inner.word, Undo::Block(body));
                }
                Some(Rest::Decl(inner)) => self.misplaced(inner, "a step"),
            }
        }
        self.scope.leave();
        only_looks(&mut step.clauses, &step.body);
        step.body.shrink_to_fit();
        step
    }

    pub fn step_clause(&mut self, clauses: &mut StepClauses, clause: &'a Clause, word: &'static Word, decl: &'a Decl) {
        let mut operands = self.operands(clause);
        match word.name {
            "after" => return self.after(clause, word, decl.name, &mut clauses.after),
            "on" => return clauses.on_failure = self.on_failure(clause).or(clauses.on_failure.take()),
            "graceful" => clauses.graceful = true,
            "idempotent" => clauses.idempotent = true,
            "mitigates" => clauses.mitigates = true,
            "timeout" => clauses.timeout = self.length(&mut operands, word).map(Box::new),
            "within" => clauses.within = self.length(&mut operands, word).map(Box::new),
            "by" => clauses.by = self.length(&mut operands, word).map(Box::new),
            "retry" => clauses.retry = self.retry(&mut operands, word).map(Box::new),
            "reads" => self.resources(&mut operands, word, &mut clauses.reads),
            "writes" => self.resources(&mut operands, word, &mut clauses.writes),
            "touches" => self.resources(&mut operands, word, &mut clauses.touches),
            "done" => {
                if !operands.eat("when") {
                    return self.incomplete(clause, word);
                }
                if let Some(value) = self.needed(&mut operands, word) {
                    clauses.done_when = Some(Box::new(self.condition(value, format_args!("`done when`"))));
                }
            }
            "undo" => {
                let undo = match operands.peek() {
                    Some("repeat") => Undo::Repeat,
                    Some("none") => Undo::None,
                    _ if matches!(operands.next_value().map(|value| &value.kind), Some(ast::ExprKind::None)) => {
                        Undo::None
                    }
                    Some(other) => {
                        let near = self.guess(other, ["repeat", "none"]);
                        let help = near.unwrap_or_else(|| format!("write `{}`", word.usage));
                        self.error(Code::MissingPart, clause.word.0, format!("a step is not undone by `{other}`"))
                            .set_label("nothing that fits follows it")
                            .set_help(help);
                        return;
                    }
                    None => return self.incomplete(clause, word),
                };
                operands.value();
                self.set_undo(clauses, clause.word.0, undo);
            }
            "irreversible" => {
                if let Some(value) = self.needed(&mut operands, word) {
                    let why = self.expr_as(value, &Type::String, format_args!("`irreversible`"));
                    clauses.irreversible = Some(Box::new(why));
                }
            }
            "approve" => {
                if !operands.eat("by") {
                    return self.incomplete(clause, word);
                }
                match operands.name() {
                    Some(role) => clauses.approve_by = self.approver(role).map(Box::new),
                    None => return self.incomplete(clause, word),
                }
            }
            _ => {
                if let Some(value) = self.needed(&mut operands, word) {
                    clauses.preview = self.preview(value).map(Arc::new);
                }
            }
        }
        self.finish(&operands, word);
    }

    /// A call that only looks.
    fn preview(&mut self, value: &'a ast::Expr) -> Option<Expr> {
        if !matches!(value.kind, ast::ExprKind::Call(_)) {
            self.error(Code::MissingPart, value.span, "`preview` takes a call")
                .set_label("not a call")
                .set_help("write what shows the change without making it: `preview exec([\"tool\", \"--dry-run\"])`");
            return None;
        }
        Some(self.expr(value))
    }

    /// A duration that may be known only when it runs.
    fn length(&mut self, operands: &mut crate::check::operands::Operands<'a>, word: &'static Word) -> Option<Expr> {
        let value = self.needed(operands, word)?;
        let typed = self.expr_as(value, &Type::DURATION, format_args!("`{}`", word.name));
        if let Some(known) = self.known(&typed)
            && typed.ty != Type::Error
            && known.as_duration().is_none_or(|length| length == Duration::ZERO || length > LONGEST)
        {
            let long = known.as_duration().is_some_and(|length| length > LONGEST);
            let why = if long { "takes at most a year" } else { "must be longer than nothing" };
            self.error(Code::OutOfRange, value.span, format!("`{}` {why}", word.name))
                .set_label(format!("this is {known}"))
                .set_help(format!("write `{}`", word.usage));
        }
        Some(typed)
    }

    /// `retry 3 every 5s backoff 2`
    fn retry(&mut self, operands: &mut crate::check::operands::Operands<'a>, word: &'static Word) -> Option<Retry> {
        let times = self.needed(operands, word)?;
        let times = self.count(times, 0, 1000, "`retry`");
        let mut every = Duration::ZERO;
        let mut backoff = 1.0;
        let mut span = None;
        if operands.eat("every") {
            let value = self.needed(operands, word)?;
            span = Some(value.span);
            every = self.duration(value, "`every`")?.0;
        }
        if operands.eat("backoff") {
            let value = self.needed(operands, word)?;
            let typed = self.expr_as(value, &Type::Float, format_args!("`backoff`"));
            match self.known(&typed) {
                Some(Value::Float(factor)) if (1.0..=1000.0).contains(&factor) => backoff = factor,
                _ if typed.ty == Type::Error => {}
                _ => {
                    self.error(Code::OutOfRange, value.span, "`backoff` takes a number from 1 to 1000")
                        .set_label("not in that range")
                        .set_help("each pause is this many times the one before: `backoff 2`");
                }
            }
        }
        // Nothing stays nothing, however often it is multiplied.
        let backoff = if every.is_zero() { 1.0 } else { backoff };
        let retry = Retry { times: times? as u32, every, backoff };
        if let (Some(span), true) = (span, pauses(&retry) > LONGEST) {
            self.error(Code::OutOfRange, span, "the pauses of `retry` come to more than a year")
                .set_label("each pause is `backoff` times the one before")
                .set_help("write fewer attempts, a shorter `every` or a smaller `backoff`");
            return None;
        }
        Some(retry)
    }

    /// Resources as texts: alone, behind commas, or in lists.
    fn resources(
        &mut self,
        operands: &mut crate::check::operands::Operands<'a>,
        word: &'static Word,
        into: &mut Option<Vec<Expr>>,
    ) {
        let Some(first) = self.needed(operands, word) else { return };
        let list = into.get_or_insert_default();
        self.resource(first, word, list);
        while let Some(next) = operands.another() {
            self.resource(next, word, list);
        }
    }

    fn resource(&mut self, value: &'a ast::Expr, word: &'static Word, into: &mut Vec<Expr>) {
        if let ast::ExprKind::List(list) = &value.kind {
            for item in &list.items {
                self.resource(item, word, into);
            }
            return;
        }
        let typed = self.hinted(value, Some(&Type::String));
        into.push(match &typed.ty {
            Type::List(of) if matches!(**of, Type::String | Type::Path) => typed,
            Type::Path => typed,
            _ => self.coerce(typed, &Type::String, format_args!("`{}`", word.name)),
        });
    }

    pub fn set_undo(&mut self, clauses: &mut StepClauses, at: crate::source::Span, undo: Undo) {
        if !matches!(clauses.undo, Undo::Restore) {
            self.error(Code::DuplicateName, at, "`undo` is given twice")
                .set_label("given again here")
                .set_help("there is one: `undo { … }`, `undo repeat` or `undo none`");
        }
        clauses.undo = undo;
    }
}
