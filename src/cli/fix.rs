//! `rbk check --fix`: the mechanical edits of what was found, applied as far as they mend and break nothing.
//!
//! INVARIANT: what it gives has no error that the text did not have before. Nothing is edited inside of an item whose brackets
//! or strings do not match: what is code there, and what text, is a guess.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use crate::catalogue::unit::Catalogue;
use crate::diagnostics::{Code, Diagnostic, Fix, Level};
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::syntax::words;

use super::load::{self, Compiled};

/// An edit can make room for another one at the same place; more rounds than this were never needed.
const ROUNDS: usize = 8;
/// Each costs a compilation.
const ONE_BY_ONE: usize = 100;

/// A text with what could be fixed.
#[derive(Debug)]
pub struct Fixed {
    /// The text.
    pub text: String,
    /// What was done, as `path:line:column: CODE title`, in the order of the text.
    pub done: Vec<String>,
}

/// `text` with its mechanical edits applied; `None` where none can be.
pub fn fix(path: &Path, text: &str, catalogue: &Catalogue) -> Option<Fixed> {
    let compile = |text: &str| {
        let mut sources = Sources::default();
        sources.add(SourceFile::new(path, text));
        load::compile_sources(sources, catalogue)
    };
    let first = compile(text);
    let known: HashSet<(Code, String)> = first.report.diagnostics.iter().map(identity).collect();
    let new = |found: &Diagnostic| found.level == Level::Error && !known.contains(&identity(found));
    let sound = |compiled: &Compiled| !compiled.report.diagnostics.iter().any(new);
    // One mistake can hide another on its line, which is mended next; where that does not end well, none may appear.
    let mendable =
        |compiled: &Compiled| compiled.report.diagnostics.iter().all(|found| !new(found) || found.fix.is_some());
    let (fixed, last) = Some(rounds(text, &compile, &mendable))
        .filter(|(_, last)| sound(last))
        .unwrap_or_else(|| rounds(text, &compile, &sound));
    let mistakes = |compiled: &Compiled| {
        let of_syntax = |found: &&Diagnostic| found.code.number().starts_with("E00");
        compiled.report.diagnostics.iter().filter(of_syntax).count()
    };
    (mistakes(&last) <= mistakes(&first) && fixed.text != text).then_some(fixed)
}

/// The items of the policy whose brackets or strings do not match, from their first line to that of the next item.
fn guessed(compiled: &Compiled) -> Vec<Span> {
    let Some((_, source)) = compiled.sources.iter().next() else { return Vec::new() };
    let end = source.text.len() as u32;
    let mut starts = vec![0];
    let mut at = 0;
    for line in source.text.split_inclusive('\n') {
        if words::ITEMS.contains(&line.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default()) {
            starts.push(at);
        }
        at += line.len() as u32;
    }
    let structural = [Code::UnclosedBracket, Code::StrayCloser, Code::UnclosedString, Code::TooDeep];
    let broken = compiled.report.diagnostics.iter().filter(|found| structural.contains(&found.code));
    let own = broken.filter(|found| found.place().file == FileId(0));
    own.filter_map(|found| {
        let first = found.labels.iter().map(|label| label.place.span.start).min()?;
        let last = found.labels.iter().map(|label| label.place.span.end).max()?;
        let from = starts.iter().copied().filter(|start| *start <= first).max().unwrap_or(0);
        Some(Span::new(from, starts.iter().copied().filter(|start| *start > last).min().unwrap_or(end)))
    })
    .collect()
}

/// Applies edits as long as there are some after which the text is `right`; the last text with what is found of it.
fn rounds(text: &str, compile: &impl Fn(&str) -> Compiled, right: &impl Fn(&Compiled) -> bool) -> (Fixed, Compiled) {
    let mut fixed = Fixed { text: text.to_owned(), done: Vec::new() };
    let mut now = compile(text);
    for _ in 0..ROUNDS {
        let fixes = apart(&now);
        if fixes.is_empty() {
            break;
        }
        // All at once where that is right; else those that are right one by one.
        let whole = apply(&fixed.text, &fixes);
        let compiled = compile(&whole);
        let next =
            if right(&compiled) { Some((whole, fixes, compiled)) } else { chosen(&fixed.text, fixes, compile, right) };
        let Some((text, fixes, compiled)) = next else { break };
        fixed.text = text;
        fixed.done.extend(fixes.into_iter().map(|(said, _)| said));
        now = compiled;
    }
    (fixed, now)
}

/// A fix with the line that says what it does.
type Said<'f> = (String, &'f Fix);

