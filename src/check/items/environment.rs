//! `environment NAME default { param = value; automatic off; mute CHANNEL; deadlines advisory; confirm typed }`

use crate::check::checker::{Checker, bare_word};
use crate::check::clauses::{ENVIRONMENT, Seen, Word};
use crate::check::items::channel::KINDS;
use crate::check::model::{BindingId, BindingKind, Environment, Expr, Muted};
use crate::check::names::{Meaning, Space};
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::ast::{self, Clause, Decl, Operand, StmtKind};

impl<'a> Checker<'a> {
    pub fn environment(&mut self, decl: &'a Decl) -> Option<Environment> {
        decl.name?;
        let mut environment = Environment {
            name: self.name_of(decl),
            title: self.title(decl.title.as_ref()),
            default: false,
            sets: Vec::new(),
            automatic_off: false,
            mutes: Vec::new(),
            deadlines_advisory: false,
            confirm_typed: false,
        };
        for flag in &decl.clauses {
            if self.word(flag.word) == "default" {
                environment.default = true;
                self.one_default(flag);
            } else {
                let word = self.word(flag.word);
                let help = self.guess(word, ["default"]);
                self.error(Code::UnknownClause, flag.word.0, format!("`{word}` does not belong here"))
                    .set_label("not expected")
                    .help = help;
            }
        }
        let mut seen = Seen::default();
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            match &stmt.kind {
                StmtKind::Clause(clause) => match clause.operands.first() {
                    Some(Operand::Assign(value)) => environment.sets.extend(self.set_param(clause, value)),
                    _ => {
                        if self.not_for_environments(self.word(clause.word), clause.word.0) {
                            continue;
                        }
                        if let Some(word) = self.clause_word(&ENVIRONMENT, clause, &mut seen) {
                            self.environment_clause(&mut environment, clause, word);
                        }
                    }
                },
                StmtKind::Decl(inner) if self.not_for_environments(inner.keyword.text(), inner.word) => {}
                StmtKind::Decl(inner) => self.misplaced(inner, "an environment"),
                _ => {}
            }
        }
        Some(environment)
    }

    /// Refuses what no environment may switch off: who agrees and who may do what, and what can be taken back.
    fn not_for_environments(&mut self, word: &str, span: Span) -> bool {
        let what = match word {
            "approve" | "approval" | "approvals" | "start" => "who has to approve",
            "role" | "roles" | "members" | "may" => "who may do what",
            "capture" | "captures" | "undo" | "irreversible" => "what is captured and taken back",
            "require" | "verify" => "what is required and verified",
            _ => return false,
        };
        self.error(Code::NotForEnvironment, span, format!("an environment cannot change {what}"))
            .set_label("the same everywhere")
            .set_help(
                "an environment sets params, mutes channels, switches automation off, makes deadlines advisory or asks \
                 for its name",
            );
        true
    }

    /// At most one environment is the default.
    fn one_default(&mut self, flag: &'a Clause) {
        let place = self.place(flag.word.0);
        match self.default_environment {
            None => self.default_environment = Some(place),
            Some(first) => {
                self.error(Code::DuplicateName, flag.word.0, "two environments are the default")
                    .set_label("the second one")
                    .add_place(first, "the first one")
                    .set_help("leave `default` out here or there");
            }
        }
    }

    fn set_param(&mut self, clause: &'a Clause, value: &'a ast::Expr) -> Option<(BindingId, Expr)> {
        let word = self.word(clause.word);
        let found = self.scope.find(word);
        let param = match found.map(|entry| entry.meaning) {
            Some(Meaning::Binding(id)) if matches!(self.bindings[id.0 as usize].kind, BindingKind::Param) => id,
            Some(_) => {
                self.expr(value);
                self.error(Code::UnknownName, clause.word.0, format!("`{word}` is not a param"))
                    .set_label("cannot be set")
                    .set_help("an environment sets params only: make it one with `param`");
                return None;
            }
            None => {
                self.expr(value);
                let names: Vec<_> = self.scope.visible().collect();
                let help = self.guess(word, names);
                self.error(Code::UnknownName, clause.word.0, format!("there is no param `{word}`"))
                    .set_label("no such param")
                    .help = help;
                return None;
            }
        };
        self.used[param.0 as usize] = true;
        let ty = self.bindings[param.0 as usize].ty.clone();
        let value = self.expr_as(value, &ty, format_args!("`{word}`"));
        self.no_probe(&value, "an environment");
        Some((param, value))
    }

    fn environment_clause(&mut self, environment: &mut Environment, clause: &'a Clause, word: &'static Word) {
        let mut operands = self.operands(clause);
        let complete = match word.name {
            "automatic" => {
                environment.automatic_off = operands.eat("off");
                environment.automatic_off
            }
            "deadlines" => {
                environment.deadlines_advisory = operands.eat("advisory");
                environment.deadlines_advisory
            }
            "confirm" => {
                environment.confirm_typed = operands.eat("typed");
                environment.confirm_typed
            }
            _ => {
                let mut any = false;
                while let Some(channel) = operands.another() {
                    any = true;
                    let Some(name) = bare_word(channel) else {
                        self.error(Code::MissingPart, channel.span, "`mute` names a channel")
                            .set_label("not a name")
                            .set_help("write `mute NAME`, or a kind of channel");
                        continue;
                    };
                    // A kind of channel may be muted as a whole.
                    let text = self.word(name);
                    let own = self.spaces.get(&Space::Channel).is_some_and(|names| names.find(text).is_some());
                    match KINDS.iter().find(|kind| kind.name == text) {
                        Some(kind) if !own => environment.mutes.push(Muted::Kind(kind.name)),
                        _ => environment.mutes.extend(self.resolve_in(Space::Channel, name).map(Muted::Channel)),
                    }
                }
                any
            }
        };
        if !complete && operands.next_span().is_none() {
            return self.incomplete(clause, word);
        }
        self.finish(&operands, word);
    }
}
