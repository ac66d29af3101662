//! `phase NAME "title" { … }`, and the names in it that `after` may mean.

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::checker::{Checker, bare_word};
use crate::check::clauses::{PHASE, Seen, Word};
use crate::check::items::block::Rest;
use crate::check::items::header_span;
use crate::check::model::{Block, Name, Phase};
use crate::check::names::{Anchors, Space};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Place;
use crate::syntax::ast::{self, Clause, Decl, Ident, Keyword, Stmt, StmtKind};

impl<'a> Checker<'a> {
    pub fn phase(&mut self, decl: &'a Decl) -> Option<Arc<Phase>> {
        decl.name?;
        let mut phase = Phase {
            name: self.name_of(decl),
            title: self.title(decl.title.as_ref()),
            body: Block::default(),
            scenarios: Vec::new(),
            depends_on: Vec::new(),
            includes: Vec::new(),
            on_failure: None,
            always: None,
            within: None,
            place: self.place(header_span(decl)),
        };
        (self.phase, self.phase_lets) = (Some(decl), None);
        let stmts = decl.body.as_ref().map(|body| &body.stmts[..]).unwrap_or_default();
        let anchors = self.collect_anchors(stmts);
        self.anchors.push(anchors);
        self.scope.enter();
        let mut seen = Seen::default();
        let mut scenarios: HashMap<&'a str, Place> = HashMap::new();
        for stmt in stmts {
            match self.item(stmt, &mut phase.body) {
                None => {}
                Some(Rest::Clause(clause)) => {
                    if let Some(word) = self.clause_word(&PHASE, clause, &mut seen) {
                        self.phase_clause(&mut phase, clause, word);
                    }
                }
                Some(Rest::Decl(inner)) => match inner.keyword {
                    Keyword::Scenario => {
                        if let Some(name) = inner.name {
                            let here = self.place(name.0);
                            if let Some(first) = scenarios.insert(self.word(name), here) {
                                self.twice(name, "scenario", first);
                            }
                        }
                        let scenario = self.scenario(inner);
                        phase.scenarios.push(scenario);
                    }
                    Keyword::Always => {
                        if let Some(first) = phase.always.is_some().then_some(phase.place) {
                            self.error(Code::DuplicateName, inner.word, "a phase has one `always`")
                                .set_label("a second one")
                                .add_place(first, "in this phase");
                        }
                        phase.always = inner.body.as_ref().map(|block| self.handler(block));
                    }
                    _ => self.misplaced(inner, "a phase"),
                },
            }
        }
        self.scope.leave();
        self.anchors.pop();
        (self.phase, self.phase_lets) = (None, None);
        Some(Arc::new(phase))
    }

    fn phase_clause(&mut self, phase: &mut Phase, clause: &'a Clause, word: &'static Word) {
        let mut operands = self.operands(clause);
        match word.name {
            "on" => return phase.on_failure = self.on_failure(clause).or(phase.on_failure.take()),
            "within" => {
                let value = self.needed(&mut operands, word);
                phase.within = value.and_then(|value| self.duration(value, "`within`"));
            }
            "depends" => {
                if !operands.eat("on") {
                    return self.incomplete(clause, word);
                }
                let names = self.phases_named(&mut operands, clause, word, &phase.name);
                phase.depends_on.extend(names);
            }
            _ => {
                let names = self.phases_named(&mut operands, clause, word, &phase.name);
                phase.includes.extend(names);
            }
        }
        self.finish(&operands, word);
    }

    /// Names of other phases, with commas between them.
    fn phases_named(
        &mut self,
        operands: &mut crate::check::operands::Operands<'a>,
        clause: &'a Clause,
        word: &'static Word,
        own: &Name,
    ) -> Vec<Name> {
        let mut names = Vec::new();
        let mut any = false;
        while let Some(value) = operands.another() {
            any = true;
            let Some(ident) = bare_word(value) else {
                self.error(Code::MissingPart, value.span, format!("`{}` names a phase", word.name))
                    .set_label("not a name")
                    .set_help(format!("write `{}`", word.usage));
                continue;
            };
            let Some(name) = self.resolve_in(Space::Phase, ident) else { continue };
            if name.text == own.text {
                self.error(Code::Cycle, ident.0, format!("the phase `{}` waits for itself", own.text))
                    .set_label("itself")
                    .set_help("leave it out");
                continue;
            }
            names.push(name);
        }
        if !any {
            self.incomplete(clause, word);
        }
        names
    }

