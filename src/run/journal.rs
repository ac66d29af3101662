//! The journal of one run: events in, numbered records out, to the store and to the reporters.
//!
//! INVARIANT: records are numbered and handed to the store in one order, so what is durable is always a beginning of
//! the run, and an outcome is never durable after an intent that followed it.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::event::{Event, Outcome, Record};
use super::reporter::Feed;
use super::secrets::Secrets;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::value::Value;
use crate::store::{Entry, RunNo, Store, Ticket};

/// A record as it is stored; its run and number stand beside it.
#[derive(Serialize, Deserialize)]
struct Stored {
    time: jiff::Timestamp,
    #[serde(flatten)]
    event: Event,
}

/// Where a run writes what happens.
pub struct Journal {
    store: Arc<dyn Store>,
    no: RunNo,
    run: String,
    secrets: Secrets,
    tail: Mutex<Tail>,
}

struct Tail {
    seq: u64,
    feed: Feed,
}

impl Journal {
    pub(super) fn new(store: Arc<dyn Store>, no: RunNo, run: String, secrets: Secrets, feed: Feed) -> Self {
        Self { store, no, run, secrets, tail: Mutex::new(Tail { seq: 0, feed }) }
    }

    /// The id of the run.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// The number of the run in its store.
    pub fn no(&self) -> RunNo {
        self.no
    }

    /// Appends events. Nothing is durable before the ticket says so.
    pub fn append(&self, events: Vec<Event>) -> Ticket {
        self.write(events, |entries| self.store.append(self.no, entries)).1
    }

    /// Appends one event, not waited for, and returns its number.
    pub fn note(&self, event: Event) -> u64 {
        let (seq, _not_waited_for) = self.write(vec![event], |entries| self.store.append(self.no, entries));
        seq
    }

    /// Appends events and returns the number of the last, once they are durable.
    pub fn commit(&self, events: Vec<Event>) -> Result<u64> {
        let (seq, ticket) = self.write(events, |entries| self.store.append(self.no, entries));
        ticket.wait().map(|()| seq)
    }

    /// Has everything written that was appended so far.
    pub fn urge(&self) {
        self.store.urge();
    }

    /// Writes the last record, marks the run as ended, and lets the reporters finish.
    pub(super) fn end(&self, event: Event, outcome: Outcome) -> Result<()> {
        let (_, ticket) =
            self.write(vec![event], |entries| self.store.end(self.no, entries, outcome.word(), jiff::Timestamp::now()));
        let durable = ticket.wait();
        let feed = {
            let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut tail.feed, Feed::start(Vec::new()))
        };
        feed.end();
        durable
    }

    fn write(&self, events: Vec<Event>, submit: impl FnOnce(Vec<Entry>) -> Ticket) -> (u64, Ticket) {
        let time = jiff::Timestamp::now();
        let mut stored: Vec<(Stored, String)> =
            events.into_iter().map(|event| self.scrubbed(Stored { time, event })).collect();
        // Numbered and submitted under one lock: see the invariant above.
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seq = tail.seq;
        let entries = stored
            .iter_mut()
            .map(|(_, json)| {
                seq += 1;
                Entry { seq, json: std::mem::take(json) }
            })
            .collect();
        let ticket = submit(entries);
        if tail.feed.listens() {
            let first = tail.seq;
            let records = stored.into_iter().zip(first + 1..);
            let record = |((stored, _), seq): ((Stored, String), u64)| Record {
                run: self.run.clone(),
                seq,
                time: stored.time,
                event: stored.event,
            };
            tail.feed.send(records.map(record).collect());
        }
        tail.seq = seq;
        (seq, ticket)
    }

    fn scrubbed(&self, stored: Stored) -> (Stored, String) {
        let json = serde_json::to_string(&stored).expect("events are plain data");
        if self.secrets.scrub(&json).is_none() {
            return (stored, json);
        }
        let mut value: serde_json::Value = serde_json::from_str(&json).expect("it was just written");
        self.secrets.scrub_json(&mut value);
        // A secret that is the name of an outcome, say, makes a record that cannot be read: then it is left out.
        let hidden: Stored = serde_json::from_value(value).unwrap_or(Stored {
            time: stored.time,
            event: Event::Note { node: None, text: "a record was left out, because it held a secret".into() },
        });
        // For the record alone; whoever listens gets them hidden.
        let mut kept = Stored { time: hidden.time, event: hidden.event.clone() };
        keep_names(&stored.event, &mut kept.event);
        let json = serde_json::to_string(&kept).expect("events are plain data");
        (hidden, json)
    }
}

/// Leaves the root, what was captured and the paths that were given as they are: an undo goes by them, and a mask in one would
/// lead it elsewhere. They hold no content (that lies in the object store, sealed), but names; one with the value of a secret in
/// it is seen by whoever sees the file.
fn keep_names(was: &Event, now: &mut Event) {
    match (was, now) {
        (Event::RunStarted { target: was, .. }, Event::RunStarted { target, .. }) => target.root.clone_from(&was.root),
        (Event::CallStarted { capture: captured, args: given, .. }, Event::CallStarted { capture, args, .. }) => {
            capture.clone_from(captured);
            for (arg, was) in args.iter_mut().zip(given).filter(|(_, was)| matches!(was, Some(Value::Path(_)))) {
                arg.clone_from(was);
            }
        }
        _ => {}
    }
}

/// What to do about a record that cannot be read.
pub const DAMAGED: &str = "nothing was changed; it was written by another version of rbk, or the journal is damaged: bring the \
     state folder back from a backup; without one, take back by hand what the run did";

/// Reads the records of a run, in order.
///
/// # Errors
/// A damaged database, a record that is missing, or one that this version cannot read.
pub fn read(store: &dyn Store, no: RunNo, run: &str, each: &mut dyn FnMut(Record) -> Result<()>) -> Result<()> {
    let mut next = 1;
    store.entries(no, 0, &mut |entry| {
        // They are counted without a gap: what a missing one tells would be left out of an undo.
        if entry.seq != next {
            return Err(Error::refused(format!("record {next} of run `{run}` is missing")).hint(DAMAGED));
        }
        next += 1;
        let stored: Stored = serde_json::from_str(&entry.json).map_err(|error| {
            Error::refused(format!("record {} of run `{run}` cannot be read: {error}", entry.seq)).hint(DAMAGED)
        })?;
        each(Record { run: run.to_owned(), seq: entry.seq, time: stored.time, event: stored.event })
    })
}
