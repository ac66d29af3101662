//! `file.chmod`: permission bits. Only the modes are captured: the content does not change.

use serde_json::json;

use super::captured::{not_known_yet, nothing_captured};
use super::wording::{named, unchanged};
use super::write::followed;
use crate::catalogue::args::Args;
use crate::catalogue::change::{New, file_change};
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Fingerprint, Preview};
use crate::catalogue::value::Value;

static SIGNATURE: Signature = Signature {
    name: "file.chmod",
    role: Role::Action,
    params: &[
        Parameter { name: "path", ty: "path", form: Form::Positional, doc: "the file or directory, itself only" },
        Parameter { name: "mode", ty: "string", form: Form::Positional, doc: "octal, such as \"0644\" or \"2775\"" },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "sets the permission bits of files and directories",
    page: "actions/file.chmod.md",
};

pub struct Chmod;

impl Action for Chmod {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        args.get("mode").and_then(|_| mode(args).err())
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reach::of(args, "path", look, reach::writes_through)
    }

    fn entries(&self, _args: &Args, _look: Option<&Look>) -> Entries {
        Entries::Kept
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        if args.any_unknown() {
            return Ok(not_known_yet());
        }
        let mode = mode(args)?;
        let paths = followed(args, look)?;
        let mut preview = Preview::default();
        for at in &paths {
            look.facts_of_existing(at)?;
            preview.notes.extend(look.in_place(at)?);
            preview.changes.extend(file_change(look, at, New::Mode(mode))?);
        }
        if preview.changes.is_empty() {
            return Ok(unchanged(format!("{} has mode {mode:04o} already", named(&paths))));
        }
        preview.summary = format!("mode {mode:04o} for {}", named(&paths));
        Ok(preview)
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        if args.any_unknown() {
            return Ok(None);
        }
        let mut fingerprint = Fingerprint::default();
        for at in followed(args, look)? {
            let description = look.facts(&at)?.map(|facts| format!("{} of mode {:04o}", facts.sort.name(), facts.mode));
            fingerprint.parts.insert(at.name, description.unwrap_or_else(|| "absent".to_owned()));
        }
        Ok(Some(fingerprint))
    }

    fn capture(&self, args: &Args, look: &Look, _: &dyn Keep) -> Result<Capture> {
        let mut modes = Vec::new();
        for at in followed(args, look)? {
            let facts = look.facts_of_existing(&at)?;
            modes.push(json!({ "path": look.kept_name(&at.path), "mode": facts.mode }));
        }
        Ok(Capture::Data { data: json!({ "modes": modes }), states: Vec::new() })
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let mode = mode(args)?;
        let paths = followed(args, touch)?;
        for at in &paths {
            touch.in_place(at)?;
        }
        for at in paths {
            touch.chmod(&at, mode)?;
        }
        Ok(Value::None)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, _: &dyn Keep) -> Result<()> {
        let Capture::Data { data, .. } = capture else { return Err(nothing_captured(&SIGNATURE)) };
        for entry in data["modes"].as_array().into_iter().flatten() {
            let (Some(path), Some(mode)) = (entry["path"].as_str(), entry["mode"].as_u64()) else {
                return Err(Error::internal("a captured mode has another form"));
            };
            touch.chmod(&touch.located_as_kept(path), mode as u32)?;
        }
        Ok(())
    }
}

fn mode(args: &Args) -> Result<u32> {
    let text = args.text("mode")?;
    let octal = (3..=4).contains(&text.len()) && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    let mode = octal.then(|| u32::from_str_radix(text, 8).ok()).flatten();
    mode.ok_or_else(|| {
        Error::new(ErrorKind::Value, format!("{text:?} is no mode"))
            .hint("write three or four octal digits: \"0644\" for files, \"0755\" for directories and programs")
    })
}
