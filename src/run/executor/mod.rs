//! Executing one node: what it evaluates, captures, writes down, runs and checks.
//!
//! It decides nothing about other nodes; that is the dispatcher's. INVARIANT: no action runs before its intent and
//! its capture are durable.

mod approve;
mod block;
mod call;
mod drift;
mod frame;
mod group;
mod halt;
mod observe;
mod outputs;
mod permits;
mod promise;
mod scope;
mod step;
mod texts;
mod verify;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use super::dispatcher::graph::{End, Fail};
use super::event::{AGAIN, Event};
use super::failure::{Handling, Map};
use super::journal::Journal;
use super::secrets::Secrets;
use crate::catalogue::args::Args;
use crate::catalogue::cancel::{Cancel, Urgency};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::snapshot::NodeState;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Fingerprint};
use crate::catalogue::value::Value;
use crate::check::model::{BindingId, Item, OwnAction, Policy};
use crate::plan::model::{Node, Plan, Work};

pub use call::{Touched, UNDO_TIMEOUT, files_of};
pub use frame::Frame;
pub use halt::Halt;
pub use observe::Sampler;
pub use promise::Missed;
pub use scope::{Facts, Values};
pub use texts::digest_of_file;

/// Executes nodes of one run; shared by its workers.
pub struct Executor {
    /// The frozen policy.
    pub policy: Arc<Policy>,
    /// What `run.…` reads.
    pub facts: Arc<Facts>,
    /// The world, in which commands may be asked.
    pub look: Look,
    /// Where captures go.
    pub keep: Arc<dyn Keep>,
    /// Where events go.
    pub journal: Arc<Journal>,
    /// What must not be written down.
    pub secrets: Secrets,
    /// Values that are bound so far.
    pub values: RwLock<Values>,
    permits: permits::Permits,
    /// Absent where something is undone.
    plan: Option<Arc<Plan>>,
    observed: observe::Observed,
    /// Counts calls in the order they began.
    order: AtomicU64,
    /// The last call that cannot say what it writes.
    opaque: AtomicU64,
    touched: Mutex<Vec<Touched>>,
    texts: texts::Texts,
    all_writes: drift::AllWrites,
    /// When the run began, for `by`.
    began: Instant,
    missed: Mutex<Vec<Missed>>,
}

/// How a node ended.
#[derive(Debug)]
pub struct Ended {
    /// For the dispatcher.
    pub end: End,
    /// It began to change something.
    pub wrote: bool,
    /// For a person.
    pub error: Option<Error>,
    /// The journal could not be written.
    pub journal_lost: bool,
    /// How long it took.
    pub millis: u64,
}

impl Executor {
    /// An executor with `jobs` permits; `plan` is absent where something is undone.
    #[allow(clippy::too_many_arguments, reason = "each is a part of a run that exists once")]
    pub fn new(
        policy: Arc<Policy>,
        facts: Arc<Facts>,
        look: &Look,
        keep: Arc<dyn Keep>,
        journal: Arc<Journal>,
        secrets: Secrets,
        values: BTreeMap<BindingId, Value>,
        jobs: usize,
        plan: Option<&Arc<Plan>>,
    ) -> Self {
        let source = secrets.remembering(look);
        Self {
            policy,
            facts,
            look: look.with_secrets(source).allowing_exec(),
            keep,
            journal,
            secrets,
            values: RwLock::new(Arc::new(values)),
            permits: permits::Permits::new(jobs),
            plan: plan.cloned(),
            observed: observe::Observed::default(),
            order: AtomicU64::new(0),
            opaque: AtomicU64::new(0),
            touched: Mutex::default(),
            texts: texts::Texts::default(),
            all_writes: drift::AllWrites::default(),
            began: Instant::now(),
            missed: Mutex::default(),
        }
    }

