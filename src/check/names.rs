//! Scopes and namespaces: what a name means at a place, and what names a file has.
//!
//! Owns declaring and finding. It must not report: callers know what the name was for. Look-ups are by hash, so that
//! ten thousand steps cost ten thousand look-ups.

use std::collections::HashMap;

use super::model::BindingId;
use crate::source::{FileId, Place};

/// What a name stands for. Metrics, verifications, params and lets share one namespace: they meet in expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A value.
    Binding(BindingId),
    /// A `let` with parameters: index into the checker's functions.
    Function(u32),
    /// A metric: index into the checker's metrics.
    Metric(u32),
    /// A verification.
    Verify,
    /// A secret.
    Secret,
    /// An action of the policy's own: index into the checker's actions.
    Action(u32),
    /// An imported file: index into the checker's modules.
    Module(u32),
    /// Declared wrongly, or not available in this version; reported already.
    Broken,
}

impl Meaning {
    /// Whether it stands for a value.
    pub const fn is_value(self) -> bool {
        !matches!(self, Self::Action(_) | Self::Module(_))
    }
}

/// A declared name.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub meaning: Meaning,
    pub place: Place,
    depth: u32,
}

/// What happened to a declaration.
pub enum Declared {
    /// A new name.
    New,
    /// A new name that hides an outer one.
    Hides(Place),
    /// Refused: this block has it already.
    Twice(Place),
}

/// Nested scopes of value names.
#[derive(Default)]
pub struct Scope<'a> {
    /// Innermost last.
    names: HashMap<&'a str, Vec<Entry>>,
    /// Names in the order declared, to be taken back when a block ends.
    log: Vec<&'a str>,
    marks: Vec<usize>,
    /// Depths that are invisible: `(after, up to)`. The body of a function sees what its declaration saw.
    hidden: (u32, u32),
}

impl<'a> Scope<'a> {
    /// How deep the present block is; 0 is the file.
    pub fn depth(&self) -> u32 {
        self.marks.len() as u32
    }

    /// Begins a block.
    pub fn enter(&mut self) {
        self.marks.push(self.log.len());
    }

    /// Ends a block.
    ///
    /// # Panics
    /// When no block was begun.
    pub fn leave(&mut self) {
        let mark = self.marks.pop().expect("every leave has its enter");
        for name in self.log.drain(mark..) {
            if let Some(entries) = self.names.get_mut(name) {
                entries.pop();
            }
        }
    }

    /// Hides every block deeper than `depth` that is open now; gives what to pass to [`Scope::reveal`].
    pub fn hide(&mut self, depth: u32) -> (u32, u32) {
        let now = self.depth();
        std::mem::replace(&mut self.hidden, (depth, now))
    }

    /// Ends a [`Scope::hide`].
    pub fn reveal(&mut self, before: (u32, u32)) {
        self.hidden = before;
    }

    /// Declares a name in the present block.
    pub fn declare(&mut self, name: &'a str, meaning: Meaning, place: Place) -> Declared {
        let depth = self.depth();
        let visible = self.find(name);
        if let Some(known) = visible
            && known.depth == depth
        {
            return Declared::Twice(known.place);
        }
        self.names.entry(name).or_default().push(Entry { meaning, place, depth });
        self.log.push(name);
        visible.map_or(Declared::New, |known| Declared::Hides(known.place))
    }

    /// What `name` means here.
    pub fn find(&self, name: &str) -> Option<Entry> {
        let (after, up_to) = self.hidden;
        let visible = |entry: &&Entry| !(entry.depth > after && entry.depth <= up_to);
        self.names.get(name)?.iter().rev().find(visible).copied()
    }

    /// Every visible name, in no order.
    pub fn visible(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.names.keys().copied().filter(|name| self.find(name).is_some())
    }
}

/// What the top level of a file knows.
#[derive(Default)]
pub struct Module<'a> {
    pub file: FileId,
    /// Empty while it is the one that is being checked: then its names are those of the checker.
    pub scope: Scope<'a>,
    pub coming: HashMap<&'a str, Place>,
    /// It is being checked just now: what imports it then is part of a circle, which is refused when it is read.
    pub open: bool,
}

/// The namespaces besides that of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    Severity,
    Role,
    Environment,
    Phase,
    Channel,
    Template,
    Trigger,
    Contact,
    Host,
}

impl Space {
    /// As messages call one member.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Severity => "severity",
            Self::Role => "role",
            Self::Environment => "environment",
            Self::Phase => "phase",
            Self::Channel => "channel",
            Self::Template => "template",
            Self::Trigger => "trigger",
            Self::Contact => "contact",
            Self::Host => "host",
        }
    }
}

/// The names of one kind of item.
#[derive(Default)]
pub struct Namespace<'a> {
    places: HashMap<&'a str, Place>,
}

impl<'a> Namespace<'a> {
    /// Adds a name; gives the earlier place when it is there already.
    pub fn declare(&mut self, name: &'a str, place: Place) -> Option<Place> {
        match self.places.entry(name) {
            std::collections::hash_map::Entry::Occupied(known) => Some(*known.get()),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(place);
                None
            }
        }
    }

    /// Where `name` was given.
    pub fn find(&self, name: &str) -> Option<Place> {
        self.places.get(name).copied()
    }

    /// Every name, sorted.
    pub fn names(&self) -> Vec<&'a str> {
        let mut names: Vec<_> = self.places.keys().copied().collect();
        names.sort_unstable();
        names
    }
}

/// Steps, stages and verifications by name.
pub type Anchors<'a> = HashMap<&'a str, (Place, &'static str)>;
