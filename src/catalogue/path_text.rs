//! Paths as text: the lossless form that captures keep, and the readable form of messages and resources.
//!
//! Pure; it never asks the file system.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The lossless form: `%` and bytes that are not UTF-8 as `%XX`, all else as it is.
#[must_use]
pub fn encode(text: &OsStr) -> String {
    let mut out = String::with_capacity(text.len());
    for chunk in text.as_bytes().utf8_chunks() {
        for (index, part) in chunk.valid().split('%').enumerate() {
            if index > 0 {
                out.push_str("%25");
            }
            out.push_str(part);
        }
        push_hex(&mut out, chunk.invalid());
    }
    out
}

/// Takes [`encode`] back. A `%` without two hex digits after it stands for itself.
#[must_use]
pub fn decode(text: &str) -> OsString {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    OsString::from_vec(out)
}

/// The readable form: only bytes that are not UTF-8 become `%XX`, control characters their escapes.
#[must_use]
pub fn shown(path: &Path) -> String {
    let mut out = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        for char in chunk.valid().chars() {
            if char.is_control() { out.extend(char.escape_default()) } else { out.push(char) }
        }
        push_hex(&mut out, chunk.invalid());
    }
    out
}

/// `path` without `.`, empty segments and `a/..`, not knowing what is a link. The empty path is `.`.
#[must_use]
pub fn lexical(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    match (absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// The encoded path of an entry `name` of the directory with the encoded path `folder`.
#[must_use]
pub fn join(folder: &str, name: &OsStr) -> String {
    match folder {
        "." => encode(name),
        "/" => format!("/{}", encode(name)),
        folder => format!("{folder}/{}", encode(name)),
    }
}

/// The encoded form of `path`, relative where it lies below `root`.
#[must_use]
pub fn encode_below(root: &Path, path: &Path) -> String {
    match path.strip_prefix(root) {
        Ok(rest) if rest.as_os_str().is_empty() => ".".to_owned(),
        Ok(rest) => encode(rest.as_os_str()),
        Err(_) => encode(path.as_os_str()),
    }
}

/// The absolute path that [`encode_below`] gave.
#[must_use]
pub fn decode_below(root: &Path, text: &str) -> PathBuf {
    if text == "." { root.to_owned() } else { root.join(decode(text)) }
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        out.push('%');
        for digit in [byte >> 4, byte & 15] {
            out.extend(char::from_digit(u32::from(digit), 16).map(|digit| digit.to_ascii_uppercase()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_survives_being_kept() {
        for bytes in [&b"plain"[..], b"100%", b"%41", b"a\xff\xfeb", b"new\nline \"q\"", b"\xc3\xa9", b""] {
            let name = OsStr::from_bytes(bytes);
            assert_eq!(decode(&encode(name)), name, "{bytes:?}");
        }
        assert_eq!(encode(OsStr::from_bytes(b"a\xff%")), "a%FF%25");
    }

    #[test]
    fn messages_stay_on_one_line() {
        assert_eq!(shown(Path::new(OsStr::from_bytes(b"50%\n\xff"))), "50%\\n%FF");
    }

    #[test]
    fn paths_are_made_plain() {
        for (path, plain) in [
            ("./a//b/../c/", "a/c"),
            ("../x", "../x"),
            ("a/../../x", "../x"),
            ("/a/../../b", "/b"),
            ("a/..", "."),
            ("", "."),
            ("/", "/"),
        ] {
            assert_eq!(lexical(path), plain, "{path}");
        }
    }
}
