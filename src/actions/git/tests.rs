//! The `git` actions on real repositories.

mod checkout;
mod refs;
mod restore;
