//! What is wrong with a policy, said so that its author can mend it.
//!
//! Owns the [`Diagnostic`] and the table of codes. It must not decide anything: stages report, this renders.

pub mod codes;
pub mod levels;
pub mod render;
pub mod suggest;

use crate::source::{Place, Span};

pub use codes::Code;

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing; never fails anything.
    Advice,
    /// Fails under `--deny warnings`.
    Warning,
    /// The policy is not compiled any further.
    Error,
}

/// A place with a short text beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// What to underline.
    pub place: Place,
    /// A lower-case fragment; may be empty.
    pub text: String,
    /// The place the diagnostic is about; exactly one label of a diagnostic is primary.
    pub primary: bool,
}

/// A mechanical edit that mends the diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the edit does, in the imperative.
    pub title: String,
    /// Replacements, which do not overlap.
    pub edits: Vec<(Place, String)>,
}

/// One finding: message (what), labels (where), help (what to write instead).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code with a page of its own.
    pub code: Code,
    /// How grave.
    pub level: Level,
    /// A lower-case fragment without a final period.
    pub message: String,
    /// Where, the primary one first.
    pub labels: Vec<Label>,
    /// What to write instead.
    pub help: Option<String>,
    /// An edit that does so.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A diagnostic of `code` at `place`, at the level that the code table gives.
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self {
            code,
            level: code.level(),
            message: message.into(),
            labels: vec![Label { place, text: String::new(), primary: true }],
            help: None,
            fix: None,
        }
    }

    /// The text beside the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.labels[0].text = text.into();
        self
    }

    /// A further place.
    #[must_use]
    pub fn also(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label { place, text: text.into(), primary: false });
        self
    }

    /// What to write instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// A mechanical edit.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, place: Place, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { title: title.into(), edits: vec![(place, replacement.into())] });
        self
    }

    /// Sets the text beside the primary place of one that was reported already.
    pub fn set_label(&mut self, text: impl Into<String>) -> &mut Self {
        self.labels[0].text = text.into();
        self
    }

    /// Sets the help of one that was reported already.
    pub fn set_help(&mut self, text: impl Into<String>) -> &mut Self {
        self.help = Some(text.into());
        self
    }

    /// Adds a further place to one that was reported already.
    pub fn add_place(&mut self, place: Place, text: impl Into<String>) -> &mut Self {
        self.labels.push(Label { place, text: text.into(), primary: false });
        self
    }

    /// The primary place.
    #[must_use]
    pub fn place(&self) -> Place {
        self.labels[0].place
    }

    /// The primary span.
    #[must_use]
    pub fn span(&self) -> Span {
        self.place().span
    }
}

/// Where the stages report to: every diagnostic of a compilation, in the order found.
#[derive(Debug, Default)]
pub struct Report {
    /// All findings.
    pub diagnostics: Vec<Diagnostic>,
    /// What the policy says of advice.
    pub levels: levels::Levels,
}

impl Report {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether any finding is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.level == Level::Error)
    }

    /// Orders by file and offset and drops exact repetitions.
    pub fn sort(&mut self) {
        self.diagnostics.sort_by_key(|a| (a.place(), a.code));
        self.diagnostics.dedup();
    }
}
