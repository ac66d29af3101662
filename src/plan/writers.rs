//! Which earlier nodes write a resource, found without comparing each with all: a tree over the segments of names.
//!
//! Each place keeps who wrote exactly there and who wrote there or below. What writes `world` stands at the root.

use crate::catalogue::effect::{Effects, Kind, Resource};
use crate::check::effects::key::{Key, Meet, keys};
use crate::check::effects::places::{Places, TOP};

#[derive(Default)]
struct Here {
    /// Writes by number, those of exactly this place, in order.
    here: Vec<usize>,
    /// Those of this place and below.
    below: Vec<usize>,
}

/// Writes of nodes, in the order in which they were entered.
#[derive(Default)]
pub struct Writers {
    places: Places<Here>,
    /// The node and what it writes.
    writes: Vec<(usize, Resource)>,
}

impl Writers {
    /// None so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters what `node` writes; nodes come in order.
    pub fn enter(&mut self, node: usize, effects: &Effects) {
        for resource in &effects.writes {
            let number = self.writes.len();
            self.writes.push((node, resource.clone()));
            for key in keys(resource) {
                let mut at = TOP;
                self.places.kept_mut(at).below.push(number);
                for segment in &key.segments {
                    at = self.places.child(at, segment);
                    self.places.kept_mut(at).below.push(number);
                }
                self.places.kept_mut(at).here.push(number);
            }
        }
    }

    /// The last node that writes something of `effects`, with what it writes, of those that are `meant`: one that
    /// writes something definite goes before one that may write anything.
    pub fn last(&self, effects: &Effects, meant: &dyn Fn(usize) -> bool) -> Option<(usize, &Resource)> {
        let mut found: Option<(bool, usize)> = None;
        for resource in effects.reads.iter().chain(&effects.writes) {
            for key in keys(resource) {
                self.overlapping(&key, &mut |numbers| {
                    let number = numbers.iter().rev().find(|number| meant(self.writes[**number].0));
                    if let Some(&number) = number {
                        let definite = self.writes[number].1.kind != Kind::World;
                        found = found.max(Some((definite, number)));
                    }
                });
            }
        }
        found.map(|(_, number)| (self.writes[number].0, &self.writes[number].1))
    }

    /// The first node that writes something of `effects`.
    #[must_use]
    pub fn first(&self, effects: &Effects) -> Option<usize> {
        let mut found: Option<usize> = None;
        for key in effects.reads.iter().chain(&effects.writes).flat_map(keys) {
            self.overlapping(&key, &mut |numbers| found = found.into_iter().chain(numbers.first().copied()).min());
        }
        found.map(|number| self.writes[number].0)
    }

    /// The last node that may write anything.
    #[must_use]
    pub fn last_of_world(&self) -> Option<usize> {
        self.places.kept(TOP).here.last().map(|number| self.writes[*number].0)
    }

    fn overlapping(&self, key: &Key<'_>, visit: &mut dyn FnMut(&[usize])) {
        let mut here = vec![TOP];
        for depth in 0..key.segments.len() {
            let mut next = Vec::new();
            for &at in &here {
                visit(&self.places.kept(at).here);
                self.places.meeting(at, key, depth, |meet, child| match meet {
                    Meet::Never => {}
                    Meet::Perhaps | Meet::Surely => next.push(child),
                    Meet::All => visit(&self.places.kept(child).below),
                });
            }
            here = next;
        }
        here.iter().for_each(|at| visit(&self.places.kept(*at).below));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::effects::parse_resource;

    fn writes(names: &[&str]) -> Effects {
        Effects { reads: Vec::new(), writes: names.iter().map(|name| parse_resource(name)).collect() }
    }

    fn last(writers: &Writers, name: &str) -> Option<usize> {
        writers.last(&writes(&[name]), &|_| true).map(|(node, _)| node)
    }

    #[test]
    fn a_folder_covers_what_is_below_it_and_the_other_way_round() {
        let mut writers = Writers::new();
        writers.enter(0, &writes(&["live"]));
        writers.enter(1, &writes(&["live/a"]));
        writers.enter(2, &writes(&["other/**"]));
        assert_eq!(last(&writers, "live/a"), Some(1));
        assert_eq!(last(&writers, "live/b"), Some(0));
        assert_eq!(last(&writers, "live"), Some(1));
        assert_eq!(last(&writers, "l*e/a"), Some(1));
        assert_eq!(last(&writers, "elsewhere"), None);
    }

    #[test]
    fn what_is_definite_goes_before_a_command_that_may_write_anything() {
        let mut writers = Writers::new();
        writers.enter(0, &writes(&["a"]));
        writers.enter(1, &writes(&["world"]));
        assert_eq!(last(&writers, "a"), Some(0));
        assert_eq!(last(&writers, "b"), Some(1));
        assert_eq!(writers.last_of_world(), Some(1));
        assert_eq!(writers.last(&writes(&["a"]), &|node| node != 0).map(|(node, _)| node), Some(1));
    }

    #[test]
    fn agrees_with_comparing_each_with_all() {
        let names =
            ["a", "a/b", "a/*", "a/b/c", "**", "b", "*", "db:a/b", "git:index", ".git", "redis:h/0", "redis:i/1"];
        for later in names {
            for earlier in names {
                let mut writers = Writers::new();
                writers.enter(7, &writes(&[earlier]));
                let expected = crate::check::effects::conflict(&writes(&[earlier]), &writes(&[later])).map(|_| 7);
                assert_eq!(last(&writers, later), expected, "{earlier} before {later}");
                assert_eq!(writers.first(&writes(&[later])), expected, "{earlier} before {later}");
            }
        }
    }
}
