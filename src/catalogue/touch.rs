//! The world that can be changed: what `run` and `undo` receive, and nothing else does.
//!
//! Every change of a file goes through here: relative to opened directories, so that a link which appears on the way is
//! not followed; whole or not at all, so that a full disk or a crash leaves the old content; never rbk's own state.
#![allow(clippy::disallowed_methods, reason = "the one place that changes files")]

mod copy;
mod discard;
mod fill;
pub(in crate::catalogue) mod fresh;
mod meta;
mod restore;
mod write;

pub(crate) use fresh::{is_fresh, is_left_over, prefix as fresh_prefix};

use std::ops::Deref;
use std::sync::Arc;

use super::command::Spawn;
use super::look::Look;

/// The world, to be changed. Reads go through the [`Look`] that it derefs to.
#[derive(Clone)]
pub struct Touch {
    look: Look,
    sync_later: bool,
}

impl Touch {
    /// Only the executor of a run, and tests, make one.
    #[must_use]
    pub fn new(look: Look) -> Self {
        Self { look: look.allowing_exec(), sync_later: false }
    }

    /// The same world, in which writes and new directories reach the disk only by [`Touch::sync`]: for many files at
    /// once. Each is still placed by a rename.
    #[must_use]
    pub fn syncing_later(&self) -> Self {
        Self { sync_later: true, ..self.clone() }
    }

    /// What starts programs.
    #[must_use]
    pub fn spawn(&self) -> &Arc<dyn Spawn> {
        self.look.spawner()
    }
}

impl Deref for Touch {
    type Target = Look;

    fn deref(&self) -> &Look {
        &self.look
    }
}

#[cfg(test)]
mod tests;
