//! What commands of a run that was cut short left running: ended before anything else is done to their root.

use std::path::Path;
use std::time::Duration;

use crate::run::process::leftover::{self, Leftover};
use crate::run::process::mark;
use crate::store::{RunRow, Sqlite, Store, lock};

use super::context::Context;
use super::exit::{Exit, Failure};

/// How many processes a message names.
const NAMED: usize = 5;

/// Runs that were cut short, as their children are marked. Nothing outlives a restart of the machine, so that those before
/// it cost no look at the process table.
fn cut_short(rows: &[RunRow], folder: &Path, holder: Option<&lock::Holder>) -> Vec<String> {
    let up = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    // A minute for a clock that was set since.
    let booted = jiff::Timestamp::now() - Duration::from_secs(up.tv_sec as u64 + 60);
    rows.iter()
        .filter(|row| row.outcome.is_none() && holder.is_none_or(|holder| holder.run != row.id))
        .filter(|row| row.started >= booted)
        .map(|row| mark::of_run(folder, &row.id))
        .collect()
}

/// What is still running of runs that were cut short, daemons excepted.
pub fn running(rows: &[RunRow], folder: &Path) -> Vec<Leftover> {
    let runs = cut_short(rows, folder, lock::holder(folder).as_ref());
    if runs.is_empty() {
        return Vec::new();
    }
    leftover::of_runs(&runs).into_iter().filter(|left| !left.daemon).collect()
}

/// Ends what runs that were cut short left running, and says so. For who holds the lock of the root: no run of it is
/// alive then.
pub fn end(store: &Sqlite, folder: &Path, context: &Context) -> Result<(), Failure> {
    let runs = cut_short(&store.runs()?, folder, None);
    if runs.is_empty() {
        return Ok(());
    }
    let (ended, stuck) = leftover::end(&runs);
    if !ended.is_empty() {
        context.say(&format!("still running since run {} was cut short, now ended: {}", ids(&ended), named(&ended)));
    }
    if stuck.is_empty() {
        return Ok(());
    }
    let what = format!("what run {} had started could not be ended: {}", ids(&stuck), named(&stuck));
    Err(Failure::new(Exit::Refused, what)
        .hint("it may still write, so nothing was changed; it waits for a device or a network file system: look at that, then try again"))
}

/// Says which daemons commands of a run have started: they go on, and may write while it is undone.
pub fn name_daemons(run: &str, folder: &Path, context: &Context) {
    let mut daemons = leftover::of_runs(&[mark::of_run(folder, run)]);
    daemons.retain(|left| left.daemon);
    if !daemons.is_empty() {
        context
            .say(&format!("left running, as it detached itself from the command that started it: {}", named(&daemons)));
    }
}

/// [`end`] where runs are recorded in `folder`, if any are, and another root does not use that folder just now.
pub fn end_in(folder: &Path, context: &Context) -> Result<(), Failure> {
    if lock::holder(folder).is_some() {
        return Ok(());
    }
    match Sqlite::look(folder)? {
        Some(store) => end(&store, folder, context),
        None => Ok(()),
    }
}

/// The runs of these processes.
pub fn ids(left: &[Leftover]) -> String {
    let mut ids: Vec<String> = left.iter().map(|left| format!("`{}`", id(left))).collect();
    ids.sort();
    ids.dedup();
    ids.join(", ")
}

/// The id of the run of a process.
pub fn id(left: &Leftover) -> &str {
    left.run.split_once('@').map_or(&*left.run, |(id, _)| id)
}

/// These processes, the first ones by name.
pub fn named(left: &[Leftover]) -> String {
    let mut parts: Vec<String> =
        left.iter().take(NAMED).map(|left| format!("`{}` (pid {})", left.line, left.pid)).collect();
    if left.len() > NAMED {
        parts.push(format!("{} more", left.len() - NAMED));
    }
    parts.join(", ")
}
