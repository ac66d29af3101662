//! The live view of a terminal: what ended scrolls by above, what runs stands below with its clock.
//!
//! It is drawn some times a second, however many events there are.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Reporter;
use super::lines::Lines;
use crate::catalogue::visible::visible_line;
use crate::run::event::{Event, Record};

/// Redraws a second, at most.
const RATE: u8 = 10;

/// Rows for what runs; more are counted.
const ROWS: usize = 12;

/// A step that ends sooner never gets a row.
const LINGER: Duration = Duration::from_millis(150);

/// Draws on standard error.
pub struct Terminal {
    screen: MultiProgress,
    total: ProgressBar,
    rows: HashMap<String, ProgressBar>,
    running: HashMap<String, Running>,
    critical: Vec<String>,
    lines: Lines<Vec<u8>>,
    colour: bool,
}

struct Running {
    since: Instant,
    /// What it does now.
    now: String,
}

impl Terminal {
    /// With `colour`, or without; with `verbose`, also what children write.
    #[must_use]
    pub fn new(colour: bool, verbose: bool) -> Self {
        Self::on(ProgressDrawTarget::stderr_with_hz(RATE), colour, verbose)
    }

    pub(super) fn on(target: ProgressDrawTarget, colour: bool, verbose: bool) -> Self {
        let screen = MultiProgress::with_draw_target(target);
        let total = screen.add(ProgressBar::no_length());
        total.set_style(style("{pos}/{len} {wide_msg} {elapsed}"));
        Self {
            screen,
            total,
            rows: HashMap::new(),
            running: HashMap::new(),
            critical: Vec::new(),
            lines: Lines::new(Vec::new()).verbose(verbose),
            colour,
        }
    }

    /// Gives a row to those that have run long enough, as far as there is room.
    fn rows(&mut self) {
        let critical = &self.critical;
        let mut due: Vec<(&String, &Running)> =
            self.running.iter().filter(|(_, running)| running.since.elapsed() >= LINGER).collect();
        due.sort_by_key(|(key, running)| (!critical.contains(*key), running.since));
        let hidden = due.len().saturating_sub(ROWS);
        due.truncate(ROWS);
        for (key, running) in due {
            let row = self.rows.entry(key.clone()).or_insert_with(|| {
                let row = self.screen.insert_before(&self.total, ProgressBar::new_spinner());
                row.set_style(style("{prefix} {wide_msg} {elapsed}"));
                // The clock of a row starts with its node, not with its drawing.
                row.with_elapsed(running.since.elapsed())
            });
            let sign = if critical.contains(key) { "▶" } else { " " };
            row.set_prefix(format!("{sign} {key}"));
            row.set_message(visible_line(&running.now).into_owned());
            row.tick();
        }
        self.total.set_message(if hidden == 0 { String::new() } else { format!("and {hidden} more running") });
        self.total.tick();
    }

    fn drop_row(&mut self, key: &str) {
        self.running.remove(key);
        if let Some(row) = self.rows.remove(key) {
            row.finish_and_clear();
            self.screen.remove(&row);
        }
    }

    /// What the plain lines say of it, above the rows.
    fn say(&mut self, record: &Record) {
        self.lines.record(record);
        let text = String::from_utf8_lossy(&self.lines.take()).into_owned();
        for line in text.lines() {
            let line = if self.colour { coloured(line) } else { line.to_owned() };
            let _ = self.screen.println(line);
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates of this file are well-formed")
}

/// Green where it is good, yellow where a person should look, red where it is not.
fn coloured(line: &str) -> String {
    use anstyle::{AnsiColor, Style};
    let paint = |colour: AnsiColor| {
        let style = Style::new().fg_color(Some(colour.into()));
        format!("{style}{line}{style:#}")
    };
    match line.chars().next() {
        Some('✓') => paint(AnsiColor::Green),
        Some('✗') => paint(AnsiColor::Red),
        Some('!' | '↺' | '?') => paint(AnsiColor::Yellow),
        _ => line.to_owned(),
    }
}

impl Reporter for Terminal {
    fn record(&mut self, record: &Record) {
        match &record.event {
            Event::RunStarted { nodes, .. } => {
                self.total.set_length(nodes.len() as u64);
                self.critical = nodes.iter().filter(|node| node.critical).map(|node| node.key.clone()).collect();
            }
            Event::NodeStarted { node, .. } => {
                let running = Running { since: Instant::now(), now: String::new() };
                self.running.insert(node.clone(), running);
            }
            Event::CallStarted { node, text, .. } => self.now(node, text.clone()),
            Event::Round { node, holds, of, .. } => self.now(node, format!("{holds} of {of} hold")),
            Event::Retrying { node, attempt, .. } => self.now(node, format!("attempt {attempt}")),
            Event::TakingBack { node, .. } => {
                let running = Running { since: Instant::now(), now: "being taken back".to_owned() };
                self.running.insert(node.clone(), running);
            }
            Event::TakenBack { node, .. } | Event::NotUndone { node, .. } => self.drop_row(node),
            Event::NodeEnded { node, .. } => {
                self.drop_row(node);
                // Inner steps have a slash in their key and are not counted.
                if !node.contains('/') {
                    self.total.inc(1);
                }
            }
            Event::RunEnded { .. } => {
                let keys: Vec<String> = self.rows.keys().cloned().collect();
                for key in &keys {
                    self.drop_row(key);
                }
                self.total.finish_and_clear();
            }
            _ => {}
        }
        self.say(record);
    }

    fn tick(&mut self) {
        self.rows();
    }

    fn end(&mut self) {
        let _ = self.screen.clear();
    }
}

impl Terminal {
    fn now(&mut self, node: &str, what: String) {
        if let Some(running) = self.running.get_mut(node) {
            running.now = what;
        }
    }
}
