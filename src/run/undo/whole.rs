//! Whether everything that an undo restores from is there and whole; asked before the first restore, so that a damaged state
//! folder never leaves half of a run taken back.

use std::collections::BTreeMap;

use super::walk::{How, UndoStep};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::{Keep, ObjectId};
use crate::catalogue::snapshot::NodeState;
use crate::catalogue::unit::Capture;

/// The fields in which units name objects in data of their own: of `sql`, `redis`, `process.stop` and `git`.
const FIELDS: [&str; 4] = ["copy", "entries", "environment", "object"];

/// Reads all that `steps` restore from.
///
/// # Errors
/// When some of it is gone or damaged, or cannot be opened: nothing was touched then.
pub(super) fn check(steps: &[UndoStep], keep: &dyn Keep) -> Result<()> {
    let mut wanted: BTreeMap<ObjectId, &str> = BTreeMap::new();
    for step in steps {
        let How::Restore(called) = &step.how else { continue };
        objects(&called.capture, &mut |id| {
            wanted.entry(id).or_insert(&called.text);
        });
    }
    for (id, text) in wanted {
        let read = keep.open(&id).and_then(|mut content| {
            std::io::copy(&mut content, &mut std::io::sink())
                .map_err(|error| Error::io(format!("read the captured content `{}`", start(&id)), &error))
        });
        if let Err(error) = read {
            let what = format!("what `{text}` is taken back from is lost: {}", error.what);
            return Err(Error::refused(what).hint(
                "nothing was changed; bring `state.db` and `objects` of the state folder back from a backup, then undo again; \
                 without one, take it back by hand (`rbk show` tells what was done)",
            ));
        }
    }
    Ok(())
}

fn start(id: &ObjectId) -> &str {
    id.0.get(..12).unwrap_or(&id.0)
}

/// Names every object of a capture.
fn objects(capture: &Capture, each: &mut dyn FnMut(ObjectId)) {
    let (data, states) = match capture {
        Capture::Nothing => return,
        Capture::Files { states } => (None, states),
        Capture::Data { data, states } => (Some(data), states),
    };
    for state in states {
        if let NodeState::File { object, .. } = &state.node {
            each(object.clone());
        }
    }
    if let Some(data) = data {
        in_data(data, each);
    }
}

fn in_data(data: &serde_json::Value, each: &mut dyn FnMut(ObjectId)) {
    match data {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    serde_json::Value::String(text) if FIELDS.contains(&name.as_str()) && is_name(text) => {
                        each(ObjectId(text.clone()));
                    }
                    value => in_data(value, each),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| in_data(item, each)),
        _ => {}
    }
}

fn is_name(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::FIELDS;

    /// An object that is not looked at would be missed only when half of a run is taken back.
    #[test]
    fn every_field_that_names_an_object_is_known() {
        let field = regex::Regex::new(r"(?m)^\s+(?:pub(?:\([a-z]+\))? )?([a-z_]+): (?:Option<|Vec<)*ObjectId>*,$")
            .expect("it is one");
        let units = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/actions");
        let mut found = 0;
        for file in
            walkdir::WalkDir::new(units).into_iter().filter_map(Result::ok).filter(|file| file.file_type().is_file())
        {
            let text = std::fs::read_to_string(file.path()).expect("it is text");
            for name in field.captures_iter(&text).map(|captures| captures[1].to_owned()) {
                assert!(FIELDS.contains(&name.as_str()), "{}: `{name}`", file.path().display());
                found += 1;
            }
        }
        assert!(found >= FIELDS.len(), "{found}");
    }
}
