//! `verify NAME "title" { … }`: a definition where it has expectations, a use of one where it has none.

use std::sync::Arc;
use std::time::Duration;

use crate::check::checker::{Checker, Defined};
use crate::check::clauses::{Seen, VERIFY, Word};
use crate::check::items::header_span;
use crate::check::model::{Block, CheckKind, Name, OnFailure, Verify, VerifyId, VerifyUse};
use crate::check::names::Meaning;
use crate::diagnostics::Code;
use crate::syntax::ast::{Clause, Decl, ExprKind, Keyword, StmtKind};

/// Everything that stands in the block of a verification, definition or use.
struct Parts {
    verify: Verify,
    tolerate: Option<u64>,
    mitigates: bool,
    after: Vec<Name>,
    on_failure: Option<OnFailure>,
}

impl<'a> Checker<'a> {
    /// A top-level verification.
    pub fn define_verify(&mut self, decl: &'a Decl) {
        let Some(name) = decl.name else { return };
        let from = self.report.diagnostics.len();
        let parts = self.verify_parts(decl);
        if !self.expects(decl) && !self.has_unknown_clause(from) {
            self.nothing_expected(decl);
        }
        if parts.mitigates || !parts.after.is_empty() {
            let word = if parts.mitigates { "mitigates" } else { "after" };
            let own = self.word(name);
            self.error(Code::WrongPlace, name.0, format!("`{word}` belongs to the place where a verification is used"))
                .set_label("only defined here")
                .set_help(format!("write `verify {own} {{ {word} … }}` in a phase"));
        }
        let id = self.keep_verify(parts.verify);
        self.defined.entry(self.word(name)).or_insert(Defined { id, on_failure: parts.on_failure });
    }

    /// A verification in a phase.
    pub fn verify_item(&mut self, decl: &'a Decl) -> Option<VerifyUse> {
        let ident = decl.name?;
        let word = self.word(ident);
        let from = self.report.diagnostics.len();
        let parts = self.verify_parts(decl);
        let place = parts.verify.place;
        let place_it = |id: VerifyId, parts: Parts, overrides: bool| VerifyUse {
            verify: id,
            within: parts.verify.within.filter(|_| overrides),
            every: parts.verify.every.filter(|_| overrides),
            hold: parts.verify.hold.filter(|_| overrides),
            mitigates: parts.mitigates,
            after: parts.after,
            on_failure: parts.on_failure,
            place,
        };
        if self.expects(decl) {
            let mut parts = parts;
            let known = self.scope.find(word).filter(|entry| entry.meaning == Meaning::Verify).map(|entry| entry.place);
            if let Some(first) = known {
                self.error(Code::DuplicateName, ident.0, format!("the verification `{word}` is defined twice"))
                    .set_label("defined again here")
                    .add_place(first, "defined first here")
                    .set_help("leave the expectations out to use it, or give this one another name");
            }
            let verify = std::mem::replace(&mut parts.verify, empty(place));
            let id = self.keep_verify(verify);
            return Some(place_it(id, parts, false));
        }
        let Some(defined) = self.defined.get(word) else {
            // It may be the misspelt clause that expects something.
            if self.has_unknown_clause(from) {
                return None;
            }
            let mut known: Vec<_> = self.defined.keys().copied().collect();
            known.sort_unstable();
            let help = self.guess(word, known).unwrap_or_else(|| format!("define it: `verify {word} {{ expect … }}`"));
            self.error(Code::UnknownName, ident.0, format!("there is no verification `{word}`"))
                .set_label("defined nowhere, and expects nothing itself")
                .set_help(help);
            return None;
        };
        let (id, inherited) = (defined.id, defined.on_failure.clone());
        // Steps of the definition's handler belong to it; here only what this place says itself counts.
        let handler = parts.verify.on_failure.clone().map(OnFailure::Steps);
        let mut used = place_it(id, parts, true);
        used.on_failure = used.on_failure.or(handler).or(inherited);
        Some(used)
    }

    fn keep_verify(&mut self, verify: Verify) -> VerifyId {
        self.verifies.push(Arc::new(verify));
        VerifyId(self.verifies.len() as u32 - 1)
    }

    /// Whether a verification is a definition: it holds an expectation, be it a wrong one.
    fn expects(&self, decl: &'a Decl) -> bool {
        decl.body.iter().flat_map(|body| &body.stmts).any(|stmt| match &stmt.kind {
            StmtKind::Clause(clause) => matches!(self.word(clause.word), "expect" | "should" | "fail"),
            _ => false,
        })
    }

    /// Whether a clause was refused since so many reports.
    fn has_unknown_clause(&self, from: usize) -> bool {
        self.report.diagnostics[from..].iter().any(|found| found.code == Code::UnknownClause)
    }

    fn nothing_expected(&mut self, decl: &'a Decl) {
        let span = header_span(decl);
        self.error(Code::MissingPart, span, "a verification expects something")
            .set_label("no `expect`, `should` or `fail when`")
            .set_help("write `expect EXPR, \"why\"` in it");
    }