/// The fixes after each of which the text is still `right`, with that text.
fn chosen<'f>(
    text: &str,
    fixes: Vec<Said<'f>>,
    compile: &impl Fn(&str) -> Compiled,
    right: &impl Fn(&Compiled) -> bool,
) -> Option<(String, Vec<Said<'f>>, Compiled)> {
    let mut taken: Vec<Said> = Vec::new();
    let mut best = None;
    for fix in fixes.into_iter().take(ONE_BY_ONE) {
        taken.push(fix);
        let tried = apply(text, &taken);
        let compiled = compile(&tried);
        if right(&compiled) {
            best = Some((tried, compiled));
        } else {
            taken.pop();
        }
    }
    best.map(|(text, compiled)| (text, taken, compiled))
}

/// What makes two findings one, wherever they stand.
fn identity(found: &Diagnostic) -> (Code, String) {
    (found.code, found.message.clone())
}

/// The fixes that do not touch each other.
fn apart(compiled: &Compiled) -> Vec<Said<'_>> {
    let mut taken: BTreeSet<Span> = BTreeSet::new();
    let mut fixes = Vec::new();
    let guessed = guessed(compiled);
    let sure = |span: &Span| !guessed.iter().any(|item| span.start <= item.end && item.start <= span.end);
    for found in &compiled.report.diagnostics {
        let Some(fix) = &found.fix else { continue };
        let spans: Vec<Span> = fix.edits.iter().map(|(place, _)| place.span).collect();
        let own = fix.edits.iter().all(|(place, _)| place.file == FileId(0));
        // Those taken are apart, so that only the last one which begins before the end can touch.
        let touches = |span: &Span| {
            let before = taken.range(..=Span::new(span.end, u32::MAX)).next_back();
            before.is_some_and(|other| span.start <= other.end)
        };
        if own && spans.iter().all(sure) && !spans.iter().any(touches) {
            taken.extend(spans);
            let place = compiled.sources.locate(found.place());
            fixes.push((format!("{place}: {} {}", found.code, fix.title), fix));
        }
    }
    fixes
}

/// The text with edits that do not overlap.
fn apply(text: &str, fixes: &[Said]) -> String {
    let edits = fixes.iter().flat_map(|(_, fix)| &fix.edits);
    let mut edits: Vec<(Span, &str)> = edits.map(|(place, new)| (place.span, new.as_str())).collect();
    edits.sort_unstable_by_key(|(span, _)| std::cmp::Reverse(*span));
    let mut text = text.to_owned();
    for (span, new) in edits {
        text.replace_range(span.range(), new);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::fix;

    #[track_caller]
    fn fixed(text: &str) -> Option<String> {
        fix(std::path::Path::new("a.rbk"), text, &crate::catalogue()).map(|fixed| fixed.text)
    }

    /// A policy around the body of a step.
    fn step(body: &str) -> String {
        format!("policy t {{ owner \"x\" }}\nlet there = true\nphase a {{ step s {{ {body} }} }}\n")
    }

    #[test]
    fn edits_of_one_text_are_applied_together() {
        let wrong = step("expect there && ther || file.exist(\"ü\"); file.remov(\"x\") timout 3s");
        let right = step("expect there and there or file.exists(\"ü\"); file.remove(\"x\"); timeout 3s");
        assert_eq!(fixed(&wrong).as_deref(), Some(right.as_str()));
    }

    #[test]
    fn nothing_is_changed_where_it_would_not_parse() {
        assert_eq!(fixed(&step("expect there && (; timeout 3s")), None);
        assert_eq!(fixed(&step("expect there and true; timeout 3s")), None);
    }

    #[test]
    fn one_item_that_does_not_parse_keeps_no_other_from_being_mended() {
        let broken = "phase b { step s { file.remov(\"x\") }\n";
        let wrong = step("file.remov(\"x\"); expect there && true") + broken;
        // Where brackets do not match nothing is touched.
        let right = step("file.remove(\"x\"); expect there and true") + broken;
        assert_eq!(fixed(&wrong).as_deref(), Some(right.as_str()));
        // Mistakes of syntax are mended where they are alone, and so is what stands beside what cannot be.
        let wrong = step("expect there && true") + "phase b { step s { file.remov(\"x\"); x = = 3 } }\n";
        let right = step("expect there and true") + "phase b { step s { file.remove(\"x\"); x = = 3 } }\n";
        assert_eq!(fixed(&wrong).as_deref(), Some(right.as_str()));
    }

    #[test]
    fn what_may_be_text_is_left_alone() {
        // The second line is a text whose first `"""` lost a quote.
        let wrong = "policy t { owner \"x\" }\nphase a { step s { file.write(\"x\", \"\"\n  timout 3s\n  \"\"\") } }\n";
        assert_eq!(fixed(wrong), None);
    }

    #[test]
    fn one_that_gives_a_new_error_is_left_out() {
        // Mended, the clause would be given twice; so it is where another mistake of its line hides it.
        let wrong = step("expect there && true\n timeout 3s; timout 4s");
        let right = step("expect there and true\n timeout 3s; timout 4s");
        assert_eq!(fixed(&wrong).as_deref(), Some(right.as_str()));
        assert_eq!(fixed(&wrong.replace('\n', ";")), None);
    }
}
