//! `snapshot.exists`, `snapshot.age` and `snapshot.last_verified`: what is kept under a name.

use std::sync::Arc;

use crate::actions::snapshot::{NAME, latest, name, resource};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

const fn signature(name: &'static str, returns: &'static str, doc: &'static str, page: &'static str) -> Signature {
    let (role, returns, undo) = (Role::Probe, Returns::Type(returns), UndoKind::Nothing);
    Signature { name, role, params: &[NAME], returns, undo, gate: false, doc, page }
}

static EXISTS: Signature =
    signature("snapshot.exists", "bool", "whether there is a snapshot of this name", "probes/snapshot.exists.md");
static AGE: Signature = signature(
    "snapshot.age",
    "duration",
    "the time since the latest generation of a snapshot was taken",
    "probes/snapshot.age.md",
);
static LAST_VERIFIED: Signature = signature(
    "snapshot.last_verified",
    "time",
    "when the latest generation of a snapshot was last read and found whole",
    "probes/snapshot.last_verified.md",
);

/// The probes of this family.
pub fn all() -> Vec<Arc<dyn Probe>> {
    vec![
        Arc::new(Asked { signature: &EXISTS, sample: exists }),
        Arc::new(Asked { signature: &AGE, sample: age }),
        Arc::new(Asked { signature: &LAST_VERIFIED, sample: last_verified }),
    ]
}

struct Asked {
    signature: &'static Signature,
    sample: fn(&str, &Look) -> Result<Value>,
}

impl Probe for Asked {
    fn signature(&self) -> &'static Signature {
        self.signature
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        args.text_or_none("name").and_then(|_| name(args).err())
    }

    fn effects(&self, args: &Args, _look: Option<&Look>) -> Effects {
        Effects::none().read(resource(args))
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        look.cancel().check()?;
        (self.sample)(name(args)?, look)
    }
}

fn exists(name: &str, look: &Look) -> Result<Value> {
    Ok(Value::Bool(!look.generations(name)?.is_empty()))
}

fn age(name: &str, look: &Look) -> Result<Value> {
    let passed = look.now().as_nanosecond() - latest(look, name)?.taken.as_nanosecond();
    // A time to come counts as now.
    Ok(Value::duration(std::time::Duration::from_nanos(u64::try_from(passed.max(0)).unwrap_or(u64::MAX))))
}

fn last_verified(name: &str, look: &Look) -> Result<Value> {
    latest(look, name).map(|one| Value::Time(one.verified))
}
