//! The registry of clause words: which block takes which, and how each is written.
//!
//! Owns the words; what a clause means stands with its item. A word that no block knows is a suggestion, never a bare
//! syntax error.

use super::checker::Checker;
use super::names::Meaning;
use super::quantity;
use crate::catalogue::value::Value;
use crate::diagnostics::{Code, Fix, suggest};
use crate::source::Place;
use crate::syntax::ast::{Clause, Decl, ExprKind, Operand, StmtKind};

/// A word that begins a clause.
pub struct Word {
    /// As it is written.
    pub name: &'static str,
    /// With what follows it.
    pub usage: &'static str,
    /// Whether a block may have it more than once.
    pub many: bool,
}

/// The clauses of one kind of block.
pub struct Clauses {
    /// `a step`, for messages.
    pub block: &'static str,
    /// What it takes.
    pub words: &'static [Word],
    /// The items that stand in it as well, for suggestions.
    pub items: &'static [&'static str],
}

const fn once(name: &'static str, usage: &'static str) -> Word {
    Word { name, usage, many: false }
}

const fn many(name: &'static str, usage: &'static str) -> Word {
    Word { name, usage, many: true }
}

/// What stands in a phase, stage, scenario, `parallel`, `for`, `if`, `always` or handler.
const ITEMS: &[&str] = &["step", "verify", "let", "observe", "parallel", "for", "if", "stage"];

const ON_FAILURE: Word = many("on", "on failure stop | undo | warn | continue | run PHASE | { … }");
const REQUIRE: Word = many("require", "require EXPR, \"why\"");
const WITHIN: Word = once("within", "within 30s");

pub static POLICY: Clauses = Clauses {
    block: "a policy",
    words: &[
        once("owner", "owner \"team\""),
        once("root", "root \".\""),
        once("roots", "roots [\"../logs\"]"),
        once("requires", "requires rbk \">= 0.1\""),
        ON_FAILURE,
        once("defaults", "defaults { timeout 2m }"),
        once("lints", "lints { allow no_verification }"),
        once("at", "at most 2 rollbacks per 1h"),
    ],
    items: &[],
};

pub static DEFAULTS: Clauses = Clauses { block: "`defaults`", words: &[once("timeout", "timeout 2m")], items: &[] };

pub static LINTS: Clauses = Clauses {
    block: "`lints`",
    words: &[
        many("allow", "allow no_verification"),
        many("warn", "warn no_verification"),
        many("deny", "deny no_verification, undo_unsaid"),
    ],
    items: &[],
};

pub static SEVERITY: Clauses = Clauses {
    block: "a severity",
    words: &[
        WITHIN,
        once("start", "start automatically | after approval(by: ROLE, within: 10m) | by hand"),
        once("observe", "observe"),
        once("skip", "skip graceful"),
    ],
    items: &[],
};

pub static ROLE: Clauses = Clauses {
    block: "a role",
    words: &[
        many("members", "members \"name\", key(\"ssh-ed25519 …\")"),
        many("may", "may start up to SEVERITY | approve | emergency"),
    ],
    items: &[],
};

pub static ENVIRONMENT: Clauses = Clauses {
    block: "an environment",
    words: &[
        once("automatic", "automatic off"),
        many("mute", "mute CHANNEL"),
        once("deadlines", "deadlines advisory"),
        once("confirm", "confirm typed"),
    ],
    items: &[],
};

pub static PHASE: Clauses = Clauses {
    block: "a phase",
    words: &[many("depends", "depends on PHASE"), many("include", "include PHASE"), REQUIRE, ON_FAILURE, WITHIN],
    items: &["step", "verify", "let", "observe", "parallel", "for", "if", "stage", "scenario", "always"],
};

pub static STAGE: Clauses = Clauses { block: "a stage", words: &[REQUIRE, ON_FAILURE, WITHIN], items: ITEMS };

pub static SCENARIO: Clauses = Clauses {
    block: "a scenario",
    words: &[many("symptoms", "symptoms \"what is seen\""), once("detect", "detect EXPR"), REQUIRE],
    items: ITEMS,
};

pub static BLOCK: Clauses = Clauses { block: "this block", words: &[REQUIRE], items: ITEMS };

pub static STEP: Clauses = Clauses {
    block: "a step",
    words: &[
        many("after", "after STEP"),
        once("timeout", "timeout 30s"),
        once("retry", "retry 3 every 5s backoff 2"),
        once("graceful", "graceful"),
        many("reads", "reads \"logs/**\""),
        many("writes", "writes \"db:main\""),
        many("touches", "touches \"server/**\""),
        once("idempotent", "idempotent"),
        once("done", "done when EXPR"),
        once("undo", "undo { … }`, `undo repeat` or `undo none"),
        once("irreversible", "irreversible \"why\""),
        once("approve", "approve by ROLE"),
        once("preview", "preview CALL"),
        ON_FAILURE,
        WITHIN,
        once("by", "by 1m"),
        once("mitigates", "mitigates"),
        REQUIRE,
        many("expect", "expect EXPR, \"why\""),
    ],
    items: &["let", "for", "if"],
};

