use std::sync::Arc;

use super::*;

#[path = "tests_tolerate.rs"]
mod tolerate;

/// A small run, told from outside: what each node would do, and which may overlap.
#[derive(Clone, Debug)]
struct Case {
    ends: Vec<End>,
    policies: Vec<Policy>,
    guards: Vec<bool>,
    blocks: Vec<Option<u32>>,
    before: Vec<Vec<Index>>,
    /// The items around each, the innermost first, and how many of them are nearer than its policy.
    within: Vec<Vec<Within>>,
    nearer: Vec<usize>,
}

impl Case {
    fn nodes(&self) -> Vec<Node> {
        (0..self.ends.len())
            .map(|index| Node {
                before: self.before[index].clone(),
                block: self.blocks[index],
                on_failure: self.policies[index].clone(),
                guard: self.guards[index],
                within: self.within[index].clone().into(),
                nearer: self.nearer[index],
            })
            .collect()
    }
}

/// What is true at the end of a run.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
struct EndState {
    /// What stands as it was left, in text order; with whether it is whole.
    applied: Vec<(Index, bool)>,
    handlers: Vec<Index>,
    outcome: Option<Outcome>,
    always: bool,
}

/// What a person keeps in mind of loops that let items fail.
#[derive(Default)]
struct Passed {
    /// Failed items, and loops that are not gone on with.
    items: Vec<(u32, u32)>,
    loops: Vec<u32>,
}

impl Passed {
    fn leaves_out(&self, within: &[Within]) -> bool {
        within.iter().any(|w| self.items.contains(&(w.each, w.item)) || self.loops.contains(&w.each))
    }

    fn lets_pass(&mut self, within: &[Within]) -> bool {
        for around in within {
            let failed = self.items.iter().filter(|(each, _)| *each == around.each).count();
            if (failed as u64) < around.tolerated {
                self.items.push((around.each, around.item));
                return true;
            }
        }
        false
    }
}

/// One thing after the other, as a person would do it by hand: the meaning of a policy.
fn by_hand(case: &Case) -> EndState {
    let mut state = EndState { always: true, ..EndState::default() };
    let mut wrote = false;
    let mut passed = Passed::default();
    let (mut warned, mut degraded, mut partial) = (false, false, false);
    for (node, &end) in case.ends.iter().enumerate() {
        if passed.leaves_out(&case.within[node]) {
            continue;
        }
        let End::Failed(fail) = end else {
            state.applied.push((node, true));
            wrote |= !case.guards[node];
            degraded |= end == End::Degraded;
            continue;
        };
        let policy = &case.policies[node];
        let (nearer, around) = case.within[node].split_at(case.nearer[node]);
        let goes_on = policy.goes_on() || !case.within[node].is_empty();
        if fail == Fail::Refused && !wrote && (case.guards[node] || !goes_on) {
            return EndState { outcome: Some(Outcome::Refused), always: false, ..state };
        }
        // A failed node of these tests has begun to write, except where it refused.
        if fail != Fail::Refused {
            state.applied.push((node, false));
            wrote |= !case.guards[node];
        }
        if passed.lets_pass(nearer) {
            warned = true;
            continue;
        }
        let mut stopped = if fail == Fail::Inconclusive { Outcome::Inconclusive } else { Outcome::Failed };
        match policy {
            Policy::Warn | Policy::Continue => {
                warned |= *policy == Policy::Warn;
                partial |= *policy == Policy::Continue;
                passed.loops.extend(nearer.last().map(|whole| whole.each));
                continue;
            }
            Policy::Stop | Policy::Otherwise(_) => {}
            Policy::Undo(scope) => {
                state.applied.retain(|(applied, _)| !scope.contains(applied));
                stopped = Outcome::Compensated;
            }
            Policy::Handle => {
                state.handlers.push(node);
                stopped = Outcome::Compensated;
            }
        }
        if !passed.lets_pass(around) {
            return EndState { outcome: Some(stopped), ..state };
        }
        warned = true;
    }
    let outcome = match () {
        () if partial => Outcome::Partial,
        () if degraded => Outcome::Degraded,
        () if warned => Outcome::Warned,
        () => Outcome::Done,
    };
    EndState { outcome: Some(outcome), ..state }
}

