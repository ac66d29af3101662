//! Diagnostics for programs: one JSON document.
//!
//! Offsets are bytes from 0, lines and columns count from 1, columns in characters; ends are exclusive.

use serde_json::{Value, json};

use crate::diagnostics::{Diagnostic, Level};
use crate::source::{Place, Sources};

pub fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    render_all(&[(sources, diagnostics)])
}

/// The findings of several compilations as one document.
pub fn render_all(sets: &[(&Sources, &[Diagnostic])]) -> String {
    let all = || sets.iter().flat_map(|(sources, found)| found.iter().map(move |one| (*sources, one)));
    let count = |level| all().filter(|(_, found)| found.level == level).count();
    let document = json!({
        "errors": count(Level::Error),
        "warnings": count(Level::Warning),
        "diagnostics": all().map(|(sources, found)| one(found, sources)).collect::<Vec<_>>(),
    });
    let mut text = serde_json::to_string_pretty(&document).expect("a JSON value has string keys only");
    text.push('\n');
    text
}

fn one(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let labels: Vec<_> = diagnostic
        .labels
        .iter()
        .map(|label| {
            let mut of = place(label.place, sources);
            of["text"] = json!(label.text);
            of["primary"] = json!(label.primary);
            of
        })
        .collect();
    let fix = diagnostic.fix.as_ref().map(|fix| {
        let edits = fix.edits.iter().map(|(at, replacement)| {
            let mut of = place(*at, sources);
            of["replacement"] = json!(replacement);
            of
        });
        json!({ "title": fix.title, "edits": edits.collect::<Vec<_>>() })
    });
    json!({
        "code": diagnostic.code.number(),
        "level": level(diagnostic.level),
        "title": diagnostic.code.title(),
        "message": diagnostic.message,
        "labels": labels,
        "help": diagnostic.help,
        "fix": fix,
    })
}

fn place(place: Place, sources: &Sources) -> Value {
    let file = sources.get(place.file);
    let (line, column) = file.line_column(place.span.start);
    let (end_line, end_column) = file.line_column(place.span.end);
    json!({
        "file": file.path.display().to_string(),
        "start": place.span.start,
        "end": place.span.end,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    })
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Advice => "advice",
    }
}
