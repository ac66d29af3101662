//! How a run ended, in one or two lines: the result, apart from the progress that the other reporters tell.

use std::io::Write;

use super::told::Told;
use super::{Reporter, wording};
use crate::catalogue::visible::{visible, visible_line};
use crate::run::event::{Event, Record, RunKind};

/// Writes the result of a run.
pub struct Ending<W> {
    to: W,
    kind: RunKind,
    told: Option<Told>,
}

impl<W: Write> Ending<W> {
    /// To `to`: standard output, so that a pipe gets the result alone.
    pub const fn new(to: W) -> Self {
        Self { to, kind: RunKind::Run, told: None }
    }

    /// Beside a reader that tells the progress: what that has said is not said again.
    #[must_use]
    pub fn brief(self) -> Self {
        Self { told: Some(Told::default()), ..self }
    }
}

impl<W: Write + Send> Reporter for Ending<W> {
    fn record(&mut self, record: &Record) {
        if let Event::RunStarted { kind, .. } = &record.event {
            self.kind = *kind;
        }
        if let Some(told) = &mut self.told {
            told.hear(&record.event);
        }
        let Event::RunEnded { outcome, millis, summary, next } = &record.event else { return };
        let took = wording::millis(*millis);
        let summary = self.told.as_ref().map_or_else(|| summary.clone(), |told| told.summary(summary));
        let (mark, summary) = (wording::run_mark(*outcome), visible_line(&summary));
        // A reader that went away is its own business.
        let _ = match self.kind {
            RunKind::Verify => writeln!(self.to, "{mark} verification {} in {took}: {summary}", outcome.word()),
            RunKind::Run | RunKind::Undo => {
                writeln!(self.to, "{mark} run {} {} in {took}: {summary}", record.run, outcome.word())
            }
        };
        if let Some(next) = next {
            let _ = writeln!(self.to, "next: {}", visible(next));
        }
        let _ = self.to.flush();
    }
}
