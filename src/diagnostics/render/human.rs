//! Diagnostics for people: message, excerpt with labels, help; a summary at the end.

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode, ThemeCharacters};

use super::excerpt::{Excerpt, clean, excerpt};
use crate::diagnostics::{Diagnostic, Level};
use crate::source::Sources;

/// More are counted, not printed: the first ones are what a person mends first.
const MOST: usize = 50;
/// Narrower terminals get this width: miette needs room for its gutter.
const NARROWEST: usize = 40;

pub fn render(diagnostics: &[Diagnostic], sources: &Sources, color: bool, width: usize, ascii: bool) -> String {
    let mut theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    if ascii {
        theme.characters = ThemeCharacters::ascii();
    }
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .without_syntax_highlighting()
        .with_width(width.max(NARROWEST));
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(MOST) {
        let drawn = Drawn::new(diagnostic, sources);
        if handler.render_report(&mut text, &drawn).is_err() {
            text.push_str(&plain(diagnostic, sources));
        }
        text.push('\n');
    }
    text.push_str(&summary(diagnostics));
    text
}

/// `2 errors and 1 warning; …` with one hint how to read more.
fn summary(diagnostics: &[Diagnostic]) -> String {
    let Some(first) = diagnostics.iter().min_by_key(|found| std::cmp::Reverse(found.level)) else {
        return String::new();
    };
    let count = |level| diagnostics.iter().filter(|found| found.level == level).count();
    let parts: Vec<_> = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Advice, "hint")]
        .into_iter()
        .filter_map(|(level, word)| match count(level) {
            0 => None,
            1 => Some(format!("1 {word}")),
            many => Some(format!("{many} {word}s")),
        })
        .collect();
    let shown = if diagnostics.len() > MOST { format!(" (the first {MOST} are shown)") } else { String::new() };
    let fixes = diagnostics.iter().filter(|found| found.fix.is_some()).count();
    let fix = if fixes > 0 { format!(", `rbk check --fix` can mend {fixes}") } else { String::new() };
    format!("{}{shown}; `rbk explain {}` says more{fix}\n", parts.join(" and "), first.code)
}

/// One line, should drawing fail.
fn plain(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let place = sources.locate(diagnostic.place());
    format!("{place}: {}: {}\n", diagnostic.code, clean(&diagnostic.message))
}

/// A diagnostic in the form that miette draws.
struct Drawn<'a> {
    diagnostic: &'a Diagnostic,
    excerpt: Excerpt,
    help: Option<String>,
}

impl<'a> Drawn<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &Sources) -> Self {
        let file = diagnostic.place().file;
        let (here, elsewhere): (Vec<_>, Vec<_>) = diagnostic.labels.iter().partition(|label| label.place.file == file);
        let mut help: Vec<String> = diagnostic.help.iter().map(|help| clean(help)).collect();
        // An excerpt is of one file; places in others are named.
        help.extend(elsewhere.iter().map(|label| format!("{}: {}", sources.locate(label.place), clean(&label.text))));
        let help = (!help.is_empty()).then(|| help.join("\n"));
        Self { diagnostic, excerpt: excerpt(sources.get(file), &here), help }
    }
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&clean(&self.diagnostic.message))
    }
}

impl fmt::Debug for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.diagnostic, f)
    }
}

impl std::error::Error for Drawn<'_> {}

impl miette::Diagnostic for Drawn<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.diagnostic.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Advice => Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.excerpt.labels.iter().cloned()))
    }
}
