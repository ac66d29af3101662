//! When the effects of two steps conflict, and how a policy names and narrows them (`language.md` §7).
//!
//! Owns the meaning of resources: covering, globs, aliases, `world`. What a call reads and writes is said by its unit.

pub mod expr;
pub mod key;
pub mod places;

#[cfg(test)]
mod tests;

use crate::catalogue::effect::{Effects, Kind, Resource};
use key::Key;
use smallvec::SmallVec;

/// Why one has to wait for the other: what the later one does to a resource, and what the earlier one does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// `reads` or `writes`.
    pub later_verb: &'static str,
    /// As the later one names it.
    pub later: Resource,
    /// `reads` or `writes`.
    pub earlier_verb: &'static str,
    /// As the earlier one names it.
    pub earlier: Resource,
    /// Both name something definite that is surely the same, not `world`, not what is unknown when planned.
    pub provable: bool,
}

/// The conflict between an earlier and a later one, if there is any: one writes what the other reads or writes. The most
/// telling of several: a provable one, else one without `world`.
#[must_use]
pub fn conflict(earlier: &Effects, later: &Effects) -> Option<Conflict> {
    let (earlier_reads, earlier_writes) = (keyed(&earlier.reads), keyed(&earlier.writes));
    let (later_reads, later_writes) = (keyed(&later.reads), keyed(&later.writes));
    let mut best: Option<(u8, Conflict)> = None;
    for (later_verb, laters, earlier_verb, earliers) in [
        ("reads", &later_reads, "writes", &earlier_writes),
        ("writes", &later_writes, "writes", &earlier_writes),
        ("writes", &later_writes, "reads", &earlier_reads),
    ] {
        for (later, later_keys) in laters {
            for (earlier, earlier_keys) in earliers {
                let Some(sure) = meet(later_keys, earlier_keys) else { continue };
                let world = later.kind == Kind::World || earlier.kind == Kind::World;
                let rank = if sure { 2 } else { u8::from(!world) };
                if best.as_ref().is_none_or(|(known, _)| *known < rank) {
                    let (later, earlier) = ((*later).clone(), (*earlier).clone());
                    best = Some((rank, Conflict { later_verb, later, earlier_verb, earlier, provable: sure }));
                }
                if rank == 2 {
                    return best.map(|(_, conflict)| conflict);
                }
            }
        }
    }
    best.map(|(_, conflict)| conflict)
}

fn keyed(resources: &[Resource]) -> Vec<(&Resource, SmallVec<[Key<'_>; 1]>)> {
    resources.iter().map(|resource| (resource, key::keys(resource))).collect()
}

/// Whether two resources share anything; true inside when that is sure.
fn meet(a: &[Key<'_>], b: &[Key<'_>]) -> Option<bool> {
    a.iter().flat_map(|a| b.iter().filter_map(|b| a.overlap(b))).max()
}

/// Reads a resource as a policy writes it: `server/**` is a file, `db:main` a database, `k8s:ns/x` of a kind of its own,
/// `world` everything.
#[must_use]
pub fn parse_resource(text: &str) -> Resource {
    let text = text.trim();
    if text == "world" {
        return Resource::world();
    }
    let word = |kind: &str| {
        let mut chars = kind.chars();
        chars.next().is_some_and(|first| first.is_ascii_lowercase())
            && chars.all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || matches!(char, '_' | '-'))
    };
    let Some((kind, name)) = text.split_once(':').filter(|(kind, _)| word(kind)) else {
        return Resource::file(tidied(text));
    };
    let bare = name.trim_start_matches("//");
    match kind {
        "file" => Resource::file(tidied(name)),
        "git" => Resource::new(Kind::Git, tidied(name)),
        "db" => Resource::new(Kind::Db, if name.contains("://") { name.to_owned() } else { tidied(name) }),
        "postgres" | "postgresql" | "mysql" => Resource::new(Kind::Db, text),
        "redis" => Resource::new(Kind::Redis, bare),
        "process" => Resource::new(Kind::Process, name),
        "service" => Resource::new(Kind::Service, name),
        "flag" => Resource::new(Kind::Flag, name),
        "http" | "https" => Resource::new(Kind::Http, bare.trim_end_matches('/')),
        "snapshot" => Resource::new(Kind::Snapshot, name),
        "world" => Resource::world(),
        other => Resource::new(Kind::Other(other.into()), tidied(name)),
    }
}

/// A resource as a policy would write it.
#[must_use]
pub fn written(resource: &Resource) -> String {
    let kind = match &resource.kind {
        Kind::File => return resource.name.to_string(),
        Kind::World => return "world".to_owned(),
        Kind::Git => "git",
        Kind::Db => "db",
        Kind::Redis => "redis",
        Kind::Process => "process",
        Kind::Service => "service",
        Kind::Flag => "flag",
        Kind::Http => "http",
        Kind::Snapshot => "snapshot",
        Kind::Other(kind) => kind,
    };
    format!("{kind}:{}", resource.name)
}

/// A resource as a person reads it: `` `server/**` ``, `` `db:main` ``, `anything`.
#[must_use]
pub fn shown(resource: &Resource) -> String {
    in_words(&written(resource))
}

/// What [`written`] gave, as a person reads it.
#[must_use]
pub fn in_words(written: &str) -> String {
    match written {
        "world" => "anything".to_owned(),
        "**" => "any file".to_owned(),
        name => format!("`{name}`"),
    }
}

/// Narrows `world` by what a step says of itself, and nothing else: other effects stay, and what is said comes on top.
/// A step that says only what it writes still reads `world`, and the other way round. An empty list is nothing.
#[must_use]
pub fn narrow(
    mut effects: Effects,
    reads: Option<Vec<Resource>>,
    writes: Option<Vec<Resource>>,
    touches: Option<Vec<Resource>>,
) -> Effects {
    let outside = |resource: &Resource| resource.kind != Kind::World;
    if reads.is_some() || touches.is_some() {
        effects.reads.retain(outside);
    }
    if writes.is_some() || touches.is_some() {
        effects.writes.retain(outside);
    }
    let touches = touches.unwrap_or_default();
    let mut said = Effects { reads: reads.unwrap_or_default(), writes: writes.unwrap_or_default() };
    said.reads.extend(touches.iter().cloned());
    said.writes.extend(touches);
    effects.extend(said);
    effects
}

/// The path of a file resource up to where it becomes a pattern; nothing for other kinds, and where all of it is one.
#[must_use]
pub fn fixed_path(text: &str) -> Option<&str> {
    let text = text.trim();
    if parse_resource(text).kind != Kind::File {
        return None;
    }
    let path = text.strip_prefix("file:").unwrap_or(text);
    let Some(pattern) = path.find(['*', '?', '[', '{']) else { return Some(path) };
    path[..pattern].rfind('/').map(|end| &path[..end]).filter(|path| !path.is_empty())
}

/// A path without `.`, empty components and what `..` takes back; links are for those who can look.
fn tidied(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." if kept.last().is_some_and(|last| *last != ".." && !last.contains('*')) => {
                kept.pop();
            }
            ".." if absolute && kept.is_empty() => {}
            other => kept.push(other),
        }
    }
    match (absolute, kept.is_empty()) {
        (true, _) => format!("/{}", kept.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => kept.join("/"),
    }
}
