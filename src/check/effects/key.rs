//! Where resources stand in one tree, so that covering is a prefix and aliases are the same place.
//!
//! `world` is the root; below it the kinds; below those the segments of names. A name covers what is below it, so
//! `server`, `server/` and `server/**` are one place, and `a/**/b` is that of `a`: whatever `**` stands for, something
//! below any other path under `a` ends in `b`.
//!
//! - A `SQLite` database is its file and the three that go with it; `git:` is what it names inside `.git`.
//! - Network handles (`redis`, databases with a URL) of one kind conflict unless their hosts are equal and their
//!   databases differ: two names may be one host.

use std::sync::Arc;

use crate::catalogue::effect::{Kind, Resource};

/// A place in the tree of resources.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// From the root; `*` in a segment is any run of characters.
    pub segments: Vec<Arc<str>>,
    /// Whether it names something definite: not `world`, not what is unknown when planned.
    pub definite: bool,
}

/// How two segments meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meet {
    /// Not at all.
    Never,
    /// Two patterns that some name fits.
    Perhaps,
    /// The same, or a name and a pattern that it fits.
    Surely,
    /// Two hosts with different names: everything below them may be one.
    All,
}

impl Key {
    fn new(kind: &str, segments: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        let mut all = vec![Arc::from(kind)];
        all.extend(segments.into_iter().map(Into::into).take_while(|segment: &Arc<str>| &**segment != "**"));
        let definite = all.len() > 1;
        Self { segments: all, definite }
    }

    /// Whether both share anything; true inside when that is sure.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> Option<bool> {
        let mut sure = self.definite && other.definite;
        for depth in 0..self.segments.len().min(other.segments.len()) {
            match self.meet(depth, &other.segments[depth]) {
                Meet::Never => return None,
                Meet::Perhaps => sure = false,
                Meet::Surely => {}
                Meet::All => return Some(false),
            }
        }
        Some(sure)
    }

    /// How this key's segment at `depth` meets another key's; the ones above have met.
    #[must_use]
    pub fn meet(&self, depth: usize, other: &str) -> Meet {
        let own = &*self.segments[depth];
        if depth == 1 && own != other && self.is_network() {
            return Meet::All;
        }
        match (own.contains('*'), other.contains('*')) {
            _ if own == other => Meet::Surely,
            (false, false) => Meet::Never,
            (both, and) => match patterns_meet(own, other) {
                false => Meet::Never,
                true if both && and => Meet::Perhaps,
                true => Meet::Surely,
            },
        }
    }

    /// Whether its second segment is a host.
    #[must_use]
    pub fn is_network(&self) -> bool {
        self.segments.first().is_some_and(|kind| &**kind == "redis" || kind.starts_with("db:"))
    }
}

/// The places of a resource; several where it has aliases.
#[must_use]
pub fn keys(resource: &Resource) -> Vec<Key> {
    let name = &*resource.name;
    let parts = || name.split('/').filter(|part| !part.is_empty());
    let one = |kind: &str| vec![Key::new(kind, parts())];
    match &resource.kind {
        Kind::World => vec![Key { segments: Vec::new(), definite: false }],
        Kind::File => vec![file(name)],
        Kind::Git => {
            let key = Key::new("file", [".", ".git"].into_iter().chain(parts()));
            vec![Key { definite: name != "**", ..key }]
        }
        // A database that is not known yet may be any file, and any server.
        Kind::Db if name == "**" => vec![file(name), Key::new("db", parts())],
        Kind::Db => match name.split_once("://") {
            Some((scheme, rest)) => {
                let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
                let scheme = format!("db:{scheme}");
                vec![Key::new(&scheme, rest.split('/').filter(|part| !part.is_empty()))]
            }
            None => ["", "-wal", "-shm", "-journal"].iter().map(|suffix| file(&format!("{name}{suffix}"))).collect(),
        },
        Kind::Redis => one("redis"),
        Kind::Process => one("process"),
        Kind::Service => one("service"),
        Kind::Flag => one("flag"),
        Kind::Http => one("http"),
        Kind::Snapshot => one("snapshot"),
        Kind::Other(kind) => one(&format!("other:{kind}")),
    }
}

/// A path: below the root, or absolute.
fn file(name: &str) -> Key {
    let parts = name.split('/').filter(|part| !part.is_empty() && *part != ".");
    if name.starts_with('/') {
        Key::new("file", std::iter::once("/").chain(parts))
    } else if name == "**" {
        // Not known yet: it may be anywhere.
        Key::new("file", ["**"])
    } else {
        Key::new("file", std::iter::once(".").chain(parts))
    }
}

/// Whether some text fits both patterns.
fn patterns_meet(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    // `row[j]`: whether the rest of `a` and `b[j..]` meet, from the ends of both on.
    let mut row = vec![false; b.len() + 1];
    row[b.len()] = true;
    for j in (0..b.len()).rev() {
        row[j] = b[j] == b'*' && row[j + 1];
    }
    for i in (0..a.len()).rev() {
        let mut next = vec![false; b.len() + 1];
        next[b.len()] = a[i] == b'*' && row[b.len()];
        for j in (0..b.len()).rev() {
            // A star stands for nothing, or for one more byte of the other side.
            next[j] = if a[i] == b'*' || b[j] == b'*' { row[j] || next[j + 1] } else { a[i] == b[j] && row[j + 1] };
        }
        row = next;
    }
    row[0]
}
