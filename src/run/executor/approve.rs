//! `approve by ROLE`: a person at the terminal agrees to a step before it does anything.
//!
//! Who sits there is not verified; the record says so.

use super::Frame;
use super::halt::Halt;
use crate::catalogue::error::{Error, ErrorKind};
use crate::catalogue::show;
use crate::check::expand::APPROVAL;
use crate::check::model::Step;
use crate::run::dispatcher::graph::Fail;

impl Frame<'_> {
    /// Asks, where the step wants it. Time spent on it is not the step's.
    pub(super) fn approved(&mut self, step: &Step) -> Result<(), Halt> {
        let Some(role) = &step.clauses.approve_by else { return Ok(()) };
        let key = self.key.clone();
        self.flush();
        let look = self.look.within(APPROVAL);
        let Some(person) = look.person() else {
            let what = format!("`{key}` wants the approval of `{}`, and there is no terminal to ask at", role.text);
            return Err(Error::new(ErrorKind::WaitsForPerson, what).hint("run it on a terminal").into());
        };
        let question = format!("`{key}` wants the approval of `{}`: may it be done?", role.text);
        let agreed = person.agrees(&question, look.cancel()).map_err(|error| {
            if error.kind != ErrorKind::TimedOut {
                return error;
            }
            let within = show::duration(APPROVAL.as_nanos() as f64);
            Error::new(ErrorKind::TimedOut, format!("`{}` has not approved `{key}` within {within}", role.text))
                .hint("run it again when they are there")
        })?;
        if agreed {
            self.note(format!("approved at the terminal; that it was `{}` is not verified", role.text));
            return Ok(());
        }
        let error = Error::refused(format!(
            "a person at the terminal declined `{key}`, which wants the approval of `{}`",
            role.text
        ));
        Err(Halt { fail: Fail::Declined, error, journal_lost: false, decided: false })
    }
}
