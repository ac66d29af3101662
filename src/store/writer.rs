//! Group commit: one thread writes what many append, one transaction and one flush per batch.
//!
//! A batch is written when somebody waits for it; until then it grows. Outcomes, for which nobody waits, so travel with
//! the next intent, and an intent that need not run yet with the one that must.
//!
//! INVARIANT: what was appended first is never durable later. INVARIANT: after the first failure nothing more is
//! written, so a journal has no holes: it only ends early.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, params};

use super::index::Index;
use super::loose::Loose;
use super::schema;
use super::standing::Standing;
use super::{Entry, Head, RunNo};
use crate::catalogue::error::{Error, Result};

/// Something to be written.
pub(super) enum Op {
    Begin(RunNo, Box<Head>),
    Entry(RunNo, Entry),
    End(RunNo, String, jiff::Timestamp),
    Object(String, Arc<[u8]>),
    /// All generations of a snapshot: root, name, and the number and document of each.
    Snapshot(String, String, Vec<(i64, String)>),
}

#[derive(Default)]
struct Queue {
    ops: Vec<Op>,
    submitted: u64,
    settled: u64,
    /// Somebody waits for what was submitted up to here.
    wanted: u64,
    failed: Option<Error>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    work: Condvar,
    settled: Condvar,
}

/// A promise that something will be durable.
#[must_use = "nothing is durable until the ticket says so"]
pub struct Ticket {
    shared: Arc<Shared>,
    number: u64,
}

impl Ticket {
    /// Waits until it is durable.
    ///
    /// # Errors
    /// When the disk is full, the folder read-only, or a batch before this one could not be written.
    pub fn wait(self) -> Result<()> {
        self.shared.want(self.number);
        self.wait_patiently()
    }

