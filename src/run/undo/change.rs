//! A thing that was changed since a run left it, in three states: before the run, as the run left it, now.

use std::io::Read;

use super::trail::Called;
use crate::catalogue::change::{thousands, unified_between};
use crate::catalogue::error::Error;
use crate::catalogue::keep::{Keep, ObjectId};
use crate::catalogue::look::Look;
use crate::catalogue::show;
use crate::catalogue::snapshot::NodeState;
use crate::catalogue::visible::visible_line;
use crate::run::executor::digest_of_file;
use crate::run::secrets::Secrets;

/// Longer texts are told by size and digest.
const LONGEST: u64 = 1024 * 1024;
/// Lines of one diff; the rest is counted.
const LINES: usize = 60;

/// A thing that is not as the run left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The node that wrote it.
    pub key: String,
    /// Which thing.
    pub part: String,
    /// As it was before the run, as the run left it, and as it is now, in words.
    pub before: String,
    pub left: String,
    pub now: String,
    /// What was changed since and what the undo would put back, as unified diffs with a line above each.
    pub diffs: Vec<String>,
    /// What is not shown, and why.
    pub remark: Option<String>,
}

impl Change {
    /// A call of which nobody can tell whether it was changed.
    pub(super) fn untold(called: &Called, error: &Error) -> Self {
        Self {
            key: called.node.clone(),
            part: called.text.clone(),
            before: "as it was captured".to_owned(),
            left: "as its digest says".to_owned(),
            now: format!("cannot be told: {}", error.what),
            diffs: Vec::new(),
            remark: None,
        }
    }

    /// Its lines for a person.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("changed since: {} (written by {})\n", self.part, self.key);
        for (when, what) in [("before the run", &self.before), ("left by the run", &self.left), ("now", &self.now)] {
            text.push_str(&format!("  {when:<16}{what}\n"));
        }
        for line in self.remark.iter().map(String::as_str).chain(self.diffs.iter().flat_map(|diff| diff.lines())) {
            text.push_str(&format!("  {}\n", visible_line(line)));
        }
        text
    }
}

/// What it takes to show a change.
pub(super) struct Shown<'a> {
    pub look: &'a Look,
    pub keep: &'a dyn Keep,
    /// Values that must not be seen.
    pub secrets: &'a Secrets,
    /// Secrets that content may hold and whose values are not known here, so that they cannot be looked for.
    pub hidden: Option<String>,
}

/// One of the three states.
struct Side {
    words: String,
    /// Text that can be shown; empty where nothing is there.
    text: Option<String>,
}

impl Shown<'_> {
    pub fn change(
        &self,
        key: &str,
        part: String,
        (before, described): (Option<&NodeState>, Option<&str>),
        left: &str,
        now: &str,
    ) -> Change {
        let before = match before {
            Some(state) => self.kept(state),
            None => described.map_or_else(|| side("unknown", None, None), |described| self.described(described)),
        };
        let left = self.described(left);
        let now = self.present(&part, now);
        let mut change = Change {
            key: key.to_owned(),
            part,
            before: before.words,
            left: left.words,
            now: now.words,
            diffs: Vec::new(),
            remark: None,
        };
        let any = [&before.text, &left.text, &now.text].iter().any(|text| text.as_ref().is_some_and(|t| !t.is_empty()));
        if let (Some(hidden), true) = (&self.hidden, any) {
            change.remark = Some(format!("its content is not shown, since it may hold {hidden}"));
            return change;
        }
        match (&left.text, &now.text) {
            (Some(left), Some(now)) => {
                self.diff(&mut change, "changed since the run:", ("after the run", left), ("now", now));
            }
            (None, Some(_)) if change.left.starts_with("a file") => {
                change.remark = Some(
                    "of what the run left only a digest is known, so what was changed since cannot be shown line by line"
                        .to_owned(),
                );
            }
            _ => {}
        }
        if let (Some(now), Some(before)) = (&now.text, &before.text) {
            self.diff(&mut change, "the undo would change:", ("now", now), ("before the run", before));
        }
        change
    }

    fn diff(&self, change: &mut Change, title: &str, old: (&str, &str), new: (&str, &str)) {
        if old.1 == new.1 {
            return;
        }
        let diff = unified_between((old.0, new.0), old.1, new.1, LINES);
        let diff = self.secrets.scrub(&diff).unwrap_or(diff);
        change.diffs.push(format!("{title}\n{diff}"));
    }

    fn kept(&self, state: &NodeState) -> Side {
        let described = state.described();
        match state {
            NodeState::File { object, size, .. } => {
                side(&described, Some(*size), (*size <= LONGEST).then(|| self.text_of(object)).flatten())
            }
            _ => self.described(&described),
        }
    }

    fn described(&self, described: &str) -> Side {
        let object = digest_of_file(described).and_then(|digest| self.keep.find(digest).ok().flatten());
        let text = object.and_then(|object| self.text_of(&object));
        side(described, text.as_ref().map(|text| text.len() as u64), text)
    }

    fn present(&self, part: &str, described: &str) -> Side {
        if digest_of_file(described).is_none() {
            return side(described, None, None);
        }
        let at = self.look.located_as_kept(part);
        let size = self.look.facts(&at).ok().flatten().map(|facts| facts.size);
        let text = self.look.read(&at, LONGEST).ok().and_then(text);
        side(described, size, text)
    }

    fn text_of(&self, object: &ObjectId) -> Option<String> {
        let mut content = Vec::new();
        self.keep.open(object).ok()?.take(LONGEST + 1).read_to_end(&mut content).ok()?;
        text(content)
    }
}

fn text(content: Vec<u8>) -> Option<String> {
    (content.len() as u64 <= LONGEST && !content.contains(&0)).then(|| String::from_utf8(content).ok()).flatten()
}

/// A state in words, from its description in a fingerprint.
fn side(described: &str, size: Option<u64>, text: Option<String>) -> Side {
    let words = |words: String, text| Side { words, text };
    if described == "absent" {
        return words("nothing is there".to_owned(), Some(String::new()));
    }
    if let Some(digest) = digest_of_file(described) {
        let mode = described.split(' ').nth(1).unwrap_or_default();
        let size = size.map_or_else(String::new, |size| format!(" of {}", bytes(size)));
        let digest = if text.is_some() { String::new() } else { format!(", digest {}", &digest[..12]) };
        return words(format!("a file{size}, mode {mode}{digest}"), text);
    }
    let other = match described.split_once(' ') {
        Some(("directory", rest)) if rest.len() == 4 => format!("a folder, mode {rest}"),
        Some(("directory", rest)) => format!("a folder {}", rest.trim_start_matches("of ")),
        Some(("link", rest)) => format!("a link {rest}"),
        _ if described.len() >= 32 && described.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("content with the digest {}", &described[..12])
        }
        _ => described.to_owned(),
    };
    words(other, None)
}

fn bytes(size: u64) -> String {
    if size < 10_000 { format!("{} B", thousands(size)) } else { show::bytes(size as f64) }
}
