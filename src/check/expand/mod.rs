//! From a policy and a selection to the nodes that a run would have, in the order of the text.
//!
//! The same code serves the checker, which has no world, and the planner, which looks at one. It decides what is known
//! when planned and what only a run will know (`language.md` §3); it must not order anything: that is `check::order`.

mod ask;
mod excess;
mod failure;
mod foretold;
mod gathered;
mod items;
mod node;
mod present;
mod remade;
mod scope;
mod select;
mod step;
mod written;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::catalogue::effect::Effects;
use crate::catalogue::error::Error;
use crate::catalogue::look::Look;
use crate::catalogue::value::Value;
use crate::source::Place;

use super::model::{BindingId, Expr, Name, Phase, Policy, Verify, VerifyUse};
use super::time::Alternative;

pub use failure::{FailureScope, Handling};
pub use node::{ExpandedCall, ExpandedNode, InStage, Member, OwnUndo, Show, Via, Within, Work};
pub use present::{Present, named, runs_command};
pub use scope::{PinnedProbes, Pinning, asked};
pub use select::{Phases, Selection, Wrong, selected_phases, selected_verifies};
pub use step::APPROVAL;

/// What was expanded.
pub struct Expansion {
    /// In the order of the text, stages of several phases interleaved.
    pub nodes: Vec<ExpandedNode>,
    /// What may be done in the place of stages, as far as time matters.
    pub alternatives: Vec<Alternative>,
    /// Values that are known, by binding; of variables of unrolled loops only the node knows.
    pub values: BTreeMap<BindingId, Value>,
    /// Every `let` in the order of the text.
    pub lets: Vec<LetState>,
    /// What was left out, and why.
    pub skipped: Vec<(String, String)>,
    /// `require`s that are known to be false, with the values of their parts.
    pub refusals: Vec<Refusal>,
    /// What could not be evaluated: the wrong world. The checker, which has none, ignores them.
    pub errors: Vec<(Place, Error)>,
    /// Where the policy comes to too much; what is here is only a part of it then.
    pub excess: Option<(Place, Error)>,
}

/// A `let` and whether its value is known.
pub struct LetState {
    /// Which.
    pub binding: BindingId,
    /// `phase.name` for local ones.
    pub name: String,
    /// Its value, or what it waits for.
    pub state: Result<Value, Arc<str>>,
    /// Whether it came from the world.
    pub relative: bool,
}

/// A `require` that does not hold.
pub struct Refusal {
    /// Where it stands.
    pub place: Place,
    /// Its `"why"`.
    pub why: Option<String>,
    /// The values of its parts.
    pub values: Vec<(Place, Value)>,
}

/// Expands `selection` of `policy`. `values` holds the params; `look` is absent while checking.
#[must_use]
pub fn expand(
    policy: &Arc<Policy>,
    selection: &Selection,
    values: BTreeMap<BindingId, Value>,
    pinning: &Pinning,
    look: Option<&Look>,
) -> Expansion {
    let phases = selected_phases(policy, selection).unwrap_or_default();
    expand_phases(policy, &phases, selection, values, pinning, look)
}

/// The same, where it is known already which phases `selection` selects.
#[must_use]
pub fn expand_phases(
    policy: &Arc<Policy>,
    phases: &[Arc<Phase>],
    selection: &Selection,
    values: BTreeMap<BindingId, Value>,
    pinning: &Pinning,
    look: Option<&Look>,
) -> Expansion {
    let mut expander = Expander::new(policy, selection, values, pinning, look);
    expander.top_level();
    expander.phases(phases);
    expander.finish()
}

/// Expands only verifications, with the `let`s of the file.
#[must_use]
pub fn expand_verifies(
    policy: &Arc<Policy>,
    uses: &[Arc<VerifyUse>],
    values: BTreeMap<BindingId, Value>,
    pinning: &Pinning,
    look: &Look,
) -> Expansion {
    let selection = Selection::default();
    let mut expander = Expander::new(policy, &selection, values, pinning, Some(look));
    expander.top_level();
    for used in uses {
        expander.verify(used);
    }
    for node in &mut expander.out.nodes {
        // Only asked: whatever fails, nothing is changed, and the others are asked too.
        if let Work::Verify(verify, _) = &mut node.work
            && verify.on_failure.is_some()
        {
            *verify = Arc::new(Verify { on_failure: None, ..Verify::clone(verify) });
        }
    }
    expander.finish()
}

/// What `expr` reads, with these values of names.
#[must_use]
pub fn reads(policy: &Arc<Policy>, expr: &Expr, values: &BTreeMap<BindingId, Value>) -> Effects {
    let (pinning, later, locals) = (Pinning::default(), BTreeMap::new(), BTreeMap::new());
    let mut foretold =
        foretold::Foretold { policy, look: None, pinning: &pinning, values, later: &later, locals: &locals };
    super::effects::expr::reads_of(policy, expr, &mut foretold, None)
}

