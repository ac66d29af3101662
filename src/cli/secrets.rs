//! Secrets that a run will need and that cannot be had: said before anything is changed, not in the middle.

use crate::catalogue::look::Look;
use crate::plan::model::Plan;
use crate::plan::secrets;

use super::exit::{Exit, Failure};

/// Refuses a run while a secret that one of its nodes uses has no value. The values are not kept: each is asked for again
/// where it is used.
pub fn are_there(plan: &Plan, look: &Look) -> Result<(), Failure> {
    let (mut what, mut hints) = (Vec::new(), Vec::new());
    for (name, user) in secrets::needed(plan) {
        if let Err(error) = look.secret(&name) {
            what.push(format!("{} (needed for `{user}`)", error.what));
            hints.extend(error.hint);
        }
    }
    if what.is_empty() {
        return Ok(());
    }
    let hint =
        if hints.is_empty() { "see to it that it can be read, then run again".to_owned() } else { hints.join("; ") };
    Err(Failure::new(Exit::Person, format!("{}; nothing was changed", what.join("; "))).hint(hint))
}
