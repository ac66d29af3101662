//! What commands of a run started and what is still there although the run is over: only after rbk and its guardian were
//! both killed, or could not do their work.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::group;
use super::owned::{self, Found};
use super::{GRACE, guard, guardian, mark};

/// A living process that a command of a run started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    pub pid: i32,
    /// Its command line, shortened.
    pub line: String,
    /// The run, as in the question.
    pub run: String,
    /// It has made a session of its own, so it is a daemon and meant to go on.
    pub daemon: bool,
}

/// What commands of `runs` (see [`mark::of_run`]) started and is still there. Neither this rbk nor those who called it,
/// though a script of such a run may have called it.
#[must_use]
pub fn of_runs(runs: &[String]) -> Vec<Leftover> {
    look(runs)
        .into_iter()
        .map(|(found, run, daemon)| Leftover {
            pid: found.pid,
            line: group::command_line(found.pid, found.row.name.clone()),
            run,
            daemon,
        })
        .collect()
}

/// Ends what commands of `runs` left, daemons excepted, and waits until it is gone. Gives what was ended, and what could
/// not be.
pub fn end(runs: &[String]) -> (Vec<Leftover>, Vec<Leftover>) {
    await_guardian(runs);
    let followed = |runs: &[String]| of_runs(runs).into_iter().filter(|left| !left.daemon);
    let mut ended: Vec<Leftover> = followed(runs).collect();
    if ended.is_empty() {
        return (ended, Vec::new());
    }
    owned::end(GRACE, || look(runs).into_iter().filter(|(_, _, daemon)| !daemon).map(|(found, ..)| found).collect());
    let stuck: Vec<Leftover> = followed(runs).collect();
    ended.retain(|left| stuck.iter().all(|stuck| stuck.pid != left.pid));
    (ended, stuck)
}

/// The guardian of a run whose rbk was just killed may be at work: it knows also those that bear no mark.
fn await_guardian(runs: &[String]) {
    let guards = || {
        owned::table().any(|found| {
            found.is_ours_to_end() && found.variable(guard::VARIABLE).is_some_and(|run| runs.contains(&run))
        })
    };
    let until = Instant::now() + guardian::GRACE + owned::VANISH;
    while guards() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn look(runs: &[String]) -> Vec<(Found, String, bool)> {
    let callers = callers();
    owned::table()
        .filter(|found| !callers.contains(&found.pid) && found.is_ours_to_end())
        .filter_map(|found| {
            let value = found.variable(mark::VARIABLE)?;
            let entry = mark::entries(&value).find(|entry| runs.iter().any(|run| run == entry.run))?;
            let (run, daemon) = (entry.run.to_owned(), entry.session != found.row.session);
            Some((found, run, daemon))
        })
        .collect()
}

/// Those who called this rbk.
fn callers() -> BTreeSet<i32> {
    let mut callers = BTreeSet::new();
    let mut next = group::row("self").map(|row| row.parent);
    while let Some(pid) = next.filter(|&pid| pid > 0 && callers.insert(pid)) {
        next = group::row(&pid.to_string()).map(|row| row.parent);
    }
    callers
}
