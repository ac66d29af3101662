//! The process table of the machine, as Linux shows it under `/proc`.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::catalogue::error::{Error, Result};

/// Ticks a second of the times under `/proc`: part of the kernel's interface, and 100 wherever rbk is built.
const TICKS: u64 = 100;

/// A process that has not ended. Kernel threads and zombies are not in the table.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    /// Which one it is.
    pub(crate) id: Id,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    pub(crate) session: i32,
    pub(crate) uid: u32,
    /// Processor time so far.
    pub(crate) cpu: Duration,
    /// As it shows itself: a program may have rewritten it.
    pub(crate) argv: Vec<String>,
}

/// A process for as long as the machine runs: a pid is given again, a pid with its start time is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Id {
    pub(crate) pid: i32,
    /// Ticks since the machine started.
    pub(crate) start: u64,
}

/// Every process, by pid.
pub(crate) fn all() -> Result<Vec<Process>> {
    let entries = std::fs::read_dir("/proc").map_err(|source| Error::io("read the process table", &source))?;
    let mut all: Vec<Process> =
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter_map(one).collect();
    all.sort_by_key(|process| process.id);
    Ok(all)
}

/// The process with this pid, unless it has ended meanwhile.
pub(crate) fn one(pid: i32) -> Option<Process> {
    let folder = PathBuf::from(format!("/proc/{pid}"));
    let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
    // The name stands in parentheses and may itself contain any of them.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    if matches!(*fields.first()?, "Z" | "X") {
        return None;
    }
    // Numbered from the state, which proc(5) counts as field 3.
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let signed = |index: usize| fields.get(index)?.parse::<i32>().ok();
    let ticks = number(11)? + number(12)?;
    let argv = strings(&std::fs::read(folder.join("cmdline")).ok()?);
    if argv.is_empty() {
        return None;
    }
    Some(Process {
        id: Id { pid, start: number(19)? },
        parent: signed(1)?,
        group: signed(2)?,
        session: signed(3)?,
        uid: std::fs::metadata(&folder).ok()?.uid(),
        cpu: Duration::from_millis(ticks * (1000 / TICKS)),
        argv,
    })
}

impl Id {
    /// Whether it has not ended.
    pub(crate) fn lives(self) -> bool {
        one(self.pid).is_some_and(|process| process.id == self)
    }
}

impl Process {
    /// Its command line as one text: what patterns are matched against.
    pub(crate) fn line(&self) -> String {
        self.argv.join(" ")
    }

    /// How long it has run.
    pub(crate) fn age(&self) -> Duration {
        let uptime = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
        let seconds: f64 = uptime.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or_default();
        Duration::try_from_secs_f64(seconds - self.id.start as f64 / TICKS as f64).unwrap_or_default()
    }

    /// Memory that it holds, in bytes.
    pub(crate) fn rss(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id.pid)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
    }

    /// Where it runs; `None` where that may not be seen.
    pub(crate) fn cwd(&self) -> Option<PathBuf> {
        std::fs::read_link(format!("/proc/{}/cwd", self.id.pid)).ok()
    }

    /// Its program.
    pub(crate) fn exe(&self) -> Option<PathBuf> {
        std::fs::read_link(format!("/proc/{}/exe", self.id.pid)).ok()
    }

    /// The file that its output goes to, where that is a file.
    pub(crate) fn output(&self) -> Option<PathBuf> {
        let link = PathBuf::from(format!("/proc/{}/fd/1", self.id.pid));
        let is_file = std::fs::metadata(&link).is_ok_and(|meta| meta.is_file());
        is_file.then(|| std::fs::read_link(link).ok()).flatten()
    }

    /// The environment that it was started with, NUL-separated; `None` where that may not be seen. Holds secrets.
    pub(crate) fn environment(&self) -> Option<Vec<u8>> {
        std::fs::read(format!("/proc/{}/environ", self.id.pid)).ok()
    }
}

fn strings(raw: &[u8]) -> Vec<String> {
    let raw = raw.strip_suffix(&[0]).unwrap_or(raw);
    // A program that rewrote its title leaves the rest of the space filled with NUL.
    let end = raw.iter().rposition(|&byte| byte != 0).map_or(0, |at| at + 1);
    let kept = if end + 1 < raw.len() { &raw[..end] } else { raw };
    if kept.is_empty() {
        return Vec::new();
    }
    kept.split(|&byte| byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}
