//! What checking and planning know of units: signatures, values, effects, and the two worlds.
//!
//! No action or probe is named here; implementations live in `actions` and `probes`, and `lib.rs` joins them.

pub mod args;
pub mod cancel;
pub mod change;
pub mod command;
mod digest;
pub mod effect;
pub mod error;
pub mod facts;
mod folder;
pub mod foreseen;
mod further;
mod generations;
pub mod json;
pub mod keep;
mod locate;
pub mod look;
pub mod path_text;
pub mod person;
pub mod reach;
mod read;
pub mod shelf;
pub mod show;
pub mod signature;
pub mod snapshot;
mod take;
#[doc(hidden)]
pub mod testing;
pub mod touch;
pub mod ty;
pub mod unit;
pub mod value;
pub mod visible;
