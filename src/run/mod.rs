//! From a plan to events: dispatching, executing, cancelling, undoing.

mod apart;
pub mod dispatcher;
pub mod event;
pub mod executor;
pub mod failure;
pub mod frozen;
pub mod journal;
mod outcome;
pub mod person;
pub mod process;
mod promises;
pub mod reporter;
pub mod rolled_back;
pub mod sealed;
pub mod secrets;
mod shell;
pub mod signals;
mod start;
pub mod typical;
pub mod undo;
pub mod what_if;

pub use start::{Ended, Setting, run, verify};

#[cfg(test)]
mod tests;
