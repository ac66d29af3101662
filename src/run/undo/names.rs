//! Several names of one file: what is written through one of them is seen through all.
//!
//! A call tells what it wrote by the name that it used. Whether two names mean one file now is asked of the world; that
//! they did once is known of files that were captured.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::os::unix::fs::MetadataExt;

use super::trail::Called;
use super::walk::{How, UndoStep};
use crate::catalogue::look::Look;
use crate::catalogue::snapshot::{NodeState, below, tops};
use crate::catalogue::unit::Capture;

/// The file behind a part, where it has further names: device and inode.
pub(in crate::run) fn shared(look: &Look, part: &str) -> Option<(u64, u64)> {
    let meta = look.located_as_kept(part).path.symlink_metadata().ok()?;
    (!meta.is_dir() && meta.nlink() > 1).then(|| (meta.dev(), meta.ino()))
}

/// What of files that were replaced or removed cannot be brought back: that names outside of the roots were the same
/// file. Nothing is said of those that still have several names: they were never replaced.
pub(super) fn parted(steps: &[UndoStep], look: &Look) -> Vec<String> {
    let mut paths = BTreeSet::new();
    for step in steps {
        let How::Restore(called) = &step.how else { continue };
        for state in called.capture.states() {
            if matches!(state.node, NodeState::File { hard_link: None, outside: 1.., .. })
                && shared(look, &state.path).is_none()
            {
                paths.insert(look.located_as_kept(&state.path).name);
            }
        }
    }
    let told =
        |path| format!("`{path}` had another name outside of the root; its content comes back, as a file of its own");
    paths.into_iter().map(told).collect()
}

/// Parts of which some may be further names of others. The world is asked once there is a question.
#[derive(Default)]
pub(super) struct Names<'a> {
    parts: Vec<&'a str>,
    asked: usize,
    files: HashSet<(u64, u64)>,
}

impl<'a> Names<'a> {
    pub fn add(&mut self, parts: impl Iterator<Item = &'a str>) {
        self.parts.extend(parts);
    }

    /// Whether `part` is now another name of a file among these.
    pub fn hold(&mut self, look: &Look, part: &str) -> bool {
        let Some(file) = shared(look, part) else { return false };
        self.files.extend(self.parts[self.asked..].iter().filter_map(|part| shared(look, part)));
        self.asked = self.parts.len();
        self.files.contains(&file)
    }
}

/// Whether a part of what a call on a repository left says the same once the commit that it was given by name is another
/// one, or none: `HEAD`, refs and captured paths do. The others tell what differs from that commit.
pub(super) fn lasts(part: &str, capture: &Capture) -> bool {
    part.starts_with("git:") || tops(capture.states()).any(|top| top.path == part || below(part, &top.path))
}

/// The part that says which commit a call compared with.
pub(super) const COMMIT: &str = "commit";

/// Which names were names of one file when one of them was captured.
#[derive(Default)]
pub(super) struct Once<'a> {
    /// A name, and another one of its file: the last one in such a row stands for all.
    next: HashMap<&'a str, &'a str>,
}

impl<'a> Once<'a> {
    pub fn of(calls: &'a [Called]) -> Self {
        let mut once = Self::default();
        for state in calls.iter().flat_map(|called| called.capture.states()) {
            if let NodeState::File { hard_link: Some(other), .. } = &state.node {
                let (one, other) = (once.file(&state.path), once.file(other));
                if one != other {
                    once.next.insert(one, other);
                }
            }
        }
        once
    }

    /// The name that stands for all names of the file of `name`.
    pub fn file(&self, name: &'a str) -> &'a str {
        let mut at = name;
        while let Some(next) = self.next.get(at) {
            at = next;
        }
        at
    }
}
