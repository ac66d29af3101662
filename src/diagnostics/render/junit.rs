//! Diagnostics as XML in the form of `JUnit`, which CI services show as tests: a suite per file, a failed case per error.
//!
//! A file without mistakes is one case that passed; a warning is a case that passed and says so.

use std::fmt::Write;

use crate::diagnostics::{Diagnostic, Level};
use crate::source::Sources;

/// The findings of several compilations as one document.
pub fn render_all(sets: &[(&Sources, &[Diagnostic])]) -> String {
    let mut suites = String::new();
    let mut total = [0_usize; 2];
    for (sources, found) in sets {
        let Some((_, file)) = sources.iter().next() else { continue };
        let name = escaped(&file.path.display().to_string());
        let tests = found.len().max(1);
        let failures = found.iter().filter(|one| one.level == Level::Error).count();
        total = [total[0] + tests, total[1] + failures];
        let _ =
            writeln!(suites, "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">");
        if found.is_empty() {
            let _ = writeln!(suites, "    <testcase classname=\"{name}\" name=\"no mistakes\"/>");
        }
        found.iter().for_each(|one| case(one, sources, &mut suites));
        suites.push_str("  </testsuite>\n");
    }
    let [tests, failures] = total;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"rbk check\" tests=\"{tests}\" \
         failures=\"{failures}\" errors=\"0\">\n{suites}</testsuites>\n"
    )
}

fn case(found: &Diagnostic, sources: &Sources, text: &mut String) {
    let file = escaped(&sources.get(found.place().file).path.display().to_string());
    let place = sources.locate(found.place());
    let (line, column) = sources.get(found.place().file).line_column(found.span().start);
    let name = escaped(&format!("{}: {} ({line}:{column})", found.code, found.code.title()));
    let mut body = format!("{place}: {}", found.message);
    for label in found.labels.iter().filter(|label| !label.text.is_empty()) {
        let _ = write!(body, "\n{}: {}", sources.locate(label.place), label.text);
    }
    found.help.iter().for_each(|help| body.push_str(&format!("\nhelp: {help}")));
    let (message, body) = (escaped(&found.message), escaped(&body));
    let _ = writeln!(text, "    <testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" line=\"{line}\">");
    let _ = if found.level == Level::Error {
        writeln!(text, "      <failure type=\"{}\" message=\"{message}\">{body}</failure>", found.code)
    } else {
        writeln!(text, "      <system-out>{body}</system-out>")
    };
    text.push_str("    </testcase>\n");
}

/// As text or a quoted attribute; what XML 1.0 cannot hold at all becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push('\t'),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
    out
}
