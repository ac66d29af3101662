//! The statements of a text as far as brackets and indentation show them, however broken it is.
//!
//! Owns the judgement which bracket is missing or too many. Where brackets do not balance, indentation decides. It must
//! not parse expressions: see `judge`.

use super::lex::{Kind, Line, Token, Tokens};
use crate::syntax::scan::MAX_DEPTH;
use crate::syntax::words;

/// A statement; offsets are those of the text.
#[derive(Debug)]
pub(super) struct Statement {
    pub start: usize,
    pub end: usize,
    pub bodies: Vec<Body>,
    /// Whether brackets of its own, outside its bodies, were found wrong.
    pub damaged: bool,
}

/// `{ … }` of a statement.
#[derive(Debug)]
pub(super) struct Body {
    /// `None` when the opener is missing.
    pub open: Option<usize>,
    /// `None` when the closer is missing.
    pub close: Option<usize>,
    pub statements: Vec<Statement>,
}

/// What is wrong with the brackets.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// An opener without a closer, which is missing at `missing` when that is known.
    Unclosed { open: usize, missing: Option<usize> },
    /// A closer without an opener.
    Stray { close: usize },
    /// A closer whose opener is missing at `missing`.
    NoOpener { close: usize, missing: usize },
    /// A closer of another kind than its opener.
    Mismatch { open: usize, close: usize },
    /// One level too deep.
    TooDeep { open: usize },
}

/// The statements of a text and what is wrong with its brackets.
pub(super) fn outline(tokens: &Tokens, sound: bool) -> (Vec<Statement>, Vec<Fault>) {
    let mut outline = Outline { tokens, at: 0, sound, open: Vec::new(), faults: Vec::new() };
    let (statements, _) = outline.statements(None);
    (statements, outline.faults)
}

#[derive(Clone, Copy)]
struct Frame {
    byte: u8,
    start: usize,
    line: usize,
    /// Of the line that it stands on.
    indent: usize,
    /// Whether nothing follows it on its line.
    ends_line: bool,
}

struct Outline<'t> {
    tokens: &'t Tokens,
    at: usize,
    /// Brackets are known to match.
    sound: bool,
    open: Vec<Frame>,
    faults: Vec<Fault>,
}

