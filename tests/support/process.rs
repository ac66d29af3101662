//! Running a program with bounded time and without leaving anything behind.
//!
//! A child gets a process group of its own; what left the group is found by the sandbox's mark in its environment.
//! It must never signal a process that it cannot prove to be its own.

use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// How often a wait looks again.
const LOOK: Duration = Duration::from_millis(2);
/// How long pipes may stay open after the child has ended, before they are taken to be held by someone else.
const PIPES: Duration = Duration::from_secs(2);

/// What a pipe has brought so far.
struct Pipe {
    text: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Pipe {
    fn read(mut from: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(count @ 1..) = from.read(&mut chunk) {
                into.lock().expect("nothing panics while it holds this").extend_from_slice(&chunk[..count]);
            }
        });
        Self { text, reader }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().expect("nothing panics while it holds this")).into_owned()
    }
}

/// A program that was started and has not been waited for.
pub struct Running {
    child: Child,
    group: Pid,
    out: Pipe,
    err: Pipe,
    said: String,
    ended: bool,
}

/// How a program ended.
pub struct Ended {
    /// The command, for messages.
    pub said: String,
    /// Its status.
    pub status: ExitStatus,
    /// All of stdout, invalid UTF-8 replaced.
    pub stdout: String,
    /// All of stderr, invalid UTF-8 replaced.
    pub stderr: String,
    /// Whether another process still held the pipes two seconds after the end.
    pub pipes_held: bool,
}

impl Running {
    /// Starts `command` with `input` as its stdin.
    pub fn start(mut command: Command, input: &str) -> Self {
        let said = format!("{command:?}");
        command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {said}: {error}"));
        let group = Pid::from_child(&child);
        if let Some(mut stdin) = child.stdin.take() {
            let input = input.to_owned();
            // A child that does not read its input must not block the test.
            std::thread::spawn(move || stdin.write_all(input.as_bytes()));
        }
        let out = Pipe::read(child.stdout.take().expect("stdout is piped"));
        let err = Pipe::read(child.stderr.take().expect("stderr is piped"));
        Self { child, group, out, err, said, ended: false }
    }

    /// Its process id, which is that of its group too.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the program alone, as `kill PID` does.
    pub fn signal(&self, signal: Signal) -> &Self {
        assert!(!self.ended, "{} has ended", self.said);
        kill_process(self.group, signal).unwrap_or_else(|error| panic!("cannot signal {}: {error}", self.said));
        self
    }

    /// Sends a signal to the program's group, as a terminal's Ctrl-C does.
    pub fn signal_group(&self, signal: Signal) -> &Self {
        assert!(!self.ended, "{} has ended", self.said);
        kill_process_group(self.group, signal).unwrap_or_else(|error| panic!("cannot signal {}: {error}", self.said));
        self
    }

    /// What it has written so far, stdout before stderr.
    pub fn so_far(&self) -> String {
        format!("{}{}", self.out.so_far(), self.err.so_far())
    }

    /// Waits until it has written `text`; fails when it ends before, or after `limit`.
    pub fn wait_for(&mut self, text: &str, limit: Duration) -> &mut Self {
        self.wait_until(&format!("it writes {text:?}"), limit, |so_far| so_far.contains(text))
    }

    /// Waits until `holds` of what it has written so far; fails when it ends before, or after `limit`.
    pub fn wait_until(&mut self, what: &str, limit: Duration, holds: impl Fn(&str) -> bool) -> &mut Self {
        let start = Instant::now();
        loop {
            let over = self.child.try_wait().expect("a child can be waited for").is_some();
            if holds(&self.so_far()) {
                return self;
            }
            assert!(!over, "{} ended before {what}:\n{}", self.said, self.so_far());
            assert!(start.elapsed() < limit, "{}: {limit:?} passed before {what}:\n{}", self.said, self.so_far());
            std::thread::sleep(LOOK);
        }
    }

    /// Waits for its end. After `limit` the whole group is killed and the test fails with what was written.
    pub fn wait(mut self, limit: Duration) -> Ended {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                break status;
            }
            if start.elapsed() > limit {
                self.end();
                panic!("{} did not end within {limit:?}:\n{}", self.said, self.so_far());
            }
            std::thread::sleep(LOOK);
        };
        self.ended = true;
        let since = Instant::now();
        let open = || !(self.out.reader.is_finished() && self.err.reader.is_finished());
        while open() && since.elapsed() < PIPES {
            std::thread::sleep(LOOK);
        }
        let pipes_held = open();
        Ended { said: self.said.clone(), status, stdout: self.out.so_far(), stderr: self.err.so_far(), pipes_held }
    }

    fn end(&mut self) {
        if !self.ended {
            self.ended = true;
            // Not yet waited for, so neither the id nor the group can have been given to another process.
            let _ = kill_process_group(self.group, Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

impl Ended {
    /// The exit code; a shell's 128 + N for signal N.
    pub fn code(&self) -> i32 {
        self.status.code().or_else(|| self.status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
    }
}

/// Kills every process whose environment holds `mark` (`NAME=value`): what was started in a sandbox and left its group.
/// Nothing is done where there is no `/proc`.
pub fn kill_marked(mark: &str) {
    // Twice: a process may have forked while the first pass looked.
    for _ in 0..2 {
        for pid in marked(mark) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Processes whose environment holds `mark`, except this one.
pub fn marked(mark: &str) -> Vec<Pid> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| *pid > 1 && *pid != own)
        .filter(|pid| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
        })
        .filter_map(Pid::from_raw)
        .collect()
}
