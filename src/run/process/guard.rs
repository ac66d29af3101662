//! The side of the guardian that is in rbk: starting it with the first owned child, telling it of groups, letting it go.

use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};

use super::{guardian, mark};

/// Set in the guardian to the run that it guards: who is about to undo that run waits for it.
pub(super) const VARIABLE: &str = "_RBK_GUARD";

/// How often one is started that does not stay.
const STARTS: u32 = 3;

/// How long its end is waited for, so that it is reaped and does not outlive rbk. It may take longer where it has
/// something to end.
const FAREWELL: Duration = Duration::from_millis(300);

static ENABLED: AtomicBool = AtomicBool::new(false);
static STATE: Mutex<State> = Mutex::new(State { guardian: None, starts: 0 });

struct State {
    guardian: Option<(Child, OwnedFd)>,
    starts: u32,
}

/// Has owned children guarded from now on. Only the program `rbk` may say so: its own file is what is started.
pub fn enable() {
    ENABLED.store(true, Ordering::Relaxed);
}

/// Sees to it that there is a guardian. Without one (no `/proc`, no process left) a run goes on: the next undo finds its
/// children by their mark.
pub(super) fn ready(run: Option<&str>) {
    if !ENABLED.load(Ordering::Relaxed) {
        return;
    }
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    if state.guardian.is_none() && state.starts < STARTS {
        state.starts += 1;
        state.guardian = start(run).ok();
    }
}

fn start(run: Option<&str>) -> std::io::Result<(Child, OwnedFd)> {
    let (reading, writing) = pipe_with(PipeFlags::CLOEXEC)?;
    // One that is stopped must not stop the run.
    fcntl_setfl(&writing, fcntl_getfl(&writing)? | OFlags::NONBLOCK)?;
    // The file of this very program, even if it was replaced or removed since.
    let mut command = std::process::Command::new("/proc/self/exe");
    command.arg0("rbk").args([guardian::VERB, &mark::session().to_string(), mark::owner()]);
    command.stdin(reading).stdout(Stdio::null()).stderr(Stdio::null());
    // In a group of its own, where Ctrl-C of the terminal does not reach it.
    command.process_group(0).current_dir("/").env_remove(mark::VARIABLE).env_remove(VARIABLE);
    if let Some(run) = run {
        command.env(VARIABLE, run);
    }
    Ok((command.spawn()?, writing))
}

/// A group was started. A message that does not fit, because the guardian is stopped, is lost: its mark is left.
pub(super) fn started(group: u32) {
    tell(group, false);
}

/// A group is over, and its number may be given again.
pub(super) fn over(group: u32) {
    tell(group, true);
}

fn tell(group: u32, over: bool) {
    let Ok(group) = i32::try_from(group) else { return };
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some((_, pipe)) = &state.guardian else { return };
    let message = guardian::message(group, over);
    let lost = loop {
        match rustix::io::write(pipe, &message) {
            Err(Errno::INTR) => {}
            result => break result == Err(Errno::PIPE),
        }
    };
    if lost && let Some((mut child, _)) = state.guardian.take() {
        // Killed. The next child has a new one; those of now have their mark.
        let _ = child.try_wait();
    }
}

/// Lets the guardian go, at the end of rbk.
pub fn dismiss() {
    let guardian = STATE.lock().unwrap_or_else(PoisonError::into_inner).guardian.take();
    let Some((mut child, pipe)) = guardian else { return };
    drop(pipe);
    let until = Instant::now() + FAREWELL;
    while matches!(child.try_wait(), Ok(None)) && Instant::now() < until {
        std::thread::sleep(Duration::from_micros(200));
    }
}
