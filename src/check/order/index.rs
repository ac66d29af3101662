//! Who has touched which resource since the last fence: a tree over the segments of names.
//!
//! Each place keeps who read and who wrote exactly there, and who did anywhere below. What conflicts with an access is
//! then at the places above it (exactly there) and at its own (there and below). A write takes the place of all that was
//! below it: whoever conflicts with that conflicts with the write, too, and the write comes after it. So each access is
//! entered once at each place above it and looked at a bounded number of times.

use crate::check::effects::key::{Key, Meet};
use crate::check::effects::places::{At, Places, TOP};

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
pub(super) struct Index {
    places: Places<[Users; 4]>,
}

impl Index {
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.places.clear();
    }

    /// The users of a place.
    pub fn users(&mut self, (at, which): (usize, Which)) -> &mut Users {
        &mut self.places.kept_mut(at)[which as usize]
    }

    /// Where accesses are kept that conflict with one of `key`: with a read those that write, with a write all; `sure`
    /// leaves out what conflicts only perhaps.
    pub fn conflicting(&self, key: &Key<'_>, write: bool, sure: bool) -> Vec<(At, Which)> {
        let mut found = Vec::new();
        let mut here: Vec<At> = vec![TOP];
        let mut whole: Vec<At> = Vec::new();
        for depth in 0..key.segments.len() {
            let mut next = Vec::new();
            for &at in &here {
                self.note(&mut found, at, write, false);
                self.places.meeting(at, key, depth, |meet, child| match meet {
                    Meet::Surely => next.push(child),
                    Meet::Perhaps if !sure => next.push(child),
                    Meet::All if !sure => whole.push(child),
                    Meet::Never | Meet::Perhaps | Meet::All => {}
                });
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
            let users = &self.places.kept(at)[which as usize];
            if users.joined.is_some() || !users.since.is_empty() {
                found.push((at, which));
            }
        }
    }

    /// Enters an access of `key` by `user`. Reads of a user are entered before its writes.
    pub fn enter(&mut self, key: &Key<'_>, write: bool, user: usize) {
        let below = if write { Which::WrittenBelow } else { Which::ReadBelow };
        let mut at = TOP;
        for segment in &key.segments {
            self.places.kept_mut(at)[below as usize].add(user);
            at = self.places.child(at, segment);
        }
        if write {
            let only = Users::only(user);
            self.places.replace(at, [Users::default(), only.clone(), Users::default(), only]);
        } else {
            let users = self.places.kept_mut(at);
            users[Which::ReadHere as usize].add(user);
            users[Which::ReadBelow as usize].add(user);
        }
    }
}
