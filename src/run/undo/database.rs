//! Databases among what calls wrote: their fingerprints tell tables, and mean a file.

use crate::catalogue::path_text::encode;
use crate::catalogue::unit::Fingerprint;

/// The path of the database that a fingerprint is about: its parts are a schema and tables, which go where the file goes.
pub(in crate::run) fn database(of: &Fingerprint) -> Option<String> {
    // The schema stands before the tables; of a large one the file is the only part.
    let (part, _) = of.parts.iter().find(|(part, _)| part.starts_with("db:"))?;
    let name = part.strip_prefix("db:")?;
    Some(encode(name.strip_suffix(" schema").unwrap_or(name).as_ref()))
}
