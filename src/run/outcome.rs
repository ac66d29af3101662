//! What outcomes are called, and the exit code of each.

use super::event::{NodeOutcome, Outcome};

impl Outcome {
    /// Every outcome, best first.
    pub const ALL: &'static [Self] = &[
        Self::Done,
        Self::Degraded,
        Self::Warned,
        Self::Partial,
        Self::Compensated,
        Self::Inconclusive,
        Self::Failed,
        Self::Refused,
        Self::Declined,
        Self::UndoFailed,
        Self::Interrupted,
    ];

    /// As it is written in records and read in policies.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Degraded => "degraded",
            Self::Warned => "warned",
            Self::Partial => "partial",
            Self::Refused => "refused",
            Self::Declined => "declined",
            Self::Inconclusive => "inconclusive",
            Self::Failed => "failed",
            Self::Compensated => "compensated",
            Self::UndoFailed => "undo_failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// The outcome with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|outcome| outcome.word() == word)
    }

    /// The exit code of a run that ended so (`cli.md`).
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Done | Self::Degraded | Self::Warned => 0,
            Self::Partial | Self::Failed | Self::Compensated | Self::Inconclusive => 1,
            Self::Refused | Self::Declined => 6,
            Self::UndoFailed => 7,
            Self::Interrupted => 130,
        }
    }

    /// One sentence fragment for a person: what it means.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "everything was done and verified",
            Self::Degraded => "something that should hold does not",
            Self::Warned => "with failures that the policy lets pass",
            Self::Partial => "not everything was done",
            Self::Refused => "by a guard; nothing was changed",
            Self::Declined => "by a person; nothing was changed",
            Self::Inconclusive => "it could not be told whether it worked",
            Self::Failed => "what was done before stands",
            Self::Compensated => "it failed, and was put right as the policy says",
            Self::UndoFailed => "something could not be taken back; a person must look",
            Self::Interrupted => "before its end; what was done stands",
        }
    }
}

impl NodeOutcome {
    /// As it is written in records.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Already => "already",
            Self::Failed => "failed",
            Self::Degraded => "degraded",
            Self::Warned => "warned",
            Self::Refused => "refused",
            Self::Declined => "declined",
            Self::Inconclusive => "inconclusive",
            Self::Skipped => "skipped",
            Self::Interrupted => "interrupted",
            Self::Unknown => "unknown",
            Self::TakenBack => "taken back",
        }
    }

    /// Whether what depends on it may rely on it.
    #[must_use]
    pub const fn good(self) -> bool {
        matches!(self, Self::Done | Self::Already | Self::Degraded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_the_exit_code_of_the_table() {
        let table = [
            ("done", 0),
            ("degraded", 0),
            ("warned", 0),
            ("partial", 1),
            ("failed", 1),
            ("compensated", 1),
            ("inconclusive", 1),
            ("refused", 6),
            ("declined", 6),
            ("undo_failed", 7),
            ("interrupted", 130),
        ];
        assert_eq!(table.len(), Outcome::ALL.len());
        for (word, code) in table {
            let outcome = Outcome::parse(word).expect(word);
            assert_eq!(outcome.exit_code(), code, "{word}");
            assert_eq!(serde_json::to_value(outcome).unwrap(), word, "records and policies use one word");
        }
    }

    #[test]
    fn policies_may_expect_every_outcome_and_no_other() {
        let mut words: Vec<_> = Outcome::ALL.iter().map(|outcome| outcome.word()).collect();
        let mut known = crate::check::model::OUTCOMES.to_vec();
        words.sort_unstable();
        known.sort_unstable();
        assert_eq!(words, known);
    }
}
