//! `file.mkdir`: directories and those on the way to them.

use super::captured::{Verb, outline};
use super::wording::{named, unchanged};
use crate::catalogue::args::Args;
use crate::catalogue::change::{New, file_change};
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::snapshot::PathState;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Fingerprint, Preview};

static SIGNATURE: Signature = Signature {
    name: "file.mkdir",
    role: Role::Action,
    params: &[Parameter {
        name: "path",
        ty: "path",
        form: Form::Positional,
        doc: "the directory; one that is there is fine",
    }],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "makes a directory and those on the way to it",
    page: "actions/file.mkdir.md",
};

pub struct Mkdir;

impl Verb for Mkdir {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reach::of(args, "path", look, reach::writes_through)
    }

    fn written(&self, args: &Args, look: &Look) -> Result<Vec<Located>> {
        args.texts("path")?.into_iter().map(|path| look.locate_following(path)).collect()
    }

    /// Directories go again once they are empty: what others put into them meanwhile is not this action's to remove.
    fn snapshot(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Vec<PathState>> {
        let within: Vec<_> = missing(&self.written(args, look)?, look)?;
        let within: Vec<_> = within.iter().map(|at| look.entry(at, "within".as_ref())).collect();
        look.snapshot_with_around(&[], &within, keep, None)
    }

    /// That they are there; what is in them does not matter.
    fn digest(&self, args: &Args, look: &Look) -> Result<Fingerprint> {
        outline(look, &self.written(args, look)?)
    }

    fn replaces(&self) -> bool {
        false
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let missing = missing(&self.written(args, look)?, look)?;
        if missing.is_empty() {
            return Ok(unchanged("every directory is there"));
        }
        let mut preview = Preview { summary: format!("{} made", named(&missing)), ..Preview::default() };
        for at in &missing {
            preview.changes.extend(file_change(look, at, New::Directory)?);
        }
        Ok(preview)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<()> {
        for at in self.written(args, touch)? {
            touch.mkdir(&at)?;
        }
        Ok(())
    }
}

fn missing(paths: &[Located], look: &Look) -> Result<Vec<Located>> {
    let mut missing = Vec::new();
    for at in paths {
        match look.facts(at)? {
            None => missing.push(at.clone()),
            Some(facts) if facts.is_dir() => {}
            Some(facts) => {
                return Err(Error::failed(format!("`{}` is {}, not a directory", at.name, facts.sort.name())));
            }
        }
    }
    Ok(missing)
}
