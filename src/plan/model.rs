//! The plan: what `rbk plan` shows, what is saved, and what a run executes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::catalogue::effect::Effects;
use crate::catalogue::unit::{Fingerprint, Preview};
use crate::catalogue::value::Value;
use crate::check::expand::{ExpandedCall, Handling, InStage, Member, PinnedProbes, Within};
use crate::check::model::{BindingId, Policy};
use crate::source::Place;

/// Index into [`Plan::nodes`]; nodes stand in text order, so a smaller id is earlier in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct NodeId(pub u32);

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Request {
    /// Phases by name; empty: the only one.
    pub phases: Vec<String>,
    /// `--all`
    pub all: bool,
    /// `--with-dependents`
    pub with_dependents: bool,
    /// `--again`
    pub again: bool,
    /// `--severity`
    pub severity: Option<String>,
    /// `--scenario`
    pub scenario: Option<String>,
    /// `--env`
    pub environment: Option<String>,
    /// `--set name=value`, as written.
    pub set: BTreeMap<String, String>,
    /// Those of `set` that were not given, but asked for at the terminal.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub asked: BTreeSet<String>,
    /// `--params FILE`, as it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<ParamsFile>,
    /// `--emergency`: graceful steps are left out.
    pub emergency: bool,
    /// `--probe`: commands in expressions may run while planning.
    pub probe: bool,
    /// `--jobs`; how many nodes run at once.
    pub jobs: usize,
    /// `--operator`, a claim.
    pub operator: Option<String>,
    /// `--reason`
    pub reason: Option<String>,
}

/// A file of params, and what it says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ParamsFile {
    /// Its path as given.
    pub file: String,
    /// Values by the name of their param, as the file has them.
    pub values: BTreeMap<String, serde_json::Value>,
}

/// A plan. What of it is saved is [`Saved`]; the rest is compiled again from the saved sources.
#[derive(Clone)]
pub struct Plan {
    /// Drawn when planned; a plan runs once.
    pub id: uuid::Uuid,
    /// When it was made.
    pub made: jiff::Timestamp,
    /// The policy it was made from, frozen.
    pub policy: Arc<Policy>,
    /// What was asked for.
    pub request: Request,
    /// Where it acts.
    pub target: Target,
    /// The phases that run, in order.
    pub phases: Vec<String>,
    /// The effective value of each param and where it came from.
    pub params: Vec<Param>,
    /// What was bound when planned, and what will be bound later.
    pub pins: Vec<Pin>,
    /// Values of bindings that are known when planned.
    pub values: BTreeMap<BindingId, Value>,
    /// In text order.
    pub nodes: Vec<Node>,
    /// The transitive reduction, each edge with its reason.
    pub edges: Vec<Edge>,
    /// Names and values of `run.…` that are fixed when planned.
    pub pinning: crate::check::expand::Pinning,
    /// Steps that were left out, and why: `graceful`.
    pub skipped: Vec<(String, String)>,
    /// Worst case against each deadline.
    pub times: Times,
    /// What it took before; absent where it never ran.
    pub typical: Option<Typical>,
}

impl Plan {
    /// The name of the run of this plan: sortable, and short enough to type. Drawn when planned.
    #[must_use]
    pub fn run_id(&self) -> Arc<str> {
        run_id(self.id, self.made)
    }

    /// Whether a run would change anything, as far as can be seen now.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.nodes.iter().any(Node::may_change)
    }

    /// The nodes that nothing takes back, and why.
    #[must_use]
    pub fn not_undoable(&self) -> Vec<(String, String)> {
        let lost = |node: &Node| match &node.undo {
            Taken::Never { why } => Some((node.key.clone(), why.clone())),
            _ => None,
        };
        self.nodes.iter().filter_map(lost).collect()
    }

    /// The node with this id.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }
}

/// `20261121-040312-7f3a`: when it was planned (UTC), and enough of the id to tell two of one second apart.
#[must_use]
pub fn run_id(id: uuid::Uuid, made: jiff::Timestamp) -> Arc<str> {
    let hex = id.simple().to_string();
    Arc::from(format!("{}-{}", made.strftime("%Y%m%d-%H%M%S"), &hex[hex.len() - 4..]))
}

/// Where a plan acts; the first thing that is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Target {
    /// The environment's name, where the policy has any.
    pub environment: Option<String>,
    /// What is different there, in words: `deadlines advisory`, `automatic off`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub says: Vec<String>,
    /// The root, absolute.
    pub root: String,
    /// The name of this machine.
    pub host: String,
    /// As whom rbk runs.
    pub user: String,
    /// The claimed operator.
    pub operator: Option<String>,
}

/// A param's effective value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// As it reads.
    pub value: String,
    /// `default`, `--set`, `asked for`, `--params prod.toml`, `environment production`, `RBK_NAME`.
    pub origin: String,
}

