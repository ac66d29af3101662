//! Exit codes and what is said with them. The table in `docs/cli.md` is this one; a test compares them.

use std::fmt;

/// How a verb ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; also degraded and warned, which are said.
    Done = 0,
    /// It ran, and something failed or ended partial, compensated or inconclusive.
    Failed = 1,
    /// The call or the policy is wrong.
    Wrong = 2,
    /// Waits for a person.
    Person = 3,
    /// The world drifted from the saved plan.
    Drifted = 4,
    /// Another run holds the lock.
    Locked = 5,
    /// Refused by a guard, or declined before the first write: nothing changed.
    Refused = 6,
    /// The undo failed; a person must look.
    UndoFailed = 7,
    /// The plan changes something (`plan --detailed-exitcode`).
    Changes = 10,
    /// Interrupted; can be undone or resumed.
    Interrupted = 130,
}

impl Exit {
    /// Every code with its meaning, in order.
    pub const TABLE: &'static [(Self, &'static str)] = &[
        (Self::Done, "done (also degraded and warned, which are said)"),
        (Self::Failed, "it ran, and something failed or ended partial, compensated or inconclusive"),
        (Self::Wrong, "the call or the policy is wrong"),
        (Self::Person, "waits for a person"),
        (Self::Drifted, "the world drifted from the saved plan"),
        (Self::Locked, "another run holds the lock"),
        (Self::Refused, "refused by a guard, or declined before the first write: nothing changed"),
        (Self::UndoFailed, "the undo failed: a person must look"),
        (Self::Changes, "the plan changes something (`rbk plan --detailed-exitcode` only; nothing to change is 0)"),
        (Self::Interrupted, "interrupted; can be undone"),
    ];
}

/// Why a verb could not do its work: what, and what to do now.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// A lower-case fragment; empty when everything was said already.
    pub what: String,
    /// What to do now.
    pub hint: Option<String>,
    /// What else is wrong.
    pub also: Vec<Failure>,
}

impl Failure {
    /// A failure with this exit code.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), hint: None, also: Vec::new() }
    }

    /// The call or the policy is wrong.
    pub fn wrong(what: impl Into<String>) -> Self {
        Self::new(Exit::Wrong, what)
    }

    /// A failure about which everything was said already.
    pub fn said(exit: Exit) -> Self {
        Self::new(exit, "")
    }

    /// What to do now.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl From<crate::catalogue::error::Error> for Failure {
    fn from(error: crate::catalogue::error::Error) -> Self {
        use crate::catalogue::error::ErrorKind;
        let exit = match error.kind {
            ErrorKind::Refused | ErrorKind::OutsideRoot => Exit::Refused,
            ErrorKind::Drifted => Exit::Drifted,
            ErrorKind::Cancelled => Exit::Interrupted,
            _ => Exit::Failed,
        };
        Self { exit, what: error.what, hint: error.hint, also: Vec::new() }
    }
}

/// The result of a verb.
pub type Done = Result<Exit, Failure>;
