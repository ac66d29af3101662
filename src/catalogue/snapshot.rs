//! What a path was before: the form in which captures keep files, links and directories, or their absence.

use serde::{Deserialize, Serialize};

use super::keep::ObjectId;

/// A path and what was there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PathState {
    /// Relative to the root where it lies below it, absolute otherwise, in the form of [`super::path_text::encode`]:
    /// `%` and bytes that are not UTF-8 are percent-encoded. The root itself is `.`.
    pub path: String,
    /// What was there.
    pub node: NodeState,
}

/// What stood at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NodeState {
    /// Nothing.
    Absent,
    /// A regular file.
    File {
        /// Its content.
        object: ObjectId,
        /// Bytes.
        size: u64,
        /// Mode, owner, times, extended attributes.
        meta: Meta,
        /// Another name of the same inode: the path of an earlier state of this capture, or one outside of it.
        hard_link: Option<String>,
        /// Names of it that no root holds: where no other one is known, a restore cannot join them again.
        #[serde(default, skip_serializing_if = "is_none")]
        outside: u64,
    },
    /// A symbolic link.
    Link {
        /// Its target, as stored, in the form of [`super::path_text::encode`].
        target: String,
        /// Owner and times.
        meta: Meta,
    },
    /// A directory; what is in it stands in states of its own, and what is not is removed on restore.
    Directory {
        /// Mode, owner, times, extended attributes.
        meta: Meta,
    },
    /// A named pipe, socket or device. It was never opened; a restore makes one of its kind.
    Special {
        /// Which.
        sort: Special,
        /// The device number, for devices.
        device: u64,
        /// Mode, owner and times.
        meta: Meta,
    },
    /// A directory around captured paths: what else is in it is left alone. A restore makes it where it is gone.
    Parent {
        /// Used in full only where it is made again. The modification time of the one that is there is brought back
        /// only where the same names are in it as then: a directory that others changed meanwhile must not look
        /// older than it is.
        meta: Meta,
        /// A digest of the names.
        names: String,
        /// Whether the paths are directly in it, so that its time changes with them; it is further up otherwise.
        direct: bool,
    },
    /// There was no such directory around captured paths. A restore removes it once it is empty.
    NoParent,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_none(names: &u64) -> bool {
    *names == 0
}

impl NodeState {
    /// As a fingerprint describes it.
    #[must_use]
    pub fn described(&self) -> String {
        match self {
            Self::Absent | Self::NoParent => "absent".to_owned(),
            Self::File { object, meta, .. } => {
                format!("file {:04o} {}", meta.mode, object.0.get(..32).unwrap_or(&object.0))
            }
            Self::Link { target, .. } => format!("link to {target}"),
            Self::Directory { meta } | Self::Parent { meta, .. } => format!("directory {:04o}", meta.mode),
            Self::Special { sort, device, meta } => match sort {
                Special::Fifo => format!("fifo {:04o}", meta.mode),
                Special::Socket => format!("socket {:04o}", meta.mode),
                Special::CharDevice => format!("char device {:04o} {device}", meta.mode),
                Special::BlockDevice => format!("block device {:04o} {device}", meta.mode),
            },
        }
    }
}

/// The captured paths themselves: without what lies below a captured directory, and without the directories around.
pub fn tops(states: &[PathState]) -> impl Iterator<Item = &PathState> {
    let mut top: Option<&str> = None;
    states.iter().filter(move |state| {
        if matches!(state.node, NodeState::Parent { .. } | NodeState::NoParent) {
            return false;
        }
        // Parents stand before children.
        if top.is_some_and(|top| below(&state.path, top)) {
            return false;
        }
        top = Some(&state.path);
        true
    })
}

/// A digest of the names in a directory, in the order of their bytes.
pub fn digest_of_names<'a>(names: impl IntoIterator<Item = &'a std::ffi::OsStr>) -> String {
    let mut hasher = blake3::Hasher::new();
    for name in names {
        hasher.update(name.as_encoded_bytes());
        hasher.update(&[0]);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Whether the kept path `path` lies below `above`.
#[must_use]
pub fn below(path: &str, above: &str) -> bool {
    match path.strip_prefix(above) {
        Some(rest) => rest.starts_with('/'),
        None => above == "." && path != "." && !path.starts_with('/'),
    }
}

/// What is neither file, link nor directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Special {
    Fifo,
    Socket,
    CharDevice,
    BlockDevice,
}

/// Metadata that a restore brings back. Change time and inode number cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Meta {
    /// Permission bits, with setuid, setgid and sticky.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Modification time: seconds and nanoseconds since the epoch.
    pub mtime: (i64, u32),
    /// Extended attributes by name; values as base16.
    pub xattrs: Vec<(String, String)>,
}
