//! `git.changed`: the paths that differ between two commits.

use crate::actions::git::commit;
use crate::actions::git::commit::reads_commit;
use crate::actions::git::repo::{Repo, failed};
use crate::actions::git::tree;
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// `git.changed`
pub struct Changed;

static SIGNATURE: Signature = Signature {
    name: "git.changed",
    role: Role::Probe,
    params: &[
        Parameter { name: "from", ty: "string", form: Form::Positional, doc: "the older commit" },
        Parameter {
            name: "to",
            ty: "string",
            form: Form::OptionalPositional,
            doc: "the newer commit; `HEAD` when absent",
        },
    ],
    returns: Returns::Type("list[path]"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the paths that differ between two commits",
    page: "probes/git.changed.md",
};

impl Probe for Changed {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reads_commit(reads_commit(Effects::none(), args.text_or_none("from"), look), args.text_or_none("to"), look)
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let repo = Repo::open(look)?;
        let entries = |spec: &str| {
            let commit = commit::resolve(&repo, spec)?;
            let root = commit.tree().map_err(|error| failed("read the commit", &error))?;
            let scope = repo.prefix.to_string_lossy().into_owned();
            tree::list(&repo, &root, &[&scope])
        };
        let before = entries(args.text("from")?)?;
        let after = entries(args.text_or_none("to").unwrap_or("HEAD"))?;
        let all: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let changed = all.into_iter().filter(|path| before.get(*path) != after.get(*path));
        Ok(Value::list(changed.filter_map(|path| repo.name(path)).map(|name| Value::Path(name.into()))))
    }
}
