//! Where a `${` of a text was not closed, so that the `"` behind it was taken for one of its value.

/// The offset of the first `${` in a line, which begins with a string's `"`, whose value ends before its `}`.
pub(super) fn open_in_line(line: &str) -> Option<usize> {
    let line = line.split('\n').next().unwrap_or_default();
    let mut from = 0;
    loop {
        let at = from + next_hole(&line[from..])?;
        let value = &line[at + 2..];
        let (before, quote) = value.split_once('"').map_or((value, false), |(before, _)| (before, true));
        match before.find('}') {
            Some(end) => from = at + 2 + end + 1,
            // The `"` belongs to the value where one is expected: in a bracket, behind an operator.
            None => return (quote && is_whole(before)).then_some(at),
        }
    }
}

/// As [`open_in_line`], of a string in `"""` that begins `text`: a value ends on its line.
pub(super) fn open_in_block(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("\"\"\"")?;
    let inside = inside.split_once("\"\"\"").map_or(inside, |(inside, _)| inside);
    let mut start = 3;
    for line in inside.split_inclusive('\n') {
        let mut from = 0;
        while let Some(hole) = next_hole(&line[from..]) {
            let at = from + hole;
            match line[at..].find('}') {
                Some(end) => from = at + end + 1,
                None if is_whole(&line[at + 2..]) => return Some(start + at),
                None => break,
            }
        }
        start += line.len();
    }
    None
}

/// The first `${` that is not escaped.
fn next_hole(text: &str) -> Option<usize> {
    let escaped = |at: usize| text[..at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
    text.match_indices("${").map(|(at, _)| at).find(|at| !escaped(*at))
}

/// Whether a value may end behind `text`.
fn is_whole(text: &str) -> bool {
    let mut depth = 0_i32;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' => depth -= 1,
            _ => {}
        }
    }
    let last = text.trim_end().chars().next_back();
    depth == 0 && last.is_some_and(|last| last.is_alphanumeric() || matches!(last, '_' | ')' | ']' | '%' | '?'))
}

#[cfg(test)]
mod tests {
    use super::{open_in_block, open_in_line};

    #[test]
    fn a_value_that_is_not_closed_is_found() {
        assert_eq!(open_in_line("\"a ${name\", \"b\"])"), Some(3));
        assert_eq!(open_in_line("\"${a} and ${f(x)\"])"), Some(10));
        assert_eq!(open_in_line("\"${\"x\"} and more)"), None, "a value may be a string");
        assert_eq!(open_in_line("\"${f(\"x\")} and more)"), None);
        assert_eq!(open_in_line("\"\\${name\" and \"more"), None, "escaped");
        assert_eq!(open_in_line("\"no end"), None);
        assert_eq!(open_in_block("\"\"\"\n ${a} ${b\n c\n\"\"\""), Some(10));
        assert_eq!(open_in_block("\"\"\"\n ${a}\n"), None);
    }
}
