//! What a plan shows of files: unified diffs of text, sizes of the rest, directories summed up.
//!
//! Reads only; both sides of a diff come from the world as it is and from what a unit says it would write.

use std::fmt;
use std::time::Duration;

use similar::TextDiff;

use super::error::Result;
use super::facts::Sort;
use super::look::{Located, Look};
use super::path_text::encode;
use super::show;
use super::unit::{Change, FileChange};

/// Larger text is shown by its size.
const DIFFED: u64 = 1024 * 1024;
/// Lines of one diff; the rest is counted.
const MOST_LINES: usize = 400;
/// Texts that differ everywhere get a coarser diff rather than a late one.
const DIFF_TIME: Duration = Duration::from_millis(300);
/// Changes listed of one directory; the rest is counted.
const LISTED: usize = 50;

/// What would stand at a place.
#[derive(Clone, Copy, Debug)]
pub enum New<'a> {
    /// A file with this content.
    Content(&'a [u8]),
    /// A file like that one.
    CopyOf(&'a Located),
    /// A link to this target.
    Link(&'a str),
    /// A directory.
    Directory,
    /// Nothing.
    Absent,
    /// What stands there, with this mode.
    Mode(u32),
}

/// The change from what stands at `at` to `new`; nothing where there is no difference.
pub fn file_change(look: &Look, at: &Located, new: New<'_>) -> Result<Option<Change>> {
    let before = side(look, at)?;
    let after = match new {
        New::Content(content) => Side::of_content(content),
        New::CopyOf(other) => side(look, other)?,
        New::Link(target) => {
            Side { sort: Some(Sort::Link), text: Some(format!("link to {target}\n")), ..Side::default() }
        }
        New::Directory => Side { sort: Some(Sort::Directory), ..Side::default() },
        New::Absent => Side::default(),
        New::Mode(mode) => {
            let Some(facts) = look.facts(at)?.filter(|facts| facts.mode != mode) else { return Ok(None) };
            let diff = unified(&at.name, &format!("mode {:04o}\n", facts.mode), &format!("mode {mode:04o}\n"));
            let size = (Some(facts.size), Some(facts.size));
            return Ok(Some(Change::File {
                path: at.name.clone(),
                what: FileChange::Metadata,
                diff: Some(diff),
                size,
            }));
        }
    };
    if before.sort == after.sort && before.same_as(&after) {
        return Ok(None);
    }
    let what = match (before.sort, after.sort) {
        (_, Some(Sort::Link)) => FileChange::Link,
        (None, _) => FileChange::Create,
        (_, None) => FileChange::Delete,
        _ => FileChange::Modify,
    };
    let diff = match (&before.text, &after.text) {
        (Some(old), Some(new)) => Some(unified(&at.name, old, new)),
        (Some(old), None) if after.sort.is_none() => Some(unified(&at.name, old, "")),
        (None, Some(new)) if before.sort.is_none() => Some(unified(&at.name, "", new)),
        _ => None,
    };
    let path = if before.sort == Some(Sort::Directory) || after.sort == Some(Sort::Directory) {
        format!("{}/", at.name)
    } else {
        at.name.clone()
    };
    Ok(Some(Change::File { path, what, diff, size: (before.size, after.size) }))
}

/// The changes that make the directory `to` exactly like `from`, at most a screenful, and a line for the rest.
pub fn tree_changes(look: &Look, from: &Located, to: &Located) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    let mut more = 0_usize;
    compare(look, from, to, &mut changes, &mut more)?;
    if more > 0 {
        changes.push(Change::Other {
            summary: format!("and {} more changes below `{}`", thousands(more as u64), to.name),
        });
    }
    Ok(changes)
}

fn compare(look: &Look, from: &Located, to: &Located, changes: &mut Vec<Change>, more: &mut usize) -> Result<()> {
    look.cancel().check()?;
    let source = look.facts(from)?;
    let target = look.facts(to)?;
    let is_dir = |facts: Option<super::facts::Facts>| facts.is_some_and(|facts| facts.is_dir());
    if !is_dir(source) || !is_dir(target) {
        let new = if source.is_some() { New::CopyOf(from) } else { New::Absent };
        if changes.len() < LISTED {
            changes.extend(file_change(look, to, new)?);
        } else {
            *more += 1;
        }
        // What is new below a new directory is named by it.
        return Ok(());
    }
    let names = |at: &Located| -> Result<std::collections::BTreeSet<std::ffi::OsString>> {
        Ok(look.entries(at)?.iter().filter_map(|entry| entry.path.file_name().map(ToOwned::to_owned)).collect())
    };
    for name in names(from)?.union(&names(to)?) {
        compare(look, &look.entry(from, name), &look.entry(to, name), changes, more)?;
    }
    Ok(())
}

/// How much there is at a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Files, links and other entries that are no directories.
    pub files: u64,
    /// Directories.
    pub directories: u64,
    /// Bytes in files.
    pub bytes: u64,
}

