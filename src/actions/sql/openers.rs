//! Which processes have a database open.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;

use super::place::{Place, SIDES};

/// A process that has a file of the database open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opener {
    /// Its id.
    pub pid: u32,
    /// Its program, as the system names it.
    pub program: String,
}

/// The processes that have the database or a file beside it open, this one included, as far as this user may see.
///
/// The answer is a moment's: whoever opens it next is not in it. Descriptors of other users are hidden from ordinary
/// users; as they could hold the database open only if they may read it, the worst is that a file is replaced under
/// them, and they go on reading the old one.
///
/// A child that this process is just starting has all our files open until its program begins; it opened nothing itself,
/// so it is given a moment to do so.
pub fn openers(place: &Place) -> BTreeSet<Opener> {
    for _ in 0..20 {
        let found = at_this_moment(place);
        if !found.iter().any(|opener| is_child(opener.pid)) {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    at_this_moment(place)
}

/// Whether this process started it.
fn is_child(pid: u32) -> bool {
    // `PID (NAME) STATE PPID …`: the name may hold anything, also parentheses.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1));
    parent.and_then(|parent| parent.parse().ok()) == Some(std::process::id())
}

fn at_this_moment(place: &Place) -> BTreeSet<Opener> {
    let paths = std::iter::once(place.path().to_path_buf()).chain(SIDES.into_iter().map(|suffix| place.side(suffix)));
    let wanted: Vec<(u64, u64)> =
        paths.filter_map(|path| std::fs::metadata(path).ok()).map(|meta| (meta.dev(), meta.ino())).collect();
    let mut found = BTreeSet::new();
    let Ok(processes) = std::fs::read_dir("/proc") else { return found };
    for process in processes.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(descriptors) = std::fs::read_dir(process.path().join("fd")) else { continue };
        // Through the link in /proc: a file that was renamed or removed is found as well.
        let opened = descriptors.flatten().any(|descriptor| {
            std::fs::metadata(descriptor.path()).is_ok_and(|meta| wanted.contains(&(meta.dev(), meta.ino())))
        });
        if opened {
            let program = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            found.insert(Opener { pid, program: program.trim().to_owned() });
        }
    }
    found
}

/// `pid 4121 node, pid 4122 node`, at most three; this process is left out.
pub fn named(openers: &BTreeSet<Opener>) -> String {
    let others: Vec<_> = openers.iter().filter(|opener| opener.pid != std::process::id()).collect();
    let mut names: Vec<String> =
        others.iter().take(3).map(|opener| format!("pid {} `{}`", opener.pid, opener.program)).collect();
    if others.len() > 3 {
        names.push(format!("{} more", others.len() - 3));
    }
    names.join(", ")
}
