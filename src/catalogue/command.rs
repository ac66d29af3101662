//! Commands as units ask for them; `run::process` is what starts them.

use std::path::PathBuf;
use std::time::Duration;

use super::cancel::Cancel;
use super::error::Result;

/// The hidden verb of the process that ends what a killed rbk owned: a part of rbk, which no unit may mean.
pub const GUARD_VERB: &str = "__guard";

/// A program to run directly, without a shell.
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Where; the root when absent.
    pub cwd: Option<PathBuf>,
    /// Added to (or, with `None`, removed from) the environment. Secrets travel here or by `stdin`, never by argv.
    pub env: Vec<(String, Option<String>)>,
    /// Fed to standard input; absent means `/dev/null`.
    pub stdin: Option<Vec<u8>>,
    /// The user to run as.
    pub user: Option<String>,
}

impl Command {
    /// As messages name it: one line as a shell would take it, shortened, in backticks.
    #[must_use]
    pub fn shown(&self) -> String {
        let words = self.argv.iter().map(String::as_str);
        let line = shlex::Quoter::new().allow_nul(true).join(words).unwrap_or_default();
        let line: String = line.chars().map(|c| if c.is_control() { '·' } else { c }).collect();
        if line.chars().count() > 100 {
            format!("`{}…`", line.chars().take(99).collect::<String>())
        } else {
            format!("`{line}`")
        }
    }
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The exit code; 128 + signal where a signal ended it.
    pub exit: i32,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it wrote, at most [`Output::KEPT`] bytes from the start and as many from the end.
    pub stdout: Output,
    /// As `stdout`.
    pub stderr: Output,
    /// How long it ran.
    pub took: Duration,
}

/// What a child wrote to one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The start, or all of it when nothing was dropped.
    pub head: Vec<u8>,
    /// The end, where something between was dropped.
    pub tail: Vec<u8>,
    /// Bytes in all.
    pub total: u64,
}

impl Output {
    /// Bytes kept of each end.
    pub const KEPT: usize = 512 * 1024;

    /// Whether something was dropped.
    #[must_use]
    pub const fn truncated(&self) -> bool {
        self.total > (self.head.len() + self.tail.len()) as u64
    }

    /// As text. What was dropped is said in its place; bytes that are no UTF-8 become `U+FFFD`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.head).into_owned();
        if self.truncated() {
            let dropped = self.total - (self.head.len() + self.tail.len()) as u64;
            text = format!("{text}\n[… {dropped} bytes dropped …]\n");
        }
        text.push_str(&String::from_utf8_lossy(&self.tail));
        text
    }

    /// The last line that is not blank, shortened: what a reader of a failure wants first.
    #[must_use]
    pub fn last_line(&self) -> Option<String> {
        let end = if self.tail.is_empty() { &self.head } else { &self.tail };
        let end = String::from_utf8_lossy(&end[end.len().saturating_sub(4096)..]).into_owned();
        let line = end.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
        Some(line.chars().map(|c| if c.is_control() { '·' } else { c }).take(300).collect())
    }
}

/// Starts programs. Every child is in a process group of its own that is ended as a whole, detached ones excepted.
pub trait Spawn: Send + Sync {
    /// Runs to the end, or until `cancel` ends: then SIGTERM to the group, after a grace SIGKILL.
    fn run(&self, command: &Command, cancel: &Cancel) -> Result<Finished>;

    /// As [`Spawn::run`], for an answer that only the caller reads: nobody else keeps what it writes.
    fn ask(&self, command: &Command, cancel: &Cancel) -> Result<Finished> {
        self.run(command, cancel)
    }

    /// From now on it starts programs for this run, by which they are found should it be killed.
    fn belong_to(&self, _run: &str) {}

    /// Starts in a session of its own, output appended to `log`, and returns its pid. It outlives rbk.
    fn start_detached(&self, command: &Command, log: Option<&std::path::Path>) -> Result<u32>;
}