/// Follows every order in which the nodes under way can end, and gives each end state to `check`.
fn every_order(case: &Case, width: usize, check: &mut dyn FnMut(&EndState, &[Option<NodeOutcome>])) {
    let mut dispatcher = Dispatcher::new(case.nodes(), width);
    let commands = dispatcher.handle(Event::Begin);
    let world = World { dispatcher, running: Vec::new(), handled: false, state: EndState::default() };
    follow(case, world, commands, check);
}

#[derive(Clone)]
struct World {
    dispatcher: Dispatcher,
    running: Vec<Index>,
    /// A handler ran since the last start.
    handled: bool,
    state: EndState,
}

fn follow(
    case: &Case,
    mut world: World,
    mut commands: Vec<Command>,
    check: &mut dyn FnMut(&EndState, &[Option<NodeOutcome>]),
) {
    loop {
        let mut next = Vec::new();
        for command in std::mem::take(&mut commands) {
            match command {
                Command::Start(node) => {
                    for &before in &case.before[node] {
                        assert!(!world.running.contains(&before), "{node} started while {before} ran: {case:?}");
                    }
                    world.running.push(node);
                    world.handled = false;
                }
                Command::TakeBack { node, .. } => {
                    assert!(world.running.is_empty(), "something ran during a take-back: {case:?}");
                    assert!(!world.handled, "a handler ran before {node} was taken back: {case:?}");
                    world.state.applied.retain(|(applied, _)| *applied != node);
                    next.extend(world.dispatcher.handle(Event::TookBack { node, how: Back::Whole }));
                }
                Command::Handle(node) => {
                    assert!(world.running.is_empty());
                    world.state.handlers.push(node);
                    world.handled = true;
                    next.extend(world.dispatcher.handle(Event::Handled { node, ok: true }));
                }
                Command::Always => {
                    assert!(world.running.is_empty());
                    world.state.always = true;
                    next.extend(world.dispatcher.handle(Event::AlwaysEnded { ok: true }));
                }
                Command::Finish(outcome) => {
                    assert!(world.running.is_empty(), "the run ended while something ran: {case:?}");
                    world.state.outcome = Some(outcome);
                    world.state.applied.sort_unstable();
                    let outcomes: Vec<_> = (0..case.ends.len()).map(|node| world.dispatcher.outcome_of(node)).collect();
                    check(&world.state, &outcomes);
                    return;
                }
                Command::Record(..) | Command::Recall | Command::Stopping(_) => {}
            }
        }
        if !next.is_empty() {
            commands = next;
            continue;
        }
        assert!(!world.running.is_empty(), "the run hangs: {case:?}\n{:?}", world.dispatcher);
        let (last, others) = world.running.split_last().map(|(last, others)| (*last, others.to_vec())).unwrap();
        for node in others {
            let mut world = world.clone();
            let commands = end(case, &mut world, node);
            follow(case, world, commands, check);
        }
        commands = end(case, &mut world, last);
    }
}

fn end(case: &Case, world: &mut World, node: Index) -> Vec<Command> {
    world.running.retain(|running| *running != node);
    let end = case.ends[node];
    let refused = end == End::Failed(Fail::Refused);
    if !refused {
        world.state.applied.push((node, !matches!(end, End::Failed(_))));
    }
    world.dispatcher.handle(Event::Ended { node, end, wrote: !refused && !case.guards[node] })
}

/// A small generator: the cases must be the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

