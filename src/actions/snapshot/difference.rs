//! What a restore would change, and the states that it brings back for that.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read};

use super::chosen::{Chosen, Piece, above};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::{Keep, ObjectId};
use crate::catalogue::look::{Located, Look};
use crate::catalogue::snapshot::{NodeState, PathState, below};

/// One thing that is not as it was.
pub struct Difference {
    pub at: Located,
    /// As it was; absent where it has to go.
    pub then: NodeState,
    /// Whether content differs, or kind, and not only mode, owner, times or attributes.
    pub content: bool,
}

/// All of it.
pub struct Differences {
    pub all: Vec<Difference>,
    /// What brings them back, parents before children; empty where nothing differs.
    pub states: Vec<PathState>,
    /// The paths that this writes.
    pub written: Vec<Located>,
}

/// Compares what was chosen with what stands there now; with `exact`, what was not there counts as well.
pub fn find(chosen: &Chosen, look: &Look, exact: bool) -> Result<Differences> {
    let now = now(chosen, look, exact)?;
    let mut all = Vec::new();
    let mut made: Option<&str> = None;
    for piece in chosen.states.iter().filter(|piece| !piece.around) {
        look.cancel().check()?;
        let (path, then) = (piece.state.path.as_str(), &piece.state.node);
        let differs = match now.get(path) {
            _ if made.is_some_and(|made| below(path, made)) => Some(true),
            Some(now) => differs(then, now),
            None => Some(true),
        };
        let Some(content) = differs else { continue };
        if content && matches!(then, NodeState::Directory { .. }) && made.is_none_or(|made| !below(path, made)) {
            made = Some(path);
        }
        let there = matches!(now.get(path), Some(NodeState::Directory { .. }));
        // A folder that is there stays as it is, unless all of it is meant.
        if exact || content || !there {
            all.push(Difference { at: look.located_as_kept(path), then: then.clone(), content });
        }
    }
    let extra = if exact { extra(chosen, &now) } else { Vec::new() };
    all.extend(extra.iter().map(|path| Difference {
        at: look.located_as_kept(path),
        then: NodeState::Absent,
        content: true,
    }));
    let (states, written) = if all.is_empty() {
        (Vec::new(), Vec::new())
    } else if exact {
        whole(chosen, look, &all, &extra)
    } else {
        single(chosen, look, &all)
    };
    Ok(Differences { all, states, written })
}

/// What stands at the chosen paths; with `exact`, at and below all that the generation holds.
fn now(chosen: &Chosen, look: &Look, exact: bool) -> Result<BTreeMap<String, NodeState>> {
    let mut now = BTreeMap::new();
    let mut paths = Vec::new();
    if exact {
        paths.extend(chosen.generation.paths.iter().map(|path| look.located_as_kept(path)));
    } else {
        let mut gone: Option<&str> = None;
        for piece in chosen.states.iter().filter(|piece| !piece.around) {
            if gone.is_some_and(|gone| below(&piece.state.path, gone)) {
                continue;
            }
            let at = look.located_as_kept(&piece.state.path);
            match &piece.state.node {
                NodeState::Directory { .. } if look.facts(&at)?.is_some_and(|facts| facts.is_dir()) => {
                    // As it was: it is not looked into, and stays.
                    now.insert(piece.state.path.clone(), piece.state.node.clone());
                }
                NodeState::Directory { .. } => gone = Some(&piece.state.path),
                _ => paths.push(at),
            }
        }
    }
    let around = |state: &PathState| matches!(state.node, NodeState::Parent { .. } | NodeState::NoParent);
    let states = look.snapshot(&paths, &Digests, None)?;
    let states: Vec<PathState> = states.into_iter().filter(|state| !around(state)).collect();
    let there: HashSet<String> = states.iter().map(|state| state.path.clone()).collect();
    now.extend(states.into_iter().map(|PathState { path, mut node }| {
        // Only names of one file among these count.
        if let NodeState::File { hard_link, outside, .. } = &mut node {
            *outside = 0;
            *hard_link = hard_link.take().filter(|other| there.contains(other));
        }
        (path, node)
    }));
    Ok(now)
}

