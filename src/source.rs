//! Source texts: files, spans and the line index.
//!
//! Owns the text of every file that a policy is made of. It must not know what the text means.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A half-open range of byte offsets into one file. Files over 4 GiB are refused before they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`, in bytes.
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// An empty span at the end of this one.
    #[must_use]
    pub const fn tail(self) -> Self {
        Self::new(self.end, self.end)
    }

    /// As a range of `usize`, to index text with.
    #[must_use]
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Which file of a [`Sources`] a span belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct FileId(pub u16);

/// A span together with its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The range in it.
    pub span: Span,
}

impl Place {
    /// The place of `span` in `file`.
    #[must_use]
    pub const fn new(file: FileId, span: Span) -> Self {
        Self { file, span }
    }
}

/// One source text with its name and the offsets of its lines.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// As the user named it, for messages.
    pub path: PathBuf,
    /// The whole text, UTF-8.
    pub text: Arc<str>,
    lines: Arc<[u32]>,
}

impl SourceFile {
    /// Indexes `text`; `path` is used in messages only.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let starts = std::iter::once(0).chain(memchr_lines(text.as_bytes())).collect();
        Self { path: path.into(), text, lines: starts }
    }

    /// The text of `span`.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        &self.text[span.range()]
    }

    /// Line and column of a byte offset, both counted from 1; the column counts characters.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let line = self.lines.partition_point(|&start| start <= offset) - 1;
        let start = self.lines[line] as usize;
        let end = (offset as usize).min(self.text.len());
        (line + 1, self.text[start..end].chars().count() + 1)
    }

    /// The line of a byte offset, counted from 1, without the cost of its column.
    #[must_use]
    pub fn line(&self, offset: u32) -> usize {
        self.lines.partition_point(|&start| start <= offset)
    }

    /// The number of lines.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// The span of line `number` (from 1) without its line end.
    #[must_use]
    pub fn line_span(&self, number: usize) -> Span {
        let start = self.lines[number - 1];
        let end = self.lines.get(number).map_or(self.text.len() as u32, |next| next - 1);
        Span::new(start, end)
    }
}

fn memchr_lines(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at as u32 + 1)
}

/// All files of one compilation, addressed by [`FileId`].
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and returns its id.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(self.files.len() as u16 - 1)
    }

    /// The file with this id.
    #[must_use]
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(index as u16), file))
    }

    /// `path:line:column` of a place, for one-line messages.
    #[must_use]
    pub fn locate(&self, place: Place) -> String {
        let file = self.get(place.file);
        let (line, column) = file.line_column(place.span.start);
        format!("{}:{line}:{column}", display(&file.path))
    }
}

fn display(path: &Path) -> String {
    path.display().to_string()
}
