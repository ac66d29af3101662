//! From text to a syntax tree, and back: `parse` and `format`.
//!
//! Owns everything about how a policy is written. It must not know any action, probe, clause word or unit: those live in
//! the catalogue and in the checker's tables.

pub mod ast;
mod dump;
pub mod format;
mod grammar;
mod lower;
mod parse;
mod recover;
mod scan;
pub mod string;
mod wording;
pub mod words;

pub use dump::{dump, same};
pub use format::{FormatError, format};
pub use parse::parse;

#[cfg(test)]
mod tests;
