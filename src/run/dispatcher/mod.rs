//! What starts when, and what a failure means: `handle(event) -> commands`.
//!
//! Pure: no clock, no process, no I/O, so that every failure at every point can be enumerated.
//!
//! The rule (`language.md` §7, "When something fails ahead"): a run *settles* its nodes in text order. Settling a good
//! end lets the next one settle; settling a failure does what its policy says. A failure that is not reached yet is
//! held. INVARIANT: when a failure that stops the run is settled, everything before it in the text has ended and
//! settled, so whatever else ran stands behind it and ran ahead: it is taken back. The end state is therefore that of
//! a run that does one thing after the other.
//!
//! A `parallel` block settles as one: its author vouched that the order of its members does not matter.

mod apart;
pub mod graph;
mod settle;
mod tolerate;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::event::{NodeOutcome, Outcome};
use graph::{Back, Command, End, Event, Fail, Index, Node, Policy, Within};
use tolerate::{Skip, Tolerated};

/// The state machine of one run.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact that may become true independently")]
pub struct Dispatcher {
    nodes: Vec<State>,
    groups: Vec<Group>,
    /// How many nodes may be started and not ended.
    width: usize,
    running: usize,
    ready: BTreeSet<Index>,
    /// Failures that will stop the run when they are settled, and have not been.
    held: BTreeSet<Index>,
    /// The first group that is not settled.
    frontier: usize,
    /// A settled node has changed something.
    wrote: bool,
    /// What loops have let pass so far.
    tolerated: Tolerated,
    warned: bool,
    degraded: bool,
    partial: bool,
    /// Somebody asked the run to end.
    interrupted: bool,
    killed: bool,
    journal_lost: bool,
    stop: Option<Stop>,
    stage: Stage,
    tasks: VecDeque<Task>,
    commands: Vec<Command>,
}

/// Nodes that settle together: the members of a `parallel` block, or a single one.
#[derive(Clone, Debug, Default)]
struct Group {
    members: Vec<Index>,
    /// How many have not ended.
    open: usize,
    /// Those that have ended and are not settled.
    ended: BTreeSet<Index>,
}

/// Where the run is as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Going,
    /// Nothing new starts; what runs ends.
    Draining,
    /// One thing after the other: taking back, handlers, `always`.
    Ending,
    Finished,
}

/// Why the run stops, and how it will be called.
#[derive(Clone, Copy, Debug)]
struct Stop {
    node: Option<Index>,
    group: usize,
    outcome: Outcome,
    /// It only pauses: a loop goes on without this.
    skip: Option<Skip>,
}

/// What is done, one after the other, once nothing runs any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    TakeBack { node: Index, of: Option<Index> },
    Handle(Index),
    Resume(Index),
    Always,
}

#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact that may become true independently")]
struct State {
    unmet: usize,
    dependents: Vec<Index>,
    group: usize,
    on_failure: Policy,
    within: Arc<[Within]>,
    nearer: usize,
    /// It failed, and a loop let it pass.
    let_pass: bool,
    guard: bool,
    phase: Phase,
    wrote: bool,
    settled: bool,
    /// Its dependents were told.
    released: bool,
    recorded: Option<NodeOutcome>,
    taken_back: bool,
    /// It was to be taken back, and could not be: it is what it was.
    left: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Waiting,
    Running,
    Ended(End),
    /// Another way was taken instead.
    Bypassed,
}