/// The state of an expansion.
struct Expander<'a> {
    policy: &'a Arc<Policy>,
    selection: &'a Selection,
    pinning: &'a Pinning,
    look: Option<&'a Look>,
    out: Expansion,
    /// Bindings that only a run will know: by which node, and as messages say it.
    later: BTreeMap<BindingId, (Option<usize>, Arc<str>)>,
    /// Where the next node stands.
    at: Position,
    /// The value of each variable of the loops around.
    locals: Arc<BTreeMap<BindingId, Value>>,
    /// The suffix of keys inside unrolled loops: `[cache]`.
    suffix: String,
    next_block: u32,
    /// Numbers for loops with `tolerate`, and for stages.
    next_loop: u32,
    next_stage: u32,
    /// `phase.` when several phases run.
    prefix: String,
    /// How often each key was given.
    keys: BTreeMap<String, u32>,
    /// Answers of probes since the last node; the next node takes them.
    pinned: PinnedProbes,
    /// The entries that may be links, or other names of files, by the next node.
    remade: remade::Remade,
    /// The snapshots that calls so far take or remove.
    snapshots: remade::Snapshots,
    /// `after` clauses, resolved when all nodes are known.
    pending_after: Vec<(usize, Name)>,
    /// Who writes what, as far as it was asked.
    written: RefCell<written::Written>,
    used: excess::Used,
}

/// Where the next node stands.
#[derive(Clone)]
struct Position {
    phase: Arc<str>,
    stage: usize,
    stage_name: Option<Arc<str>>,
    member: Option<Member>,
    within: Arc<[Within]>,
    in_stage: InStage,
    handling: Handling,
    /// Reasons in words to wait for earlier nodes, for every node that follows here.
    also: Vec<(usize, Arc<str>)>,
}

impl<'a> Expander<'a> {
    fn new(
        policy: &'a Arc<Policy>,
        selection: &'a Selection,
        values: BTreeMap<BindingId, Value>,
        pinning: &'a Pinning,
        look: Option<&'a Look>,
    ) -> Self {
        Self {
            policy,
            selection,
            pinning,
            look,
            out: Expansion {
                nodes: Vec::new(),
                alternatives: Vec::new(),
                values,
                lets: Vec::new(),
                skipped: Vec::new(),
                refusals: Vec::new(),
                errors: Vec::new(),
                excess: None,
            },
            later: BTreeMap::new(),
            at: Position {
                phase: Arc::from(""),
                stage: 0,
                stage_name: None,
                member: None,
                within: Arc::default(),
                in_stage: InStage::default(),
                handling: Handling { on_failure: policy.on_failure.clone(), scope: FailureScope::Policy },
                also: Vec::new(),
            },
            locals: Arc::default(),
            suffix: String::new(),
            next_block: 0,
            next_loop: 0,
            next_stage: 0,
            prefix: String::new(),
            keys: BTreeMap::new(),
            pinned: PinnedProbes::new(),
            remade: remade::Remade::default(),
            snapshots: remade::Snapshots::default(),
            pending_after: Vec::new(),
            written: RefCell::default(),
            used: excess::Used::default(),
        }
    }

    /// `let`s of the file, which have no probes of the world, and the params' relations.
    fn top_level(&mut self) {
        for &binding in &self.policy.lets {
            self.bind(binding, true);
        }
        for require in &self.policy.requires {
            self.require_now(require);
        }
    }

    /// Resolves `after`: a name stands for every node that came of it, in the same phase.
    fn finish(mut self) -> Expansion {
        let pending = std::mem::take(&mut self.pending_after);
        if pending.is_empty() {
            return self.out;
        }
        let mut called: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (index, node) in self.out.nodes.iter().enumerate() {
            for name in node.names() {
                called.entry((&node.phase, name)).or_default().push(index);
            }
        }
        let named = |(index, name): (usize, Name)| {
            let all = called.get(&(&*self.out.nodes[index].phase, &*name.text));
            let others = all.into_iter().flatten().copied().filter(|other| *other != index);
            (index, others.collect::<Vec<usize>>())
        };
        let named: Vec<_> = pending.into_iter().map(named).collect();
        for (index, others) in named {
            self.out.nodes[index].after.extend(others);
        }
        self.out
    }

    /// The last node before the next one that writes what `effects` read, if any.
    fn last_writer(&self, effects: &Effects) -> Option<usize> {
        if effects.reads.is_empty() {
            return None;
        }
        self.written.borrow_mut().last(&effects.reads, &self.out.nodes, |node| &node.effects)
    }

    /// Takes the nodes from `from` on away: they were expanded aside.
    fn take_nodes(&mut self, from: usize) -> Vec<ExpandedNode> {
        self.written.get_mut().forget_from(from);
        self.out.nodes.drain(from..).collect()
    }
}
