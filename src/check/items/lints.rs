//! `lints { allow no_verification; deny relative_ref, undo_unsaid }` of a policy.

use crate::check::allows;
use crate::check::checker::{Checker, bare_word};
use crate::check::clauses::{LINTS, Seen};
use crate::diagnostics::levels::Setting;
use crate::diagnostics::{Code, Diagnostic};
use crate::syntax::ast::{Block, ExprKind, StmtKind};

impl<'a> Checker<'a> {
    pub fn lints(&mut self, block: &'a Block) {
        let mut seen = Seen::default();
        for stmt in &block.stmts {
            let StmtKind::Clause(clause) = &stmt.kind else {
                if !matches!(stmt.kind, StmtKind::Error) {
                    self.error(Code::WrongPlace, stmt.span, "`lints` only names advice")
                        .set_label("not expected here")
                        .set_help("write `allow LINT`, `warn LINT` or `deny LINT`");
                }
                continue;
            };
            let Some(word) = self.clause_word(&LINTS, clause, &mut seen) else { continue };
            let setting = match word.name {
                "allow" => Setting::Allow,
                "deny" => Setting::Deny,
                _ => Setting::Warn,
            };
            let mut operands = self.operands(clause);
            let mut any = false;
            while let Some(value) = operands.another() {
                any = true;
                let named = bare_word(value).map(|name| (name, self.word(name)));
                match named {
                    Some((_, "warnings")) => self.report.levels.set_others(setting),
                    Some((name, text)) => match Code::parse_lint(text) {
                        Some(code) => self.lint(code, setting, name.0),
                        None => {
                            let (message, help) = allows::unknown(text);
                            self.error(Code::UnknownName, name.0, message).set_label("no such lint").set_help(help);
                        }
                    },
                    None if matches!(value.kind, ExprKind::Error) => {}
                    None => {
                        self.error(Code::MissingPart, value.span, format!("`{}` names lints", word.name))
                            .set_label("not a name")
                            .set_help(format!("write `{}`", word.usage));
                    }
                }
            }
            if !any {
                self.incomplete(clause, word);
            }
            self.finish(&operands, word);
        }
    }

    fn lint(&mut self, code: Code, setting: Setting, span: crate::source::Span) {
        let levels = &mut self.report.levels;
        if levels.get(code).is_some_and(|other| other != setting) {
            let place = self.place(span);
            let lint = code.lint().unwrap_or_default();
            let found = Diagnostic::new(Code::DuplicateName, place, format!("`{lint}` is set twice"));
            self.push(found.label("set to something else before").help("say one thing of it"));
            return;
        }
        levels.set(code, setting);
    }
}
