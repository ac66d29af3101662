//! The `file` family: what is known of files, links and directories without changing them.

pub(super) mod content;
mod listing;
mod pattern;
mod standing;

use std::sync::Arc;

use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::Look;
use crate::catalogue::reach;
use crate::catalogue::signature::{Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// The probes of this family.
pub fn all() -> Vec<Arc<dyn Probe>> {
    let families = [standing::ALL, content::ALL, listing::ALL];
    families.into_iter().flatten().map(|probe| Arc::new(*probe) as Arc<dyn Probe>).collect()
}

/// A probe of files: what it is called, what it reads, and how.
#[derive(Clone, Copy)]
struct FileProbe {
    signature: &'static Signature,
    effects: fn(&Args, Option<&Look>) -> Effects,
    complains: fn(&Args) -> Option<Error>,
    sample: fn(&Args, &Look) -> Result<Value>,
}

impl Probe for FileProbe {
    fn signature(&self) -> &'static Signature {
        self.signature
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        (self.complains)(args)
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        (self.effects)(args, look)
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        look.cancel().check()?;
        (self.sample)(args, look)
    }
}

/// The signature of a probe of this family.
const fn probe(
    name: &'static str,
    params: &'static [Parameter],
    returns: Returns,
    doc: &'static str,
    page: &'static str,
) -> Signature {
    Signature { name, role: Role::Probe, params, returns, undo: UndoKind::Nothing, gate: false, doc, page }
}

/// Every argument by itself will do.
const fn nothing(_args: &Args) -> Option<Error> {
    None
}

/// Reads what `path` leads to.
fn reads_path(args: &Args, look: Option<&Look>) -> Effects {
    reach::of(args, "path", look, reach::reads)
}
