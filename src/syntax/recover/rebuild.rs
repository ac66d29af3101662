//! Statements put together again from a header and bodies that were read apart.
//!
//! Owns what stands for a header that cannot be read: its keyword and name, so that what refers to it is not blamed.

use super::Recovery;
use super::outline::Statement;
use crate::source::Span;
use crate::syntax::ast::{Block, Decl, Stmt, StmtKind};

/// The declarations of which others need no more than the name, and their body no more than that they are there.
const BY_NAME: &[&str] = &[
    "policy",
    "phase",
    "stage",
    "scenario",
    "step",
    "verify",
    "severity",
    "role",
    "environment",
    "preflight",
    "prepare",
    "incident",
    "always",
    "undo",
    "run",
];

impl Recovery<'_> {
    /// What stands in the tree for a statement that cannot be read.
    pub(super) fn lost(&self, statement: &Statement) -> Stmt {
        let span = self.place(statement.start, statement.end).span;
        Stmt { kind: StmtKind::Error, span }
    }

    /// A statement of its header, if that could be read, and its bodies.
    pub(super) fn rebuilt(
        &self,
        statement: &Statement,
        header: Option<Vec<Stmt>>,
        bodies: Vec<Vec<Stmt>>,
        top: bool,
    ) -> Vec<Stmt> {
        let Some(mut stmts) = header.or_else(|| self.by_name(statement, top)) else {
            return vec![self.lost(statement)];
        };
        let whole = self.place(statement.start, statement.end).span;
        let mut bodies = bodies.into_iter();
        for stmt in &mut stmts {
            fill(stmt, &mut bodies, whole);
        }
        stmts
    }

    /// The statement with nothing but its keyword and name, with an error beside it for the rest.
    fn by_name(&self, statement: &Statement, top: bool) -> Option<Vec<Stmt>> {
        let text = &self.text[statement.start..statement.end];
        let open =
            statement.bodies.first().and_then(|body| body.open).map_or(text.len(), |open| open - statement.start);
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let word = text.bytes().position(|byte| !is_word(byte)).unwrap_or(text.len());
        if !BY_NAME.contains(&&text[..word]) {
            return None;
        }
        let blanks = text[word..].bytes().take_while(|byte| *byte == b' ').count();
        let name = text[word + blanks..].bytes().take_while(|byte| is_word(*byte)).count();
        let kept = if name > 0 { word + blanks + name } else { word };
        let known = format!("{}{} {{}}", &text[..kept], " ".repeat(open.saturating_sub(kept + 1)));
        let (mut stmts, _) = self.parse(&known, statement.start, top).ok()?;
        let rest = self.place(statement.start + kept, statement.start + open.max(kept)).span;
        stmts.push(Stmt { kind: StmtKind::Error, span: rest });
        Some(stmts)
    }
}

/// Puts bodies into the empty blocks of a statement, in the order of the text. `whole` is what it spans in the file.
fn fill(stmt: &mut Stmt, bodies: &mut impl Iterator<Item = Vec<Stmt>>, whole: Span) {
    stmt.span = within(stmt.span, whole);
    match &mut stmt.kind {
        StmtKind::Decl(decl) => fill_decl(decl, bodies, whole),
        StmtKind::Clause(clause) => {
            clause.span = within(clause.span, whole);
            if let Some(block) = &mut clause.block {
                fill_block(block, bodies, whole);
            }
        }
        StmtKind::For(each) => fill_block(&mut each.body, bodies, whole),
        StmtKind::If(branch) => {
            fill_block(&mut branch.body, bodies, whole);
            if let Some(otherwise) = &mut branch.otherwise {
                fill_block(otherwise, bodies, whole);
            }
        }
        StmtKind::Expr(_) | StmtKind::Error => {}
    }
}

fn fill_decl(decl: &mut Decl, bodies: &mut impl Iterator<Item = Vec<Stmt>>, whole: Span) {
    for block in decl.clauses.iter_mut().filter_map(|clause| clause.block.as_mut()) {
        fill_block(block, bodies, whole);
    }
    if let Some(block) = &mut decl.body {
        fill_block(block, bodies, whole);
    }
    if let Some(otherwise) = &mut decl.otherwise {
        fill_decl(otherwise, bodies, whole);
    }
}

fn fill_block(block: &mut Block, bodies: &mut impl Iterator<Item = Vec<Stmt>>, whole: Span) {
    if block.braced {
        block.stmts = bodies.next().unwrap_or_default().into_boxed_slice();
    } else {
        for stmt in &mut block.stmts {
            fill(stmt, bodies, whole);
        }
    }
    // INVARIANT: a brace that is missing in the file makes no span that leaves the statement, or ends inside a letter.
    block.span = within(block.span, whole);
}

/// `span`, unless a brace that is not in the file made it leave `whole`.
const fn within(span: Span, whole: Span) -> Span {
    if span.start >= whole.start && span.end <= whole.end { span } else { whole }
}
