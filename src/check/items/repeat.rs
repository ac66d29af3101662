//! `for x in LIST [where COND] [one at a time | at most 3 at once] [tolerate 1 | 10%] …`

use crate::catalogue::ty::Dim;
use crate::catalogue::value::{Quantity, Value};
use crate::check::checker::Checker;
use crate::check::clauses::BLOCK;
use crate::check::model::{BindingKind, For, Tolerance};
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::ast::{self, Clause, ExprKind};

const USAGE: &str = "write `one at a time`, `at most 3 at once`, `tolerate 1` or `tolerate 10%`";

impl<'a> Checker<'a> {
    /// A loop over items of a phase.
    pub fn repeat(&mut self, each: &'a ast::For, span: Span) -> For {
        let (iter, of) = self.walked(&each.iter);
        self.scope.enter();
        let var = self.declare_binding(each.var, of, BindingKind::Variable);
        let filter = each.filter.as_ref().map(|filter| self.condition(filter, format_args!("`where`")));
        let (mut at_once, mut tolerate) = (None, None);
        for clause in &each.clauses {
            match self.word(clause.word) {
                "one" => at_once = Some(1),
                "at" => at_once = self.at_once(clause).or(at_once),
                "tolerate" => tolerate = self.tolerance(clause).or(tolerate),
                word => {
                    let help = self.guess(word, ["one", "at", "tolerate"]).unwrap_or_else(|| USAGE.to_owned());
                    self.error(Code::UnknownClause, clause.word.0, format!("`{word}` does not belong to a `for`"))
                        .set_label("not expected")
                        .set_help(help);
                }
            }
        }
        let body = self.plain_block(&each.body, &BLOCK);
        self.scope.leave();
        let place = self.place(Span::new(span.start, each.iter.span.end));
        For { parallel: each.parallel.is_some(), var, iter, filter, at_once, tolerate, body, place }
    }

    /// `at most 3 at once`
    fn at_once(&mut self, clause: &'a Clause) -> Option<usize> {
        let mut operands = self.operands(clause);
        operands.eat("most");
        match operands.value() {
            Some(count) => self.count(count, 1, 10_000, "`at most`").map(|count| count as usize),
            None => {
                self.error(Code::MissingPart, clause.word.0, "`at most` needs a number").set_help(USAGE);
                None
            }
        }
    }

    fn tolerance(&mut self, clause: &'a Clause) -> Option<Tolerance> {
        let value = self.operands(clause).value();
        match value {
            Some(value) if matches!(value.kind, ExprKind::Number) => {
                let typed = self.expr(value);
                match self.known(&typed) {
                    Some(Value::Quantity(Quantity { amount, dim: Dim::PERCENT })) if amount <= 100.0 => {
                        Some(Tolerance::Percent(amount))
                    }
                    Some(Value::Int(count)) => Some(Tolerance::Count(count as u64)),
                    _ => {
                        if typed.ty != crate::catalogue::ty::Type::Error {
                            self.error(
                                Code::OutOfRange,
                                value.span,
                                "`tolerate` takes a count or a percentage up to 100%",
                            )
                            .set_label("neither of them")
                            .set_help(USAGE);
                        }
                        None
                    }
                }
            }
            Some(value) => self.count(value, 0, i64::MAX, "`tolerate`").map(Tolerance::Count),
            None => {
                self.error(Code::MissingPart, clause.word.0, "`tolerate` needs a number").set_help(USAGE);
                None
            }
        }
    }
}
