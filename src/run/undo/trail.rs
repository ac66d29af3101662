//! What a run did, call by call, as its journal has it; and which of that still stands.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::compare::states;
use crate::catalogue::args::{Arg, Args};
use crate::catalogue::error::Result;
use crate::catalogue::snapshot::NodeState;
use crate::catalogue::unit::{Action, Capture, Catalogue, Fingerprint};
use crate::catalogue::value::Value;
use crate::check::model::BindingId;
use crate::plan::model::Target;
use crate::run::event::{Event, NodeOutcome, Outcome, RunKind, UndoNote};
use crate::run::journal;
use crate::source::{FileId, Place, Span};
use crate::store::{RunNo, Store};

/// A call that a run made.
#[derive(Clone, Debug)]
pub struct Called {
    /// The number of its intent.
    pub seq: u64,
    /// The key of its node.
    pub node: String,
    /// Which call of the node.
    pub call: usize,
    /// The action's name.
    pub action: String,
    /// As its author wrote it.
    pub text: String,
    pub capture: Capture,
    pub args: Vec<Option<Value>>,
    pub before: Option<Fingerprint>,
    /// How the run left what it wrote; absent where nobody knows.
    pub after: Option<Fingerprint>,
    /// Whether its outcome is known, and was good.
    pub ended: Option<bool>,
    /// It takes back a call of the run that this run undoes.
    pub undoes: Option<u64>,
    /// The innermost call of an own action that it belongs to: index into [`Trail::groups`].
    pub group: Option<usize>,
}

/// A call of an action of the policy's own that says itself how it is taken back.
#[derive(Clone, Debug)]
pub struct Grouped {
    /// Of the node, and of the call in it: `restart/x.restart`, a second one `restart/x.restart#2`.
    pub key: String,
    /// As it is called.
    pub name: String,
    /// What it says; its values are those of its parameters and of what it bound.
    pub noted: Noted,
    /// The one around it.
    pub parent: Option<usize>,
}

/// What is known of a step besides its calls.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    pub undo: UndoNote,
    pub irreversible: Option<String>,
    pub place: Place,
    pub locals: BTreeMap<BindingId, Value>,
}

/// The trail of a run.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    /// What still stands, in the order it was done.
    pub calls: Vec<Called>,
    /// Calls of own actions that say how they are undone.
    pub groups: Vec<Grouped>,
    /// Steps that say how they are undone, by key.
    pub notes: HashMap<String, Noted>,
    /// Values that were bound, by binding.
    pub bound: BTreeMap<BindingId, Value>,
    /// What this run took back of another one.
    pub undid: HashSet<u64>,
    /// What earlier undos of it have touched: how they left it is not the run's doing.
    pub handled: HashSet<String>,
    /// Its verifications by key, in order, and how each ended.
    pub verified: Vec<(String, Option<NodeOutcome>)>,
    /// How it ended; absent where it was cut short.
    pub outcome: Option<Outcome>,
    /// Whether it is an undo itself.
    pub kind: Option<RunKind>,
    pub phases: Vec<String>,
    pub target: Option<Target>,
}

impl Trail {
    /// Reads the trail of a run; `only`: of the node with this key and what stood inside it.
    pub fn read(store: &dyn Store, no: RunNo, run: &str, only: Option<&str>) -> Result<Self> {
        let mut trail = Self::default();
        let inside = |node: &str, key: &str| {
            node == key || (node.starts_with(key) && node.as_bytes().get(key.len()) == Some(&b'/'))
        };
        let mut open: HashMap<(String, usize), usize> = HashMap::new();
        // The calls of own actions that a node is in, innermost last.
        let mut entered: HashMap<String, Vec<usize>> = HashMap::new();
        journal::read(store, no, run, &mut |record| {
            match record.event {
                Event::RunStarted { kind, phases, target, nodes, .. } => {
                    let verifies = nodes.into_iter().filter(|node| node.kind == "verify");
                    trail.verified = verifies.map(|node| (node.key, None)).collect();
                    (trail.kind, trail.phases, trail.target) = (Some(kind), phases, Some(target));
                }
                Event::Entered { node, place: (file, start, end), undo, irreversible, locals } => {
                    let place = Place::new(FileId(file), Span::new(start, end));
                    let locals = kept_whole(locals);
                    trail.notes.insert(node, Noted { undo, irreversible, place, locals });
                }
                Event::GroupEntered { node, name, place: (file, start, end), undo, irreversible, locals } => {
                    let around = entered.entry(node.clone()).or_default();
                    let place = Place::new(FileId(file), Span::new(start, end));
                    let locals = kept_whole(locals);
                    let noted = Noted { undo, irreversible, place, locals };
                    let key = trail.key_of_group(&node, &name);
                    let parent = around.last().copied();
                    around.push(trail.groups.len());
                    trail.groups.push(Grouped { key, name, noted, parent });
                }
                Event::GroupLeft { node } => {
                    entered.get_mut(&node).and_then(Vec::pop);
                }
                Event::Bound { node, binding: Some(binding), value, .. } if is_whole(&value) => {
                    for &group in entered.get(&node).into_iter().flatten() {
                        trail.groups[group].noted.locals.insert(BindingId(binding), value.clone());
                    }
                    trail.bound.insert(BindingId(binding), value);
                }
                Event::CallStarted { node, call, action, text, capture, args, before, undoes } => {
                    if only.is_none_or(|key| inside(&node, key)) {
                        open.insert((node.clone(), call), trail.calls.len());
                        let group = entered.get(&node).and_then(|around| around.last().copied());
                        trail.calls.push(Called {
                            seq: record.seq,
                            node,
                            call,
                            action,
                            text,
                            capture,
                            args,
                            before,
                            after: None,
                            ended: None,
                            undoes,
                            group,
                        });
                    }
                }
                Event::CallEnded { node, call, result, after } => {
                    if let Some(&index) = open.get(&(node, call)) {
                        let called = &mut trail.calls[index];
                        called.ended = Some(result.is_ok());
                        called.after = after;
                        if let (Some(seq), true) = (called.undoes, result.is_ok()) {
                            trail.undid.insert(seq);
                        }
                    }
                }
                Event::Left { node, call, after } => {
                    if let Some(&index) = open.get(&(node, call)) {
                        trail.calls[index].after = Some(after);
                    }
                }
                // Restored before the next attempt: of the earlier ones nothing stands.
                Event::Retrying { node, restored: true, from_call, .. } => {
                    trail.calls.retain(|called| called.node != node || called.call < from_call);
                    open = index(&trail.calls);
                }
                // From here on it may be restored in part.
                Event::TakingBack { node, .. } => {
                    for called in trail.calls.iter_mut().filter(|called| inside(&called.node, &node)) {
                        called.after = None;
                    }
                }
                Event::TakenBack { node, error: None } => {
                    trail.calls.retain(|called| !inside(&called.node, &node));
                    open = index(&trail.calls);
                }
                Event::NodeEnded { node, outcome, .. } => {
                    if let Some(verified) = trail.verified.iter_mut().find(|(key, _)| *key == node) {
                        verified.1 = Some(outcome);
                    }
                }
                Event::RunEnded { outcome, .. } => trail.outcome = Some(outcome),
                _ => {}
            }
            Ok(())
        })?;
        trail.forget_hidden();
        Ok(trail)
    }

