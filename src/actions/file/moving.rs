//! `file.move`: files and directories to an exact name or into a directory.
//!
//! A move within one file system is taken back by moving back, so nothing has to be copied to be kept; only what it
//! replaces is captured. Between file systems the source is captured as well.

use serde_json::json;

use super::captured::{CAPTURE_CAP, not_known_yet, nothing_captured, outline};
use super::copy::replaced;
use super::ends::{self, carried, destination_effects, ends};
use super::wording::named;
use crate::catalogue::args::Args;
use crate::catalogue::change::{Extent, extent};
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::snapshot::{NodeState, PathState};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, FileChange, Fingerprint, Preview};
use crate::catalogue::value::Value;

static SIGNATURE: Signature = Signature {
    name: "file.move",
    role: Role::Action,
    params: &[
        Parameter { name: "from", ty: "path", form: Form::Positional, doc: "what is moved; a list needs `into:`" },
        Parameter { name: "to", ty: "path", form: Form::Optional, doc: "its exact new name" },
        Parameter {
            name: "into",
            ty: "path",
            form: Form::Optional,
            doc: "the directory that will hold it, its name kept",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "moves or renames files, links and directories, in the place of what stands there",
    page: "actions/file.move.md",
};

/// Up to this size what is moved is digested by content; above, its kind and size stand for it.
const DIGESTED: u64 = 64_000_000;

pub struct Move;

impl Action for Move {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        ends::complaint(args)
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let mut effects = reach::of(args, "from", look, reach::writes);
        effects.extend(destination_effects(args, look));
        effects
    }

    /// Links and further names of a file stay what they are, under another name.
    fn entries(&self, args: &Args, look: Option<&Look>) -> Entries {
        let carries = |look: &Look, from: &Located| reach::has_names(look, from, reach::Names::All);
        carried(args, look, Look::locate, carries, || self.effects(args, look))
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        if args.any_unknown() {
            return Ok(not_known_yet());
        }
        let pairs = ends(args, look, Look::locate)?;
        let mut preview = Preview::default();
        let mut sum = Extent::default();
        for (from, to) in &pairs {
            look.may_change(from)?;
            look.may_change(to)?;
            let facts = look.facts_of_existing(from)?;
            let size = extent(look, from)?;
            sum += size;
            let slash = if facts.is_dir() { "/" } else { "" };
            let bytes = Some(size.bytes);
            let before = look.facts(to)?;
            let (what, old) = match before {
                None => (FileChange::Create, None),
                Some(_) => (FileChange::Modify, Some(extent(look, to)?.bytes)),
            };
            let gone = FileChange::Delete;
            preview.changes.push(Change::File {
                path: format!("{}{slash}", from.name),
                what: gone,
                diff: None,
                size: (bytes, None),
            });
            preview.changes.push(Change::File {
                path: format!("{}{slash}", to.name),
                what,
                diff: None,
                size: (old, bytes),
            });
            preview.notes.extend(replaced(look, to)?);
            preview.notes.extend(look.parted(std::slice::from_ref(to))?);
            if !same_device(look, from, to)? && size.bytes > CAPTURE_CAP {
                return Err(Error::refused(format!(
                    "`{}` would be moved to another file system and captured: {size}",
                    from.name
                ))
                .hint("move it within its file system"));
            }
        }
        let sources = named(pairs.iter().map(|(from, _)| from));
        preview.summary = format!("{sources} moved to {} ({sum})", named(pairs.iter().map(|(_, to)| to)));
        Ok(preview)
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        if args.any_unknown() {
            return Ok(None);
        }
        let mut all = Fingerprint::default();
        for (from, to) in ends(args, look, Look::locate)? {
            for at in [from, to] {
                let small = look.facts(&at)?.is_none() || extent(look, &at)?.bytes <= DIGESTED;
                let at = [at];
                all.parts.extend(if small { look.digest(&at)? } else { outline(look, &at)? }.parts);
            }
        }
        Ok(Some(all))
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let mut moves = Vec::new();
        let mut captured = Vec::new();
        let mut sources = Vec::new();
        for (from, to) in ends(args, look, Look::locate)? {
            if look.facts(&from)?.is_none() {
                // Captured before an undo: what was moved stands at its destination, and is kept as it is there.
                captured.push(from);
            } else if same_device(look, &from, &to)? {
                moves.push(json!({ "from": look.kept_name(&from.path), "to": look.kept_name(&to.path) }));
                sources.push(from);
            } else {
                captured.push(from);
            }
            captured.push(to);
        }
        let states = look.snapshot_with_around(&captured, &sources, keep, Some(CAPTURE_CAP))?;
        Ok(Capture::Data { data: json!({ "moves": moves }), states })
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let pairs = ends(args, touch, Look::locate)?;
        for (from, _) in &pairs {
            touch.facts_of_existing(from)?;
        }
        for (from, to) in &pairs {
            touch.mkdir_around(to)?;
            touch.rename(from, to)?;
        }
        Ok(Value::None)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        let Capture::Data { data, states } = capture else { return Err(nothing_captured(&SIGNATURE)) };
        // Folders that are gone come back as they were, before something is moved into them.
        let is_parent = |state: &&PathState| matches!(state.node, NodeState::Parent { .. });
        touch.restore(&states.iter().filter(is_parent).cloned().collect::<Vec<_>>(), keep)?;
        for entry in data["moves"].as_array().into_iter().flatten().rev() {
            let (Some(from), Some(to)) = (entry["from"].as_str(), entry["to"].as_str()) else {
                return Err(Error::internal("a captured move has another form"));
            };
            move_back(touch, &touch.located_as_kept(from), &touch.located_as_kept(to))?;
        }
        touch.restore(states, keep)
    }

    /// A thing that goes back to a place where nothing stands is moved, not copied, so that an undo of the undo moves it
    /// forth again. Where the move had replaced something, both ends are kept as they are, with what they hold: what is at
    /// the destination now need not be what was moved there.
    fn capture_for_undo(&self, capture: &Capture, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let Capture::Data { data, states } = capture else { return Err(nothing_captured(&SIGNATURE)) };
        let entries: Vec<_> = data["moves"].as_array().into_iter().flatten().collect();
        let replaced = |kept: &str| states.iter().any(|s| s.path == kept && s.node != NodeState::Absent);
        let (mut moves, mut around, mut copied) = (Vec::new(), Vec::new(), Vec::new());
        for (from, to) in ends(args, look, Look::locate)? {
            let (a, b) = (look.kept_name(&from.path), look.kept_name(&to.path));
            // An undo of an undo goes the other way.
            let way = entries.iter().find_map(|entry| match (entry["from"].as_str()?, entry["to"].as_str()?) {
                (back, there) if back == a && there == b => Some((&from, &to)),
                (back, there) if back == b && there == a => Some((&to, &from)),
                _ => None,
            });
            match way {
                Some((back, there))
                    if !replaced(&look.kept_name(&there.path))
                        && look.facts(back)?.is_none()
                        && look.facts(there)?.is_some() =>
                {
                    moves.push(json!({ "from": look.kept_name(&there.path), "to": look.kept_name(&back.path) }));
                    around.extend([from, to]);
                }
                _ => copied.extend([from, to]),
            }
        }
        let states = look.snapshot_with_around(&copied, &around, keep, None)?;
        Ok(Capture::Data { data: json!({ "moves": moves }), states })
    }
}

/// A rename is one step: where the source is gone, what stands at the destination is it; where it is not, the move did
/// not happen or was taken back before.
fn move_back(touch: &Touch, from: &Located, to: &Located) -> Result<()> {
    if touch.facts(from)?.is_some() {
        return Ok(());
    }
    if touch.facts(to)?.is_none() {
        return Err(Error::new(ErrorKind::Changed, format!("what was moved to `{}` is not there any more", to.name))
            .hint(format!("bring it back to `{}` by hand", from.name)));
    }
    touch.mkdir_around(from)?;
    touch.rename(to, from)
}

/// Whether a rename can do it: the nearest directory that is there counts for a destination.
fn same_device(look: &Look, from: &Located, to: &Located) -> Result<bool> {
    let there = to.path.ancestors().skip(1).find(|above| above.is_dir());
    let Some(there) = there else { return Ok(false) };
    let above = Located { path: there.to_owned(), name: look.name_of(there), links: Vec::new() };
    let dev = |at: &Located| Ok::<_, Error>(look.facts(at)?.map(|facts| facts.dev));
    Ok(dev(from)? == dev(&above)?)
}