impl Dispatcher {
    /// A dispatcher of `nodes`, in text order, of which `width` may be under way at once.
    ///
    /// # Panics
    /// When a node waits for itself or for a later one: the plan's order is a mistake then.
    #[must_use]
    pub fn new(nodes: Vec<Node>, width: usize) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        let mut states: Vec<State> = Vec::with_capacity(nodes.len());
        let mut last_block = None;
        for (index, node) in nodes.into_iter().enumerate() {
            if node.block.is_none() || node.block != last_block {
                groups.push(Group::default());
            }
            last_block = node.block;
            let group = groups.len() - 1;
            groups[group].members.push(index);
            groups[group].open += 1;
            for &before in &node.before {
                assert!(before < index, "node {index} waits for {before}, which does not stand before it");
                states[before].dependents.push(index);
            }
            states.push(State {
                unmet: node.before.len(),
                dependents: Vec::new(),
                group,
                on_failure: node.on_failure,
                nearer: node.nearer.min(node.within.len()),
                within: node.within,
                let_pass: false,
                guard: node.guard,
                phase: Phase::Waiting,
                wrote: false,
                settled: false,
                released: false,
                recorded: None,
                taken_back: false,
                left: false,
            });
        }
        let ready = states.iter().enumerate().filter(|(_, node)| node.unmet == 0).map(|(index, _)| index).collect();
        Self {
            nodes: states,
            groups,
            width: width.max(1),
            running: 0,
            ready,
            held: BTreeSet::new(),
            frontier: 0,
            wrote: false,
            tolerated: Tolerated::default(),
            warned: false,
            degraded: false,
            partial: false,
            interrupted: false,
            killed: false,
            journal_lost: false,
            stop: None,
            stage: Stage::Going,
            tasks: VecDeque::new(),
            commands: Vec::new(),
        }
    }

    /// Takes note of what happened and says what to do now.
    ///
    /// # Panics
    /// When a node ends that was not started: a mistake of the caller.
    pub fn handle(&mut self, event: Event) -> Vec<Command> {
        match event {
            Event::Begin => {}
            Event::Ended { node, end, wrote } => self.ended(node, end, wrote),
            Event::TookBack { node, how } => self.took_back(node, how),
            Event::Handled { node, ok } => self.handled(node, ok),
            Event::AlwaysEnded { ok } => self.always_ended(ok),
            Event::Interrupt { kill } => self.interrupt(kill),
            Event::JournalLost => {
                self.journal_lost = true;
                self.tasks.clear();
                self.drain();
            }
        }
        self.advance();
        std::mem::take(&mut self.commands)
    }

    /// How a node ended in the end; `None` while it may still change.
    #[must_use]
    pub fn outcome_of(&self, node: Index) -> Option<NodeOutcome> {
        let state = &self.nodes[node];
        match state.phase {
            _ if state.taken_back && !state.left => Some(NodeOutcome::TakenBack),
            _ if state.recorded.is_some() => state.recorded,
            Phase::Waiting if self.stage == Stage::Finished => Some(NodeOutcome::Skipped),
            Phase::Waiting | Phase::Running => None,
            Phase::Bypassed => Some(NodeOutcome::Skipped),
            Phase::Ended(end) => {
                let policy = if state.let_pass { &Policy::Warn } else { &state.on_failure };
                Some(settle::outcome(end, policy, state.settled && self.is_refusal(node)))
            }
        }
    }

    fn ended(&mut self, node: Index, end: End, wrote: bool) {
        let state = &mut self.nodes[node];
        assert_eq!(state.phase, Phase::Running, "node {node} ended without having been started");
        self.running -= 1;
        if end == End::NotStarted {
            state.phase = Phase::Waiting;
            self.ready.insert(node);
            return;
        }
        let end = if end == End::Failed(Fail::Stopped) {
            state.on_failure = Policy::Stop;
            End::Failed(Fail::Failed)
        } else {
            end
        };
        state.phase = Phase::Ended(end);
        state.wrote = wrote;
        self.groups[state.group].open -= 1;
        self.groups[state.group].ended.insert(node);
        match end {
            End::Failed(fail) => {
                // Under `warn` and `continue` it waits for nothing but its turn; a kill is no failure to warn of.
                if !state.on_failure.goes_on() || state.nearer > 0 || fail == Fail::Interrupted {
                    self.held.insert(node);
                }
                // Whether a refusal is one, and whether a loop lets it pass, shows only when all before it is known.
                if !matches!(fail, Fail::Refused | Fail::Declined) && state.within.is_empty() {
                    self.record(node);
                }
            }
            _ => {
                state.recorded = Some(settle::outcome(end, &state.on_failure, false));
                self.release(node);
            }
        }
    }

    /// Lets those start that waited for `node`.
    fn release(&mut self, node: Index) {
        if std::mem::replace(&mut self.nodes[node].released, true) {
            return;
        }
        for index in 0..self.nodes[node].dependents.len() {
            let dependent = self.nodes[node].dependents[index];
            let state = &mut self.nodes[dependent];
            state.unmet -= 1;
            if state.unmet == 0 && state.phase == Phase::Waiting {
                self.ready.insert(dependent);
            }
        }
    }

    fn record(&mut self, node: Index) {
        if self.nodes[node].recorded.is_none()
            && let Some(outcome) = self.outcome_of(node)
        {
            self.nodes[node].recorded = Some(outcome);
            self.commands.push(Command::Record(node, outcome));
        }
    }

    fn interrupt(&mut self, kill: bool) {
        self.killed |= kill;
        if self.stage == Stage::Finished || (self.interrupted && !kill) {
            return;
        }
        self.interrupted = true;
        if kill {
            // Handlers are new work; what ran ahead is still taken back, and `always` still runs.
            self.tasks.retain(|task| !matches!(task, Task::Handle(_)));
        }
        self.drain();
    }

    /// Nothing new starts from here on.
    fn drain(&mut self) {
        if self.stage == Stage::Going {
            self.stage = Stage::Draining;
            self.commands.push(Command::Recall);
        }
    }

    /// Settles what can be settled, then starts or ends what can be.
    fn advance(&mut self) {
        match self.stage {
            Stage::Going | Stage::Draining => {
                if self.stop.is_none() && !self.journal_lost {
                    self.settle();
                }
                if self.stage == Stage::Going {
                    self.start_ready();
                }
                let over = self.stage == Stage::Draining || self.frontier == self.groups.len();
                if self.running == 0 && over {
                    self.begin_ending();
                }
            }
            Stage::Ending | Stage::Finished => {}
        }
    }

    fn start_ready(&mut self) {
        while self.running < self.width
            && let Some(&next) = self.ready.first()
        {
            // What stands before a held failure still starts; what stands behind it would have to be taken back.
            if self.held.first().is_some_and(|&failed| next > failed) {
                return;
            }
            self.ready.remove(&next);
            self.nodes[next].phase = Phase::Running;
            self.running += 1;
            self.commands.push(Command::Start(next));
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
