//! The pre-scan: one pass over the bytes, before any grammar.
//!
//! Owns comments, continued lines, the cut into top-level chunks, the nesting cap and control characters. It knows
//! strings and brackets but no word of the language except the infix operators. It must not report anything: what it
//! finds wrong is data for `parse` and `recover`.
//!
//! INVARIANT: the text of a chunk has the length of its span; only blanks replace what is taken out.

mod lines;

use std::borrow::Cow;

use lines::{ends_open, is_word, starts_open};

use super::ast::Comment;
use crate::source::Span;

/// The deepest nesting of brackets, holes and unbraced `if` and `for`. Everything after the scan recurses by these, and
/// overflows a small stack only several times above it.
pub(super) const MAX_DEPTH: usize = 64;

/// What the scan found.
#[derive(Debug)]
pub(super) struct Scan {
    /// What the grammar must read as blanks: comments, continued line ends, control characters. In text order.
    blanks: Vec<Span>,
    /// Every comment up to where the scan ended.
    pub comments: Vec<Comment>,
    /// The top-level statements up to where the scan ended, in text order.
    pub chunks: Vec<Span>,
    /// Runs of control characters.
    pub controls: Vec<Span>,
    /// How it ended.
    pub end: End,
}

impl Scan {
    /// The text of a chunk of `source` with blanks in the place of what is not for the grammar; its offsets are kept.
    /// Only a chunk that needs it is copied, so a large file is never held twice.
    pub fn text<'s>(&self, source: &'s str, chunk: Span) -> Cow<'s, str> {
        let first = self.blanks.partition_point(|blank| blank.start < chunk.start);
        let inside = self.blanks[first..].iter().take_while(|blank| blank.start < chunk.end);
        let text = &source[chunk.range()];
        let mut out = String::new();
        let mut from = 0;
        for blank in inside {
            // The blanks at the end of a last comment are no part of the chunk.
            let end = blank.end.min(chunk.end);
            let (start, end) = ((blank.start - chunk.start) as usize, (end - chunk.start) as usize);
            out.push_str(&text[from..start]);
            out.extend(std::iter::repeat_n(' ', end - start));
            from = end;
        }
        if from == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[from..]);
        Cow::Owned(out)
    }
}

/// How a scan ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At the end of the text, with everything closed.
    Sound,
    /// Brackets or strings do not match in the statement that starts here; nothing behind it was cut into chunks.
    Broken(u32),
    /// This bracket or word is one level too deep.
    TooDeep(Span),
}

/// Scans a whole file, which may begin with a byte order mark.
pub(super) fn scan(source: &str) -> Scan {
    let mut scanner = Scanner::new(source);
    if source.starts_with('\u{feff}') {
        scanner.blanks.push(Span::new(0, 3));
        scanner.at = 3;
    }
    scanner.finish()
}

/// Scans a part of a file.
pub(super) fn scan_part(text: &str) -> Scan {
    Scanner::new(text).finish()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Paren,
    Square,
    Brace,
    /// `${ … }` in a string.
    Hole,
    /// `"…"`
    Plain,
    /// `"""…"""`
    Block,
}

struct Open {
    mode: Mode,
    /// Unbraced `if` and `for` of the statement at this level: each nests what follows it.
    chain: usize,
    /// Whether it is the block of the last `if` or `for` before it, which counts only once while it is open.
    shares: bool,
}

enum Stop {
    Broken,
    TooDeep(Span),
}

struct Scanner<'s> {
    bytes: &'s [u8],
    blanks: Vec<Span>,
    at: usize,
    open: Vec<Open>,
    /// Of the top level.
    chain: usize,
    /// Brackets, holes and chains that are open.
    depth: usize,
    /// Open `"` strings: a line end inside one, be it in a hole, means that it was never closed.
    plain: usize,
    chunk: Option<usize>,
    chunks: Vec<Span>,
    comments: Vec<Comment>,
    controls: Vec<Span>,
    line_ends: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Other,
    /// `\n`, `\r`, `#`
    Gap,
    Quote,
    Opener,
    Closer,
    Semicolon,
    Comma,
    /// `i` and `f`, with which the words `if` and `for` begin.
    Word,
    /// A blank like any other, so that the grammar need know only one.
    Tab,
    Control,
}

