//! `snapshot.remove`: forgets generations of a snapshot.

use super::{NAME, list, missing, name, resource, told, wrong_name};
use crate::actions::file::not_known_yet;
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::shelf::Generation;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::Value;

static REMOVE: Signature = Signature {
    name: "snapshot.remove",
    role: Role::Action,
    params: &[
        NAME,
        Parameter {
            name: "keep",
            ty: "int",
            form: Form::Optional,
            doc: "how many generations stay, the newest ones; none unless said",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "forgets a snapshot, or its older generations",
    page: "actions/snapshot.remove.md",
};

/// `snapshot.remove`
pub struct Remove;

/// How many of `present` go, the oldest ones.
fn going(args: &Args, present: &[Generation]) -> Result<usize> {
    let keep = usize::try_from(args.int("keep").unwrap_or(0))
        .map_err(|_| Error::new(ErrorKind::Value, "`keep:` is how many generations stay: 0 or more"))?;
    Ok(present.len().saturating_sub(keep))
}

impl Action for Remove {
    fn signature(&self) -> &'static Signature {
        &REMOVE
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        wrong_name(args).or_else(|| going(args, &[]).err())
    }

    fn effects(&self, args: &Args, _look: Option<&Look>) -> Effects {
        Effects::none().write(resource(args))
    }

    fn entries(&self, _args: &Args, _look: Option<&Look>) -> Entries {
        Entries::Kept
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        if args.any_unknown() {
            return Ok(not_known_yet());
        }
        let name = name(args)?;
        let present = look.generations(name)?;
        if present.is_empty() {
            return Err(missing(look, name));
        }
        let going = going(args, &present)?;
        if going == 0 {
            let summary = format!("no change: snapshot `{name}` has no more than {} generations", present.len());
            return Ok(Preview { summary, ..Preview::default() });
        }
        let rest = present.len() - going;
        let summary = match rest {
            0 => format!("forget snapshot `{name}`"),
            _ => format!("forget {going} of {} generations of snapshot `{name}`", present.len()),
        };
        let told = |one: &Generation| format!("generation {} goes, {}", one.number, told(look, one));
        let changes = present[..going].iter().map(|one| Change::Other { summary: told(one) }).collect();
        Ok(Preview { summary, changes, ..Preview::default() })
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        if args.any_unknown() { Ok(None) } else { list::fingerprint(look, name(args)?).map(Some) }
    }

    fn capture(&self, args: &Args, look: &Look, _keep: &dyn Keep) -> Result<Capture> {
        list::capture(look, name(args)?)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let name = name(args)?;
        let mut all = touch.generations(name)?;
        all.drain(..going(args, &all)?);
        touch.cancel().check()?;
        touch.snapshots()?.set(name, &all)?;
        Ok(Value::None)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, _keep: &dyn Keep) -> Result<()> {
        list::restore(capture, touch)
    }
}
