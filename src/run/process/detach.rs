//! Starting what outlives rbk: a session of its own, so that neither Ctrl-C nor the end of the terminal reaches it.
#![allow(unsafe_code, reason = "std offers a session only through `pre_exec`, and no descriptor by its number")]

use std::fs::OpenOptions;
use std::os::fd::{BorrowedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};

use crate::catalogue::error::{Error, Result};

/// Appends both outputs to `log`, or drops them without one: a pipe would end the process when rbk ends.
pub(super) fn outputs(prepared: &mut std::process::Command, log: Option<&Path>) -> Result<()> {
    let Some(log) = log else {
        prepared.stdout(Stdio::null()).stderr(Stdio::null());
        return Ok(());
    };
    let doing = || format!("open the log `{}`", log.display());
    let open = || -> std::io::Result<_> {
        if let Some(folder) = log.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().append(true).create(true).open(log)?;
        Ok((file.try_clone()?, file))
    };
    let (stdout, stderr) = open().map_err(|source| Error::io(doing(), &source))?;
    prepared.stdout(stdout).stderr(stderr);
    Ok(())
}

/// Makes the child the leader of a new session, without what whoever started rbk had open beyond the standard streams: a
/// lock or a pipe of a script would be held as long as the service lives.
pub(super) fn in_session(prepared: &mut std::process::Command) {
    let inherited = inherited();
    // SAFETY: between fork and exec only async-signal-safe calls are allowed; these are system calls on numbers that were
    // collected before, and nothing allocates. A descriptor that was closed meanwhile is an error that is left aside.
    unsafe {
        prepared.pre_exec(move || {
            rustix::process::setsid()?;
            for &fd in &inherited {
                let _ = fcntl_setfd(BorrowedFd::borrow_raw(fd), FdFlags::CLOEXEC);
            }
            Ok(())
        });
    }
}

/// Descriptors that a child would inherit beyond the three streams. Those that rbk opens itself never are.
fn inherited() -> Vec<RawFd> {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return Vec::new() };
    let is_inherited = |fd: &RawFd| {
        // SAFETY: only its flags are asked for; a number that is closed by now is an error.
        unsafe { fcntl_getfd(BorrowedFd::borrow_raw(*fd)) }.is_ok_and(|flags| !flags.contains(FdFlags::CLOEXEC))
    };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|&fd| fd > 2).filter(is_inherited).collect()
}
