//! Plain lines for pipes and CI: one per thing that happened, never redrawn, no colour.

use std::io::Write;

use super::told::Told;
use super::{Reporter, wording};
use crate::catalogue::visible::visible_line;
use crate::run::event::{Event, NodeOutcome, Record, RunKind, Stream};

/// Lines of a child's output that are shown; all of it is in `rbk show`.
const SHOWN: usize = 20;

/// Writes plain lines.
pub struct Lines<W> {
    to: W,
    /// Whether beginnings and outputs of children are told too.
    verbose: bool,
    told: Told,
}

impl<W: Write> Lines<W> {
    /// To `to`.
    pub fn new(to: W) -> Self {
        Self { to, verbose: false, told: Told::default() }
    }

    /// With beginnings and outputs.
    #[must_use]
    pub fn verbose(mut self, verbose: bool) -> Self {
        self.verbose = verbose;
        self
    }

    fn say(&mut self, text: &str) {
        // What a child wrote must not move the cursor or change a terminal.
        let _ = writeln!(self.to, "{}", visible_line(text));
    }

    fn detail(&mut self, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            self.say(&format!("    {line}"));
        }
    }
}

impl Lines<Vec<u8>> {
    /// What was written since the last call.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.to)
    }
}

impl<W: Write + Send> Reporter for Lines<W> {
    fn record(&mut self, record: &Record) {
        self.told.hear(&record.event);
        match &record.event {
            Event::RunStarted { kind, policy, phases, target, nodes, of } => {
                let what = match (kind, of) {
                    (RunKind::Undo, Some(of)) => format!("undo of run {of}"),
                    _ if phases.is_empty() => policy.clone(),
                    _ => format!("{policy} › {}", phases.join(", ")),
                };
                // A verification is not kept, so its id is nobody's business.
                self.say(&match kind {
                    RunKind::Verify => format!("verify {what}"),
                    RunKind::Run | RunKind::Undo => format!("run {}: {what}", record.run),
                });
                let nodes = match nodes.len() {
                    1 => "1 node".to_owned(),
                    count => format!("{count} nodes"),
                };
                self.say(&format!("  {} · {nodes}", wording::target(target)));
            }
            Event::NodeStarted { node, .. } if self.verbose => self.say(&format!("· {node} …")),
            Event::CallStarted { node, text, .. } if self.verbose => self.say(&format!("· {node}: {text}")),
            Event::Output { node, stream, text, .. } if self.verbose => {
                let stream = if *stream == Stream::Stdout { "out" } else { "err" };
                let all = text.lines().count();
                for line in text.lines().take(SHOWN) {
                    self.say(&format!("  {node} {stream}| {line}"));
                }
                if all > SHOWN {
                    self.say(&format!("  {node} {stream}| … {} more lines: rbk show {}", all - SHOWN, record.run));
                }
            }
            Event::NodeEnded { node, outcome, error, millis } => {
                if *outcome == NodeOutcome::Skipped && !self.verbose {
                    return;
                }
                let took = if *outcome == NodeOutcome::Skipped {
                    String::new()
                } else {
                    format!(" {}", wording::millis(*millis))
                };
                self.say(&format!("{} {node} {}{took}", wording::mark(*outcome), outcome.word()));
                let lines: Vec<String> = error.iter().flat_map(|error| self.told.error(node, error)).collect();
                self.detail(lines);
            }
            // The result is told by `ending`.
            Event::RunEnded { .. } => {}
            event => {
                if let Some((node, text)) = wording::news(event) {
                    let node = node.map_or_else(String::new, |node| format!("{node}: "));
                    self.say(&format!("· {node}{text}"));
                }
            }
        }
    }

    fn end(&mut self) {
        let _ = self.to.flush();
    }
}
