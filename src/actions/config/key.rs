//! `server.tls.port`: where a setting stands in a file.

use toml_edit::Key;

use crate::catalogue::error::{Error, ErrorKind, Result};

/// The names on the way to a setting, the outermost first; a number is a place in a list, from 0.
///
/// Names with dots or blanks stand in quotes, as in TOML: `hosts."example.org".port`.
///
/// # Errors
/// Of kind [`ErrorKind::Value`] for a text that is no such path.
pub fn parse(text: &str) -> Result<Vec<String>> {
    let keys = Key::parse(text).map_err(|_| {
        Error::new(ErrorKind::Value, format!("`{text}` is no key")).hint(
            "write the names with dots between them, and a name with dots or blanks in quotes: `hosts.\"a.b\".port`",
        )
    })?;
    Ok(keys.into_iter().map(|key| key.get().to_owned()).collect())
}

/// As [`parse`] reads it.
#[must_use]
pub fn shown(keys: &[String]) -> String {
    keys.iter().map(|key| Key::new(key.as_str()).display_repr().into_owned()).collect::<Vec<_>>().join(".")
}
