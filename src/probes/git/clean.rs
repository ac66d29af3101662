//! `git.clean`: whether nothing is uncommitted.

use git2::StatusOptions;

use crate::actions::git::commit::reads_commit;
use crate::actions::git::repo::{Part, Repo, failed};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// `git.clean`
pub struct Clean;

static SIGNATURE: Signature = Signature {
    name: "git.clean",
    role: Role::Probe,
    params: &[
        Parameter {
            name: "paths",
            ty: "list[path]",
            form: Form::OptionalPositional,
            doc: "only these; the whole root when absent",
        },
        Parameter {
            name: "untracked",
            ty: "bool",
            form: Form::Optional,
            doc: "whether untracked files count, which they do when absent",
        },
    ],
    returns: Returns::Type("bool"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "whether nothing is uncommitted",
    page: "probes/git.clean.md",
};

impl Probe for Clean {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let named = args.get("paths").is_some() || args.is_unknown("paths");
        let files =
            if named { reach::of(args, "paths", look, reach::reads_entry) } else { reach::reads_entry(look, &["."]) };
        Part::Index.read(reads_commit(files, None, look), look)
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let repo = Repo::open(look)?;
        let paths = if args.get("paths").is_some() { args.texts("paths")? } else { vec!["."] };
        let mut options = StatusOptions::new();
        options.include_untracked(args.flag("untracked", true)).include_ignored(false);
        // Asking must not write the index, and `*` in a file's name is not a pattern.
        options.update_index(false).disable_pathspec_match(true);
        for path in paths {
            let spot = repo.spot(look, path)?;
            if !spot.path.is_empty() {
                options.pathspec(spot.path);
            }
        }
        let statuses =
            repo.git.statuses(Some(&mut options)).map_err(|error| failed("compare the work tree", &error))?;
        Ok(Value::Bool(statuses.is_empty()))
    }
}
