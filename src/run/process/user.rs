//! Running as another user, which only root may.
#![allow(unsafe_code, reason = "std drops the supplementary groups; they must be set between fork and exec")]

use std::os::unix::process::CommandExt;

use rustix::process::{Gid, Uid, geteuid};
use rustix::thread::{set_thread_gid, set_thread_groups, set_thread_uid};

use super::Processes;
use crate::catalogue::cancel::Cancel;
use crate::catalogue::command::{Command, Spawn};
use crate::catalogue::error::{Error, Result};

/// An account as the system's user database has it.
struct Account {
    uid: u32,
    gid: u32,
    home: String,
    groups: Vec<u32>,
}

/// Makes the child run as `name`, with its groups and its `HOME`, `USER` and `LOGNAME`. Does nothing when that is
/// who runs already.
pub(super) fn switch(prepared: &mut std::process::Command, name: &str, processes: &Processes) -> Result<()> {
    let account = account(name, processes)?;
    let me = geteuid();
    if account.uid == me.as_raw() {
        return Ok(());
    }
    if !me.is_root() {
        return Err(Error::refused(format!(
            "only root may run a command as `{name}`, and rbk runs as uid {}",
            me.as_raw()
        ))
        .hint(format!("run rbk as root or as `{name}`, or let the command itself switch: `sudo -u {name} …`")));
    }
    prepared.env("HOME", &account.home).env("USER", name).env("LOGNAME", name);
    let groups: Vec<Gid> = account.groups.iter().map(|&gid| Gid::from_raw(gid)).collect();
    let (uid, gid) = (Uid::from_raw(account.uid), Gid::from_raw(account.gid));
    // SAFETY: between fork and exec only async-signal-safe calls are allowed; these are three system calls on values
    // that were made before, and nothing allocates. The child has one thread, so that the thread is the process.
    unsafe {
        prepared.pre_exec(move || {
            // Order: after the uid is given up the other two would be refused.
            set_thread_groups(&groups)?;
            set_thread_gid(gid)?;
            set_thread_uid(uid)?;
            Ok(())
        });
    }
    Ok(())
}

/// Asks `getent` and `id`, which know directories and LDAP where `/etc/passwd` does not.
fn account(name: &str, processes: &Processes) -> Result<Account> {
    let unknown = || Error::refused(format!("there is no user `{name}` on this machine"));
    if name.is_empty() || name.starts_with('-') || name.contains([':', '\n', '\0']) {
        return Err(unknown());
    }
    let ask = |argv: &[&str]| -> Result<Option<String>> {
        let argv = argv.iter().map(|&word| word.to_owned()).collect();
        let cancel = Cancel::new().within(std::time::Duration::from_secs(10));
        let finished = processes.run(&Command { argv, ..Command::default() }, &cancel)?;
        Ok((finished.exit == 0).then(|| String::from_utf8_lossy(&finished.stdout.head).trim().to_owned()))
    };
    let entry = ask(&["getent", "passwd", name])?.ok_or_else(unknown)?;
    let fields: Vec<&str> = entry.split(':').collect();
    let number = |index: usize| fields.get(index).and_then(|text| text.parse::<u32>().ok());
    let (Some(uid), Some(gid), Some(home)) = (number(2), number(3), fields.get(5)) else { return Err(unknown()) };
    let groups = ask(&["id", "-G", name])?.ok_or_else(unknown)?;
    let groups = groups.split_whitespace().filter_map(|text| text.parse().ok()).collect();
    Ok(Account { uid, gid, home: (*home).to_owned(), groups })
}