/// What an action of one's own says besides its `let`s, its `run { … }` and its `undo { … }`.
pub static ACTION: Clauses = Clauses {
    block: "an action",
    words: &[
        once("timeout", "timeout 30s"),
        many("reads", "reads \"logs/**\""),
        many("writes", "writes \"db:main\""),
        many("touches", "touches \"server/**\""),
        once("idempotent", "idempotent"),
        once("done", "done when EXPR"),
        once("undo", "undo { … }`, `undo repeat` or `undo none"),
        once("irreversible", "irreversible \"why\""),
        once("preview", "preview CALL"),
        REQUIRE,
    ],
    items: &["let", "run"],
};

/// What stands in `undo { … }` and in a `for` or `if` within a step.
pub static STATEMENTS: Clauses = Clauses {
    block: "this block of a step",
    words: &[REQUIRE, many("expect", "expect EXPR, \"why\"")],
    items: &["let", "for", "if"],
};

pub static VERIFY: Clauses = Clauses {
    block: "a verification",
    words: &[
        once("within", "within 20s every 1s"),
        once("every", "every 1s"),
        once("hold", "hold 5m tolerate 1"),
        once("tolerate", "tolerate 1"),
        many("expect", "expect EXPR, \"why\""),
        many("should", "should EXPR, \"why\""),
        many("fail", "fail when EXPR"),
        ON_FAILURE,
        once("mitigates", "mitigates"),
        many("after", "after STEP"),
    ],
    items: &["let"],
};

pub static METRIC: Clauses = Clauses {
    block: "a metric",
    words: &[
        once("title", "title \"what it measures\""),
        once("every", "every 15s"),
        once("baseline", "baseline 200MB` or `baseline recorded"),
        once("missing", "missing hold` or `fire` or `clear"),
    ],
    items: &[],
};

/// Besides the names of severities.
pub static TRIGGER: Clauses = Clauses {
    block: "a trigger",
    words: &[
        once("title", "title \"what is wrong\""),
        once("clear", "clear when EXPR for 2m"),
        many("unless", "unless EXPR"),
        once("missing", "missing hold` or `fire` or `clear"),
        many("start", "start PHASE scenario NAME"),
    ],
    items: &[],
};

/// How a rule is written; its word is a severity.
pub static RULE: Word = many("rule", "SEVERITY when EXPR for 1m`, `for 5 samples` or `SEVERITY by hand(ROLE)");

pub static TEMPLATE: Clauses = Clauses {
    block: "a template",
    words: &[once("subject", "subject \"text\""), once("body", "body \"\"\"text\"\"\"")],
    items: &[],
};

pub static CONTACT: Clauses = Clauses {
    block: "a contact",
    words: &[once("name", "name \"who\""), many("via", "via CHANNEL` or `via email \"address\"")],
    items: &[],
};

pub static ESCALATION: Clauses =
    Clauses { block: "an escalation", words: &[many("at", "at 5m \"L2\" page(CONTACT) propose PHASE")], items: &[] };

pub static MESSAGES: Clauses = Clauses { block: "an event", words: &[], items: &[] };

pub static PREFLIGHT: Clauses = Clauses {
    block: "a preflight",
    words: &[REQUIRE, many("confirm", "confirm \"what\" by ROLE every 90d")],
    items: &["let"],
};

pub static PREPARE: Clauses = Clauses { block: "`prepare`", words: &[REQUIRE], items: ITEMS };

pub static INCIDENT: Clauses = Clauses {
    block: "an incident",
    words: &[
        once("records", "records \"incidents/\""),
        many("append", "append \"lessons.md\""),
        many("export", "export \"rollbacks.jsonl\" { field: EXPR }"),
        many("ask", "ask root_cause, prevention"),
        many("followup", "followup \"what\" by 24h owner CONTACT covers \"this\", \"that\""),
    ],
    items: &[],
};

pub static TEST: Clauses = Clauses {
    block: "a test",
    words: &[
        many(
            "given",
            "given METRIC = series(…)`, `given PARAM = VALUE`, `given files { … }` or `given step NAME fails",
        ),
        many("expect", "expect fired(TRIGGER) in 5m..10m`, `expect run(PHASE).outcome == done` or `expect EXPR"),
    ],
    items: &[],
};

pub static HOST: Clauses = Clauses { block: "a host", words: &[many("roles", "roles \"app\"")], items: &[] };

static ALL: &[&Clauses] = &[
    &POLICY,
    &SEVERITY,
    &ROLE,
    &ENVIRONMENT,
    &PHASE,
    &SCENARIO,
    &STEP,
    &VERIFY,
    &DEFAULTS,
    &METRIC,
    &TRIGGER,
    &TEMPLATE,
    &CONTACT,
    &ESCALATION,
    &PREFLIGHT,
    &INCIDENT,
    &TEST,
    &HOST,
];

/// Which words a block had, and where.
#[derive(Default)]
pub struct Seen<'a>(Vec<(&'a str, Place)>);

