//! `channel NAME = slack(hook)` and `template NAME "…"`: names are checked; sending is later work.

use crate::check::checker::Checker;
use crate::diagnostics::{Code, suggest};
use crate::syntax::ast::{Decl, ExprKind, Operand, StmtKind};

/// The kinds of channels.
pub const KINDS: &[&str] = &["slack", "teams", "email", "webhook", "pagerduty", "file", "desktop"];

impl<'a> Checker<'a> {
    pub fn channel(&mut self, decl: &'a Decl) {
        let Some(value) = &decl.value else { return };
        let ExprKind::Call(call) = &value.kind else {
            self.error(Code::MissingPart, value.span, "a channel says how it sends")
                .set_label("not a kind of channel")
                .set_help("write `slack(hook)` or another kind with its address");
            return;
        };
        let kind = self.slice(call.callee.span);
        if !KINDS.contains(&kind) {
            let help = self
                .guess(kind, KINDS.iter().copied())
                .unwrap_or_else(|| format!("there are {}", suggest::alternatives(KINDS, "and")));
            self.error(Code::UnknownUnit, call.callee.span, format!("there is no kind of channel `{kind}`"))
                .set_label("no such kind")
                .set_help(help);
        }
        for arg in &call.args {
            self.expr(&arg.value);
        }
    }

    /// The values in a template's texts.
    pub fn template(&mut self, decl: &'a Decl) {
        if let Some(title) = &decl.title {
            self.expr(title);
        }
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            if let StmtKind::Clause(clause) = &stmt.kind {
                for operand in &clause.operands {
                    if let Operand::Expr(value) = operand
                        && matches!(value.kind, ExprKind::Str(_))
                    {
                        self.expr(value);
                    }
                }
            }
        }
    }
}
