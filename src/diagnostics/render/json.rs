//! Diagnostics for programs: one JSON document.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostics::{self, Diagnostic};
use crate::source::{Place, Sources};

/// What `rbk check --format json` prints. Offsets are bytes from 0, lines and columns count from 1, columns in characters; ends are
/// exclusive.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    /// How many of the diagnostics are errors.
    errors: usize,
    /// How many are warnings.
    warnings: usize,
    /// In the order of the files, then of the text.
    diagnostics: Vec<Finding>,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
struct Finding {
    /// Stable, such as `E0202`; `rbk explain` has its page.
    code: String,
    /// How grave.
    level: Level,
    /// What the code stands for.
    title: String,
    /// What is wrong here.
    message: String,
    /// Where; the primary one first.
    labels: Vec<Label>,
    /// What to write instead.
    help: Option<String>,
    /// An edit that does so.
    fix: Option<Fix>,
}

/// How grave a finding is: an error fails the check.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    Error,
    Warning,
    Advice,
}

/// A place with a short text beside it.
#[derive(Debug, Serialize, JsonSchema)]
struct Label {
    #[serde(flatten)]
    at: Range,
    /// What to say beside it; may be empty.
    text: String,
    /// Whether the finding is about this place.
    primary: bool,
}

/// A mechanical edit.
#[derive(Debug, Serialize, JsonSchema)]
struct Fix {
    /// What it does.
    title: String,
    /// Replacements, which do not overlap.
    edits: Vec<Edit>,
}

/// A replacement.
#[derive(Debug, Serialize, JsonSchema)]
struct Edit {
    #[serde(flatten)]
    at: Range,
    /// What to write there.
    replacement: String,
}

/// A range of a file.
#[derive(Debug, Serialize, JsonSchema)]
struct Range {
    /// The path as it was given.
    file: String,
    start: u32,
    end: u32,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

pub fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    render_all(&[(sources, diagnostics)])
}

/// The findings of several compilations as one document.
pub fn render_all(sets: &[(&Sources, &[Diagnostic])]) -> String {
    let all = || sets.iter().flat_map(|(sources, found)| found.iter().map(move |one| (*sources, one)));
    let count = |level| all().filter(|(_, found)| found.level == level).count();
    let document = Document {
        errors: count(diagnostics::Level::Error),
        warnings: count(diagnostics::Level::Warning),
        diagnostics: all().map(|(sources, found)| one(found, sources)).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).expect("it is plain data");
    text.push('\n');
    text
}

fn one(diagnostic: &Diagnostic, sources: &Sources) -> Finding {
    let label = |label: &diagnostics::Label| Label {
        at: range(label.place, sources),
        text: label.text.clone(),
        primary: label.primary,
    };
    let fix = diagnostic.fix.as_ref().map(|fix| {
        let edit =
            |(at, replacement): &(Place, String)| Edit { at: range(*at, sources), replacement: replacement.clone() };
        Fix { title: fix.title.clone(), edits: fix.edits.iter().map(edit).collect() }
    });
    Finding {
        code: diagnostic.code.number().to_owned(),
        level: match diagnostic.level {
            diagnostics::Level::Error => Level::Error,
            diagnostics::Level::Warning => Level::Warning,
            diagnostics::Level::Advice => Level::Advice,
        },
        title: diagnostic.code.title().to_owned(),
        message: diagnostic.message.clone(),
        labels: diagnostic.labels.iter().map(label).collect(),
        help: diagnostic.help.clone(),
        fix,
    }
}

fn range(place: Place, sources: &Sources) -> Range {
    let file = sources.get(place.file);
    let (line, column) = file.line_column(place.span.start);
    let (end_line, end_column) = file.line_column(place.span.end);
    Range {
        file: file.path.display().to_string(),
        start: place.span.start,
        end: place.span.end,
        line,
        column,
        end_line,
        end_column,
    }
}
