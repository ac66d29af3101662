//! A typed policy as a document: a runbook for people (Markdown), and the whole of it for programs (JSON).
//!
//! Reads the policy alone: nothing here may look at the world, so the same policy always gives the same text.

mod diff;
mod json;
mod markdown;
mod matrix;
mod message;
mod pen;
mod phase;
mod step;
mod text;
mod worst;

pub use diff::{Difference, Kind, differences};
pub use json::json;
pub use markdown::markdown;
