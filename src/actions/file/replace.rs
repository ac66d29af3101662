//! `file.replace`: every occurrence of a text or pattern in files.

use regex::bytes::{NoExpand, Regex};

use super::captured::Verb;
use super::wording::named;
use super::write::{edited, followed};
use crate::catalogue::args::Args;
use crate::catalogue::change::{New, file_change, thousands};
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::foreseen::Foreseen;
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Preview;

static SIGNATURE: Signature = Signature {
    name: "file.replace",
    role: Role::Action,
    params: &[
        Parameter {
            name: "path",
            ty: "path",
            form: Form::Positional,
            doc: "the file; where it is a link, what that leads to",
        },
        Parameter { name: "text", ty: "string", form: Form::Optional, doc: "what is replaced, to the letter" },
        Parameter { name: "matching", ty: "regex", form: Form::Optional, doc: "or what is replaced, as a pattern" },
        Parameter {
            name: "with",
            ty: "replacement",
            form: Form::Required,
            doc: "what takes its place; `$1` is a group of `matching`",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "replaces every occurrence in a file; none at all is an error",
    page: "actions/file.replace.md",
};

/// Files are edited in memory.
const LARGEST: u64 = 64 * 1024 * 1024;

pub struct Replace;

impl Verb for Replace {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        (!args.may_be_one_of(&["text", "matching"])).then(one_pattern)
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reach::of(args, "path", look, reach::writes_through)
    }

    fn written(&self, args: &Args, look: &Look) -> Result<Vec<Located>> {
        followed(args, look)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let mut preview = Preview::default();
        let mut count = 0;
        let edits = edits(args, look)?;
        for edit in &edits {
            count += edit.count;
            preview.changes.extend(file_change(look, &edit.at, New::Content(&edit.content))?);
        }
        let places = if count == 1 { "place" } else { "places" };
        let paths = named(edits.iter().map(|edit| &edit.at));
        preview.summary = format!("replaced in {} {places} of {paths}", thousands(count));
        Ok(preview)
    }

    fn foresee(&self, args: &Args, look: &Look) -> Result<Option<Vec<Foreseen>>> {
        edits(args, look)?.into_iter().map(|edit| edited(look, edit.at, &edit.content)).collect()
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<()> {
        // All of them are found to match before the first one is written.
        for edit in edits(args, touch)? {
            touch.write_atomic(&edit.at, &edit.content)?;
        }
        Ok(())
    }
}

struct Edit {
    at: Located,
    content: Vec<u8>,
    count: u64,
}

fn one_pattern() -> Error {
    Error::new(ErrorKind::Value, "`file.replace` takes exactly one of `text:` and `matching:`")
        .hint("`text:` is taken to the letter, `matching:` is a regex")
}

fn edits(args: &Args, look: &Look) -> Result<Vec<Edit>> {
    let with = args.text("with")?;
    let (pattern, literal, shown) = match (args.text_or_none("text"), args.text_or_none("matching")) {
        (Some(text), None) => (regex::escape(text), true, format!("{text:?}")),
        (None, Some(pattern)) => (pattern.to_owned(), false, format!("`{pattern}`")),
        _ => return Err(one_pattern()),
    };
    let pattern = Regex::new(&pattern).map_err(|error| {
        Error::new(ErrorKind::Value, format!("{shown} is no regex: {}", error.to_string().replace('\n', " ")))
    })?;
    let mut edits = Vec::new();
    for at in followed(args, look)? {
        let old = look.read(&at, LARGEST)?;
        let count = pattern.find_iter(&old).count() as u64;
        if count == 0 {
            return Err(Error::failed(format!("nothing in `{}` is {shown}", at.name))
                .hint("where that is fine, guard the step: `if file.contains(…)`"));
        }
        let new = if literal {
            pattern.replace_all(&old, NoExpand(with.as_bytes()))
        } else {
            pattern.replace_all(&old, with.as_bytes())
        };
        edits.push(Edit { at, content: new.into_owned(), count });
    }
    Ok(edits)
}
