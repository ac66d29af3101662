//! Attending a child from its start to the end of its group: draining, the deadline, the kill, what it left behind.
//!
//! One thread, one poll loop, no allocation for a silent child: this is the hot path of a run.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};

use super::LINGER;
use super::group::{Group, Member};
use super::guard;
use super::kept::Kept;
use crate::catalogue::cancel::{Cancel, Urgency};
use crate::catalogue::command::{Command, Finished};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::show;

/// How often the state is looked at where a descriptor to wait on could not be had.
const TICK: Duration = Duration::from_millis(10);

/// How long a process may take to vanish after SIGKILL before it counts as stuck in the kernel.
const VANISH: Duration = Duration::from_secs(5);

thread_local! {
    /// As large as a pipe by default, so that one read empties it.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; 64 * 1024].into());
}

/// A child that is killed with its group when it is dropped unreaped: an early return must not leave one behind.
struct Owned {
    child: Child,
    group: Group,
    reaped: bool,
    /// It could not be ended, and stays on the guardian's list.
    stuck: bool,
}

impl Drop for Owned {
    fn drop(&mut self) {
        if !self.reaped {
            self.group.kill();
            let _ = self.child.wait();
        }
        if !self.stuck {
            guard::over(self.child.id());
        }
    }
}

/// Why a child is being ended.
#[derive(Clone, Copy, PartialEq)]
enum Why {
    TimedOut,
    Cancelled,
}

#[derive(Clone, Copy)]
enum Phase {
    /// Until the deadline.
    Running,
    /// SIGTERM was sent; SIGKILL follows then.
    Asked(Instant),
    /// SIGKILL was sent; whoever is there then is stuck.
    Killed(Instant),
}

/// Runs `child` to its end, or ends it when `cancel` does.
pub(super) fn attend(
    command: &Command,
    mut child: Child,
    started: Instant,
    cancel: &Cancel,
    grace: Duration,
) -> Result<Finished> {
    guard::started(child.id());
    let group = Group::of(child.id()).ok_or_else(|| Error::internal("a child has an impossible pid"))?;
    let stdout = Stream::new(child.stdout.take().map(OwnedFd::from));
    let stderr = Stream::new(child.stderr.take().map(OwnedFd::from));
    let pidfd = i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    let mut attended = Attended {
        owned: Owned { child, group, reaped: false, stuck: false },
        streams: [stdout, stderr],
        pidfd,
        cancel,
        grace,
        phase: Phase::Running,
        why: None,
        exited: None,
    };
    attended.until_over(command)?;
    attended.conclude(command, started)
}

struct Attended<'a> {
    owned: Owned,
    streams: [Stream; 2],
    pidfd: Option<OwnedFd>,
    cancel: &'a Cancel,
    grace: Duration,
    phase: Phase,
    why: Option<Why>,
    exited: Option<Instant>,
}

