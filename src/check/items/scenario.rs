//! `scenario NAME "title" { symptoms "…"; detect EXPR; … }`

use crate::check::checker::Checker;
use crate::check::clauses::{SCENARIO, Seen};
use crate::check::items::block::Rest;
use crate::check::model::{Block, Scenario};
use crate::syntax::ast::{Decl, Ident, Keyword, StmtKind};

impl<'a> Checker<'a> {
    /// Remembers which scenarios a phase has: triggers may name them.
    pub fn note_scenarios(&mut self, phase: &'a Decl, name: Ident) {
        let mut names = Vec::new();
        for stmt in phase.body.iter().flat_map(|body| &body.stmts) {
            if let StmtKind::Decl(decl) = &stmt.kind
                && decl.keyword == Keyword::Scenario
            {
                names.extend(decl.name.map(|name| self.word(name)));
            }
        }
        self.scenarios.insert(self.word(name), names);
    }

    pub fn scenario(&mut self, decl: &'a Decl) -> Scenario {
        let mut scenario = Scenario {
            name: self.name_of(decl),
            title: self.title(decl.title.as_ref()),
            symptoms: Vec::new(),
            detect: None,
            body: Block::default(),
        };
        let stmts = decl.body.as_ref().map(|body| &body.stmts[..]).unwrap_or_default();
        let anchors = self.collect_anchors(stmts);
        self.anchors.push(anchors);
        self.scope.enter();
        let mut seen = Seen::default();
        for stmt in stmts {
            match self.item(stmt, &mut scenario.body) {
                None => {}
                Some(Rest::Decl(inner)) => self.misplaced(inner, "a scenario"),
                Some(Rest::Clause(clause)) => {
                    let Some(word) = self.clause_word(&SCENARIO, clause, &mut seen) else { continue };
                    let mut operands = self.operands(clause);
                    let Some(value) = self.needed(&mut operands, word) else { continue };
                    if word.name == "detect" {
                        scenario.detect = Some(self.condition(value, format_args!("`detect`")));
                    } else {
                        scenario.symptoms.extend(self.plain(value, "a symptom"));
                        while let Some(more) = operands.another() {
                            scenario.symptoms.extend(self.plain(more, "a symptom"));
                        }
                    }
                    self.finish(&operands, word);
                }
            }
        }
        self.scope.leave();
        self.anchors.pop();
        scenario
    }
}
