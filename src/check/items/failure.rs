//! `on failure stop | undo | warn | continue | run PHASE | { steps }` (`language.md` §8).

use crate::check::checker::Checker;
use crate::check::model::OnFailure;
use crate::check::names::Space;
use crate::diagnostics::Code;
use crate::syntax::ast::Clause;

const USAGE: &str = "write `on failure stop`, `undo`, `warn`, `continue`, `run PHASE` or `{ step … }`";
const REACTIONS: &[&str] = &["stop", "undo", "warn", "continue", "run"];
/// Outcomes that handlers of a later version may key on.
const OUTCOMES: &[&str] = &["declined", "refused", "inconclusive", "degraded", "partial", "interrupted", "success"];

impl<'a> Checker<'a> {
    /// What happens on failure; nothing, with a report, when it cannot be read.
    pub fn on_failure(&mut self, clause: &'a Clause) -> Option<OnFailure> {
        let mut operands = self.operands(clause);
        if !operands.eat("failure") {
            let span = operands.next_span().unwrap_or(clause.word.0);
            let word = operands.peek().unwrap_or_default();
            if OUTCOMES.contains(&word) {
                self.error(Code::NotAvailable, span, format!("handlers of `{word}` are not available in this version"))
                    .set_label("only `failure` is")
                    .set_help("write `on failure …`");
            } else {
                let help = self.guess(word, ["failure"]).unwrap_or_else(|| USAGE.to_owned());
                self.error(Code::UnknownClause, span, "this is no event of a run")
                    .set_label("no such event")
                    .set_help(help);
            }
            return None;
        }
        if let Some(block) = &clause.block {
            if let Some(span) = operands.next_span() {
                self.error(Code::UnknownClause, span, "a handler is either a word or steps").set_help(USAGE);
            }
            return Some(OnFailure::Steps(self.handler(block)));
        }
        let span = operands.next_span();
        let reaction = match operands.name().map(|ident| self.word(ident)) {
            Some("stop") => OnFailure::Stop,
            Some("undo") => OnFailure::Undo,
            Some("warn") => OnFailure::Warn,
            Some("continue") => OnFailure::Continue,
            Some("run") => match operands.name() {
                Some(phase) => OnFailure::Run(self.resolve_in(Space::Phase, phase)?),
                None => {
                    self.error(Code::MissingPart, span.unwrap_or(clause.word.0), "`run` needs the name of a phase")
                        .set_help(USAGE);
                    return None;
                }
            },
            Some(word) => {
                let help = self.guess(word, REACTIONS.iter().copied()).unwrap_or_else(|| USAGE.to_owned());
                self.error(
                    Code::UnknownClause,
                    span.unwrap_or(clause.word.0),
                    format!("`{word}` is nothing to do on failure"),
                )
                .set_label("no such reaction")
                .set_help(help);
                return None;
            }
            None => {
                self.error(Code::MissingPart, clause.word.0, "`on failure` needs what to do").set_help(USAGE);
                return None;
            }
        };
        if let Some(span) = operands.next_span() {
            self.error(Code::UnknownClause, span, "this does not belong behind `on failure`")
                .set_label("not expected")
                .set_help(USAGE);
        }
        Some(reaction)
    }
}