fn random_case(dice: &mut Dice, blocks: bool) -> Case {
    let count = 2 + dice.roll(4) as usize;
    let mut case = Case {
        ends: vec![],
        policies: vec![],
        guards: vec![],
        blocks: vec![None; count],
        before: vec![vec![]; count],
        within: vec![vec![]; count],
        nearer: vec![0; count],
    };
    let gates: Vec<bool> = (0..count).map(|_| dice.roll(5) == 0).collect();
    let exact: Vec<bool> = (0..count).map(|_| dice.roll(4) != 0).collect();
    if blocks && count >= 3 {
        let from = dice.roll(count as u64 - 1) as usize;
        let to = from + 1 + dice.roll((count - from - 1) as u64) as usize;
        for index in from..=to {
            if !gates[index] {
                case.blocks[index] = Some(1);
            }
        }
    }
    for index in 0..count {
        case.ends.push(match dice.roll(8) {
            0 | 1 => End::Failed(Fail::Failed),
            2 => End::Failed(Fail::Refused),
            3 => End::Failed(Fail::Inconclusive),
            4 => End::Degraded,
            _ => End::Done,
        });
        case.policies.push(match dice.roll(6) {
            0 => Policy::Warn,
            1 => Policy::Continue,
            2 => Policy::Undo(Arc::from([index])),
            3 => Policy::Undo((0..=index).collect()),
            4 => Policy::Handle,
            _ => Policy::Stop,
        });
        case.guards.push(gates[index] && dice.roll(2) == 0);
        for before in 0..index {
            let together = case.blocks[index].is_some() && case.blocks[index] == case.blocks[before];
            // The rule of order: a gate, a missing exact undo, or a conflict joins two nodes.
            let fenced = gates[index] || gates[before] || !exact[index] || dice.roll(5) == 0;
            if fenced && !together {
                case.before[index].push(before);
            }
        }
    }
    case
}

#[test]
fn every_failure_in_every_order_ends_as_by_hand() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut orders, mut overlaps) = (0, 0);
    for _ in 0..4000 {
        let case = random_case(&mut dice, false);
        let expected = by_hand(&case);
        for width in [1, 2, 8] {
            let mut here = 0;
            every_order(&case, width, &mut |state, outcomes| {
                assert_eq!(*state, expected, "width {width}, {case:#?}\n{outcomes:?}");
                assert!(outcomes.iter().all(Option::is_some), "a node without an outcome: {case:?}");
                here += 1;
            });
            orders += here;
            overlaps += usize::from(here > 1);
        }
    }
    assert!(orders > 20_000 && overlaps > 2_000, "the cases do overlap: {orders} orders, {overlaps} with a choice");
}

#[test]
fn a_block_settles_as_one_and_all_around_it_is_as_by_hand() {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut compared = 0;
    for _ in 0..4000 {
        let case = random_case(&mut dice, true);
        let expected = by_hand(&case);
        let first = case.blocks.iter().position(Option::is_some).unwrap_or(usize::MAX);
        // Two members may refuse, fail or be undone in an order of their own: then only what comes before is fixed.
        let in_block =
            (0..case.ends.len()).any(|node| case.blocks[node].is_some() && matches!(case.ends[node], End::Failed(_)));
        let ended_before = stops_at(&case).is_some_and(|node| node < first);
        every_order(&case, 8, &mut |state, outcomes| {
            assert!(outcomes.iter().all(Option::is_some));
            if !in_block || ended_before {
                assert_eq!(*state, expected, "{case:#?}\n{outcomes:?}");
            }
            compared += usize::from(ended_before);
        });
    }
    assert!(compared > 1_000, "members did run ahead of a failure before them: {compared}");
}

/// The node at which a person would have stopped.
fn stops_at(case: &Case) -> Option<Index> {
    (0..case.ends.len()).find(|&node| {
        let mut until = case.clone();
        until.ends.truncate(node + 1);
        let outcome = by_hand(&until).outcome.unwrap();
        !matches!(outcome, Outcome::Done | Outcome::Degraded | Outcome::Warned | Outcome::Partial)
    })
}

