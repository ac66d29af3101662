//! `file.append`: text at the end of files.

use super::captured::Verb;
use super::wording::named;
use super::write::{edited, followed, refuse_directory};
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
use crate::catalogue::unit::{Change, FileChange, Preview};

static SIGNATURE: Signature = Signature {
    name: "file.append",
    role: Role::Action,
    params: &[
        Parameter {
            name: "path",
            ty: "path",
            form: Form::Positional,
            doc: "the file; where it is a link, what that leads to",
        },
        Parameter {
            name: "content",
            ty: "string",
            form: Form::Positional,
            doc: "what is added, as it is: no line end is made up",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "adds to the end of a file, in place, or creates it",
    page: "actions/file.append.md",
};

/// Larger files are not read for a diff.
const SHOWN: u64 = 1024 * 1024;

pub struct Append;

impl Verb for Append {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reach::of(args, "path", look, reach::writes_through)
    }

    fn written(&self, args: &Args, look: &Look) -> Result<Vec<Located>> {
        followed(args, look)
    }

    fn replaces(&self) -> bool {
        false
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let content = args.text("content")?.as_bytes();
        let paths = followed(args, look)?;
        let mut preview = Preview {
            summary: format!("{} added to {}", show::bytes(content.len() as f64), named(&paths)),
            ..Preview::default()
        };
        for at in &paths {
            refuse_directory(look, at)?;
            preview.notes.extend(look.in_place(at)?);
            let size = look.facts(at)?.map(|facts| facts.size);
            if size.is_some_and(|size| size > SHOWN) {
                preview.changes.push(Change::File {
                    path: at.name.clone(),
                    what: FileChange::Modify,
                    diff: None,
                    size: (size, size.map(|size| size + content.len() as u64)),
                });
                continue;
            }
            let mut whole = if size.is_some() { look.read(at, SHOWN * 2)? } else { Vec::new() };
            whole.extend_from_slice(content);
            preview.changes.extend(file_change(look, at, New::Content(&whole))?);
        }
        Ok(preview)
    }

    fn foresee(&self, args: &Args, look: &Look) -> Result<Option<Vec<Foreseen>>> {
        let content = args.text("content")?.as_bytes();
        let longer = |at: Located| {
            let size = look.facts(&at)?.map(|facts| facts.size);
            if size.is_some_and(|size| size > SHOWN) {
                return Ok(None);
            }
            let mut whole = if size.is_some() { look.read(&at, SHOWN * 2)? } else { Vec::new() };
            whole.extend_from_slice(content);
            edited(look, at, &whole)
        };
        followed(args, look)?.into_iter().map(longer).collect()
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<()> {
        let content = args.text("content")?;
        let paths = followed(args, touch)?;
        // All of them before the first one is written.
        for at in &paths {
            touch.in_place(at)?;
        }
        for at in paths {
            touch.mkdir_around(&at)?;
            touch.append(&at, content.as_bytes())?;
        }
        Ok(())
    }
}
