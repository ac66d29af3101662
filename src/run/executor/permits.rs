//! How many calls may run at once. Preparing (evaluating, capturing, writing the intent) needs no permit, so that the
//! flush to disk of one node overlaps the children of others.
//!
//! It also knows when a flush can wait: while somebody else stands ready with a durable intent, one more intent gains
//! nothing by being durable now; it goes to disk together with those that follow.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A counting semaphore.
pub struct Permits {
    state: Mutex<State>,
    freed: Condvar,
}

struct State {
    free: usize,
    /// Callers with a durable intent that wait for a permit.
    ready: usize,
}

/// A permit; given back when dropped.
pub struct Permit<'a>(&'a Permits);

impl Permits {
    /// With `count` permits.
    pub fn new(count: usize) -> Self {
        Self { state: Mutex::new(State { free: count.max(1), ready: 0 }), freed: Condvar::new() }
    }

    /// Whether somebody stands ready to take the next permit. INVARIANT: whoever does will call the `urge` that it
    /// gave to [`Permits::take`] when it was the last one ready, so those who waited for it are not forgotten.
    pub fn somebody_is_ready(&self) -> bool {
        self.lock().ready > 0
    }

    /// Waits for a permit; `urge` is called when nobody is ready any more behind this one. Every holder is bounded by
    /// its own timeout, so this ends.
    pub fn take(&self, urge: impl FnOnce()) -> Permit<'_> {
        let mut state = self.lock();
        if state.free == 0 {
            state.ready += 1;
            while state.free == 0 {
                state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.ready -= 1;
            state.free -= 1;
            let last = state.ready == 0;
            drop(state);
            if last {
                urge();
            }
        } else {
            state.free -= 1;
        }
        Permit(self)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.lock().free += 1;
        self.0.freed.notify_one();
    }
}
