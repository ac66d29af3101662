//! Ending processes that are no children of this rbk: those that a dead one owned.
//!
//! INVARIANT: a signal goes through a pidfd, and the process behind it is compared with what was found after the pidfd
//! was opened, so that a number which was given again meanwhile is never signalled.

use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};

use super::group::{self, Row};
use super::mark;

/// How long a process may take to vanish after SIGKILL before it counts as stuck in the kernel.
pub(super) const VANISH: Duration = Duration::from_secs(5);

/// The first pause between two looks; each is longer, up to `SLOWEST`.
const PAUSE: Duration = Duration::from_millis(10);
const SLOWEST: Duration = Duration::from_millis(100);

/// A process of the table.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) pid: i32,
    pub(super) row: Row,
}

impl Found {
    /// A process for as long as the machine runs.
    pub(super) fn id(&self) -> (i32, u64) {
        (self.pid, self.row.start)
    }

    /// A variable that it was started with; `None` also where its environment may not be seen.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let environment = std::fs::read(format!("/proc/{}/environ", self.pid)).ok()?;
        mark::inside(&environment, name).map(str::to_owned)
    }

    /// Whether this user may end it: an own one, and for root any (a command may run as another user).
    pub(super) fn is_ours_to_end(&self) -> bool {
        let me = rustix::process::geteuid();
        me.is_root() || std::fs::metadata(format!("/proc/{}", self.pid)).is_ok_and(|meta| meta.uid() == me.as_raw())
    }

    fn signal(&self, signal: Signal) {
        let Some(pid) = Pid::from_raw(self.pid) else { return };
        let still = || group::row(&self.pid.to_string()).is_some_and(|row| row.start == self.row.start);
        // An error says that it has ended, or that it is not ours to end, which the next look shows.
        let _ = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(fd) if still() => pidfd_send_signal(&fd, signal),
            // A kernel or a sandbox without pidfds.
            Err(Errno::NOSYS | Errno::PERM) if still() => kill_process(pid, signal),
            _ => Ok(()),
        };
    }
}

/// Every process that has not ended, except this one.
pub(super) fn table() -> impl Iterator<Item = Found> {
    let own = std::process::id() as i32;
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(move |&pid| pid > 1 && pid != own)
        .filter_map(|pid| Some(Found { pid, row: group::row(&pid.to_string())? }))
        .filter(|found| !found.row.zombie)
}

/// Ends what `look` finds, looking again until it twice finds nothing: what a process starts while it is being ended is
/// ended too. SIGTERM first, SIGKILL after `grace`. Gives what is left.
pub(super) fn end(grace: Duration, mut look: impl FnMut() -> Vec<Found>) -> Vec<Found> {
    let polite_until = Instant::now() + grace;
    let give_up = polite_until + VANISH;
    let mut asked: Vec<(i32, u64)> = Vec::new();
    let (mut pause, mut nothing) = (PAUSE, 0);
    loop {
        let found = look();
        if found.is_empty() {
            nothing += 1;
            if nothing == 2 {
                return found;
            }
        } else {
            nothing = 0;
        }
        let now = Instant::now();
        if now >= give_up {
            return found;
        }
        for process in &found {
            if now >= polite_until {
                process.signal(Signal::KILL);
            } else if !asked.contains(&process.id()) {
                asked.push(process.id());
                process.signal(Signal::TERM);
                // A stopped process cannot act on SIGTERM.
                process.signal(Signal::CONT);
            }
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(SLOWEST);
    }
}
