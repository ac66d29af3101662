//! `file.remove`: files, links and directories with all that is below them.

use super::captured::Verb;
use super::copy::directory_change;
use super::wording::{named, unchanged};
use crate::catalogue::args::{Arg, Args};
use crate::catalogue::change::{Extent, New, extent, file_change};
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::{Located, Look};
use crate::catalogue::path_text::lexical;
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{FileChange, Preview};
use crate::catalogue::value::Value;

static SIGNATURE: Signature = Signature {
    name: "file.remove",
    role: Role::Action,
    params: &[
        Parameter { name: "path", ty: "path", form: Form::Positional, doc: "what is removed; links are not followed" },
        Parameter {
            name: "capture",
            ty: "\"none\"",
            form: Form::Optional,
            doc: "`none`: keep nothing, so that it cannot be taken back",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "removes files, links and directories; what is not there is fine",
    page: "actions/file.remove.md",
};

pub struct Remove;

impl Verb for Remove {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        let paths = args.texts("path").ok()?;
        let plain =
            |path: &&str| matches!(lexical(path).as_str(), "" | "." | ".rbk") || lexical(path).starts_with(".rbk/");
        let kept = paths.into_iter().find(plain)?;
        let (what, hint) = match lexical(kept).as_str() {
            "" | "." => (format!("`{kept}` is the root, which is never removed"), "name what is in it"),
            _ => (
                format!("`{kept}` holds the state of rbk itself"),
                "its journal and captures live there; a run cannot change them",
            ),
        };
        Some(Error::refused(what).hint(hint))
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reach::of(args, "path", look, reach::writes)
    }

    fn entries(&self, _args: &Args, _look: Option<&Look>) -> Entries {
        Entries::Replaced
    }

    fn written(&self, args: &Args, look: &Look) -> Result<Vec<Located>> {
        args.texts("path")?.into_iter().map(|path| look.locate(path)).collect()
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let mut preview = Preview::default();
        let mut sum = Extent::default();
        let mut found = Vec::new();
        for at in self.written(args, look)? {
            look.may_change(&at)?;
            let Some(facts) = look.facts(&at)? else {
                preview.notes.push(nothing_there(look, &at));
                continue;
            };
            sum += extent(look, &at)?;
            if facts.is_dir() {
                preview.changes.push(directory_change(look, &at, FileChange::Delete)?);
            } else {
                preview.changes.extend(file_change(look, &at, New::Absent)?);
            }
            found.push(at);
        }
        if found.is_empty() {
            return Ok(Preview { notes: preview.notes, ..unchanged("there is nothing to remove") });
        }
        let kept = if self.captures(args) { "" } else { ", not captured" };
        preview.summary = format!("{} removed ({sum}{kept})", named(&found));
        Ok(preview)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<()> {
        for at in self.written(args, touch)? {
            touch.remove(&at)?;
        }
        Ok(())
    }

    fn captures(&self, args: &Args) -> bool {
        // The literal `none` of the language counts as an answer here, not as one that was left out.
        !matches!(args.raw("capture"), Arg::Known(Value::None)) && args.text_or_none("capture") != Some("none")
    }
}

fn nothing_there(look: &Look, at: &Located) -> String {
    let missing = look.missing(at);
    let hint = missing.hint.map_or_else(String::new, |hint| format!("; {hint}"));
    format!("{}{hint}", missing.what)
}
