//! The abstract graph that the dispatcher works on: order, blocks and failure policies, nothing of what nodes do.

use std::sync::Arc;

/// A node, by its index in text order.
pub type Index = usize;

/// What the dispatcher knows of a node.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Nodes that must have ended first; all stand before it in the text.
    pub before: Vec<Index>,
    /// The `parallel` block it is a member of. Members of one block are never ahead of each other.
    pub block: Option<u32>,
    /// What its failure means.
    pub on_failure: Policy,
    /// The items of loops with `tolerate` that it stands in, the innermost first. The nodes of an item stand together.
    pub within: Arc<[Within]>,
    /// How many of `within` are nearer to it than what `on_failure` was said for: those are asked first.
    pub nearer: usize,
    /// A `require` or an approval: while nothing was written yet, it refuses the run whatever its policy says.
    pub guard: bool,
}

/// An item of a loop that lets some of its items fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// The loop; an inner one is another loop in every item of the outer one.
    pub each: u32,
    /// The item.
    pub item: u32,
    /// How many items of the loop may fail.
    pub tolerated: u64,
}

/// What a failure means (`language.md` §8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Nothing new starts.
    #[default]
    Stop,
    /// It stops, and these nodes are undone, as far as they ran.
    Undo(Arc<[Index]>),
    /// The run goes on and can still succeed.
    Warn,
    /// The run goes on and ends partial.
    Continue,
    /// It stops, and a handler runs.
    Handle,
    /// Another way is tried for these nodes (`stage … otherwise`); the run goes on when that works.
    Otherwise(Arc<[Index]>),
}

impl Policy {
    /// Whether what comes later in the text still runs.
    #[must_use]
    pub const fn goes_on(&self) -> bool {
        matches!(self, Self::Warn | Self::Continue)
    }
}

/// How a node ended, as its executor saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Well.
    Done,
    /// `done when` held before.
    Already,
    /// Well, but a `should` did not hold.
    Degraded,
    /// Well, but something inside it failed under `warn`.
    Warned,
    /// Well, but something inside it failed under `continue`.
    Partial,
    /// Not.
    Failed(Fail),
    /// It was given back before it began.
    NotStarted,
}

/// The ways of failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fail {
    /// An action or expectation failed.
    Failed,
    /// A guard was false, or a unit refused.
    Refused,
    /// A person declined.
    Declined,
    /// Neither `expect` nor `fail when` by the end of `within`.
    Inconclusive,
    /// Ended by a signal to the run.
    Interrupted,
    /// A part of it failed, and what stands nearest to that part says that it stops.
    Stopped,
    /// It never came back.
    Unknown,
}

/// What is told to the dispatcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The run begins.
    Begin,
    /// A node that was started has ended; `wrote`: it began to change something.
    Ended { node: Index, end: End, wrote: bool },
    /// A node was taken back.
    TookBack { node: Index, how: Back },
    /// The handler of a failure ended.
    Handled { node: Index, ok: bool },
    /// The `always` blocks ended.
    AlwaysEnded { ok: bool },
    /// The run is asked to end: nothing new starts; with `kill`, what runs is being ended.
    Interrupt { kill: bool },
    /// The journal cannot be written: nothing may happen any more.
    JournalLost,
}

/// How taking back went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// All of it.
    Whole,
    /// Something irreversible is left, as announced.
    Left,
    /// It failed.
    Failed,
}

/// What the dispatcher wants done. Commands of one answer are carried out in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Start a node.
    Start(Index),
    /// Write down how a node ended; for good endings the executor has done so already.
    Record(Index, crate::run::event::NodeOutcome),
    /// Give back what was started but has not begun: each with [`End::NotStarted`].
    Recall,
    /// Say that the run stops, and because of which node.
    Stopping(Option<Index>),
    /// Take a node back; `of`: the node whose failure demands it.
    TakeBack { node: Index, of: Option<Index> },
    /// Run the handler of a node's failure.
    Handle(Index),
    /// Run the `always` blocks.
    Always,
    /// The run has ended.
    Finish(crate::run::event::Outcome),
}
