//! What a finished program left, and the questions tests ask of it. Every failed answer shows all of the output.

use super::process::Ended;
use super::redact::Redactor;

/// A finished run of a program in a sandbox.
pub struct Ran {
    ended: Ended,
    redactor: Redactor,
}

impl Ran {
    /// What `ended` left, with `redactor` for what differs from run to run.
    pub fn new(ended: Ended, redactor: Redactor) -> Self {
        assert!(!ended.pipes_held, "{} ended, but something that it started still holds its pipes", ended.said);
        Self { ended, redactor }
    }

    /// The exit code; 128 + N for signal N.
    pub fn code(&self) -> i32 {
        self.ended.code()
    }

    /// Stdout as it came.
    pub fn stdout(&self) -> &str {
        &self.ended.stdout
    }

    /// Stderr as it came.
    pub fn stderr(&self) -> &str {
        &self.ended.stderr
    }

    /// Stdout with paths, ids, times and durations replaced by placeholders.
    pub fn redacted(&self) -> String {
        self.redactor.all(&self.ended.stdout)
    }

    /// Stdout as one JSON document.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.stdout()).unwrap_or_else(|error| self.fail(&format!("stdout is not JSON ({error})")))
    }

    /// Stdout as JSON, one document a line.
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        let parse = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| self.fail(&format!("not JSON ({error}): {line}")))
        };
        self.stdout().lines().map(parse).collect()
    }

    /// The exit code is `code`.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        self.insist(self.code() == code, &format!("expected exit code {code}"));
        self
    }

    /// Stdout contains `text`.
    #[track_caller]
    pub fn stdout_has(self, text: &str) -> Self {
        self.insist(self.stdout().contains(text), &format!("expected on stdout: {text}"));
        self
    }

    /// Stderr contains `text`.
    #[track_caller]
    pub fn stderr_has(self, text: &str) -> Self {
        self.insist(self.stderr().contains(text), &format!("expected on stderr: {text}"));
        self
    }

    /// One of both streams contains `text`.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        self.insist(self.stdout().contains(text) || self.stderr().contains(text), &format!("expected: {text}"));
        self
    }

    /// Neither stream contains `text`.
    #[track_caller]
    pub fn never_says(self, text: &str) -> Self {
        let said = self.stdout().contains(text) || self.stderr().contains(text);
        self.insist(!said, &format!("not expected: {text}"));
        self
    }

    /// Nothing on stdout.
    #[track_caller]
    pub fn stdout_is_empty(self) -> Self {
        self.insist(self.stdout().is_empty(), "expected nothing on stdout");
        self
    }

    /// Nothing on stderr.
    #[track_caller]
    pub fn stderr_is_empty(self) -> Self {
        self.insist(self.stderr().is_empty(), "expected nothing on stderr");
        self
    }

    /// Not ended by a signal, no panic, no back trace: what bad input must never cause.
    #[track_caller]
    pub fn does_not_crash(self) -> Self {
        let crashed =
            self.code() < 0 || self.code() > 130 || self.code() == 101 || self.stderr().contains("panicked at");
        self.insist(!crashed, "expected no crash");
        self
    }

    #[track_caller]
    fn insist(&self, holds: bool, what: &str) {
        if !holds {
            self.fail(what);
        }
    }

    #[track_caller]
    fn fail(&self, what: &str) -> ! {
        let Ended { said, stdout, stderr, .. } = &self.ended;
        panic!("{what}\n{said} exited with {}\n-- stdout\n{stdout}\n-- stderr\n{stderr}\n--", self.code());
    }
}
