//! Undos of one run, and undos of those: which of them stand, and which are parts of one work.

use std::collections::HashSet;

use super::trail::{Called, Trail};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::snapshot::tops;
use crate::run::event::Outcome;
use crate::store::{RunRow, Store};

/// The run that has undone `of` and still stands.
pub(in crate::run) fn undone_by(store: &dyn Store, runs: &[RunRow], of: &RunRow) -> Result<Option<String>> {
    for undo in runs.iter().filter(|run| run.of.as_deref() == Some(&of.id)) {
        if is_whole(undo) && undone_by(store, runs, undo)?.is_none() {
            return Ok(Some(undo.id.clone()));
        }
    }
    if !is_whole(of) {
        // Who undoes an undo takes back the unfinished ones that it went on from, too.
        for later in later_undos(runs, of) {
            if let Some(by) = undone_by(store, runs, later)? {
                return Ok(Some(by));
            }
        }
    }
    Ok(None)
}

fn is_whole(undo: &RunRow) -> bool {
    undo.outcome.as_deref().and_then(Outcome::parse).is_some_and(|outcome| {
        // Partial: what could be undone was; the rest is not undoable a second time either.
        matches!(outcome, Outcome::Done | Outcome::Degraded | Outcome::Warned | Outcome::Partial)
    })
}

/// The undos of the same run that were begun after `undo`, the latest first.
fn later_undos<'a>(runs: &'a [RunRow], undo: &RunRow) -> impl Iterator<Item = &'a RunRow> {
    let (of, no) = (undo.of.clone(), undo.no.0);
    runs.iter().filter(move |run| of.is_some() && run.of == of && run.no.0 > no)
}

/// An undo that went on where others had stopped has done its part of one work: theirs comes before it.
pub(super) fn join_earlier_parts(store: &dyn Store, runs: &[RunRow], of: &RunRow, trail: &mut Trail) -> Result<()> {
    if of.of.is_none() {
        return Ok(());
    }
    if let Some(later) = later_undos(runs, of).next()
        && !is_whole(of)
        && undone_by(store, runs, later)?.is_none()
    {
        return Err(Error::new(ErrorKind::Refused, format!("the undo `{}` was gone on with in `{}`", of.id, later.id))
            .hint(format!("nothing was changed; `rbk undo {}` takes both back", later.id)));
    }
    // The latest first, so that the earliest ends up in front.
    for part in runs.iter().filter(|run| run.of == of.of && run.no.0 < of.no.0) {
        if is_whole(part) || undone_by(store, runs, part)?.is_some() {
            continue;
        }
        let mut earlier = Trail::read(store, part.no, &part.id, None)?;
        for called in &mut earlier.calls {
            // Numbers count within one journal.
            called.seq |= (part.no.0 as u64) << 32;
        }
        earlier.calls.append(&mut trail.calls);
        trail.calls = earlier.calls;
        for (key, note) in earlier.notes {
            trail.notes.entry(key).or_insert(note);
        }
        for (binding, value) in earlier.bound {
            trail.bound.entry(binding).or_insert(value);
        }
    }
    Ok(())
}

/// An undo that was cut short has done a part: what it took back is not taken back again, and what it changed is
/// how this run leaves it.
pub(super) fn subtract_earlier_undos(
    store: &dyn Store,
    runs: &[RunRow],
    of: &RunRow,
    trail: &mut Trail,
) -> Result<bool> {
    let mut any = false;
    // The earliest first: a later one knew of what the earlier ones had done.
    for undo in runs.iter().rev().filter(|run| run.of.as_deref() == Some(&of.id)) {
        if undone_by(store, runs, undo)?.is_some() {
            continue;
        }
        any = true;
        let earlier = Trail::read(store, undo.no, &undo.id, None)?;
        // A part of what such a call wrote may be back: files, entries of an index, rows.
        let begun: HashSet<u64> = earlier.calls.iter().filter_map(|called| called.undoes).collect();
        let left =
            trail.calls.iter().filter(|called| begun.contains(&called.seq)).filter_map(|called| called.after.as_ref());
        let parts: Vec<String> = left.flat_map(|after| after.parts.keys().cloned()).collect();
        trail.handled.extend(parts);
        // An `undo` block, or what runs again, did that as a whole or has to begin once more.
        let whole = |called: &Called| trail.whole(called).is_some_and(|key| earlier.well.contains(key));
        let done: HashSet<u64> = trail.calls.iter().filter(|called| whole(called)).map(|called| called.seq).collect();
        trail.calls.retain(|called| !earlier.undid.contains(&called.seq) && !done.contains(&called.seq));
        let whole = |called: &Called| trail.whole(called).is_some_and(|key| earlier.well.contains(key));
        let done: HashSet<u64> = trail.owed.iter().filter(|called| whole(called)).map(|called| called.seq).collect();
        trail.owed.retain(|called| !earlier.undid.contains(&called.seq) && !done.contains(&called.seq));
        for called in &earlier.calls {
            trail.handled.extend(called.before.iter().flat_map(|f| f.parts.keys().cloned()));
            trail.handled.extend(tops(called.capture.states()).map(|state| state.path.clone()));
        }
    }
    Ok(any)
}
