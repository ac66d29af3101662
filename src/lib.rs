//! rbk: a compiler and runner for rollback policies.
//!
//! The stages in order; each one's output is the next one's input:
//! text → [`syntax`] → tree → [`check`] → policy → [`plan`] → plan → [`run`] → events → [`report`].

extern crate alloc; // the code that pest generates without its `std` feature names it

// What only looks at the world cannot change files: `clippy.toml` lists how, `catalogue::touch` alone may.
#[cfg_attr(not(test), deny(clippy::disallowed_methods))]
pub mod actions;
#[cfg_attr(not(test), deny(clippy::disallowed_methods))]
pub mod catalogue;
#[cfg_attr(not(test), deny(clippy::disallowed_methods))]
pub mod check;
pub mod cli;
pub mod diagnostics;
#[cfg_attr(not(test), deny(clippy::disallowed_methods))]
pub mod doc;
#[cfg_attr(not(test), deny(clippy::disallowed_methods))]
pub mod plan;
#[cfg_attr(not(test), deny(clippy::disallowed_methods))]
pub mod probes;
pub mod report;
pub mod run;
pub mod source;
pub mod store;
pub mod syntax;

/// Every action and probe of this build.
#[must_use]
pub fn catalogue() -> catalogue::unit::Catalogue {
    catalogue::unit::Catalogue::new(actions::all(), probes::all())
}
