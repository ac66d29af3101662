//! Undoing a run: its calls backwards, each by its capture or its step's `undo` block; then forwards what is undone by
//! running it again; then a look whether everything is as it was (`language.md` §8).

pub mod back;
mod bare;
mod chain;
mod change;
mod compare;
mod database;
mod depends;
mod execute;
pub mod left;
mod names;
mod obstacle;
pub mod plan;
mod standing;
pub mod trail;
mod verification;
mod verify;
pub mod walk;
mod whole;

pub(in crate::run) use chain::undone_by;
pub(in crate::run) use database::database;
pub use execute::{refusal, undo};
pub(in crate::run) use names::shared;
pub use plan::{UndoPlan, plan};
pub use standing::{Standing, standing};

#[cfg(test)]
pub(crate) use bare::policy as bare_for_tests;
