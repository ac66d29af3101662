//! Texts that may hold secrets: as they are sent, and as people see them.

use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::value::{Sealed, Value};

/// Characters that a plan or a message shows of one text.
const SHOWN: usize = 300;

/// The text that is sent, for the place of use only.
pub(crate) fn plain(value: &Value, look: &Look) -> Result<String> {
    Ok(look.revealed(value)?.unwrap_or_else(|| value.as_text().map_or_else(|| value.to_string(), str::to_owned)))
}

/// The same text as people see it: of secrets the names.
pub(crate) fn masked(value: &Value) -> String {
    match value {
        Value::Sealed(pieces) => pieces
            .iter()
            .map(|piece| match piece {
                Sealed::Text(text) => text.to_string(),
                Sealed::Secret(name) => format!("«secret {name}»"),
            })
            .collect(),
        value => value.as_text().map_or_else(|| value.to_string(), str::to_owned),
    }
}

/// One line, shortened.
pub(crate) fn line(text: &str) -> String {
    let mut all = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = all.by_ref().take(SHOWN).collect();
    if all.next().is_some() {
        line.push('…');
    }
    line
}
