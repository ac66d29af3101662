//! Who has touched which resource since the last fence: a tree over the segments of names.
//!
//! Each place keeps who read and who wrote exactly there, and who did anywhere below. What conflicts with an access is
//! then at the places above it (exactly there) and at its own (there and below). A write takes the place of all that was
//! below it: whoever conflicts with that conflicts with the write, too, and the write comes after it. So each access is
//! entered once at each place above it and looked at a bounded number of times.

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::effects::key::{Key, Meet};

/// A place in the tree.
type At = usize;

/// Who accessed a place; the entries have been in order of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Users {
    /// A join of all that came before `since`.
    pub joined: Option<usize>,
    /// Those since then.
    pub since: Vec<usize>,
}

impl Users {
    fn add(&mut self, user: usize) {
        if self.since.last() != Some(&user) && self.joined != Some(user) {
            self.since.push(user);
        }
    }

    fn only(user: usize) -> Self {
        Self { joined: None, since: vec![user] }
    }
}

/// Which of the accesses to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    ReadHere,
    WrittenHere,
    ReadBelow,
    WrittenBelow,
}

#[derive(Debug, Default)]
struct Place {
    /// Names.
    children: HashMap<Arc<str>, At>,
    /// Names with `*`.
    patterns: Vec<(Arc<str>, At)>,
    users: [Users; 4],
}

#[derive(Debug)]
pub(super) struct Index {
    places: Vec<Place>,
}

impl Index {
    pub fn new() -> Self {
        Self { places: vec![Place::default()] }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.places.clear();
        self.places.push(Place::default());
    }

    /// The users of a place.
    pub fn users(&mut self, (at, which): (usize, Which)) -> &mut Users {
        &mut self.places[at].users[which as usize]
    }

    /// Where accesses are kept that conflict with one of `key`: with a read those that write, with a write all; `sure`
    /// leaves out what conflicts only perhaps.
    pub fn conflicting(&self, key: &Key, write: bool, sure: bool) -> Vec<(At, Which)> {
        let mut found = Vec::new();
        let mut here: Vec<At> = vec![0];
        let mut whole: Vec<At> = Vec::new();
        for (depth, segment) in key.segments.iter().enumerate() {
            let mut next = Vec::new();
            for &at in &here {
                self.note(&mut found, at, write, false);
                let place = &self.places[at];
                let mut visit = |name: &Arc<str>, child: At| match key.meet(depth, name) {
                    Meet::Surely => next.push(child),
                    Meet::Perhaps if !sure => next.push(child),
                    Meet::All if !sure => whole.push(child),
                    Meet::Never | Meet::Perhaps | Meet::All => {}
                };
                if segment.contains('*') || depth == 1 && key.is_network() {
                    place.children.iter().for_each(|(name, child)| visit(name, *child));
                } else if let Some((name, child)) = place.children.get_key_value(segment) {
                    visit(name, *child);
                }
                place.patterns.iter().for_each(|(name, child)| visit(name, *child));
            }
            here = next;
            if here.is_empty() {
                break;
            }
        }
        for at in here.into_iter().chain(whole) {
            self.note(&mut found, at, write, true);
        }
        found
    }

    fn note(&self, found: &mut Vec<(At, Which)>, at: At, write: bool, below: bool) {
        let (read, written) =
            if below { (Which::ReadBelow, Which::WrittenBelow) } else { (Which::ReadHere, Which::WrittenHere) };
        for which in [Some(written), write.then_some(read)].into_iter().flatten() {
            let users = &self.places[at].users[which as usize];
            if users.joined.is_some() || !users.since.is_empty() {
                found.push((at, which));
            }
        }
    }

    /// Enters an access of `key` by `user`. Reads of a user are entered before its writes.
    pub fn enter(&mut self, key: &Key, write: bool, user: usize) {
        let below = if write { Which::WrittenBelow } else { Which::ReadBelow };
        let mut at = 0;
        for segment in &key.segments {
            self.places[at].users[below as usize].add(user);
            at = self.child(at, segment);
        }
        if write {
            let only = Users::only(user);
            self.places[at] =
                Place { users: [Users::default(), only.clone(), Users::default(), only], ..Place::default() };
        } else {
            self.places[at].users[Which::ReadHere as usize].add(user);
            self.places[at].users[Which::ReadBelow as usize].add(user);
        }
    }

    fn child(&mut self, at: At, segment: &Arc<str>) -> At {
        let new = self.places.len();
        let place = &mut self.places[at];
        let child = if segment.contains('*') {
            if let Some((_, child)) = place.patterns.iter().find(|(name, _)| name == segment) {
                *child
            } else {
                place.patterns.push((Arc::clone(segment), new));
                new
            }
        } else {
            *place.children.entry(Arc::clone(segment)).or_insert(new)
        };
        if child == new {
            self.places.push(Place::default());
        }
        child
    }
}
