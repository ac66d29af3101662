//! `require EXPR, "why"`, in blocks and at the top.

use crate::check::checker::Checker;
use crate::check::clauses::{POLICY, Word};
use crate::check::imports;
use crate::check::model::{Policy, Require};
use crate::diagnostics::Code;
use crate::syntax::ast::Clause;

static REQUIRE: Word = Word { name: "require", usage: "require EXPR, \"why\"", many: true };

impl<'a> Checker<'a> {
    pub fn require(&mut self, clause: &'a Clause) -> Option<Require> {
        let mut operands = self.operands(clause);
        let condition = self.needed(&mut operands, &REQUIRE)?;
        let condition = self.condition(condition, format_args!("`require`"));
        let why = self.why(&mut operands, &REQUIRE);
        Some(Require { condition, why, place: self.place(clause.span) })
    }

    /// A clause that stands at the top of a file.
    pub fn top_clause(&mut self, clause: &'a Clause, policy: &mut Policy) {
        match self.word(clause.word) {
            "require" => policy.requires.extend(self.require(clause)),
            imports::REQUIRES => self.requires_rbk(clause),
            "at" => {
                if let Some(word) = POLICY.words.iter().find(|word| word.name == "at") {
                    self.circuit_breaker(clause, word, policy);
                }
            }
            word => {
                // Words that begin no item at all are the parser's to report; these are clauses of the policy.
                if POLICY.words.iter().any(|known| known.name == word) {
                    self.error(
                        Code::UnknownClause,
                        clause.word.0,
                        format!("`{word}` stands in the policy's own block"),
                    )
                    .set_label("not at the top of a file")
                    .set_help("write it in `policy name { … }`");
                }
            }
        }
    }
}
