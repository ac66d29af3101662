//! The `git` family: bring files, the whole work tree, tags and branches to a commit; make, take back and put away commits.
//!
//! Reads and writes repositories through libgit2. Hooks are never run, and no other program is started.
//! What belongs to the repository itself (index, `HEAD`, refs) is kept and put back byte for byte by `own_file`;
//! files of the work tree go through the same capture and restore as those of the `file` family.

use std::sync::Arc;

use crate::catalogue::unit::Action;

mod apply;
pub mod branch;
pub mod checkout;
pub mod commit;
pub mod difference;
mod index;
pub mod lock;
mod merge;
mod own_file;
mod preview;
mod record;
pub mod reference;
pub mod repo;
pub mod reset;
pub mod restore;
pub mod revert;
mod rewrite;
pub mod save;
pub mod staged;
pub mod stash;
pub mod tag;
mod tip;
pub mod tree;
mod undo;

/// Every action of the family.
pub fn all() -> Vec<Arc<dyn Action>> {
    vec![
        Arc::new(restore::Restore),
        Arc::new(checkout::Checkout),
        Arc::new(reset::Reset),
        Arc::new(revert::Revert),
        Arc::new(save::Save),
        Arc::new(stash::Stash),
        Arc::new(tag::Tag),
        Arc::new(branch::Branch),
    ]
}

#[cfg(test)]
pub(crate) mod sandbox;
#[cfg(test)]
mod tests;
