//! What calls on paths read and write (`language.md` §7): a path covers everything below it, passes through links that
//! it thereby reads, and existing files that may be reached by several names compare by device and inode.
//!
//! Cannot fail: what is not found is taken as written, what is not known is everything.

use std::os::unix::fs::MetadataExt;

use super::args::Args;
use super::effect::{Effects, Kind, Resource};
use super::facts::{Facts, Sort};
use super::look::{Located, Look};
use super::path_text::lexical;

/// More shared inodes than this below one path are named together.
const SINGLE_INODES: usize = 256;
/// More entries than this below one path are not looked at for shared inodes: they are taken to have some.
const MOST_ENTRIES: usize = 50_000;

/// The effects of reading `paths` and all that is below them; links are followed.
#[must_use]
pub fn reads(look: Option<&Look>, paths: &[&str]) -> Effects {
    collect(look, paths, Look::locate_following, Access::Read)
}

/// As [`reads`], of the paths themselves where they are links (removing, moving, asking for a link's target).
#[must_use]
pub fn reads_entry(look: Option<&Look>, paths: &[&str]) -> Effects {
    collect(look, paths, Look::locate, Access::Read)
}

/// The effects of replacing or removing `paths` with all that is below them; a link at the end is itself the thing.
#[must_use]
pub fn writes(look: Option<&Look>, paths: &[&str]) -> Effects {
    collect(look, paths, Look::locate, Access::Write)
}

/// The effects of changing what `paths` lead to; a link at the end is followed, and read.
#[must_use]
pub fn writes_through(look: Option<&Look>, paths: &[&str]) -> Effects {
    collect(look, paths, Look::locate_following, Access::Write)
}

/// One of the functions above over the paths of an argument: nothing when it is absent, everything when it is unknown.
#[must_use]
pub fn of(args: &Args, name: &str, look: Option<&Look>, how: fn(Option<&Look>, &[&str]) -> Effects) -> Effects {
    match args.texts(name) {
        Ok(paths) => how(look, &paths),
        Err(_) if args.is_unknown(name) => how(None, &["**"]),
        Err(_) => Effects::none(),
    }
}

/// Which names of something are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Symbolic links.
    Links,
    /// Those, and further names of a file.
    All,
}

/// Whether `at`, or something below it, is a link, or has further names.
#[must_use]
pub fn has_names(look: &Look, at: &Located, names: Names) -> bool {
    let Ok(Some(facts)) = look.facts(at) else { return false };
    let further = |links: u64| names == Names::All && links > 1;
    if !facts.is_dir() {
        return facts.is_link() || further(facts.links);
    }
    walkdir::WalkDir::new(&at.path).into_iter().enumerate().any(|(index, entry)| {
        let Ok(entry) = entry else { return false };
        index > MOST_ENTRIES
            || look.cancel().check().is_err()
            || entry.file_type().is_symlink()
            || (names == Names::All
                && !entry.file_type().is_dir()
                && entry.metadata().is_ok_and(|meta| further(meta.nlink())))
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

type Locate = fn(&Look, &str) -> super::error::Result<Located>;

fn collect(look: Option<&Look>, paths: &[&str], locate: Locate, access: Access) -> Effects {
    let mut all = Effects::none();
    for path in paths {
        let located = look.and_then(|look| Some((look, locate(look, path).ok()?)));
        let one = match located {
            None => with(Effects::none(), access, file(&lexical(path))),
            Some((look, at)) => of_place(look, &at, access),
        };
        all.extend(one);
    }
    all
}

fn of_place(look: &Look, at: &Located, access: Access) -> Effects {
    let mut effects = Effects::none();
    for link in &at.links {
        effects = effects.read(file(link));
    }
    let name = if access == Access::Write { topmost_missing(look, at) } else { at.name.clone() };
    effects = with(effects, access, file(&name));
    for inode in inodes(look, at) {
        effects = with(effects, access, inode);
    }
    effects
}

fn with(effects: Effects, access: Access, resource: Resource) -> Effects {
    match access {
        Access::Read => effects.read(resource),
        Access::Write => effects.write(resource),
    }
}

/// A path and everything below it; the root is everything.
fn file(name: &str) -> Resource {
    Resource::file(if name == "." { "**" } else { name })
}

/// A write to `a/b/c` where there is no `a` makes `a`, as would a write to `a/d`: they may not overlap.
fn topmost_missing(look: &Look, at: &Located) -> String {
    let missing = at.path.ancestors().skip(1).take_while(|above| above.symlink_metadata().is_err()).last();
    missing.map_or_else(|| at.name.clone(), |above| look.name_of(above))
}

/// The files at or below a place that other names may lead to.
fn inodes(look: &Look, at: &Located) -> Vec<Resource> {
    let all = || vec![Resource::new(Kind::Other("inode".into()), "**")];
    let mounts = look.has_inner_mounts();
    let Ok(Some(facts)) = look.facts(at) else { return Vec::new() };
    let shared = |facts: &Facts| facts.sort != Sort::Directory && (facts.links > 1 || mounts);
    if !facts.is_dir() {
        return if shared(&facts) { vec![inode(facts.dev, facts.ino)] } else { Vec::new() };
    }
    let mut found = Vec::new();
    for (index, entry) in walkdir::WalkDir::new(&at.path).into_iter().flatten().enumerate() {
        if index > MOST_ENTRIES || found.len() > SINGLE_INODES || look.cancel().check().is_err() {
            return all();
        }
        let Ok(meta) = entry.metadata() else { continue };
        if !meta.is_dir() && (meta.nlink() > 1 || mounts) {
            found.push(inode(meta.dev(), meta.ino()));
        }
    }
    found
}

fn inode(dev: u64, ino: u64) -> Resource {
    Resource::new(Kind::Other("inode".into()), format!("{dev}:{ino}"))
}

impl Look {
    /// Whether something is mounted below a root, so that one file may be reached by two resolved paths.
    fn has_inner_mounts(&self) -> bool {
        // No such file (not Linux): hard links are still seen by their count.
        let Ok(mounts) = std::fs::read_to_string("/proc/self/mountinfo") else { return false };
        // Column 5 is the mount point, blanks as `\040`; a root with such characters is compared by its prefix only.
        mounts.lines().filter_map(|line| line.split(' ').nth(4)).any(|point| {
            let point = std::path::Path::new(point);
            self.roots().any(|root| point != root && point.starts_with(root))
        })
    }
}

#[cfg(test)]
mod tests;
