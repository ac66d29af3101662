//! Keeping the short texts that a call has left, so that an undo can show, line by line, what somebody changed since.
//!
//! Best effort: an undo never needs them. A text that holds a secret is not kept.

use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::unit::Fingerprint;
use crate::run::secrets::Secrets;

/// The longest text that is kept.
const LONGEST: u64 = 256 * 1024;
/// All that one run keeps.
const MOST: u64 = 8 * 1024 * 1024;

/// What a run has kept so far.
#[derive(Default)]
pub struct Texts {
    bytes: AtomicU64,
}

impl Texts {
    /// Keeps the texts that `left` describes, as far as there is room.
    pub fn keep(&self, left: &Fingerprint, look: &Look, keep: &dyn Keep, secrets: &Secrets) {
        for (part, description) in &left.parts {
            if self.bytes.load(Ordering::Relaxed) >= MOST {
                return;
            }
            let Some(digest) = digest_of_file(description) else { continue };
            if !matches!(keep.find(digest), Ok(None)) {
                continue;
            }
            let at = look.located_as_kept(part);
            let Ok((file, facts)) = look.open(&at) else { continue };
            if facts.size > LONGEST {
                continue;
            }
            let mut content = Vec::new();
            if file.take(LONGEST).read_to_end(&mut content).is_err() || content.contains(&0) {
                continue;
            }
            let Ok(text) = std::str::from_utf8(&content) else { continue };
            // Changed meanwhile: then it is not what the call left.
            if secrets.scrub(text).is_some() || !blake3::hash(&content).to_hex().starts_with(digest) {
                continue;
            }
            self.bytes.fetch_add(content.len() as u64, Ordering::Relaxed);
            let _ = keep.put(&mut content.as_slice());
        }
    }
}

/// The start of the digest of a file's content, from its description in a fingerprint.
pub fn digest_of_file(description: &str) -> Option<&str> {
    let (mode, digest) = description.strip_prefix("file ")?.split_once(' ')?;
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex(mode) && digest.len() == 32 && is_hex(digest)).then_some(digest)
}
