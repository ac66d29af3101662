//! Plain lines for pipes and CI: one per thing that happened, never redrawn, no colour.

use std::collections::HashMap;
use std::io::Write;

use super::told::Told;
use super::{Reporter, wording};
use crate::catalogue::error::Error;
use crate::catalogue::visible::visible_line;
use crate::run::event::{Event, NodeOutcome, Record, RunKind, Stream};

/// Lines of a child's output that are shown; all of it is in `rbk show`.
const SHOWN: usize = 20;

/// Of a command that failed, so many of its last lines: the very last one is often only half of a sentence.
const TAIL: usize = 5;

/// Writes plain lines.
pub struct Lines<W> {
    to: W,
    /// Whether beginnings and outputs of children are told too.
    verbose: bool,
    told: Told,
    /// By node: the last lines of what its latest command wrote, per stream.
    tails: HashMap<String, Vec<(Stream, Vec<String>)>>,
}

impl<W: Write> Lines<W> {
    /// To `to`.
    pub fn new(to: W) -> Self {
        Self { to, verbose: false, told: Told::default(), tails: HashMap::new() }
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

    fn keep_tail(&mut self, node: &str, stream: Stream, text: &str) {
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let tail = lines[lines.len().saturating_sub(TAIL)..].iter().map(|line| (*line).to_owned()).collect();
        let tails = self.tails.entry(node.to_owned()).or_default();
        tails.retain(|(of, _)| *of != stream);
        tails.push((stream, tail));
    }

    /// The last lines of the command that `error` tells of, where they say more than it does.
    fn tail(&self, node: &str, error: &Error) -> Vec<String> {
        let told = |tail: &&(Stream, Vec<String>)| match &tail.1[..] {
            [_, .., last] => error.what.ends_with(last.trim_end()),
            _ => false,
        };
        let Some((stream, lines)) = self.tails.get(node).into_iter().flatten().find(told) else { return Vec::new() };
        lines.iter().map(|line| format!("{}| {line}", name(*stream))).collect()
    }

    fn detail(&mut self, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            self.say(&format!("    {line}"));
        }
    }
}

const fn name(stream: Stream) -> &'static str {
    match stream {
        Stream::Stdout => "out",
        Stream::Stderr => "err",
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
            Event::Output { node, stream, text, .. } if !self.verbose => self.keep_tail(node, *stream, text),
            Event::Output { node, stream, text, .. } => {
                let stream = name(*stream);
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
                if let Some(error) = error {
                    let tail = self.tail(node, error);
                    let mut lines = self.told.error(node, error);
                    let hint = lines.iter().position(|line| line.starts_with('→')).unwrap_or(lines.len());
                    lines.splice(hint..hint, tail);
                    self.detail(lines);
                }
                self.tails.remove(node);
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