fn chain(ends: &[End]) -> Case {
    Case {
        ends: ends.to_vec(),
        policies: vec![Policy::Stop; ends.len()],
        guards: vec![false; ends.len()],
        blocks: vec![None; ends.len()],
        before: vec![vec![]; ends.len()],
        within: vec![vec![]; ends.len()],
        nearer: vec![0; ends.len()],
    }
}

const FAILED: End = End::Failed(Fail::Failed);

#[test]
fn a_failure_ahead_is_held_until_all_before_it_has_ended() {
    let mut case = chain(&[End::Done, End::Done, FAILED, End::Done]);
    case.policies[2] = Policy::Handle;
    let mut dispatcher = Dispatcher::new(case.nodes(), 2);
    assert_eq!(dispatcher.handle(Event::Begin), [Command::Start(0), Command::Start(1)]);
    let done = |node| Event::Ended { node, end: End::Done, wrote: true };
    assert_eq!(dispatcher.handle(done(1)), [Command::Start(2)]);
    // It fails while 0 still runs: nothing later starts, its handler waits.
    let failed = Event::Ended { node: 2, end: FAILED, wrote: true };
    assert_eq!(dispatcher.handle(failed), [Command::Record(2, NodeOutcome::Failed)]);
    let last = dispatcher.handle(done(0));
    assert_eq!(last, [Command::Stopping(Some(2)), Command::Recall, Command::Handle(2)]);
}

#[test]
fn what_stands_before_a_held_failure_still_starts() {
    let mut case = chain(&[End::Done, End::Done, FAILED]);
    case.before[1] = vec![0];
    let mut dispatcher = Dispatcher::new(case.nodes(), 2);
    assert_eq!(dispatcher.handle(Event::Begin), [Command::Start(0), Command::Start(2)]);
    dispatcher.handle(Event::Ended { node: 2, end: FAILED, wrote: true });
    assert_eq!(dispatcher.handle(Event::Ended { node: 0, end: End::Done, wrote: true }), [Command::Start(1)]);
}

#[test]
fn what_ran_ahead_of_a_failure_is_taken_back_latest_first_even_when_it_failed_itself() {
    let case = chain(&[FAILED, End::Done, FAILED, End::Done]);
    let mut dispatcher = Dispatcher::new(case.nodes(), 4);
    dispatcher.handle(Event::Begin);
    for node in [3, 2, 1] {
        dispatcher.handle(Event::Ended { node, end: case.ends[node], wrote: true });
    }
    let commands = dispatcher.handle(Event::Ended { node: 0, end: FAILED, wrote: true });
    assert_eq!(commands.last(), Some(&Command::TakeBack { node: 3, of: Some(0) }));
    for (node, next) in [(3, 2), (2, 1)] {
        let commands = dispatcher.handle(Event::TookBack { node, how: Back::Whole });
        assert_eq!(commands, [Command::TakeBack { node: next, of: Some(0) }]);
    }
    assert_eq!(dispatcher.handle(Event::TookBack { node: 1, how: Back::Whole }), [Command::Always]);
    assert_eq!(dispatcher.handle(Event::AlwaysEnded { ok: true }), [Command::Finish(Outcome::Failed)]);
    assert_eq!(dispatcher.outcome_of(0), Some(NodeOutcome::Failed));
    assert_eq!(dispatcher.outcome_of(2), Some(NodeOutcome::TakenBack));
}

