//! What a step does, in order: calls, `let`, `require`, `expect`, `for`, `if`.

use crate::check::checker::Checker;
use crate::check::clauses::STATEMENTS;
use crate::check::clauses::Word;
use crate::check::items::block::Rest;
use crate::check::model::{BindingKind, Check, CheckKind, StepFor, StepIf, StepItem};
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::ast::{self, Clause, Keyword, Stmt, StmtKind};

static EXPECT: Word = Word { name: "expect", usage: "expect EXPR, \"why\"", many: true };

impl<'a> Checker<'a> {
    /// A statement of a step; what only its header knows is given back.
    pub fn step_item(&mut self, stmt: &'a Stmt, into: &mut Vec<StepItem>) -> Option<Rest<'a>> {
        match &stmt.kind {
            StmtKind::Expr(expr) => into.extend(self.done(expr)),
            StmtKind::For(each) => {
                let item = self.step_for(each, stmt.span);
                into.push(item);
            }
            StmtKind::If(branch) => {
                let condition = self.condition(&branch.cond, format_args!("`if`"));
                let body = self.statements(&branch.body.stmts);
                let otherwise =
                    branch.otherwise.as_ref().map(|block| self.statements(&block.stmts)).unwrap_or_default();
                let place = self.place(Span::new(stmt.span.start, branch.cond.span.end));
                into.push(StepItem::If(Box::new(StepIf { condition, body, otherwise, place })));
            }
            StmtKind::Decl(decl) => match decl.keyword {
                Keyword::Let => into.extend(self.local_let_item(decl).map(StepItem::Let)),
                _ => return Some(Rest::Decl(decl)),
            },
            StmtKind::Clause(clause) => match self.word(clause.word) {
                "require" => into.extend(self.require(clause).map(|require| StepItem::Require(Box::new(require)))),
                "expect" => {
                    let check = self.expectation(clause, CheckKind::Expect, &EXPECT);
                    into.extend(check.map(|check| StepItem::Expect(Box::new(check))));
                }
                _ => return Some(Rest::Clause(clause)),
            },
            StmtKind::Error => {}
        }
        None
    }

    /// Statements without clauses: `undo { … }`, and blocks within a step.
    pub fn statements(&mut self, stmts: &'a [Stmt]) -> Vec<StepItem> {
        let mut body = Vec::new();
        self.scope.enter();
        for stmt in stmts {
            match self.step_item(stmt, &mut body) {
                None => {}
                Some(Rest::Clause(clause)) => self.unknown_clause(&STATEMENTS, clause),
                Some(Rest::Decl(decl)) => self.misplaced(decl, STATEMENTS.block),
            }
        }
        self.scope.leave();
        body.shrink_to_fit();
        body
    }

    fn step_for(&mut self, each: &'a ast::For, span: Span) -> StepItem {
        if let Some(parallel) = each.parallel {
            self.error(Code::WrongPlace, parallel, "the calls of a step run in order")
                .set_label("not within a step")
                .set_help("write `parallel for` around the step, or give the call a list");
        }
        for clause in &each.clauses {
            let word = self.word(clause.word);
            self.error(Code::WrongPlace, clause.span, format!("`{word} …` does not belong to a `for` within a step"))
                .set_label("the calls of a step run in order")
                .set_help("write the `for` around the step");
        }
        let (iter, of) = self.walked(&each.iter);
        self.scope.enter();
        let var = self.declare_binding(each.var, of, BindingKind::Variable);
        let filter = each.filter.as_ref().map(|filter| self.condition(filter, format_args!("`where`")));
        let body = self.statements(&each.body.stmts);
        self.scope.leave();
        let place = self.place(Span::new(span.start, each.iter.span.end));
        StepItem::For(Box::new(StepFor { var, iter, filter, body, place }))
    }

    /// `expect EXPR, "why"` and its like; `fail when EXPR`.
    pub fn expectation(&mut self, clause: &'a Clause, kind: CheckKind, word: &'static Word) -> Option<Check> {
        let mut operands = self.operands(clause);
        if kind == CheckKind::FailWhen && !operands.eat("when") {
            self.incomplete(clause, word);
            return None;
        }
        // The marker takes its condition along; a clause's own value stands alone.
        let condition = self.needed(&mut operands, word)?;
        let condition = self.condition(condition, format_args!("`{}`", word.name));
        let why = self.why(&mut operands, word);
        Some(Check { kind, condition, why, place: self.place(clause.span) })
    }
}
