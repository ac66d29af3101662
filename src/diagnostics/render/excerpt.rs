//! The lines of a source that a diagnostic shows, made safe for a terminal.
//!
//! Owns clipping: only the lines around labels are kept, long ones are cut to windows around their labels, control and
//! direction characters are replaced. It must not lose the true line and column of a label.

use std::collections::BTreeSet;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::diagnostics::Label;
use crate::source::SourceFile;

/// A longer line is cut to windows.
const LONG: usize = 240;
/// Characters kept before a label in a long line.
const BEFORE: usize = 40;
/// Characters kept from the start of a label in a long line.
const BEHIND: usize = 120;

/// A text that stands for a part of a file, with the labels moved into it.
pub struct Excerpt {
    text: String,
    name: String,
    /// How many lines of the file stand before it.
    skipped: usize,
    /// Offset in `text` and true column (from 0) of each label.
    columns: Vec<(usize, usize)>,
    pub labels: Vec<LabeledSpan>,
}

/// A label within one line of the file, in bytes.
struct Mark<'a> {
    label: &'a Label,
    line: usize,
    start: usize,
    end: usize,
}

/// The excerpt of `file` that shows `labels`, all of which lie in it.
pub fn excerpt(file: &SourceFile, labels: &[&Label]) -> Excerpt {
    let marks: Vec<_> = labels.iter().map(|label| mark(file, label)).collect();
    let mut lines = BTreeSet::new();
    for mark in &marks {
        lines.extend([mark.line.saturating_sub(1).max(1), mark.line, (mark.line + 1).min(file.line_count())]);
    }
    let first = lines.first().copied().unwrap_or(1);
    let last = lines.last().copied().unwrap_or(0);
    let mut made = Excerpt {
        text: String::new(),
        name: file.path.display().to_string(),
        skipped: first - 1,
        columns: Vec::new(),
        labels: Vec::new(),
    };
    for number in first..=last {
        if lines.contains(&number) {
            let here: Vec<_> = marks.iter().filter(|mark| mark.line == number).collect();
            copy_line(file, number, &here, &mut made);
        }
        made.text.push('\n');
    }
    made
}

/// Where a label stands, cut to its first line and to whole characters.
fn mark<'a>(file: &SourceFile, label: &'a Label) -> Mark<'a> {
    let floor = |offset: u32| {
        let mut at = (offset as usize).min(file.text.len());
        while !file.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(label.place.span.start);
    let (line, _) = file.line_column(start as u32);
    let (from, to) = line_range(file, line);
    let start = start.clamp(from, to);
    let end = floor(label.place.span.end).clamp(start, to);
    Mark { label, line, start, end }
}

/// The bytes of a line without its line end, be it `\n` or `\r\n`.
fn line_range(file: &SourceFile, number: usize) -> (usize, usize) {
    let range = file.line_span(number).range();
    let line = &file.text[range.clone()];
    (range.start, range.start + line.strip_suffix('\r').unwrap_or(line).len())
}

fn copy_line(file: &SourceFile, number: usize, marks: &[&Mark<'_>], into: &mut Excerpt) {
    let (from, to) = line_range(file, number);
    let line = &file.text[from..to];
    // Chars are counted only as far as needed: a line may be megabytes long.
    let long = line.chars().nth(LONG).is_some();
    let windows: Vec<(usize, usize)> = if !long {
        vec![(from, to)]
    } else if marks.is_empty() {
        vec![(from, step(file, from, to, BEHIND))]
    } else {
        marks.iter().map(|mark| (step_back(file, mark.start, from), step(file, mark.start, to, BEHIND))).collect()
    };
    let mut places: Vec<(usize, usize)> = Vec::new();
    let mut at = from;
    for (start, end) in merged(windows) {
        if start > at {
            into.text.push('…');
        }
        for (offset, char) in file.text[start..end].char_indices() {
            places.push((start + offset, into.text.len()));
            into.text.push(shown(char));
        }
        places.push((end, into.text.len()));
        at = end;
    }
    if at < to {
        into.text.push('…');
    }
    for mark in marks {
        let start = place_of(&places, mark.start);
        let end = place_of(&places, mark.end).max(start);
        into.columns.push((start, file.text[from..mark.start].chars().count()));
        let text = (!mark.label.text.is_empty()).then(|| clean(&mark.label.text));
        let span = SourceSpan::from((start, end - start));
        into.labels.push(if mark.label.primary {
            LabeledSpan::new_primary_with_span(text, span)
        } else {
            LabeledSpan::new_with_span(text, span)
        });
    }
}

/// The offset in the excerpt of a byte of the file: that of the nearest kept character before it.
fn place_of(places: &[(usize, usize)], wanted: usize) -> usize {
    let behind = places.partition_point(|(original, _)| *original <= wanted);
    places.get(behind.saturating_sub(1)).map_or(0, |(_, shown)| *shown)
}

fn step(file: &SourceFile, from: usize, to: usize, chars: usize) -> usize {
    file.text[from..to].char_indices().nth(chars).map_or(to, |(offset, _)| from + offset)
}

fn step_back(file: &SourceFile, from: usize, floor: usize) -> usize {
    file.text[floor..from].char_indices().rev().nth(BEFORE - 1).map_or(floor, |(offset, _)| floor + offset)
}

fn merged(mut windows: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    windows.sort_unstable();
    let mut whole: Vec<(usize, usize)> = Vec::new();
    for (start, end) in windows {
        match whole.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => whole.push((start, end)),
        }
    }
    whole
}

/// A character as a terminal may see it: escape sequences and direction overrides of a source must not act.
fn shown(char: char) -> char {
    match char {
        '\t' => '\t',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        other if other.is_control() => '\u{fffd}',
        other => other,
    }
}

/// A text of a message as a terminal may see it.
pub fn clean(text: &str) -> String {
    text.chars().map(|char| if char == '\n' { char } else { shown(char) }).collect()
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = self.text.as_str().read_span(span, before, after)?;
        let column = self.columns.iter().find(|(start, _)| *start == span.offset()).map(|(_, column)| *column);
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            contents.data(),
            *contents.span(),
            contents.line() + self.skipped,
            column.unwrap_or(contents.column()),
            contents.line_count(),
        )))
    }
}
