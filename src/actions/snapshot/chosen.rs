//! Which part of which generation a restore means.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use super::{latest, name, told, whole};
use crate::catalogue::args::Args;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::{Located, Look};
use crate::catalogue::path_text::{decode, lexical};
use crate::catalogue::shelf::Generation;
use crate::catalogue::snapshot::{NodeState, PathState, below, digest_of_names};

/// Names of a snapshot that a message lists.
const LISTED: usize = 5;

/// A generation, and what of it is restored.
pub struct Chosen {
    pub generation: Generation,
    /// Whether this is the latest one.
    pub latest: bool,
    /// What is restored, parents before children; and, marked so, the folders around it.
    pub states: Vec<Piece>,
    /// The patterns that were given; none where everything is restored.
    pub only: Vec<Pattern>,
}

/// A path of a snapshot.
pub struct Piece {
    pub state: PathState,
    /// Whether it is only a folder around what is restored.
    pub around: bool,
    /// Of a folder, a digest of the names in it.
    pub names: String,
}

/// A pattern over the paths of a snapshot.
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    fn parse(text: &str) -> Result<Self> {
        let plain = lexical(text);
        let glob = GlobBuilder::new(&plain).literal_separator(true).backslash_escape(true).build();
        let glob =
            glob.map_err(|error| Error::new(ErrorKind::Value, format!("`{text}` is no pattern: {}", error.kind())))?;
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher() })
    }

    /// Whether the path `kept` is meant.
    pub fn fits(&self, kept: &str) -> bool {
        self.matcher.is_match(Path::new(&decode(kept)))
    }
}

/// The patterns of a call.
pub fn patterns(args: &Args) -> Result<Vec<Pattern>> {
    if args.get("only").is_none() {
        return Ok(Vec::new());
    }
    let all = args.texts("only")?.into_iter().map(Pattern::parse).collect::<Result<Vec<_>>>()?;
    if all.is_empty() {
        return Err(Error::new(ErrorKind::Value, "`only:` is an empty list, which restores nothing")
            .hint("leave it out to restore everything"));
    }
    Ok(all)
}

/// The generation that a call means.
fn generation(args: &Args, look: &Look) -> Result<(Generation, bool)> {
    let name = name(args)?;
    let last = latest(look, name)?;
    let Some(number) = args.int("generation") else { return Ok((last, true)) };
    let all = look.generations(name)?;
    if let Some(one) = all.iter().find(|one| i64::try_from(one.number) == Ok(number)) {
        return Ok((one.clone(), one.number == last.number));
    }
    let listed = all.iter().rev().take(LISTED).map(|one| format!("{} {}", one.number, told(look, one)));
    Err(Error::refused(format!("snapshot `{name}` has no generation {number}"))
        .hint(format!("there are: {}", listed.collect::<Vec<_>>().join(", "))))
}

/// What a call restores.
///
/// # Errors
/// Where there is no such snapshot, a pattern fits nothing in it, or it holds what lies outside of the roots by now.
pub fn choose(args: &Args, look: &Look) -> Result<Chosen> {
    let (generation, latest) = generation(args, look)?;
    let keep = look.snapshot_content()?;
    let all = whole::states(name(args)?, &generation, &*keep)?;
    let only = patterns(args)?;
    let names = names_of(&all);
    let chosen = fitting(&all, &only, name(args)?)?;
    let around: HashSet<&str> = chosen.iter().flat_map(|path| above(path)).collect();
    let mut states = Vec::new();
    for state in &all {
        let is_chosen = chosen.contains(state.path.as_str());
        if is_chosen || around.contains(state.path.as_str()) {
            let names = match &state.node {
                NodeState::Parent { names, .. } => names.clone(),
                _ => names.get(state.path.as_str()).cloned().unwrap_or_default(),
            };
            states.push(Piece { state: state.clone(), around: !is_chosen, names });
        }
    }
    join_again(&mut states);
    let chosen = Chosen { generation, latest, states, only };
    chosen.stays_inside(look)?;
    Ok(chosen)
}

