//! The common course of actions that write known paths: what they write is digested, captured and restored as files.
//!
//! A verb says what it writes; it must not write anything else.

use crate::catalogue::args::Args;
use crate::catalogue::change::{Extent, extent};
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::foreseen::Foreseen;
use crate::catalogue::keep::Keep;
use crate::catalogue::look::{Located, Look};
use crate::catalogue::show;
use crate::catalogue::signature::Signature;
use crate::catalogue::snapshot::{NodeState, PathState};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Fingerprint, Preview};
use crate::catalogue::value::Value;

/// What one call may capture. Above it a call is refused when planned, unless it says `capture: none`.
pub const CAPTURE_CAP: u64 = 4_000_000_000;

/// A verb of the family, less what all of them have in common.
pub trait Verb: Send + Sync {
    /// Its signature.
    fn signature(&self) -> &'static Signature;
    /// What is wrong with arguments whatever the world looks like.
    fn complains(&self, _args: &Args) -> Option<Error> {
        None
    }
    /// What it reads and writes.
    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects;
    /// What becomes of the entries that it writes: most verbs change files where they are.
    fn entries(&self, _args: &Args, _look: Option<&Look>) -> Entries {
        Entries::Kept
    }
    /// The paths that it writes, as they stand now; all arguments are known.
    fn written(&self, args: &Args, look: &Look) -> Result<Vec<Located>>;
    /// What it would change; all arguments are known.
    fn preview(&self, args: &Args, look: &Look) -> Result<Preview>;
    /// The files that it will leave, where all of their content is known now.
    fn foresee(&self, _args: &Args, _look: &Look) -> Result<Option<Vec<Foreseen>>> {
        Ok(None)
    }
    /// Does it.
    fn run(&self, args: &Args, touch: &Touch) -> Result<()>;
    /// Keeps what it would overwrite or remove.
    fn snapshot(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Vec<PathState>> {
        look.snapshot(&self.written(args, look)?, keep, Some(CAPTURE_CAP))
    }
    /// The state of what it writes, to notice drift.
    fn digest(&self, args: &Args, look: &Look) -> Result<Fingerprint> {
        look.digest(&self.written(args, look)?)
    }
    /// Whether it puts something new in the place of what it writes, which parts that from further names of it.
    fn replaces(&self) -> bool {
        true
    }
    /// Whether it captures what it writes.
    fn captures(&self, _args: &Args) -> bool {
        true
    }
}

/// A verb with the common course.
pub struct Captured<V>(pub V);

impl<V: Verb> Action for Captured<V> {
    fn signature(&self) -> &'static Signature {
        self.0.signature()
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        self.0.complains(args)
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        self.0.effects(args, look)
    }

    fn entries(&self, args: &Args, look: Option<&Look>) -> Entries {
        self.0.entries(args, look)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        if args.any_unknown() {
            return Ok(not_known_yet());
        }
        for at in self.0.written(args, look)?.iter().filter(|at| look.is_guarded(&at.path)) {
            look.may_change(at)?;
        }
        let mut preview = self.0.preview(args, look)?;
        if self.captures(args) {
            let written = self.0.written(args, look)?;
            refuse_too_large(look, &written, self.signature())?;
            if self.0.replaces() && !preview.changes.is_empty() {
                preview.notes.extend(look.parted(&written)?);
            }
        }
        Ok(preview)
    }

    fn foresee(&self, args: &Args, look: &Look) -> Result<Option<Vec<Foreseen>>> {
        if args.any_unknown() { Ok(None) } else { self.0.foresee(args, look) }
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        if args.any_unknown() {
            return Ok(None);
        }
        // What is not captured may be too large to be read.
        if self.captures(args) { self.0.digest(args, look) } else { outline(look, &self.0.written(args, look)?) }
            .map(Some)
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        if !self.captures(args) {
            return Ok(Capture::Nothing);
        }
        Ok(Capture::Files { states: self.0.snapshot(args, look, keep)? })
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        self.0.run(args, touch).map(|()| Value::None)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        match capture {
            Capture::Files { states } | Capture::Data { states, .. } => touch.restore(states, keep),
            Capture::Nothing => Err(nothing_captured(self.signature())),
        }
    }