#[test]
fn an_interrupt_drains_and_takes_back_what_ran_ahead_of_the_cut() {
    let case = chain(&[End::Done, End::Done, End::Done]);
    let mut dispatcher = Dispatcher::new(case.nodes(), 2);
    assert_eq!(dispatcher.handle(Event::Begin), [Command::Start(0), Command::Start(1)]);
    assert_eq!(dispatcher.handle(Event::Interrupt { kill: false }), [Command::Recall]);
    assert_eq!(dispatcher.handle(Event::Ended { node: 1, end: End::Done, wrote: true }), []);
    // 0 had not begun: it is given back, so 1 ran ahead of it.
    let commands = dispatcher.handle(Event::Ended { node: 0, end: End::NotStarted, wrote: false });
    assert_eq!(commands, [Command::TakeBack { node: 1, of: None }]);
    assert_eq!(dispatcher.handle(Event::TookBack { node: 1, how: Back::Whole }), [Command::Always]);
    let commands = dispatcher.handle(Event::AlwaysEnded { ok: true });
    assert_eq!(commands.last(), Some(&Command::Finish(Outcome::Interrupted)));
    assert!(commands.contains(&Command::Record(0, NodeOutcome::Skipped)));
}

#[test]
fn a_drain_that_finds_everything_done_is_no_interruption() {
    let case = chain(&[End::Done]);
    let mut dispatcher = Dispatcher::new(case.nodes(), 2);
    dispatcher.handle(Event::Begin);
    dispatcher.handle(Event::Interrupt { kill: false });
    assert_eq!(dispatcher.handle(Event::Ended { node: 0, end: End::Done, wrote: true }), [Command::Always]);
    assert_eq!(dispatcher.handle(Event::AlwaysEnded { ok: true }), [Command::Finish(Outcome::Done)]);
}

#[test]
fn a_kill_drops_handlers_but_not_the_take_back() {
    let mut case = chain(&[End::Failed(Fail::Interrupted), End::Done]);
    case.policies[0] = Policy::Handle;
    let mut dispatcher = Dispatcher::new(case.nodes(), 2);
    dispatcher.handle(Event::Begin);
    dispatcher.handle(Event::Ended { node: 1, end: End::Done, wrote: true });
    dispatcher.handle(Event::Interrupt { kill: true });
    let commands = dispatcher.handle(Event::Ended { node: 0, end: case.ends[0], wrote: true });
    assert!(commands.contains(&Command::Record(0, NodeOutcome::Interrupted)));
    assert_eq!(commands.last(), Some(&Command::TakeBack { node: 1, of: Some(0) }));
    dispatcher.handle(Event::TookBack { node: 1, how: Back::Whole });
    let commands = dispatcher.handle(Event::AlwaysEnded { ok: true });
    assert_eq!(commands, [Command::Finish(Outcome::Interrupted)]);
}

#[test]
fn a_failed_take_back_needs_a_person() {
    let case = chain(&[FAILED, End::Done]);
    let mut dispatcher = Dispatcher::new(case.nodes(), 2);
    dispatcher.handle(Event::Begin);
    dispatcher.handle(Event::Ended { node: 1, end: End::Done, wrote: true });
    dispatcher.handle(Event::Ended { node: 0, end: FAILED, wrote: true });
    dispatcher.handle(Event::TookBack { node: 1, how: Back::Failed });
    let commands = dispatcher.handle(Event::AlwaysEnded { ok: true });
    assert_eq!(commands, [Command::Finish(Outcome::UndoFailed)]);
    assert_eq!(dispatcher.outcome_of(1), Some(NodeOutcome::Done), "it stands as it was");
}

#[test]
fn an_undone_block_that_leaves_something_is_partial() {
    let mut case = chain(&[End::Done, FAILED]);
    case.before[1] = vec![0];
    case.policies[1] = Policy::Undo(Arc::from([0, 1]));
    let mut dispatcher = Dispatcher::new(case.nodes(), 2);
    dispatcher.handle(Event::Begin);
    dispatcher.handle(Event::Ended { node: 0, end: End::Done, wrote: true });
    let commands = dispatcher.handle(Event::Ended { node: 1, end: FAILED, wrote: true });
    assert_eq!(commands.last(), Some(&Command::TakeBack { node: 1, of: Some(1) }));
    let commands = dispatcher.handle(Event::TookBack { node: 1, how: Back::Whole });
    assert_eq!(commands, [Command::TakeBack { node: 0, of: Some(1) }]);
    dispatcher.handle(Event::TookBack { node: 0, how: Back::Left });
    assert_eq!(dispatcher.handle(Event::AlwaysEnded { ok: true }), [Command::Finish(Outcome::Partial)]);
}

