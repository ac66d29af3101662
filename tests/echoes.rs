//! One mistake in a policy hides nothing else of it, and is not followed by reports that only echo it.

use rbk::check::check;
use rbk::diagnostics::{Level, Report};
use rbk::source::{SourceFile, Sources};
use rbk::syntax::parse;

use crate::support::{project, text_of};

/// The errors of a text: how many the parser found, and those of the checker.
fn errors(text: &str) -> (usize, Vec<String>) {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::new("test.rbk", text));
    let mut report = Report::default();
    let tree = parse(id, sources.get(id), &mut report);
    let parsed: Vec<_> = report.diagnostics.iter().map(|found| found.message.clone()).collect();
    let _ = check(&sources, &[(id, tree)], &rbk::catalogue(), &mut report);
    let errors = report.diagnostics.iter().filter(|found| found.level == Level::Error);
    (parsed.len(), errors.map(|found| found.message.clone()).filter(|found| !parsed.contains(found)).collect())
}

#[test]
fn a_letter_that_is_missing_has_few_echoes() {
    let text = text_of(&project().join("examples/atomos/atomos.rbk"));
    assert_eq!(errors(&text), (0, Vec::new()));
    let (mut broken, mut echoed) = (0, Vec::new());
    for (at, letter) in text.char_indices().step_by(3) {
        let mutant = format!("{}{}", &text[..at], &text[at + letter.len_utf8()..]);
        let (parsed, checked) = errors(&mutant);
        if parsed > 0 {
            broken += 1;
            if !checked.is_empty() {
                let line = text[..at].lines().count();
                echoed.push(format!("line {line} without {letter:?}: {checked:?}"));
            }
        }
    }
    assert!(broken > 60, "{broken}");
    assert!(echoed.len() * 100 <= broken * 4, "{} of {broken}:\n{}", echoed.len(), echoed.join("\n"));
}

#[test]
fn every_mistake_is_found_although_each_statement_of_the_file_is_damaged_in_turn() {
    let text = text_of(&project().join("examples/atomos/atomos.rbk"));
    // A mistake of its own in a phase, and a statement that cannot be read before, beside or behind it.
    let marked = text.replacen("file.remove(", "file.remov(", 1);
    assert_ne!(text, marked);
    let wanted = "`file` has no `remov`";
    let lines: Vec<&str> = marked.lines().collect();
    let mut tried = 0;
    for (number, line) in lines.iter().enumerate() {
        let inside = line.starts_with("  ")
            && !line.contains("remov")
            && !line.contains('#')
            && !line.trim_end().ends_with(['{', ',', '[']);
        if !inside || line.trim().starts_with(['}', ']', '#', '"']) {
            continue;
        }
        let mut broken: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        broken[number] = format!("{line} = = 5");
        let (parsed, checked) = errors(&broken.join("\n"));
        tried += 1;
        assert!(parsed > 0, "{}", broken[number]);
        assert!(checked.iter().any(|found| found == wanted), "{}: {checked:?}", broken[number]);
    }
    assert!(tried > 10, "{tried}");
}
