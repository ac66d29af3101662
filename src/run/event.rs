//! The one vocabulary of what happens in a run. Reporters, the journal and replays all speak it.

use serde::{Deserialize, Serialize};

use crate::catalogue::error::Error;
use crate::catalogue::unit::Capture;
use crate::catalogue::value::Value;

/// Under what a node is known that runs again as its undo.
pub const AGAIN: &str = "again";

/// The outcome of a run (`language.md` §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "named as in the language")]
pub enum Outcome {
    Done,
    Degraded,
    Warned,
    Partial,
    Refused,
    Declined,
    Inconclusive,
    Failed,
    Compensated,
    UndoFailed,
    Interrupted,
}

/// The outcome of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeOutcome {
    Done,
    /// `done when` held before.
    Already,
    Failed,
    /// A failed `should`.
    Degraded,
    /// Failed under `warn`.
    Warned,
    Refused,
    Declined,
    Inconclusive,
    /// Never started.
    Skipped,
    /// Ended by a signal to the run.
    Interrupted,
    /// Started, and nobody knows how it ended.
    Unknown,
    /// Ran, then taken back.
    TakenBack,
}

/// Which kind of run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Of a policy.
    Run,
    /// The undo of another run.
    Undo,
    /// Only verifications; it is not kept.
    Verify,
}

/// One thing that happened. `node` is the stable key of a plan's node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// First of every run.
    RunStarted {
        kind: RunKind,
        policy: String,
        phases: Vec<String>,
        target: crate::plan::model::Target,
        nodes: Vec<NodeInfo>,
        of: Option<String>,
    },
    /// A node is about to start: durable before it does anything.
    NodeStarted { node: String, attempt: u32 },
    /// A call inside a node is about to run, with what was captured: durable before it runs.
    CallStarted {
        node: String,
        call: usize,
        action: String,
        text: String,
        capture: Capture,
        /// Its arguments in the order of the signature, absent and unevaluated ones as null; what an undo needs.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        args: Vec<Option<Value>>,
        /// The state of what it will write.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<crate::catalogue::unit::Fingerprint>,
        /// The number of the record whose call this one takes back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undoes: Option<u64>,
    },
    /// A step began whose undo is not simply that of its calls, or that stands inside another node: what an undo
    /// needs to know of it.
    Entered {
        node: String,
        /// File, start and end of the step in the frozen sources.
        place: (u16, u32, u32),
        undo: UndoNote,
        /// `irreversible "why"`
        #[serde(default, skip_serializing_if = "Option::is_none")]
        irreversible: Option<String>,
        /// Values of loop variables and local bindings, by the number of the binding.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        locals: Vec<(u32, Value)>,
    },
    /// A call of an action of the policy's own began, whose undo is not simply that of its calls. Until it is left, what
    /// the node does and binds belongs to it.
    GroupEntered {
        node: String,
        /// As it is called: `x.restart`.
        name: String,
        /// File, start and end of the definition's name in the frozen sources.
        place: (u16, u32, u32),
        undo: UndoNote,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        irreversible: Option<String>,
        /// Values of its parameters, by the number of the binding.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        locals: Vec<(u32, Value)>,
    },
    /// The innermost one of the node ended, however it did.
    GroupLeft { node: String },
    /// A call ended.
    CallEnded {
        node: String,
        call: usize,
        result: Result<Value, Error>,
        after: Option<crate::catalogue::unit::Fingerprint>,
    },
    /// What a call left was changed later in the same run, by something that cannot say what it writes; this is how
    /// the run left it.
    Left { node: String, call: usize, after: crate::catalogue::unit::Fingerprint },
    /// A value was bound.
    Bound {
        node: String,
        name: String,
        value: Value,
        /// The number of the binding in the policy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        binding: Option<u32>,
    },
    /// What a child wrote; for reporters, and kept bounded.
    Output { node: String, stream: Stream, text: String, dropped: u64 },
    /// A verification's round.
    Round { node: String, round: u32, holds: usize, of: usize, detail: Vec<String> },
    /// A sample of an `observe`.
    Sampled { name: String, when: String, value: Value },
    /// A retry is about to happen.
    Retrying {
        node: String,
        attempt: u32,
        error: Error,
        pause_ms: u64,
        /// What the attempt had changed was restored from its captures.
        #[serde(default)]
        restored: bool,
        /// Something had been captured, so there was something to restore.
        #[serde(default)]
        captured: bool,
        /// A command had run, and what it changed was not captured: that stays.
        #[serde(default)]
        ran: bool,
        /// The first call that this is about; those before it stand.
        #[serde(default)]
        from_call: usize,
    },
    /// A node ended: durable before anything that depends on it starts.
    NodeEnded { node: String, outcome: NodeOutcome, error: Option<Error>, millis: u64 },
    /// A node is being taken back, and why.
    TakingBack { node: String, why: String },
    /// It was, or was not.
    TakenBack { node: String, error: Option<Error> },
    /// What a node did stays as it is, and why: it cannot be taken back. In a run it stands in the place of `taken_back`;
    /// the rest of the node, if there is any, was taken back.
    NotUndone { node: String, title: Option<String>, why: String },
    /// A promise of time was not kept: `within` counts from the beginning of what it was said for, `by` from the start of
    /// the run. Nothing is ended because of it.
    DeadlineMissed { node: Option<String>, promise: String, limit_ms: u64, took_ms: u64 },
    /// A signal or a failure asked the run to end.
    Stopping { why: String, urgency: String },
    /// Something a person should know.
    Note { node: Option<String>, text: String },
    /// Last of every run that ended by itself.
    RunEnded { outcome: Outcome, millis: u64, summary: String, next: Option<String> },
}

/// How a step says that it is undone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UndoNote {
    /// By the captures of its calls.
    #[default]
    Restore,
    /// `undo { … }`
    Block,
    /// `undo repeat`
    Repeat,
    /// `undo none`
    None,
}

/// What reporters know of a node beforehand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NodeInfo {
    pub key: String,
    pub title: Option<String>,
    pub kind: String,
    /// Keys of the nodes that it waits for.
    pub after: Vec<String>,
    /// On the critical path.
    pub critical: bool,
}

/// Which stream of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Stream {
    Stdout,
    Stderr,
}

/// An event of a run with its number and time; one line of `--format json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Record {
    /// The run.
    pub run: String,
    /// Counted from 1.
    pub seq: u64,
    /// UTC.
    pub time: jiff::Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}
