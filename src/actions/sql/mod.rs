//! The `sql` family on SQLite: run statements, copy a database while it is in use, bring one back.
//!
//! Statements of a call are one transaction, values are bound and never become SQL, and what a call overwrites is
//! captured first. Files of a live database are only ever replaced when no process has them open.

use std::sync::Arc;

use crate::catalogue::unit::Action;

pub mod backup;
pub mod bind;
mod capture;
mod compare;
pub mod connect;
mod copy;
pub mod exec;
mod gate;
mod openers;
pub mod place;
pub mod reader;
mod rehearse;
pub mod restore;
pub mod run_file;
pub mod script;
pub mod statements;
mod tables;

#[cfg(test)]
pub(crate) mod sandbox;
#[cfg(test)]
mod tests;

/// Every action of the family.
pub fn all() -> Vec<Arc<dyn Action>> {
    vec![Arc::new(exec::Exec), Arc::new(run_file::RunFile), Arc::new(backup::Backup), Arc::new(restore::Restore)]
}
