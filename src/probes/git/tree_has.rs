//! `git.tree_has`: whether a commit holds all of these paths.

use crate::actions::git::commit;
use crate::actions::git::commit::reads_commit;
use crate::actions::git::repo::{Repo, failed};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// `git.tree_has`
pub struct TreeHas;

static SIGNATURE: Signature = Signature {
    name: "git.tree_has",
    role: Role::Probe,
    params: &[
        Parameter { name: "rev", ty: "string", form: Form::Positional, doc: "the commit" },
        Parameter { name: "paths", ty: "list[path]", form: Form::Positional, doc: "files or directories, all of them" },
    ],
    returns: Returns::Type("bool"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "whether a commit holds all of these paths",
    page: "probes/git.tree_has.md",
};

impl Probe for TreeHas {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reads_commit(Effects::none(), args.text_or_none("rev"), look)
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let repo = Repo::open(look)?;
        let commit = commit::resolve(&repo, args.text("rev")?)?;
        let tree = commit.tree().map_err(|error| failed("read the commit", &error))?;
        for path in args.texts("paths")? {
            let spot = repo.spot(look, path)?;
            if !spot.path.is_empty() && tree.get_path(std::path::Path::new(&spot.path)).is_err() {
                return Ok(Value::Bool(false));
            }
        }
        Ok(Value::Bool(true))
    }
}
