//! Compares an output with what a case expects of it.
//!
//! A line `...` stands for any number of lines. In a line, `[..]` stands for anything; `[TIME]`, `[TOOK]`, `[RUN]`,
//! `[ID]`, `[PID]`, `[N]` and `[SIZE]` for one thing of that kind. Blanks at line ends do not count; in a line with a
//! placeholder several blanks count as one, since columns move with what stands in them.

use regex::Regex;

use super::redact::{RUN, TIME, TOOK};

const KINDS: &[(&str, &str)] = &[
    ("[..]", ".*"),
    ("[TIME]", TIME),
    ("[TOOK]", TOOK),
    ("[RUN]", RUN),
    ("[ID]", "[0-9a-f]{7,64}"),
    ("[PID]", r"\d+"),
    ("[N]", r"[\d,_]+"),
    ("[SIZE]", r"\d+(?:\.\d+)? ?[KMGT]?B"),
];

/// Whether the lines of `actual` are what `expected` says.
pub fn matches(expected: &[&str], actual: &[&str]) -> bool {
    // reached[j]: the expected lines so far can stand for exactly the first j lines.
    let mut reached = vec![false; actual.len() + 1];
    reached[0] = true;
    for line in expected {
        if *line == "..." {
            let first = reached.iter().position(|yes| *yes).unwrap_or(reached.len());
            for (index, yes) in reached.iter_mut().enumerate() {
                *yes = index >= first;
            }
        } else {
            for index in (0..reached.len()).rev() {
                reached[index] = index > 0 && reached[index - 1] && line_matches(line, actual[index - 1]);
            }
        }
    }
    reached[actual.len()]
}

/// Whether one line is what `expected` says.
pub fn line_matches(expected: &str, actual: &str) -> bool {
    let (expected, actual) = (expected.trim_end(), actual.trim_end());
    if !KINDS.iter().any(|(placeholder, _)| expected.contains(placeholder)) {
        return expected == actual;
    }
    let mut pattern = regex::escape(&squeeze(expected));
    for (placeholder, kind) in KINDS {
        pattern = pattern.replace(&regex::escape(placeholder), &format!("(?:{kind})"));
    }
    Regex::new(&format!("^{pattern}$")).expect("kinds are well formed").is_match(&squeeze(actual))
}

fn squeeze(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for character in line.chars() {
        if character != ' ' || !text.ends_with(' ') {
            text.push(character);
        }
    }
    text
}

/// A difference for a person: expected lines with `-`, actual ones with `+`.
pub fn difference(expected: &[&str], actual: &[&str]) -> String {
    let (old, new) = (expected.join("\n") + "\n", actual.join("\n") + "\n");
    similar::TextDiff::from_lines(&old, &new).unified_diff().header("expected", "actual").to_string()
}
