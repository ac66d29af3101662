//! `git.head`: the commit that is checked out.

use crate::actions::git::commit;
use crate::actions::git::commit::reads_commit;
use crate::actions::git::repo::{Part, Repo};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// `git.head`
pub struct Head;

static SIGNATURE: Signature = Signature {
    name: "git.head",
    role: Role::Probe,
    params: &[],
    returns: Returns::Type("string"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the full id of the commit that is checked out",
    page: "probes/git.head.md",
};

impl Probe for Head {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, _: &Args, look: Option<&Look>) -> Effects {
        Part::Head.read(reads_commit(Effects::none(), None, look), look)
    }

    fn sample(&self, _: &Args, look: &Look) -> Result<Value> {
        let repo = Repo::open(look)?;
        Ok(Value::str(commit::resolve(&repo, "HEAD")?.id().to_string()))
    }
}