const CLASSES: [Class; 256] = {
    let mut table = [Class::Other; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = Class::Control;
        byte += 1;
    }
    table[0x7f] = Class::Control;
    table[b'\t' as usize] = Class::Tab;
    table[b'\n' as usize] = Class::Gap;
    table[b'\r' as usize] = Class::Gap;
    table[b'#' as usize] = Class::Gap;
    table[b'"' as usize] = Class::Quote;
    table[b'(' as usize] = Class::Opener;
    table[b'[' as usize] = Class::Opener;
    table[b'{' as usize] = Class::Opener;
    table[b')' as usize] = Class::Closer;
    table[b']' as usize] = Class::Closer;
    table[b'}' as usize] = Class::Closer;
    table[b';' as usize] = Class::Semicolon;
    table[b',' as usize] = Class::Comma;
    table[b'i' as usize] = Class::Word;
    table[b'f' as usize] = Class::Word;
    table
};

impl<'s> Scanner<'s> {
    fn new(source: &'s str) -> Self {
        Self {
            bytes: source.as_bytes(),
            blanks: Vec::new(),
            at: 0,
            open: Vec::with_capacity(16),
            chain: 0,
            depth: 0,
            plain: 0,
            chunk: None,
            chunks: Vec::new(),
            comments: Vec::new(),
            controls: Vec::new(),
            line_ends: Vec::new(),
        }
    }

    fn finish(mut self) -> Scan {
        let end = match self.run() {
            Ok(()) => End::Sound,
            Err(Stop::Broken) => End::Broken(self.rewind()),
            Err(Stop::TooDeep(span)) => End::TooDeep(span),
        };
        let mut blanks = self.blanks;
        blanks.sort_unstable();
        Scan { blanks, comments: self.comments, chunks: self.chunks, controls: self.controls, end }
    }

    fn run(&mut self) -> Result<(), Stop> {
        self.start_chunk();
        while let Some(&byte) = self.bytes.get(self.at) {
            match CLASSES[byte as usize] {
                Class::Other => self.at += 1,
                Class::Gap if byte == b'#' && self.opens_raw_hash() => self.raw_hash()?,
                Class::Gap => self.gap()?,
                Class::Quote => self.quote()?,
                Class::Opener => self.opener(byte)?,
                Class::Closer => self.closer(byte)?,
                Class::Semicolon => self.semicolon(),
                Class::Comma => {
                    self.end_chain(); // what stands behind a comma is not nested in what stands before it
                    self.at += 1;
                }
                Class::Word => self.word()?,
                Class::Tab => self.tab(),
                Class::Control => self.control(),
            }
        }
        if !self.open.is_empty() {
            return Err(Stop::Broken);
        }
        self.end_chunk(self.at);
        Ok(())
    }

    fn mode(&self) -> Option<Mode> {
        self.open.last().map(|open| open.mode)
    }

    fn peek(&self, offset: usize) -> Option<u8> {
        self.bytes.get(self.at + offset).copied()
    }

    // ── Chunks ──

