//! The `git` actions on real repositories.

mod checkout;
mod refs;
mod reset;
mod restore;
mod revert;
mod save;
mod stash;
