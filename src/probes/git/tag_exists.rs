//! `git.tag_exists`: whether there is a tag of this name.

use crate::actions::git::reference;
use crate::actions::git::repo::{Part, Repo};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// `git.tag_exists`
pub struct TagExists;

static SIGNATURE: Signature = Signature {
    name: "git.tag_exists",
    role: Role::Probe,
    params: &[Parameter { name: "name", ty: "string", form: Form::Positional, doc: "the tag, without `refs/tags/`" }],
    returns: Returns::Type("bool"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "whether there is a tag of this name",
    page: "probes/git.tag_exists.md",
};

impl Probe for TagExists {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let part = args.text_or_none("name").map_or(Part::Refs, |name| Part::Ref(format!("refs/tags/{name}")));
        part.read(Effects::none(), look)
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let repo = Repo::open(look)?;
        let full = format!("refs/tags/{}", args.text("name")?);
        // What cannot be a tag is none.
        let valid = git2::Reference::is_valid_name(&full);
        Ok(Value::Bool(valid && reference::value(&repo, &full)?.is_some()))
    }
}
