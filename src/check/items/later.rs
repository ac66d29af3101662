//! Items that are understood and not executed yet: their names are kept, so that a run can say so.

use std::sync::Arc;

use crate::check::checker::{Checker, bare_word};
use crate::check::model::Name;
use crate::check::names::Space;
use crate::diagnostics::Code;
use crate::syntax::ast::{Decl, ExprKind, Keyword, StmtKind};

/// Events of a run.
const EVENTS: &[&str] =
    &["start", "success", "failure", "step", "emergency", "degraded", "close", "declined", "refused", "partial"];

impl<'a> Checker<'a> {
    pub fn later(&mut self, decl: &'a Decl) -> Option<(Name, &'static str)> {
        let what = match decl.keyword {
            Keyword::Metric => "metric",
            Keyword::Trigger => "trigger",
            Keyword::Channel => "channel",
            Keyword::Template => "template",
            Keyword::Contact => "contact",
            Keyword::Escalation => "escalation",
            Keyword::Incident => "incident",
            Keyword::On => "event",
            Keyword::Every => "reminder",
            Keyword::Preflight => "preflight",
            Keyword::Prepare => "prepare",
            Keyword::Test => "test",
            Keyword::Host => "host",
            _ => return None,
        };
        if let Keyword::On | Keyword::Every = decl.keyword {
            self.messages(decl);
        }
        let name = match (decl.name, &decl.title) {
            (Some(name), _) => self.name(name),
            (None, Some(title)) => {
                let text = self.slice(title.span).trim_matches('"');
                Name { text: Arc::from(text), place: self.place(title.span) }
            }
            (None, None) => {
                let end = decl.clauses.last().map_or(decl.word, |clause| clause.span);
                let span = decl.word.to(end);
                Name { text: Arc::from(self.slice(span)), place: self.place(span) }
            }
        };
        Some((name, what))
    }

    /// `on start { notify(channel, template, within: 10s) }`: the event and the names.
    fn messages(&mut self, decl: &'a Decl) {
        if let (Keyword::On, Some(clause)) = (decl.keyword, decl.clauses.first()) {
            let word = self.word(clause.word);
            if !EVENTS.contains(&word) {
                let help = self.guess(word, EVENTS.iter().copied());
                self.error(Code::UnknownName, clause.word.0, format!("there is no event `{word}`"))
                    .set_label("no such event")
                    .help = help;
            }
        }
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            let StmtKind::Expr(expr) = &stmt.kind else { continue };
            let ExprKind::Call(call) = &expr.kind else { continue };
            let space = match self.slice(call.callee.span) {
                "notify" => Space::Channel,
                "page" => Space::Contact,
                _ => {
                    self.error(Code::WrongPlace, call.callee.span, "an event only sends messages")
                        .set_label("not a message")
                        .set_help("write `notify(channel, template)` or `page(contact)`");
                    continue;
                }
            };
            for (index, arg) in call.args.iter().enumerate() {
                match (index, arg.label, bare_word(&arg.value)) {
                    (0, None, Some(name)) => {
                        self.resolve_in(space, name);
                    }
                    (1, None, Some(name)) => {
                        self.resolve_in(Space::Template, name);
                    }
                    _ => {
                        self.expr(&arg.value);
                    }
                }
            }
        }
    }
}
