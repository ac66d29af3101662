//! The wrong world: what went wrong outside the policy, said so that the reader can act.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a unit could not do its work. `what` says what and where, `hint` what to do now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Error {
    /// The family of the failure.
    pub kind: ErrorKind,
    /// A lower-case fragment: what went wrong, and where.
    pub what: String,
    /// What to do now.
    pub hint: Option<String>,
}

/// Families of failures, which decide outcomes and exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The action or probe failed.
    Failed,
    /// Its time was over.
    TimedOut,
    /// The run is being stopped.
    Cancelled,
    /// Refused before anything was changed.
    Refused,
    /// A value was of the wrong type or form when it came.
    Value,
    /// A value is needed and there is none: what `otherwise` is for.
    Absent,
    /// A path leaves the root.
    OutsideRoot,
    /// The world is not what the plan saw.
    Drifted,
    /// A thing was changed since the run left it.
    Changed,
    /// A program is not where programs are looked for.
    NoProgram,
    /// A mistake of this program.
    Internal,
    /// A person must do or decide something, and nobody can be asked here.
    WaitsForPerson,
}

/// A result of a unit.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A failure of `kind`.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), hint: None }
    }

    /// An ordinary failure.
    pub fn failed(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, what)
    }

    /// A refusal before anything was changed.
    pub fn refused(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, what)
    }

    /// A mistake of this program.
    pub fn internal(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, what).hint("this is a mistake of rbk itself; please report it")
    }

    /// An operating-system failure at `doing`, such as ``write `a/b` ``.
    pub fn io(doing: impl fmt::Display, source: &std::io::Error) -> Self {
        let hint = match source.kind() {
            std::io::ErrorKind::StorageFull => {
                Some("free some space; nothing was lost, the file that was being replaced is as it was")
            }
            std::io::ErrorKind::PermissionDenied => Some("check who owns it and as whom rbk runs"),
            std::io::ErrorKind::ReadOnlyFilesystem => Some("the file system is mounted read-only"),
            _ => None,
        };
        Self { kind: ErrorKind::Failed, what: format!("cannot {doing}: {source}"), hint: hint.map(str::to_owned) }
    }

    /// What to do now.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Error {}