#[test]
fn a_failed_always_spoils_a_good_run_and_never_improves_a_bad_one() {
    for (end, expected) in [(End::Done, Outcome::Failed), (End::Failed(Fail::Inconclusive), Outcome::Inconclusive)] {
        let case = chain(&[end]);
        let mut dispatcher = Dispatcher::new(case.nodes(), 1);
        dispatcher.handle(Event::Begin);
        dispatcher.handle(Event::Ended { node: 0, end, wrote: true });
        assert_eq!(dispatcher.handle(Event::AlwaysEnded { ok: false }), [Command::Finish(expected)]);
    }
}

#[test]
fn another_way_lets_the_run_go_on_without_the_rest_of_its_stage() {
    let mut case = chain(&[End::Done, FAILED, End::Done, End::Done]);
    let scope: Arc<[Index]> = Arc::from([0, 1, 2]);
    for node in 0..3 {
        case.policies[node] = Policy::Otherwise(Arc::clone(&scope));
    }
    case.before = vec![vec![], vec![0], vec![1], vec![0, 1, 2]];
    let mut dispatcher = Dispatcher::new(case.nodes(), 2);
    dispatcher.handle(Event::Begin);
    dispatcher.handle(Event::Ended { node: 0, end: End::Done, wrote: true });
    let commands = dispatcher.handle(Event::Ended { node: 1, end: FAILED, wrote: true });
    // It starts where the first way started.
    assert_eq!(commands.last(), Some(&Command::TakeBack { node: 1, of: Some(1) }));
    let mut stuck = dispatcher.clone();
    assert_eq!(
        stuck.handle(Event::TookBack { node: 1, how: Back::Failed }),
        [Command::TakeBack { node: 0, of: Some(1) }]
    );
    assert_eq!(stuck.handle(Event::TookBack { node: 0, how: Back::Whole }), [Command::Always]);
    let commands = stuck.handle(Event::AlwaysEnded { ok: true });
    assert_eq!(commands.last(), Some(&Command::Finish(Outcome::UndoFailed)));
    let commands = dispatcher.handle(Event::TookBack { node: 1, how: Back::Whole });
    assert_eq!(commands, [Command::TakeBack { node: 0, of: Some(1) }]);
    assert_eq!(dispatcher.handle(Event::TookBack { node: 0, how: Back::Whole }), [Command::Handle(1)]);
    let mut other = dispatcher.clone();
    let commands = dispatcher.handle(Event::Handled { node: 1, ok: true });
    assert_eq!(commands, [Command::Record(2, NodeOutcome::Skipped), Command::Start(3)]);
    assert_eq!(dispatcher.handle(Event::Ended { node: 3, end: End::Done, wrote: true }), [Command::Always]);
    assert_eq!(dispatcher.handle(Event::AlwaysEnded { ok: true }), [Command::Finish(Outcome::Warned)]);
    // It did not work either.
    assert_eq!(other.handle(Event::Handled { node: 1, ok: false }), [Command::Always]);
    let commands = other.handle(Event::AlwaysEnded { ok: true });
    assert_eq!(commands.last(), Some(&Command::Finish(Outcome::Failed)));
}

