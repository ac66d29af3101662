//! What is kept of a stream: its start and its end, in bounded memory.

use crate::catalogue::command::Output;

/// A stream being read.
#[derive(Default)]
pub(super) struct Kept {
    head: Vec<u8>,
    /// A ring once it is full; `at` is where its oldest byte lies.
    tail: Vec<u8>,
    at: usize,
    total: u64,
}

impl Kept {
    /// Takes what was read.
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = Output::KEPT - self.head.len();
        if room > 0 {
            let (first, rest) = bytes.split_at(room.min(bytes.len()));
            self.head.extend_from_slice(first);
            bytes = rest;
        }
        // Of one piece only its own end can survive.
        bytes = &bytes[bytes.len().saturating_sub(Output::KEPT)..];
        let room = Output::KEPT - self.tail.len();
        let (first, mut rest) = bytes.split_at(room.min(bytes.len()));
        self.tail.extend_from_slice(first);
        while !rest.is_empty() {
            let span = rest.len().min(Output::KEPT - self.at);
            self.tail[self.at..self.at + span].copy_from_slice(&rest[..span]);
            self.at = (self.at + span) % Output::KEPT;
            rest = &rest[span..];
        }
    }

    /// The end of the stream.
    pub(super) fn finish(mut self) -> Output {
        self.tail.rotate_left(self.at);
        let mut output = Output { head: self.head, tail: self.tail, total: self.total };
        if !output.truncated() {
            // Nothing was dropped between the two: it is one text.
            output.head.append(&mut output.tail);
        }
        output
    }
}