/// A `let` and how it was bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Pin {
    /// Its name, with the phase where it is a local one.
    pub name: String,
    /// The value; absent when it is bound by a run.
    pub value: Option<Value>,
    /// The expression as written: `git.commit_of("HEAD~1")`.
    pub from: String,
    /// `known after revert`, when absent.
    pub after: Option<String>,
    /// Whether it came from the world (and so may drift) or from the text alone.
    pub relative: bool,
    /// Whether a saved plan is refused when it differs: a call or condition uses it, and it is no measurement.
    pub compared: bool,
}

/// A node of the graph.
#[derive(Clone)]
pub struct Node {
    /// Its index.
    pub id: NodeId,
    /// Stable and unique in the plan: `revert`, `disable[cache]`, `health`, `require@12`.
    pub key: String,
    /// The title for a person, or nothing.
    pub title: Option<String>,
    /// What it is and what it executes.
    pub work: Work,
    /// The stage it stands in, counted over all phases; nodes of different stages never overlap.
    pub stage: usize,
    /// The phase it belongs to.
    pub phase: String,
    /// Values of variables that are fixed for this node (elements of unrolled `for`s).
    pub locals: Arc<BTreeMap<BindingId, Value>>,
    /// What it reads and writes, with everything in its header and conditions.
    pub effects: Effects,
    /// Nothing may overlap it (`language.md` §7).
    pub gate: bool,
    /// Every call of it can be undone byte for byte, so it may run ahead.
    pub exact: bool,
    /// The `parallel` block it is a member of; members of one block are never ahead of each other.
    pub member: Option<Member>,
    /// Where it stands in the text.
    pub place: Place,
    /// Name of the `stage` around it.
    pub stage_name: Option<Arc<str>>,
    /// The calls of a step, with their arguments as far as they are known.
    pub calls: Vec<ExpandedCall>,
    /// Answers of probes in its header and arguments, pinned when planned.
    pub pinned: PinnedProbes,
    /// What happens when it fails.
    pub handling: Handling,
    /// The items of unrolled loops with `tolerate` around it, the outermost first.
    pub within: Arc<[Within]>,
    /// The `stage` around it.
    pub in_stage: InStage,
    /// The part of `worst` in which a person is waited for.
    pub people: Duration,
    /// The names of values that are known only when it runs, and after what.
    pub known_after: Vec<(String, String)>,
    /// One preview per call; empty for what does not change anything.
    pub previews: Vec<CallPreview>,
    /// What `preview` asks.
    pub shows: Vec<Show>,
    /// What that told; empty until somebody asks.
    pub shown: Vec<Shown>,
    /// In words: the state left, who is told, the next command.
    pub if_it_fails: String,
    /// What it will ask and what the answer is now; empty until somebody asks.
    pub expectations: Vec<Expectation>,
    /// How what it did is taken back.
    pub undo: Taken,
    /// Its worst case.
    pub worst: Duration,
    /// The time it is killed at.
    pub timeout: Duration,
    /// Whether a deadline counts to here.
    pub mitigates: bool,
    /// Whether it may change something.
    pub changes: bool,
}

pub use crate::check::expand::{Show, Work};

/// Something that a node will ask, and the answer now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Expectation {
    /// What for.
    pub asked: Asked,
    /// The condition as written.
    pub text: String,
    /// Its `"why"`.
    pub why: Option<String>,
    /// The answer.
    pub now: Now,
}

/// What a `preview` of a policy told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Shown {
    /// The call as written.
    pub call: String,
    /// What it said.
    pub told: Told,
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Told {
    /// It answered.
    Said {
        /// The first lines of it.
        lines: Vec<String>,
        /// How many more there were.
        more: usize,
    },
    /// It failed, which is no reason not to run.
    Failed {
        /// As a clause.
        why: String,
        /// What it said all the same.
        lines: Vec<String>,
    },
    /// It runs a command, and was not allowed to (`--probe`).
    NotAsked,
}

/// What a node asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "named as in the language")]
pub enum Asked {
    Expect,
    Should,
    FailWhen,
    DoneWhen,
    /// `done:` of `manual`.
    Done,
    /// The condition of `wait_until`.
    Until,
}

/// The answer while planning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Now {
    /// It is true.
    Holds {
        /// Its parts and their values: `page.status`, `200`.
        values: Vec<(String, String)>,
    },
    /// It is false.
    Not {
        /// The values of its parts.
        values: Vec<(String, String)>,
    },
    /// It could not be told.
    Unknown {
        /// As a clause.
        why: String,
    },
}

