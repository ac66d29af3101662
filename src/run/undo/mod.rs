//! Undoing a run: its calls backwards, each by its capture or its step's `undo` block; then forwards what is undone by
//! running it again; then a look whether everything is as it was (`language.md` §8).

pub mod back;
mod bare;
mod execute;
pub mod plan;
pub mod trail;

pub use execute::undo;
pub use plan::{UndoPlan, plan};

#[cfg(test)]
pub(crate) use bare::policy as bare_for_tests;
