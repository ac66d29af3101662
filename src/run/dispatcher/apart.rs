//! Nodes that turn out, while it runs, to conflict with anything: they keep their place in the text.

use super::{Dispatcher, Phase};
use crate::run::dispatcher::graph::Index;

impl Dispatcher {
    /// Each of `nodes` (ascending) waits for everything before it in the text, and what follows it up to `end` waits for
    /// it. For nodes that have not been started; who is already under way is not held back.
    pub fn set_apart(&mut self, nodes: &[Index], end: Index) {
        let mut from = 0;
        for (number, &node) in nodes.iter().enumerate() {
            // Of those before the one before only that one counts: it waits for them.
            for earlier in from..node {
                self.order(earlier, node);
            }
            let next = nodes.get(number + 1).copied().unwrap_or(end);
            for later in node + 1..next {
                self.order(node, later);
            }
            from = node;
        }
    }

    fn order(&mut self, earlier: Index, later: Index) {
        if self.nodes[earlier].released || self.nodes[later].phase != Phase::Waiting {
            return;
        }
        self.nodes[earlier].dependents.push(later);
        self.nodes[later].unmet += 1;
        self.ready.remove(&later);
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::{Command, End, Event, Node};
    use super::*;

    fn free(count: usize) -> Dispatcher {
        Dispatcher::new((0..count).map(|_| Node::default()).collect(), 8)
    }

    fn started(commands: &[Command]) -> Vec<Index> {
        let start = |command: &Command| if let Command::Start(node) = command { Some(*node) } else { None };
        commands.iter().filter_map(start).collect()
    }

    fn done(dispatcher: &mut Dispatcher, node: Index) -> Vec<Index> {
        started(&dispatcher.handle(Event::Ended { node, end: End::Done, wrote: true }))
    }

    #[test]
    fn what_is_set_apart_waits_for_all_before_it_and_all_up_to_the_end_wait_for_it() {
        // 0 is the command; 1..6 wait for it, 6 for nothing.
        let nodes =
            (0..7).map(|at| Node { before: if at == 0 || at == 6 { vec![] } else { vec![0] }, ..Node::default() });
        let mut dispatcher = Dispatcher::new(nodes.collect(), 8);
        assert_eq!(started(&dispatcher.handle(Event::Begin)), [0, 6]);
        dispatcher.set_apart(&[2, 4], 6);
        assert_eq!(done(&mut dispatcher, 0), [1]);
        assert_eq!(done(&mut dispatcher, 1), [2]);
        assert_eq!(done(&mut dispatcher, 2), [3]);
        assert_eq!(done(&mut dispatcher, 3), [4]);
        assert_eq!(done(&mut dispatcher, 4), [5]);
        assert!(done(&mut dispatcher, 5).is_empty());
        assert!(
            dispatcher.handle(Event::Ended { node: 6, end: End::Done, wrote: true }).iter().any(|command| {
                matches!(command, Command::Finish(crate::run::event::Outcome::Done) | Command::Always)
            })
        );
    }

    #[test]
    fn what_is_under_way_or_over_is_not_held_back() {
        let mut dispatcher = free(3);
        assert_eq!(started(&dispatcher.handle(Event::Begin)), [0, 1, 2]);
        dispatcher.set_apart(&[1], 3);
        assert!(done(&mut dispatcher, 2).is_empty());
        assert!(done(&mut dispatcher, 1).is_empty());
        assert!(done(&mut dispatcher, 0).is_empty());
    }
}
