//! `action NAME(params) { … }`: checked once, and in the place of each of its calls a group of items.
//!
//! Its parameters say their types, so what is right once is right for every call. It knows its own names and those of
//! the top of its file, never those around a call.

use std::sync::Arc;

use crate::catalogue::ty::Type;
use crate::check::apply::Definition;
use crate::check::calls::Universal;
use crate::check::checker::Checker;
use crate::check::clauses::{ACTION, Seen};
use crate::check::items::block::Rest;
use crate::check::items::step::only_looks;
use crate::check::model::{Group, Name, OwnAction, StepClauses, StepItem, Undo};
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::ast::{self, Decl, Keyword, Stmt, StmtKind};

/// One call of an action may come to so many calls: actions that call each other twice would else double without end.
const MOST: usize = 10_000;

impl<'a> Checker<'a> {
    /// Checks the actions that nobody calls: a file that is imported is right as a whole.
    pub fn check_actions(&mut self) {
        for index in 0..self.actions.len() as u32 {
            self.own_action(index);
        }
    }

    /// A call of the action `index`.
    pub fn group(&mut self, index: u32, call: &'a ast::Call, span: Span) -> Option<Group> {
        let name = self.slice(call.callee.span);
        let (own, place, open) = {
            let action = &self.actions[index as usize];
            (action.name, action.place, action.open)
        };
        self.used_actions.insert(place);
        let mut universal = Universal::default();
        let args = self.given(self.action_of(index), name, call, Some(&mut universal));
        if open {
            let help = "actions of a policy are put in the place of their calls and so never recursive";
            self.refers_to_itself(own, place, call.callee.span, help);
            return None;
        }
        let (from, first) = (self.report.diagnostics.len(), self.actions[index as usize].checked.is_none());
        let action = self.own_action(index);
        let at = self.place(call.callee.span);
        if first {
            self.expanded_here(from, name, at);
        }
        let Universal { timeout, retry, fails, refused: _ } = universal;
        let name = Name { text: name.into(), place: at };
        Some(Group { name, action, args: args?, timeout, retry, fails, place: self.place(span) })
    }

