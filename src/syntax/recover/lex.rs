//! A tolerant reading of a text whose brackets or strings do not match: brackets, separators and words, line by line.
//!
//! Owns the repair of strings that are never closed. It must not decide what a bracket belongs to: see `outline`.

use super::hole;

/// What a token is, as far as structure goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Open(u8),
    Close(u8),
    Semicolon,
    Comma,
    /// An infix operator, `=` or `:`.
    Operator,
    Word,
    /// A string, a number, anything else.
    Other,
}

/// A token; offsets are those of the text that was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
    /// Counted from 0.
    pub line: usize,
}

/// A line that holds a token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// Columns of blanks before its first token.
    pub indent: usize,
    /// Its first token.
    pub first: usize,
}

/// The tokens of a text.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub all: Vec<Token>,
    /// By line; `None` for a line without tokens.
    pub lines: Vec<Option<Line>>,
    /// Where strings begin that are never closed.
    pub strings: Vec<Unclosed>,
    /// The text with comments blanked and unclosed strings replaced.
    pub text: String,
}

/// A string without an end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unclosed {
    /// Where it begins.
    pub at: usize,
    /// `"""`
    pub block: bool,
}

/// Reads `text`.
pub(super) fn tokens(text: &str) -> Tokens {
    let mut reader = Reader { bytes: text.as_bytes().to_vec(), at: 0, line: 0, out: Tokens::default() };
    reader.out.lines.push(None);
    while let Some(&byte) = reader.bytes.get(reader.at) {
        reader.token(byte);
    }
    reader.out.text = String::from_utf8_lossy(&reader.bytes).into_owned();
    reader.out
}

struct Reader {
    bytes: Vec<u8>,
    at: usize,
    line: usize,
    out: Tokens,
}

impl Reader {
    fn token(&mut self, byte: u8) {
        let start = self.at;
        match byte {
            b'\n' => {
                self.at += 1;
                self.line += 1;
                self.out.lines.push(None);
            }
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'#' => {
                let end = self.line_end(start);
                self.bytes[start..end].fill(b' ');
                self.at = end;
            }
            b'"' => self.string(start, start),
            b'r' if self.bytes[start..].starts_with(b"r\"") => self.raw(start, b"\"", 2),
            b'r' if self.bytes[start..].starts_with(b"r#\"") => self.raw(start, b"\"#", 3),
            b'(' | b'[' | b'{' => self.push(Kind::Open(byte), 1),
            b')' | b']' | b'}' => self.push(Kind::Close(byte), 1),
            b';' => self.push(Kind::Semicolon, 1),
            b',' => self.push(Kind::Comma, 1),
            b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=' | b'|' | b'&' | b':' | b'!' => self.push(Kind::Operator, 1),
            b'.' if self.bytes.get(start + 1) == Some(&b'.') => self.push(Kind::Operator, 2),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let length = self.bytes[start..]
                    .iter()
                    .position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))
                    .unwrap_or(self.bytes.len() - start);
                self.push(Kind::Word, length);
            }
            _ => {
                let more = self.bytes[start + 1..].iter().take_while(|byte| (0x80..0xc0).contains(*byte)).count();
                self.push(Kind::Other, 1 + more);
            }
        }
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let token = Token { kind, start: self.at, end: self.at + length, line: self.line };
        self.at += length;
        self.add(token);
    }

    fn add(&mut self, token: Token) {
        if self.out.lines[self.line].is_none() {
            let before = self.bytes[..token.start].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            self.out.lines[self.line] = Some(Line { indent: token.start - before, first: self.out.all.len() });
        }
        self.out.all.push(token);
    }

    fn line_end(&self, from: usize) -> usize {
        self.bytes[from..].iter().position(|byte| *byte == b'\n').map_or(self.bytes.len(), |length| from + length)
    }

    fn string(&mut self, start: usize, quote: usize) {
        match string_end(&self.bytes, quote) {
            Some(end) => self.close_string(start, end),
            None if self.bytes[quote..].starts_with(b"\"\"\"") => self.unclosed_block(start),
            None => self.unclosed(start),
        }
    }

    fn raw(&mut self, start: usize, closer: &[u8], opener: usize) {
        let from = start + opener;
        let end = if closer.len() == 1 { self.line_end(from) } else { self.bytes.len() };
        match self.bytes[from..end].windows(closer.len()).position(|bytes| bytes == closer) {
            Some(length) => self.close_string(start, from + length + closer.len()),
            None => self.unclosed(start),
        }
    }

    fn close_string(&mut self, start: usize, end: usize) {
        self.push(Kind::Other, end - start);
        let line_ends = memchr::memchr_iter(b'\n', &self.bytes[start..end]).count();
        for _ in 0..line_ends {
            self.line += 1;
            self.out.lines.push(None);
        }
        if line_ends > 0
            && let Some(token) = self.out.all.last_mut()
        {
            token.line = self.line; // so that what follows it stands on the same line
        }
    }

    /// A `"` without its partner on the line. Which quote is the lonely one cannot be known, so from the line's first
    /// string on only those brackets are kept that have no partner there.
    fn unclosed(&mut self, at: usize) {
        let end = self.line_end(at);
        self.out.strings.push(Unclosed { at, block: false });
        let line = self.line;
        let on_line = |token: &Token| token.line == line;
        let first_string = |token: &Token| on_line(token) && self.bytes[token.start] == b'"';
        let keep = self.out.all.iter().position(first_string).unwrap_or(self.out.all.len());
        let from = self.out.all.get(keep).map_or(at, |token| token.start);
        self.out.all.truncate(keep);
        if self.out.lines[line].is_some_and(|line| line.first >= keep) {
            self.out.lines[line] = None;
        }
        let mut before: Vec<(u8, Side)> = Vec::new();
        for token in self.out.all.iter().filter(|token| on_line(token)) {
            match token.kind {
                Kind::Open(byte) => before.push((byte, Side::Kept)),
                Kind::Close(_) => drop(before.pop()),
                _ => {}
            }
        }
        let kept = lonely_brackets(&self.bytes[from..end], before);
        let brackets: Vec<(usize, u8)> = kept.into_iter().map(|at| (from + at, self.bytes[from + at])).collect();
        self.bytes[from..end].fill(b' ');
        self.at = from;
        if end - from >= 2 {
            self.bytes[from..from + 2].fill(b'"');
            self.push(Kind::Other, 2);
        }
        for (at, byte) in brackets {
            if at >= from + 2 {
                self.bytes[at] = byte;
                self.at = at;
                self.token(byte);
            }
        }
        self.at = end;
    }

    /// A `"""` without an end: it is taken to end before the first line that is not deeper than its own, or where it would
    /// with its `${` closed.
    fn unclosed_block(&mut self, at: usize) {
        let end = self.end_behind_hole(at).unwrap_or_else(|| self.end_by_indent(at));
        self.out.strings.push(Unclosed { at, block: true });
        let mut line = self.line;
        for byte in &mut self.bytes[at + 2..end] {
            if *byte == b'\n' {
                line += 1;
                self.out.lines.push(None);
            }
            *byte = b' ';
        }
        self.push(Kind::Other, 2);
        self.line = line;
        self.at = end;
    }

    fn end_by_indent(&self, at: usize) -> usize {
        let indent = self.out.lines[self.line].map_or(0, |line| line.indent);
        let mut end = self.line_end(at);
        while end < self.bytes.len() {
            let line = &self.bytes[end + 1..self.line_end(end + 1)];
            let blanks = line.iter().position(|byte| *byte != b' ').unwrap_or(line.len());
            if blanks < line.len() && blanks <= indent {
                break;
            }
            end = self.line_end(end + 1);
        }
        end
    }

    /// Where only a `${` is not closed, the next `"""` is the end.
    fn end_behind_hole(&self, at: usize) -> Option<usize> {
        let text = std::str::from_utf8(&self.bytes[at..]).ok()?;
        hole::open_in_block(text)?;
        Some(at + 3 + text[3..].find("\"\"\"")? + 3)
    }
}

