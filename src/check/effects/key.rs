//! Where resources stand in one tree, so that covering is a prefix and aliases are the same place.
//!
//! `world` is the root; below it the kinds; below those the segments of names. A name covers what is below it, so
//! `server`, `server/` and `server/**` are one place, and `a/**/b` is that of `a`: whatever `**` stands for, something
//! below any other path under `a` ends in `b`.
//!
//! - A `SQLite` database is its file and the three that go with it; `git:` is what it names inside `.git`.
//! - Network handles (`redis`, databases with a URL) of one kind conflict unless their hosts are equal and their
//!   databases differ: two names may be one host.

use std::borrow::Cow;

use smallvec::{SmallVec, smallvec};

use crate::catalogue::effect::{Kind, Resource};

/// A place in the tree of resources.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key<'r> {
    /// From the root; `*` in a segment is any run of characters.
    pub segments: SmallVec<[Cow<'r, str>; 6]>,
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

impl<'r> Key<'r> {
    fn new(kind: impl Into<Cow<'r, str>>, segments: impl IntoIterator<Item = &'r str>) -> Self {
        let mut all = smallvec![kind.into()];
        all.extend(segments.into_iter().take_while(|segment| *segment != "**").map(Cow::Borrowed));
        let definite = all.len() > 1;
        Self { segments: all, definite }
    }

    /// Whether both share anything; true inside when that is sure.
    #[must_use]
    pub fn overlap(&self, other: &Key<'_>) -> Option<bool> {
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
        self.segments.first().is_some_and(|kind| *kind == "redis" || kind.starts_with("db:"))
    }
}

/// The places of a resource; several where it has aliases.
#[must_use]
pub fn keys(resource: &Resource) -> SmallVec<[Key<'_>; 1]> {
    let name = &*resource.name;
    let parts = || name.split('/').filter(|part| !part.is_empty());
    smallvec![match &resource.kind {
        Kind::World => Key { segments: SmallVec::new(), definite: false },
        Kind::File => file(name),
        Kind::Git => {
            let key = Key::new("file", [".", ".git"].into_iter().chain(parts()));
            Key { definite: name != "**", ..key }
        }
        // A database that is not known yet may be any file, and any server.
        Kind::Db if name == "**" => return smallvec![file(name), Key::new("db", parts())],
        Kind::Db => match name.split_once("://") {
            Some((scheme, rest)) => {
                let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
                Key::new(format!("db:{scheme}"), rest.split('/').filter(|part| !part.is_empty()))
            }
            None => return database(name),
        },
        Kind::Redis => Key::new("redis", parts()),
        Kind::Process => Key::new("process", parts()),
        Kind::Service => Key::new("service", parts()),
        Kind::Flag => Key::new("flag", parts()),
        Kind::Http => Key::new("http", parts()),
        Kind::Snapshot => Key::new("snapshot", parts()),
        Kind::Other(kind) => Key::new(format!("other:{kind}"), parts()),
    }]
}

/// A path: below the root, or absolute.
fn file(name: &str) -> Key<'_> {
    let parts = name.split('/').filter(|part| !part.is_empty() && *part != ".");
    // One that is not known yet may be anywhere.
    let start = if name.starts_with('/') {
        "/"
    } else if name == "**" {
        "**"
    } else {
        "."
    };
    Key::new("file", std::iter::once(start).chain(parts))
}

/// A `SQLite` file, and those that go with it.
fn database(name: &str) -> SmallVec<[Key<'_>; 1]> {
    let whole = file(name);
    if name.split('/').any(|part| part == "**") {
        return smallvec![whole];
    }
    let beside = |suffix: &str| {
        let mut key = whole.clone();
        // A name that only says where the root is has no last part.
        match &mut key.segments[..] {
            [_, _, .., last] => last.to_mut().push_str(suffix),
            _ => key.segments.push(Cow::Owned(suffix.to_owned())),
        }
        key
    };
    let others = ["-wal", "-shm", "-journal"].map(beside);
    std::iter::once(whole).chain(others).collect()
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
