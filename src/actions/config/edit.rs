//! What the verbs have in common: files are read, edited in memory and written whole.

use serde_json::Value as Json;

use super::data::find;
use super::format::Format;
use super::key;
use crate::actions::file::{followed, named, unchanged};
use crate::catalogue::args::Args;
use crate::catalogue::change::{New, file_change};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::{Located, Look};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Preview;

/// Files are edited in memory.
pub const LARGEST: u64 = 16 * 1024 * 1024;

/// One setting that is to change; without a value it is taken out.
pub struct Change {
    pub keys: Vec<String>,
    pub value: Option<Json>,
}

/// What the plan shows.
pub fn preview(args: &Args, look: &Look, changes: &[Change]) -> Result<Preview> {
    let mut preview = Preview::default();
    let mut said = Vec::new();
    let paths = followed(args, look)?;
    for at in &paths {
        let (edited, told) = edit(look, at, changes)?;
        preview.changes.extend(file_change(look, at, New::Content(edited.as_bytes()))?);
        said.extend(told);
    }
    if preview.changes.is_empty() {
        return Ok(unchanged(format!("{} says so already", named(&paths))));
    }
    said.dedup();
    preview.summary = format!("{} in {}", said.join(", "), named(&paths));
    Ok(preview)
}

/// Does it. All files are found to take the change before the first one is written.
pub fn run(args: &Args, touch: &Touch, changes: &[Change]) -> Result<()> {
    let edits: Vec<(Located, String, Vec<String>)> = followed(args, touch)?
        .into_iter()
        .map(|at| edit(touch, &at, changes).map(|(edited, said)| (at, edited, said)))
        .collect::<Result<_>>()?;
    for (at, edited, said) in edits {
        // A file that says so already keeps its time.
        if !said.is_empty() {
            touch.write_atomic(&at, edited.as_bytes())?;
        }
    }
    Ok(())
}

/// The new text, and in words what is new in it.
fn edit(look: &Look, at: &Located, changes: &[Change]) -> Result<(String, Vec<String>)> {
    let inside = |error: Error| Error { what: format!("`{}`: {}", at.name, error.what), ..error };
    let format = Format::of(&at.name)?;
    let mut text = String::from_utf8(look.read(at, LARGEST)?)
        .map_err(|_| Error::failed(format!("`{}` is not UTF-8 text", at.name)))?;
    let mut said = Vec::new();
    for Change { keys, value } in changes {
        let data = format.read(&text).map_err(inside)?;
        let (old, name) = (find(&data, keys), key::shown(keys));
        match (value, old) {
            (None, None) => {}
            (None, Some(old)) => {
                said.push(format!("`{name}` ({old}) taken out"));
                text = format.unset(&text, keys).map_err(inside)?;
            }
            (Some(new), old) => {
                let edited = format.set(&text, keys, new).map_err(inside)?;
                let same = format.read(&edited).is_ok_and(|data| find(&data, keys) == old);
                if !same {
                    said.push(match old {
                        Some(old) => format!("`{name}` {old} → {new}"),
                        None => format!("`{name}` {new} added"),
                    });
                    text = edited;
                }
            }
        }
    }
    Ok((text, said))
}
