//! What the children of a call write, kept bounded and free of secrets, as events.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::catalogue::cancel::Cancel;
use crate::catalogue::command::{Command, Finished, Output, Spawn};
use crate::catalogue::error::Result;
use crate::run::event::{Event, Stream};
use crate::run::secrets::Secrets;

/// Bytes of each end of a stream that go into the journal.
const KEPT: usize = 64 * 1024;

/// Starts programs as `inner` does, and remembers what they wrote.
pub struct Recording {
    inner: Arc<dyn Spawn>,
    node: String,
    secrets: Secrets,
    events: Mutex<Vec<Event>>,
}

impl Recording {
    pub fn new(inner: Arc<dyn Spawn>, node: &str, secrets: Secrets) -> Self {
        Self { inner, node: node.to_owned(), secrets, events: Mutex::default() }
    }

    /// What was written since the last call.
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, stream: Stream, output: &Output) {
        if output.total == 0 {
            return;
        }
        let (text, dropped) = bounded(output, &self.secrets);
        let event = Event::Output { node: self.node.clone(), stream, text, dropped };
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}

impl Spawn for Recording {
    fn run(&self, command: &Command, cancel: &Cancel) -> Result<Finished> {
        let finished = self.inner.run(command, cancel)?;
        self.keep(Stream::Stdout, &finished.stdout);
        self.keep(Stream::Stderr, &finished.stderr);
        Ok(finished)
    }

    fn ask(&self, command: &Command, cancel: &Cancel) -> Result<Finished> {
        self.inner.ask(command, cancel)
    }

    fn start_detached(&self, command: &Command, log: Option<&Path>) -> Result<u32> {
        self.inner.start_detached(command, log)
    }
}

/// The text of both ends and the number of bytes between them that are not in it.
fn bounded(output: &Output, secrets: &Secrets) -> (String, u64) {
    let (head, tail) = (&output.head[..], &output.tail[..]);
    let whole = !output.truncated() && head.len() + tail.len() <= 2 * KEPT;
    if whole {
        let mut text = String::from_utf8_lossy(head).into_owned();
        text.push_str(&String::from_utf8_lossy(tail));
        return (secrets.scrub(&text).unwrap_or(text), 0);
    }
    let start = &head[..head.len().min(KEPT)];
    // Without a tail of its own, the rest of the head is the end.
    let rest = if tail.is_empty() { &head[start.len()..] } else { tail };
    let end = &rest[rest.len() - rest.len().min(KEPT)..];
    let dropped = output.total - (start.len() + end.len()) as u64;
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        secrets.scrub(&text).unwrap_or(text)
    };
    let (mut start, mut end) = (text(start), text(end));
    secrets.scrub_cut(&mut start, &mut end);
    (format!("{start}\n… {dropped} bytes left out …\n{end}"), dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gigabyte_is_kept_as_its_two_ends() {
        let output = Output { head: vec![b'a'; 512 * 1024], tail: vec![b'z'; 512 * 1024], total: 1 << 30 };
        let (text, dropped) = bounded(&output, &Secrets::default());
        assert!(text.starts_with("aaaa") && text.ends_with("zzzz"));
        assert!(text.len() < 2 * KEPT + 100);
        assert_eq!(dropped, (1 << 30) - 2 * KEPT as u64);
        assert!(text.contains(&format!("… {dropped} bytes left out …")));
    }

    #[test]
    fn short_output_is_whole() {
        let output = Output { head: b"all of it\n".to_vec(), tail: Vec::new(), total: 10 };
        assert_eq!(bounded(&output, &Secrets::default()), ("all of it\n".to_owned(), 0));
    }

    #[test]
    fn a_secret_across_the_cut_is_removed() {
        let secrets = Secrets::default();
        secrets.remember("token", "hunter2");
        let mut head = vec![b'a'; KEPT - 4];
        head.extend_from_slice(b"hunter2");
        let output = Output { head, tail: vec![b'z'; 10], total: 1 << 30 };
        let (text, _) = bounded(&output, &secrets);
        assert!(!text.contains("hunt"), "{}", &text[KEPT - 20..KEPT + 20]);
    }
}