    /// The values that are bound now.
    pub fn snapshot(&self) -> Values {
        Arc::clone(&self.values.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn bind(&self, binding: BindingId, value: Value) {
        let mut values = self.values.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut values).insert(binding, value);
    }

    /// The world to be changed, with the outputs of children kept for `node`.
    fn touch(&self, look: &Look, node: &str) -> (Touch, Arc<outputs::Recording>) {
        let inner = Arc::clone(Touch::new(look.clone()).spawn());
        let recording = Arc::new(outputs::Recording::new(inner, node, self.secrets.clone()));
        (Touch::new(look.with_spawn(Arc::clone(&recording) as _)), recording)
    }

    /// Executes a node of a plan to its end, and writes down how it ended where that is certain here.
    pub fn node(&self, index: usize, node: &Node) -> Ended {
        let started = Instant::now();
        let mut frame = Frame::of_node(self, index, node);
        let result = self.work(&mut frame, node);
        let end = match &result {
            Ok(()) if frame.already => End::Already,
            Ok(()) if frame.partial => End::Partial,
            Ok(()) if frame.degraded => End::Degraded,
            Ok(()) if frame.warned => End::Warned,
            Ok(()) => End::Done,
            Err(halt) if halt.decided && matches!(halt.fail, Fail::Failed | Fail::Inconclusive) => {
                End::Failed(Fail::Stopped)
            }
            Err(halt) => End::Failed(halt.fail),
        };
        let wrote = frame.wrote;
        let millis = started.elapsed().as_millis() as u64;
        if let Some(outcome) = good_outcome(end) {
            frame.pending.push(Event::NodeEnded { node: node.key.clone(), outcome, error: None, millis });
        }
        // Not waited for: whatever depends on it writes its intent behind this, in the same order.
        frame.flush();
        let (error, journal_lost) = match result {
            Ok(()) => (None, false),
            Err(halt) => (Some(halt.error), halt.journal_lost),
        };
        Ended { end, wrote, error, journal_lost, millis }
    }

    fn work(&self, frame: &mut Frame<'_>, node: &Node) -> Result<(), Halt> {
        let look = frame.look.clone();
        match &node.work {
            Work::Step(step) => frame.step(step, node.timeout),
            Work::Verify(verify, place) => {
                frame.sent_at_once();
                frame.verify(verify, place)
            }
            Work::Require(require) => frame.require(require, &look.within(node.timeout)),
            Work::Bind(binding) => {
                let value = frame.bind_let(*binding, &look.within(node.timeout))?;
                self.bind(*binding, value);
                Ok(())
            }
            Work::Observe(observe) => {
                frame.observe(observe, &look.within(node.timeout));
                Ok(())
            }
            Work::Dynamic(item) => {
                frame.sent_at_once();
                frame.item(item)
            }
        }
    }

    /// Runs the handler of a failure; says whether it went well.
    pub fn handle(&self, key: &str, locals: &BTreeMap<BindingId, Value>, handling: &Handling) -> Result<(), Halt> {
        let mut frame = Frame::new(self, format!("{key}/on failure"), self.snapshot());
        frame.bind_locals(locals);
        let result = match handling {
            Handling::None => Ok(()),
            Handling::Steps(block) => frame.block(block),
            Handling::Phase(name) => frame.phase(name),
            Handling::Otherwise(stage) => frame.stage(stage),
        };
        frame.flush();
        result
    }

    /// Runs the `always` block of a phase. Where it fails, with what stands behind that and is not done.
    pub fn always(&self, phase: &str, block: &[Item]) -> Result<(), (Halt, Vec<String>)> {
        let mut frame = Frame::new(self, format!("{phase}/always"), self.snapshot());
        frame.look = self.calm();
        let mut result = Ok(());
        for (at, item) in block.iter().enumerate() {
            if let Err(halt) = frame.items_of_block(std::slice::from_ref(item)) {
                result = Err((halt, block[at + 1..].iter().filter_map(|item| self.name_of(item)).collect()));
                break;
            }
        }
        frame.flush();
        result
    }

    /// What a step, verification or stage is called.
    fn name_of(&self, item: &Item) -> Option<String> {
        let name = match item {
            Item::Step(step) => &step.name,
            Item::Verify(used) => &self.policy.verifies[used.verify.0 as usize].name,
            Item::Stage(stage) => &stage.name,
            _ => return None,
        };
        Some(name.text.to_string())
    }

    /// Runs a custom `undo { … }` block; its calls are journaled like any others.
    pub fn undo_block(
        &self,
        key: &str,
        locals: &BTreeMap<BindingId, Value>,
        step: &crate::check::model::Step,
        timeout: std::time::Duration,
    ) -> Result<(), Halt> {
        let crate::check::model::Undo::Block(items) = &step.clauses.undo else { return Ok(()) };
        self.taking_back(format!("{key}/undo"), locals, timeout, |frame, look| frame.items(items, look))
    }

    /// Runs the items of a step again, as its undo.
    pub fn repeat(
        &self,
        key: &str,
        locals: &BTreeMap<BindingId, Value>,
        step: &crate::check::model::Step,
        timeout: std::time::Duration,
    ) -> Result<(), Halt> {
        self.taking_back(format!("{key}/{AGAIN}"), locals, timeout, |frame, look| {
            frame.announce(step);
            frame.items(&step.body, look)
        })
    }

    /// Runs the `undo { … }` of a call of an own action, with the values that the run had.
    pub fn undo_group(
        &self,
        key: &str,
        locals: &BTreeMap<BindingId, Value>,
        action: &OwnAction,
        timeout: std::time::Duration,
    ) -> Result<(), Halt> {
        let crate::check::model::Undo::Block(items) = &action.undo else { return Ok(()) };
        self.taking_back(format!("{key}/undo"), locals, timeout, |frame, look| frame.items(items, look))
    }

    /// Runs a call of an own action again, as its undo.
    pub fn repeat_group(
        &self,
        key: &str,
        locals: &BTreeMap<BindingId, Value>,
        action: &OwnAction,
        timeout: std::time::Duration,
    ) -> Result<(), Halt> {
        self.taking_back(format!("{key}/{AGAIN}"), locals, timeout, |frame, look| {
            frame.own_action(action, &action.name.text, None, look)
        })
    }

    /// Runs a part of an undo in a frame of its own, with the values that the run had.
    fn taking_back(
        &self,
        key: String,
        locals: &BTreeMap<BindingId, Value>,
        timeout: std::time::Duration,
        run: impl FnOnce(&mut Frame<'_>, &Look) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        let mut frame = Frame::new(self, key, self.snapshot());
        frame.look = self.calm();
        frame.bind_locals(locals);
        let look = frame.look.within(timeout);
        let result = run(&mut frame, &look);
        frame.flush();
        result
    }

    /// The world for what is done although the run was told to end: what is taken back, `always`. Each is bounded by
    /// itself, and a further signal leaves at once.
    pub fn calm(&self) -> Look {
        let urgent = self.look.cancel().urgency() >= Urgency::Kill;
        if urgent { self.look.with_cancel(Cancel::new()) } else { self.look.clone() }
    }

    /// The state that a call left; where it cannot be told now, an undo does not compare. Short texts are kept, so that
    /// an undo can show what somebody changed since.
    pub fn left(&self, action: &dyn Action, capture: &Capture, args: &Args) -> Option<Fingerprint> {
        let look = self.calm().within(UNDO_TIMEOUT);
        let mut left = action.left(capture, args, &look).ok().flatten()?;
        // A folder around what it restored that went with it: an earlier call may have told of that folder.
        let (Capture::Files { states } | Capture::Data { states, .. }) = capture else {
            return Some(self.noted(left, &look));
        };
        for state in states.iter().filter(|state| matches!(state.node, NodeState::Parent { .. })) {
            if look.facts(&look.located_as_kept(&state.path)).is_ok_and(|facts| facts.is_none()) {
                left.parts.entry(state.path.clone()).or_insert_with(|| "absent".to_owned());
            }
        }
        Some(self.noted(left, &look))
    }

    fn noted(&self, left: Fingerprint, look: &Look) -> Fingerprint {
        self.texts.keep(&left, look, &*self.keep, &self.secrets);
        left
    }

    /// The number of a call that begins now; they count in the order they began.
    pub fn begin_call(&self) -> u64 {
        self.order.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Keeps a call whose writes may have to be looked at again at the end.
    pub fn keep_touched(&self, touched: Touched) {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner).push(touched);
    }

    /// Notes how the run leaves what later calls may have changed that cannot say what they write, or that wrote it by
    /// another of its names.
    pub fn note_what_is_left(&self) {
        let touched = std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner));
        let opaque = self.opaque.load(Ordering::Acquire);
        let mut last: HashMap<(u64, u64), u64> = HashMap::new();
        for (file, order) in touched.iter().flat_map(|left| left.files.iter().map(|file| (*file, left.order))) {
            last.entry(file).and_modify(|last| *last = order.max(*last)).or_insert(order);
        }
        // Large folders are told as one: who wrote below them since, or made folders there.
        let folded: HashSet<&str> = touched.iter().flat_map(Touched::folded).collect();
        let mut below: HashMap<String, u64> = HashMap::new();
        // A call that wrote a database tells tables; one that wrote or moved its file before tells the file.
        let mut databases: HashMap<String, u64> = HashMap::new();
        for (file, order) in touched.iter().filter_map(|left| Some((left.database()?, left.order))) {
            databases.entry(file).and_modify(|last| *last = order.max(*last)).or_insert(order);
        }
        let written = touched.iter().flat_map(|left| left.places().map(Cow::Borrowed).map(move |part| (left, part)));
        let files = touched.iter().filter_map(|left| Some((left, Cow::Owned(left.database()?))));
        for (left, part) in written.chain(files) {
            for (end, _) in part.match_indices('/').filter(|(end, _)| folded.contains(&part[..*end])) {
                below
                    .entry(part[..end].to_owned())
                    .and_modify(|last| *last = left.order.max(*last))
                    .or_insert(left.order);
            }
        }
        let later = |last: Option<&u64>, left: &Touched| last.is_some_and(|last| *last > left.order);
        let rewritten = |left: &Touched| {
            left.order < opaque
                || left.files.iter().any(|file| later(last.get(file), left))
                || left.after.parts.keys().any(|part| later(databases.get(part), left))
                || left.folded().any(|part| later(below.get(part), left))
        };
        let rewritten: Vec<bool> = touched.iter().map(rewritten).collect();
        for (left, _) in touched.into_iter().zip(rewritten).filter(|(_, rewritten)| *rewritten) {
            if let Some(after) = self.left(&*left.action, &left.capture, &left.args)
                && after != left.after
            {
                self.journal.note(Event::Left { node: left.node, call: left.call, after });
            }
        }
    }

    /// Samples what is observed once more, for the record.
    pub fn sample_observed(&self, when: &str) {
        observe::sample_all(self, when, &self.calm());
    }

    /// The map of this policy's items.
    pub fn map(&self) -> Map {
        Map::of(&self.policy)
    }
}

/// The outcome that the executor writes itself; what a failure is called depends on what stands before it.
fn good_outcome(end: End) -> Option<super::event::NodeOutcome> {
    use super::event::NodeOutcome;
    Some(match end {
        End::Done => NodeOutcome::Done,
        End::Already => NodeOutcome::Already,
        End::Degraded => NodeOutcome::Degraded,
        End::Warned | End::Partial => NodeOutcome::Warned,
        End::Failed(_) | End::NotStarted => return None,
    })
}

impl Ended {
    /// Of a node whose worker broke: a mistake of ours, after which nobody knows what was changed.
    pub fn broken(what: &str) -> Self {
        let error = Error::internal(format!("executing it broke: {what}"));
        Self { end: End::Failed(Fail::Unknown), wrote: true, error: Some(error), journal_lost: false, millis: 0 }
    }
}
