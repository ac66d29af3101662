//! `file.link`: symbolic links, switched in one step.

use super::captured::Verb;
use super::wording::{named, unchanged};
use crate::catalogue::args::Args;
use crate::catalogue::change::{New, file_change};
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Preview;

static SIGNATURE: Signature = Signature {
    name: "file.link",
    role: Role::Action,
    params: &[
        Parameter { name: "path", ty: "path", form: Form::Positional, doc: "the link, made or switched" },
        Parameter {
            name: "to",
            ty: "string",
            form: Form::Required,
            doc: "its target, stored as it is: relative to the directory of the link",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "makes a symbolic link or switches it in one step",
    page: "actions/file.link.md",
};

pub struct Link;

impl Verb for Link {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reach::of(args, "path", look, reach::writes)
    }

    fn entries(&self, args: &Args, look: Option<&Look>) -> Entries {
        Entries::Remade(self.effects(args, look).writes)
    }

    fn written(&self, args: &Args, look: &Look) -> Result<Vec<Located>> {
        args.texts("path")?.into_iter().map(|path| look.locate(path)).collect()
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let target = target(args)?;
        let paths = self.written(args, look)?;
        let mut preview = Preview::default();
        for at in &paths {
            refuse_directory(look, at)?;
            preview.changes.extend(file_change(look, at, New::Link(target))?);
            let leads_to = at.path.parent().map(|folder| folder.join(target));
            if leads_to.is_some_and(|path| !path.exists()) {
                preview.notes.push(format!("there is no `{target}` now, as seen from `{}`", at.name));
            }
        }
        if preview.changes.is_empty() {
            return Ok(unchanged(format!("{} leads to `{target}` already", named(&paths))));
        }
        preview.summary = format!("{} linked to `{target}`", named(&paths));
        Ok(preview)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<()> {
        let target = target(args)?;
        for at in self.written(args, touch)? {
            if file_change(touch, &at, New::Link(target))?.is_some() {
                touch.mkdir_around(&at)?;
                touch.symlink(&at, target.as_ref())?;
            }
        }
        Ok(())
    }
}

fn target(args: &Args) -> Result<&str> {
    let target = args.text("to")?;
    if target.is_empty() || target.contains('\0') {
        return Err(Error::new(ErrorKind::Value, format!("a link cannot lead to {target:?}")));
    }
    Ok(target)
}

fn refuse_directory(look: &Look, at: &Located) -> Result<()> {
    if look.facts(at)?.is_some_and(|facts| facts.is_dir()) {
        return Err(Error::failed(format!("`{}` is a directory, not a link", at.name))
            .hint("move it aside in a step before: `file.move(…, to: …)`"));
    }
    Ok(())
}
