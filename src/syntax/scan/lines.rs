//! Whether a line goes on with the one before it.
//!
//! Owns the words and operators that need an operand on their other side. It must not know what a line means.

pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a line that ends like this goes on: behind an operator, a comma, a colon or a word that needs an operand.
pub(super) fn ends_open(line: &[u8]) -> bool {
    match line {
        [.., b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=' | b'|' | b'&' | b',' | b':'] | [.., b'.', b'.'] => true,
        [.., last] if is_word(*last) => {
            let start = line.iter().rposition(|byte| !is_word(*byte)).map_or(0, |before| before + 1);
            let is_field = start > 0 && line[start - 1] == b'.';
            !is_field
                && matches!(
                    &line[start..],
                    b"and" | b"or" | b"in" | b"not" | b"otherwise" | b"then" | b"else" | b"when" | b"where"
                )
        }
        _ => false,
    }
}

/// Whether what begins like this goes on with the line before: an infix operator, or a word no statement begins with.
pub(super) fn starts_open(rest: &[u8]) -> bool {
    match rest {
        [b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=' | b'|' | b'&' | b',', ..]
        | [b'!', b'=', ..]
        | [b'.', b'.', ..] => true,
        [b'a'..=b'z', ..] => {
            let end = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
            let is_label = rest.get(end) == Some(&b':');
            match &rest[..end] {
                _ if is_label => false,
                b"and" | b"or" | b"in" | b"otherwise" | b"then" | b"else" | b"when" | b"where" => true,
                b"not" => {
                    let next =
                        rest[end..].iter().position(|byte| *byte != b' ').map_or(rest.len(), |blanks| end + blanks);
                    rest[next..].starts_with(b"in") && rest.get(next + 2).is_none_or(|byte| !is_word(*byte))
                }
                _ => false,
            }
        }
        _ => false,
    }
}
