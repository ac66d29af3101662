//! Which entries the calls so far may have made links or other names of files: what is known when planned of a path that
//! passes through one of them is not where it will lead.
//!
//! Such a path is taken for any path (`language.md` §7). What a command does that says nothing of what it touches is not
//! known here.

use crate::catalogue::effect::{Effects, Entries, Kind, Resource};
use crate::catalogue::look::Look;
use crate::check::effects::conflict;
use crate::check::effects::key::{Key, keys};
use crate::check::effects::places::{At, Places, TOP};

/// What the calls so far have made of entries.
#[derive(Default)]
pub(super) struct Remade {
    /// What may be a link, or another name of a file, by now.
    remade: Tree,
    /// What was replaced or removed: a link that stood there leads where it led no more.
    replaced: Tree,
}

/// Where something is kept in a [`Tree`], seen from a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Nowhere,
    Below,
    AtOrAbove,
}

/// A set of names.
#[derive(Default)]
struct Tree {
    /// Whether a place is the name of one.
    places: Places<bool>,
    any: bool,
}

impl Remade {
    /// Enters what a call with these effects makes of the entries that it writes.
    pub fn enter(&mut self, effects: &Effects, entries: Entries) {
        let made = match entries {
            Entries::Kept => return,
            Entries::Replaced => Vec::new(),
            Entries::Carried => {
                let comes = |one: &Resource| self.remade.find(one) != Found::Nowhere;
                if effects.reads.iter().chain(&effects.writes).any(comes) { effects.writes.clone() } else { Vec::new() }
            }
            // What it goes by (an archive, a commit) may have changed since it was looked at.
            Entries::Remade(known) => {
                let stale = effects.reads.iter().any(|read| self.replaced.find(read) != Found::Nowhere);
                if stale { effects.writes.clone() } else { known }
            }
        };
        made.iter().for_each(|one| self.remade.enter(one));
        effects.writes.iter().for_each(|one| self.replaced.enter(one));
    }

    /// Enters what a command is said to write.
    pub fn enter_said(&mut self, writes: &[Resource]) {
        for one in writes {
            self.remade.enter(one);
            self.replaced.enter(one);
        }
    }

    /// `effects`, with every path where one of them may lead anywhere.
    pub fn widened(&self, mut effects: Effects, look: Option<&Look>) -> Effects {
        let anywhere = |one: &Resource| self.remade.find(one) == Found::AtOrAbove;
        // Through a link that is another one by then, or none: all that was reached through it is unknown.
        let switched = look.is_some_and(|look| {
            let is_link = |one: &Resource| look.root().join(&*one.name).is_symlink();
            let replaced = |one: &&Resource| one.kind == Kind::File && self.replaced.find(one) == Found::AtOrAbove;
            effects.reads.iter().filter(replaced).any(is_link)
        });
        for list in [&mut effects.reads, &mut effects.writes] {
            let through = switched && list.iter().any(|one| matches!(one.kind, Kind::File | Kind::Db));
            let any = Resource::file("**");
            if (through || list.iter().any(anywhere)) && !list.contains(&any) {
                list.push(any);
            }
        }
        effects
    }
}

/// The snapshots that the calls so far take or remove: what one of them holds is known again when it runs.
#[derive(Default)]
pub(super) struct Snapshots(Effects);

impl Snapshots {
    /// Enters what a call writes.
    pub fn enter(&mut self, effects: &Effects) {
        self.0.writes.extend(effects.writes.iter().filter(|one| one.kind == Kind::Snapshot).cloned());
    }

    /// Whether a call with these effects goes by one of them.
    pub fn retaken(&self, effects: &Effects) -> bool {
        let reads = effects.reads.iter().filter(|one| one.kind == Kind::Snapshot).cloned().collect();
        !self.0.writes.is_empty() && conflict(&self.0, &Effects { reads, writes: Vec::new() }).is_some()
    }
}

impl Tree {
    fn enter(&mut self, resource: &Resource) {
        if !matches!(resource.kind, Kind::File | Kind::Git) {
            return;
        }
        for key in keys(resource) {
            let at = key.segments.iter().fold(TOP, |at, segment| self.places.child(at, segment));
            *self.places.kept_mut(at) = true;
            self.any = true;
        }
    }

