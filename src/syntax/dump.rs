//! A tree as one line of text per statement: S-expressions without spans.
//!
//! Owns the form in which trees are compared, by tests and by the formatter. INVARIANT: two trees have the same dump only
//! if they differ in nothing but spans; so each kind of node has a form that no other can have.

use std::fmt::Write as _;

use super::ast::{
    BinaryOp, Block, Clause, Decl, Expr, ExprKind, For, If, Operand, Param, Piece, Stmt, StmtKind, StrForm, Tree,
    UnaryOp,
};
use crate::source::{SourceFile, Span};

/// The statements of `tree`, one per line, blocks indented.
#[must_use]
pub fn dump(source: &SourceFile, tree: &Tree) -> String {
    let mut dump = Dump { source, out: String::new(), indent: 0 };
    for item in &tree.items {
        dump.stmt(item);
    }
    dump.out
}

/// Whether two trees differ in nothing but their spans.
#[must_use]
pub fn same(source: &SourceFile, tree: &Tree, other: &SourceFile, other_tree: &Tree) -> bool {
    dump(source, tree) == dump(other, other_tree)
}

struct Dump<'s> {
    source: &'s SourceFile,
    out: String,
    indent: usize,
}

impl Dump<'_> {
    fn text(&self, span: Span) -> &str {
        self.source.slice(span)
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{:1$}{text}", "", self.indent * 2);
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Decl(decl) => self.decl(decl, decl.keyword.text()),
            StmtKind::Clause(clause) => {
                let line = self.clause(clause);
                self.line(&line);
                self.block(clause.block.as_deref());
            }
            StmtKind::Expr(expr) => {
                let line = format!("expr {}", self.expr(expr));
                self.line(&line);
            }
            StmtKind::For(all) => self.for_loop(all),
            StmtKind::If(all) => self.branch(all),
            StmtKind::Error => self.line("error"),
        }
    }

    fn decl(&mut self, decl: &Decl, word: &str) {
        let mut line = word.to_owned();
        if let Some(name) = decl.name {
            let _ = write!(line, " {}", self.text(name.0));
        }
        if let Some(params) = &decl.params {
            let params: Vec<_> = params.iter().map(|param| self.param(param)).collect();
            let _ = write!(line, " ({})", params.join(" "));
        }
        for (mark, part) in [(":", &decl.ty), ("=", &decl.value), ("", &decl.title)] {
            if let Some(expr) = part {
                let _ = write!(line, " {mark}{}", self.expr(expr));
            }
        }
        for clause in &decl.clauses {
            let _ = write!(line, " <{}>", self.clause(clause));
        }
        self.line(&line);
        self.block(decl.body.as_ref());
        if let Some(next) = &decl.otherwise {
            self.decl(next, "otherwise");
        }
    }

    fn param(&self, param: &Param) -> String {
        let mut text = self.text(param.name.0).to_owned();
        for (mark, part) in [(':', &param.ty), ('=', &param.default)] {
            if let Some(expr) = part {
                let _ = write!(text, "{mark}{}", self.expr(expr));
            }
        }
        text
    }

    fn for_loop(&mut self, all: &For) {
        let mut line = if all.parallel.is_some() { "parallel for ".to_owned() } else { "for ".to_owned() };
        let _ = write!(line, "{} in {}", self.text(all.var.0), self.expr(&all.iter));
        if let Some(filter) = &all.filter {
            let _ = write!(line, " where {}", self.expr(filter));
        }
        for clause in &all.clauses {
            let _ = write!(line, " <{}>", self.clause(clause));
        }
        self.line(&line);
        self.block(Some(&all.body));
    }

    fn branch(&mut self, all: &If) {
        let line = format!("if {}", self.expr(&all.cond));
        self.line(&line);
        self.block(Some(&all.body));
        if let Some(otherwise) = &all.otherwise {
            self.line("else");
            self.block(Some(otherwise));
        }
    }

    fn block(&mut self, block: Option<&Block>) {
        let Some(block) = block else { return };
        self.indent += 1;
        if !block.braced {
            self.line("unbraced");
        }
        for stmt in &block.stmts {
            self.stmt(stmt);
        }
        self.indent -= 1;
        if block.stmts.is_empty() {
            self.indent += 1;
            self.line("empty");
            self.indent -= 1;
        }
    }

    fn clause(&self, clause: &Clause) -> String {
        let mut line = self.text(clause.word.0).to_owned();
        for operand in &clause.operands {
            let _ = match operand {
                Operand::Expr(expr) => write!(line, " {}", self.expr(expr)),
                Operand::Marker(word) => write!(line, " `{}`", self.text(word.0)),
                Operand::Comma(expr) => write!(line, " , {}", self.expr(expr)),
                Operand::Assign(expr) => write!(line, " = {}", self.expr(expr)),
                Operand::Labelled(all) => write!(line, " {}: {}", self.text(all.label.0), self.expr(&all.value)),
            };
        }
        line
    }

    fn expr(&self, expr: &Expr) -> String {
        let all = |exprs: &[Expr]| exprs.iter().map(|expr| self.expr(expr)).collect::<Vec<_>>().join(" ");
        match &expr.kind {
            ExprKind::Name | ExprKind::Number => self.text(expr.span).to_owned(),
            ExprKind::Bool(value) => format!("#{value}"),
            ExprKind::None => "#none".to_owned(),
            ExprKind::Str(string) => {
                let pieces = string.pieces.iter().map(|piece| match piece {
                    Piece::Text(span) => format!("{:?}", self.text(*span)),
                    Piece::Hole(expr) => self.expr(expr),
                });
                match &*string.pieces {
                    _ if string.form != StrForm::Plain => {
                        format!("{:?}@({})", string.form, pieces.collect::<Vec<_>>().join(" "))
                    }
                    [] => "\"\"".to_owned(),
                    [Piece::Text(span)] => format!("{:?}", self.text(*span)),
                    _ => format!("$({})", pieces.collect::<Vec<_>>().join(" ")),
                }
            }
            ExprKind::Paren(inner) => format!("(({}))", self.expr(inner)),
            ExprKind::List(list) => format!("[{}]", all(&list.items)),
            ExprKind::Map(map) => {
                let entries = &map.entries;
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| format!("{}: {}", self.text(key.span), self.expr(value)))
                    .collect();
                format!("{{{}}}", entries.join(" "))
            }
            ExprKind::Comprehension(all) => {
                let mut text =
                    format!("{} for {} in {}", self.expr(&all.value), self.text(all.var.0), self.expr(&all.iter));
                if let Some(filter) = &all.filter {
                    let _ = write!(text, " where {}", self.expr(filter));
                }
                if let Some(key) = &all.key {
                    let _ = write!(text, " by {}{}", self.expr(key), if all.descending { " desc" } else { "" });
                }
                if all.bracketed { format!("[{text}]") } else { format!("({text})") }
            }
            ExprKind::Unary(op, inner) => {
                format!("({} {})", if *op == UnaryOp::Neg { "-" } else { "not" }, self.expr(inner))
            }
            ExprKind::Binary(all) => {
                format!("({} {} {})", operator(all.op), self.expr(&all.left), self.expr(&all.right))
            }
            ExprKind::If(parts) => format!("(if {})", all(&parts[..])),
            ExprKind::Field(field) => format!("{}.{}", self.expr(&field.base), self.text(field.name.0)),
            ExprKind::Index(parts) => format!("{}@[{}]", self.expr(&parts[0]), self.expr(&parts[1])),
            ExprKind::Call(call) => {
                let mut text = format!("({}", self.expr(&call.callee));
                for arg in &call.args {
                    match arg.label {
                        Some(label) => {
                            let _ = write!(text, " {}: {}", self.text(label.0), self.expr(&arg.value));
                        }
                        None => {
                            let _ = write!(text, " {}", self.expr(&arg.value));
                        }
                    }
                }
                text.push(')');
                text
            }
            ExprKind::Optional(inner) => format!("{}?", self.expr(inner)),
            ExprKind::Error => "error".to_owned(),
        }
    }
}

/// An operator as it is written.
const fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Otherwise => "otherwise",
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
        BinaryOp::In => "in",
        BinaryOp::NotIn => "not in",
        BinaryOp::Range => "..",
        BinaryOp::Union => "|",
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Of => "of",
        BinaryOp::Div => "/",
    }
}
