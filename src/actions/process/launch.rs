//! Starting what goes on by itself: recognising a copy that runs already, and a start that failed at once.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::catalogue::command::Command;
use crate::catalogue::error::{Error, Result};
use crate::probes::process::pattern::{own_line, tops};
use crate::probes::process::table::{self, Process};

/// Set in what `process.start` starts, to a digest of its command and directory: how its undo recognises it, whatever
/// it calls itself by then, and after a crash in the middle.
pub(super) const MARK: &str = "RBK_SERVICE";

/// How long a start is watched when nothing says how readiness is seen.
const SETTLE: Duration = Duration::from_millis(250);

/// The digest that [`MARK`] is set to.
pub(super) fn mark(argv: &[String], cwd: &Path) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in argv.iter().map(String::as_bytes).chain([cwd.as_os_str().as_encoded_bytes()]) {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Processes that run this command in this directory already, the top of each tree: by the mark, or by their looks.
pub(super) fn copies(argv: &[String], cwd: &Path) -> Result<Vec<Process>> {
    let all = table::all()?;
    let own = own_line(&all);
    let cwd = cwd.canonicalize().unwrap_or_else(|_| cwd.to_owned());
    let marked = format!("{MARK}={}", mark(argv, &cwd));
    let found: Vec<Process> = all
        .iter()
        .filter(|process| !own.contains(&process.id.pid))
        .filter(|process| {
            let looks = same(argv, &process.argv) && process.cwd().is_some_and(|at| at == cwd);
            looks || carries(process, marked.as_bytes())
        })
        .cloned()
        .collect();
    Ok(tops(&found, &all))
}

fn carries(process: &Process, mark: &[u8]) -> bool {
    process.environment().is_some_and(|raw| raw.split(|&byte| byte == 0).any(|entry| entry == mark))
}

/// Whether a running command line is this command: itself, or after an interpreter (`node /usr/bin/npm run dev`), or as
/// the title that a program gave itself (`npm run dev`, one word with spaces).
fn same(argv: &[String], running: &[String]) -> bool {
    let words: Vec<&str> = match running {
        [title] if title.contains(' ') => title.split_whitespace().collect(),
        _ => running.iter().map(String::as_str).collect(),
    };
    let name = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let Some(offset) = words.len().checked_sub(argv.len()).filter(|&offset| offset <= 1) else { return false };
    let tail = &words[offset..];
    match argv.split_first() {
        Some((program, rest)) => {
            name(tail[0]) == name(program) && tail[1..] == rest.iter().map(String::as_str).collect::<Vec<_>>()[..]
        }
        None => false,
    }
}

/// The command line with which a process would be started again.
pub(super) fn restartable(process: &Process) -> Vec<String> {
    match &process.argv[..] {
        // A title: npm calls itself `npm run dev`, in one word.
        [title] if title.contains(' ') && !Path::new(title).exists() => {
            title.split_whitespace().map(str::to_owned).collect()
        }
        // A login shell calls itself `-bash`; a deleted or renamed program is better found by its name.
        [first, rest @ ..] if first.starts_with('-') => {
            let exe = process.exe().map_or_else(|| first[1..].to_owned(), |exe| exe.display().to_string());
            std::iter::once(exe).chain(rest.iter().cloned()).collect()
        }
        argv => argv.to_vec(),
    }
}

/// How a child that was started detached has ended, without reaping it; `None` while it runs.
pub(super) fn ended(pid: u32) -> Option<String> {
    let raw = Pid::from_raw(i32::try_from(pid).ok()?)?;
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    match waitid(WaitId::Pid(raw), options) {
        Ok(None) => None,
        Ok(Some(status)) => Some(match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => format!("exited with {code}"),
            (_, Some(signal)) => format!("was ended by signal {signal}"),
            _ => "ended".to_owned(),
        }),
        // Reaped already.
        Err(_) => Some("ended".to_owned()),
    }
}

/// Fails when a start ends at once.
pub(super) fn settles(pid: u32, command: &Command) -> Result<()> {
    let until = Instant::now() + SETTLE;
    while Instant::now() < until {
        if let Some(how) = ended(pid) {
            return Err(Error::failed(format!("{} {how} right after its start", command.shown())));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