/// How what a node did is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Taken {
    /// It changes nothing.
    Nothing,
    /// What was captured is restored, or its opposite is done.
    Restored,
    /// Its own `undo { … }`.
    Block,
    /// It runs again behind what is restored.
    Repeated,
    /// What was captured is restored, and what of it is a restart or the like is done again behind that.
    RestoredThenRepeated,
    /// Not at all.
    Never {
        /// As the policy says, or which call.
        why: String,
    },
}

/// What earlier runs of the same phases took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Typical {
    /// The median of whole runs, where the steps were the same, and how many there were.
    pub whole: Option<(Duration, usize)>,
    /// The median of each node, by key, and how many there were.
    pub nodes: BTreeMap<String, (Duration, usize)>,
}

impl Node {
    /// Whether it would change anything, as far as can be seen now: not where every call finds that there is nothing to
    /// do, or its `done when` holds already.
    #[must_use]
    pub fn may_change(&self) -> bool {
        let done = |one: &Expectation| one.asked == Asked::DoneWhen && matches!(one.now, Now::Holds { .. });
        self.acts() && !self.expectations.iter().any(done)
    }

    /// The same, whatever its `done when` says now.
    #[must_use]
    pub fn acts(&self) -> bool {
        let changes = |call: &CallPreview| call.preview.opaque.is_some() || !call.preview.changes.is_empty();
        self.changes && (matches!(self.work, Work::Dynamic(_)) || self.previews.iter().any(changes))
    }
}

/// What one call would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CallPreview {
    /// As a person would name it: `git.restore(engine, from: good)`.
    pub call: String,
    /// The change, or why it cannot be shown.
    pub preview: Preview,
    /// The state of what it would write, to notice drift.
    pub fingerprint: Option<Fingerprint>,
}

/// An edge: `to` starts after `from` has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Edge {
    /// Before.
    pub from: NodeId,
    /// After.
    pub to: NodeId,
    /// Why.
    pub reason: Reason,
}

pub use crate::check::order::Reason;

/// Worst cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Times {
    /// Along the critical path, people left out.
    pub machine: Duration,
    /// What people may take on that path.
    pub people: Duration,
    /// Up to the step that mitigates.
    pub to_mitigation: Option<Duration>,
    /// The critical path, by node keys, with what each contributes; then the other ways of stages on it, and what waiting
    /// for a job may add.
    pub path: Vec<(String, Duration)>,
    /// What may be added to the worst case when something fails: `handlers`, and `always` at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub besides: Vec<(String, Duration)>,
    /// Each deadline and whether it holds.
    pub deadlines: Vec<Deadline>,
}

/// A deadline and the worst case against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Deadline {
    /// `severity critical`
    pub of: String,
    /// What is allowed.
    pub limit: Duration,
    /// What it may take.
    pub worst: Duration,
    /// Whether the environment makes it advisory.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub advisory: bool,
}

/// A plan as it is saved (`rbk plan -o plan.json`): the sources and the request, so that it can be compiled again, and
/// everything that it saw, so that drift is noticed.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Saved {
    /// Of all the others, so that a change is noticed.
    pub digest: String,
    /// The version of this form.
    pub format: u32,
    /// The version of rbk that made it.
    pub rbk: String,
    pub id: uuid::Uuid,
    pub made: jiff::Timestamp,
    /// Path as given and text of every source file, the policy first.
    pub sources: Vec<(String, String)>,
    pub request: Request,
    /// The policy's name, and the phases that run, in order.
    pub policy: String,
    pub phases: Vec<String>,
    pub target: Target,
    pub params: Vec<Param>,
    pub pins: Vec<Pin>,
    pub nodes: Vec<SavedNode>,
    pub edges: Vec<Edge>,
    pub times: Times,
    pub typical: Option<Typical>,
    /// Steps that were left out, and why.
    pub skipped: Vec<(String, String)>,
    /// Nodes that nothing takes back, and why.
    pub not_undoable: Vec<(String, String)>,
    /// Whether a run would change anything.
    pub changes: bool,
    /// The state folder that its run is recorded in, where that is not `.rbk` in the root: in another one nobody would know
    /// that it ran already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// A node as it is saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SavedNode {
    pub key: String,
    pub title: Option<String>,
    /// `step`, `verify`, `require`, `let`, `observe`, `dynamic`.
    pub kind: String,
    pub phase: String,
    pub stage: usize,
    pub effects: Effects,
    pub gate: bool,
    pub exact: bool,
    pub previews: Vec<CallPreview>,
    pub if_it_fails: String,
    pub expectations: Vec<Expectation>,
    /// What each `preview` told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<Shown>,
    pub known_after: Vec<(String, String)>,
    pub undo: Taken,
    pub mitigates: bool,
    /// Whether it would change anything, as far as can be seen now.
    pub changes: bool,
    /// The time it is killed at.
    pub timeout: Duration,
    /// The part of `worst` in which a person is waited for.
    pub people: Duration,
    pub worst: Duration,
}
