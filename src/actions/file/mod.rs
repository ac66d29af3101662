//! The `file` family: changes of files, links and directories, each captured before and restored byte for byte.

mod append;
mod archive;
mod captured;
mod chmod;
mod copy;
mod ends;
mod extract;
mod link;
mod mkdir;
mod moving;
mod remove;
mod replace;
mod tarball;
mod wording;
mod write;

use std::sync::Arc;

pub(super) use captured::{CAPTURE_CAP, Captured, Verb, not_known_yet, present, refuse_too_large};
pub(super) use wording::{named, unchanged};
pub(super) use write::followed;

use crate::catalogue::unit::Action;

/// The actions of this family.
pub fn all() -> Vec<Arc<dyn Action>> {
    vec![
        Arc::new(Captured(copy::Copy)),
        Arc::new(moving::Move),
        Arc::new(Captured(remove::Remove)),
        Arc::new(Captured(write::Write)),
        Arc::new(Captured(append::Append)),
        Arc::new(Captured(replace::Replace)),
        Arc::new(Captured(link::Link)),
        Arc::new(Captured(mkdir::Mkdir)),
        Arc::new(chmod::Chmod),
        Arc::new(Captured(archive::Archive)),
        Arc::new(Captured(extract::Extract)),
    ]
}

#[cfg(test)]
mod tests;