/// The paths that are restored: all, or what fits a pattern with what is below it.
fn fitting<'a>(all: &'a [PathState], only: &[Pattern], name: &str) -> Result<BTreeSet<&'a str>> {
    let mut used = vec![false; only.len()];
    let mut chosen = BTreeSet::new();
    let mut top: Option<&str> = None;
    for PathState { path, node } in all {
        if matches!(node, NodeState::Parent { .. } | NodeState::NoParent) {
            continue;
        }
        let mut fits = only.is_empty() || top.is_some_and(|top| below(path, top));
        for (pattern, used) in only.iter().zip(&mut used) {
            if pattern.fits(path) {
                (*used, fits) = (true, true);
                if top.is_none_or(|top| !below(path, top)) {
                    top = Some(path);
                }
            }
        }
        if fits {
            chosen.insert(path.as_str());
        }
    }
    let Some(unused) = used.iter().position(|used| !used) else { return Ok(chosen) };
    let files = all.iter().filter(|state| matches!(state.node, NodeState::File { .. } | NodeState::Link { .. }));
    let listed: Vec<_> = files.take(LISTED).map(|state| format!("`{}`", state.path)).collect();
    Err(Error::refused(format!("`{}` fits nothing in snapshot `{name}`", only[unused].text))
        .hint(format!("patterns are of whole paths below the root; it holds {}, …", listed.join(", "))))
}

/// Of every folder, a digest of the names in it.
fn names_of(all: &[PathState]) -> HashMap<String, String> {
    let mut names: HashMap<String, Vec<OsString>> = HashMap::new();
    for state in all.iter().filter(|state| !matches!(state.node, NodeState::Parent { .. } | NodeState::NoParent)) {
        let (folder, name) = match state.path.rsplit_once('/') {
            Some((folder, name)) => (folder, name),
            None => (".", state.path.as_str()),
        };
        names.entry(folder.to_owned()).or_default().push(decode(name));
    }
    names.into_iter().map(|(folder, names)| (folder, digest_of_names(names.iter().map(OsString::as_os_str)))).collect()
}

/// The kept paths above a kept path, the nearest first.
pub fn above(path: &str) -> impl Iterator<Item = &str> {
    let inner = path.match_indices('/').rev().map(|(end, _)| &path[..end]).filter(|above| !above.is_empty());
    inner.chain((path != "." && !path.starts_with('/')).then_some("."))
}

/// Names of one file are joined with each other alone: what is not restored keeps its own way.
fn join_again(states: &mut [Piece]) {
    let mut first: HashMap<String, String> = HashMap::new();
    let chosen: HashSet<String> =
        states.iter().filter(|piece| !piece.around).map(|piece| piece.state.path.clone()).collect();
    for piece in states.iter_mut() {
        let path = piece.state.path.clone();
        let NodeState::File { hard_link, outside, .. } = &mut piece.state.node else { continue };
        *outside = 0;
        let Some(other) = hard_link.clone() else { continue };
        if !chosen.contains(&other) {
            *hard_link = first.get(&other).cloned();
            first.entry(other).or_insert(path);
        }
    }
}

impl Chosen {
    /// The topmost paths that are restored.
    pub fn tops<'c>(&'c self, look: &'c Look) -> impl Iterator<Item = Located> + 'c {
        let mut top: Option<&str> = None;
        self.states.iter().filter(|piece| !piece.around).filter_map(move |piece| {
            let path = piece.state.path.as_str();
            if top.is_some_and(|top| below(path, top)) {
                return None;
            }
            top = Some(path);
            Some(look.located_as_kept(path))
        })
    }

    fn stays_inside(&self, look: &Look) -> Result<()> {
        for at in self.tops(look) {
            if !look.roots().any(|root| at.path.starts_with(root)) {
                return Err(Error::new(
                    ErrorKind::OutsideRoot,
                    format!("the snapshot holds `{}`, which is outside of the roots", at.name),
                )
                .hint("it was inside when it was taken: name its folder in `roots`, or restore less with `only:`"));
            }
            if look.is_guarded(&at.path) {
                return Err(Error::refused(format!("`{}` is the state of rbk itself by now", at.name))
                    .hint("restore less with `only:`"));
            }
        }
        Ok(())
    }
}
