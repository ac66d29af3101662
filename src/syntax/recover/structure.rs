//! What is said about brackets and strings that do not match.

use super::Recovery;
use super::hole;
use super::lex::Unclosed;
use super::outline::Fault;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{Place, Span};
use crate::syntax::scan::MAX_DEPTH;

impl Recovery<'_> {
    /// Reports faults of structure: at most one for a line.
    pub(super) fn structure(&mut self, strings: &[Unclosed], faults: &[Fault]) {
        for string in strings {
            let line = self.line(string.at);
            if self.lines.insert(line) {
                let found = self.unclosed_string(*string);
                self.lines.insert(self.line_in_file(found.span().start));
                self.found.push(found);
            }
        }
        for fault in faults {
            let (at, found) = self.fault(*fault);
            let line = self.line(at);
            let first = self.lines.insert(line);
            if !first && !matches!(fault, Fault::TooDeep { .. }) {
                continue;
            }
            if let Fault::Stray { close } = fault
                && self.text.as_bytes()[*close] == b'}'
            {
                self.strays.push((line, found));
            } else {
                self.found.push(found);
            }
        }
    }

    pub(super) fn place(&self, start: usize, end: usize) -> Place {
        Place::new(self.file, Span::new(self.base + start as u32, self.base + end as u32))
    }

    fn unclosed_string(&self, string: Unclosed) -> Diagnostic {
        let length = if string.block { 3 } else { 1 };
        // What began inside of it is the likelier slip: its `"` was taken for one of the value.
        let written = &self.source.text[self.base as usize + string.at..];
        if let Some(hole) = if string.block { hole::open_in_block(written) } else { hole::open_in_line(written) } {
            let at = string.at + hole;
            return Diagnostic::new(Code::UnclosedString, self.place(at, at + 2), "this `${` is never closed")
                .label("its `}` is missing")
                .also(self.place(string.at, string.at + length), "in this string")
                .help("close it: `${name}`; a `$` itself is written `\\$`");
        }
        let help =
            if string.block { "end it with `\"\"\"`" } else { "end it with `\"`, or use `\"\"\"` for several lines" };
        Diagnostic::new(Code::UnclosedString, self.place(string.at, string.at + length), "this string is never closed")
            .label("it begins here")
            .help(help)
    }

    /// A finding and the offset it is about.
    fn fault(&self, fault: Fault) -> (usize, Diagnostic) {
        let bracket = |at: usize| &self.text[at..=at];
        match fault {
            Fault::Unclosed { open, missing } => {
                let opener = bracket(open);
                let closer = closer(opener);
                let message = format!("this `{opener}` is never closed");
                let help = format!("write `{closer}`");
                if let Some(at) = missing.filter(|at| self.line(*at) != self.line(open)) {
                    let message = format!("a `{opener}` is never closed");
                    let found = Diagnostic::new(Code::UnclosedBracket, self.place(at, at), message)
                        .label(format!("`{closer}` is missing here at the latest"))
                        .also(self.place(open, open + 1), "to close this")
                        .help(help);
                    (at, found)
                } else {
                    let place = self.place(open, open + 1);
                    (open, Diagnostic::new(Code::UnclosedBracket, place, message).label("opened here").help(help))
                }
            }
            Fault::Stray { close } => {
                let closer = bracket(close);
                let found = Diagnostic::new(
                    Code::StrayCloser,
                    self.place(close, close + 1),
                    format!("this `{closer}` has no opener"),
                )
                .label("closes nothing")
                .help(format!("remove it, or write the `{}` that it closes", opener(closer)));
                (close, found)
            }
            Fault::NoOpener { close, missing } => {
                let closer = bracket(close);
                let opener = opener(closer);
                let found = Diagnostic::new(
                    Code::StrayCloser,
                    self.place(missing, missing),
                    format!("a `{closer}` has no opener"),
                )
                .label(format!("`{opener}` is missing here"))
                .also(self.place(close, close + 1), "to be closed here")
                .help(format!("write `{opener}`"));
                (missing, found)
            }
            Fault::Mismatch { open, close } => {
                let opener = bracket(open);
                let found = Diagnostic::new(
                    Code::StrayCloser,
                    self.place(close, close + 1),
                    format!("this `{}` closes a `{opener}`", bracket(close)),
                )
                .label("another bracket belongs here")
                .also(self.place(open, open + 1), "opened here")
                .help(format!("write `{}`", closer(opener)));
                (close, found)
            }
            Fault::TooDeep { open } => (open, too_deep(self.place(open, open + 1))),
        }
    }
}

/// The report of a bracket or word that is one level too deep.
pub(in crate::syntax) fn too_deep(place: Place) -> Diagnostic {
    Diagnostic::new(Code::TooDeep, place, format!("more than {MAX_DEPTH} levels of nesting"))
        .label("this is one level too deep")
        .help("name inner parts with `let`, or split the block")
}

fn closer(opener: &str) -> &'static str {
    match opener {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

fn opener(closer: &str) -> &'static str {
    match closer {
        ")" => "(",
        "]" => "[",
        _ => "{",
    }
}
