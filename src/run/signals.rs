//! Signals to a run: the first asks, the second ends process trees, the third leaves at once.
//!
//! SIGINT and SIGTERM count alike. SIGHUP, the end of the terminal, is never more than the first: a shell that ends sends it
//! to its jobs and the kernel once more, and nobody meant that as a second request. Where it is ignored from the start, as
//! under `nohup`, it stays so.

use std::thread::JoinHandle;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals as Iterator};

use crate::catalogue::cancel::Urgency;
use crate::catalogue::error::{Error, Result};

/// The exit code of a run that was left at once.
const LEFT: i32 = 130;

/// Watches for signals until dropped.
pub struct Signals {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

impl Signals {
    /// Calls `ask` with the signal's name and how urgent it has become, on a thread of its own.
    pub fn watch(ask: impl Fn(&'static str, Urgency) + Send + 'static) -> Result<Self> {
        let hangup = (!is_ignored(SIGHUP)).then_some(SIGHUP);
        let mut signals = Iterator::new([SIGINT, SIGTERM].into_iter().chain(hangup))
            .map_err(|error| Error::io("watch for signals", &error))?;
        let handle = signals.handle();
        let thread = std::thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                let mut count = 0_u32;
                for signal in signals.forever() {
                    if signal == SIGHUP && count > 0 {
                        continue;
                    }
                    count += 1;
                    match count {
                        1 => ask(name(signal), Urgency::Drain),
                        2 => ask(name(signal), Urgency::Kill),
                        // The journal holds every intent; what has no outcome is shown as unknown. The guardian ends what
                        // commands have started.
                        _ => std::process::exit(LEFT),
                    }
                }
            })
            .map_err(|error| Error::io("watch for signals", &error))?;
        Ok(Self { handle, thread: Some(thread) })
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Whether whoever started rbk has it ignore `signal`.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}

const fn name(signal: i32) -> &'static str {
    match signal {
        SIGINT => "Ctrl-C",
        SIGTERM => "SIGTERM",
        _ => "SIGHUP",
    }
}