    /// The outermost call of an own action around `called` that is taken back as a whole.
    #[must_use]
    pub fn whole_group(&self, called: &Called) -> Option<&Grouped> {
        self.around(called).filter(|group| group.noted.undo != UndoNote::Restore).last()
    }

    /// Why `called` cannot be taken back, as an own action around it says.
    #[must_use]
    pub fn irreversible(&self, called: &Called) -> Option<&str> {
        self.around(called).find_map(|group| group.noted.irreversible.as_deref())
    }

    /// The calls of own actions around `called`, innermost first.
    fn around(&self, called: &Called) -> impl Iterator<Item = &Grouped> {
        std::iter::successors(called.group, |group| self.groups[*group].parent).map(|group| &self.groups[group])
    }

    fn key_of_group(&self, node: &str, name: &str) -> String {
        let key = format!("{node}/{name}");
        let second = format!("{key}#");
        let same = self.groups.iter().filter(|group| group.key == key || group.key.starts_with(&second)).count();
        if same == 0 { key } else { format!("{second}{}", same + 1) }
    }

    /// What a later call that cannot say what it writes may have changed is not compared, unless the run noted how it
    /// left it. INVARIANT: a comparison never blames a stranger for what the run itself did.
    fn forget_hidden(&mut self) {
        let last_opaque = self.calls.iter().rposition(|called| called.before.is_none());
        if let (Some(last), None) = (last_opaque, self.outcome) {
            for called in &mut self.calls[..last] {
                called.after = None;
            }
        }
    }
}

/// The values that the journal has as they were.
fn kept_whole(values: Vec<(u32, Value)>) -> BTreeMap<BindingId, Value> {
    let whole = values.into_iter().filter(|(_, value)| is_whole(value));
    whole.map(|(binding, value)| (BindingId(binding), value)).collect()
}

/// Whether a value is as it was. One that held a secret was stored with a mask in its place: an undo that wrote it back
/// would write the mask, so it counts as not known.
fn is_whole(value: &Value) -> bool {
    value.is_secret() || !value.to_string().contains(MASK)
}

/// How a mask begins, see [`crate::run::secrets`].
const MASK: &str = "«secret ";

fn index(calls: &[Called]) -> HashMap<(String, usize), usize> {
    calls.iter().enumerate().map(|(index, called)| ((called.node.clone(), called.call), index)).collect()
}

impl Called {
    /// The action and the arguments it was called with; `None` when this build does not have it any more.
    #[must_use]
    pub fn unit<'a>(&self, catalogue: &'a Catalogue) -> Option<(&'a std::sync::Arc<dyn Action>, Args)> {
        let action = catalogue.action(&self.action)?;
        let arg = |value: &Option<Value>| value.clone().map_or(Arg::Absent, Arg::Known);
        Some((action, Args::new(action.signature(), self.args.iter().map(arg).collect())))
    }

    /// Paths that it captured, for a summary.
    #[must_use]
    pub fn captured(&self) -> usize {
        states(&self.capture)
            .iter()
            // Folders around what is restored are no work of their own.
            .filter(|state| !matches!(state.node, NodeState::Parent { .. } | NodeState::NoParent))
            .count()
    }
}
