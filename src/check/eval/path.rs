//! Paths with values in them: a value may name things below a directory, not lead out of it.

use std::ops::Range;

use super::piece::{Piece, single};
use super::wrong;
use crate::catalogue::error::Result;
use crate::catalogue::value::Value;

/// The pieces as a path. A hole brings no `..` and does not make the path absolute, unless it leads and is a path.
pub(super) fn path(pieces: &[Piece<'_>]) -> Result<Value> {
    let mut text = String::new();
    // What values brought, a leading path left out.
    let mut brought: Vec<Range<usize>> = Vec::new();
    let mut may_be_absolute = false;
    for piece in pieces {
        match piece {
            Piece::Text(literal) => {
                may_be_absolute |= text.is_empty() && brought.is_empty() && literal.starts_with('/');
                text.push_str(literal);
            }
            Piece::Hole(Value::Path(own)) if text.is_empty() && brought.is_empty() => {
                may_be_absolute |= own.starts_with('/');
                // An empty one would make `${own}/etc` absolute.
                brought.extend(own.is_empty().then_some(0..0));
                text.push_str(own);
            }
            Piece::Hole(value) => {
                let start = text.len();
                text.push_str(&single(value)?);
                brought.push(start..text.len());
            }
        }
    }
    if text.contains('\0') {
        return Err(wrong(format!("{text:?} is no path: it holds a zero byte")));
    }
    if text.is_empty() {
        return Err(wrong("a path came out empty"));
    }
    if text.starts_with('/') && !may_be_absolute {
        return Err(wrong(format!("a value makes the path `{text}` absolute"))
            .hint("let the value be of type path and lead, if it may point anywhere"));
    }
    let mut start = 0;
    for component in text.split('/') {
        let end = start + component.len();
        // Touching counts: `.` and an empty value and `.` make `..` as well.
        if component == ".." && brought.iter().any(|range| range.start <= end && range.end >= start) {
            return Err(wrong(format!("a value brings `..` into the path `{text}`"))
                .hint("let the value be of type path and lead, if it may point anywhere"));
        }
        start = end + 1;
    }
    if is_folder(&text, &brought) {
        return Err(wrong(format!(
            "a value names nothing in the path `{text}`, which would then mean the whole folder"
        ))
        .hint("where the value may be empty, say what then: `require value != \"\", \"why\"`"));
    }
    Ok(Value::Path(text.into()))
}

/// Whether values leave nothing of the last name, or `.`, as in `cache/${value}`: what is done to that would be done to the
/// whole folder.
fn is_folder(text: &str, brought: &[Range<usize>]) -> bool {
    let nothing = |rest: &str| rest.split('/').all(|name| matches!(name, "" | "."));
    brought.iter().any(|range| text[..range.start].ends_with('/') && nothing(&text[range.start..]))
}
