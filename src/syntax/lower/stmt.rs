//! Statements: loops, branches, clauses, calls, blocks.

use super::{Lower, is_expr, only};
use crate::source::Span;
use crate::syntax::ast::{Block, Clause, Expr, For, If, Labelled, Operand, Stmt, StmtKind};
use crate::syntax::grammar::{Node, Rule};

impl Lower<'_> {
    /// A statement of a block.
    pub(super) fn statement(&mut self, node: Node) -> Stmt {
        let node = only(node);
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::clause => {
                let clause = self.clause(node);
                return Stmt { span: clause.span, kind: StmtKind::Clause(Box::new(clause)) };
            }
            Rule::entry_line => StmtKind::Clause(Box::new(self.labelled_line(node, span))),
            Rule::bare => return self.bare(node),
            Rule::value_if => StmtKind::Expr(Box::new(self.expr(only(node)))),
            Rule::for_item => StmtKind::For(Box::new(self.for_loop(node))),
            Rule::if_item => StmtKind::If(Box::new(self.branch(node))),
            _ => return self.declaration(node),
        };
        Stmt { kind, span }
    }

    pub(super) fn block(&mut self, node: Node) -> Block {
        let span = self.span(&node);
        let mut stmts = Vec::with_capacity(node.clone().into_inner().len());
        stmts.extend(node.into_inner().map(|part| self.statement(part)));
        Block { stmts: stmts.into_boxed_slice(), span, braced: true }
    }

    /// A block, or the one statement that stands for it.
    fn body(&mut self, node: Node) -> Block {
        if node.as_rule() == Rule::block {
            return self.block(node);
        }
        let stmt = self.statement(node);
        let span = stmt.span;
        Block { stmts: Box::new([stmt]), span, braced: false }
    }

    fn clause(&mut self, node: Node) -> Clause {
        let mut parts = node.into_inner();
        let word = self.ident(&parts.next().expect("a clause begins with a word"));
        let mut span = word.0; // the node goes on to the end of the line, its blanks included
        let count = parts.clone().map(|part| match part.as_rule() {
            Rule::block => 0,
            Rule::marked => 2,
            _ => 1,
        });
        let mut operands = Vec::with_capacity(count.sum());
        let mut block = None;
        for part in parts {
            span.end = self.span(&part).end;
            match part.as_rule() {
                Rule::block => block = Some(Box::new(self.block(part))),
                _ => self.operand_parts(part, &mut operands),
            }
        }
        let clause = Clause { word, operands: operands.into_boxed_slice(), block, span };
        self.refuse_assignment(&clause);
        self.refuse_item_as_clause(&clause);
        clause
    }

    fn operand_parts(&mut self, node: Node, operands: &mut Vec<Operand>) {
        match node.as_rule() {
            Rule::labelled => {
                let mut parts = node.into_inner();
                let label = self.label(&parts.next().expect("a label"));
                let value = self.expr(parts.next().expect("its value"));
                operands.push(Operand::Labelled(Box::new(Labelled { label, value })));
            }
            Rule::comma => {
                let value = self.expr(only(node));
                operands.push(Operand::Comma(value));
            }
            Rule::assigned => {
                let value = self.expr(only(node));
                operands.push(Operand::Assign(value));
            }
            Rule::marked => {
                let mut parts = node.into_inner();
                let marker = parts.next().expect("a marker");
                operands.push(Operand::Marker(self.ident(&marker)));
                operands.extend(parts.next().map(|cond| Operand::Expr(self.expr(cond))));
            }
            _ => operands.push(Operand::Expr(self.expr(node))),
        }
    }

    /// `label: value` on a line of its own.
    fn labelled_line(&mut self, node: Node, span: Span) -> Clause {
        let mut parts = node.into_inner();
        let word = self.label(&parts.next().expect("a label"));
        let value = self.expr(parts.next().expect("its value"));
        let operand = Operand::Labelled(Box::new(Labelled { label: word, value }));
        Clause { word, operands: Box::new([operand]), block: None, span }
    }

    /// An expression alone on its line. Anything behind it is a second statement without a `;`.
    fn bare(&mut self, node: Node) -> Stmt {
        let mut parts = node.into_inner();
        let expr = self.expr(parts.next().expect("an expression"));
        let span = expr.span;
        if let Some(next) = parts.next() {
            let start = self.span(&next).start;
            let end = self.span(&parts.last().unwrap_or(next)).end;
            return self.refuse_second(&expr, Span::new(start, end), Span::new(span.start, end));
        }
        if self.refuse_negative(&expr) {
            return Stmt { kind: StmtKind::Error, span };
        }
        Stmt { kind: StmtKind::Expr(Box::new(expr)), span }
    }

    fn for_loop(&mut self, node: Node) -> For {
        let mut parallel = None;
        let mut var = None;
        let mut iter = None;
        let mut filter = None;
        let mut clauses = Vec::new();
        let mut body = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::in_word => {}
                Rule::vouched => parallel = Some(self.span(&part)),
                Rule::name => {
                    self.refuse_name(self.span(&part));
                    var = Some(self.ident(&part));
                }
                Rule::filter => filter = Some(self.expr(only(part))),
                Rule::pace => clauses.push(self.header_clause(part)),
                rule if is_expr(rule) => iter = Some(self.expr(part)),
                _ => body = Some(self.body(part)),
            }
        }
        For {
            parallel,
            var: var.expect("a loop binds a name"),
            iter: iter.expect("a loop walks something"),
            filter,
            clauses: clauses.into_boxed_slice(),
            body: body.expect("a loop has a body"),
        }
    }

    fn branch(&mut self, node: Node) -> If {
        let mut parts = node.into_inner();
        let cond: Expr = self.expr(parts.next().expect("a branch has a condition"));
        let body = self.body(parts.next().expect("a branch has a body"));
        let otherwise = parts.next().map(|part| self.body(part));
        If { cond, body, otherwise }
    }
}
