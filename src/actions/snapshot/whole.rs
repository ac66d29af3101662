//! Whether all that a snapshot would be restored from is there and whole, so that a damaged one is found before anything
//! is written.

use std::collections::BTreeMap;
use std::io::Read;

use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::{Keep, ObjectId};
use crate::catalogue::look::Look;
use crate::catalogue::shelf::Generation;
use crate::catalogue::snapshot::{NodeState, PathState};

/// Reads the content of all files among `states`.
///
/// # Errors
/// Where some of it is gone or damaged: the message names a file that needs it.
pub fn check<'s>(
    name: &str,
    states: impl IntoIterator<Item = &'s PathState>,
    keep: &dyn Keep,
    look: &Look,
) -> Result<()> {
    let mut wanted: BTreeMap<&ObjectId, &str> = BTreeMap::new();
    for state in states {
        if let NodeState::File { object, .. } = &state.node {
            wanted.entry(object).or_insert(&state.path);
        }
    }
    for (id, path) in wanted {
        look.cancel().check()?;
        let read = keep.open(id).and_then(|mut content| {
            let digest = look.content_digest(&mut *content);
            look.cancel().check()?;
            let digest = digest.map_err(|error| Error::failed(error.to_string()))?;
            if digest.to_hex().as_str() == id.0 { Ok(()) } else { Err(Error::failed("its digest does not match")) }
        });
        if let Err(error) = read {
            look.cancel().check()?;
            return Err(damaged(name, &format!("not all of it (`{path}`)"), &error));
        }
    }
    Ok(())
}

/// The states that a generation holds.
pub fn states(name: &str, generation: &Generation, keep: &dyn Keep) -> Result<Vec<PathState>> {
    let mut text = Vec::new();
    let read = keep.open(&generation.states).and_then(|mut content| {
        content.read_to_end(&mut text).map_err(|error| Error::failed(error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| Error::failed(error.to_string()))
    });
    read.map_err(|error| damaged(name, "nothing of it", &error))
}

fn damaged(name: &str, what: &str, error: &Error) -> Error {
    Error::refused(format!("snapshot `{name}` is damaged, so {what} can be restored: {}", error.what)).hint(
        "bring `state.db` and `objects` of the state folder back from a backup, or restore another \
         generation with `generation:`",
    )
}
