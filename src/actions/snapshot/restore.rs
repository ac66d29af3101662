//! `snapshot.restore`: brings back what was kept under a name.

use std::io::Read;

use super::chosen::{Chosen, choose, patterns};
use super::difference::{Difference, Differences, find};
use super::{NAME, list, name, resource, told, whole, wrong_name};
use crate::actions::file::{CAPTURE_CAP, not_known_yet, present, refuse_too_large, unchanged};
use crate::catalogue::args::Args;
use crate::catalogue::change::{New, file_change, thousands};
use crate::catalogue::effect::{Effects, Entries, Resource};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::{Keep, ObjectId};
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::snapshot::NodeState;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, FileChange, Fingerprint, Preview};
use crate::catalogue::value::Value;

static RESTORE: Signature = Signature {
    name: "snapshot.restore",
    role: Role::Action,
    params: &[
        NAME,
        Parameter {
            name: "only",
            ty: "list[string]",
            form: Form::Optional,
            doc: "patterns of what is restored, such as `src/*.py`; everything unless said",
        },
        Parameter {
            name: "exact",
            ty: "bool",
            form: Form::Optional,
            doc: "whether what was not there goes; it stays unless said",
        },
        Parameter {
            name: "generation",
            ty: "int",
            form: Form::Optional,
            doc: "which one, as plans number them; the latest unless said",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "brings back what was kept under a name",
    page: "actions/snapshot.restore.md",
};

/// Larger text is shown by its size.
const DIFFED: u64 = 1024 * 1024;
/// Changes of one call that are listed; the rest is counted.
const LISTED: usize = 200;
/// So many paths are ordered by their own names; more by the names of what was taken.
const SINGLE: usize = 64;
/// So many parts of a fingerprint stand for themselves.
const PARTS: usize = 512;

/// `snapshot.restore`
pub struct Restore;

fn is_exact(args: &Args) -> bool {
    args.flag("exact", false)
}

/// What a call would change, with all that it is restored from found to be whole.
fn looked(args: &Args, look: &Look) -> Result<(Chosen, Differences)> {
    let chosen = choose(args, look)?;
    let states = chosen.states.iter().map(|piece| &piece.state);
    whole::check(name(args)?, states, &*look.snapshot_content()?, look)?;
    let found = find(&chosen, look, is_exact(args))?;
    for one in &found.all {
        if look.roots().all(|root| root != one.at.path) && !matches!(one.then, NodeState::Directory { .. }) {
            look.may_change(&one.at)?;
        }
    }
    Ok((chosen, found))
}

impl Action for Restore {
    fn signature(&self) -> &'static Signature {
        &RESTORE
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        wrong_name(args).or_else(|| patterns(args).err())
    }

    /// Without the world, any file: a snapshot may hold any.
    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let own = Effects::none().read(resource(args));
        let known = if args.any_unknown() { None } else { look };
        let Some((look, chosen)) = known.and_then(|look| Some((look, choose(args, look).ok()?))) else {
            return own.write(Resource::file("**"));
        };
        let all: Vec<&str> = chosen.generation.paths.iter().map(String::as_str).collect();
        let tops: Vec<Located> = if chosen.only.is_empty() || is_exact(args) || chosen.states.len() > SINGLE {
            all.iter().map(|path| look.located_as_kept(path)).collect()
        } else {
            chosen.tops(look).collect()
        };
        // A name that is no text cannot be said as a resource.
        if tops.iter().any(|at| look.root().join(&at.name) != at.path && at.name != ".") {
            return own.write(Resource::file("**"));
        }
        let names: Vec<&str> = tops.iter().map(|at| at.name.as_str()).collect();
        let mut effects = reach::writes(Some(look), &names);
        effects.extend(own);
        effects
    }

    fn entries(&self, args: &Args, look: Option<&Look>) -> Entries {
        let writes = || self.effects(args, look).writes;
        let known = if args.any_unknown() { None } else { look };
        let Some(chosen) = known.and_then(|look| choose(args, look).ok()) else { return Entries::Remade(writes()) };
        let links = chosen.states.iter().any(|piece| match &piece.state.node {
            NodeState::Link { .. } => true,
            NodeState::File { hard_link, .. } => hard_link.is_some(),
            _ => false,
        });
        if links { Entries::Remade(writes()) } else { Entries::Replaced }
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        if args.any_unknown() {
            return Ok(not_known_yet());
        }
        let (chosen, found) = looked(args, look)?;
        let (name, one) = (name(args)?, &chosen.generation);
        let older = if chosen.latest { "" } else { ", not the latest" };
        let note = format!("generation {} of `{name}`{older}: {}", one.number, told(look, one));
        if found.all.is_empty() {
            return Ok(Preview { notes: vec![note], ..unchanged(format!("all is as in snapshot `{name}`")) });
        }
        refuse_too_large(look, &found.written, &RESTORE)?;
        let mut preview = Preview { summary: summary(name, &found.all), ..Preview::default() };
        preview.notes.push(note);
        preview.notes.extend(look.parted(&found.written)?);
        let keep = look.snapshot_content()?;
        let (content, metadata): (Vec<_>, Vec<_>) = found.all.iter().partition(|one| one.content);
        for one in content.iter().take(LISTED) {
            look.cancel().check()?;
            preview.changes.push(change(look, one, &*keep)?);
        }
        let modes = metadata.iter().filter_map(|one| mode_change(look, one).transpose());
        preview.changes.extend(modes.take(LISTED).collect::<Result<Vec<_>>>()?);
        let rest = content.len().saturating_sub(LISTED);
        if rest > 0 {
            preview.changes.push(Change::Other { summary: format!("and {} more", thousands(rest as u64)) });
        }
        if !metadata.is_empty() {
            let summary =
                format!("the times, owners, modes or attributes of {} come back", counted(metadata.len(), "path"));
            preview.changes.push(Change::Other { summary });
        }
        Ok(preview)
    }

    /// What stands where it would write, and which generation it is.
    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        if args.any_unknown() {
            return Ok(None);
        }
        let chosen = choose(args, look)?;
        let paths: Vec<Located> = if is_exact(args) {
            chosen.tops(look).collect()
        } else {
            let leaf = |node: &NodeState| !matches!(node, NodeState::Directory { .. });
            let leaves = chosen.states.iter().filter(|piece| !piece.around && leaf(&piece.state.node));
            leaves.map(|piece| look.located_as_kept(&piece.state.path)).collect()
        };
        let mut fingerprint = look.digest(&paths)?;
        let part = list::part(name(args)?);
        if fingerprint.parts.len() > PARTS {
            let mut hasher = blake3::Hasher::new();
            for (name, described) in &fingerprint.parts {
                hasher.update(name.as_bytes()).update(&[0]).update(described.as_bytes()).update(&[0]);
            }
            let digest = hasher.finalize().to_hex()[..32].to_owned();
            fingerprint.parts.clear();
            fingerprint.parts.insert(format!("{part} restored"), digest);
        }
        fingerprint.parts.insert(part, list::described(&chosen.generation));
        Ok(Some(fingerprint))
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let (_, found) = looked(args, look)?;
        if found.written.is_empty() {
            return Ok(Capture::Nothing);
        }
        Ok(Capture::Files { states: look.snapshot(&found.written, keep, Some(CAPTURE_CAP))? })
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let (chosen, found) = looked(args, touch)?;
        let shelf = touch.snapshots()?;
        if chosen.only.is_empty() {
            let name = name(args)?;
            let mut all = touch.generations(name)?;
            for one in all.iter_mut().filter(|one| one.number == chosen.generation.number) {
                one.verified = touch.now();
            }
            shelf.set(name, &all)?;
        }
        if !found.states.is_empty() {
            touch.restore(&found.states, &*shelf.keep()?)?;
        }
        Ok(Value::None)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        match capture {
            Capture::Files { states } | Capture::Data { states, .. } => touch.restore(states, keep),
            Capture::Nothing => Ok(()),
        }
    }

    fn capture_for_undo(&self, capture: &Capture, _args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let (Capture::Files { states } | Capture::Data { states, .. }) = capture else { return Ok(Capture::Nothing) };
        Ok(Capture::Files { states: present(states, look, keep)? })
    }

    fn left(&self, capture: &Capture, _args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        match capture {
            Capture::Files { states } | Capture::Data { states, .. } => look.digest_of(states).map(Some),
            Capture::Nothing => Ok(Some(Fingerprint::default())),
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{} {what}{}", thousands(count as u64), if count == 1 { "" } else { "s" })
}

/// `restore 3 paths of snapshot `before`, remove 1 that was not there`
fn summary(name: &str, all: &[Difference]) -> String {
    let gone = all.iter().filter(|one| one.then == NodeState::Absent).count();
    match (all.len() - gone, gone) {
        (back, 0) => format!("restore {} of snapshot `{name}`", counted(back, "path")),
        (0, gone) => format!("remove {} that snapshot `{name}` has not", counted(gone, "path")),
        (back, gone) => format!(
            "restore {} of snapshot `{name}`, remove {} that it has not",
            counted(back, "path"),
            counted(gone, "path")
        ),
    }
}

/// A difference as a plan shows it.
fn change(look: &Look, one: &Difference, keep: &dyn Keep) -> Result<Change> {
    let at = &one.at;
    let shown = match &one.then {
        NodeState::File { object, size, .. } if *size <= DIFFED => {
            file_change(look, at, New::Content(&content(object, keep)?))?
        }
        NodeState::File { size, .. } => {
            let before = look.facts(at)?;
            let what = if before.is_some() { FileChange::Modify } else { FileChange::Create };
            let size = (before.map(|facts| facts.size), Some(*size));
            Some(Change::File { path: at.name.clone(), what, diff: None, size })
        }
        NodeState::Link { target, .. } => file_change(look, at, New::Link(target))?,
        NodeState::Directory { .. } => file_change(look, at, New::Directory)?,
        NodeState::Absent => file_change(look, at, New::Absent)?,
        _ => None,
    };
    Ok(shown.unwrap_or_else(|| match &one.then {
        NodeState::File { hard_link: Some(other), .. } => {
            Change::Other { summary: format!("`{}` is another name of `{other}` again", at.name) }
        }
        NodeState::File { .. } => Change::Other { summary: format!("`{}` is a file of its own again", at.name) },
        then => Change::Other { summary: format!("`{}` is a {} again", at.name, then.described()) },
    }))
}

/// The change of a mode, where that is what differs.
fn mode_change(look: &Look, one: &Difference) -> Result<Option<Change>> {
    match &one.then {
        NodeState::File { meta, .. } | NodeState::Directory { meta } => {
            file_change(look, &one.at, New::Mode(meta.mode))
        }
        _ => Ok(None),
    }
}

fn content(object: &ObjectId, keep: &dyn Keep) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    keep.open(object)?.read_to_end(&mut content).map_err(|error| Error::io("read the snapshot", &error))?;
    Ok(content)
}
