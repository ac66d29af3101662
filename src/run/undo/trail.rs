//! What a run did, call by call, as its journal has it; and which of that still stands.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::database::database;
use super::left::LeftAsIs;
use crate::catalogue::args::{Arg, Args};
use crate::catalogue::error::Result;
use crate::catalogue::snapshot::NodeState;
use crate::catalogue::unit::{Action, Capture, Catalogue, Fingerprint};
use crate::catalogue::value::Value;
use crate::check::model::BindingId;
use crate::plan::model::Target;
use crate::run::event::{AGAIN, Event, NodeOutcome, Outcome, RunKind, UndoNote};
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
    /// Calls of nodes that the run took back itself and that are undone by running them again, as long as that has not
    /// happened.
    pub owed: Vec<Called>,
    /// What the run could not take back itself.
    pub left: Vec<LeftAsIs>,
    /// The titles of its nodes, by key.
    pub titles: HashMap<String, String>,
    /// The keys of its nodes, in order.
    pub keys: Vec<String>,
    /// Keys of what ended well; of an undo: what it took back or ran again as a whole.
    pub well: HashSet<String>,
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
        // The keys under which the run runs again what it took back.
        let mut again: HashSet<String> = HashSet::new();
        let mut open: HashMap<(String, usize), usize> = HashMap::new();
        // The calls of own actions that a node is in, innermost last.
        let mut entered: HashMap<String, Vec<usize>> = HashMap::new();
        journal::read(store, no, run, &mut |record| {
            match record.event {
                Event::RunStarted { kind, phases, target, nodes, .. } => {
                    for node in nodes {
                        if node.kind == "verify" {
                            trail.verified.push((node.key.clone(), None));
                        }
                        trail.titles.extend(node.title.map(|title| (node.key.clone(), title)));
                        trail.keys.push(node.key);
                    }
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
                    // What runs again belongs to the taking back, and is not taken back itself.
                    let repeats = again.iter().any(|key| inside(&node, key));
                    if !repeats && only.is_none_or(|key| inside(&node, key)) {
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
                    trail.take_back(&node, &mut again);
                    open = index(&trail.calls);
                }
                Event::NotUndone { node, title, why } if trail.kind == Some(RunKind::Run) => {
                    trail.take_back(&node, &mut again);
                    open = index(&trail.calls);
                    trail.left.push(LeftAsIs { key: node, title, why });
                }
                Event::NodeEnded { node, outcome, .. } => {
                    if outcome == NodeOutcome::Done {
                        if again.contains(&node) {
                            trail.ran_again(&node);
                        }
                        trail.well.insert(node.clone());
                    }
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
        // It was taken back the latest first.
        trail.left.reverse();
        Ok(trail)
    }

    /// The run took a node back: of what it did nothing stands any more, and some of it is to run again.
    fn take_back(&mut self, node: &str, again: &mut HashSet<String>) {
        let (back, calls) = std::mem::take(&mut self.calls).into_iter().partition(|called| inside(&called.node, node));
        self.calls = calls;
        let back: Vec<Called> = back;
        for called in back {
            if let Some(key) = self.repeated_as(&called) {
                again.insert(format!("{key}/{AGAIN}"));
                self.owed.push(called);
            }
        }
    }

    /// What was to run again did.
    fn ran_again(&mut self, node: &str) {
        let owed = std::mem::take(&mut self.owed);
        let open = |called: &Called| self.repeated_as(called).is_none_or(|key| format!("{key}/{AGAIN}") != node);
        self.owed = owed.into_iter().filter(open).collect();
    }

    /// The key of what `called` belongs to, where that is undone by running it again, or may be: whether its unit does so is
    /// for the walk to say.
    fn repeated_as<'a>(&'a self, called: &'a Called) -> Option<&'a str> {
        let undo = self.notes.get(&called.node).map_or(UndoNote::Restore, |note| note.undo);
        match undo {
            UndoNote::Repeat => self.notes.get_key_value(&called.node).map(|(key, _)| key.as_str()),
            UndoNote::Restore => match self.whole_group(called) {
                None => Some(&called.node),
                Some(group) => (group.noted.undo == UndoNote::Repeat).then_some(&*group.key),
            },
            UndoNote::Block | UndoNote::None => None,
        }
    }

    /// The key of what `called` is taken back with as a whole; of a single call nothing.
    #[must_use]
    pub fn whole(&self, called: &Called) -> Option<&str> {
        match self.notes.get_key_value(&called.node) {
            Some((key, note)) if note.undo != UndoNote::Restore => Some(key),
            _ => self.whole_group(called).map(|group| &*group.key),
        }
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
        if self.outcome.is_none() {
            // As the file of a database that a later call told by its tables.
            let databases = self.calls.iter().enumerate();
            let databases = databases.filter_map(|(at, called)| Some((at, database(called.before.as_ref()?)?)));
            for (at, file) in databases.collect::<Vec<_>>() {
                let wrote =
                    |called: &&mut Called| called.after.as_ref().is_some_and(|after| after.parts.contains_key(&file));
                self.calls[..at].iter_mut().filter(wrote).for_each(|called| called.after = None);
            }
        }
    }
}

/// Whether `node` is the node with this key or stands in it.
pub(super) fn inside(node: &str, key: &str) -> bool {
    node == key || (node.starts_with(key) && node.as_bytes().get(key.len()) == Some(&b'/'))
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
        self.capture
            .states()
            .iter()
            // Folders around what is restored are no work of their own.
            .filter(|state| !matches!(state.node, NodeState::Parent { .. } | NodeState::NoParent))
            .count()
    }
}
