//! Reading SQL as far as safety needs: where statements end, what each one does and to which table, whether it has
//! a `where`. SQLite itself is the judge of everything else.

use crate::catalogue::error::{Error, Result};

/// One statement of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<'s> {
    /// Without the `;`.
    pub text: &'s str,
    tokens: Vec<Token<'s>>,
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Select,
    Insert,
    Update,
    Delete,
    /// Creates, alters or drops something.
    Schema,
    /// Anything else: a transaction, a pragma, an attached database.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Token<'s> {
    kind: Kind,
    text: &'s str,
    start: usize,
    /// How many parentheses are open around it.
    depth: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    /// `"name"`, `[name]` or `` `name` ``.
    Quoted,
    Literal,
    /// `?`, without a number.
    Parameter,
    Semicolon,
    Sign,
}

/// Splits a text into its statements; empty ones are left out.
#[must_use]
pub fn split(text: &str) -> Vec<Statement<'_>> {
    let mut statements = Vec::new();
    let mut tokens: Vec<Token<'_>> = Vec::new();
    for token in tokenise(text) {
        if token.kind == Kind::Semicolon && !inside_trigger(&tokens) {
            push(text, &mut tokens, &mut statements);
        } else {
            tokens.push(token);
        }
    }
    push(text, &mut tokens, &mut statements);
    statements
}

fn push<'s>(text: &'s str, tokens: &mut Vec<Token<'s>>, statements: &mut Vec<Statement<'s>>) {
    let tokens = std::mem::take(tokens);
    if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
        statements.push(Statement { text: &text[first.start..last.start + last.text.len()], tokens });
    }
}

/// The body of a trigger holds statements with a `;` each; it ends with `; end`.
fn inside_trigger(tokens: &[Token<'_>]) -> bool {
    let mut words = tokens.iter().filter(|token| token.kind == Kind::Word).map(|token| token.text);
    let is_trigger = words.next().is_some_and(|word| word.eq_ignore_ascii_case("create"))
        && words.take(2).any(|word| word.eq_ignore_ascii_case("trigger"));
    let ended = tokens.last().is_some_and(|last| last.text.eq_ignore_ascii_case("end"))
        && tokens.len() > 1
        && tokens[tokens.len() - 2].kind == Kind::Semicolon;
    is_trigger && !ended
}

fn tokenise(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        let start = at;
        let mut kind = Kind::Sign;
        match bytes[at] {
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                at = find(bytes, at, b"\n");
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = find(bytes, at + 2, b"*/");
                continue;
            }
            b'\'' => (kind, at) = (Kind::Literal, quoted(bytes, at, b'\'')),
            quote @ (b'"' | b'`') => (kind, at) = (Kind::Quoted, quoted(bytes, at, quote)),
            b'[' => (kind, at) = (Kind::Quoted, find(bytes, at, b"]")),
            b';' => (kind, at) = (Kind::Semicolon, at + 1),
            b'(' => {
                depth += 1;
                at += 1;
            }
            b')' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            b'?' => {
                at += 1;
                while at < bytes.len() && bytes[at].is_ascii_digit() {
                    at += 1;
                }
                if at == start + 1 {
                    kind = Kind::Parameter;
                }
            }
            byte if byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80 => {
                while at < bytes.len()
                    && (bytes[at] == b'_'
                        || bytes[at] == b'$'
                        || bytes[at].is_ascii_alphanumeric()
                        || bytes[at] >= 0x80)
                {
                    at += 1;
                }
                kind = if byte.is_ascii_digit() { Kind::Literal } else { Kind::Word };
            }
            _ => at += 1,
        }
        tokens.push(Token { kind, text: &text[start..at], start, depth });
    }
    tokens
}

/// Behind the next `what`, or the end.
fn find(bytes: &[u8], from: usize, what: &[u8]) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    memchr::memmem::find(rest, what).map_or(bytes.len(), |at| from + at + what.len())
}

/// Behind the closing quote; a doubled quote is part of the text.
fn quoted(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    at
}

