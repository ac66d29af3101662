//! Bounded waiting: a token that ends by a deadline or by being cancelled, and that children inherit.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, eventfd};

use super::error::{Error, ErrorKind, Result};

/// How urgently a run is asked to end. The order is the order of escalation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Urgency {
    /// Go on.
    #[default]
    None,
    /// Start nothing new; what runs may finish.
    Drain,
    /// End what runs: process trees get SIGTERM, then SIGKILL.
    Kill,
}

#[derive(Default)]
struct Shared {
    urgency: Mutex<Urgency>,
    changed: Condvar,
    /// Readable from the kill on, for good. Made when the first poll loop asks for it, and shared by all of them.
    killed: OnceLock<OwnedFd>,
}

impl Shared {
    fn mark_killed(&self) {
        if let Some(fd) = self.killed.get() {
            // Only a full counter can fail here, and that is readable already.
            let _ = rustix::io::write(fd, &1u64.to_ne_bytes());
        }
    }
}

/// A cancellation token with an optional deadline. Cheap to clone; a clone with a nearer deadline bounds a part.
#[derive(Clone, Default)]
pub struct Cancel {
    shared: Arc<Shared>,
    deadline: Option<Instant>,
}

impl Cancel {
    /// A token that never ends by itself.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same token with a deadline `limit` from now, unless it has a nearer one.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        // A limit too far to represent is no limit.
        let at = Instant::now().checked_add(limit);
        let deadline = match (self.deadline, at) {
            (Some(have), Some(new)) => Some(have.min(new)),
            (have, new) => have.or(new),
        };
        Self { shared: Arc::clone(&self.shared), deadline }
    }

    /// Raises the urgency; it never falls again.
    pub fn raise(&self, urgency: Urgency) {
        let mut held = self.lock();
        if urgency > *held {
            *held = urgency;
            self.shared.changed.notify_all();
            // Under the lock, so that a descriptor which is being made either sees the kill or is written to here.
            if urgency >= Urgency::Kill {
                self.shared.mark_killed();
            }
        }
    }

    /// The present urgency.
    #[must_use]
    pub fn urgency(&self) -> Urgency {
        *self.lock()
    }

    /// A descriptor that becomes readable when the run is killed and stays so: for poll loops, which must never read
    /// it. `None` where the system has no descriptor left; such a loop looks at [`Cancel::urgency`] now and then.
    #[must_use]
    pub fn kill_fd(&self) -> Option<BorrowedFd<'_>> {
        let held = self.lock();
        if self.shared.killed.get().is_none() {
            let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).ok()?;
            // INVARIANT: set only under the lock, so this cannot meet another.
            let _ = self.shared.killed.set(fd);
            if *held >= Urgency::Kill {
                self.shared.mark_killed();
            }
        }
        self.shared.killed.get().map(AsFd::as_fd)
    }

    /// When this part must have ended.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The time that is left, zero when it is over; `None` without a deadline.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// An error when the time is over or the run is being ended.
    pub fn check(&self) -> Result<()> {
        if self.urgency() >= Urgency::Kill {
            return Err(Error::new(ErrorKind::Cancelled, "ended because the run is being stopped"));
        }
        if self.remaining() == Some(Duration::ZERO) {
            return Err(Error::new(ErrorKind::TimedOut, "its time was over"));
        }
        Ok(())
    }

    /// Sleeps for `length`, or less when the deadline or a kill comes first, which is then the error.
    pub fn sleep(&self, length: Duration) -> Result<()> {
        let until = Instant::now().checked_add(length);
        let mut held = self.lock();
        loop {
            if *held >= Urgency::Kill {
                return Err(Error::new(ErrorKind::Cancelled, "ended because the run is being stopped"));
            }
            let now = Instant::now();
            if self.deadline.is_some_and(|at| at <= now) {
                return Err(Error::new(ErrorKind::TimedOut, "its time was over"));
            }
            let wake = match (until, self.deadline) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            if until.is_some_and(|at| at <= now) {
                return Ok(());
            }
            let pause = wake.map_or(Duration::from_hours(1), |at| at - now);
            held = self.shared.changed.wait_timeout(held, pause).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Urgency> {
        self.shared.urgency.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "cancel_tests.rs"]
mod tests;
