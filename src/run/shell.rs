//! The thin shell around the dispatcher: threads, the queue between them, the watch over those that do not come back.
//!
//! Workers tell the dispatcher themselves how their node ended and pick up what it answers, so that a step costs no
//! detour over another thread. INVARIANT: the dispatcher is only spoken to under the lock, and nothing slow is done
//! under it.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::dispatcher::Dispatcher;
use super::dispatcher::graph::{Back, Command, End, Event as Told, Fail};
use super::event::{AGAIN, Event, NodeOutcome, Outcome};
use super::executor::{Ended, Executor, Halt, UNDO_TIMEOUT};
use super::failure::Map;
use super::undo::back::{TakeBack, by_capture, said};
use super::undo::walk::{How, UndoStep};
use crate::catalogue::cancel::{Cancel, Urgency};
use crate::catalogue::error::Error;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Catalogue;
use crate::plan::model::{Node, Plan, Work};
use crate::store::Store;

/// How long after its deadline a node may take to come back before it is declared *unknown*.
const GRACE: Duration = Duration::from_secs(30);

/// How often the watch looks.
const WATCH: Duration = Duration::from_millis(500);

/// What the workers of a run share.
pub(super) struct Shell {
    pub plan: Arc<Plan>,
    pub exec: Arc<Executor>,
    pub store: Arc<dyn Store>,
    pub catalogue: Arc<Catalogue>,
    pub map: Map,
    pub cancel: Cancel,
    began: Instant,
    state: Mutex<State>,
    /// There is a job, or nothing will ever be.
    work: Condvar,
    /// The run has ended.
    over: Condvar,
}

struct State {
    dispatcher: Dispatcher,
    queue: VecDeque<Job>,
    /// Nodes under way, with when they must be back; the number tells two starts of a node apart.
    under_way: Vec<UnderWay>,
    idle: usize,
    workers: usize,
    most: usize,
    /// Errors by node, for the end of the run.
    errors: Vec<(usize, Error)>,
    /// How long the failed ones took.
    millis: HashMap<usize, u64>,
    /// When each node began and ended.
    spans: Vec<Option<Span>>,
    repeats: Vec<(usize, UndoStep)>,
    repeat_failed: bool,
    journal_lost: Option<Error>,
    /// What is told of `always` blocks that failed.
    always: Vec<String>,
    finished: Option<Outcome>,
}

struct UnderWay {
    node: usize,
    until: Option<Instant>,
}

#[derive(Debug)]
enum Job {
    Node(usize),
    TakeBack(usize, Option<usize>),
    Handle(usize),
    Always,
    Finish(Outcome),
}

/// When a node began and ended, counted from the start of the run.
pub(super) type Span = (Duration, Duration);

/// What a run came to.
pub(super) struct Over {
    pub outcome: Outcome,
    pub errors: Vec<(usize, Error)>,
    pub outcomes: Vec<Option<NodeOutcome>>,
    pub journal_lost: Option<Error>,
    /// When each node began and ended.
    pub spans: Vec<Option<Span>>,
    /// Of which phases `always` failed, why, and what of it was not done.
    pub always: Vec<String>,
}

impl Shell {
    pub fn new(
        plan: Arc<Plan>,
        exec: Arc<Executor>,
        store: Arc<dyn Store>,
        catalogue: Arc<Catalogue>,
        cancel: Cancel,
        jobs: usize,
    ) -> Arc<Self> {
        let map = Map::of(&plan.policy);
        // Twice as many as may run: half of them evaluate, capture and wait for the disk meanwhile.
        let most = (2 * jobs).min(plan.nodes.len()).max(1);
        let dispatcher = Dispatcher::new(map.graph(&plan), most);
        let state = State {
            dispatcher,
            queue: VecDeque::new(),
            under_way: Vec::new(),
            idle: 0,
            workers: 0,
            most,
            errors: Vec::new(),
            millis: HashMap::new(),
            spans: vec![None; plan.nodes.len()],
            repeats: Vec::new(),
            repeat_failed: false,
            journal_lost: None,
            always: Vec::new(),
            finished: None,
        };
        let (state, work, over) = (Mutex::new(state), Condvar::new(), Condvar::new());
        let began = Instant::now();
        Arc::new(Self { plan, exec, store, catalogue, map, cancel, began, state, work, over })
    }

