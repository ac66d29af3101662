//! A process group as the target of signals, and who is in it.

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

/// The group that a child leads. The type keeps a pid from being signalled where the group is meant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group(Pid);

/// A process that is in a group.
pub(super) struct Member {
    pub(super) pid: i32,
    /// Its command line, shortened; its name where the system shows no command line.
    pub(super) line: String,
}

impl Group {
    /// The group led by `leader`, a child that was started as one.
    pub(super) fn of(leader: u32) -> Option<Self> {
        i32::try_from(leader).ok().and_then(Pid::from_raw).map(Self)
    }

    /// Asks all to end. A stopped process cannot act on it, hence SIGCONT after it.
    pub(super) fn ask(self) {
        let _ = kill_process_group(self.0, Signal::TERM);
        let _ = kill_process_group(self.0, Signal::CONT);
    }

    /// Ends all.
    pub(super) fn kill(self) {
        let _ = kill_process_group(self.0, Signal::KILL);
    }

    /// Whether any process, a zombie included, is in it.
    ///
    /// After the leader was reaped this is true only while others are in it: a number that still names a group is not
    /// given to a new process.
    pub(super) fn exists(self) -> bool {
        test_kill_process_group(self.0).is_ok()
    }

    /// Who is in it, zombies excepted. Reads the whole process table: only for messages.
    pub(super) fn members(self) -> Vec<Member> {
        // From the same file as theirs: getsid(2) has no answer where the session's leader is outside of the pid
        // namespace (a container), while the table says 0 for all of its members alike.
        let session = row("self").map(|row| row.session);
        let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
            .filter_map(|pid| {
                let row = row(&pid.to_string())?;
                // The session tells the group of our child from one that was given the same number since.
                let ours = row.group == self.0.as_raw_nonzero().get() && Some(row.session) == session && !row.zombie;
                ours.then(|| Member { pid, line: command_line(pid, row.name) })
            })
            .collect()
    }
}

/// What the process table says of one process.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) parent: i32,
    pub(super) group: i32,
    pub(super) session: i32,
    /// Ticks since the machine started: with the pid, which process it is.
    pub(super) start: u64,
    pub(super) zombie: bool,
}

/// The row of a pid, or of `self`; `None` when it has ended.
pub(super) fn row(pid: &str) -> Option<Row> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may itself contain any of them.
    let (before, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_whitespace();
    let state = fields.next()?;
    Some(Row {
        name: before.split_once('(')?.1.to_owned(),
        parent: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
        session: fields.next()?.parse().ok()?,
        // proc(5) counts it as field 22, and the state, with which the iterator began, as field 3.
        start: fields.nth(15)?.parse().ok()?,
        zombie: matches!(state, "Z" | "X"),
    })
}

/// The command line of a process, shortened; `name` where the system shows none.
pub(super) fn command_line(pid: i32, name: String) -> String {
    let raw = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&raw).trim_end_matches('\0').replace('\0', " ");
    let line = if line.is_empty() { name } else { line };
    line.chars().take(80).collect()
}
