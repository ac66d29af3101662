//! Diagnostics as workflow commands, one line each, which GitHub shows beside the changed lines.
//!
//! Escapes as the runner's toolkit does: `%`, `\r`, `\n` in data, `:` and `,` in properties as well.

use std::fmt::Write;

use crate::diagnostics::{Diagnostic, Level};
use crate::source::Sources;

pub fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut text = String::new();
    for found in diagnostics {
        let file = sources.get(found.place().file);
        let (line, column) = file.line_column(found.span().start);
        let (end_line, end_column) = file.line_column(found.span().end);
        let command = match found.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Advice => "notice",
        };
        let mut message = found.message.clone();
        let label = &found.labels[0].text;
        for part in [Some(label), found.help.as_ref()].into_iter().flatten().filter(|part| !part.is_empty()) {
            message.push('\n');
            message.push_str(part);
        }
        let path = property(&file.path.display().to_string());
        let title = property(&format!("{}: {}", found.code, found.code.title()));
        // Columns are only understood within one line.
        let columns = if line == end_line { format!(",col={column},endColumn={end_column}") } else { String::new() };
        let _ = writeln!(
            text,
            "::{command} file={path},line={line},endLine={end_line}{columns},title={title}::{}",
            data(&message)
        );
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
