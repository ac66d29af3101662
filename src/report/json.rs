//! `--format json`: every record as one line of JSON.

use std::io::Write;

use super::Reporter;
use crate::run::event::Record;

/// Writes records as NDJSON.
pub struct Json<W> {
    to: W,
}

impl<W: Write> Json<W> {
    /// To `to`, flushed after each batch.
    pub const fn new(to: W) -> Self {
        Self { to }
    }
}

/// One record as its line, without the line end.
#[must_use]
pub fn line(record: &Record) -> String {
    serde_json::to_string(record).expect("records are plain data")
}

impl<W: Write + Send> Reporter for Json<W> {
    fn record(&mut self, record: &Record) {
        let _ = writeln!(self.to, "{}", line(record));
        // A reader downstream acts on what it sees: a line must not wait for the next one.
        let _ = self.to.flush();
    }

    fn end(&mut self) {
        let _ = self.to.flush();
    }
}
