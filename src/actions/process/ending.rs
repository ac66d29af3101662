//! Ending processes that are no children of this run: politely, then by force, each with what it started.
//!
//! INVARIANT: a signal goes through a pidfd that was opened before the process was identified, so that it can never
//! reach another one that was given the same pid.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::described;
use crate::catalogue::cancel::Cancel;
use crate::catalogue::error::{Error, Result};
use crate::probes::process::pattern::own_line;
use crate::probes::process::table::{self, Id, Process};

/// Between SIGTERM and SIGKILL when nobody says otherwise.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// How long a process may take to vanish after SIGKILL.
const VANISH: Duration = Duration::from_secs(5);

struct Target {
    process: Process,
    fd: OwnedFd,
}

/// Ends `tops` and everything below them. An error names what is left.
pub(super) fn end(tops: &[Process], grace: Duration, cancel: &Cancel) -> Result<()> {
    let leaders: Vec<Id> = tops.iter().map(|process| process.id).collect();
    let targets = grab(&trees(&leaders)?)?;
    signal(&targets, Signal::TERM)?;
    // A stopped process cannot act on SIGTERM.
    signal(&targets, Signal::CONT)?;
    let mut left = await_end(targets, grace, cancel)?;
    // What a process started while it was being ended is in its group or session still.
    left.extend(grab(&trees(&leaders)?)?);
    if left.is_empty() {
        return Ok(());
    }
    signal(&left, Signal::KILL)?;
    let mut left = await_end(left, VANISH, cancel)?;
    left.extend(grab(&trees(&leaders)?)?);
    if left.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = left.iter().map(|target| described(&target.process)).collect();
    Err(Error::failed(format!("could not be ended, not even by SIGKILL: {}", named.join("; ")))
        .hint("it waits for a device or a network file system; look at that first"))
}

/// The processes led by `leaders`: themselves, what descends from them, and their groups and sessions. Never rbk's own.
fn trees(leaders: &[Id]) -> Result<Vec<Process>> {
    let all = table::all()?;
    // A leader that has ended still names its group, unless its pid is another process by now.
    let reused = |leader: &&Id| all.iter().any(|process| process.id.pid == leader.pid && process.id != **leader);
    let leaders: BTreeSet<i32> = leaders.iter().filter(|leader| !reused(leader)).map(|leader| leader.pid).collect();
    let own = own_line(&all);
    let mut inside: BTreeSet<i32> = leaders.clone();
    loop {
        let before = inside.len();
        for process in &all {
            if inside.contains(&process.parent) {
                inside.insert(process.id.pid);
            }
        }
        if inside.len() == before {
            break;
        }
    }
    Ok(all
        .into_iter()
        .filter(|process| !own.contains(&process.id.pid))
        .filter(|process| {
            inside.contains(&process.id.pid) || leaders.contains(&process.group) || leaders.contains(&process.session)
        })
        .collect())
}

fn grab(processes: &[Process]) -> Result<Vec<Target>> {
    let mut targets = Vec::with_capacity(processes.len());
    for process in processes {
        let Some(pid) = Pid::from_raw(process.id.pid) else { continue };
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(fd) if process.id.lives() => targets.push(Target { process: process.clone(), fd }),
            Ok(_) | Err(Errno::SRCH) => {}
            Err(errno) => return Err(Error::io(format_args!("watch pid {}", process.id.pid), &errno.into())),
        }
    }
    Ok(targets)
}

fn signal(targets: &[Target], signal: Signal) -> Result<()> {
    for target in targets {
        match pidfd_send_signal(&target.fd, signal) {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(Errno::PERM) => {
                return Err(Error::failed(format!("not allowed to signal {}", described(&target.process)))
                    .hint("it belongs to another user; run rbk as that user or as root"));
            }
            Err(errno) => {
                return Err(Error::io(format_args!("signal pid {}", target.process.id.pid), &errno.into()));
            }
        }
    }
    Ok(())
}

/// Waits until all have ended or `limit` is over, and gives those that have not.
fn await_end(mut targets: Vec<Target>, limit: Duration, cancel: &Cancel) -> Result<Vec<Target>> {
    let until = Instant::now() + limit.min(Duration::from_hours(24));
    while !targets.is_empty() {
        let left = until.saturating_duration_since(Instant::now());
        let left = cancel.remaining().map_or(left, |remaining| left.min(remaining));
        let pause = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        let kill_fd = cancel.kill_fd();
        let mut fds: Vec<PollFd<'_>> = targets.iter().map(|target| PollFd::new(&target.fd, PollFlags::IN)).collect();
        fds.extend(kill_fd.as_ref().map(|fd| PollFd::new(fd, PollFlags::IN)));
        match poll(&mut fds, Some(&pause)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(Error::io("wait for processes to end", &errno.into())),
        }
        let ended: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        drop(fds);
        let mut ended = ended.into_iter();
        targets.retain(|_| !ended.next().unwrap_or(false));
        if targets.is_empty() {
            break;
        }
        // Half-ended is worse than ended: only a kill of the run or its deadline leaves it so, and it is said.
        if let Err(mut error) = cancel.check() {
            let named: Vec<String> = targets.iter().map(|target| described(&target.process)).collect();
            error.what = format!("{}; asked to end but still there: {}", error.what, named.join("; "));
            return Err(error);
        }
        if Instant::now() >= until {
            break;
        }
    }
    Ok(targets)
}
