//! Statements as documents.

use super::Printer;
use super::doc::Doc;
use crate::source::Span;
use crate::syntax::ast::{Block, Clause, Decl, For, If, Keyword, Operand, Param, Stmt, StmtKind};

impl Printer<'_> {
    /// Statements, one per line, with the comments and blank lines between them. `start` and `end` are the offsets
    /// between which they stand.
    pub(super) fn lines(&mut self, stmts: &[Stmt], start: u32, end: u32) -> Vec<Doc> {
        let mut docs = Vec::new();
        let mut last = start;
        for stmt in stmts {
            self.lead(&mut docs, &mut last, stmt.span.start);
            self.blank(&mut docs, last, stmt.span.start);
            let mut text = Vec::new();
            self.stmt(stmt, &mut text);
            // A comment in the middle of a statement, where nothing can hold it, moves in front of it.
            while let Some(comment) = self.comments.next_before(stmt.span.end) {
                docs.extend([self.comments.doc(comment), Doc::Line]);
            }
            docs.append(&mut text);
            docs.extend(self.comments.behind(stmt.span.end));
            docs.push(Doc::Line);
            last = stmt.span.end;
        }
        self.lead(&mut docs, &mut last, end);
        docs
    }

    /// The comments before `offset`, each on its line.
    fn lead(&mut self, docs: &mut Vec<Doc>, last: &mut u32, offset: u32) {
        while let Some(comment) = self.comments.next_before(offset) {
            self.blank(docs, *last, comment.span.start);
            docs.extend([self.comments.doc(comment), Doc::Line]);
            *last = comment.span.end;
        }
    }

    /// An empty line where the source has some.
    fn blank(&self, docs: &mut Vec<Doc>, from: u32, to: u32) {
        let lines = if from < to { self.source.slice(Span::new(from, to)).matches('\n').count() } else { 0 };
        if lines > 1 && !docs.is_empty() {
            docs.push(Doc::Blank);
        }
    }

    fn stmt(&mut self, stmt: &Stmt, docs: &mut Vec<Doc>) {
        match &stmt.kind {
            StmtKind::Decl(decl) => self.decl(decl, docs),
            StmtKind::Clause(clause) => self.clause(clause, docs),
            StmtKind::Expr(expr) => docs.push(self.expr(expr)),
            StmtKind::For(all) => self.for_loop(all, docs),
            StmtKind::If(all) => self.branch(all, docs),
            StmtKind::Error => docs.push(self.word(stmt.span)),
        }
    }

    /// The parts of a declaration stand in the order of the source, which the grammar fixes for each keyword.
    fn decl(&mut self, decl: &Decl, docs: &mut Vec<Doc>) {
        enum Part<'t> {
            Plain(&'t crate::syntax::ast::Expr),
            Type(&'t crate::syntax::ast::Expr),
            Value(&'t crate::syntax::ast::Expr),
            Clause(&'t Clause),
        }
        docs.push(self.word(decl.word));
        if let Some(name) = decl.name {
            docs.extend([Doc::text(" "), self.word(name.0)]);
        }
        if let Some(params) = &decl.params {
            docs.push(self.params(params));
        }
        let bare = matches!(decl.keyword, Keyword::Every | Keyword::Use);
        let mut parts: Vec<(u32, Part)> = Vec::new();
        parts.extend(decl.title.iter().map(|expr| (expr.span.start, Part::Plain(expr))));
        parts.extend(decl.ty.iter().map(|expr| (expr.span.start, Part::Type(expr))));
        let value = |expr| if bare { Part::Plain(expr) } else { Part::Value(expr) };
        parts.extend(decl.value.iter().map(|expr| (expr.span.start, value(expr))));
        parts.extend(decl.clauses.iter().map(|clause| (clause.span.start, Part::Clause(clause))));
        parts.sort_by_key(|(start, _)| *start);
        for (_, part) in parts {
            match part {
                Part::Plain(expr) => docs.extend([Doc::text(" "), self.expr(expr)]),
                Part::Type(expr) => docs.extend([Doc::text(": "), self.expr(expr)]),
                Part::Value(expr) => docs.extend([Doc::text(" = "), self.expr(expr)]),
                Part::Clause(clause) => {
                    docs.push(Doc::text(" "));
                    self.clause(clause, docs);
                }
            }
        }
        if let Some(body) = &decl.body {
            docs.push(Doc::text(" "));
            self.block(body, docs);
        }
        if let Some(otherwise) = &decl.otherwise {
            docs.push(Doc::text(" "));
            self.decl(otherwise, docs);
        }
    }

    fn params(&mut self, params: &[Param]) -> Doc {
        let mut inner = vec![Doc::Break("")];
        for (index, param) in params.iter().enumerate() {
            if index > 0 {
                inner.extend([Doc::text(","), Doc::Break(" ")]);
            }
            inner.push(self.word(param.name.0));
            if let Some(ty) = &param.ty {
                inner.extend([Doc::text(": "), self.expr(ty)]);
            }
            if let Some(default) = &param.default {
                inner.extend([Doc::text(" = "), self.expr(default)]);
            }
        }
        if !params.is_empty() {
            inner.push(Doc::IfBroken(","));
        }
        Doc::Group(vec![Doc::text("("), Doc::Nest(inner), Doc::Break(""), Doc::text(")")], false)
    }

    fn clause(&mut self, clause: &Clause, docs: &mut Vec<Doc>) {
        if let [Operand::Labelled(all)] = &*clause.operands
            && all.label == clause.word
        {
            docs.extend([self.word(all.label.0), Doc::text(": "), self.expr(&all.value)]);
            return;
        }
        docs.push(self.word(clause.word.0));
        let mut operands = Vec::new();
        for operand in &clause.operands {
            match operand {
                Operand::Expr(expr) => operands.extend([Doc::text(" "), self.expr(expr)]),
                Operand::Marker(word) => operands.extend([Doc::text(" "), self.word(word.0)]),
                Operand::Comma(expr) => {
                    let value = self.expr(expr);
                    operands.push(Doc::Nest(vec![Doc::text(","), Doc::Break(" "), value]));
                }
                Operand::Assign(expr) => operands.extend([Doc::text(" = "), self.expr(expr)]),
                Operand::Labelled(all) => {
                    let (label, value) = (self.word(all.label.0), self.expr(&all.value));
                    operands.extend([Doc::text(" "), label, Doc::text(": "), value]);
                }
            }
        }
        docs.push(Doc::Group(operands, false));
        if let Some(block) = &clause.block {
            docs.push(Doc::text(" "));
            self.block(block, docs);
        }
    }

    fn for_loop(&mut self, all: &For, docs: &mut Vec<Doc>) {
        let word = if all.parallel.is_some() { "parallel for " } else { "for " };
        docs.extend([Doc::text(word), self.word(all.var.0), Doc::text(" in "), self.expr(&all.iter)]);
        if let Some(filter) = &all.filter {
            docs.extend([Doc::text(" where "), self.expr(filter)]);
        }
        for clause in &all.clauses {
            docs.push(Doc::text(" "));
            self.clause(clause, docs);
        }
        docs.push(Doc::text(" "));
        self.block(&all.body, docs);
    }

    fn branch(&mut self, all: &If, docs: &mut Vec<Doc>) {
        docs.extend([Doc::text("if "), self.expr(&all.cond), Doc::text(" ")]);
        self.block(&all.body, docs);
        if let Some(otherwise) = &all.otherwise {
            docs.push(Doc::text(" else "));
            self.block(otherwise, docs);
        }
    }

    /// A block that was written on one line stays there when it fits.
    fn block(&mut self, block: &Block, docs: &mut Vec<Doc>) {
        if !block.braced {
            for stmt in &block.stmts {
                self.stmt(stmt, docs);
            }
            return;
        }
        let (start, end) = (block.span.start + 1, block.span.end - 1);
        if self.breaks(start, end) || self.comments.any_before(end) {
            docs.push(Doc::text("{"));
            let first = block.stmts.first().map_or(end, |stmt| stmt.span.start);
            if self.comments.any_before(first) {
                docs.extend(self.comments.behind(start));
            }
            let inner = self.lines(&block.stmts, start, end);
            if inner.is_empty() && !matches!(docs.last(), Some(Doc::Comment(_))) {
                docs.push(Doc::text("}"));
            } else {
                docs.extend([Doc::Line, Doc::Nest(inner), Doc::text("}")]);
            }
            return;
        }
        if block.stmts.is_empty() {
            docs.push(Doc::text("{}"));
            return;
        }
        let mut inner = vec![Doc::Break(" ")];
        for (index, stmt) in block.stmts.iter().enumerate() {
            if index > 0 {
                inner.push(Doc::Break("; "));
            }
            self.stmt(stmt, &mut inner);
        }
        docs.push(Doc::Group(vec![Doc::text("{"), Doc::Nest(inner), Doc::Break(" "), Doc::text("}")], false));
    }
}
