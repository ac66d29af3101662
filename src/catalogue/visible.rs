//! Text of others (contents of files, outputs, names) as a person may be shown it: a terminal takes no order from it.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with its control characters, and those that turn the direction of writing, escaped. Line ends and tabs stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |char| !matches!(char, '\n' | '\t'))
}

/// As [`visible`], in one line.
#[must_use]
pub fn visible_line(text: &str) -> Cow<'_, str> {
    escaped(text, |char| char != '\t')
}

fn escaped(text: &str, counts: impl Fn(char) -> bool) -> Cow<'_, str> {
    let hidden = |char: char| (char.is_control() && counts(char)) || turns(char);
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        match char {
            char if !hidden(char) => shown.push(char),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            char if char.is_ascii() => drop(write!(shown, "\\x{:02x}", char as u32)),
            char => drop(write!(shown, "\\u{{{:x}}}", char as u32)),
        }
    }
    Cow::Owned(shown)
}

/// Whether what follows it may be shown in another order than it has.
const fn turns(char: char) -> bool {
    matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{visible, visible_line};

    #[test]
    fn orders_to_a_terminal_are_text() {
        assert_eq!(visible("a\u{1b}[31mb\r\n\tc"), "a\\x1b[31mb\\r\n\tc");
        assert_eq!(visible("\u{9b}2J\u{7f}\u{202e}x"), "\\u{9b}2J\\x7f\\u{202e}x");
        assert_eq!(visible_line("one\ntwo\t"), "one\\ntwo\t");
        assert_eq!(visible("‘plain’ ✓ ü"), "‘plain’ ✓ ü");
    }
}
