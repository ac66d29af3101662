//! The guardian: a small process of rbk's own that ends what rbk owned when rbk has gone, for whatever reason.
//!
//! It is this program once more, with a hidden verb, and does nothing but read a pipe: which groups were started, which
//! are over. The end of the pipe is the end of rbk. It holds no descriptor but the pipe, no folder, no terminal.
//!
//! **Whom it may end.** Those of rbk's session that bear rbk's mark: no other process of this or any later time has that
//! one. And the members of a group on the list, whose environment may have been cleared (`env -i`, `sudo`), where the
//! group is still the one that was meant: its leader lives and is not younger than the message which named it, and a number
//! that rbk has not reaped by then was not given to another; or the leader has gone, but a member bears the mark, which
//! kept the number taken. What `process.start` detached has a session of its own and is never looked at.
//!
//! **Why nothing slips through.** A child between fork and exec has no mark yet, but still holds the writing end of the
//! pipe, which only its exec closes; so the pipe ends when every child bears its mark.
#![allow(unsafe_code, reason = "closing inherited descriptors by their number")]

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::{Errno, fcntl_getfd};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::mark;
use super::owned::{self, Found};
pub use crate::catalogue::command::GUARD_VERB as VERB;

/// How long a group that was sent SIGTERM may take to end before SIGKILL. Short: nobody waits for its result any more, and
/// an undo may be about to begin.
pub(super) const GRACE: Duration = Duration::from_secs(1);

/// How long it sleeps after messages, so that many short children do not wake it for each.
const REST: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Bytes of a message: the group, negative when it is over, and the moment in ticks; both native, as both ends are one program.
pub(super) const MESSAGE: usize = 16;

/// Now, in the unit and on the clock of start times in the process table.
pub(super) fn ticks() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    now.tv_sec as u64 * 100 + now.tv_nsec as u64 / 10_000_000
}

pub(super) fn message(group: i32, over: bool) -> [u8; MESSAGE] {
    let mut message = [0; MESSAGE];
    let group = if over { -group } else { group };
    message[..8].copy_from_slice(&i64::from(group).to_ne_bytes());
    message[8..].copy_from_slice(&ticks().to_ne_bytes());
    message
}

/// A group that was started and is not known to be over.
struct Listed {
    group: i32,
    told: u64,
}

/// Runs until rbk has gone, and ends what it left. `arguments`: the session and the name of that rbk in marks.
pub fn main(mut arguments: impl Iterator<Item = String>) {
    let (Some(session), Some(owner)) = (arguments.next().and_then(|text| text.parse().ok()), arguments.next()) else {
        return;
    };
    forget_inherited();
    // It must outlast rbk, so what asks rbk to end is not for it; SIGKILL still is.
    let heard = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        let _ = signal_hook::flag::register(signal, Arc::clone(&heard));
    }
    let _ = rustix::thread::set_name(c"rbk-guard");
    let mut list = Vec::new();
    let stdin = std::io::stdin();
    listen(stdin.as_fd(), &mut list);
    owned::end(GRACE, || left(session, &owner, &list));
}

/// Closes what whoever started rbk had open beyond the three standard streams: a lock or a pipe held here would outlive rbk.
fn forget_inherited() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return };
    let numbers: Vec<i32> =
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(|&fd| fd > 2).collect();
    for fd in numbers {
        // SAFETY: this process has just begun, has one thread and owns no descriptor yet. The one that the listing itself had
        // is closed by now, hence the question whether there is one.
        unsafe {
            if fcntl_getfd(BorrowedFd::borrow_raw(fd)).is_ok() {
                rustix::io::close(fd);
            }
        }
    }
}

/// Keeps the list until the pipe ends.
fn listen(pipe: BorrowedFd<'_>, list: &mut Vec<Listed>) {
    let _ = fcntl_getfl(pipe).and_then(|flags| fcntl_setfl(pipe, flags | OFlags::NONBLOCK));
    let mut buffer = [0; 256 * MESSAGE];
    let mut filled = 0;
    loop {
        match rustix::io::read(pipe, &mut buffer[filled..]) {
            Ok(0) => return,
            Ok(count) => {
                filled += count;
                let whole = filled - filled % MESSAGE;
                buffer[..whole].chunks_exact(MESSAGE).for_each(|message| note(list, message));
                buffer.copy_within(whole..filled, 0);
                filled -= whole;
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                // First without an eye on new messages: only the end of the pipe wakes it then. After that until there is one.
                let _ = poll(&mut [PollFd::new(&pipe, PollFlags::empty())], Some(&REST));
                let _ = poll(&mut [PollFd::new(&pipe, PollFlags::IN)], None);
            }
            Err(_) => return,
        }
    }
}

fn note(list: &mut Vec<Listed>, message: &[u8]) {
    let number = |at: usize| message[at..at + 8].try_into().map_or(0, i64::from_ne_bytes);
    let Ok(group) = i32::try_from(number(0)) else { return };
    list.retain(|listed| listed.group != group.abs());
    if group > 1 {
        list.push(Listed { group, told: number(8) as u64 });
    }
}

/// What of rbk's children is still there.
fn left(session: i32, owner: &str, list: &[Listed]) -> Vec<Found> {
    let inside: Vec<(Found, bool)> = owned::table()
        .filter(|found| found.row.session == session)
        .map(|found| {
            let bears = found
                .variable(mark::VARIABLE)
                .is_some_and(|value| mark::entries(&value).any(|entry| entry.owner == owner));
            (found, bears)
        })
        .collect();
    let meant = |listed: &Listed| {
        let leader = inside.iter().find(|(found, _)| found.pid == listed.group);
        let marked = inside.iter().any(|(found, bears)| *bears && found.row.group == listed.group);
        marked || leader.is_some_and(|(leader, _)| leader.row.group == listed.group && leader.row.start <= listed.told)
    };
    let groups: Vec<i32> = list.iter().filter(|listed| meant(listed)).map(|listed| listed.group).collect();
    inside
        .into_iter()
        .filter(|(found, bears)| *bears || groups.contains(&found.row.group))
        .map(|(found, _)| found)
        .collect()
}