impl Outline<'_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.all.get(self.at).copied()
    }

    fn before(&self) -> Option<Token> {
        self.tokens.all.get(self.at.checked_sub(1)?).copied()
    }

    fn line(&self, token: Token) -> Line {
        self.tokens.lines[token.line].unwrap_or(Line { indent: 0, first: self.at })
    }

    /// Whether the next token is the first of its line.
    fn starts_line(&self) -> bool {
        match (self.before(), self.peek()) {
            (Some(before), Some(token)) => before.line < token.line,
            _ => true,
        }
    }

    fn word(&self, token: Token) -> &str {
        &self.tokens.text[token.start..token.end]
    }

    /// Whether the next token is a keyword with something behind it that only a statement has there.
    fn starts_statement(&self) -> bool {
        let Some(token) = self.peek().filter(|token| token.kind == Kind::Word) else { return false };
        let word = self.word(token);
        let next = self.tokens.all.get(self.at + 1).filter(|next| next.line == token.line);
        let shape = next.is_some_and(|next| {
            matches!(next.kind, Kind::Word | Kind::Open(b'{')) || self.tokens.text[next.start..].starts_with('"')
        });
        shape && (words::ITEMS.contains(&word) || words::STATEMENTS.contains(&word))
    }

    fn frame(&self, token: Token, byte: u8) -> Frame {
        let next = self.tokens.all.get(self.at + 1);
        Frame {
            byte,
            start: token.start,
            line: token.line,
            indent: self.line(token).indent,
            ends_line: next.is_none_or(|next| next.line > token.line),
        }
    }

    /// Enters a bracket; past the cap everything else is left unread.
    fn enter(&mut self, frame: Frame) -> bool {
        if self.open.len() >= MAX_DEPTH {
            self.faults.push(Fault::TooDeep { open: frame.start });
            self.at = self.tokens.all.len();
            return false;
        }
        self.open.push(frame);
        self.at += 1;
        true
    }

    fn statements(&mut self, frame: Option<Frame>) -> (Vec<Statement>, Option<usize>) {
        let mut statements: Vec<Statement> = Vec::new();
        loop {
            let Some(token) = self.peek() else {
                if let Some(frame) = frame
                    && !matches!(self.faults.last(), Some(Fault::TooDeep { .. }))
                {
                    let missing = self.before().filter(|last| last.line > frame.line).map(|last| last.end);
                    self.faults.push(Fault::Unclosed { open: frame.start, missing });
                }
                return (statements, None);
            };
            match token.kind {
                Kind::Semicolon => self.at += 1,
                Kind::Close(b'}') => match self.brace(frame, token) {
                    Brace::Closes => {
                        self.at += 1;
                        return (statements, Some(token.start));
                    }
                    Brace::Outer => return (statements, None),
                    Brace::Extra => {
                        self.at += 1;
                        self.adopt(&mut statements, token);
                    }
                },
                Kind::Close(_) => self.stray(token),
                _ => {
                    if let Some(frame) = frame
                        && self.leaves(frame, token, &statements)
                    {
                        let missing = self.before().map(|last| last.end);
                        self.faults.push(Fault::Unclosed { open: frame.start, missing });
                        return (statements, None);
                    }
                    statements.push(self.statement());
                }
            }
        }
    }

    /// Where a `}` showed that a header lacks its `{`: what stands between them is the header's body.
    fn adopt(&self, statements: &mut Vec<Statement>, closer: Token) {
        let Some(Fault::NoOpener { close, missing }) = self.faults.last() else { return };
        let first = statements.partition_point(|statement| statement.start < *missing);
        if *close == closer.start && first > 0 {
            let body = statements.split_off(first);
            if let Some(header) = statements.last_mut() {
                header.bodies.push(Body { open: None, close: Some(closer.start), statements: body });
            }
        }
    }

    /// Whether the statement at `token` cannot belong to the block of `frame`, by its indentation.
    fn leaves(&self, frame: Frame, token: Token, before: &[Statement]) -> bool {
        if self.sound || !self.starts_line() || token.line == frame.line {
            return false;
        }
        let indent = self.line(token).indent;
        if indent != frame.indent {
            return indent < frame.indent;
        }
        let top_only = !words::STATEMENTS.contains(&self.word(token));
        let indents_its_block = before.iter().take(8).any(|statement| self.indent_at(statement.start) > frame.indent);
        self.starts_statement() && (top_only || !frame.ends_line || indents_its_block)
    }

    /// The column of the line that holds `offset`.
    fn indent_at(&self, offset: usize) -> usize {
        let text = &self.tokens.text[..offset];
        let line = &self.tokens.text[text.rfind('\n').map_or(0, |at| at + 1)..];
        line.len() - line.trim_start_matches([' ', '\t']).len()
    }

    /// What a `}` at the level of statements does.
    fn brace(&mut self, frame: Option<Frame>, token: Token) -> Brace {
        let Some(frame) = frame else {
            self.stray(token);
            self.at -= 1;
            return Brace::Extra;
        };
        if self.sound || token.line == frame.line {
            return Brace::Closes;
        }
        let indent = self.line(token).indent;
        if self.starts_line() {
            let outer = self.open.iter().rev().skip(1).any(|outer| outer.byte == b'{' && outer.indent >= indent);
            if indent < frame.indent && outer {
                let missing = self.before().map(|last| last.end);
                self.faults.push(Fault::Unclosed { open: frame.start, missing });
                return Brace::Outer;
            }
            if indent > frame.indent
                && let Some(missing) = self.header_before(token)
            {
                self.faults.push(Fault::NoOpener { close: token.start, missing });
                return Brace::Extra;
            }
            return Brace::Closes;
        }
        // At the end of a line that is deeper than the opener's: it closes the block only if the block ends here.
        let next = self.tokens.all.get(self.at + 1);
        let goes_on = next.is_some_and(|next| {
            let deeper = self.line(*next).indent > frame.indent;
            let closes = next.kind == Kind::Close(b'}') && self.line(*next).indent == frame.indent;
            next.line > token.line && (deeper || closes)
        });
        if indent > frame.indent && goes_on {
            self.faults.push(Fault::Stray { close: token.start });
            return Brace::Extra;
        }
        Brace::Closes
    }

    /// A closer that nothing opens; it is skipped.
    fn stray(&mut self, token: Token) {
        let fault = match self.header_before(token).filter(|_| self.starts_line()) {
            Some(missing) => Fault::NoOpener { close: token.start, missing },
            None => Fault::Stray { close: token.start },
        };
        self.faults.push(fault);
        self.at += 1;
    }

    /// The end of the line above that has the indentation of `closer` and deeper lines in between: where its opener
    /// should be.
    fn header_before(&self, closer: Token) -> Option<usize> {
        let indent = self.line(closer).indent;
        let mut deeper = false;
        for number in (0..closer.line).rev() {
            let Some(line) = self.tokens.lines[number] else { continue };
            if line.indent > indent {
                deeper = true;
                continue;
            }
            let next = (number + 1..self.tokens.lines.len()).find_map(|next| self.tokens.lines[next]);
            let last = self.tokens.all.get(next.map_or(self.at, |next| next.first).checked_sub(1)?)?;
            let opens = matches!(last.kind, Kind::Open(_) | Kind::Close(b'}'));
            return (line.indent == indent && deeper && !opens).then_some(last.end);
        }
        None
    }

    fn statement(&mut self) -> Statement {
        let start = self.peek().map_or(0, |token| token.start);
        let mut statement = Statement { start, end: start, bodies: Vec::new(), damaged: false };
        let first = self.at;
        while let Some(token) = self.peek() {
            if self.at > first && self.starts_line() && !self.continues() {
                break;
            }
            match token.kind {
                Kind::Semicolon | Kind::Close(b'}') => break,
                Kind::Close(_) => {
                    self.stray(token);
                    statement.damaged = true;
                }
                Kind::Open(b'{') if !self.opens_map(!statement.bodies.is_empty()) => {
                    let frame = self.frame(token, b'{');
                    if !self.enter(frame) {
                        break;
                    }
                    let (statements, close) = self.statements(Some(frame));
                    self.open.pop();
                    statement.bodies.push(Body { open: Some(token.start), close, statements });
                    if close.is_none() {
                        break;
                    }
                }
                Kind::Open(byte) => {
                    let faults = self.faults.len();
                    self.group(token, byte);
                    statement.damaged |= self.faults.len() > faults;
                }
                _ => self.at += 1,
            }
        }
        if self.at == first {
            self.at += 1;
        }
        statement.end = self.before().map_or(start, |last| last.end).max(start);
        statement
    }

    /// Whether the next line goes on with the statement.
    fn continues(&self) -> bool {
        let (Some(before), Some(token)) = (self.before(), self.peek()) else { return false };
        if self.starts_statement() {
            return false;
        }
        let needs_more = |kind| matches!(kind, Kind::Operator | Kind::Comma);
        if needs_more(before.kind) || (needs_more(token.kind)) {
            return true;
        }
        let is = |token: Token, words: &[&str]| token.kind == Kind::Word && words.contains(&self.word(token));
        is(before, &["and", "or", "in", "not", "otherwise", "then", "else", "when", "where"])
            || is(token, &["and", "or", "in", "otherwise", "then", "else", "when", "where"])
    }

    /// Whether the `{` here opens a map: behind an operator, a comma, or a word that a value follows.
    fn opens_map(&self, after_body: bool) -> bool {
        let Some(before) = self.before() else { return false };
        match before.kind {
            Kind::Operator | Kind::Comma => true,
            Kind::Word => match self.word(before) {
                "in" | "then" | "and" | "or" | "otherwise" => true,
                "else" => !after_body,
                _ => false,
            },
            _ => false,
        }
    }

    /// A bracket inside an expression, up to its closer or to where it must have been.
    fn group(&mut self, opener: Token, byte: u8) {
        let frame = self.frame(opener, byte);
        if !self.enter(frame) {
            return;
        }
        loop {
            let Some(token) = self.peek() else {
                if !matches!(self.faults.last(), Some(Fault::TooDeep { .. })) {
                    self.faults.push(Fault::Unclosed { open: opener.start, missing: None });
                }
                break;
            };
            match token.kind {
                Kind::Close(close) if matches(byte, close) => {
                    self.at += 1;
                    break;
                }
                Kind::Close(close) => {
                    let outer = self.open[..self.open.len() - 1].iter().any(|outer| matches(outer.byte, close));
                    if outer {
                        let missing = self.before().map(|last| last.end);
                        self.faults.push(Fault::Unclosed { open: opener.start, missing });
                    } else {
                        self.faults.push(Fault::Mismatch { open: opener.start, close: token.start });
                        self.at += 1;
                    }
                    break;
                }
                Kind::Semicolon if byte != b'{' && !self.sound => {
                    self.faults.push(Fault::Unclosed { open: opener.start, missing: Some(token.start) });
                    break;
                }
                _ if self.leaves_group(frame, token) => {
                    let missing = self.before().map(|last| last.end);
                    self.faults.push(Fault::Unclosed { open: opener.start, missing });
                    break;
                }
                Kind::Open(byte) => self.group(token, byte),
                _ => self.at += 1,
            }
        }
        self.open.pop();
    }

    fn leaves_group(&self, frame: Frame, token: Token) -> bool {
        if self.sound || !self.starts_line() || token.line == frame.line {
            return false;
        }
        let indent = self.line(token).indent;
        if indent > frame.indent || matches!(token.kind, Kind::Operator | Kind::Comma) {
            return false;
        }
        let before = self.before().map(|before| before.kind);
        let complete = !matches!(before, Some(Kind::Operator | Kind::Comma | Kind::Open(_)));
        self.starts_statement() || indent < frame.indent || (complete && token.kind == Kind::Word)
    }
}

enum Brace {
    /// It closes the block.
    Closes,
    /// It closes a block further out, which was reported.
    Outer,
    /// It closes nothing, which was reported.
    Extra,
}

const fn matches(open: u8, close: u8) -> bool {
    matches!((open, close), (b'(', b')') | (b'[', b']') | (b'{', b'}'))
}