    fn verify_parts(&mut self, decl: &'a Decl) -> Parts {
        let place = self.place(header_span(decl));
        let verify = Verify { name: self.name_of(decl), title: self.title(decl.title.as_ref()), ..empty(place) };
        let mut parts = Parts { verify, tolerate: None, mitigates: false, after: Vec::new(), on_failure: None };
        if let Some(first) = decl.params.as_ref().and_then(|params| params.first()) {
            self.error(
                Code::NotAvailable,
                first.name.0,
                "verifications with parameters are not available in this version",
            )
            .set_label("a parameter")
            .set_help("write one verification for each, or a `for` with an inline one");
        }
        self.scope.enter();
        for param in decl.params.iter().flatten() {
            self.declare(param.name, Meaning::Broken);
        }
        let mut seen = Seen::default();
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            match &stmt.kind {
                StmtKind::Clause(clause) => {
                    if let Some(word) = self.clause_word(&VERIFY, clause, &mut seen) {
                        self.verify_clause(&mut parts, clause, word);
                    }
                }
                StmtKind::Decl(inner) if inner.keyword == Keyword::Let => {
                    parts.verify.lets.extend(self.local_let_item(inner));
                }
                StmtKind::Expr(expr) => {
                    let action = match &expr.kind {
                        ExprKind::Call(call) => self.catalogue.action(self.slice(call.callee.span)).is_some(),
                        _ => false,
                    };
                    let (code, message, help) = if action {
                        (
                            Code::WritesInVerify,
                            "a verification only looks",
                            "put it into a step, or into `on failure { step … }`",
                        )
                    } else {
                        self.expr(expr);
                        (Code::WrongPlace, "a value alone expects nothing", "write `expect` before it")
                    };
                    self.error(code, expr.span, message)
                        .set_label(if action { "this changes something" } else { "its value is not used" })
                        .set_help(help);
                }
                StmtKind::Decl(inner) if inner.keyword == Keyword::Step => {
                    let span = header_span(inner);
                    self.error(Code::WritesInVerify, span, "a verification only looks")
                        .set_label("a step changes something")
                        .set_help("put it into `on failure { … }`, or outside of the verification");
                }
                StmtKind::Decl(inner) => self.misplaced(inner, "a verification"),
                StmtKind::For(_) | StmtKind::If(_) => {
                    self.error(Code::WrongPlace, stmt.span, "a verification has expectations only")
                        .set_label("not expected here")
                        .set_help("write `expect all(… for x in list)`, or `expect not a or b`");
                }
                StmtKind::Error => {}
            }
        }
        self.scope.leave();
        parts.verify.tolerate = parts.tolerate.unwrap_or(0);
        parts
    }

    fn verify_clause(&mut self, parts: &mut Parts, clause: &'a Clause, word: &'static Word) {
        let mut operands = self.operands(clause);
        match word.name {
            "expect" => return parts.verify.checks.extend(self.expectation(clause, CheckKind::Expect, word)),
            "should" => return parts.verify.checks.extend(self.expectation(clause, CheckKind::Should, word)),
            "fail" => return parts.verify.checks.extend(self.expectation(clause, CheckKind::FailWhen, word)),
            "after" => return self.after(clause, word, None, &mut parts.after),
            "on" => {
                match self.on_failure(clause) {
                    Some(OnFailure::Steps(block)) => parts.verify.on_failure = Some(block),
                    other => parts.on_failure = other.or(parts.on_failure.take()),
                }
                return;
            }
            "mitigates" => parts.mitigates = true,
            "within" => {
                parts.verify.within = self.span_of_time(&mut operands, word);
                if operands.eat("every") {
                    parts.verify.every = self.span_of_time(&mut operands, word);
                }
            }
            "every" => parts.verify.every = self.span_of_time(&mut operands, word),
            "hold" => {
                parts.verify.hold = self.span_of_time(&mut operands, word);
                if operands.eat("tolerate")
                    && let Some(value) = self.needed(&mut operands, word)
                {
                    parts.tolerate = self.count(value, 0, 1_000_000, "`tolerate`");
                }
            }
            _ => {
                if let Some(value) = self.needed(&mut operands, word) {
                    parts.tolerate = self.count(value, 0, 1_000_000, "`tolerate`");
                }
            }
        }
        self.finish(&operands, word);
    }

    fn span_of_time(
        &mut self,
        operands: &mut crate::check::operands::Operands<'a>,
        word: &'static Word,
    ) -> Option<Duration> {
        let value = self.needed(operands, word)?;
        self.duration(value, &format!("`{}`", word.name)).map(|(length, _)| length)
    }
}

/// A verification that says nothing yet.
fn empty(place: crate::source::Place) -> Verify {
    Verify {
        name: Name { text: Arc::from(""), place },
        title: None,
        lets: Vec::new(),
        within: None,
        every: None,
        hold: None,
        tolerate: 0,
        checks: Vec::new(),
        on_failure: None::<Block>,
        place,
    }
}
