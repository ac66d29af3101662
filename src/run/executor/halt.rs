//! Why the execution of a node stops: the failure for the dispatcher and the error for a person.

use crate::catalogue::error::{Error, ErrorKind};
use crate::run::dispatcher::graph::Fail;

/// A failure on its way out of a node.
#[derive(Clone, Debug)]
pub struct Halt {
    /// What it is for the dispatcher.
    pub fail: Fail,
    /// What it is for a person.
    pub error: Error,
    /// The journal could not be written: nothing may happen any more.
    pub journal_lost: bool,
    /// What stands nearest to it said already what follows: it stops, whatever stands around says.
    pub decided: bool,
}

impl Halt {
    /// A failure of the ordinary kind.
    pub fn failed(error: Error) -> Self {
        Self { fail: Fail::Failed, error, journal_lost: false, decided: false }
    }

    /// The journal refused an intent.
    pub fn lost(error: Error) -> Self {
        Self { fail: Fail::Failed, error, journal_lost: true, decided: false }
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        let fail = match error.kind {
            ErrorKind::Cancelled => Fail::Interrupted,
            ErrorKind::Refused | ErrorKind::OutsideRoot => Fail::Refused,
            _ => Fail::Failed,
        };
        Self { fail, error, journal_lost: false, decided: false }
    }
}
