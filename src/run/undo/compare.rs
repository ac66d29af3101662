//! What was changed since a run left it: compared before anything is undone.

use std::collections::{HashMap, HashSet};

use super::change::{Change, Shown};
use super::database::database;
use super::names::{Names, lasts};
use super::plan::UndoPlan;
use super::trail::{Called, Trail};
use crate::catalogue::look::Look;
use crate::catalogue::snapshot::{NodeState, PathState, tops};
use crate::catalogue::unit::{Capture, Catalogue};
use crate::run::event::UndoNote;

impl UndoPlan {
    /// Compares everything that would be restored with how the run left it.
    pub(super) fn compare(&mut self, look: &Look, catalogue: &Catalogue, shown: &Shown<'_>) {
        let trail = std::mem::take(&mut self.trail);
        let was = Was::of(&trail);
        let mut seen: HashSet<&str> = HashSet::new();
        // The same, for the other names of what later calls left.
        let mut names = Names::default();
        // Folders that later calls made, for what they wrote: these alone, not what others put into them.
        let mut made: HashSet<&str> = HashSet::new();
        // Nobody knows how the run left these, and what lies below them.
        let mut unknown: HashSet<String> = trail.handled.clone();
        for called in trail.calls.iter().rev() {
            let (Some(after), Some((action, args))) = (&called.after, called.unit(catalogue)) else {
                unknown.extend(called.before.iter().flat_map(|f| f.parts.keys().cloned()));
                unknown.extend(tops(called.capture.states()).map(|state| state.path.clone()));
                // What it may have written besides, such as entries of an index.
                let unit = called.unit(catalogue);
                let now = unit.and_then(|(action, args)| action.left(&called.capture, &args, look).ok().flatten());
                unknown.extend(now.into_iter().flat_map(|now| now.parts.into_keys()));
                continue;
            };
            // A later call that left a folder has left all that is in it.
            let settled = |at: &str| seen.contains(at) || unknown.contains(at);
            let moved = database(after).is_some_and(|file| lies_in(&file, settled));
            // A later call made the name of a commit mean another one.
            let renamed = called.action.starts_with("git.") && seen.iter().any(|part| part.starts_with("git:refs/"));
            let stays = trail.notes.get(&called.node).is_some_and(|note| note.undo == UndoNote::None);
            let now = match action.left(&called.capture, &args, look) {
                Ok(Some(now)) if !stays => now,
                // A later call moved, removed or replaced the database: how that left it is compared.
                Err(_) if moved => continue,
                Err(_) if renamed && !stays => match look.digest_of(called.capture.states()) {
                    Ok(now) => now,
                    Err(error) => {
                        self.changed.push(Change::untold(called, &error));
                        continue;
                    }
                },
                Err(error) if !stays && !after.parts.is_empty() => {
                    self.changed.push(Change::untold(called, &error));
                    continue;
                }
                _ => continue,
            };
            let mut gone: Vec<String> = Vec::new();
            for (part, left, now) in after.differences(&now) {
                let is_known = after.parts.contains_key(&part);
                // What somebody put into a folder that is restored would go with it.
                let is_inside = || {
                    above(&part).any(|above| after.parts.get(above).is_some_and(|left| left.starts_with("directory ")))
                };
                if !(is_known || is_inside()) || lies_in(&part, settled) {
                    continue;
                }
                if (moved && part.starts_with("db:")) || (renamed && !lasts(&part, &called.capture)) {
                    continue;
                }
                if (now.starts_with("directory ") && made.contains(part.as_str())) || names.hold(look, &part) {
                    continue;
                }
                // A state that the run captured is no work of others that could be lost: an undo or a retry that was
                // cut short has restored it.
                if was.kept.contains(&(part.clone(), now.clone())) {
                    continue;
                }
                // A folder that is gone says it for what was in it.
                if above(&part).any(|above| gone.iter().any(|gone| gone == above)) {
                    continue;
                }
                if left.starts_with("directory ") && !now.starts_with("directory ") {
                    gone.push(part.clone());
                }
                let before = was.first.get(part.as_str()).copied();
                let described = was.before.get(part.as_str()).copied();
                self.changed.push(shown.change(&called.node, part, (before, described), &left, &now));
            }
            seen.extend(after.parts.keys().map(String::as_str));
            names.add(after.parts.keys().map(String::as_str));
            let absent = called.capture.states().iter().filter(|state| state.node == NodeState::NoParent);
            made.extend(absent.map(|state| state.path.as_str()));
        }
        self.trail = trail;
    }
}

/// The folders above a part, the nearest first.
pub(super) fn above(part: &str) -> impl Iterator<Item = &str> {
    part.match_indices('/').rev().map(|(end, _)| &part[..end]).filter(|above| !above.is_empty())
}

/// Whether a part, or a folder above it, is `settled`.
pub(super) fn lies_in(part: &str, settled: impl Fn(&str) -> bool) -> bool {
    std::iter::once(part).chain(above(part)).any(settled)
}

/// What the calls of a run met.
struct Was<'a> {
    /// The first writer knows what was before the run.
    first: HashMap<&'a str, &'a NodeState>,
    before: HashMap<&'a str, &'a str>,
    /// Every state that is kept, as a fingerprint describes it.
    kept: HashSet<(String, String)>,
}

impl<'a> Was<'a> {
    fn of(trail: &'a Trail) -> Self {
        let mut was = Self { first: HashMap::new(), before: HashMap::new(), kept: HashSet::new() };
        for called in trail.calls.iter().rev() {
            for (part, digest) in called.before.iter().flat_map(|fingerprint| &fingerprint.parts) {
                was.before.insert(part, digest);
                if called.capture != Capture::Nothing {
                    was.kept.insert((part.clone(), digest.clone()));
                }
            }
            for state in restored(called) {
                was.first.insert(&state.path, &state.node);
                was.kept.insert((state.path.clone(), state.node.described()));
            }
        }
        was
    }
}

fn restored(called: &Called) -> impl Iterator<Item = &PathState> {
    let states = called.capture.states().iter();
    states.filter(|state| !matches!(state.node, NodeState::Parent { .. } | NodeState::NoParent))
}
