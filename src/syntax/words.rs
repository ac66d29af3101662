//! The words that begin items, for suggestions and for telling what belongs where.
//!
//! Owns no rule: what these words mean is for the grammar (their shape) and the checker (their meaning).

use super::ast::Keyword;

/// The words that begin a top-level item.
pub const ITEMS: &[&str] = &[
    "policy",
    "import",
    "use",
    "param",
    "let",
    "secret",
    "environment",
    "severity",
    "role",
    "contact",
    "escalation",
    "channel",
    "template",
    "metric",
    "trigger",
    "phase",
    "verify",
    "preflight",
    "prepare",
    "incident",
    "on",
    "every",
    "action",
    "probe",
    "test",
    "host",
    "require",
];

/// The items that read like a clause inside a block, where they have no meaning.
pub(super) const TOP_ONLY: &[&str] =
    &["policy", "param", "secret", "environment", "severity", "phase", "metric", "trigger", "action"];

/// The words that begin a declaration inside a block.
pub const STATEMENTS: &[&str] = &[
    "step", "let", "verify", "stage", "scenario", "parallel", "for", "if", "observe", "always", "undo", "run",
    "require",
];

/// The words that are never names.
pub const RESERVED: &[&str] =
    &["when", "for", "in", "where", "if", "then", "else", "otherwise", "and", "or", "not", "true", "false", "none"];

/// The clauses that may stand at the top level: `require EXPR, "why"`, `requires rbk "…"` and `at most N
/// rollbacks per D`.
pub(super) const TOP_CLAUSES: &[&str] = &["require", "requires", "at"];

/// Whether `word` begins something at the top level, be it in its place there or not.
pub(super) fn is_item_start(word: &str) -> bool {
    ITEMS.contains(&word) || TOP_CLAUSES.contains(&word) || STATEMENTS.contains(&word)
}

/// The word of `known` that `word` most likely stands for: the same but for case, or a few letters away.
pub(super) fn nearest(word: &str, known: &[&'static str]) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase();
    if let Some(same) = known.iter().find(|known| **known == lower) {
        return Some(same);
    }
    let most = match word.len() {
        0..=2 => return None,
        3..=5 => 1,
        _ => 2,
    };
    let distance = |known: &str| strsim::damerau_levenshtein(&lower, known);
    known.iter().copied().filter(|known| distance(known) <= most).min_by_key(|known| distance(known))
}

impl Keyword {
    /// As it is written.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Import => "import",
            Self::Use => "use",
            Self::Param => "param",
            Self::Let => "let",
            Self::Secret => "secret",
            Self::Environment => "environment",
            Self::Severity => "severity",
            Self::Role => "role",
            Self::Contact => "contact",
            Self::Escalation => "escalation",
            Self::Channel => "channel",
            Self::Template => "template",
            Self::Metric => "metric",
            Self::Trigger => "trigger",
            Self::Phase => "phase",
            Self::Stage => "stage",
            Self::Scenario => "scenario",
            Self::Step => "step",
            Self::Verify => "verify",
            Self::Observe => "observe",
            Self::Parallel => "parallel",
            Self::Preflight => "preflight",
            Self::Prepare => "prepare",
            Self::Incident => "incident",
            Self::On => "on",
            Self::Every => "every",
            Self::Action => "action",
            Self::Probe => "probe",
            Self::Test => "test",
            Self::Host => "host",
            Self::Always => "always",
            Self::Undo => "undo",
            Self::Run => "run",
        }
    }

    /// Where it belongs when that is not the top level of a file.
    pub(super) const fn home(self) -> Option<&'static str> {
        match self {
            Self::Stage | Self::Scenario | Self::Observe => Some("a `phase`"),
            Self::Step | Self::Parallel => Some("a `phase`, `stage` or `scenario`"),
            Self::Always => Some("a `phase` or `stage`"),
            Self::Undo => Some("a `step` or `action`"),
            Self::Run => Some("an `action`"),
            _ => None,
        }
    }
}
