//! What is said of a name that stands for nothing here.

use std::collections::HashMap;

use super::super::checker::Checker;
use super::super::model::Expr;
use super::super::names::Space;
use crate::diagnostics::Code;
use crate::source::{Place, Span};
use crate::syntax::ast::{self, Keyword, Stmt, StmtKind};

impl<'a> Checker<'a> {
    /// Reports a name that means nothing here: bound later, bound in another block, another kind of thing, a typo.
    pub fn unknown_name(&mut self, span: Span) -> Expr {
        let word = self.slice(span);
        if word == "run" {
            self.error(Code::UnknownField, span, "`run` is not a value itself")
                .set_label("which part?")
                .set_help("write `run.id`, `run.planned`, `run.phase` or another field");
            return self.broken(span);
        }
        if self.unavailable.contains(word) {
            return self.broken(span);
        }
        let here = self.place(span);
        if let Some((defining, place)) = self.defining
            && defining == word
        {
            self.error(Code::SelfReference, span, format!("`{word}` refers to itself"))
                .set_label("not bound yet")
                .add_place(place, "bound here")
                .set_help("a `let` is evaluated once: give the new value another name");
            return self.broken(span);
        }
        if let Some(place) = self.coming.get(word).copied() {
            self.error(Code::UsedBeforeBound, span, format!("`{word}` is used before it is bound"))
                .set_label("not bound yet")
                .add_place(place, "bound here")
                .set_help("move the `let` up");
            return self.broken(span);
        }
        if let Some(place) = self.local_let(word) {
            if place > here {
                self.error(Code::UsedBeforeBound, span, format!("`{word}` is used before it is bound"))
                    .set_label("not bound yet")
                    .add_place(place, "bound here")
                    .set_help("move the `let` up");
            } else {
                self.error(Code::UnknownName, span, format!("`{word}` is bound in another block"))
                    .set_label("not visible here")
                    .add_place(place, "bound here, for its block alone")
                    .set_help("move the `let` out of that block");
            }
            return self.broken(span);
        }
        let kinds = [Space::Severity, Space::Phase, Space::Role, Space::Channel, Space::Environment, Space::Trigger];
        let kind =
            kinds.into_iter().find(|space| self.spaces.get(space).is_some_and(|names| names.find(word).is_some()));
        if let Some(space) = kind {
            let noun = space.noun();
            self.error(Code::UnknownName, span, format!("`{word}` is a {noun} and has no value"))
                .set_label(format!("a {noun}"))
                .set_help(format!("as a text write `\"{word}\"`"));
            return self.broken(span);
        }
        let help = if matches!(word, "null" | "nil" | "None" | "undefined") {
            Some("what is absent is `none`: write `x == none`, or `x otherwise …`".to_owned())
        } else if crate::check::functions::find(word).is_some() {
            Some(format!("`{word}` is a function: write `{word}(…)`"))
        } else {
            let mut names: Vec<_> = self.scope.visible().collect();
            names.sort_unstable();
            self.guess(word, names).or_else(|| Some(format!("for a text write `\"{word}\"`")))
        };
        self.error(Code::UnknownName, span, format!("there is no `{word}`")).set_label("no such name").help = help;
        self.broken(span)
    }

    /// Where the present phase binds `name` somewhere, if it does. Collected once, at the first unknown name.
    fn local_let(&mut self, name: &str) -> Option<Place> {
        let phase = self.phase?;
        if self.phase_lets.is_none() {
            let mut found = HashMap::new();
            if let Some(body) = &phase.body {
                self.collect_lets(&body.stmts, &mut found);
            }
            self.phase_lets = Some(found);
        }
        self.phase_lets.as_ref().and_then(|found| found.get(name)).copied()
    }

    fn collect_lets(&self, stmts: &'a [Stmt], found: &mut HashMap<&'a str, Place>) {
        for stmt in stmts {
            match &stmt.kind {
                StmtKind::Decl(decl) => {
                    if let (Keyword::Let | Keyword::Observe, Some(name)) = (decl.keyword, decl.name) {
                        found.entry(self.word(name)).or_insert_with(|| self.place(name.0));
                    }
                    self.collect_block(decl.body.as_ref(), found);
                    self.collect_block(decl.otherwise.as_ref().and_then(|other| other.body.as_ref()), found);
                }
                StmtKind::Clause(clause) => self.collect_block(clause.block.as_deref(), found),
                StmtKind::For(each) => self.collect_lets(&each.body.stmts, found),
                StmtKind::If(branch) => {
                    self.collect_lets(&branch.body.stmts, found);
                    self.collect_block(branch.otherwise.as_ref(), found);
                }
                StmtKind::Expr(_) | StmtKind::Error => {}
            }
        }
    }

    fn collect_block(&self, block: Option<&'a ast::Block>, found: &mut HashMap<&'a str, Place>) {
        if let Some(block) = block {
            self.collect_lets(&block.stmts, found);
        }
    }
}
