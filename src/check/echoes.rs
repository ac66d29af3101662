//! Reports that only echo an earlier one: uses of a name whose declaration could not be parsed, and what is left over
//! on a line that was refused already. It must not drop what has a cause of its own.

use std::collections::HashSet;

use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Sources};

/// Drops of `found`, the checker's reports, what echoes `earlier`, the parser's.
pub fn silence(earlier: &[Diagnostic], found: &mut Vec<Diagnostic>, sources: &Sources) {
    if earlier.is_empty() {
        return;
    }
    let line = |of: &Diagnostic| {
        let place = of.place();
        (place.file, sources.get(place.file).line_column(place.span.start).0)
    };
    let refused: HashSet<(FileId, usize)> = earlier.iter().map(line).collect();
    let lost: HashSet<(FileId, &str)> =
        refused.iter().filter_map(|&(file, line)| Some((file, declared(sources, file, line)?))).collect();
    // What stands before a foreign `=` was read as the whole condition, so its type says nothing.
    let assigned: HashSet<(FileId, usize)> =
        earlier.iter().filter(|report| report.code == Code::ForeignOperator).map(line).collect();
    found.retain(|report| match report.code {
        Code::Mismatch => !assigned.contains(&line(report)),
        Code::UnknownClause | Code::MissingPart => !refused.contains(&line(report)),
        Code::UnknownName => {
            let place = report.place();
            !lost.contains(&(place.file, sources.get(place.file).slice(place.span)))
        }
        _ => true,
    });
}

/// The name that a line which begins with a word and a name would have declared.
fn declared(sources: &Sources, file: FileId, line: usize) -> Option<&str> {
    let source = sources.get(file);
    let is_name = |text: &&str| {
        text.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let mut words = source.slice(source.line_span(line)).split_whitespace();
    words.next().filter(is_name)?;
    let name = words.next()?;
    let end = name.find([':', '=', '{', '(']).unwrap_or(name.len());
    Some(&name[..end]).filter(is_name)
}
