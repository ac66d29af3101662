//! The index of writers answers as a search through all nodes does.

use proptest::prelude::*;

use super::Written;
use crate::catalogue::effect::{Effects, Resource};
use crate::check::effects::{conflict, parse_resource};

const NAMES: &[&str] = &[
    "world",
    "**",
    "a",
    "a/b",
    "a/b/c",
    "a/*",
    "a/x*",
    "*/b",
    "/a",
    "db:a",
    "db:**",
    "redis:one/0",
    "redis:two/0",
    "redis:one/1",
    "git:index",
    "git:**",
    "postgres://h/d",
    "postgres://i/d",
    "process:x",
    "k8s:ns/x",
];

fn searched(reads: &[Resource], nodes: &[Effects]) -> Option<usize> {
    let reads = Effects { reads: reads.to_vec(), writes: Vec::new() };
    nodes.iter().rposition(|node| conflict(node, &reads).is_some())
}

/// What happens to the nodes.
#[derive(Clone, Debug)]
enum Event {
    Pushed(Vec<usize>),
    TakenAway(usize),
    Asked(Vec<usize>),
}

fn event() -> impl Strategy<Value = Event> {
    let names = || prop::collection::vec(0..NAMES.len(), 1..3);
    prop_oneof![
        names().prop_map(Event::Pushed),
        (0..4_usize).prop_map(Event::TakenAway),
        names().prop_map(Event::Asked)
    ]
}

proptest! {
    #[test]
    fn the_last_writer_is_the_one_that_a_search_finds(events in prop::collection::vec(event(), 1..40)) {
        let resources = |names: &[usize]| names.iter().map(|name| parse_resource(NAMES[*name])).collect::<Vec<_>>();
        let mut written = Written::default();
        let mut nodes: Vec<Effects> = Vec::new();
        for event in events {
            match event {
                Event::Pushed(names) => {
                    nodes.push(Effects { reads: Vec::new(), writes: resources(&names) });
                }
                Event::TakenAway(count) => {
                    let from = nodes.len().saturating_sub(count);
                    written.forget_from(from);
                    nodes.truncate(from);
                }
                Event::Asked(names) => {
                    let reads = resources(&names);
                    prop_assert_eq!(written.last(&reads, &nodes, |node| node), searched(&reads, &nodes), "{:?}", names);
                }
            }
        }
    }
}
