//! Readers of records: live on a terminal, as plain lines, as JSON; and afterwards, from the journal.
//!
//! INVARIANT: a reader never fails or delays a run; what cannot be written is dropped.

pub mod ending;
pub mod json;
pub mod lines;
pub mod list;
pub mod replay;
pub mod terminal;
mod told;
pub mod wording;

pub use crate::run::reporter::Reporter;

#[cfg(test)]
mod tests;