    fn find(&self, resource: &Resource) -> Found {
        // Only files: nothing else is reached by links.
        if !self.any || !matches!(resource.kind, Kind::File | Kind::Git | Kind::Db) {
            return Found::Nowhere;
        }
        keys(resource).iter().map(|key| self.of_key(key)).max().unwrap_or(Found::Nowhere)
    }

    fn of_key(&self, key: &Key<'_>) -> Found {
        let mut here = vec![TOP];
        for depth in 0..key.segments.len() {
            let mut next = Vec::new();
            for &at in &here {
                if *self.places.kept(at) {
                    return Found::AtOrAbove;
                }
                self.places.meeting(at, key, depth, |_, child| next.push(child));
            }
            here = next;
        }
        let found = |at: &At| if *self.places.kept(*at) { Found::AtOrAbove } else { Found::Below };
        here.iter().map(found).max().unwrap_or(Found::Nowhere)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::effects::parse_resource;

    fn effects(reads: &[&str], writes: &[&str]) -> Effects {
        let all = |names: &[&str]| names.iter().map(|name| parse_resource(name)).collect();
        Effects { reads: all(reads), writes: all(writes) }
    }

    fn linked(path: &str) -> Remade {
        let mut remade = Remade::default();
        let made = effects(&[], &[path]);
        remade.enter(&made, Entries::Remade(made.writes.clone()));
        remade
    }

    #[test]
    fn a_path_through_or_to_a_new_link_is_any_path() {
        let remade = linked("a/d");
        let wide = |reads: &[&str], writes: &[&str]| remade.widened(effects(reads, writes), None);
        assert_eq!(wide(&[], &["a/d/x"]), effects(&[], &["a/d/x", "**"]));
        assert_eq!(wide(&["a/d"], &["b"]), effects(&["a/d", "**"], &["b"]));
        assert_eq!(wide(&["db:a/d/shop.db"], &[]), effects(&["db:a/d/shop.db", "**"], &[]));
        for elsewhere in ["a", "a/e", "d", "a/dd", "git:index", "world", "process:a/d"] {
            assert_eq!(wide(&[elsewhere], &[elsewhere]), effects(&[elsewhere], &[elsewhere]));
        }
    }

    #[test]
    fn links_come_along_with_what_holds_them() {
        for (from, comes) in [("a", true), ("a/d/x", true), ("a/d", true), ("b", false)] {
            let mut remade = linked("a/d");
            remade.enter(&effects(&[from], &["copy"]), Entries::Carried);
            assert_eq!(remade.widened(effects(&[], &["copy/d/x"]), None).writes.len() == 2, comes, "{from}");
        }
    }

    #[test]
    fn what_stays_what_it_is_widens_nothing() {
        let mut remade = Remade::default();
        remade.enter(&effects(&[], &["a"]), Entries::Kept);
        remade.enter(&effects(&[], &["b"]), Entries::Replaced);
        remade.enter(&effects(&[], &["world"]), Entries::Remade(vec![Resource::world()]));
        assert_eq!(remade.widened(effects(&["a/x"], &["b/x"]), None), effects(&["a/x"], &["b/x"]));
    }

    #[test]
    fn an_archive_or_commit_that_was_replaced_since_may_hold_links_anywhere() {
        let mut remade = Remade::default();
        remade.enter(&effects(&[], &["a.tar"]), Entries::Replaced);
        remade.enter(&effects(&["a.tar"], &["into"]), Entries::Remade(Vec::new()));
        assert_eq!(remade.widened(effects(&[], &["into/x"]), None), effects(&[], &["into/x", "**"]));
        remade.enter(&effects(&["b.tar"], &["other"]), Entries::Remade(Vec::new()));
        assert_eq!(remade.widened(effects(&[], &["other/x"]), None), effects(&[], &["other/x"]));
    }

    #[test]
    fn patterns_meet_names() {
        let mut remade = Remade::default();
        remade.enter_said(&[parse_resource("logs/*/current")]);
        assert_eq!(remade.widened(effects(&[], &["logs/a/current/x"]), None).writes.len(), 2);
        assert_eq!(remade.widened(effects(&[], &["logs/a/other"]), None).writes.len(), 1);
        assert_eq!(linked("logs/a/d").widened(effects(&["logs/*/d/x"], &[]), None).reads.len(), 2);
    }
}