impl Attended<'_> {
    /// Until the child has ended and its streams are closed, or given up.
    fn until_over(&mut self, command: &Command) -> Result<()> {
        loop {
            let now = Instant::now();
            if let Some(at) = self.exited {
                let open = self.streams.iter().any(|stream| stream.fd.is_some());
                if !open || now >= at + LINGER {
                    return Ok(());
                }
            }
            match self.phase {
                Phase::Running => {
                    if self.cancel.urgency() >= Urgency::Kill {
                        self.ask(Why::Cancelled, now);
                    } else if self.exited.is_none() && self.cancel.deadline().is_some_and(|at| at <= now) {
                        self.ask(Why::TimedOut, now);
                    }
                }
                Phase::Asked(until) if until <= now => {
                    self.owned.group.kill();
                    self.phase = Phase::Killed(now + VANISH);
                }
                Phase::Killed(until) if until <= now => {
                    // Waiting for it would hang the run. It dies as soon as the kernel lets it.
                    self.owned.reaped = true;
                    self.owned.stuck = true;
                    return Err(Error::failed(format!(
                        "{} was killed but is stuck in the system (pid {})",
                        command.shown(),
                        self.owned.child.id()
                    ))
                    .hint("it waits for a device or a network file system; look at that first"));
                }
                Phase::Asked(_) | Phase::Killed(_) => {}
            }
            self.wait(now)?;
        }
    }

    fn ask(&mut self, why: Why, now: Instant) {
        self.why = Some(why);
        self.owned.group.ask();
        self.phase = Phase::Asked(now + self.grace);
    }

    /// Waits until something happens or the next limit is reached, and takes what was written.
    fn wait(&mut self, now: Instant) -> Result<()> {
        let limit = match self.phase {
            Phase::Running => self.cancel.deadline().filter(|_| self.exited.is_none()),
            Phase::Asked(until) | Phase::Killed(until) => Some(until),
        };
        let mut limit = match (limit, self.exited.map(|at| at + LINGER)) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        // After the kill was noticed its descriptor stays readable, and would make this loop spin.
        let running = matches!(self.phase, Phase::Running);
        let kill_fd = if running { self.cancel.kill_fd() } else { None };
        if self.pidfd.is_none() || (running && kill_fd.is_none()) {
            limit = Some(limit.map_or(now + TICK, |at| at.min(now + TICK)));
        }
        let timeout = limit.map(|at| timespec(at.saturating_duration_since(now)));

        let mut fds: Vec<PollFd<'_>> = Vec::with_capacity(4);
        let mut streams_at = [None; 2];
        for (index, stream) in self.streams.iter().enumerate() {
            if let Some(fd) = &stream.fd {
                streams_at[index] = Some(fds.len());
                fds.push(PollFd::new(fd, PollFlags::IN));
            }
        }
        let pid_at = self.pidfd.as_ref().filter(|_| self.exited.is_none()).map(|fd| {
            fds.push(PollFd::new(fd, PollFlags::IN));
            fds.len() - 1
        });
        if let Some(fd) = &kill_fd {
            fds.push(PollFd::new(fd, PollFlags::IN));
        }
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(Error::internal(format!("cannot wait for a child: {errno}"))),
        }
        let flags: [PollFlags; 4] = std::array::from_fn(|i| fds.get(i).map_or(PollFlags::empty(), PollFd::revents));
        drop(fds);
        let ended = match pid_at {
            Some(at) => !flags[at].is_empty(),
            None => self.exited.is_none() && self.pidfd.is_none() && has_ended(&self.owned.child),
        };
        for (stream, at) in self.streams.iter_mut().zip(streams_at) {
            if let Some(at) = at {
                stream.take(flags[at]);
            }
        }
        if ended {
            self.exited = Some(Instant::now());
        }
        Ok(())
    }

    /// Reaps the child, ends what it left behind, and says how it went.
    fn conclude(mut self, command: &Command, started: Instant) -> Result<Finished> {
        let group = self.owned.group;
        let status = self.owned.child.wait().map_err(|source| Error::io("wait for a child", &source))?;
        self.owned.reaped = true;
        let took = started.elapsed();
        let left = if group.exists() { self.sweep() } else { Vec::new() };
        let [stdout, stderr] = self.streams.map(|stream| stream.kept.finish());
        let exit = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
        let finished = Finished { exit, signal: status.signal(), stdout, stderr, took };
        match self.why {
            Some(why) => Err(ended_early(command, why, &finished)),
            None if left.is_empty() => Ok(finished),
            None => Err(left_behind(command, &finished, &left)),
        }
    }

    /// Ends what is still in the group after its leader's end, and says what that was.
    fn sweep(&self) -> Vec<Member> {
        let group = self.owned.group;
        // The last processes of a pipeline often end a moment after the shell.
        let since = self.exited.unwrap_or_else(Instant::now);
        if self.why.is_none() && self.gone_by(since + LINGER) {
            return Vec::new();
        }
        let left = group.members();
        if left.is_empty() {
            return left;
        }
        if self.why.is_none() {
            group.ask();
            if self.gone_by(Instant::now() + LINGER) {
                return left;
            }
        }
        if let Phase::Asked(until) = self.phase {
            self.gone_by(until);
        }
        group.kill();
        let limit = Instant::now() + VANISH;
        while group.exists() && Instant::now() < limit {
            std::thread::sleep(Duration::from_millis(1));
        }
        left
    }

    /// Waits for the group to vanish, at most until `until` or a kill.
    fn gone_by(&self, until: Instant) -> bool {
        let mut pause = Duration::from_micros(500);
        while self.owned.group.exists() {
            let now = Instant::now();
            let killed = self.why.is_none() && self.cancel.urgency() >= Urgency::Kill;
            if now >= until || killed {
                return false;
            }
            std::thread::sleep(pause.min(until - now));
            pause = (pause * 2).min(Duration::from_millis(20));
        }
        true
    }
}

/// One stream of the child.
struct Stream {
    fd: Option<OwnedFd>,
    kept: Kept,
}

impl Stream {
    fn new(fd: Option<OwnedFd>) -> Self {
        Self { fd, kept: Kept::default() }
    }

    /// Reads what is there. A read after POLLIN does not block: nobody else reads this pipe.
    fn take(&mut self, ready: PollFlags) {
        let Some(fd) = &self.fd else { return };
        if ready.contains(PollFlags::IN) {
            let read = BUFFER.with_borrow_mut(|buffer| {
                rustix::io::read(fd, &mut buffer[..]).inspect(|&count| self.kept.push(&buffer[..count]))
            });
            match read {
                Ok(0) => self.fd = None,
                Ok(_) | Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => self.fd = None,
            }
        } else if !ready.is_empty() {
            // Only the hang-up is left: the end, without a read to learn it.
            self.fd = None;
        }
    }
}

/// Whether the child is a zombie, without reaping it: its number must stay taken while its group may be signalled.
fn has_ended(child: &Child) -> bool {
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return true };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::Pid(pid), options), Ok(None))
}

fn timespec(length: Duration) -> Timespec {
    Timespec { tv_sec: length.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: length.subsec_nanos().into() }
}

fn ended_early(command: &Command, why: Why, finished: &Finished) -> Error {
    let took = show::duration(finished.took.as_nanos() as f64);
    let said = finished.stderr.last_line().or_else(|| finished.stdout.last_line());
    let said = said.map_or_else(String::new, |line| format!("; its last line was `{line}`"));
    match why {
        Why::TimedOut => Error::new(
            ErrorKind::TimedOut,
            format!("{} had not ended after {took}, when its time was over, and was ended{said}", command.shown()),
        )
        .hint("give the step a longer `timeout`, or find out what it waits for"),
        Why::Cancelled => Error::new(
            ErrorKind::Cancelled,
            format!("{} was ended after {took} because the run is being stopped", command.shown()),
        ),
    }
}

fn left_behind(command: &Command, finished: &Finished, left: &[Member]) -> Error {
    let named: Vec<String> =
        left.iter().take(3).map(|member| format!("`{}` (pid {})", member.line, member.pid)).collect();
    let more = if left.len() > 3 { format!(" and {} more", left.len() - 3) } else { String::new() };
    Error::failed(format!(
        "{} exited with {} but left {}{more} running, which was ended: children of a command never outlive it",
        command.shown(),
        finished.exit,
        named.join(", ")
    ))
    .hint("start what must go on running with `process.start(…)`, and let the command wait for everything else")
}
