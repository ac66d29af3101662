//! Loops that let items fail, in every order in which their nodes can end.

use super::*;

/// Puts loops that let items fail around parts of a case: sometimes one in another.
fn tolerant(dice: &mut Dice, mut case: Case) -> Case {
    let count = case.ends.len();
    let from = dice.roll(2) as usize;
    let to = count - dice.roll(2) as usize;
    let outer = dice.roll(3);
    let nested = dice.roll(3) == 0;
    let (mut item, mut inner) = (0, 0);
    let inner_tolerates = dice.roll(3);
    for index in from..to.max(from) {
        match dice.roll(4) {
            0 | 1 => (item, inner) = (item + 1, 0),
            2 => inner += 1,
            _ => {}
        }
        if nested && dice.roll(4) != 0 {
            // An inner loop is another one in every item, and begins anew behind what interrupts it.
            case.within[index].push(Within { each: 10 + item, item: inner, tolerated: inner_tolerates });
        }
        case.within[index].push(Within { each: 1, item, tolerated: outer });
    }
    for index in 0..count {
        let depth = case.within[index].len();
        case.nearer[index] = if depth == 0 { 0 } else { dice.roll(depth as u64 + 1) as usize };
        if let Policy::Undo(_) = case.policies[index] {
            // It undoes what it was said for: all, or the part of an item.
            case.policies[index] = if case.nearer[index] == depth {
                Policy::Undo((0..=index).collect())
            } else {
                Policy::Undo(Arc::from([index]))
            };
        }
    }
    // The nodes of an inner loop stand together.
    for index in 1..count {
        let split = case.within[index].len() == 2
            && case.within[index - 1].len() == 1
            && case.within[index][1] == case.within[index - 1][0]
            && case.within[..index].iter().any(|w| w.len() == 2 && w[0].each == case.within[index][0].each);
        if split {
            case.within[index].remove(0);
            case.nearer[index] = case.nearer[index].saturating_sub(1);
            if let Policy::Undo(_) = case.policies[index] {
                case.nearer[index] = 0;
                case.policies[index] = Policy::Undo(Arc::from([index]));
            }
        }
    }
    case
}

#[test]
fn with_loops_that_let_items_fail_every_order_ends_as_by_hand() {
    let mut dice = Dice(0x1234_5678_9abc_def1);
    let (mut orders, mut overlaps, mut let_pass) = (0, 0, 0);
    for _ in 0..6000 {
        let case = random_case(&mut dice, false);
        let case = tolerant(&mut dice, case);
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
        let failed = case.ends.iter().any(|end| matches!(end, End::Failed(_)));
        let_pass += usize::from(failed && expected.outcome == Some(Outcome::Warned));
    }
    assert!(orders > 20_000 && overlaps > 2_000 && let_pass > 500, "{orders} orders, {overlaps}, {let_pass} let pass");
}

fn items(case: &mut Case, tolerated: u64, items: &[u32]) {
    for (node, &item) in items.iter().enumerate() {
        case.within[node] = vec![Within { each: 1, item, tolerated }];
        case.nearer[node] = 1;
    }
}

#[test]
fn a_failed_item_loses_only_its_rest_and_nothing_pauses_for_it() {
    let mut case = chain(&[FAILED, End::Done, End::Done]);
    items(&mut case, 1, &[0, 0, 1]);
    case.before = vec![vec![], vec![0], vec![]];
    let mut dispatcher = Dispatcher::new(case.nodes(), 1);
    dispatcher.handle(Event::Begin);
    let commands = dispatcher.handle(Event::Ended { node: 0, end: FAILED, wrote: true });
    assert_eq!(
        commands,
        [Command::Record(0, NodeOutcome::Warned), Command::Record(1, NodeOutcome::Skipped), Command::Start(2)]
    );
    assert_eq!(dispatcher.handle(Event::Ended { node: 2, end: End::Done, wrote: true }), [Command::Always]);
    assert_eq!(dispatcher.handle(Event::AlwaysEnded { ok: true }), [Command::Finish(Outcome::Warned)]);
}

#[test]
fn what_ran_ahead_inside_of_a_failed_item_is_taken_back_with_what_was_built_on_it() {
    // 1 ran ahead in the item, 2 of the next item was built on it, 3 of a third one was not.
    let mut case = chain(&[FAILED, End::Done, End::Done, End::Done]);
    items(&mut case, 1, &[0, 0, 1, 2]);
    case.before = vec![vec![], vec![], vec![1], vec![]];
    let mut dispatcher = Dispatcher::new(case.nodes(), 4);
    dispatcher.handle(Event::Begin);
    for node in [3, 1, 2] {
        dispatcher.handle(Event::Ended { node, end: End::Done, wrote: true });
    }
    let commands = dispatcher.handle(Event::Ended { node: 0, end: FAILED, wrote: true });
    assert_eq!(commands.last(), Some(&Command::TakeBack { node: 2, of: Some(0) }));
    let commands = dispatcher.handle(Event::TookBack { node: 2, how: Back::Whole });
    assert_eq!(commands, [Command::TakeBack { node: 1, of: Some(0) }]);
    assert_eq!(dispatcher.handle(Event::TookBack { node: 1, how: Back::Whole }), [Command::Start(2)]);
    assert_eq!(dispatcher.handle(Event::Ended { node: 2, end: End::Done, wrote: true }), [Command::Always]);
    assert_eq!(dispatcher.handle(Event::AlwaysEnded { ok: true }), [Command::Finish(Outcome::Warned)]);
    assert_eq!(dispatcher.outcome_of(1), Some(NodeOutcome::TakenBack));
}

