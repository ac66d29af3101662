//! `snapshot.take`: keeps files and folders under a name.

use std::io::Cursor;

use super::{NAME, list, name, resource, told, whole, wrong_name};
use crate::actions::file::{named, not_known_yet};
use crate::catalogue::args::Args;
use crate::catalogue::change::{Extent, extent};
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::shelf::Generation;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::snapshot::{NodeState, PathState};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::Value;

static TAKE: Signature = Signature {
    name: "snapshot.take",
    role: Role::Action,
    params: &[
        NAME,
        Parameter {
            name: "paths",
            ty: "list[path]",
            form: Form::Required,
            doc: "files and folders; a link is kept as a link",
        },
        Parameter {
            name: "keep",
            ty: "int",
            form: Form::Optional,
            doc: "how many generations of this name stay; all unless said",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "keeps files and folders under a name, in the state folder",
    page: "actions/snapshot.take.md",
};

/// `snapshot.take`
pub struct Take;

/// The paths that are named; each must be there, lest a misspelt one be missed when it is needed.
fn located(args: &Args, look: &Look) -> Result<Vec<Located>> {
    let mut all = Vec::new();
    for path in args.texts("paths")? {
        let at = look.locate(path)?;
        look.facts_of_existing(&at)?;
        if look.is_guarded(&at.path) {
            return Err(Error::refused(format!("`{}` is the state of rbk itself", at.name))
                .hint("snapshots lie there; name what the policy works on"));
        }
        all.push(at);
    }
    if all.is_empty() {
        return Err(Error::new(ErrorKind::Value, "`snapshot.take` is given no path").hint("say `paths: [\"src\"]`"));
    }
    Ok(all)
}

/// The generations that go, as `keep:` says, when one is added to `present`.
fn going(args: &Args, present: &[Generation]) -> Result<usize> {
    match args.int("keep") {
        None => Ok(0),
        Some(keep) => {
            let keep = usize::try_from(keep).ok().filter(|keep| *keep > 0).ok_or_else(too_few)?;
            Ok((present.len() + 1).saturating_sub(keep))
        }
    }
}

fn too_few() -> Error {
    Error::new(ErrorKind::Value, "`keep:` is how many generations stay, the one that is taken among them")
        .hint("say `keep: 1` or more; `snapshot.remove` removes them all")
}

impl Action for Take {
    fn signature(&self) -> &'static Signature {
        &TAKE
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        wrong_name(args).or_else(|| going(args, &[]).err())
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reach::of(args, "paths", look, reach::reads_entry).write(resource(args))
    }

    fn entries(&self, _args: &Args, _look: Option<&Look>) -> Entries {
        Entries::Kept
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        if args.any_unknown() {
            return Ok(not_known_yet());
        }
        let (name, paths) = (name(args)?, located(args, look)?);
        let mut preview = Preview::default();
        let mut sum = Extent::default();
        for at in &paths {
            sum += extent(look, at)?;
            if look.facts(at)?.is_some_and(|facts| facts.is_link()) {
                preview.notes.push(format!("`{}` is a link; the link is kept, not what it leads to", at.name));
            }
        }
        let present = look.generations(name)?;
        let number = present.last().map_or(1, |last| last.number + 1);
        preview.summary = format!("keep {} as snapshot `{name}` ({sum})", named(&paths));
        preview.changes.push(Change::Other {
            summary: match present.last() {
                None => format!("generation {number} of `{name}`, the first one"),
                Some(last) => {
                    format!("generation {number} of `{name}`; generation {} was {}", last.number, told(look, last))
                }
            },
        });
        for one in &present[..going(args, &present)?] {
            let summary = format!("generation {} goes, {}", one.number, told(look, one));
            preview.changes.push(Change::Other { summary });
        }
        Ok(preview)
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        if args.any_unknown() { Ok(None) } else { list::fingerprint(look, name(args)?).map(Some) }
    }

    fn capture(&self, args: &Args, look: &Look, _keep: &dyn Keep) -> Result<Capture> {
        list::capture(look, name(args)?)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let (name, paths, shelf) = (name(args)?, located(args, touch)?, touch.snapshots()?);
        let (keep, mut all) = (shelf.keep()?, touch.generations(name)?);
        let states = touch.snapshot(&paths, &*keep, None)?;
        let json = serde_json::to_vec(&states).map_err(|error| Error::internal(error.to_string()))?;
        let manifest = keep.put(&mut Cursor::new(json))?;
        // On the disk before it is read back, and read back before it has a name.
        shelf.settle()?;
        whole::check(name, &states, &*keep, touch)?;
        let (files, bytes) = counted(&states);
        let (taker, now) = (shelf.taker(), touch.now());
        let number = all.last().map_or(1, |last| last.number + 1);
        all.drain(..going(args, &all)?);
        all.push(Generation {
            number,
            taken: now,
            by: taker.by,
            run: taker.run,
            paths: paths.iter().map(|at| touch.kept_name(&at.path)).collect(),
            files,
            bytes,
            states: manifest,
            verified: now,
        });
        touch.cancel().check()?;
        shelf.set(name, &all)?;
        Ok(Value::None)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, _keep: &dyn Keep) -> Result<()> {
        list::restore(capture, touch)
    }
}

fn counted(states: &[PathState]) -> (u64, u64) {
    let mut sum = (0, 0);
    for state in states {
        match &state.node {
            NodeState::File { size, .. } => sum = (sum.0 + 1, sum.1 + size),
            NodeState::Link { .. } | NodeState::Special { .. } => sum.0 += 1,
            _ => {}
        }
    }
    sum
}
