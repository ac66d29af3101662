//! `rbk show RUN`: the whole story of a run, from its journal.

use std::collections::HashMap;
use std::fmt::Write;

use super::told::Told;
use super::{list, wording};
use crate::catalogue::error::Result;
use crate::catalogue::unit::Capture;
use crate::catalogue::visible::visible;
use crate::run::event::{Event, NodeOutcome, Record, RunKind, Stream};
use crate::run::journal;
use crate::store::lock::Holder;
use crate::store::{RunRow, Store};

/// Gives every record of a run to `each`, in order: for `--format json`.
pub fn records(store: &dyn Store, run: &RunRow, each: &mut dyn FnMut(&Record)) -> Result<()> {
    journal::read(store, run.no, &run.id, &mut |record| {
        each(&record);
        Ok(())
    })
}

/// What is told of a node.
#[derive(Default)]
struct Node {
    title: Option<String>,
    outcome: Option<NodeOutcome>,
    millis: u64,
    lines: Vec<String>,
    began: bool,
    /// The calls of this attempt so far, and those that the first one made: a call that is tried again is listed once.
    attempt: u32,
    calls: Vec<String>,
}

/// A story as it is put together.
#[derive(Default)]
struct Story {
    head: Vec<String>,
    nodes: Vec<(String, Node)>,
    index: HashMap<String, usize>,
    notes: Vec<String>,
    end: Vec<String>,
    told: Told,
}

/// The story as text; `holder`: who holds the lock of the state folder now.
pub fn story(store: &dyn Store, run: &RunRow, holder: Option<&Holder>) -> Result<String> {
    let mut story = Story::default();
    let standing = list::standing(run, holder);
    records(store, run, &mut |record| story.hear(&record.event))?;
    let mut text = format!("run {}  {standing}, started {}\n", run.id, run.started.strftime("%Y-%m-%d %H:%M:%SZ"));
    let mut say = |line: &str| {
        let _ = writeln!(text, "{}", visible(line));
    };
    for line in &story.head {
        say(line);
    }
    say("");
    let width = story.nodes.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    for (key, node) in &story.nodes {
        // Without an end, and nobody at work on it: cut short somewhere inside.
        let (mark, word) = match node.outcome {
            Some(outcome) => (wording::mark(outcome), outcome.word()),
            None if !node.began => ("·", if standing == "running" { "waits" } else { "not begun" }),
            None if standing == "running" => ("▶", "running"),
            // A handler, an undo or a repetition inside a run: its calls say how they went.
            None if run.outcome.is_some() => ("·", "ran"),
            None => ("?", "unknown: cut short"),
        };
        let word = if node.attempt > 1 { format!("{word}, {} attempts", node.attempt) } else { word.to_owned() };
        let took = if node.millis == 0 { String::new() } else { wording::millis(node.millis) };
        let title = node.title.as_ref().map_or_else(String::new, |title| format!("  {title}"));
        say(format!("{mark} {key:<width$}  {word:<10} {took:>6}{title}").trim_end());
        for line in &node.lines {
            say(&format!("    {line}"));
        }
    }
    if !story.notes.is_empty() {
        say("");
        for note in &story.notes {
            say(note);
        }
    }
    say("");
    for line in &story.end {
        say(line);
    }
    if standing == "interrupted" && run.outcome.is_none() {
        say("interrupted: it was cut short and wrote no end; what is unknown above may be half done");
        say(&format!("next: `rbk undo {}` takes back everything it did, also what was cut short", run.id));
    }
    Ok(text)
}

impl Story {
    fn node(&mut self, key: &str) -> &mut Node {
        let next = self.nodes.len();
        let index = *self.index.entry(key.to_owned()).or_insert(next);
        if index == next {
            self.nodes.push((key.to_owned(), Node::default()));
        }
        &mut self.nodes[index].1
    }

