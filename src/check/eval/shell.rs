//! Shell commands with values in them: each value is quoted for the place where it stands.
//!
//! Quoting is by place: inside `"…"` a quoted value would be text with quotes in it, and `$(…)` in it would be run. So the
//! quotes of the command are followed, and opened again around a value. Where that cannot be done surely (backticks, here
//! documents, `$((…))`, comments), the value is refused, with the way that always works.

use std::sync::Arc;

use super::piece::{Piece, single};
use super::wrong;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::value::{Code, Value};

/// Where a character of a command stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// `'…'`
    Single,
    /// `"…"`
    Double,
    /// `$'…'`
    Ansi,
    /// `$(…)` and `(…)`
    Paren,
    /// `${…}`
    Brace,
    /// `$((…))` and `((…))`, with the parentheses that are open.
    Arithmetic(u32),
    /// `` `…` ``
    Backtick,
    /// `# …`
    Comment,
}

/// The pieces as a command. A list becomes one word for each element.
pub(super) fn command(pieces: &[Piece<'_>]) -> Result<Value> {
    let mut text = String::new();
    let mut place = Place { word_start: true, ..Place::default() };
    let mut words = Words::default();
    for piece in pieces {
        match piece {
            Piece::Text(literal) => {
                literal.chars().for_each(|char| place.step(char));
                words.follow(literal);
                text.push_str(literal);
            }
            Piece::Hole(Value::Code(code)) if text.is_empty() => {
                code.text.chars().for_each(|char| place.step(char));
                words.follow(&code.text);
                text.push_str(&code.text);
            }
            Piece::Hole(value) => {
                let word = match value {
                    Value::List(items) => items.iter().map(quoted).collect::<Result<Vec<_>>>()?.join(" "),
                    one => quoted(one)?,
                };
                if words.read_again(&place) {
                    return Err(refused("in what a second shell reads"));
                }
                let word = place.around(&word)?;
                words.follow(&word);
                text.push_str(&word);
                place.value();
            }
        }
    }
    Ok(Value::Code(Arc::new(Code { text: text.into(), binds: Vec::new() })))
}

/// A value as one word.
fn quoted(value: &Value) -> Result<String> {
    if let Value::Quantity(quantity) = value {
        let unit = if quantity.dim == crate::catalogue::ty::Dim::BYTES { "1MB" } else { "1s" };
        return Err(wrong(format!("{value} has no one spelling that programs agree on"))
            .hint(format!("say the unit by dividing by it: `${{x / {unit}}}`")));
    }
    let text = single(value)?;
    shlex::try_quote(&text)
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| wrong(format!("{text:?} holds a zero byte, which no program can be given")))
}

/// The words of a command so far, as far as they tell of another shell that reads what is written here.
#[derive(Default)]
struct Words {
    /// The one that is not ended yet.
    current: String,
    before: String,
    /// Whether `eval` stands there.
    eval: bool,
    /// Whether `sh -c`, or the like, stands there.
    program: bool,
}

impl Words {
    fn follow(&mut self, text: &str) {
        let mut parts = text.split(|char: char| char.is_whitespace() || ";&|()\"'".contains(char));
        self.current.push_str(parts.next().unwrap_or_default());
        for part in parts {
            self.eval |= self.current == "eval";
            self.program |= self.is_program();
            std::mem::swap(&mut self.before, &mut self.current);
            self.current.clear();
            self.current.push_str(part);
        }
    }

    fn is_program(&self) -> bool {
        let (shell, flag) = (&self.before, &self.current);
        let shell = shell.ends_with("sh") && !shell.ends_with("ssh") || shell == "su";
        shell && flag.starts_with('-') && flag.ends_with('c')
    }

    /// Whether what stands here is a program for another shell: quoting is only good for one.
    fn read_again(&self, place: &Place) -> bool {
        let quoted = matches!(place.modes.last(), Some(Mode::Single | Mode::Double));
        self.eval || self.current == "eval" || quoted && (self.program || self.is_program())
    }
}

/// Where in a command we are.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is one thing that a character may have left behind")]
struct Place {
    /// Outermost first.
    modes: Vec<Mode>,
    /// Behind a backslash.
    escaped: bool,
    /// The character before, where it matters: `$`, `(`, `<`.
    before: char,
    /// A `#` here begins a comment.
    word_start: bool,
    /// The word that is being read, as far as it is letters.
    word: String,
    /// How many `<` stand directly before.
    angles: u8,
    /// A here document has begun.
    document: bool,
    /// Something was met after which the quotes cannot be followed surely.
    lost: bool,
}

