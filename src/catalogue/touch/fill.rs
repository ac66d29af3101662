//! Writing content: holes stay holes, and a long write ends when its time is over.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::catalogue::cancel::Cancel;

const CHUNK: usize = 256 * 1024;
/// Runs of zeros of this length become holes; shorter ones are not worth a block boundary.
const BLOCK: usize = 64 * 1024;

/// Writes all of `content` to the empty file `to`; gives the number of bytes.
pub(super) fn fill(to: &mut File, content: &mut dyn Read, cancel: &Cancel) -> io::Result<u64> {
    let mut buffer = vec![0; CHUNK];
    let mut length = 0_u64;
    loop {
        cancel.check().map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
        let count = read_full(content, &mut buffer)?;
        if count == 0 {
            break;
        }
        for block in buffer[..count].chunks(BLOCK) {
            if block.len() == BLOCK && block.iter().all(|byte| *byte == 0) {
                to.seek(SeekFrom::Current(BLOCK as i64))?;
            } else {
                to.write_all(block)?;
            }
        }
        length += count as u64;
    }
    // A hole at the end has no byte that would make it part of the file.
    rustix::fs::ftruncate(&*to, length)?;
    Ok(length)
}

/// Reads until the buffer is full or the content ends, so that blocks stay aligned.
fn read_full(from: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
