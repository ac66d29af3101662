//! `git.commit_of`: the commit that a name means now.

use crate::actions::git::commit;
use crate::actions::git::commit::reads_commit;
use crate::actions::git::repo::Repo;
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// `git.commit_of`
pub struct CommitOf;

static SIGNATURE: Signature = Signature {
    name: "git.commit_of",
    role: Role::Probe,
    params: &[Parameter {
        name: "rev",
        ty: "string",
        form: Form::Positional,
        doc: "a branch, tag, id or expression such as `HEAD~1`",
    }],
    returns: Returns::Type("string"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the full id of the commit that a name means",
    page: "probes/git.commit_of.md",
};

impl Probe for CommitOf {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reads_commit(Effects::none(), args.text_or_none("rev"), look)
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let repo = Repo::open(look)?;
        Ok(Value::str(commit::resolve(&repo, args.text("rev")?)?.id().to_string()))
    }
}