impl Place {
    /// One more character of the command.
    fn step(&mut self, char: char) {
        let before = std::mem::replace(&mut self.before, '\0');
        self.follow_angles(char);
        if std::mem::take(&mut self.escaped) {
            // A line that is continued is one line: what began a word before still does.
            self.word_start &= char == '\n';
            return;
        }
        match self.modes.last().copied() {
            Some(Mode::Single) => self.end_with('\'', char),
            Some(Mode::Comment) => {
                self.end_with('\n', char);
                self.word_start = char == '\n';
            }
            Some(Mode::Ansi) => {
                self.escaped = char == '\\';
                self.end_with('\'', char);
            }
            Some(Mode::Double) => match char {
                '\\' => self.escaped = true,
                '"' => self.close(),
                _ => self.expansion(before, char),
            },
            Some(Mode::Backtick) => match char {
                '\\' => self.escaped = true,
                '`' => self.close(),
                // Which backtick ends it depends on quotes inside, and shells differ.
                '\'' | '"' => self.lost = true,
                _ => {}
            },
            Some(Mode::Brace) => match char {
                '\\' => self.escaped = true,
                '}' => self.close(),
                // What a quote means here depends on the quotes around.
                '\'' | '"' => self.lost = true,
                _ => self.expansion(before, char),
            },
            Some(Mode::Arithmetic(open)) => match char {
                '(' => self.reopen(Mode::Arithmetic(open + 1)),
                ')' if open == 1 => self.close(),
                ')' => self.reopen(Mode::Arithmetic(open - 1)),
                '\'' | '"' | '`' | '\\' | '#' => self.lost = true,
                _ => {}
            },
            None | Some(Mode::Paren) => self.plain(before, char),
        }
    }

    /// Outside of quotes.
    fn plain(&mut self, before: char, char: char) {
        let word_start = std::mem::take(&mut self.word_start);
        if char.is_ascii_alphabetic() {
            self.word.push(char);
        } else {
            // A `)` of a `case` inside `$(…)` closes nothing.
            self.lost |= self.word == "case" && self.modes.contains(&Mode::Paren);
            self.word.clear();
        }
        match char {
            '\\' => {
                self.escaped = true;
                self.word_start = word_start;
            }
            '\'' => self.modes.push(if before == '$' { Mode::Ansi } else { Mode::Single }),
            '"' => self.modes.push(Mode::Double),
            '#' if word_start => self.modes.push(Mode::Comment),
            '(' if before == '(' => self.reopen(Mode::Arithmetic(2)),
            '(' if before != '$' => {
                self.modes.push(Mode::Paren);
                self.before = '(';
                self.word_start = true;
            }
            ')' => {
                if self.modes.last() == Some(&Mode::Paren) {
                    self.close();
                }
                self.word_start = true;
            }
            ' ' | '\t' | '\n' | ';' | '&' | '|' => self.word_start = true,
            _ => self.expansion(before, char),
        }
    }

    /// `<<` begins a here document, `<<<` gives a word.
    fn follow_angles(&mut self, char: char) {
        let outside = matches!(self.modes.last(), None | Some(Mode::Paren)) && !self.escaped;
        if char == '<' && outside {
            self.angles = self.angles.saturating_add(1);
        } else {
            self.document |= self.angles == 2;
            self.angles = 0;
        }
    }

    /// What begins with `$` or a backtick, in quotes and out of them.
    fn expansion(&mut self, before: char, char: char) {
        match (before, char) {
            (_, '`') => self.modes.push(Mode::Backtick),
            ('$', '(') => {
                self.modes.push(Mode::Paren);
                self.before = '(';
                self.word_start = true;
            }
            ('$', '{') => self.modes.push(Mode::Brace),
            // An old form of `$((…))`.
            ('$', '[') => self.lost = true,
            // `$$` is the shell's own number, and done with.
            ('$', '$') => {}
            (_, '$') => self.before = '$',
            _ => {}
        }
    }

    fn end_with(&mut self, end: char, char: char) {
        if char == end {
            self.close();
        }
    }

    fn close(&mut self) {
        self.modes.pop();
        self.word_start = false;
    }

    fn reopen(&mut self, mode: Mode) {
        self.modes.pop();
        self.modes.push(mode);
    }

    /// A value was put here.
    fn value(&mut self) {
        self.before = '\0';
        self.word_start = false;
        self.word.clear();
    }

    /// `word`, which is quoted, with the quotes around it closed and opened again.
    fn around(&self, word: &str) -> Result<String> {
        let refusal = if self.escaped {
            Some("directly behind a backslash")
        } else if self.before == '$' {
            Some("directly behind a `$`")
        } else if self.lost {
            Some("where the quotes around it cannot be told surely")
        } else if self.document || self.angles == 2 {
            Some("behind the beginning of a here document")
        } else {
            self.modes.iter().find_map(|mode| match mode {
                Mode::Ansi => Some("inside `$'…'`"),
                Mode::Brace => Some("inside `${…}` of the shell"),
                Mode::Arithmetic(_) => Some("inside `((…))`"),
                Mode::Backtick => Some("inside backticks"),
                Mode::Comment => Some("inside a comment"),
                Mode::Single | Mode::Double | Mode::Paren => None,
            })
        };
        if let Some(place) = refusal {
            return Err(refused(place));
        }
        Ok(match self.modes.last() {
            Some(Mode::Single) => format!("'{word}'"),
            Some(Mode::Double) => format!("\"{word}\""),
            _ => word.to_owned(),
        })
    }
}

fn refused(place: &str) -> Error {
    wrong(format!("a value cannot be quoted {place} of a shell command"))
        .hint("give it to a variable first, `x=${value}`, and write `\"$x\"` there; or use `exec([…])`")
}
