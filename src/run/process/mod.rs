//! Owned children: every program that a run starts, ended as a whole when its time is over.
//!
//! This is the one place that starts programs. It knows nothing of units, plans or policies.
//!
//! A child is the leader of a process group of its own; the group is what gets signals, so that a shell's children
//! end with the shell. A program that makes a session of its own (a daemon) leaves the group and is not followed:
//! what is meant to go on is started with [`Spawn::start_detached`].
//!
//! When rbk itself is killed, a [`guardian`] ends what it owned; when that was killed too, what is [`leftover`] is found
//! by its [`mark`].

mod attend;
mod detach;
mod group;
pub mod guard;
pub mod guardian;
mod kept;
pub mod leftover;
pub mod mark;
mod owned;
mod start;
mod user;

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::catalogue::cancel::Cancel;
use crate::catalogue::command::{Command, Finished, Spawn};
use crate::catalogue::error::Result;

/// How long a group that was sent SIGTERM may take to end before SIGKILL.
pub const GRACE: Duration = Duration::from_secs(5);

/// How long what a child left behind (a background process, an open pipe) may go on after the child's own end.
pub const LINGER: Duration = Duration::from_millis(500);

/// Starts programs below a root.
pub struct Processes {
    root: PathBuf,
    grace: Duration,
    /// Detached children that may have ended since, to be reaped.
    detached: Mutex<Vec<Child>>,
    /// The run whose commands these are, as marks name it.
    run: OnceLock<String>,
    /// The mark of owned children.
    mark: OnceLock<String>,
}

impl Processes {
    /// Commands without a `cwd` run in `root`, and a relative `cwd` is below it.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            grace: GRACE,
            detached: Mutex::default(),
            run: OnceLock::new(),
            mark: OnceLock::new(),
        }
    }

    /// The same with another time between SIGTERM and SIGKILL.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    fn prepare(&self, command: &Command) -> Result<(std::process::Command, PathBuf)> {
        let cwd = command.cwd.as_ref().map_or_else(|| self.root.clone(), |cwd| self.root.join(cwd));
        let prepared = start::prepare(command, &cwd, self)?;
        Ok((prepared, cwd))
    }
}

impl Spawn for Processes {
    fn run(&self, command: &Command, cancel: &Cancel) -> Result<Finished> {
        cancel.check()?;
        let (mut prepared, cwd) = self.prepare(command)?;
        prepared.stdin(start::stdin(command.stdin.as_deref())?).stdout(Stdio::piped()).stderr(Stdio::piped());
        start::in_group(&mut prepared);
        let run = self.run.get().map(String::as_str);
        let mark = match run {
            Some(run) => self.mark.get_or_init(|| mark::value(Some(run))).clone(),
            None => mark::value(None),
        };
        prepared.env(mark::VARIABLE, mark);
        guard::ready(run);
        let started = Instant::now();
        let child = prepared.spawn().map_err(|source| start::explain(command, &cwd, &source))?;
        attend::attend(command, child, started, cancel, self.grace)
    }

    fn belong_to(&self, run: &str) {
        // A world belongs to one run.
        let _ = self.run.set(run.to_owned());
    }

    fn start_detached(&self, command: &Command, log: Option<&Path>) -> Result<u32> {
        let (mut prepared, cwd) = self.prepare(command)?;
        prepared.stdin(start::stdin(command.stdin.as_deref())?);
        let log = log.map(|log| self.root.join(log));
        detach::outputs(&mut prepared, log.as_deref())?;
        // It is nobody's to end: neither this rbk's nor that of a run which started this one.
        prepared.env_remove(mark::VARIABLE);
        detach::in_session(&mut prepared);
        let child = prepared.spawn().map_err(|source| start::explain(command, &cwd, &source))?;
        let pid = child.id();
        let mut detached = self.detached.lock().unwrap_or_else(PoisonError::into_inner);
        // What ended while rbk still runs would stay a zombie, and look alive to a careless reader of the table.
        detached.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
        detached.push(child);
        Ok(pid)
    }
}

#[cfg(test)]
mod tests;
