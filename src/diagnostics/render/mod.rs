//! Diagnostics as text: for people, for programs, for a pull request.
//!
//! Owns the choice of form; each form has a file. It must not write anywhere: the caller has the stream.

mod excerpt;
mod github;
mod human;
pub mod json;
mod junit;
mod sarif;

use super::Diagnostic;
use crate::source::Sources;

/// The forms of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// With excerpts of the source, drawn in unicode.
    Human,
    /// The same, drawn with ASCII only.
    HumanAscii,
    /// One JSON document.
    Json,
    /// Workflow commands of GitHub Actions, which annotate a pull request.
    Github,
    /// A SARIF 2.1.0 log.
    Sarif,
    /// XML in the form of `JUnit`.
    Junit,
}

/// Diagnostics in one text, in the order given. `color` and `width` (columns) matter to people only.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, format: Format, color: bool, width: usize) -> String {
    match format {
        Format::Human => human::render(diagnostics, sources, color, width, false),
        Format::HumanAscii => human::render(diagnostics, sources, color, width, true),
        Format::Json => json::render(diagnostics, sources),
        Format::Github => github::render(diagnostics, sources),
        Format::Sarif => sarif::render_all(&[(sources, diagnostics)]),
        Format::Junit => junit::render_all(&[(sources, diagnostics)]),
    }
}

/// Several compilations in one text: one document for programs, one list for people.
#[must_use]
pub fn render_all(sets: &[(&Sources, &[Diagnostic])], format: Format, color: bool, width: usize) -> String {
    match format {
        Format::Json => json::render_all(sets),
        Format::Sarif => sarif::render_all(sets),
        Format::Junit => junit::render_all(sets),
        _ => sets.iter().map(|(sources, found)| render(found, sources, format, color, width)).collect(),
    }
}

#[cfg(test)]
mod tests;
