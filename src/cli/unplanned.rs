//! Why a plan could not be made, as the command line says it, and the exit code of it.

use crate::catalogue::error::ErrorKind;
use crate::check::model::Policy;
use crate::plan::PlanError;

use super::exit::{Exit, Failure};

/// Ends what is said of a plan that could not be made.
pub const UNCHANGED: &str = "; nothing was changed";

/// The reason of a refusal as the command line says it.
pub fn failure(policy: &Policy, error: PlanError) -> Failure {
    match error {
        PlanError::Call { what, hint } => Failure::wrong(what).hint(hint),
        PlanError::Missing { name, hint } => {
            Failure::new(Exit::Person, format!("param `{name}` has no value")).hint(hint)
        }
        PlanError::Refused { what, values } => {
            let failure = Failure::new(Exit::Refused, format!("refused, nothing was changed: {what}"));
            if values.is_empty() {
                failure
            } else {
                failure.hint(format!("it was evaluated with {}", values.join(", ")))
            }
        }
        PlanError::World { place, error } => {
            let exit = planning(error.kind);
            let what = format!("{}: {}{UNCHANGED}", policy.sources.locate(place), error.what);
            // Said once.
            let hint = error.hint.map(|hint| hint.strip_suffix(UNCHANGED).map_or(hint.clone(), str::to_owned));
            Failure { exit, what, hint, also: Vec::new() }
        }
        PlanError::Several(all) => {
            let mut all = all.into_iter().map(|one| failure(policy, one));
            let first = all.next().unwrap_or_else(|| Failure::said(Exit::Wrong));
            Failure { also: all.collect(), ..first }
        }
        PlanError::Order { what } => {
            Failure::wrong(what).hint("the order of the text is the meaning; see `rbk explain E0301`")
        }
    }
}

/// The exit code of what went wrong while planning, when nothing has run: the policy is at fault where it is a value of its
/// own, and the world where it does not answer, or not as it must.
fn planning(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::Value | ErrorKind::Absent => Exit::Wrong,
        ErrorKind::Drifted => Exit::Drifted,
        ErrorKind::Cancelled => Exit::Interrupted,
        ErrorKind::WaitsForPerson => Exit::Person,
        ErrorKind::Internal => Exit::Failed,
        ErrorKind::Failed
        | ErrorKind::TimedOut
        | ErrorKind::Refused
        | ErrorKind::OutsideRoot
        | ErrorKind::Changed
        | ErrorKind::NoProgram => Exit::Refused,
    }
}
