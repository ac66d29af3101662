//! Pieces of text: expressions as they were written, times, Markdown.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use crate::catalogue::show;
use crate::catalogue::value::Value;
use crate::check::imports::{self, Import};
use crate::check::model::{Expr, ExprKind, Policy};
use crate::diagnostics::Report;
use crate::source::{FileId, Place};

/// The texts of a policy without their comments.
pub struct Texts {
    files: HashMap<FileId, String>,
}

impl Texts {
    /// Blanks the comments of every file.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        let mut files = HashMap::new();
        for (id, source) in policy.sources.iter() {
            let tree = crate::syntax::parse(id, source, &mut Report::default());
            let mut text = source.text.to_string();
            for comment in &tree.comments {
                let range = comment.span.range();
                let blank = " ".repeat(range.len());
                text.replace_range(range, &blank);
            }
            files.insert(id, text);
        }
        Self { files }
    }

    /// Where something is defined: file, line and column; the file from that of the policy, wherever rbk runs.
    #[must_use]
    pub fn defined(policy: &Policy, place: Place) -> String {
        let file = policy.sources.get(place.file);
        let (line, column) = file.line_column(place.span.start);
        let path = if Import::embedded(&file.path).is_some() {
            file.path.clone()
        } else {
            beside(&policy.sources.get(policy.name.place.file).path, &file.path)
        };
        format!("{}:{line}:{column}", path.display())
    }

    /// What stands at a place, on one line.
    #[must_use]
    pub fn at(&self, place: Place) -> String {
        let text = self.files.get(&place.file).and_then(|text| text.get(place.span.range())).unwrap_or_default();
        if !text.contains('\n') {
            return text.trim().to_owned();
        }
        // The line breaks of a list or of a call mean nothing; blanks inside a line may.
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let mut one = String::new();
        for line in lines {
            let opens = one.ends_with(['(', '[']);
            let closes = line.starts_with([')', ']']);
            if closes {
                one = one.trim_end_matches(',').to_owned();
            } else if !one.is_empty() && !opens {
                one.push(' ');
            }
            one.push_str(line);
        }
        one
    }

    /// An expression as it was written.
    #[must_use]
    pub fn of(&self, expr: &Expr) -> String {
        self.at(expr.place)
    }

    /// A text: as it reads when it is known, as code otherwise.
    #[must_use]
    pub fn said(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Const(Value::Str(text)) => plain(text),
            _ => self.code(expr),
        }
    }

    /// The same as code in Markdown.
    #[must_use]
    pub fn code(&self, expr: &Expr) -> String {
        code(&self.of(expr))
    }
}

/// `path` as the file `own` would name it; both are relative to one folder.
fn beside(own: &Path, path: &Path) -> PathBuf {
    let (own, path) = (imports::tidied(own.parent().unwrap_or(Path::new(""))), imports::tidied(path));
    let common = own.components().zip(path.components()).take_while(|(own, path)| own == path).count();
    let up = own.components().skip(common).map(|_| Component::ParentDir);
    up.chain(path.components().skip(common)).collect()
}

/// A duration as a person reads it.
#[must_use]
pub fn length(time: Duration) -> String {
    show::duration(time.as_nanos() as f64)
}

/// Code in Markdown, whatever it holds.
#[must_use]
pub fn code(text: &str) -> String {
    let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    if longest == 0 {
        return format!("`{text}`");
    }
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

/// Plain text in Markdown: what would mean something is escaped.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if matches!(char, '\\' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '|') {
            out.push('\\');
        }
        out.push(if char == '\n' { ' ' } else { char });
    }
    out
}

/// What stands in a cell of a table: a `|` would end it, also within code.
#[must_use]
pub fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for char in text.chars() {
        if char == '|' && before != '\\' {
            out.push('\\');
        }
        out.push(char);
        before = char;
    }
    out
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn joined(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A table of Markdown; nothing when it has no rows.
#[must_use]
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = line(head.iter().map(|cell| (*cell).to_owned()).collect());
    out.push_str(&format!("|{}\n", "---|".repeat(head.len())));
    for row in rows {
        out.push_str(&line(row.iter().map(|text| cell(text)).collect()));
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{beside, cell, code, joined, plain};

    #[test]
    fn a_file_is_named_alike_wherever_rbk_runs() {
        let of = |own: &str, path: &str| beside(Path::new(own), Path::new(path)).display().to_string();
        for (own, path) in [("ops/p.rbk", "lib/x.rbk"), ("./p.rbk", "../lib/x.rbk"), ("../ops/p.rbk", "../lib/x.rbk")] {
            assert_eq!(of(own, path), "../lib/x.rbk", "{own}");
        }
        assert_eq!(of("./p.rbk", "lib/x.rbk"), "lib/x.rbk");
        assert_eq!(of("/a/p.rbk", "/a/p.rbk"), "p.rbk");
    }

    #[test]
    fn text_of_a_policy_cannot_become_markup() {
        assert_eq!(plain("a *b* <c> [d](e)"), r"a \*b\* \<c\> \[d\](e)");
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a `b` c"), "`` a `b` c ``");
        assert_eq!(cell(r"a | b \| c"), r"a \| b \| c");
    }

    #[test]
    fn lists_read_as_sentences() {
        let of = |items: &[&str]| joined(&items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>());
        assert_eq!([of(&["a"]), of(&["a", "b"]), of(&["a", "b", "c"])], ["a", "a and b", "a, b and c"]);
    }
}