impl<'a> Checker<'a> {
    /// The word of a clause that `block` takes; anything else is reported.
    pub fn clause_word(
        &mut self,
        block: &'static Clauses,
        clause: &'a Clause,
        seen: &mut Seen<'a>,
    ) -> Option<&'static Word> {
        let name = self.word(clause.word);
        let place = self.place(clause.word.0);
        let Some(word) = block.words.iter().find(|word| word.name == name) else {
            self.unknown_clause(block, clause);
            return None;
        };
        if self.torn_quantity(clause) {
            return None;
        }
        if !word.many {
            if let Some((_, first)) = seen.0.iter().find(|(known, _)| *known == name) {
                let first = *first;
                self.error(Code::DuplicateName, clause.word.0, format!("`{name}` is given twice"))
                    .set_label("given again here")
                    .add_place(first, "given first here")
                    .set_help(format!("{} has one: `{}`", block.block, word.usage));
            } else {
                seen.0.push((name, place));
            }
        }
        Some(word)
    }

    /// The clauses of an item that has nothing else.
    pub fn clauses_of(
        &mut self,
        decl: &'a Decl,
        block: &'static Clauses,
        mut each: impl FnMut(&mut Self, &'a Clause, &'static Word),
    ) {
        let mut seen = Seen::default();
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            match &stmt.kind {
                StmtKind::Clause(clause) => {
                    if let Some(word) = self.clause_word(block, clause, &mut seen) {
                        each(self, clause, word);
                    }
                }
                StmtKind::Decl(inner) => self.misplaced(inner, block.block),
                StmtKind::Expr(_) | StmtKind::For(_) | StmtKind::If(_) => self.only_clauses(stmt.span, block),
                StmtKind::Error => {}
            }
        }
    }

    /// Something that is no clause where only clauses stand.
    pub fn only_clauses(&mut self, span: crate::source::Span, block: &'static Clauses) {
        let words: Vec<_> = block.words.iter().map(|word| word.name).collect();
        self.error(Code::WrongPlace, span, format!("this does not stand in {}", block.block))
            .set_label("not expected here")
            .set_help(format!("{} takes {}", block.block, suggest::alternatives(&words, "and")));
    }

    /// `timeout 5 s`: a quantity with a blank in it.
    fn torn_quantity(&mut self, clause: &'a Clause) -> bool {
        for pair in clause.operands.windows(2) {
            let [Operand::Expr(number), Operand::Expr(unit)] = pair else { continue };
            if !matches!((&number.kind, &unit.kind), (ExprKind::Number, ExprKind::Name)) {
                continue;
            }
            let whole = format!("{}{}", self.slice(number.span), self.slice(unit.span));
            if matches!(quantity::read(&whole), Ok(Value::Quantity(_))) {
                let span = number.span.to(unit.span);
                let place = self.place(span);
                let found = self.error(Code::BareNumber, span, "a quantity has no blank before its unit");
                found.set_label("a number and a unit").set_help(format!("write `{whole}`"));
                found.fix = Some(Fix { title: format!("write `{whole}`"), edits: vec![(place, whole)] });
                return true;
            }
        }
        false
    }

    /// A word that begins no clause here, because it is meant as something else.
    fn no_clause(&mut self, clause: &'a Clause) -> Option<String> {
        let name = self.word(clause.word);
        let text = self.slice(clause.span);
        let rest = text[name.len()..].trim();
        match clause.operands.first() {
            // `good = …`
            Some(Operand::Assign(value)) if clause.block.is_none() => {
                let value = self.slice(value.span);
                self.declare(clause.word, Meaning::Broken);
                Some(format!("to name a value write `let {name} = {value}`"))
            }
            Some(Operand::Expr(_)) if self.catalogue.action(name).is_some() && clause.block.is_none() => {
                Some(format!("a call has parentheses: write `{name}({rest})`"))
            }
            _ => None,
        }
    }

    /// A word that begins no clause here.
    pub fn unknown_clause(&mut self, block: &'static Clauses, clause: &'a Clause) {
        let name = self.word(clause.word);
        if let Some(help) = self.no_clause(clause) {
            self.error(Code::UnknownClause, clause.word.0, format!("`{name}` is no clause of {}", block.block))
                .set_label("no such clause here")
                .set_help(help);
            return;
        }
        let own = block.words.iter().map(|word| word.name).chain(block.items.iter().copied());
        let elsewhere = ALL.iter().find(|other| other.words.iter().any(|word| word.name == name));
        let help = match (self.guess(name, own), elsewhere) {
            (Some(near), _) => near,
            (None, Some(other)) => format!("`{name}` stands in {}", other.block),
            (None, None) => {
                let words: Vec<_> = block.words.iter().map(|word| word.name).collect();
                format!("{} takes {}", block.block, suggest::alternatives(&words, "and"))
            }
        };
        self.error(Code::UnknownClause, clause.word.0, format!("`{name}` is no clause of {}", block.block))
            .set_label("no such clause here")
            .set_help(help);
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn usages_begin_with_their_word() {
        for word in ALL.iter().flat_map(|block| block.words) {
            assert!(word.usage.starts_with(word.name), "{}", word.usage);
        }
    }
}
