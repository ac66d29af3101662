//! The generations of a name as a whole: what is captured of them, compared, and brought back.

use serde::{Deserialize, Serialize};

use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::Look;
use crate::catalogue::shelf::Generation;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Capture, Fingerprint};

/// A capture as the journal keeps it. What the generations hold stays in the object store.
#[derive(Serialize, Deserialize)]
struct Data {
    name: String,
    generations: Vec<Generation>,
}

/// Keeps which generations there are.
pub fn capture(look: &Look, name: &str) -> Result<Capture> {
    let data = Data { name: name.to_owned(), generations: look.generations(name)? };
    let data = serde_json::to_value(data).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Capture::Data { data, states: Vec::new() })
}

/// Makes those that were kept the only ones again. May be repeated.
pub fn restore(capture: &Capture, touch: &Touch) -> Result<()> {
    let Capture::Data { data, .. } = capture else { return Ok(()) };
    let data: Data = serde_json::from_value(data.clone())
        .map_err(|error| Error::internal(format!("a capture of the `snapshot` family does not read: {error}")))?;
    touch.snapshots()?.set(&data.name, &data.generations)
}

/// Which generations there are, to notice that others came or went. When they were last verified is no difference.
pub fn fingerprint(look: &Look, name: &str) -> Result<Fingerprint> {
    let all = look.generations(name)?;
    let described = match all.last() {
        None => "absent".to_owned(),
        Some(last) => {
            let mut hasher = blake3::Hasher::new();
            for one in &all {
                hasher.update(described(one).as_bytes()).update(&[0]);
            }
            let digest = hasher.finalize().to_hex();
            format!("{} of it, the last one number {}, {}", all.len(), last.number, &digest[..32])
        }
    };
    let mut fingerprint = Fingerprint::default();
    fingerprint.parts.insert(part(name), described);
    Ok(fingerprint)
}

/// One generation, so that another one of its number is told apart.
pub fn described(one: &Generation) -> String {
    format!("generation {} of {}, {}", one.number, one.taken, &one.states.0)
}

/// As fingerprints name it.
pub fn part(name: &str) -> String {
    format!("snapshot:{name}")
}