#[test]
fn what_ran_ahead_of_the_first_way_elsewhere_is_done_again_behind_the_other_one() {
    let mut case = chain(&[FAILED, End::Done, End::Done]);
    case.policies[0] = Policy::Otherwise(Arc::from([0]));
    case.before = vec![vec![], vec![], vec![1]];
    let mut dispatcher = Dispatcher::new(case.nodes(), 2);
    assert_eq!(dispatcher.handle(Event::Begin), [Command::Start(0), Command::Start(1)]);
    assert_eq!(dispatcher.handle(Event::Ended { node: 1, end: End::Done, wrote: true }), [Command::Start(2)]);
    dispatcher.handle(Event::Ended { node: 2, end: End::Done, wrote: true });
    let mut commands = dispatcher.handle(Event::Ended { node: 0, end: FAILED, wrote: true });
    while let Some(Command::TakeBack { node, .. }) = commands.last().cloned() {
        commands = dispatcher.handle(Event::TookBack { node, how: Back::Whole });
    }
    assert_eq!(commands, [Command::Handle(0)]);
    assert_eq!(dispatcher.handle(Event::Handled { node: 0, ok: true }), [Command::Start(1)]);
    assert_eq!(dispatcher.handle(Event::Ended { node: 1, end: End::Done, wrote: true }), [Command::Start(2)]);
    assert_eq!(dispatcher.handle(Event::Ended { node: 2, end: End::Done, wrote: true }), [Command::Always]);
    assert_eq!(dispatcher.handle(Event::AlwaysEnded { ok: true }), [Command::Finish(Outcome::Warned)]);
    assert_eq!(dispatcher.outcome_of(2), Some(NodeOutcome::Done));
}

#[test]
fn a_lost_journal_ends_the_run_without_doing_anything_more() {
    let mut case = chain(&[FAILED, End::Done, End::Done]);
    case.policies[0] = Policy::Handle;
    let mut dispatcher = Dispatcher::new(case.nodes(), 2);
    dispatcher.handle(Event::Begin);
    assert_eq!(dispatcher.handle(Event::JournalLost), [Command::Recall]);
    dispatcher.handle(Event::Ended { node: 1, end: End::Done, wrote: true });
    let commands = dispatcher.handle(Event::Ended { node: 0, end: FAILED, wrote: true });
    assert!(!commands.iter().any(|c| matches!(c, Command::Handle(_) | Command::Always | Command::TakeBack { .. })));
    assert_eq!(commands.last(), Some(&Command::Finish(Outcome::Failed)));
}

#[test]
fn an_empty_run_is_done() {
    let mut dispatcher = Dispatcher::new(Vec::new(), 4);
    assert_eq!(dispatcher.handle(Event::Begin), [Command::Always]);
    assert_eq!(dispatcher.handle(Event::AlwaysEnded { ok: true }), [Command::Finish(Outcome::Done)]);
}

#[test]
fn a_second_other_way_does_not_begin_the_first_one_again() {
    let mut case = chain(&[End::Done, FAILED, End::Done, FAILED]);
    case.policies[0] = Policy::Otherwise(Arc::from([0, 1]));
    case.policies[1] = case.policies[0].clone();
    case.policies[2] = Policy::Otherwise(Arc::from([2, 3]));
    case.policies[3] = case.policies[2].clone();
    case.before = vec![vec![], vec![0], vec![1], vec![2]];
    let mut dispatcher = Dispatcher::new(case.nodes(), 2);
    let mut commands = dispatcher.handle(Event::Begin);
    let mut started = Vec::new();
    loop {
        let mut next = Vec::new();
        for command in commands {
            next.extend(match command {
                Command::Start(node) => {
                    started.push(node);
                    dispatcher.handle(Event::Ended { node, end: case.ends[node], wrote: true })
                }
                Command::TakeBack { node, .. } => dispatcher.handle(Event::TookBack { node, how: Back::Whole }),
                Command::Handle(node) => dispatcher.handle(Event::Handled { node, ok: true }),
                Command::Always => dispatcher.handle(Event::AlwaysEnded { ok: true }),
                _ => Vec::new(),
            });
        }
        if next.is_empty() {
            break;
        }
        commands = next;
    }
    assert_eq!(started, [0, 1, 2, 3]);
}
