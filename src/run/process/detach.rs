//! Starting what outlives rbk: a session of its own, so that neither Ctrl-C nor the end of the terminal reaches it.
#![allow(unsafe_code, reason = "std offers a session only through `pre_exec`")]

use std::fs::OpenOptions;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;

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

/// Makes the child the leader of a new session.
pub(super) fn in_session(prepared: &mut std::process::Command) {
    // SAFETY: between fork and exec only async-signal-safe calls are allowed; this is one system call and does not
    // allocate.
    unsafe {
        prepared.pre_exec(|| {
            rustix::process::setsid()?;
            Ok(())
        });
    }
}
