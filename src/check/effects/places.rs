//! A tree over the segments of names, with something kept at each place: what meets a name is found without comparing it
//! with all others.

use std::collections::HashMap;
use std::sync::Arc;

use super::key::{Key, Meet};

/// A place in the tree. The first one is that of the empty name, above all others.
pub type At = usize;

/// The place above all others.
pub const TOP: At = 0;

#[derive(Debug, Default)]
struct Place<T> {
    /// Names.
    children: HashMap<Arc<str>, At>,
    /// Names with `*`.
    patterns: Vec<(Arc<str>, At)>,
    kept: T,
}

/// The tree.
#[derive(Debug)]
pub struct Places<T> {
    all: Vec<Place<T>>,
}

impl<T: Default> Default for Places<T> {
    fn default() -> Self {
        Self { all: vec![Place::default()] }
    }
}

impl<T: Default> Places<T> {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.all.clear();
        self.all.push(Place::default());
    }

    /// What is kept there.
    #[must_use]
    pub fn kept(&self, at: At) -> &T {
        &self.all[at].kept
    }

    /// The same, to change it.
    pub fn kept_mut(&mut self, at: At) -> &mut T {
        &mut self.all[at].kept
    }

    /// The place of `segment` below `at`, made where it is new.
    pub fn child(&mut self, at: At, segment: &str) -> At {
        let new = self.all.len();
        let place = &mut self.all[at];
        let child = if segment.contains('*') {
            if let Some((_, child)) = place.patterns.iter().find(|(name, _)| **name == *segment) {
                *child
            } else {
                place.patterns.push((segment.into(), new));
                new
            }
        } else if let Some(child) = place.children.get(segment) {
            *child
        } else {
            place.children.insert(segment.into(), new);
            new
        };
        if child == new {
            self.all.push(Place::default());
        }
        child
    }

    /// Keeps `kept` at a place, and forgets what is below it.
    pub fn replace(&mut self, at: At, kept: T) {
        self.all[at] = Place { kept, ..Place::default() };
    }

    /// The places right below `at` that the segment of `key` at this depth may mean, with how it meets each.
    pub fn meeting(&self, at: At, key: &Key<'_>, depth: usize, mut visit: impl FnMut(Meet, At)) {
        let (place, segment) = (&self.all[at], &key.segments[depth]);
        let mut visit = |name: &Arc<str>, child: At| match key.meet(depth, name) {
            Meet::Never => {}
            meet => visit(meet, child),
        };
        if segment.contains('*') || (depth == 1 && key.is_network()) {
            place.children.iter().for_each(|(name, child)| visit(name, *child));
        } else if let Some((name, child)) = place.children.get_key_value(&**segment) {
            visit(name, *child);
        }
        place.patterns.iter().for_each(|(name, child)| visit(name, *child));
    }
}