/// Whether `now` is not as `then`: in content or kind, or else in metadata. Times of folders follow what is in them.
fn differs(then: &NodeState, now: &NodeState) -> Option<bool> {
    use NodeState::{Directory, File, Link, Special};
    let (content, metadata) = match (then, now) {
        (
            File { object, size, meta, hard_link, .. },
            File { object: other, size: length, meta: now, hard_link: joined, .. },
        ) => (object != other || size != length || hard_link != joined, meta != now),
        (Link { target, meta }, Link { target: other, meta: now }) => (target != other, meta != now),
        (Special { sort, device, meta }, Special { sort: other, device: number, meta: now }) => {
            (sort != other || device != number, meta != now)
        }
        (Directory { meta }, Directory { meta: now }) => {
            (false, (meta.mode, meta.uid, meta.gid, &meta.xattrs) != (now.mode, now.uid, now.gid, &now.xattrs))
        }
        _ => (true, false),
    };
    if content { Some(true) } else { metadata.then_some(false) }
}

/// What is there now and was not: in folders that are restored, and what a pattern fits. The topmost of each.
fn extra(chosen: &Chosen, now: &BTreeMap<String, NodeState>) -> Vec<String> {
    let known: HashSet<&str> = chosen.states.iter().map(|piece| piece.state.path.as_str()).collect();
    let folders: HashSet<&str> = chosen
        .states
        .iter()
        .filter(|piece| !piece.around && matches!(piece.state.node, NodeState::Directory { .. }))
        .map(|piece| piece.state.path.as_str())
        .collect();
    let mut found: Vec<String> = Vec::new();
    for (path, node) in now {
        let is_below = |top: &String| below(path, top);
        if *node == NodeState::Absent || known.contains(path.as_str()) || found.iter().rev().any(is_below) {
            continue;
        }
        let inside = above(path).next().is_some_and(|folder| folders.contains(folder));
        if inside || chosen.only.iter().any(|pattern| pattern.fits(path)) {
            found.push(path.clone());
        }
    }
    found
}

/// Everything that was chosen as it was, folders with nothing else in them.
fn whole(chosen: &Chosen, look: &Look, all: &[Difference], extra: &[String]) -> (Vec<PathState>, Vec<Located>) {
    let changed = around_of(all.iter().map(|one| look.kept_name(&one.at.path)));
    let mut written: Vec<Located> = chosen.tops(look).collect();
    let mut states: Vec<PathState> = chosen
        .states
        .iter()
        .filter_map(|piece| if piece.around { parent(piece, &changed) } else { Some(piece.state.clone()) })
        .collect();
    for path in extra {
        if !written.iter().any(|top| below(path, &look.kept_name(&top.path))) {
            written.push(look.located_as_kept(path));
            states.push(PathState { path: path.clone(), node: NodeState::Absent });
        }
    }
    (states, written)
}

/// Only what differs; folders that are there keep what else is in them.
fn single(chosen: &Chosen, look: &Look, all: &[Difference]) -> (Vec<PathState>, Vec<Located>) {
    let differing: HashSet<String> = all.iter().map(|one| look.kept_name(&one.at.path)).collect();
    let changed = around_of(differing.iter().cloned());
    let states = chosen.states.iter().filter_map(|piece| {
        if differing.contains(&piece.state.path) { Some(piece.state.clone()) } else { parent(piece, &changed) }
    });
    (states.collect(), all.iter().map(|one| one.at.clone()).collect())
}

/// The folders around paths, and whether one of these is directly in it.
fn around_of(paths: impl Iterator<Item = String>) -> BTreeMap<String, bool> {
    let mut found: BTreeMap<String, bool> = BTreeMap::new();
    for path in paths {
        for (index, above) in above(&path).enumerate() {
            *found.entry(above.to_owned()).or_default() |= index == 0;
        }
    }
    found
}

/// A folder that keeps what else is in it, where something in it changes.
fn parent(piece: &Piece, changed: &BTreeMap<String, bool>) -> Option<PathState> {
    let direct = *changed.get(&piece.state.path)?;
    let (NodeState::Directory { meta } | NodeState::Parent { meta, .. }) = &piece.state.node else { return None };
    let node = NodeState::Parent { meta: meta.clone(), names: piece.names.clone(), direct };
    Some(PathState { path: piece.state.path.clone(), node })
}

/// A store that keeps nothing and tells digests: a present state is compared by them.
struct Digests;

impl Keep for Digests {
    fn put(&self, content: &mut dyn Read) -> Result<ObjectId> {
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; 128 * 1024];
        loop {
            match content.read(&mut buffer) {
                Ok(0) => return Ok(ObjectId(hasher.finalize().to_hex().to_string())),
                Ok(count) => drop(hasher.update(&buffer[..count])),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io("read it", &error)),
            }
        }
    }

    fn open(&self, _id: &ObjectId) -> Result<Box<dyn Read>> {
        Err(Error::internal("what was only digested was to be opened"))
    }
}
