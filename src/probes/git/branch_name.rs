//! `git.branch_name`: the branch that is checked out.

use crate::actions::git::repo::{Part, Repo};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// `git.branch_name`
pub struct BranchName;

static SIGNATURE: Signature = Signature {
    name: "git.branch_name",
    role: Role::Probe,
    params: &[],
    returns: Returns::Type("string?"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the branch that is checked out; absent when `HEAD` is detached",
    page: "probes/git.branch_name.md",
};

impl Probe for BranchName {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, _: &Args, look: Option<&Look>) -> Effects {
        Part::Head.read(Effects::none(), look)
    }

    fn sample(&self, _: &Args, look: &Look) -> Result<Value> {
        let repo = Repo::open(look)?;
        // Read from the file: a branch without a commit yet is checked out all the same.
        let path = repo.own("HEAD");
        let text =
            std::fs::read_to_string(&path).map_err(|error| Error::io(format!("read `{}`", path.display()), &error))?;
        Ok(text.trim().strip_prefix("ref: refs/heads/").map_or(Value::None, Value::str))
    }
}
