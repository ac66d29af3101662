//! Replaces what differs from run to run by placeholders, so that outputs can be written down and compared.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// A point in time: RFC 3339, or `2026-01-31 12:00:00`.
pub const TIME: &str = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?";
/// The id of a run (`20260131-120000-1f2e`), or of a plan (a UUID).
pub const RUN: &str = r"\b(?:\d{8}-\d{6}-[0-9a-f]{4}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b";
/// How long something took: `80µs`, `12ms`, `1.39s`, `2 s`, `1m30s`.
pub const TOOK: &str = r"(?:\d+(?:\.\d+)? ?(?:µs|ms|s)|\d+[dhm](?:\d+[hms])?)\b";

static TIMES: LazyLock<Regex> = LazyLock::new(|| Regex::new(TIME).expect("the pattern is well formed"));
static RUNS: LazyLock<Regex> = LazyLock::new(|| Regex::new(RUN).expect("the pattern is well formed"));
static TOOKS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!(r"\b{TOOK}")).expect("the pattern is well formed"));

/// The names of one sandbox.
#[derive(Clone, Debug)]
pub struct Redactor {
    /// Text and placeholder, the longest text first.
    fixed: Vec<(String, &'static str)>,
}

impl Redactor {
    /// Names of the project's folder and of the home.
    pub fn new(root: &Path, home: &Path) -> Self {
        let mut fixed = vec![(root.display().to_string(), "[ROOT]"), (home.display().to_string(), "[HOME]")];
        fixed.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        Self { fixed }
    }

    /// Replaces `text` by `placeholder` as well.
    pub fn also(&mut self, text: impl Into<String>, placeholder: &'static str) {
        self.fixed.push((text.into(), placeholder));
        self.fixed.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    }

    /// With the sandbox's own names replaced.
    pub fn names(&self, text: &str) -> String {
        self.fixed.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    /// With ids and points in time replaced as well.
    pub fn steady(&self, text: &str) -> String {
        let text = self.names(text);
        let text = RUNS.replace_all(&text, "[RUN]");
        TIMES.replace_all(&text, "[TIME]").into_owned()
    }

    /// With durations replaced as well.
    pub fn all(&self, text: &str) -> String {
        TOOKS.replace_all(&self.steady(text), "[TOOK]").into_owned()
    }
}

/// The last id of a run in `text`.
pub fn last_run(text: &str) -> Option<&str> {
    RUNS.find_iter(text).last().map(|found| found.as_str())
}