    /// Waits until it is durable because somebody else is in a hurry; whoever calls this knows of one.
    pub fn wait_patiently(self) -> Result<()> {
        let mut queue = self.shared.lock();
        loop {
            if queue.settled >= self.number {
                return Ok(());
            }
            if let Some(error) = &queue.failed {
                return Err(error.clone());
            }
            queue = self.shared.settled.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Shared {
    fn want(&self, number: u64) {
        let mut queue = self.lock();
        if queue.wanted < number {
            queue.wanted = number;
            self.work.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writing end of a store.
pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. `path` is for messages.
    pub fn start(
        connection: Connection,
        path: String,
        loose: Arc<Loose>,
        standing: Standing,
        index: Arc<Index>,
    ) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || write_batches(&theirs, &connection, &path, &loose, (standing, &index)))
            .map_err(|error| Error::io("start the journal's thread", &error))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Hands over; `ops` become durable together, after everything that was submitted before.
    pub fn submit(&self, ops: impl IntoIterator<Item = Op>) -> Ticket {
        let mut queue = self.shared.lock();
        let before = queue.ops.len();
        queue.ops.extend(ops);
        queue.submitted += (queue.ops.len() - before) as u64;
        let number = queue.submitted;
        drop(queue);
        Ticket { shared: Arc::clone(&self.shared), number }
    }

    /// Has everything written that was submitted so far, and does not wait for it.
    pub fn urge(&self) {
        let number = self.shared.lock().submitted;
        self.shared.want(number);
    }

    /// A ticket for all that was submitted so far.
    pub fn flush(&self) -> Ticket {
        let number = self.shared.lock().submitted;
        Ticket { shared: Arc::clone(&self.shared), number }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.work.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write_batches(
    shared: &Shared,
    connection: &Connection,
    path: &str,
    loose: &Loose,
    (mut standing, index): (Standing, &Index),
) {
    let mut statements = match Statements::prepare(connection) {
        Ok(statements) => statements,
        Err(error) => return refuse_all(shared, &schema::damaged(path, &error)),
    };
    let mut batch = Vec::new();
    loop {
        let mut queue = shared.lock();
        while (queue.ops.is_empty() || queue.wanted <= queue.settled) && !queue.closed {
            queue = shared.work.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        if queue.ops.is_empty() {
            return;
        }
        std::mem::swap(&mut batch, &mut queue.ops);
        let failed = queue.failed.clone();
        drop(queue);

        let length = batch.len() as u64;
        let result = match failed {
            Some(error) => Err(error),
            None => {
                let mut write = || {
                    // Objects first: the journal must not name one that a crash could take away.
                    loose.flush().and_then(|()| {
                        write(connection, &mut statements, &batch).map_err(|error| {
                            let _ = connection.execute_batch("rollback");
                            journal_error(schema::damaged(path, &error))
                        })
                    })
                };
                settle(&mut standing, index, &mut write)
            }
        };
        let mut queue = shared.lock();
        match &result {
            Ok(()) => queue.settled += length,
            Err(error) => queue.failed = Some(error.clone()),
        }
        drop(queue);
        shared.settled.notify_all();
        for op in batch.drain(..) {
            if let Op::Object(id, _) = op {
                loose.committed(&id);
            }
        }
    }
}

/// Writes a batch, unless the journal is not where it was: nobody would find it again. What was only moved is written
/// nevertheless, since it may be moved back, and then holds these captures too.
fn settle(standing: &mut Standing, index: &Index, write: &mut dyn FnMut() -> Result<()>) -> Result<()> {
    index.mend();
    let before = standing.lost();
    if let Some(lost) = before {
        if lost.writable {
            let _ = write();
        }
        return Err(journal_error(lost.error));
    }
    write()?;
    index.remember();
    standing.remember();
    standing.lost().map_or(Ok(()), |lost| Err(journal_error(lost.error)))
}

fn refuse_all(shared: &Shared, error: &Error) {
    loop {
        let mut queue = shared.lock();
        queue.failed = Some(error.clone());
        queue.ops.clear();
        shared.settled.notify_all();
        if queue.closed {
            return;
        }
        drop(shared.work.wait(queue).unwrap_or_else(PoisonError::into_inner));
    }
}

fn journal_error(error: Error) -> Error {
    let what = format!("the journal cannot be written: {}", error.what);
    Error { what, ..error }
}

struct Statements<'a> {
    head: rusqlite::Statement<'a>,
    entry: rusqlite::Statement<'a>,
    end: rusqlite::Statement<'a>,
    object: rusqlite::Statement<'a>,
    forget: rusqlite::Statement<'a>,
    snapshot: rusqlite::Statement<'a>,
    begin: rusqlite::Statement<'a>,
    commit: rusqlite::Statement<'a>,
}

impl<'a> Statements<'a> {
    fn prepare(connection: &'a Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            head: connection.prepare(
                "insert into runs(no, id, kind, policy, of, started, frozen) values(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
            entry: connection.prepare("insert into entries(run, seq, json) values(?1, ?2, ?3)")?,
            end: connection.prepare("update runs set outcome = ?2, ended = ?3 where no = ?1")?,
            object: connection.prepare("insert or ignore into objects(id, data) values(?1, ?2)")?,
            forget: connection.prepare("delete from snapshots where root = ?1 and name = ?2")?,
            snapshot: connection.prepare("insert into snapshots(root, name, number, json) values(?1, ?2, ?3, ?4)")?,
            begin: connection.prepare("begin immediate")?,
            commit: connection.prepare("commit")?,
        })
    }
}

/// One transaction with one flush to disk at its commit.
fn write(connection: &Connection, to: &mut Statements<'_>, batch: &[Op]) -> rusqlite::Result<()> {
    debug_assert!(connection.is_autocommit(), "a batch starts outside any transaction");
    to.begin.execute([])?;
    for op in batch {
        match op {
            Op::Begin(no, head) => {
                to.head.execute(params![
                    no.0,
                    head.id,
                    head.kind,
                    head.policy,
                    head.of,
                    head.started.to_string(),
                    head.frozen
                ])?;
            }
            Op::Entry(run, entry) => {
                to.entry.execute(params![run.0, entry.seq as i64, entry.json])?;
            }
            Op::End(run, outcome, at) => {
                to.end.execute(params![run.0, outcome, at.to_string()])?;
            }
            Op::Object(id, data) => {
                to.object.execute(params![id, &**data])?;
            }
            Op::Snapshot(root, name, generations) => {
                to.forget.execute(params![root, name])?;
                for (number, json) in generations {
                    to.snapshot.execute(params![root, name, number, json])?;
                }
            }
        }
    }
    to.commit.execute([])?;
    Ok(())
}