/// Where the string ends that begins at `start`, or nothing when it does not.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    // What is open, innermost last: `"`, `B` for `"""`, or `{` for a hole.
    let mut open: Vec<u8> = Vec::new();
    let mut at = start;
    loop {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let one_line = open.contains(&b'"');
        match (open.last(), rest[0]) {
            (_, b'\n') if one_line => return None,
            (Some(b'"' | b'B'), b'\\') => at += 2,
            (Some(b'"' | b'B'), b'$') if rest.starts_with(b"${") => {
                open.push(b'{');
                at += 2;
            }
            (Some(b'"'), b'"') | (Some(b'{'), b'}') => {
                open.pop();
                at += 1;
            }
            (Some(b'B'), b'"') if rest.starts_with(b"\"\"\"") => {
                open.pop();
                at += 3;
            }
            (Some(b'"' | b'B'), _) => at += 1,
            (_, b'"') if rest.starts_with(b"\"\"\"") => {
                open.push(b'B');
                at += 3;
            }
            (_, b'"') => {
                open.push(b'"');
                at += 1;
            }
            (Some(b'{'), b'{') => {
                open.push(b'{');
                at += 1;
            }
            _ => at += 1,
        }
        if open.is_empty() {
            return Some(at);
        }
        if open.len() > 200 {
            return None;
        }
    }
}

/// Where an opener stands whose closer is looked for.
#[derive(Clone, Copy)]
enum Side {
    /// Before the damage: its closer must be kept.
    Kept,
    /// In the damage, at this offset.
    Damaged(usize),
    /// The `{` of a `${`, which is text.
    Hole,
}

/// The offsets of the brackets of `line` that match none on it; `open` are those that stand before it.
fn lonely_brackets(line: &[u8], mut open: Vec<(u8, Side)>) -> Vec<usize> {
    let mut kept = Vec::new();
    for (at, byte) in line.iter().enumerate() {
        let opener = match byte {
            b'{' if at > 0 && line[at - 1] == b'$' => {
                open.push((b'{', Side::Hole));
                continue;
            }
            b'(' | b'[' | b'{' => {
                open.push((*byte, Side::Damaged(at)));
                continue;
            }
            b')' => b'(',
            b']' => b'[',
            b'}' => b'{',
            _ => continue,
        };
        while matches!(open.last(), Some((_, Side::Hole))) && opener != b'{' {
            open.pop();
        }
        match open.last() {
            Some((before, side)) if *before == opener => {
                if matches!(side, Side::Kept) {
                    kept.push(at);
                }
                open.pop();
            }
            _ => kept.push(at),
        }
    }
    kept.extend(open.into_iter().filter_map(|(_, side)| if let Side::Damaged(at) = side { Some(at) } else { None }));
    kept.sort_unstable();
    kept
}
