//! The mark that every owned child bears in its environment: of which run it is, and of which rbk.
//!
//! A process hands its environment on to what it starts, so the mark names grandchildren too, whatever group they have
//! made for themselves. What is started detached bears none. The name begins with `_`, as that of no param's variable can.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::OnceLock;

use super::group;

/// The variable. Its value is one entry for each rbk above, the nearest last: `RUN/SESSION/OWNER`, split by blanks.
pub(super) const VARIABLE: &str = "_RBK_RUN";

/// What stands for the run in an entry of an rbk that runs none, such as a plan that may run commands.
const NO_RUN: &str = "-";

/// One entry of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) run: &'a str,
    /// The session of the rbk. A process in another one has made itself a daemon, and is not followed.
    pub(super) session: i32,
    pub(super) owner: &'a str,
}

/// The run `id` that is recorded in the state folder `folder`. Two roots may have runs of one id, drawn in the same second;
/// a folder is told from every other by its device and number, wherever it is mounted or moved.
#[must_use]
pub fn of_run(folder: &Path, id: &str) -> String {
    let place =
        std::fs::metadata(folder).map_or_else(|_| String::new(), |meta| format!("{:x}.{:x}", meta.dev(), meta.ino()));
    format!("{id}@{place}")
}

/// What this rbk is called in marks: unlike every other one, of whatever time.
pub(super) fn owner() -> &'static str {
    static OWNER: OnceLock<String> = OnceLock::new();
    OWNER.get_or_init(|| uuid::Uuid::now_v7().simple().to_string())
}

/// The session of this rbk, as the process table has it: 0 where its leader is outside of the pid namespace.
pub(super) fn session() -> i32 {
    static SESSION: OnceLock<i32> = OnceLock::new();
    *SESSION.get_or_init(|| group::row("self").map_or(0, |row| row.session))
}

/// The value of the variable for children of `run`: an rbk that was itself started by a run hands that one's mark on.
pub(super) fn value(run: Option<&str>) -> String {
    let above = std::env::var(VARIABLE).unwrap_or_default();
    let own = format!("{}/{}/{}", run.unwrap_or(NO_RUN), session(), owner());
    if above.is_empty() { own } else { format!("{above} {own}") }
}

/// The variable `name` inside an environment as the system shows it, if it is there.
pub(super) fn inside<'a>(environment: &'a [u8], name: &str) -> Option<&'a str> {
    let value = environment
        .split(|&byte| byte == 0)
        .find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    std::str::from_utf8(value).ok()
}

/// The entries of a mark. What is no entry is left out: anybody may set a variable.
pub(super) fn entries(value: &str) -> impl Iterator<Item = Entry<'_>> {
    value.split(' ').filter_map(|entry| {
        let mut parts = entry.split('/');
        let entry = Entry { run: parts.next()?, session: parts.next()?.parse().ok()?, owner: parts.next()? };
        (parts.next().is_none() && !entry.owner.is_empty()).then_some(entry)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let value = value(Some("20261121-040312-7f3a@1.2"));
        let environment = format!("A=b\0_RBK_RUN_=x\0{VARIABLE}={value}\0C=d\0");
        let entries: Vec<Entry<'_>> = entries(inside(environment.as_bytes(), VARIABLE).unwrap()).collect();
        let own = Entry { run: "20261121-040312-7f3a@1.2", session: session(), owner: owner() };
        assert_eq!(entries.last(), Some(&own));
        assert_eq!(inside(b"A=b\0", VARIABLE), None);
    }

    #[test]
    fn what_is_no_entry_is_left_out() {
        assert_eq!(entries("").count() + entries("x").count() + entries("a/b/c a/1/ a/1/c/d").count(), 0);
        assert_eq!(entries("x a/1/c y").count(), 1);
    }
}
