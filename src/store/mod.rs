//! What outlives a run: its journal, captured content, and the lock of a root.
//!
//! Owns durability. It stores entries as text and knows nothing of what they mean; `run::journal` gives them their type.

mod database;
mod index;
pub mod keyring;
pub mod lock;
mod loose;
pub mod objects;
mod schema;
mod seal;
pub mod shelf;
pub mod sqlite;
mod standing;
pub mod state;
pub mod writer;

use std::sync::Arc;

use crate::catalogue::error::Result;
use crate::catalogue::keep::Keep;
use crate::catalogue::shelf::Generation;

pub use sqlite::Sqlite;
pub use writer::Ticket;

/// The number of a run inside one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RunNo(pub i64);

/// What a store keeps of a run from its beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The id of the run; that of its plan, so that a plan runs once.
    pub id: String,
    /// `run` or `undo`.
    pub kind: String,
    /// The policy's name.
    pub policy: String,
    /// The run that this one undoes.
    pub of: Option<String>,
    /// When it started.
    pub started: jiff::Timestamp,
    /// Sources, request and pinned values as JSON: what is needed to compile the same policy again.
    pub frozen: String,
}

/// One entry of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counted from 1 within the run.
    pub seq: u64,
    /// One JSON document.
    pub json: String,
}

/// A run as a list shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Its number here.
    pub no: RunNo,
    /// Its id.
    pub id: String,
    /// `run` or `undo`.
    pub kind: String,
    /// The policy's name.
    pub policy: String,
    /// The run that this one undoes.
    pub of: Option<String>,
    /// When it started.
    pub started: jiff::Timestamp,
    /// When it ended; absent while it runs and where it was cut short.
    pub ended: Option<jiff::Timestamp>,
    /// How it ended, as the outcome is written in records.
    pub outcome: Option<String>,
}

/// Where runs are kept. Appending is grouped: many transitions, one flush to disk.
pub trait Store: Send + Sync {
    /// Writes the head of a run, durably.
    ///
    /// # Errors
    /// When a run with this id is there already: a plan runs once.
    fn begin(&self, head: Head) -> Result<RunNo>;

    /// Appends entries; they are durable when the ticket says so. Entries of one caller keep their order.
    fn append(&self, run: RunNo, entries: Vec<Entry>) -> Ticket;

    /// Has everything written that was appended so far; does not wait for it. What nobody waits for and nobody urges is
    /// written with the next batch.
    fn urge(&self);

    /// Marks a run as ended, with its last entries.
    fn end(&self, run: RunNo, entries: Vec<Entry>, outcome: &str, at: jiff::Timestamp) -> Ticket;

    /// Every run, the latest first.
    fn runs(&self) -> Result<Vec<RunRow>>;

    /// The run that `name` means: an id, the beginning or end of one (at least four characters), or `last`.
    ///
    /// # Errors
    /// When none or several match; the error lists what there is.
    fn find(&self, name: &str) -> Result<RunRow>;

    /// Whether all of it can be read, as far as the store can tell by itself; asked before an undo rests on it.
    fn is_sound(&self) -> Result<()> {
        Ok(())
    }

    /// What was frozen at the start of a run.
    fn frozen(&self, run: RunNo) -> Result<String>;

    /// The entries of a run with a greater number than `after`, in order.
    fn entries(&self, run: RunNo, after: u64, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()>;

    /// The snapshots of a root: names and generations.
    fn snapshots(&self, root: &str) -> Result<Vec<(String, Generation)>>;

    /// Makes these, and no others, the generations of the snapshot `name` of a root. What was put before it is durable with it.
    fn set_snapshot(&self, root: &str, name: &str, generations: &[Generation]) -> Result<Ticket>;

    /// A promise that all that was put or appended so far is durable.
    fn settle(&self) -> Result<Ticket>;

    /// Where captured content goes. What was put is durable before any entry that is appended after it.
    fn keep(&self) -> Arc<dyn Keep>;
}
