//! `stage NAME "title" { … } otherwise NAME { … }`

use crate::check::checker::Checker;
use crate::check::clauses::{STAGE, Seen};
use crate::check::items::block::Rest;
use crate::check::model::{Block, Stage};
use crate::syntax::ast::Decl;

impl<'a> Checker<'a> {
    pub fn stage(&mut self, decl: &'a Decl) -> Stage {
        let mut stage = Stage {
            name: self.name_of(decl),
            title: self.title(decl.title.as_ref()),
            body: Block::default(),
            on_failure: None,
            otherwise: None,
            within: None,
        };
        self.scope.enter();
        let mut seen = Seen::default();
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            match self.item(stmt, &mut stage.body) {
                None => {}
                Some(Rest::Decl(inner)) => self.misplaced(inner, "a stage"),
                Some(Rest::Clause(clause)) => {
                    if let Some(word) = self.clause_word(&STAGE, clause, &mut seen) {
                        if word.name == "on" {
                            stage.on_failure = self.on_failure(clause).or(stage.on_failure);
                        } else {
                            let mut operands = self.operands(clause);
                            let value = self.needed(&mut operands, word);
                            stage.within = value.and_then(|value| self.duration(value, "`within`"));
                            self.finish(&operands, word);
                        }
                    }
                }
            }
        }
        self.scope.leave();
        stage.otherwise = decl.otherwise.as_ref().map(|other| Box::new(self.stage(other)));
        stage
    }
}