/// How much there is at and below a place; links are not followed.
pub fn extent(look: &Look, at: &Located) -> Result<Extent> {
    if let Some(file) = look.foreseen(at) {
        return Ok(Extent { files: 1, directories: 0, bytes: file.content.len() as u64 });
    }
    let mut sum = Extent::default();
    for entry in walkdir::WalkDir::new(&at.path).into_iter().filter_entry(|entry| !look.is_guarded(entry.path())) {
        look.cancel().check()?;
        // What vanishes while it is counted does not count.
        let Some(meta) = entry.ok().and_then(|entry| entry.metadata().ok()) else { continue };
        if meta.is_dir() {
            sum.directories += 1;
        } else {
            sum.files += 1;
            sum.bytes += if meta.is_file() { meta.len() } else { 0 };
        }
    }
    Ok(sum)
}

impl fmt::Display for Extent {
    /// `1,203 files 48MB`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = if self.files == 1 { "file" } else { "files" };
        write!(f, "{} {files} {}", thousands(self.files), show::bytes(self.bytes as f64))
    }
}

impl std::ops::AddAssign for Extent {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.directories += other.directories;
        self.bytes += other.bytes;
    }
}

/// `1203` as `1,203`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A unified diff of two texts of the file `name`, cut where it is too long to be read.
#[must_use]
pub fn unified(name: &str, old: &str, new: &str) -> String {
    unified_between((name, name), old, new, MOST_LINES)
}

/// A unified diff of two texts with a name each, of at most so many lines; the rest is counted.
#[must_use]
pub fn unified_between((from, to): (&str, &str), old: &str, new: &str, most: usize) -> String {
    let diff = TextDiff::configure().timeout(DIFF_TIME).diff_lines(old, new);
    let text = diff.unified_diff().context_radius(3).header(from, to).to_string();
    let mut lines = text.split_inclusive('\n');
    let mut kept: String = lines.by_ref().take(most).collect();
    let rest = lines.count();
    if rest > 0 {
        kept.extend(["… ", &thousands(rest as u64), " more lines\n"]);
    }
    kept
}

/// One side of a change.
#[derive(Default)]
struct Side {
    sort: Option<Sort>,
    size: Option<u64>,
    /// Content that can be diffed, or a link's target.
    text: Option<String>,
    /// The digest of other content.
    digest: Option<blake3::Hash>,
    mode: u32,
}

impl Side {
    fn of_content(content: &[u8]) -> Self {
        let text = diffable(content);
        let digest = text.is_none().then(|| blake3::hash(content));
        Self { sort: Some(Sort::File), size: Some(content.len() as u64), text, digest, mode: 0 }
    }

    fn same_as(&self, other: &Self) -> bool {
        let mode = self.mode == 0 || other.mode == 0 || self.mode == other.mode;
        (self.size, &self.text, self.digest) == (other.size, &other.text, other.digest) && mode
    }
}

fn side(look: &Look, at: &Located) -> Result<Side> {
    let Some(facts) = look.facts(at)? else { return Ok(Side::default()) };
    let mut side = Side { sort: Some(facts.sort), mode: facts.mode, ..Side::default() };
    match facts.sort {
        Sort::File if facts.size <= DIFFED => {
            // It may have grown since; then it is shown as it was when it was read.
            side = Side { mode: facts.mode, ..Side::of_content(&look.read(at, DIFFED * 2)?) };
        }
        Sort::File => {
            let (mut file, _) = look.open(at)?;
            let digest = look.content_digest(&mut file);
            look.cancel().check()?;
            side.digest = Some(digest.map_err(|error| super::error::Error::io(format!("read `{}`", at.name), &error))?);
            side.size = Some(facts.size);
        }
        Sort::Link => {
            side.text = Some(format!("link to {}\n", encode(&look.link_target(at)?)));
            side.mode = 0;
        }
        Sort::Directory => {
            side.size = Some(extent(look, at)?.bytes);
        }
        _ => {}
    }
    Ok(side)
}

fn diffable(content: &[u8]) -> Option<String> {
    let small = content.len() as u64 <= DIFFED && !content.contains(&0);
    small.then(|| String::from_utf8(content.to_vec()).ok()).flatten()
}

#[cfg(test)]
mod tests;
