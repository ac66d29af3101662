//! Standard output as readers of a run write to it: one that is full never stops a run, and is said at the end.

use std::io::{self, Write};
use std::sync::OnceLock;

/// Why some of it could not be written, if so.
static LOST: OnceLock<String> = OnceLock::new();

/// Standard output. What cannot be written is remembered; a reader that went away is no loss.
#[derive(Debug, Default)]
pub struct Output;

impl Output {
    fn told<T>(result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && !matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::Interrupted)
        {
            let _ = LOST.set(error.to_string());
        }
        result
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Self::told(io::stdout().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Self::told(io::stdout().flush())
    }
}

/// Why some of what was told did not arrive.
#[must_use]
pub fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}
