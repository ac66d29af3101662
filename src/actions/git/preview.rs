//! How changed files read in a plan: `e41c9a0 "before batching" (2d)  −212 +340 in 2 files`, and a diff of each.

use similar::{ChangeTag, TextDiff};

use super::difference::{Change, State};
use super::repo::Repo;
use super::staged::Node;
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::unit::{Change as Shown, FileChange, Preview};

/// Above this many bytes a side, no diff is made.
const LARGEST_DIFF: usize = 1_000_000;

/// The preview of `changes`, which bring files to the commit that reads as `commit`.
pub fn of(repo: &Repo, look: &Look, commit: &str, changes: &[Change]) -> Result<Preview> {
    let mut preview = Preview::default();
    let (mut removed, mut added, mut files) = (0, 0, 0);
    for change in changes {
        look.cancel().check()?;
        if !change.work {
            let summary = format!("index of {}: as in the commit; the file itself is so already", change.name);
            preview.changes.push(Shown::Other { summary });
            continue;
        }
        files += 1;
        let (diff, minus, plus) = diff(change);
        removed += minus;
        added += plus;
        preview.changes.push(Shown::File {
            path: change.name.clone(),
            what: what(change),
            diff,
            size: (size(&change.before), size(&change.after)),
        });
    }
    preview.notes = notes(repo, changes);
    let count = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
    preview.summary = if files == 0 {
        format!("{commit}: the index only, the files are so already")
    } else {
        format!("{commit}  −{removed} +{added} in {count}")
    };
    Ok(preview)
}

fn what(change: &Change) -> FileChange {
    match (&change.before, &change.after) {
        (_, Node::Link(_)) => FileChange::Link,
        (Node::Absent, _) => FileChange::Create,
        (_, Node::Absent) => FileChange::Delete,
        (Node::File { content: before, .. }, Node::File { content: after, .. }) if before == after => {
            FileChange::Metadata
        }
        _ => FileChange::Modify,
    }
}

fn size(node: &Node) -> Option<u64> {
    match node {
        Node::File { content, .. } => Some(content.len() as u64),
        Node::Link(target) => Some(target.len() as u64),
        Node::Directory | Node::Absent | Node::Special => None,
    }
}

/// A unified diff where both sides are text, and how many lines go and come.
fn diff(change: &Change) -> (Option<String>, usize, usize) {
    let (Some(before), Some(after)) = (text(&change.before), text(&change.after)) else { return (None, 0, 0) };
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let count = |tag| diff.iter_all_changes().filter(|line| line.tag() == tag).count();
    let (minus, plus) = (count(ChangeTag::Delete), count(ChangeTag::Insert));
    let unified = diff.unified_diff().header(&format!("a/{}", change.name), &format!("b/{}", change.name)).to_string();
    let mode = match (&change.before, &change.after) {
        (Node::File { mode: before, .. }, Node::File { mode: after, .. }) if (before ^ after) & 0o100 != 0 => {
            if after & 0o100 == 0 { "no longer executable\n" } else { "executable\n" }
        }
        _ => "",
    };
    (Some(format!("{mode}{unified}")), minus, plus)
}

fn text(node: &Node) -> Option<String> {
    match node {
        Node::Absent => Some(String::new()),
        Node::Link(target) => Some(format!("link to {target}\n")),
        Node::File { content, .. } if content.len() <= LARGEST_DIFF && !content.contains(&0) => {
            String::from_utf8(content.clone()).ok()
        }
        _ => None,
    }
}

fn notes(repo: &Repo, changes: &[Change]) -> Vec<String> {
    let mut notes = Vec::new();
    for change in changes.iter().filter(|change| change.work) {
        let name =
            change.blocker.as_ref().and_then(|blocker| repo.name(blocker)).unwrap_or_else(|| change.name.clone());
        let what = if change.before == Node::Directory { "directory" } else { "file" };
        notes.push(match change.state {
            State::Uncommitted if change.before == Node::Absent => continue,
            State::Committed if change.before == Node::Directory => {
                format!("the directory `{name}` is in the way: it is captured first, then replaced")
            }
            State::Committed => continue,
            State::Uncommitted => format!("the uncommitted change to `{name}` is captured first, then replaced"),
            State::Untracked => format!("the untracked {what} `{name}` is captured first, then replaced"),
            State::Ignored => format!("the ignored {what} `{name}` is captured first, then replaced"),
        });
    }
    notes.dedup();
    notes
}
