//! URLs with values in them: a value is one piece of a path, query or host, whatever characters it holds.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::convert::{convert, is_host};
use super::piece::{Piece, single};
use super::wrong;
use crate::catalogue::error::Result;
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;

/// All but the unreserved characters (RFC 3986 §2.3).
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Stands for a value in the skeleton; never in a URL.
const HOLE: char = '\0';

/// The pieces as a URL: values percent-encoded, a leading URL and hosts as they are.
pub(super) fn address(pieces: &[Piece<'_>]) -> Result<Value> {
    let mut text = String::new();
    // The same text with `HOLE` for each value: encoded values hold no `/`, `?` or `#`, so both have the same segments.
    let mut skeleton = String::new();
    let mut behind_own = false;
    for piece in pieces {
        match piece {
            Piece::Text(literal) => {
                behind_own &= literal.is_empty();
                text.push_str(literal);
                skeleton.push_str(literal);
            }
            Piece::Hole(Value::Url(own)) if text.is_empty() => {
                behind_own = true;
                text.push_str(own);
                skeleton.push_str(own);
            }
            Piece::Hole(value) => {
                let own = single(value)?;
                // A leading URL may end in its host or port: what follows at once would become part of it.
                if behind_own && in_authority(&skeleton) {
                    return Err(wrong(format!("the value {own:?} would become part of the host of `{text}`"))
                        .hint("put a `/` between them"));
                }
                if let Value::Host(_) = value
                    && is_host(&own)
                {
                    text.push_str(&own);
                } else {
                    text.extend(utf8_percent_encode(&own, KEPT));
                }
                skeleton.push(HOLE);
            }
        }
    }
    for (real, written) in segments(&text).zip(segments(&skeleton)) {
        // URL libraries resolve `..`, also when it is encoded.
        if matches!(real, "." | "..") && written.contains(HOLE) {
            return Err(wrong(format!("a value brings `{real}` into the path of the URL `{text}`")));
        }
    }
    convert(&Value::str(text), &Type::Url)
}

/// Whether the end of a URL's beginning is still in its host or port.
fn in_authority(beginning: &str) -> bool {
    beginning.split_once("://").is_some_and(|(_, rest)| !rest.contains(['/', '?', '#']))
}

/// The pieces between slashes before query and fragment.
fn segments(url: &str) -> impl Iterator<Item = &str> {
    url.split(['?', '#']).next().unwrap_or_default().split('/')
}
