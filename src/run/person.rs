//! The person at the terminal. Nothing is asked where standard input or error is not one.

use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::catalogue::cancel::Cancel;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::person::{Answer, Person};

/// Asks on standard error, reads from standard input.
#[derive(Default)]
pub struct Terminal {
    /// One question at a time.
    turn: Mutex<()>,
}

impl Terminal {
    /// The person at the terminal, if there is one.
    #[must_use]
    pub fn attached() -> Option<Arc<dyn Person>> {
        let both = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        both.then(|| Arc::new(Self::default()) as Arc<dyn Person>)
    }
}

impl Person for Terminal {
    fn ask(&self, instruction: &str, cancel: &Cancel) -> Result<Answer> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            say(&format!("\n» {instruction}\n  done? [y = yes, it is done; n = no, it cannot be] "));
            let line = read_line(cancel)?;
            match line.trim().to_ascii_lowercase().as_str() {
                "y" | "yes" | "done" => return Ok(Answer::Done),
                "n" | "no" => return Ok(Answer::Not),
                _ => {}
            }
        }
    }

    fn agrees(&self, question: &str, cancel: &Cancel) -> Result<bool> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            say(&format!("\n» {question} [yes, or no] "));
            let answer = read_line(cancel)?;
            match agreed(&answer) {
                Some(agreed) => return Ok(agreed),
                None => say(&format!("  `{}` is neither yes nor no\n", shown(&answer))),
            }
        }
    }

    fn tell(&self, instruction: &str) {
        say(&format!("\n» {instruction}\n"));
    }
}

/// What an answer means; nothing where it has to be asked again.
fn agreed(answer: &str) -> Option<bool> {
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Some(true),
        "n" | "no" => Some(false),
        _ => None,
    }
}

/// What was typed, as it can be shown.
fn shown(answer: &str) -> String {
    answer.trim().chars().filter(|c| !c.is_control()).take(40).collect()
}

fn say(text: &str) {
    // A terminal that is gone is noticed by the read that follows.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// A line of standard input. Not through std's buffer, which cannot be waited on beside the kill.
fn read_line(cancel: &Cancel) -> Result<String> {
    let stdin = std::io::stdin();
    let mut line = Vec::new();
    loop {
        cancel.check()?;
        let kill_fd = cancel.kill_fd();
        let mut fds = vec![PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
        fds.extend(kill_fd.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        let pause = cancel.remaining().unwrap_or(Duration::from_mins(1)).min(Duration::from_mins(1));
        let pause = Timespec { tv_sec: pause.as_secs() as i64, tv_nsec: pause.subsec_nanos().into() };
        match poll(&mut fds, Some(&pause)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(Error::io("wait for an answer", &errno.into())),
        }
        if fds[0].revents().is_empty() {
            continue;
        }
        let mut bytes = [0; 256];
        match rustix::io::read(&stdin, &mut bytes) {
            Ok(0) => {
                return Err(Error::new(ErrorKind::WaitsForPerson, "the terminal was closed before an answer came")
                    .hint("run it again on a terminal"));
            }
            Ok(count) => line.extend_from_slice(&bytes[..count]),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(errno) => return Err(Error::io("read the answer", &errno.into())),
        }
        if let Some(end) = line.iter().position(|&byte| byte == b'\n') {
            return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{agreed, shown};

    #[test]
    fn an_approval_is_a_yes_or_a_no() {
        for (answer, means) in [("y", Some(true)), ("Yes ", Some(true)), ("n", Some(false)), ("NO", Some(false))] {
            assert_eq!(agreed(answer), means, "{answer}");
        }
        for answer in ["", "ye", "ok", "yes please"] {
            assert_eq!(agreed(answer), None, "{answer}");
        }
        assert_eq!(shown(" \u{1b}[31mok "), "[31mok");
    }
}
