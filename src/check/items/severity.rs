//! `severity NAME "title" { within 15m; start automatically; skip graceful }`, most severe first.

use crate::check::checker::{Checker, bare_word};
use crate::check::clauses::{SEVERITY, Seen, Word};
use crate::check::model::{Severity, Start};
use crate::diagnostics::Code;
use crate::syntax::ast::{Clause, Decl, Expr, ExprKind, Keyword, StmtKind};

impl<'a> Checker<'a> {
    pub fn severity(&mut self, decl: &'a Decl) -> Option<Severity> {
        decl.name?;
        let mut severity = Severity {
            name: self.name_of(decl),
            title: self.title(decl.title.as_ref()),
            within: None,
            start: Start::ByHand,
            skip_graceful: false,
        };
        let mut seen = Seen::default();
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            match &stmt.kind {
                StmtKind::Clause(clause) => {
                    if let Some(word) = self.clause_word(&SEVERITY, clause, &mut seen) {
                        self.severity_clause(&mut severity, clause, word);
                    }
                }
                StmtKind::Decl(inner) if inner.keyword == Keyword::Observe && inner.name.is_none() => {
                    severity.start = Start::Observe;
                }
                StmtKind::Decl(inner) => self.misplaced(inner, "a severity"),
                _ => {}
            }
        }
        Some(severity)
    }

    fn severity_clause(&mut self, severity: &mut Severity, clause: &'a Clause, word: &'static Word) {
        let mut operands = self.operands(clause);
        match word.name {
            "within" => {
                let value = self.needed(&mut operands, word);
                severity.within = value.and_then(|value| self.duration(value, "`within`"));
            }
            "observe" => severity.start = Start::Observe,
            "skip" => {
                severity.skip_graceful = operands.eat("graceful");
                if !severity.skip_graceful && operands.next_span().is_none() {
                    return self.incomplete(clause, word);
                }
            }
            _ => match operands.peek() {
                Some("automatically") => {
                    operands.eat("automatically");
                    severity.start = Start::Automatically;
                }
                Some("by") => {
                    operands.eat("by");
                    if !operands.eat("hand") && operands.next_span().is_none() {
                        return self.incomplete(clause, word);
                    }
                    severity.start = Start::ByHand;
                }
                Some("after") => {
                    operands.eat("after");
                    match operands.value() {
                        Some(value) => {
                            if let Some(start) = self.approval(value) {
                                severity.start = start;
                            }
                        }
                        None => return self.incomplete(clause, word),
                    }
                }
                None if operands.next_span().is_none() => return self.incomplete(clause, word),
                _ => {}
            },
        }
        self.finish(&operands, word);
    }

    /// `approval(by: ROLE, within: D)`
    fn approval(&mut self, value: &'a Expr) -> Option<Start> {
        const USAGE: &str = "write `start after approval(by: ROLE, within: 10m)`";
        let ExprKind::Call(call) = &value.kind else {
            self.error(Code::MissingPart, value.span, "a start is only put off until an approval")
                .set_label("not an approval")
                .set_help(USAGE);
            return None;
        };
        let callee = self.slice(call.callee.span);
        if callee != "approval" {
            self.error(Code::UnknownUnit, call.callee.span, format!("a start does not wait for `{callee}`"))
                .set_label("no such thing here")
                .set_help(USAGE);
            return None;
        }
        let mut by = None;
        let mut named = false;
        let mut within = None;
        for arg in &call.args {
            match arg.label.map(|label| (label, self.word(label))) {
                Some((_, "by")) => {
                    named = true;
                    by = match bare_word(&arg.value) {
                        Some(role) => self.approver(role),
                        None => {
                            self.error(Code::MissingPart, arg.value.span, "`by` names a role").set_help(USAGE);
                            None
                        }
                    };
                }
                Some((_, "within")) => within = self.duration(&arg.value, "`within`").map(|(length, _)| length),
                Some((label, word)) => {
                    let help = self.guess(word, ["by", "within"]).unwrap_or_else(|| USAGE.to_owned());
                    self.error(Code::UnknownLabel, label.0, format!("`approval` has no argument `{word}`"))
                        .set_label("no such argument")
                        .set_help(help);
                }
                None => {
                    self.error(Code::TooManyArguments, arg.value.span, "`approval` takes its arguments by name")
                        .set_label("without a name")
                        .set_help(USAGE);
                }
            }
        }
        if !named {
            self.error(Code::MissingArgument, call.callee.span, "`approval` needs `by: ROLE`")
                .set_label("nobody is named")
                .set_help(USAGE);
        }
        Some(Start::AfterApproval { by: by?.text, within })
    }
}