#[test]
fn a_loop_that_could_not_be_taken_back_needs_a_person() {
    let mut case = chain(&[FAILED, End::Done, End::Done]);
    items(&mut case, 1, &[0, 0, 1]);
    let mut dispatcher = Dispatcher::new(case.nodes(), 2);
    dispatcher.handle(Event::Begin);
    dispatcher.handle(Event::Ended { node: 1, end: End::Done, wrote: true });
    let mut commands = dispatcher.handle(Event::Ended { node: 0, end: FAILED, wrote: true });
    // 2 had started meanwhile.
    if commands.last() != Some(&Command::TakeBack { node: 1, of: Some(0) }) {
        commands = dispatcher.handle(Event::Ended { node: 2, end: End::Done, wrote: true });
    }
    assert_eq!(commands.last(), Some(&Command::TakeBack { node: 1, of: Some(0) }));
    assert_eq!(dispatcher.handle(Event::TookBack { node: 1, how: Back::Failed }), [Command::Always]);
    assert_eq!(dispatcher.handle(Event::AlwaysEnded { ok: true }), [Command::Finish(Outcome::UndoFailed)]);
}

#[test]
fn an_interrupt_while_a_loop_pauses_ends_the_run_behind_what_it_takes_back() {
    for kill in [false, true] {
        let mut case = chain(&[FAILED, End::Done, End::Done]);
        items(&mut case, 1, &[0, 0, 1]);
        case.before = vec![vec![], vec![], vec![0, 1]];
        let mut dispatcher = Dispatcher::new(case.nodes(), 2);
        dispatcher.handle(Event::Begin);
        dispatcher.handle(Event::Ended { node: 0, end: FAILED, wrote: true });
        dispatcher.handle(Event::Interrupt { kill });
        let commands = dispatcher.handle(Event::Ended { node: 1, end: End::Done, wrote: true });
        assert_eq!(commands.last(), Some(&Command::TakeBack { node: 1, of: Some(0) }));
        assert_eq!(dispatcher.handle(Event::TookBack { node: 1, how: Back::Whole }), [Command::Always]);
        let commands = dispatcher.handle(Event::AlwaysEnded { ok: true });
        assert_eq!(commands.last(), Some(&Command::Finish(Outcome::Interrupted)));
        assert_eq!(dispatcher.outcome_of(2), Some(NodeOutcome::Skipped));
    }
}

#[test]
fn the_members_of_a_tolerant_parallel_loop_fail_one_by_one_up_to_their_number() {
    let mut case = chain(&[FAILED, End::Done, FAILED, FAILED, End::Done]);
    items(&mut case, 2, &[0, 0, 1, 2, 3]);
    case.blocks = vec![Some(1); 5];
    case.before[1] = vec![0];
    let run = |ends: &[Index]| {
        let mut dispatcher = Dispatcher::new(case.nodes(), 8);
        dispatcher.handle(Event::Begin);
        let mut last = Vec::new();
        for &node in ends {
            last = dispatcher.handle(Event::Ended { node, end: case.ends[node], wrote: true });
        }
        assert_eq!(last.last(), Some(&Command::Always), "{ends:?}");
        (dispatcher.handle(Event::AlwaysEnded { ok: true }), dispatcher.outcome_of(1))
    };
    for ends in [[0, 2, 3, 4], [4, 3, 2, 0], [2, 4, 0, 3]] {
        let (commands, rest) = run(&ends);
        assert_eq!(commands.last(), Some(&Command::Finish(Outcome::Failed)), "{ends:?}");
        assert_eq!(rest, Some(NodeOutcome::Skipped), "{ends:?}");
    }
    case.ends[3] = End::Done;
    for ends in [[0, 2, 3, 4], [4, 3, 2, 0], [2, 4, 0, 3]] {
        let mut dispatcher = Dispatcher::new(case.nodes(), 8);
        dispatcher.handle(Event::Begin);
        for node in ends {
            dispatcher.handle(Event::Ended { node, end: case.ends[node], wrote: true });
        }
        let commands = dispatcher.handle(Event::AlwaysEnded { ok: true });
        assert_eq!(commands.last(), Some(&Command::Finish(Outcome::Warned)), "{ends:?}");
    }
}
