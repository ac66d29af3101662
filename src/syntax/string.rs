//! What the text of a string literal means: escapes, the indentation of `"""…"""`, raw text.
//!
//! Owns the decoding of literals. It must not evaluate holes.

use super::ast::{Expr, Piece, Str, StrForm};
use crate::source::SourceFile;

/// A decoded piece of a string.
#[derive(Clone, Debug)]
pub enum Part<'t> {
    /// Text as it is meant.
    Text(String),
    /// `${expr}`
    Hole(&'t Expr),
}

/// The pieces of `string`, decoded, in order. Empty texts are left out.
#[must_use]
pub fn parts<'t>(source: &SourceFile, string: &'t Str) -> Vec<Part<'t>> {
    let indent = if string.form == StrForm::Block { common_indent(source, string) } else { None };
    let mut parts = Vec::with_capacity(string.pieces.len());
    let mut first = true;
    for (index, piece) in string.pieces.iter().enumerate() {
        match piece {
            Piece::Hole(expr) => parts.push(Part::Hole(expr)),
            Piece::Text(span) => {
                let raw = source.slice(*span);
                let text = match string.form {
                    StrForm::Raw | StrForm::RawHash => raw.to_owned(),
                    StrForm::Plain => unescape(raw),
                    StrForm::Block => {
                        let last = index + 1 == string.pieces.len();
                        unescape(&dedent(raw, indent.as_deref().unwrap_or(""), first, last))
                    }
                };
                if !text.is_empty() {
                    parts.push(Part::Text(text));
                }
            }
        }
        first = false;
    }
    parts
}

/// The whole text, when `string` has no holes.
#[must_use]
pub fn literal(source: &SourceFile, string: &Str) -> Option<String> {
    if string.pieces.iter().any(|piece| matches!(piece, Piece::Hole(_))) {
        return None;
    }
    let parts = parts(source, string).into_iter();
    Some(parts.map(|part| if let Part::Text(text) = part { text } else { String::new() }).collect())
}

/// The blanks that every line of a block string begins with. Blank lines do not count, except the one with the closing
/// quotes; nor does what stands right behind the opening ones.
fn common_indent(source: &SourceFile, string: &Str) -> Option<String> {
    let mut common: Option<String> = None;
    let mut line: Option<String> = None; // the blanks of a line of which nothing else was seen yet
    let mut meet = |line: &mut Option<String>| {
        if let Some(blanks) = line.take() {
            common = Some(match common.take() {
                None => blanks,
                Some(before) => {
                    before.chars().zip(blanks.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
                }
            });
        }
    };
    for piece in &string.pieces {
        match piece {
            Piece::Hole(_) => meet(&mut line),
            Piece::Text(span) => {
                for letter in source.slice(*span).chars() {
                    match letter {
                        '\n' => line = Some(String::new()),
                        ' ' | '\t' => {
                            if let Some(blanks) = &mut line {
                                blanks.push(letter);
                            }
                        }
                        '\r' => {}
                        _ => meet(&mut line),
                    }
                }
            }
        }
    }
    meet(&mut line);
    common
}

/// Takes `indent` from the start of every line of `raw`, which begins inside a line, and the line end right behind the
/// opening quotes.
fn dedent(raw: &str, indent: &str, first: bool, last: bool) -> String {
    let mut out = String::with_capacity(raw.len());
    let lines: Vec<&str> = raw.split('\n').collect();
    for (index, line) in lines.iter().enumerate() {
        let ends = index + 1 < lines.len();
        let line = if ends { line.strip_suffix('\r').unwrap_or(line) } else { line };
        let starts = index > 0;
        let is_blank = line.trim_matches([' ', '\t']).is_empty();
        if first && index == 0 && ends && is_blank {
            continue;
        }
        let text = match line.strip_prefix(indent) {
            _ if !starts => line,
            _ if is_blank && (ends || last) => "",
            Some(rest) => rest,
            None => line.trim_start_matches([' ', '\t']),
        };
        out.push_str(text);
        if ends {
            out.push('\n');
        }
    }
    out
}

/// Decodes the escapes of `raw`; an unknown one, which was reported, stands for itself.
fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (meaning, length) = escape(&rest[at..]).unwrap_or((Some('\\'), 1));
        out.extend(meaning);
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    out
}

/// What the escape at the start of `text` means and how long it is; an escaped line end means nothing.
///
/// # Errors
/// The length of what looks like an escape and is none.
pub(super) fn escape(text: &str) -> Result<(Option<char>, usize), usize> {
    let mut letters = text.chars();
    letters.next();
    let Some(letter) = letters.next() else { return Err(1) };
    let meaning = match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '"' | '\\' | '$' => letter,
        '\n' => return Ok((None, 2 + text[2..].len() - text[2..].trim_start_matches([' ', '\t']).len())),
        'u' => return unicode(text),
        _ => return Err(1 + letter.len_utf8()),
    };
    Ok((Some(meaning), 2))
}

/// `\u{1F600}`
fn unicode(text: &str) -> Result<(Option<char>, usize), usize> {
    let digits = text.strip_prefix("\\u{").and_then(|rest| rest.split_once('}')).map(|(digits, _)| digits);
    let letter = digits
        .filter(|digits| digits.len() <= 6)
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .and_then(char::from_u32);
    match (letter, digits) {
        (Some(letter), Some(digits)) => Ok((Some(letter), digits.len() + 4)),
        _ => Err(2),
    }
}

#[cfg(test)]
#[path = "tests/strings.rs"]
mod tests;
