//! Named copies of files and folders of a root, in generations: where they are listed, as units see it. Their content lies
//! in the object store.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::error::Result;
use super::keep::{Keep, ObjectId};

/// A snapshot that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// Counted from 1, by name.
    pub number: u64,
    /// When it was taken.
    pub taken: jiff::Timestamp,
    /// Who took it: the operator as claimed, else as whom rbk ran.
    pub by: String,
    /// The run that took it.
    pub run: String,
    /// The paths that were named, as captures name them.
    pub paths: Vec<String>,
    /// Files and links.
    pub files: u64,
    /// Bytes in files.
    pub bytes: u64,
    /// The object that holds the states of all paths, as JSON.
    pub states: ObjectId,
    /// When all of its content was last read and matched its digests.
    pub verified: jiff::Timestamp,
}

/// Who takes a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taker {
    /// A person, as far as that is known.
    pub by: String,
    /// The id of the run.
    pub run: String,
}

/// The snapshots of one root.
pub trait Shelf: Send + Sync {
    /// Every name and the generations that are there of it, the oldest first.
    fn all(&self) -> Result<Vec<(String, Generation)>>;

    /// Where their content is.
    fn keep(&self) -> Result<Arc<dyn Keep>>;

    /// Who takes one here.
    fn taker(&self) -> Taker;

    /// Brings what was put into the object store to the disk.
    fn settle(&self) -> Result<()>;

    /// Makes these, and no others, the generations of `name`, durably and at once. What they hold is durable then, too.
    fn set(&self, name: &str, generations: &[Generation]) -> Result<()>;
}
