//! `file.write`: the whole content of files.

use super::captured::Verb;
use super::wording::{named, unchanged};
use crate::catalogue::args::Args;
use crate::catalogue::change::{New, file_change};
use crate::catalogue::effect::Effects;
use crate::catalogue::error::Result;
use crate::catalogue::foreseen::Foreseen;
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::show;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Preview;

static SIGNATURE: Signature = Signature {
    name: "file.write",
    role: Role::Action,
    params: &[
        Parameter {
            name: "path",
            ty: "path",
            form: Form::Positional,
            doc: "the file; where it is a link, what that leads to",
        },
        Parameter { name: "content", ty: "string", form: Form::Positional, doc: "all of its new content, as it is" },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "replaces or creates a file, whole or not at all",
    page: "actions/file.write.md",
};

pub struct Write;

impl Verb for Write {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reach::of(args, "path", look, reach::writes_through)
    }

    fn written(&self, args: &Args, look: &Look) -> Result<Vec<Located>> {
        followed(args, look)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let content = args.text("content")?;
        let paths = followed(args, look)?;
        let mut preview = Preview::default();
        for at in &paths {
            refuse_directory(look, at)?;
            preview.changes.extend(file_change(look, at, New::Content(content.as_bytes()))?);
        }
        if preview.changes.is_empty() {
            return Ok(unchanged(format!("{} has this content already", named(&paths))));
        }
        preview.summary = format!("{} written ({})", named(&paths), show::bytes(content.len() as f64));
        Ok(preview)
    }

    fn foresee(&self, args: &Args, look: &Look) -> Result<Option<Vec<Foreseen>>> {
        let content = args.text("content")?.as_bytes();
        followed(args, look)?.into_iter().map(|at| edited(look, at, content)).collect()
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<()> {
        let content = args.text("content")?;
        for at in followed(args, touch)? {
            touch.mkdir_around(&at)?;
            touch.write_atomic(&at, content.as_bytes())?;
        }
        Ok(())
    }
}

/// The paths of `path`, links at their end followed: an edit goes to what a link leads to, and leaves the link.
pub fn followed(args: &Args, look: &Look) -> Result<Vec<Located>> {
    args.texts("path")?.into_iter().map(|path| look.locate_following(path)).collect()
}

/// A file with new content, its mode kept; nothing that is too large to be kept in mind, and no name of several.
pub fn edited(look: &Look, at: Located, content: &[u8]) -> Result<Option<Foreseen>> {
    const LARGEST: usize = 1024 * 1024;
    let facts = look.facts(&at)?;
    if content.len() > LARGEST || facts.is_some_and(|facts| !facts.is_file() || facts.links > 1) {
        return Ok(None);
    }
    Ok(Some(Foreseen { path: at.path, content: content.into(), mode: facts.map_or(0, |facts| facts.mode) }))
}

/// An early and plain word where a directory stands in the place of a file.
pub fn refuse_directory(look: &Look, at: &Located) -> Result<()> {
    match look.facts(at)? {
        Some(facts) if !facts.is_file() => {
            Err(crate::catalogue::error::Error::failed(format!("`{}` is {}, not a file", at.name, facts.sort.name())))
        }
        _ => Ok(()),
    }
}