    /// Runs to the end.
    pub fn run(self: &Arc<Self>) -> Over {
        self.tell(Told::Begin);
        let mut state = self.lock();
        while state.finished.is_none() {
            state = self.over.wait_timeout(state, WATCH).unwrap_or_else(PoisonError::into_inner).0;
            // An outcome for which nobody waits is durable within one look all the same.
            self.exec.journal.urge();
            let now = Instant::now();
            let late = state.under_way.iter().find(|way| way.until.is_some_and(|at| at + GRACE < now)).map(|w| w.node);
            if let Some(node) = late {
                self.declare_unknown(&mut state, node);
            }
        }
        let nodes = 0..self.plan.nodes.len();
        let mut outcome = state.finished.unwrap_or(Outcome::Failed);
        if state.repeat_failed {
            outcome = Outcome::UndoFailed;
        }
        Over {
            outcome,
            errors: std::mem::take(&mut state.errors),
            outcomes: nodes.map(|node| state.dispatcher.outcome_of(node)).collect(),
            journal_lost: state.journal_lost.take(),
            spans: std::mem::take(&mut state.spans),
            always: std::mem::take(&mut state.always),
        }
    }

    /// A signal asks the run to end.
    pub fn interrupt(self: &Arc<Self>, why: &str, urgency: Urgency) {
        let kill = urgency >= Urgency::Kill;
        let word = if kill { "kill" } else { "drain" };
        self.exec.journal.note(Event::Stopping { why: why.to_owned(), urgency: word.to_owned() });
        // First the dispatcher, so that nothing starts between the two.
        self.tell(Told::Interrupt { kill });
        self.cancel.raise(urgency);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(self: &Arc<Self>, event: Told) {
        let mut state = self.lock();
        self.tell_locked(&mut state, event);
    }

    fn tell_locked(self: &Arc<Self>, state: &mut State, event: Told) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for command in state.dispatcher.handle(event) {
                match command {
                    Command::Start(node) => {
                        state.under_way.push(UnderWay { node, until: None });
                        self.enqueue(state, Job::Node(node));
                    }
                    Command::Record(node, outcome) => self.record(state, node, outcome),
                    Command::Recall => {
                        // Started for the dispatcher, begun by nobody.
                        let (nodes, others) = state.queue.drain(..).partition(|job| matches!(job, Job::Node(_)));
                        state.queue = others;
                        let nodes: VecDeque<Job> = nodes;
                        for job in nodes {
                            if let Job::Node(node) = job {
                                state.under_way.retain(|way| way.node != node);
                                events.push_back(Told::Ended { node, end: End::NotStarted, wrote: false });
                            }
                        }
                    }
                    Command::Stopping(node) => {
                        let why = node.map_or_else(
                            || "a signal".to_owned(),
                            |node| format!("`{}` did not end well", self.plan.nodes[node].key),
                        );
                        self.exec.journal.note(Event::Stopping { why, urgency: "drain".to_owned() });
                    }
                    Command::TakeBack { node, of } => self.enqueue(state, Job::TakeBack(node, of)),
                    Command::Handle(node) => self.enqueue(state, Job::Handle(node)),
                    Command::Always => self.enqueue(state, Job::Always),
                    Command::Finish(outcome) => self.enqueue(state, Job::Finish(outcome)),
                }
            }
        }
    }

    fn record(&self, state: &State, node: usize, outcome: NodeOutcome) {
        let error = state.errors.iter().rev().find(|(failed, _)| *failed == node).map(|(_, error)| error.clone());
        let millis = state.millis.get(&node).copied().unwrap_or(0);
        self.exec.journal.note(Event::NodeEnded { node: self.plan.nodes[node].key.clone(), outcome, error, millis });
    }

    fn enqueue(self: &Arc<Self>, state: &mut State, job: Job) {
        state.queue.push_back(job);
        if state.idle > 0 {
            self.work.notify_one();
        }
        // Those who were woken and have not come yet still count as idle.
        if state.queue.len() > state.idle && state.workers < state.most {
            self.hire(state);
        }
    }

    /// One more worker. Without any thread at all the run could not even end, so the last resort is this one.
    fn hire(self: &Arc<Self>, state: &mut State) {
        let shell = Arc::clone(self);
        let started = std::thread::Builder::new().name("worker".into()).spawn(move || shell.work());
        match started {
            Ok(_) => state.workers += 1,
            Err(error) if state.workers == 0 => panic!("cannot start a single worker: {error}"),
            Err(_) => {}
        }
    }

    fn work(self: &Arc<Self>) {
        let mut state = self.lock();
        loop {
            while state.queue.is_empty() {
                if state.finished.is_some() {
                    return;
                }
                state.idle += 1;
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
            let Some(job) = state.queue.pop_front() else { continue };
            let told = match job {
                Job::Node(node) => {
                    let planned = &self.plan.nodes[node];
                    let until = longest(planned).and_then(|limit| Instant::now().checked_add(limit));
                    if let Some(way) = state.under_way.iter_mut().find(|way| way.node == node) {
                        way.until = until;
                    }
                    drop(state);
                    let began = self.began.elapsed();
                    let ended = catch_unwind(AssertUnwindSafe(|| self.exec.node(node, planned)))
                        .unwrap_or_else(|panic| Ended::broken(&told_by(&*panic)));
                    // Nothing that conflicts with this node has started: it is told only below that it has ended.
                    let (apart, among) = super::apart::found(&self.plan, node, &self.exec.calm());
                    state = self.lock();
                    let Some(position) = state.under_way.iter().position(|way| way.node == node) else {
                        // Given up on meanwhile; another worker has this one's place.
                        return;
                    };
                    state.under_way.swap_remove(position);
                    state.dispatcher.set_apart(&apart, among.end);
                    state.spans[node] = Some((began, self.began.elapsed()));
                    self.ended(&mut state, node, ended);
                    continue;
                }
                Job::TakeBack(node, of) => {
                    drop(state);
                    let how = self.take_back(node, of);
                    state = self.lock();
                    Told::TookBack { node, how }
                }
                Job::Handle(node) => {
                    drop(state);
                    self.run_repeats();
                    let planned = &self.plan.nodes[node];
                    let handling = self.map.handling(&self.plan, node);
                    let result = self.exec.handle(&planned.key, &planned.locals, &handling);
                    state = self.lock();
                    self.keep_error(&mut state, node, "its handler failed", &result);
                    Told::Handled { node, ok: result.is_ok() }
                }
                Job::Always => {
                    drop(state);
                    self.run_repeats();
                    let ok = self.always();
                    state = self.lock();
                    Told::AlwaysEnded { ok }
                }
                Job::Finish(outcome) => {
                    drop(state);
                    self.run_repeats();
                    state = self.lock();
                    state.finished = Some(outcome);
                    self.work.notify_all();
                    self.over.notify_all();
                    continue;
                }
            };
            self.tell_locked(&mut state, told);
        }
    }

    fn ended(self: &Arc<Self>, state: &mut State, node: usize, ended: Ended) {
        if let Some(error) = ended.error {
            self.exec.facts.failed(&format!("{}: {}", self.plan.nodes[node].key, error.what));
            if ended.journal_lost {
                state.journal_lost.get_or_insert_with(|| error.clone());
            }
            state.errors.push((node, error));
            state.millis.insert(node, ended.millis);
        }
        if ended.journal_lost {
            self.tell_locked(state, Told::JournalLost);
        }
        self.tell_locked(state, Told::Ended { node, end: ended.end, wrote: ended.wrote });
    }

    fn declare_unknown(self: &Arc<Self>, state: &mut State, node: usize) {
        state.under_way.retain(|way| way.node != node);
        state.most += 1;
        let error = Error::failed("it did not come back after its time was over; nobody knows what it did")
            .hint("look at what it works on before anything else; `rbk undo` restores what it had captured");
        let ended =
            Ended { end: End::Failed(Fail::Unknown), wrote: true, error: Some(error), journal_lost: false, millis: 0 };
        self.ended(state, node, ended);
    }

    fn take_back(&self, node: usize, of: Option<usize>) -> Back {
        let planned = &self.plan.nodes[node];
        let why = of.map_or_else(
            || "it ran ahead of where the run was interrupted".to_owned(),
            |of| {
                if of == node {
                    "it failed, and its policy undoes it".to_owned()
                } else {
                    format!("`{}` did not end well", self.plan.nodes[of].key)
                }
            },
        );
        let took = TakeBack {
            exec: &self.exec,
            store: &self.store,
            catalogue: &self.catalogue,
            key: &planned.key,
            title: planned.title.as_deref(),
            locals: &planned.locals,
            timeout: planned.timeout,
            why,
        }
        .run();
        let mut state = self.lock();
        state.repeats.extend(took.repeats.into_iter().map(|step| (node, step)));
        if let Some(error) = took.error {
            state.errors.push((node, error));
        }
        took.how
    }

    /// Runs again what is undone by running it again, in text order, once everything is restored.
    fn run_repeats(&self) {
        let mut repeats = std::mem::take(&mut self.lock().repeats);
        // In text order: of one node they stand in the order of its calls already.
        repeats.sort_by_key(|(node, _)| *node);
        for (node, step) in repeats {
            let key = format!("{}/{AGAIN}", step.key);
            self.exec.journal.note(Event::NodeStarted { node: key.clone(), attempt: 1 });
            let clock = Instant::now();
            let error = self.run_again(node, &step).err().map(|halt| halt.error);
            let outcome = if error.is_none() { NodeOutcome::Done } else { NodeOutcome::Failed };
            let millis = clock.elapsed().as_millis() as u64;
            // A later undo does it once more, unless this is known to have gone well.
            self.exec.journal.note(Event::NodeEnded { node: key, outcome, error: error.clone(), millis });
            if let Some(error) = error {
                let mut state = self.lock();
                state.repeat_failed = true;
                state.errors.push((node, error));
            }
        }
    }

    fn run_again(&self, node: usize, step: &UndoStep) -> Result<(), Halt> {
        let planned = &self.plan.nodes[node];
        match &step.how {
            How::Repeat(model, note) => {
                let inner = said(model.clauses.timeout.as_deref()).unwrap_or(self.plan.policy.defaults.timeout);
                let limit = if step.key == planned.key { planned.timeout } else { inner };
                self.exec.repeat(&step.key, &note.locals, model, limit)
            }
            How::GroupRepeat(action, note) => self.exec.repeat_group(&step.key, &note.locals, action, planned.timeout),
            How::Again(called) => {
                // A kill ends what runs; what is taken back is new, and bounded by itself.
                let look = self.exec.look.with_cancel(Cancel::new()).within(UNDO_TIMEOUT);
                Ok(by_capture(called, &self.catalogue, &Touch::new(look), &*self.exec.keep)?)
            }
            How::Restore(_) | How::Block(..) | How::GroupBlock(..) => Ok(()),
        }
    }

    /// The `always` blocks of the phases that began.
    fn always(&self) -> bool {
        let mut ok = true;
        let mut begun: Vec<&str> = Vec::new();
        {
            let state = self.lock();
            for (index, node) in self.plan.nodes.iter().enumerate() {
                let outcome = state.dispatcher.outcome_of(index);
                if !begun.contains(&node.phase.as_str()) && outcome.is_some_and(|o| o != NodeOutcome::Skipped) {
                    begun.push(&node.phase);
                }
            }
        }
        for phase in self.plan.policy.phases.iter().filter(|phase| begun.contains(&&*phase.name.text)) {
            let Some(block) = &phase.always else { continue };
            let result = self.exec.always(&phase.name.text, &block.items);
            if let Err((halt, rest)) = &result {
                ok = false;
                let rest = if rest.is_empty() { String::new() } else { format!(" (not done: {})", rest.join(", ")) };
                let text = format!("`always` of `{}` failed: {}{rest}", phase.name.text, halt.error.what);
                self.lock().always.push(text.clone());
                self.exec.facts.failed(&text);
                self.exec.journal.note(Event::Note { node: None, text });
            }
        }
        ok
    }

    fn keep_error(&self, state: &mut State, node: usize, what: &str, result: &Result<(), super::executor::Halt>) {
        if let Err(halt) = result {
            let error = Error { what: format!("{what}: {}", halt.error.what), ..halt.error.clone() };
            self.exec
                .journal
                .note(Event::Note { node: Some(self.plan.nodes[node].key.clone()), text: error.what.clone() });
            state.errors.push((node, error));
        }
    }
}

/// When a node must surely be back: its worst case, which has all attempts and pauses in it, and never less than its
/// timeout.
fn longest(node: &Node) -> Option<Duration> {
    let people = matches!(node.work, Work::Dynamic(_));
    (!people).then(|| node.worst.max(node.timeout))
}

fn told_by(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a word".to_owned())
}
