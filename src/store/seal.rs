//! Encryption of captured content that may hold a secret.
//!
//! A sealed object is [`MAGIC`], the name of its key, a nonce, and the content in pieces of [`PIECE`] bytes, each of them
//! authenticated with its place and whether it is the last (STREAM over XChaCha20-Poly1305). The key lies outside of the
//! state folder (see `keyring`), so that a copy of that folder gives nothing away.

use std::io::{self, Read, Write};

use aead_stream::aead::array::Array;
use aead_stream::aead::array::typenum::U19;
use aead_stream::{DecryptorBE32, EncryptorBE32, KeyInit};
use chacha20poly1305::XChaCha20Poly1305;

use super::keyring::{Key, NAME_LENGTH};

/// What a sealed object begins with; a compressed one never does.
pub(super) const MAGIC: [u8; 8] = *b"RBKSEAL1";

const PIECE: usize = 64 * 1024;
const TAG: usize = 16;
const NONCE: usize = 19;

/// Encrypts what is written to it. What was written counts only after [`Sealer::finish`].
pub(super) struct Sealer<W> {
    out: W,
    stream: EncryptorBE32<XChaCha20Poly1305>,
    waiting: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    pub fn new(mut out: W, key: &Key) -> io::Result<Self> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(io::Error::other)?;
        out.write_all(&MAGIC)?;
        out.write_all(&key.name)?;
        out.write_all(&nonce)?;
        let stream = EncryptorBE32::from_aead(cipher(key), &Array::<u8, U19>::from(nonce));
        Ok(Self { out, stream, waiting: Vec::with_capacity(PIECE) })
    }

    /// Writes the last piece.
    pub fn finish(mut self) -> io::Result<W> {
        let last = self.stream.encrypt_last(self.waiting.as_slice()).map_err(|_| too_long())?;
        self.out.write_all(&last)?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece is written only when more follows: the last one must be known to be the last.
        if self.waiting.len() == PIECE {
            let piece = self.stream.encrypt_next(self.waiting.as_slice()).map_err(|_| too_long())?;
            self.out.write_all(&piece)?;
            self.waiting.clear();
        }
        let count = bytes.len().min(PIECE - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The name of the key that sealed what `sealed` holds behind its [`MAGIC`].
pub(super) fn key_name(sealed: &mut impl Read) -> io::Result<[u8; NAME_LENGTH]> {
    let mut name = [0; NAME_LENGTH];
    sealed.read_exact(&mut name)?;
    Ok(name)
}

/// Decrypts what it reads; fails where a piece is not what was sealed, is missing, or stands in another's place.
pub(super) struct Unsealer<R> {
    sealed: R,
    stream: Option<DecryptorBE32<XChaCha20Poly1305>>,
    next: Vec<u8>,
    open: Vec<u8>,
    given: usize,
}

impl<R: Read> Unsealer<R> {
    /// `sealed` stands behind the name of the key.
    pub fn new(mut sealed: R, key: &Key) -> io::Result<Self> {
        let mut nonce = [0; NONCE];
        sealed.read_exact(&mut nonce)?;
        let stream = DecryptorBE32::from_aead(cipher(key), &Array::<u8, U19>::from(nonce));
        let next = piece(&mut sealed)?;
        Ok(Self { sealed, stream: Some(stream), next, open: Vec::new(), given: 0 })
    }

    fn advance(&mut self) -> io::Result<()> {
        let Some(mut stream) = self.stream.take() else { return Ok(()) };
        let current = std::mem::replace(&mut self.next, piece(&mut self.sealed)?);
        self.open = if self.next.is_empty() {
            stream.decrypt_last(current.as_slice())
        } else {
            let open = stream.decrypt_next(current.as_slice());
            self.stream = Some(stream);
            open
        }
        .map_err(|_| damaged())?;
        self.given = 0;
        Ok(())
    }
}

impl<R: Read> Read for Unsealer<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.open.len() && self.stream.is_some() {
            self.advance()?;
        }
        let count = buffer.len().min(self.open.len() - self.given);
        buffer[..count].copy_from_slice(&self.open[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Array::from(key.secret))
}

/// The next sealed piece, whole unless it is the last; empty behind it.
fn piece(sealed: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut piece = Vec::new();
    sealed.take((PIECE + TAG) as u64).read_to_end(&mut piece)?;
    Ok(piece)
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "too long to be encrypted")
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the encrypted content is damaged")
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
