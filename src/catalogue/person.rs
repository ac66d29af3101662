//! Asking a person: the interface that units see of whoever sits at the terminal.

use super::cancel::Cancel;
use super::error::Result;

/// What a person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was done.
    Done,
    /// It was not, and will not be.
    Not,
}

/// Somebody who can be asked.
pub trait Person: Send + Sync {
    /// Shows an instruction and waits for the answer, until `cancel` ends.
    fn ask(&self, instruction: &str, cancel: &Cancel) -> Result<Answer>;

    /// Asks whether something may be done, and waits for the answer, until `cancel` ends.
    fn agrees(&self, question: &str, cancel: &Cancel) -> Result<bool>;

    /// Shows an instruction whose completion the world will show.
    fn tell(&self, instruction: &str);
}