    fn start_chunk(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' => self.at += 1,
                b'\t' => self.tab(),
                _ if CLASSES[byte as usize] == Class::Control => self.control(),
                _ => break,
            }
        }
        if !matches!(self.peek(0), None | Some(b'\n' | b'\r' | b'#' | b';')) {
            self.chunk = Some(self.at);
        }
    }

    fn end_chunk(&mut self, end: usize) {
        if let Some(start) = self.chunk.take() {
            let end = self.trimmed(end);
            if start < end {
                self.chunks.push(Span::new(start as u32, end as u32));
            }
        }
        self.chain = 0;
        self.depth = 0;
    }

    /// Where the last thing before `end` ends that is no blank.
    fn trimmed(&self, end: usize) -> usize {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t') || CLASSES[*byte as usize] == Class::Control;
        self.bytes[..end].iter().rposition(|byte| !is_blank(byte)).map_or(0, |last| last + 1)
    }

    /// Gives back what was cut since the last statement that began at the very left before the one that does not close:
    /// an opener may be missing there, and what was taken for items belongs into its block.
    fn rewind(&mut self) -> u32 {
        let broken = self.chunk.unwrap_or(self.at);
        let closes = matches!(self.bytes.get(broken), Some(b')' | b']' | b'}'));
        let at_left = |at: usize| at == 0 || self.bytes[at - 1] == b'\n';
        if !closes && at_left(broken) {
            return broken as u32;
        }
        while let Some(chunk) = self.chunks.pop() {
            if at_left(chunk.start as usize) {
                return chunk.start;
            }
        }
        0
    }

    fn semicolon(&mut self) {
        if self.open.is_empty() {
            self.end_chunk(self.at);
            self.at += 1;
            self.start_chunk();
        } else {
            self.end_chain();
            self.at += 1;
        }
    }

    // ── Line ends and comments ──

    /// Everything up to the next thing that is neither blank nor comment. Decides once for all line ends in between
    /// whether they close a statement.
    fn gap(&mut self) -> Result<(), Stop> {
        let before = self.trimmed(self.at);
        self.line_ends.clear();
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' => self.at += 1,
                b'\t' => self.tab(),
                b'\r' => {
                    self.blank(self.at, self.at + 1);
                    self.at += 1;
                }
                b'\n' => {
                    self.line_ends.push(self.at);
                    self.at += 1;
                }
                b'#' => self.comment(before),
                _ => break,
            }
        }
        if self.line_ends.is_empty() {
            if self.open.is_empty() && self.at == self.bytes.len() {
                self.end_chunk(before);
            }
            return Ok(());
        }
        if self.plain > 0 {
            return Err(Stop::Broken);
        }
        let continued = match self.mode() {
            Some(Mode::Paren | Mode::Square | Mode::Hole) => true,
            _ => ends_open(&self.bytes[..before]) || starts_open(&self.bytes[self.at..]),
        };
        if continued && self.chunk.is_some() {
            let ends = self.line_ends.iter().map(|at| Span::new(*at as u32, *at as u32 + 1));
            self.blanks.extend(ends);
        } else if self.open.is_empty() {
            self.end_chunk(before);
            self.start_chunk();
        } else {
            self.end_chain();
        }
        Ok(())
    }

    fn comment(&mut self, before: usize) {
        let start = self.at;
        let line_end = memchr::memchr(b'\n', &self.bytes[start..]).map_or(self.bytes.len(), |length| start + length);
        let end = if self.bytes[line_end - 1] == b'\r' { line_end - 1 } else { line_end };
        let own_line = !self.line_ends.is_empty() || before == 0;
        self.comments.push(Comment { span: Span::new(start as u32, end as u32), own_line });
        for at in start..line_end {
            if CLASSES[self.bytes[at] as usize] == Class::Control {
                self.control_at(at);
            }
        }
        self.blank(start, line_end);
        self.at = line_end;
    }

    fn blank(&mut self, start: usize, end: usize) {
        self.blanks.push(Span::new(start as u32, end as u32));
    }

    fn tab(&mut self) {
        self.blank(self.at, self.at + 1);
        self.at += 1;
    }

    fn control(&mut self) {
        self.control_at(self.at);
        self.blank(self.at, self.at + 1);
        self.at += 1;
    }

    fn control_at(&mut self, at: usize) {
        let at = at as u32;
        match self.controls.last_mut() {
            Some(run) if run.end == at => run.end += 1,
            _ => self.controls.push(Span::new(at, at + 1)),
        }
    }

    // ── Nesting ──

    fn enter(&mut self, mode: Mode, length: usize) -> Result<(), Stop> {
        let chain = self.chain();
        let shares = mode == Mode::Brace && *chain > 0;
        if shares {
            *chain -= 1;
            self.depth -= 1;
        }
        self.deepen(length)?;
        self.open.push(Open { mode, chain: 0, shares });
        self.at += length;
        Ok(())
    }

    fn deepen(&mut self, length: usize) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Stop::TooDeep(Span::new(self.at as u32, (self.at + length) as u32)));
        }
        Ok(())
    }

    /// Of the innermost bracket.
    fn chain(&mut self) -> &mut usize {
        match self.open.last_mut() {
            Some(open) => &mut open.chain,
            None => &mut self.chain,
        }
    }

    fn end_chain(&mut self) {
        self.depth -= std::mem::take(self.chain());
    }

    fn opener(&mut self, byte: u8) -> Result<(), Stop> {
        let mode = match byte {
            b'(' => Mode::Paren,
            b'[' => Mode::Square,
            _ => Mode::Brace,
        };
        self.enter(mode, 1)
    }

    fn closer(&mut self, byte: u8) -> Result<(), Stop> {
        let mode = self.mode();
        let matches = match byte {
            b')' => mode == Some(Mode::Paren),
            b']' => mode == Some(Mode::Square),
            _ => matches!(mode, Some(Mode::Brace | Mode::Hole)),
        };
        if !matches {
            return Err(Stop::Broken);
        }
        self.end_chain();
        let shared = self.open.pop().is_some_and(|open| open.shares);
        if shared {
            *self.chain() += 1; // an `else if` behind it nests further
        } else {
            self.depth -= 1;
        }
        self.at += 1;
        match (mode, self.mode()) {
            (Some(Mode::Hole), Some(Mode::Plain)) => self.plain(),
            (Some(Mode::Hole), _) => self.block(),
            _ => Ok(()),
        }
    }

    /// At an `i` or `f`: the words `if` and `for` nest what follows them without any bracket.
    fn word(&mut self) -> Result<(), Stop> {
        let length = if self.bytes[self.at] == b'i' { 2 } else { 3 };
        let text = self.bytes.get(self.at..self.at + length);
        let starts = self.at == 0 || !is_word(self.bytes[self.at - 1]);
        let ends = self.peek(length).is_none_or(|byte| !is_word(byte));
        if starts && ends && matches!(text, Some(b"if" | b"for")) {
            self.deepen(length)?;
            *self.chain() += 1;
            self.at += length;
        } else {
            self.at += 1;
        }
        Ok(())
    }

    // ── Strings ──

    fn opens_raw_hash(&self) -> bool {
        self.peek(1) == Some(b'"') && self.follows_raw_mark()
    }

    /// Whether an `r` that is a word of its own stands right before.
    fn follows_raw_mark(&self) -> bool {
        self.at > 0 && self.bytes[self.at - 1] == b'r' && (self.at == 1 || !is_word(self.bytes[self.at - 2]))
    }

    fn raw_hash(&mut self) -> Result<(), Stop> {
        self.skip_raw(2, b"\"#", false)
    }

    /// Skips a raw string, whose opener is `opener` bytes long, up to `closer`.
    fn skip_raw(&mut self, opener: usize, closer: &[u8], one_line: bool) -> Result<(), Stop> {
        self.at += opener;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'"' if self.bytes[self.at..].starts_with(closer) => {
                    self.at += closer.len();
                    return Ok(());
                }
                b'\n' if one_line => return Err(Stop::Broken),
                _ if STRING[byte as usize] == Class::Control => self.control(),
                _ => self.at += 1,
            }
        }
        Err(Stop::Broken)
    }

    fn quote(&mut self) -> Result<(), Stop> {
        if self.follows_raw_mark() {
            self.skip_raw(1, b"\"", true)
        } else if self.bytes[self.at..].starts_with(b"\"\"\"") {
            self.open.push(Open { mode: Mode::Block, chain: 0, shares: false });
            self.at += 3;
            self.block()
        } else {
            self.open.push(Open { mode: Mode::Plain, chain: 0, shares: false });
            self.plain += 1;
            self.at += 1;
            self.plain()
        }
    }

    /// Inside a `"…"`, up to its end or to a hole.
    fn plain(&mut self) -> Result<(), Stop> {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                _ if STRING[byte as usize] == Class::Other => self.at += 1,
                b'"' => {
                    self.open.pop();
                    self.plain -= 1;
                    self.at += 1;
                    return Ok(());
                }
                b'\\' if self.peek(1) != Some(b'\n') => self.at = (self.at + 2).min(self.bytes.len()),
                b'$' if self.peek(1) == Some(b'{') => return self.enter(Mode::Hole, 2),
                b'$' => self.at += 1,
                b'\n' | b'\\' => return Err(Stop::Broken),
                _ => self.control(),
            }
        }
        Err(Stop::Broken)
    }

    /// Inside a `"""…"""`, up to its end or to a hole.
    fn block(&mut self) -> Result<(), Stop> {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' => self.at += 1,
                _ if STRING[byte as usize] == Class::Other => self.at += 1,
                b'"' if self.bytes[self.at..].starts_with(b"\"\"\"") => {
                    self.open.pop();
                    self.at += 3;
                    return Ok(());
                }
                b'\\' => self.at = (self.at + 2).min(self.bytes.len()),
                b'$' if self.peek(1) == Some(b'{') => return self.enter(Mode::Hole, 2),
                b'$' | b'"' => self.at += 1,
                _ => self.control(),
            }
        }
        Err(Stop::Broken)
    }
}

/// Inside strings: what is not simply text.
const STRING: [Class; 256] = {
    let mut table = [Class::Other; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = Class::Control;
        byte += 1;
    }
    table[0x7f] = Class::Control;
    table[b'\t' as usize] = Class::Other;
    table[b'\r' as usize] = Class::Other;
    table[b'\n' as usize] = Class::Gap;
    table[b'"' as usize] = Class::Quote;
    table[b'\\' as usize] = Class::Quote;
    table[b'$' as usize] = Class::Quote;
    table
};