    /// What the undo restores is what it overwrites, whatever the arguments mean by now: a glob, or a source that is gone.
    fn capture_for_undo(&self, capture: &Capture, _args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let (Capture::Files { states } | Capture::Data { states, .. }) = capture else { return Ok(Capture::Nothing) };
        Ok(Capture::Files { states: present(states, look, keep)? })
    }

    /// Where nothing was captured (`capture: none`) the arguments have to say it.
    fn left(&self, capture: &Capture, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        match capture {
            Capture::Files { states } | Capture::Data { states, .. } => look.digest_of(states).map(Some),
            Capture::Nothing => self.fingerprint(args, look),
        }
    }

    fn exact_undo(&self, args: &Args) -> bool {
        self.captures(args)
    }
}

/// What stands now where `states` would be restored. Not bounded: an undo is not refused for its size.
pub fn present(states: &[PathState], look: &Look, keep: &dyn Keep) -> Result<Vec<PathState>> {
    let restored = |state: &&PathState| !matches!(state.node, NodeState::Parent { .. } | NodeState::NoParent);
    let paths: Vec<Located> = states.iter().filter(restored).map(|state| look.located_as_kept(&state.path)).collect();
    // Folders that the undo removes, or makes again, count too, also where they are all that was done.
    let mut within = Vec::new();
    for state in states {
        let at = look.located_as_kept(&state.path);
        let changes = match state.node {
            NodeState::NoParent => true,
            NodeState::Parent { .. } => look.facts(&at)?.is_none(),
            _ => false,
        };
        if changes {
            within.push(look.entry(&at, "within".as_ref()));
        }
    }
    look.snapshot_with_around(&paths, &within, keep, None)
}

impl<V: Verb> Captured<V> {
    fn captures(&self, args: &Args) -> bool {
        self.0.captures(args)
    }
}

/// The preview of a call whose arguments come from an earlier step.
pub fn not_known_yet() -> Preview {
    Preview {
        summary: "known when it runs".to_owned(),
        opaque: Some("its arguments come from an earlier step".to_owned()),
        ..Preview::default()
    }
}

/// That there is nothing to restore from.
pub fn nothing_captured(signature: &Signature) -> Error {
    Error::refused(format!("`{}` captured nothing, so it cannot be taken back", signature.name))
}

/// Refuses what is larger than what one call captures.
pub fn refuse_too_large(look: &Look, written: &[Located], signature: &Signature) -> Result<()> {
    let mut sum = Extent::default();
    for at in written {
        if look.facts(at)?.is_some() {
            sum += extent(look, at)?;
        }
    }
    if sum.bytes <= CAPTURE_CAP {
        return Ok(());
    }
    let what = format!(
        "`{}` would capture {}, more than the {} that are kept of one call",
        signature.name,
        sum,
        show::bytes(CAPTURE_CAP as f64)
    );
    Err(Error::refused(what).hint(if signature.param("capture").is_some() {
        "say `capture: none` to go without, or name less"
    } else {
        "move it aside with `file.move`, which keeps it without a copy"
    }))
}

/// Kinds and sizes only: for what is too large to be read for a fingerprint.
pub fn outline(look: &Look, paths: &[Located]) -> Result<Fingerprint> {
    let mut fingerprint = Fingerprint::default();
    for at in paths {
        let description = match look.facts(at)? {
            None => "absent".to_owned(),
            Some(facts) if facts.is_dir() => "a directory".to_owned(),
            Some(facts) => format!("{} of {}", facts.sort.name(), show::bytes(facts.size as f64)),
        };
        fingerprint.parts.insert(look.kept_name(&at.path), description);
    }
    Ok(fingerprint)
}
