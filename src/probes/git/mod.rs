//! The `git` family of probes: what a repository says of its commits, refs and work tree. Only reads; the index is not
//! refreshed either.

use std::sync::Arc;

use crate::catalogue::unit::Probe;

mod branch_name;
mod changed;
mod clean;
mod commit_of;
mod head;
mod tag_exists;
mod tree_has;

/// Every probe of the family.
pub fn all() -> Vec<Arc<dyn Probe>> {
    vec![
        Arc::new(branch_name::BranchName),
        Arc::new(changed::Changed),
        Arc::new(clean::Clean),
        Arc::new(commit_of::CommitOf),
        Arc::new(head::Head),
        Arc::new(tag_exists::TagExists),
        Arc::new(tree_has::TreeHas),
    ]
}

#[cfg(test)]
mod tests;