    fn hear(&mut self, event: &Event) {
        self.told.hear(event);
        match event {
            Event::RunStarted { kind, policy, phases, target, nodes, of } => {
                self.head.push(match (kind, of) {
                    (RunKind::Undo, Some(of)) => format!("undo of run {of} ({policy})"),
                    _ if phases.is_empty() => policy.clone(),
                    _ => format!("{policy} › {}", phases.join(", ")),
                });
                self.head.push(wording::target(target));
                for info in nodes {
                    self.node(&info.key).title.clone_from(&info.title);
                }
            }
            Event::NodeStarted { node, .. } => self.node(node).began = true,
            Event::CallStarted { node, text, capture, .. } => {
                let kept = kept(capture);
                let node = self.node(node);
                node.began = true;
                let line = format!("{text}{kept}");
                if node.attempt < 2 || !node.calls.contains(&line) {
                    node.lines.push(line.clone());
                    node.calls.push(line);
                }
            }
            Event::CallEnded { node, result: Err(error), .. } => {
                let node = self.node(node);
                for line in wording::error(error) {
                    // The same failure of every attempt stands there once.
                    if node.attempt < 2 || !node.lines.contains(&line) {
                        node.lines.push(line);
                    }
                }
            }
            Event::Output { node, stream, text, .. } => {
                let sign = if *stream == Stream::Stdout { "out" } else { "err" };
                let lines: Vec<String> = text.lines().map(|line| format!("{sign}| {line}")).collect();
                self.node(node).lines.extend(lines);
            }
            Event::Retrying { node: key, attempt, error, .. } => {
                let news = wording::news(event).map_or_else(String::new, |(_, text)| text);
                let node = self.node(key);
                node.attempt = *attempt;
                // What the call said stands there already.
                let known = error.what.lines().all(|line| node.lines.iter().any(|have| have == line));
                let short = known.then(|| news.strip_suffix(&format!(": {}", error.what)).map(str::to_owned)).flatten();
                node.lines.push(short.unwrap_or(news));
            }
            Event::NodeEnded { node, outcome, error, millis } => {
                let lines: Vec<String> = error.iter().flat_map(|error| self.told.error(node, error)).collect();
                let node = self.node(node);
                node.outcome = Some(*outcome);
                node.millis = *millis;
                // What a call said stands there already.
                for line in lines {
                    if !node.lines.contains(&line) {
                        node.lines.push(line);
                    }
                }
            }
            Event::TakenBack { node, error: None } => {
                let node = self.node(node);
                node.outcome = Some(NodeOutcome::TakenBack);
                node.lines.push("taken back".to_owned());
            }
            // In an undo it has no node of its own.
            Event::NotUndone { node, .. } if self.index.contains_key(node) => {
                let text = wording::news(event).map_or_else(String::new, |(_, text)| text);
                self.node(node).lines.push(text);
            }
            Event::DeadlineMissed { node: Some(node), .. } => {
                let text = wording::news(event).map_or_else(String::new, |(_, text)| text);
                self.node(node).lines.push(text);
            }
            Event::RunEnded { outcome, millis, summary, next } => {
                let took = wording::millis(*millis);
                let summary = self.told.summary(summary);
                self.end.push(format!("{} {} in {took}: {summary}", wording::run_mark(*outcome), outcome.word()));
                self.end.extend(next.iter().map(|next| format!("next: {next}")));
            }
            event => match wording::news(event) {
                Some((Some(key), text)) => self.node(key).lines.push(text),
                Some((None, text)) => self.notes.push(text),
                None => {}
            },
        }
    }
}

/// How much of the state before a call was kept.
fn kept(capture: &Capture) -> String {
    match capture {
        Capture::Nothing => String::new(),
        Capture::Files { states } | Capture::Data { states, .. } => match states.len() {
            0 => "  [state before kept]".to_owned(),
            1 => "  [1 path kept]".to_owned(),
            count => format!("  [{count} paths kept]"),
        },
    }
}
