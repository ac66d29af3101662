//! A misspelt word that can only mean one other is mended mechanically: the edit is added where the help asks for it.

use crate::diagnostics::{Code, Diagnostic, Fix, suggest};
use crate::source::Sources;

/// The codes whose primary label is the misspelt word itself.
const NAMING: &[Code] = &[
    Code::UnknownName,
    Code::UnknownUnit,
    Code::UnknownClause,
    Code::UnknownLabel,
    Code::UnknownField,
    Code::UnknownType,
    Code::BadAllow,
];

/// Adds the edits.
pub fn add_fixes(found: &mut [Diagnostic], sources: &Sources) {
    for found in found.iter_mut().filter(|found| found.fix.is_none() && NAMING.contains(&found.code)) {
        let place = found.place();
        let written = sources.get(place.file).slice(place.span);
        let meant = found.help.as_deref().and_then(suggest::only_one);
        // The same names that the help was made from, so that a label that is more than the word is left alone.
        if let Some(meant) = meant.filter(|meant| is_word(written) && near(written, meant)) {
            let (title, edits) = (format!("write `{meant}`"), vec![(place, meant.to_owned())]);
            found.fix = Some(Fix { title, edits });
        }
    }
}

fn near(written: &str, meant: &str) -> bool {
    let cases = [written.to_owned(), written.to_lowercase(), written.to_uppercase()];
    cases.iter().any(|written| written == meant || suggest::similar(written, [meant]) == [meant])
}

fn is_word(text: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    text.split('.').all(is_part)
}