    /// The steps, stages and verifications of a block, with its inner blocks; names are unique among them.
    pub fn collect_anchors(&mut self, stmts: &'a [Stmt]) -> Anchors<'a> {
        let mut anchors = Anchors::new();
        self.anchors_of(stmts, &mut anchors);
        anchors
    }

    fn anchors_of(&mut self, stmts: &'a [Stmt], into: &mut Anchors<'a>) {
        for stmt in stmts {
            match &stmt.kind {
                StmtKind::Decl(decl) => self.anchor(decl, into),
                StmtKind::For(each) => self.anchors_of(&each.body.stmts, into),
                StmtKind::If(branch) => {
                    self.anchors_of(&branch.body.stmts, into);
                    self.anchors_of_block(branch.otherwise.as_ref(), into);
                }
                StmtKind::Clause(_) | StmtKind::Expr(_) | StmtKind::Error => {}
            }
        }
    }

    fn anchors_of_block(&mut self, block: Option<&'a ast::Block>, into: &mut Anchors<'a>) {
        if let Some(block) = block {
            self.anchors_of(&block.stmts, into);
        }
    }

    fn anchor(&mut self, decl: &'a Decl, into: &mut Anchors<'a>) {
        let noun = match decl.keyword {
            Keyword::Step => "step",
            Keyword::Stage => "stage",
            Keyword::Verify => "verification",
            Keyword::Parallel => return self.anchors_of_block(decl.body.as_ref(), into),
            // Scenarios and handlers have names of their own.
            _ => return,
        };
        if let Some(name) = decl.name {
            let word = self.word(name);
            let place = self.place(name.0);
            let outer = self.anchors.iter().find_map(|layer| layer.get(word)).copied();
            match into.get(word).copied().or(outer) {
                // One verification may be used at several places.
                Some((_, "verification")) if noun == "verification" => {}
                Some((first, known)) => {
                    let found =
                        Diagnostic::new(Code::DuplicateName, place, format!("the name `{word}` is given twice"))
                            .label(if place > first { format!("and this {noun}") } else { format!("this {noun}") })
                            .also(
                                first,
                                if place > first { format!("this {known}") } else { format!("and this {known}") },
                            )
                            .help("names of steps, stages and verifications are unique within a phase");
                    self.push(found);
                }
                None => {
                    into.insert(word, (place, noun));
                }
            }
        }
        if decl.keyword == Keyword::Stage {
            self.anchors_of_block(decl.body.as_ref(), into);
            if let Some(other) = &decl.otherwise {
                self.anchor(other, into);
            }
        }
    }

    /// The names behind `after`.
    pub fn after(&mut self, clause: &'a Clause, word: &'static Word, own: Option<Ident>, into: &mut Vec<Name>) {
        let mut operands = self.operands(clause);
        let mut any = false;
        while let Some(value) = operands.another() {
            any = true;
            let Some(ident) = bare_word(value) else {
                self.error(Code::MissingPart, value.span, "`after` names a step, a stage or a verification")
                    .set_label("not a name")
                    .set_help("write `after NAME`");
                continue;
            };
            let name = self.word(ident);
            if own.is_some_and(|own| self.word(own) == name) {
                let place = own.map(|own| self.place(own.0));
                let found = self.error(Code::Cycle, ident.0, format!("`{name}` waits for itself"));
                found.set_label("itself").set_help("leave it out, or name the step that is meant");
                if let Some(place) = place {
                    found.add_place(place, "this step");
                }
                continue;
            }
            if self.anchors.iter().any(|layer| layer.contains_key(name)) {
                into.push(self.name(ident));
                continue;
            }
            let mut known: Vec<&str> = self.anchors.iter().flat_map(|layer| layer.keys().copied()).collect();
            known.sort_unstable();
            let help = self
                .guess(name, known)
                .unwrap_or_else(|| "`after` names a step, stage or verification of the same phase".to_owned());
            self.error(Code::UnknownName, ident.0, format!("this phase has no step `{name}`"))
                .set_label("no such step")
                .set_help(help);
        }
        if !any {
            self.incomplete(clause, word);
        }
        self.finish(&operands, word);
    }
}
