//! Readers of a run: whoever wants to hear of its records while it goes on. None of them can fail or delay a run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::event::Record;

/// A reader of records. Errors of its own (a closed pipe, a full disk) are its own business.
pub trait Reporter: Send {
    /// One record, in the order of the journal.
    fn record(&mut self, record: &Record);

    /// Called some times a second, for clocks on a screen.
    fn tick(&mut self) {}

    /// No record follows.
    fn end(&mut self) {}
}

/// Between two ticks.
const TICK: Duration = Duration::from_millis(100);

/// The thread that feeds the reporters; a slow one slows down only this.
pub(super) struct Feed {
    sender: Option<Sender<Vec<Record>>>,
    thread: Option<JoinHandle<()>>,
}

impl Feed {
    pub fn start(reporters: Vec<Box<dyn Reporter>>) -> Self {
        if reporters.is_empty() {
            return Self { sender: None, thread: None };
        }
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new().name("report".into()).spawn(move || feed(reporters, &receiver)).ok();
        Self { sender: thread.is_some().then_some(sender), thread }
    }

    /// Whether anybody listens.
    pub fn listens(&self) -> bool {
        self.sender.is_some()
    }

    pub fn send(&self, records: Vec<Record>) {
        if let Some(sender) = &self.sender {
            let _ = sender.send(records);
        }
    }

    /// Lets the reporters finish with what they were given.
    pub fn end(mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn feed(mut reporters: Vec<Box<dyn Reporter>>, receiver: &Receiver<Vec<Record>>) {
    loop {
        match receiver.recv_timeout(TICK) {
            Ok(records) => {
                for record in &records {
                    each(&mut reporters, |reporter| reporter.record(record));
                }
            }
            Err(RecvTimeoutError::Timeout) => each(&mut reporters, |reporter| reporter.tick()),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    each(&mut reporters, |reporter| reporter.end());
}

/// A reporter that panics hears no more; the others and the run go on.
fn each(reporters: &mut Vec<Box<dyn Reporter>>, mut call: impl FnMut(&mut dyn Reporter)) {
    reporters.retain_mut(|reporter| catch_unwind(AssertUnwindSafe(|| call(&mut **reporter))).is_ok());
}
