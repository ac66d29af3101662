//! The state of a folder, to the byte: what a dry run must not change and an undo must bring back.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// Everything below a folder, except `.rbk` and `.git`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// Its modification time is not compared: it changes with what is in it, and that is compared.
    Folder {
        mode: u32,
    },
    File {
        mode: u32,
        content: blake3::Hash,
        size: u64,
        modified: (i64, i64),
        attributes: BTreeMap<String, Vec<u8>>,
    },
    Link {
        target: String,
    },
    Other {
        mode: u32,
    },
}

impl Tree {
    /// The present state of `folder`.
    pub fn of(folder: &Path) -> Self {
        let own = |entry: &walkdir::DirEntry| {
            entry.depth() != 1 || !matches!(entry.file_name().to_str(), Some(".rbk" | ".git"))
        };
        let mut entries = BTreeMap::new();
        for entry in walkdir::WalkDir::new(folder).min_depth(1).into_iter().filter_entry(own) {
            let entry = entry.expect("the folder can be read");
            let name = entry.path().strip_prefix(folder).expect("it stands below the folder").display().to_string();
            entries.insert(name, Entry::of(entry.path()));
        }
        Self { entries }
    }

    /// What differs in `after`, one line each.
    pub fn differences(&self, after: &Self) -> Vec<String> {
        let names: std::collections::BTreeSet<_> = self.entries.keys().chain(after.entries.keys()).collect();
        let one = |name: &String| match (self.entries.get(name), after.entries.get(name)) {
            (Some(before), Some(after)) if before != after => Some(format!("{name}: {}", before.difference(after))),
            (Some(_), None) => Some(format!("{name}: gone")),
            (None, Some(_)) => Some(format!("{name}: new")),
            _ => None,
        };
        names.into_iter().filter_map(one).collect()
    }
}

impl Entry {
    fn of(path: &Path) -> Self {
        let metadata = path.symlink_metadata().expect("it was just listed");
        let mode = metadata.permissions().mode() & 0o7777;
        let kind = metadata.file_type();
        if kind.is_symlink() {
            let target = std::fs::read_link(path).expect("a link can be read");
            Self::Link { target: target.display().to_string() }
        } else if kind.is_dir() {
            Self::Folder { mode }
        } else if kind.is_file() {
            let content = blake3::hash(&std::fs::read(path).expect("a file can be read"));
            let modified = (metadata.mtime(), metadata.mtime_nsec());
            Self::File { mode, content, size: metadata.len(), modified, attributes: attributes(path) }
        } else {
            // A pipe must not be opened: the reader would wait for a writer.
            Self::Other { mode }
        }
    }

    fn difference(&self, after: &Self) -> String {
        let (
            Self::File { mode, content, size, modified, attributes },
            Self::File { mode: mode2, content: content2, size: size2, modified: modified2, attributes: attributes2 },
        ) = (self, after)
        else {
            return format!("{self:?} became {after:?}");
        };
        let mut parts = Vec::new();
        if content != content2 {
            parts.push(format!("content ({size} bytes became {size2})"));
        }
        if mode != mode2 {
            parts.push(format!("mode {mode:o} became {mode2:o}"));
        }
        if modified != modified2 {
            parts.push(format!("time {}.{:09} became {}.{:09}", modified.0, modified.1, modified2.0, modified2.1));
        }
        if attributes != attributes2 {
            parts.push("extended attributes".to_owned());
        }
        parts.join(", ")
    }
}

/// Extended attributes of a user; none where the file system has none.
fn attributes(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut names = vec![0_u8; 64 * 1024];
    let Ok(length) = rustix::fs::listxattr(path, &mut names[..]) else { return BTreeMap::new() };
    names[..length]
        .split(|byte| *byte == 0)
        .filter_map(|name| std::str::from_utf8(name).ok())
        .filter(|name| name.starts_with("user."))
        .map(|name| {
            let mut value = vec![0_u8; 64 * 1024];
            let length = rustix::fs::getxattr(path, name, &mut value[..]).unwrap_or(0);
            value.truncate(length);
            (name.to_owned(), value)
        })
        .collect()
}