impl Statement<'_> {
    /// What it does.
    #[must_use]
    pub fn verb(&self) -> Verb {
        self.head().map_or(Verb::Other, |(_, verb)| verb)
    }

    /// Where the deciding word stands: the first one, or for `with …` the one behind it.
    fn head(&self) -> Option<(usize, Verb)> {
        let verb = |token: &Token<'_>| {
            if token.kind != Kind::Word {
                return None;
            }
            Some(match token.text.to_ascii_lowercase().as_str() {
                "select" | "values" => Verb::Select,
                "insert" | "replace" => Verb::Insert,
                "update" => Verb::Update,
                "delete" => Verb::Delete,
                "create" | "alter" | "drop" | "reindex" | "analyze" => Verb::Schema,
                _ => return None,
            })
        };
        let first = self.tokens.first()?;
        if first.kind == Kind::Word && first.text.eq_ignore_ascii_case("with") {
            return self
                .tokens
                .iter()
                .enumerate()
                .skip(1)
                .filter(|(_, token)| token.depth == 0)
                .find_map(|(index, token)| verb(token).filter(|verb| *verb != Verb::Schema).map(|verb| (index, verb)));
        }
        Some((0, verb(first).unwrap_or(Verb::Other)))
    }

    /// The table that an insert, update or delete names, without quotes.
    #[must_use]
    pub fn target(&self) -> Option<String> {
        let (index, verb) = self.head()?;
        let after = match verb {
            Verb::Insert => "into",
            Verb::Delete => "from",
            Verb::Update => "update",
            Verb::Select | Verb::Schema | Verb::Other => return None,
        };
        let at = self.tokens[index..].iter().position(|token| token.text.eq_ignore_ascii_case(after))?;
        let mut rest = self.tokens[index + at + 1..].iter().peekable();
        if rest.peek()?.text.eq_ignore_ascii_case("or") {
            rest.nth(1)?;
        }
        let mut name = rest.next()?;
        if rest.peek().is_some_and(|token| token.text == ".") {
            rest.next();
            name = rest.next()?;
        }
        Some(unquoted(name))
    }

    /// The name of the pragma that it asks, and whether something is given to that.
    #[must_use]
    pub fn pragma(&self) -> Option<(String, bool)> {
        let (first, mut rest) = self.tokens.split_first()?;
        if first.kind != Kind::Word || !first.text.eq_ignore_ascii_case("pragma") {
            return None;
        }
        if let [_, dot, behind @ ..] = rest
            && dot.text == "."
        {
            rest = behind;
        }
        let (name, given) = rest.split_first()?;
        Some((unquoted(name), !given.is_empty()))
    }

    /// How many `?` without a number it has.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.tokens.iter().filter(|token| token.kind == Kind::Parameter).count()
    }

    /// Refuses what would change every row unasked, and what is no change of this database.
    pub fn refuse(&self) -> Result<()> {
        let first = self.tokens.first().map_or_else(String::new, |token| token.text.to_ascii_lowercase());
        match self.verb() {
            Verb::Update | Verb::Delete if !self.has_where() => {
                let word = if self.verb() == Verb::Update { "update" } else { "delete from" };
                let table = self.target().unwrap_or_default();
                Err(Error::refused(format!("`{word} {table}` has no `where`: it would change every row"))
                    .hint("say which rows, or write `where true` if every row is meant"))
            }
            Verb::Other => Err(match first.as_str() {
                "begin" | "commit" | "end" | "rollback" | "savepoint" | "release" => Error::refused(format!(
                    "`{first}` does not belong here: all statements of a call are one transaction"
                ))
                .hint("leave it out; a failed call leaves the database as it was"),
                "attach" | "detach" => Error::refused(format!("`{first}` would reach into another database"))
                    .hint("use a call for each database"),
                "vacuum" | "pragma" => {
                    Error::refused(format!("`{first}` does not run in a transaction and has no undo"))
                        .hint("run it by a program: `exec([\"sqlite3\", …])`")
                }
                "explain" => Error::refused("`explain` changes nothing"),
                _ => Error::refused(format!("`{}` begins no statement of SQL that is known here", shown(&first)))
                    .hint("write `insert`, `update`, `delete`, `create`, `alter`, `drop` or `select`"),
            }),
            _ => Ok(()),
        }
    }

    fn has_where(&self) -> bool {
        let head = self.head().map_or(0, |(index, _)| index);
        self.tokens[head..]
            .iter()
            .any(|token| token.kind == Kind::Word && token.depth == 0 && token.text.eq_ignore_ascii_case("where"))
    }
}

/// A statement, or part of one, on one bounded line.
#[must_use]
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let clean: String = line.chars().map(|c| if c.is_control() { '·' } else { c }).take(LONGEST).collect();
    if line.chars().count() > LONGEST { format!("{clean}…") } else { clean }
}

fn unquoted(token: &Token<'_>) -> String {
    if token.kind != Kind::Quoted || token.text.len() < 2 {
        return token.text.to_owned();
    }
    let inner = &token.text[1..token.text.len() - 1];
    let quote = &token.text[..1];
    if quote == "[" { inner.to_owned() } else { inner.replace(&quote.repeat(2), quote) }
}

#[cfg(test)]
#[path = "statements_tests.rs"]
mod tests;
