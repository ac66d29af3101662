//! Blocks of items: what stands in a phase, stage, scenario, `parallel`, `for`, `if`, `always` or handler.

use std::sync::Arc;

use crate::check::checker::Checker;
use crate::check::clauses::{BLOCK, Clauses};
use crate::check::model::{Block, If, Item, Parallel};
use crate::diagnostics::Code;
use crate::syntax::ast::{self, Clause, Decl, Keyword, Stmt, StmtKind};

/// What is not the same in every block: its owner reads it.
pub enum Rest<'a> {
    Clause(&'a Clause),
    Decl(&'a Decl),
}

impl<'a> Checker<'a> {
    /// A statement of a block, when it is one that stands in every block.
    pub fn item(&mut self, stmt: &'a Stmt, into: &mut Block) -> Option<Rest<'a>> {
        match &stmt.kind {
            StmtKind::Decl(decl) => match decl.keyword {
                Keyword::Let => into.items.extend(self.local_let_item(decl).map(Item::Let)),
                Keyword::Observe => {
                    into.items.extend(self.observe(decl).map(|observe| Item::Observe(Arc::new(observe))));
                }
                Keyword::Step => into.items.push(Item::Step(Arc::new(self.step(decl)))),
                Keyword::Verify => into.items.extend(self.verify_item(decl).map(|used| Item::Verify(Arc::new(used)))),
                Keyword::Stage => into.items.push(Item::Stage(Arc::new(self.stage(decl)))),
                Keyword::Parallel => {
                    let item = self.parallel(decl);
                    into.items.push(Item::Parallel(Arc::new(item)));
                }
                _ => return Some(Rest::Decl(decl)),
            },
            StmtKind::For(each) => into.items.push(Item::For(Arc::new(self.repeat(each, stmt.span)))),
            StmtKind::If(branch) => {
                let item = self.branch(branch, stmt.span);
                into.items.push(Item::If(Arc::new(item)));
            }
            StmtKind::Clause(clause) if self.word(clause.word) == "require" => {
                into.items.extend(self.require(clause).map(|require| Item::Require(Arc::new(require))));
            }
            StmtKind::Clause(clause) => return Some(Rest::Clause(clause)),
            StmtKind::Expr(expr) => {
                let text = self.slice(expr.span);
                let text = if text.len() > 60 || text.contains('\n') { "…" } else { text };
                let is_call = matches!(expr.kind, ast::ExprKind::Call(_));
                let found = self.error(Code::WrongPlace, expr.span, "an action stands in a step");
                found.set_label("outside of any step");
                if is_call {
                    found.set_help(format!("write `step NAME {{ {text} }}`"));
                }
            }
            StmtKind::Error => {}
        }
        None
    }

    /// A block that takes nothing but items and `require`.
    pub fn plain_block(&mut self, block: &'a ast::Block, clauses: &'static Clauses) -> Block {
        let mut body = Block::default();
        self.scope.enter();
        for stmt in &block.stmts {
            match self.item(stmt, &mut body) {
                None => {}
                Some(Rest::Clause(clause)) => self.unknown_clause(clauses, clause),
                Some(Rest::Decl(decl)) => self.misplaced(decl, clauses.block),
            }
        }
        self.scope.leave();
        body
    }

    /// `on failure { … }` and `always { … }`: its steps may wait for each other and for those of the phase.
    pub fn handler(&mut self, block: &'a ast::Block) -> Block {
        let anchors = self.collect_anchors(&block.stmts);
        self.anchors.push(anchors);
        let body = self.plain_block(block, &BLOCK);
        self.anchors.pop();
        body
    }

    fn parallel(&mut self, decl: &'a Decl) -> Parallel {
        let place = self.place(decl.word);
        for clause in &decl.clauses {
            let word = self.word(clause.word);
            self.error(Code::UnknownClause, clause.word.0, format!("`{word}` does not belong to `parallel {{ … }}`"))
                .set_label("not expected")
                .set_help("it belongs to `parallel for x in list`");
        }
        let body = decl.body.as_ref().map(|block| self.plain_block(block, &BLOCK)).unwrap_or_default();
        Parallel { body, place }
    }

    fn branch(&mut self, branch: &'a ast::If, span: crate::source::Span) -> If {
        let condition = self.condition(&branch.cond, format_args!("`if`"));
        let body = self.plain_block(&branch.body, &BLOCK);
        let otherwise = branch.otherwise.as_ref().map(|block| self.plain_block(block, &BLOCK));
        let place = self.place(crate::source::Span::new(span.start, branch.cond.span.end));
        If { condition, body, otherwise, place }
    }
}
