//! Each statement parsed alone, and its header apart from its body. How the parts become one again: see `rebuild`.

use super::Recovery;
use super::outline::Statement;
use super::structure::too_deep;
use crate::diagnostics::{Code, Diagnostic};
use crate::syntax::ast::Stmt;
use crate::syntax::grammar::{self, Failure};
use crate::syntax::lower::Lower;
use crate::syntax::scan::{self, End};
use crate::syntax::wording;

impl Recovery<'_> {
    /// Judges statements of one level; `top` are top-level items. Gives those that can be read.
    pub(super) fn judge_all(&mut self, statements: &[Statement], top: bool) -> Vec<Stmt> {
        statements.iter().flat_map(|statement| self.judge(statement, top)).collect()
    }

    fn judge(&mut self, statement: &Statement, top: bool) -> Vec<Stmt> {
        let whole = &self.text[statement.start..statement.end];
        if statement.bodies.is_empty() {
            return match self.attempt(whole, statement.start, top) {
                Ok(stmts) if !self.is_damaged(statement) => stmts,
                Ok(_) => vec![self.lost(statement)],
                Err(found) => {
                    self.refused(statement, found);
                    vec![self.lost(statement)]
                }
            };
        }
        let mut header = None;
        if statement.bodies.iter().all(|body| body.open.is_some()) {
            // A string that was never closed is not what stands in the file.
            if !self.strings.iter().any(|at| (statement.start..statement.end).contains(at))
                && let Ok(stmts) = self.attempt(whole, statement.start, top)
            {
                return stmts;
            }
            match self.attempt(&self.header(statement), statement.start, top) {
                Ok(stmts) => header = Some(stmts),
                Err(found) => self.refused(statement, found),
            }
        }
        let bodies = statement.bodies.iter().map(|body| self.judge_all(&body.statements, false)).collect();
        let header = header.filter(|_| !self.is_damaged(statement));
        self.rebuilt(statement, header, bodies, top)
    }

    /// The text of a statement with empty bodies; its offsets are kept.
    fn header(&self, statement: &Statement) -> String {
        let mut header = String::with_capacity(statement.end - statement.start + 1);
        let mut from = statement.start;
        for body in &statement.bodies {
            let Some(open) = body.open else { continue };
            header.push_str(&self.text[from..=open]);
            from = body.close.unwrap_or(statement.end);
            header.extend(std::iter::repeat_n(' ', from - open - 1));
            if body.close.is_none() {
                header.push('}');
            }
        }
        header.push_str(&self.text[from..statement.end]);
        header
    }

    /// Adds what the grammar found, unless it follows from a structural fault.
    fn refused(&mut self, statement: &Statement, found: Box<Refusal>) {
        let at = (found.diagnostic.span().start - self.base) as usize;
        let line = self.line(at);
        let stray = self.strays.iter().position(|(stray, _)| *stray == line);
        if let Some(stray) = stray
            && let Some(expects_block) = found.expects_block
        {
            self.strays.remove(stray);
            self.found.push(expects_block);
        } else if !self.is_damaged(statement) && !self.lines.contains(&line) {
            self.found.push(found.diagnostic);
        }
    }

    /// Whether a structural fault lies in the statement itself, not in its bodies.
    fn is_damaged(&self, statement: &Statement) -> bool {
        let inside = |body: &super::outline::Body, at: usize| {
            body.open.is_some_and(|open| open < at) && body.close.is_none_or(|close| at < close)
        };
        let own = |at: usize| {
            (statement.start..statement.end).contains(&at) && !statement.bodies.iter().any(|body| inside(body, at))
        };
        statement.damaged || self.strings.iter().any(|at| own(*at))
    }

    /// Parses `text`, which begins at `start`. What the lowering finds wrong in it is added.
    fn attempt(&mut self, text: &str, start: usize, top: bool) -> Result<Vec<Stmt>, Box<Refusal>> {
        let (stmts, mut found) = self.parse(text, start, top)?;
        found.retain(|found| !self.lines.contains(&self.line_in_file(found.span().start)));
        self.found.append(&mut found);
        Ok(stmts)
    }

    /// Parses `text`, which begins at `start`.
    pub(super) fn parse(
        &self,
        text: &str,
        start: usize,
        top: bool,
    ) -> Result<(Vec<Stmt>, Vec<Diagnostic>), Box<Refusal>> {
        let scan = scan::scan_part(text);
        if let End::TooDeep(span) = scan.end {
            let place = self.place(start + span.start as usize, start + span.end as usize);
            return Err(Box::new(Refusal { diagnostic: too_deep(place), expects_block: None }));
        }
        let base = self.base + start as u32;
        let (mut stmts, mut found) = (Vec::new(), Vec::new());
        for chunk in &scan.chunks {
            let piece = &*scan.text(text, *chunk);
            let parse = if top { grammar::item } else { grammar::lone };
            match parse(piece) {
                Ok(node) => {
                    let mut lower = Lower::new(self.file, text, base, base + chunk.start);
                    stmts.push(if top { lower.item(node) } else { lower.lone(node) });
                    found.append(&mut lower.found);
                }
                Err(failure) => return Err(self.refusal(&failure, piece, base + chunk.start, top)),
            }
        }
        if scan.end == End::Sound {
            Ok((stmts, found))
        } else {
            let place = self.place(start, start + text.len());
            let diagnostic = Diagnostic::new(Code::UnexpectedToken, place, "brackets do not match in this statement");
            Err(Box::new(Refusal { diagnostic, expects_block: None }))
        }
    }

    fn refusal(&self, failure: &Failure, text: &str, base: u32, top: bool) -> Box<Refusal> {
        let context = wording::Context { file: self.file, text, base, top };
        Box::new(Refusal {
            diagnostic: wording::explain(failure, &context),
            expects_block: wording::expects_block(failure, &context),
        })
    }
}

/// What the grammar said about a statement.
pub(super) struct Refusal {
    diagnostic: Diagnostic,
    /// What is said when a `}` on the same line shows that a `{` is missing, where one would have been right.
    expects_block: Option<Diagnostic>,
}
