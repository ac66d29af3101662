//! Effects: which resources a call reads and writes, and when two of them conflict (`language.md` §7).

use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

/// The kinds of resources.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A path below the root (`src/a`) or absolute; covers everything below it.
    File,
    /// Part of a repository: `index`, `head`, `refs/heads/x`.
    Git,
    /// A database by handle.
    Db,
    Redis,
    Process,
    Service,
    Flag,
    /// `host/path`
    Http,
    Snapshot,
    /// Everything outside.
    World,
    /// A kind that a policy names itself in `touches`, such as `k8s`.
    Other(Arc<str>),
}

/// A resource: `kind:name`. A name is `/`-separated; `**` covers any rest, `*` within a segment any run of characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Resource {
    /// What kind of thing.
    pub kind: Kind,
    /// Which one; `**` when it is not known.
    pub name: Arc<str>,
}

/// What a call reads and writes.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Effects {
    /// Read, in the order found.
    pub reads: Vec<Resource>,
    /// Written, in the order found.
    pub writes: Vec<Resource>,
}

/// What a call makes of the entries that it writes, for paths that pass through them later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entries {
    /// They are what they were: no link, or other name of a file, appears or goes.
    Kept,
    /// What stood there is replaced or gone, a link perhaps; none appears.
    Replaced,
    /// As [`Entries::Replaced`], and links come along from where they are taken, if there are any by then.
    Carried,
    /// These, and what is below them, may be links or other names of files from then on.
    Remade(Vec<Resource>),
}

impl Resource {
    /// `kind:name`
    pub fn new(kind: Kind, name: impl Into<Arc<str>>) -> Self {
        Self { kind, name: name.into() }
    }

    /// A file or directory, with all that is below it.
    pub fn file(path: impl Into<Arc<str>>) -> Self {
        Self::new(Kind::File, path)
    }

    /// Everything outside.
    #[must_use]
    pub fn world() -> Self {
        static ANYTHING: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from("**"));
        Self::new(Kind::World, Arc::clone(&ANYTHING))
    }
}

impl Effects {
    /// Nothing read, nothing written.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Touches the world: may read and write anything.
    #[must_use]
    pub fn touches_world() -> Self {
        Self { reads: vec![Resource::world()], writes: vec![Resource::world()] }
    }

    /// Reads the world: may read anything.
    #[must_use]
    pub fn reads_world() -> Self {
        Self { reads: vec![Resource::world()], writes: Vec::new() }
    }

    /// Adds a read.
    #[must_use]
    pub fn read(mut self, resource: Resource) -> Self {
        self.reads.push(resource);
        self
    }

    /// Adds a write.
    #[must_use]
    pub fn write(mut self, resource: Resource) -> Self {
        self.writes.push(resource);
        self
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: Self) {
        add(&mut self.reads, other.reads);
        add(&mut self.writes, other.writes);
    }
}

/// Adds what is not there yet. Most lists hold one or two resources, and there are many lists: none grows ahead of need.
fn add(to: &mut Vec<Resource>, more: Vec<Resource>) {
    for resource in more {
        if !to.contains(&resource) {
            if to.len() < 4 {
                to.reserve_exact(1);
            }
            to.push(resource);
        }
    }
}
