//! A node of an expansion: one thing that a run starts, waits for and records.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::value::Value;
use crate::check::model::{self, BindingId, Expr};
use crate::source::{Place, Sources};

use super::failure::Handling;
use super::scope::PinnedProbes;

/// What a node executes.
#[derive(Clone)]
pub enum Work {
    /// A step.
    Step(Arc<model::Step>),
    /// A verification, with what its place overrides.
    Verify(Arc<model::Verify>, Arc<model::VerifyUse>),
    /// A `require`.
    Require(Arc<model::Require>),
    /// A `let` that is bound when run.
    Bind(BindingId),
    /// The first sample of an `observe`.
    Observe(Arc<model::Observe>),
    /// A `for` or `if` whose list or condition is known only when it runs: one sequential node.
    Dynamic(Arc<model::Item>),
}

impl Work {
    /// As records call it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Step(_) => "step",
            Self::Verify(..) => "verify",
            Self::Require(_) => "require",
            Self::Bind(_) => "let",
            Self::Observe(_) => "observe",
            Self::Dynamic(_) => "dynamic",
        }
    }
}

/// A node in the order of the text.
#[derive(Clone)]
pub struct ExpandedNode {
    /// Stable and unique: `revert`, `disable[cache]`, `require@12`.
    pub key: Arc<str>,
    pub title: Option<String>,
    pub work: Work,
    pub place: Place,
    pub phase: Arc<str>,
    /// Counted over all phases; nodes of different stages never overlap.
    pub stage: usize,
    /// Name of the `stage` around it.
    pub stage_name: Option<Arc<str>>,
    /// Values of the loop variables around it.
    pub locals: Arc<BTreeMap<BindingId, Value>>,
    /// `by` of a step, where it is known: when it should have ended, counted from the start of the run.
    pub by: Option<Duration>,
    /// The calls of a step with its loops unrolled, where that is known.
    pub calls: Vec<ExpandedCall>,
    /// What a plan asks to show what its calls would do, `preview CALL`.
    pub shows: Vec<Show>,
    /// Answers of probes in headers and arguments, pinned when planned.
    pub pinned: PinnedProbes,
    pub effects: Effects,
    pub gate: bool,
    /// The call that cannot be undone byte for byte.
    pub inexact: Option<Arc<str>>,
    /// Of a `parallel` block.
    pub member: Option<Member>,
    /// Earlier nodes whose values it uses, and the names.
    pub uses: Vec<(usize, Arc<str>)>,
    /// Nodes named by `after`.
    pub after: Vec<usize>,
    /// Further reasons to wait.
    pub also: Vec<(usize, Arc<str>)>,
    pub worst: Duration,
    /// The part of `worst` in which a person is waited for.
    pub people: Duration,
    pub timeout: Duration,
    pub mitigates: bool,
    /// Whether it may change something.
    pub changes: bool,
    pub handling: Handling,
    /// The items of unrolled loops with `tolerate` around it, the outermost first.
    pub within: Arc<[Within]>,
    /// The `stage` around it.
    pub in_stage: InStage,
}

/// `preview CALL` of a step, or of an action that it calls.
#[derive(Clone)]
pub struct Show {
    /// The call.
    pub expr: Arc<Expr>,
    /// The values of what it names, as far as they are known.
    pub values: BTreeMap<BindingId, Value>,
}

/// An item of an unrolled loop that lets some of its items fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// The loop; an inner one is another loop in every item of the outer one.
    pub each: u32,
    /// The item.
    pub item: u32,
    /// How many items may fail.
    pub tolerated: u64,
    /// Of how many.
    pub of: usize,
}

/// Which of the stages that a loop makes of one in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct InStage {
    /// Counted over all that are unrolled; 0 outside of any.
    pub number: u32,
    /// How many loops with `tolerate` stand around the stage.
    pub depth: usize,
}

impl ExpandedNode {
    /// The names by which `after NAME` means this node: its own, and that of its stage where it is another.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let own = match &self.work {
            Work::Step(step) => Some(&*step.name.text),
            Work::Verify(verify, _) => Some(&*verify.name.text),
            _ => None,
        };
        own.into_iter().chain(self.stage_name.as_deref().filter(move |stage| Some(*stage) != own))
    }
}

/// Which member of which `parallel` block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The block.
    pub block: u32,
    /// The member; nodes of one member run in the order of the text.
    pub index: u32,
}

/// A call with its arguments as far as they are known.
#[derive(Clone)]
pub struct ExpandedCall {
    pub call: Arc<model::Call>,
    pub args: Args,
    pub effects: Effects,
    /// Whether it can be undone byte for byte.
    pub exact: bool,
    /// Whether it surely runs, once; not so behind a condition or in a loop that only the run can tell.
    pub certain: bool,
    /// Values of all loop variables around it, those inside the step included.
    pub locals: Arc<BTreeMap<BindingId, Value>>,
    /// The calls of actions of the policy's own that led to it, outermost first.
    pub via: Arc<[Via]>,
    /// One of these says how it is taken back, or that it need not or cannot be.
    pub undo_said: bool,
    /// How the outermost of these that says so is taken back.
    pub own_undo: Option<OwnUndo>,
}

/// How a call of an action of the policy's own is taken back, where that is not by what its calls captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnUndo {
    /// By its `undo { … }`.
    Block,
    /// By running it again.
    Repeat,
    /// Not.
    Never,
}

impl OwnUndo {
    /// What `action` says.
    #[must_use]
    pub const fn of(action: &model::OwnAction) -> Option<Self> {
        match action.undo {
            _ if action.irreversible.is_some() => Some(Self::Never),
            model::Undo::Restore => None,
            model::Undo::Block(_) => Some(Self::Block),
            model::Undo::Repeat => Some(Self::Repeat),
            model::Undo::None => Some(Self::Never),
        }
    }
}

/// A call of an action of the policy's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// As it is called: `x.restart`.
    pub name: Arc<str>,
    /// The call.
    pub place: Place,
}

impl Via {
    /// What went wrong in a definition, with the call that led there.
    #[must_use]
    pub fn around(&self, what: &str, sources: &Sources) -> String {
        format!("{what} (in the expansion of `{}`, called at {})", self.name, sources.locate(self.place))
    }
}
