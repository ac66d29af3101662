//! Text with possible line breaks, and its layout within a width.
//!
//! Owns where lines break. It must not know the language.

/// The widest line that a group on one line may make.
const WIDTH: usize = 100;

/// Blanks per level.
const INDENT: usize = 2;

/// A piece of text.
#[derive(Clone, Debug)]
pub(super) enum Doc {
    /// As it is; it may hold line ends of its own.
    Text(String),
    /// A comment: it has no width and a line end always follows.
    Comment(String),
    /// A line end in a broken group; in one that is on one line, this text.
    Break(&'static str),
    /// Text that only a broken group has, such as the comma behind its last item.
    IfBroken(&'static str),
    /// A line end wherever it stands.
    Line,
    /// An empty line before the next line; only behind a line end.
    Blank,
    /// Indented one level.
    Nest(Vec<Doc>),
    /// On one line when it fits and is not forced to break.
    Group(Vec<Doc>, bool),
}

impl Doc {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

/// Lays `docs` out.
pub(super) fn render(docs: &[Doc]) -> String {
    let mut page = Page { out: String::new(), column: 0 };
    let mut stack: Vec<Item> = docs.iter().rev().map(|doc| Item { doc, indent: 0, broken: true }).collect();
    while let Some(item) = stack.pop() {
        page.put(item, &mut stack);
    }
    page.out
}

#[derive(Clone, Copy)]
struct Item<'d> {
    doc: &'d Doc,
    indent: usize,
    /// Whether the group that it stands in is broken.
    broken: bool,
}

struct Page {
    out: String,
    /// Characters on the current line.
    column: usize,
}

impl Page {
    fn put<'d>(&mut self, item: Item<'d>, stack: &mut Vec<Item<'d>>) {
        match item.doc {
            Doc::Text(text) => self.text(text, item.indent),
            Doc::Comment(text) => {
                if self.column > 0 {
                    self.out.push_str("  ");
                }
                let column = self.column;
                self.text(text, item.indent);
                self.column = column;
            }
            Doc::Break(_) | Doc::Line if item.broken || matches!(item.doc, Doc::Line) => self.line(),
            Doc::Break(flat) => self.text(flat, item.indent),
            Doc::IfBroken(text) => {
                if item.broken {
                    self.text(text, item.indent);
                }
            }
            Doc::Line => self.line(),
            Doc::Blank => {
                if self.out.ends_with('\n') {
                    self.out.push('\n');
                }
            }
            Doc::Nest(docs) => {
                let nested = |doc| Item { doc, indent: item.indent + INDENT, broken: item.broken };
                stack.extend(docs.iter().rev().map(nested));
            }
            Doc::Group(docs, forced) => {
                let broken = *forced || !self.fits(docs, item.indent, stack);
                stack.extend(docs.iter().rev().map(|doc| Item { doc, indent: item.indent, broken }));
            }
        }
    }

    fn text(&mut self, text: &str, indent: usize) {
        if text.is_empty() {
            return;
        }
        if self.column == 0 {
            self.out.extend(std::iter::repeat_n(' ', indent));
            self.column = indent;
        }
        self.out.push_str(text);
        self.column = match text.rfind('\n') {
            Some(at) => text[at + 1..].chars().count(),
            None => self.column + text.chars().count(),
        };
    }

    fn line(&mut self) {
        let kept = self.out.trim_end_matches(' ').len();
        self.out.truncate(kept);
        self.out.push('\n');
        self.column = 0;
    }

    /// Whether a group on one line, with what follows it up to the next line end, stays within the width.
    fn fits(&self, docs: &[Doc], indent: usize, rest: &[Item]) -> bool {
        let start = if self.column == 0 { indent } else { self.column };
        let mut left = WIDTH.saturating_sub(start);
        let mut stack: Vec<(&Doc, bool)> = docs.iter().rev().map(|doc| (doc, false)).collect();
        let mut rest = rest.iter().rev();
        loop {
            // Groups behind this one may still break; so may what they hold.
            let (doc, broken) = match stack.pop() {
                Some(next) => next,
                None => match rest.next() {
                    Some(Item { doc: doc @ Doc::Group(..), .. }) => (*doc, true),
                    Some(item) => (item.doc, item.broken),
                    None => return true,
                },
            };
            let text = match doc {
                Doc::Text(text) => text.as_str(),
                Doc::Break(_) if broken => return true,
                Doc::Break(flat) => flat,
                Doc::Line | Doc::Comment(_) => return true,
                Doc::Blank | Doc::IfBroken(_) => continue,
                Doc::Nest(docs) => {
                    stack.extend(docs.iter().rev().map(|doc| (doc, broken)));
                    continue;
                }
                Doc::Group(docs, forced) => {
                    stack.extend(docs.iter().rev().map(|doc| (doc, broken || *forced)));
                    continue;
                }
            };
            let first_line = text.lines().next().unwrap_or("");
            let width = first_line.chars().count();
            if width > left {
                return false;
            }
            if text.contains('\n') {
                return true;
            }
            left -= width;
        }
    }
}