    fn action_of(&self, index: u32) -> Definition<'a> {
        let action = &self.actions[index as usize];
        let params = action.decl.params.as_deref().unwrap_or_default();
        let (file, module, place) = (action.file, action.module, action.place);
        Definition { params, file, module, depth: 0, place, strict: true }
    }

    /// The action `index`, checked.
    fn own_action(&mut self, index: u32) -> Arc<OwnAction> {
        let action = &self.actions[index as usize];
        if let Some(known) = &action.checked {
            return Arc::clone(known);
        }
        let (decl, name, place) = (action.decl, action.name, action.place);
        self.actions[index as usize].open = true;
        self.opened.push((name, place));
        let own = self.inside(self.action_of(index), |checker| checker.action_body(decl));
        self.opened.pop();
        let own = Arc::new(own);
        let action = &mut self.actions[index as usize];
        action.open = false;
        action.checked = Some(Arc::clone(&own));
        own
    }

    fn action_body(&mut self, decl: &'a Decl) -> OwnAction {
        let name = self.name_of(decl);
        let formal = decl.params.as_deref().unwrap_or_default();
        let types = formal.iter().map(|param| self.type_of_param(param)).collect();
        let outer = (std::mem::take(&mut self.series), std::mem::take(&mut self.told));
        self.scope.enter();
        let params = self.parameters(formal, types);
        let (mut head, mut run) = (Vec::new(), None);
        let mut clauses = StepClauses::default();
        let mut seen = Seen::default();
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            if self.belongs_into_run(stmt, run.is_some()) {
                continue;
            }
            match self.step_item(stmt, &mut head) {
                None => {}
                Some(Rest::Clause(clause)) => {
                    if let Some(word) = self.clause_word(&ACTION, clause, &mut seen) {
                        self.step_clause(&mut clauses, clause, word, decl);
                    }
                }
                Some(Rest::Decl(inner)) if inner.keyword == Keyword::Undo => {
                    let body = self.statements(statements(inner));
                    self.set_undo(&mut clauses, inner.word, Undo::Block(body));
                }
                Some(Rest::Decl(inner)) if inner.keyword == Keyword::Run => {
                    if run.is_some() {
                        self.error(Code::DuplicateName, inner.word, "`run` is given twice")
                            .set_label("given again here")
                            .set_help("an action has one: write all its calls into it, in order");
                    }
                    run = Some(self.statements(statements(inner)));
                }
                Some(Rest::Decl(inner)) => self.misplaced(inner, ACTION.block),
            }
        }
        self.scope.leave();
        (self.series, self.told) = outer;
        let run = run.unwrap_or_else(|| {
            self.error(Code::MissingPart, name.place.span, format!("the action `{}` does nothing", name.text))
                .set_label("no `run { … }`")
                .set_help("write its calls into `run { … }`");
            Vec::new()
        });
        let size = size(&head).saturating_add(size(&run));
        if size > MOST {
            self.error(Code::TooDeep, name.place.span, format!("one call of `{}` comes to {size} calls", name.text))
                .set_label(format!("more than {MOST}"))
                .set_help("let it call fewer actions, or give one call a list");
        }
        only_looks(&mut clauses, &run);
        let StepClauses { reads, writes, touches, timeout, idempotent, done_when, undo, irreversible, preview, .. } =
            clauses;
        OwnAction {
            place: name.place,
            name,
            params,
            head,
            run,
            reads,
            writes,
            touches,
            timeout: timeout.map(|limit| *limit),
            idempotent,
            done_when: done_when.map(|condition| *condition),
            undo,
            irreversible: irreversible.map(|why| *why),
            preview,
            size,
        }
    }

    fn type_of_param(&mut self, param: &'a ast::Param) -> Type {
        match &param.ty {
            Some(ty) => self.written_type(ty),
            None => {
                let word = self.word(param.name);
                self.error(Code::MissingPart, param.name.0, format!("`{word}` needs a type"))
                    .set_label("of which type?")
                    .set_help(format!("write `{word}: string`, `{word}: path` or another type"));
                Type::Error
            }
        }
    }

    /// Refuses what is done outside of `run`, and what comes too late to be known before it.
    fn belongs_into_run(&mut self, stmt: &'a Stmt, after_run: bool) -> bool {
        let head = match &stmt.kind {
            StmtKind::Expr(_) | StmtKind::For(_) | StmtKind::If(_) => {
                self.error(Code::WrongPlace, stmt.span, "an action does things in its `run`")
                    .set_label("outside of `run`")
                    .set_help("write it into `run { … }`");
                return true;
            }
            StmtKind::Clause(clause) => match self.word(clause.word) {
                "expect" => {
                    self.error(Code::WrongPlace, clause.word.0, "an action expects things in its `run`")
                        .set_label("outside of `run`")
                        .set_help("write it into `run { … }`, or as `done when EXPR`");
                    return true;
                }
                word => word == "require",
            },
            StmtKind::Decl(inner) => inner.keyword == Keyword::Let,
            StmtKind::Error => false,
        };
        if head && after_run {
            self.error(Code::WrongPlace, stmt.span, "what an action must know stands before its `run`")
                .set_label("behind `run`")
                .set_help("move it up");
        }
        head && after_run
    }
}

fn statements(decl: &Decl) -> &[Stmt] {
    decl.body.as_ref().map(|body| &body.stmts[..]).unwrap_or_default()
}

/// How many calls items come to.
fn size(items: &[StepItem]) -> usize {
    let of = |item: &StepItem| match item {
        StepItem::Call(_) => 1,
        StepItem::Group(group) => group.action.size,
        StepItem::For(each) => size(&each.body),
        StepItem::If(branch) => size(&branch.body).saturating_add(size(&branch.otherwise)),
        StepItem::Let(_) | StepItem::Require(_) | StepItem::Expect(_) => 0,
    };
    items.iter().map(of).fold(0, usize::saturating_add)
}
