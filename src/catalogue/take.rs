//! Taking snapshots: the state of paths before they are changed, contents given to the object store.
//!
//! Never opens what is not a regular file or directory: a FIFO would hang it, a device might act.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::cancel::Cancel;
use super::error::{Error, Result};
use super::facts::{Facts, Sort};
use super::folder::{DEEPEST, Folder, xattrs};
use super::keep::Keep;
use super::look::{Located, Look};
use super::path_text::{encode, join};
use super::read::failed;
use super::show;
use super::snapshot::{NodeState, PathState, Special, digest_of_names};
use super::touch::fresh::is_fresh;

impl Look {
    /// What stands at `paths`, directories with all that is below them, so that [`super::touch::Touch::restore`] can
    /// bring it back byte for byte. Contents go to `keep`; above `cap` bytes in all it is refused. The directories
    /// around the paths are recorded too (times; whether they existed). Parents stand before children.
    pub fn snapshot(&self, paths: &[Located], keep: &dyn Keep, cap: Option<u64>) -> Result<Vec<PathState>> {
        self.snapshot_with_around(paths, &[], keep, cap)
    }

    /// As [`Look::snapshot`], and of `around` only the directories that these paths are in: those that are not there
    /// go again on restore, once they are empty.
    pub fn snapshot_with_around(
        &self,
        paths: &[Located],
        around: &[Located],
        keep: &dyn Keep,
        cap: Option<u64>,
    ) -> Result<Vec<PathState>> {
        let mut taking = Taking::new(self, keep, cap);
        let tops = tops(paths);
        // A root itself stays, so what is around it does not change.
        for at in tops.iter().chain(around).filter(|at| self.roots().all(|root| root != at.path)) {
            taking.around(at)?;
        }
        for at in &tops {
            self.cancel().check()?;
            taking.top(at)?;
        }
        taking.link_outside()?;
        Ok(taking.states)
    }
}

/// Each path once, without those below another one, in the order of their bytes.
fn tops(paths: &[Located]) -> Vec<Located> {
    let mut sorted: BTreeMap<&Path, &Located> = paths.iter().map(|at| (at.path.as_path(), at)).collect();
    let all: BTreeSet<&Path> = sorted.keys().copied().collect();
    sorted.retain(|path, _| path.ancestors().skip(1).all(|above| !all.contains(above)));
    sorted.into_values().cloned().collect()
}

/// One snapshot in the making.
struct Taking<'a> {
    look: &'a Look,
    keep: &'a dyn Keep,
    cap: Option<u64>,
    total: u64,
    states: Vec<PathState>,
    /// Files with several names: the index of the first state and how many names were met, by device and inode.
    inodes: HashMap<(u64, u64), (usize, u64, u64)>,
    /// The directories around the paths, and where their states are.
    around: BTreeMap<PathBuf, usize>,
}

impl<'a> Taking<'a> {
    fn new(look: &'a Look, keep: &'a dyn Keep, cap: Option<u64>) -> Self {
        Self { look, keep, cap, total: 0, states: Vec::new(), inodes: HashMap::new(), around: BTreeMap::new() }
    }

    fn push(&mut self, path: String, node: NodeState) {
        self.states.push(PathState { path, node });
    }

    /// Records the directories around `at`, from the root down, and those that are not there.
    fn around(&mut self, at: &Located) -> Result<()> {
        let within = |above: &&Path| self.look.roots().any(|root| above.starts_with(root));
        let mut above: Vec<&Path> = at.path.ancestors().skip(1).take_while(within).collect();
        above.reverse();
        let nearest = above.iter().rposition(|path| path.is_dir());
        for (index, path) in above.into_iter().enumerate() {
            let is_nearest = nearest == Some(index);
            if let Some(known) = self.around.get(path) {
                if let NodeState::Parent { direct, .. } = &mut self.states[*known].node {
                    *direct |= is_nearest;
                }
                continue;
            }
            let known = self.states.len();
            let io = |error: io::Error| failed("look at the directory of", at, &error);
            let kept = self.look.kept_name(path);
            match open_if_there(path).map_err(io)? {
                None => self.push(kept, NodeState::NoParent),
                Some(folder) => {
                    let facts = folder.facts().map_err(io)?;
                    // Where it may be passed but not read, its attributes and names are left alone.
                    let attributes = folder.readable().and_then(attributes).unwrap_or_default();
                    let names = names_digest(&folder).unwrap_or_default();
                    self.push(kept, NodeState::Parent { meta: facts.meta(attributes), names, direct: is_nearest });
                }
            }
            self.around.insert(path.to_owned(), known);
        }
        Ok(())
    }

    fn top(&mut self, at: &Located) -> Result<()> {
        let kept = self.look.kept_name(&at.path);
        let Some(name) = at.path.file_name() else {
            return Err(Error::refused("the root of the file system is not captured"));
        };
        let parent = at.path.parent().unwrap_or(Path::new("/"));
        let folder = open_if_there(parent).map_err(|error| failed("open the directory of", at, &error))?;
        if let Some(folder) = folder {
            return self.entry(&folder, name, kept, &at.path, 0);
        }
        self.push(kept, NodeState::Absent);
        Ok(())
    }

    /// Records the entry `name` of `folder`, and what is below it.
    fn entry(&mut self, folder: &Folder, name: &OsStr, kept: String, path: &Path, depth: usize) -> Result<()> {
        self.look.cancel().check()?;
        let io = |doing: &'static str| {
            let shown = self.look.name_of(path);
            move |error: io::Error| Error::io(format!("{doing} `{shown}`"), &error)
        };
        let Some(facts) = folder.look(name).map_err(io("look at"))? else {
            self.push(kept, NodeState::Absent);
            return Ok(());
        };
        match facts.sort {
            Sort::File => self.file(folder, name, kept, path)?,
            Sort::Link => {
                let target = encode(&folder.target(name).map_err(io("read the link"))?);
                self.push(kept, NodeState::Link { target, meta: facts.meta(Vec::new()) });
            }
            Sort::Directory => {
                if depth == DEEPEST {
                    let what = format!("`{}` lies more than {DEEPEST} directories deep", self.look.name_of(path));
                    return Err(Error::refused(what));
                }
                let inner = folder.child(name).map_err(io("open"))?;
                let meta =
                    facts.meta(attributes(&inner.readable().map_err(io("open"))?).map_err(io("read attributes of"))?);
                let names = inner.names().map_err(io("list"))?;
                self.push(kept.clone(), NodeState::Directory { meta });
                for name in names {
                    let below = path.join(&name);
                    if !self.look.is_guarded(&below) && !is_fresh(&name) {
                        self.entry(&inner, &name, join(&kept, &name), &below, depth + 1)?;
                    }
                }
            }
            Sort::Fifo => self.special(kept, Special::Fifo, facts),
            Sort::Socket => self.special(kept, Special::Socket, facts),
            Sort::CharDevice => self.special(kept, Special::CharDevice, facts),
            Sort::BlockDevice => self.special(kept, Special::BlockDevice, facts),
        }
        Ok(())
    }

    fn special(&mut self, kept: String, sort: Special, facts: Facts) {
        self.push(kept, NodeState::Special { sort, device: facts.rdev, meta: facts.meta(Vec::new()) });
    }

    fn file(&mut self, folder: &Folder, name: &OsStr, kept: String, path: &Path) -> Result<()> {
        let shown = || self.look.name_of(path);
        let (file, facts) = folder.file(name).map_err(|error| Error::io(format!("open `{}`", shown()), &error))?;
        let inode = (facts.dev, facts.ino);
        if let Some((first, met, _)) = self.inodes.get_mut(&inode).filter(|_| facts.links > 1) {
            *met += 1;
            let earlier = &self.states[*first];
            let NodeState::File { object, size, meta, .. } = earlier.node.clone() else {
                return Err(Error::internal("the first name of an inode is no file"));
            };
            let node = NodeState::File { object, size, meta, hard_link: Some(earlier.path.clone()), outside: 0 };
            self.push(kept, node);
            return Ok(());
        }
        self.total += facts.size;
        if let Some(cap) = self.cap.filter(|cap| self.total > *cap) {
            return Err(Error::refused(format!(
                "what would be captured up to `{}` holds {}, more than the {} that are kept",
                shown(),
                show::bytes(self.total as f64),
                show::bytes(cap as f64)
            )));
        }
        let meta = attributes(&file).map_err(|error| Error::io(format!("read attributes of `{}`", shown()), &error))?;
        let mut content = Watched { file, cancel: self.look.cancel(), size: 0, failed: None };
        let object = self.keep.put(&mut content).map_err(|error| {
            content
                .failed
                .take()
                .unwrap_or_else(|| Error { what: format!("cannot capture `{}`: {}", shown(), error.what), ..error })
        })?;
        if facts.links > 1 {
            self.inodes.insert(inode, (self.states.len(), 1, facts.links));
        }
        let node = NodeState::File { object, size: content.size, meta: facts.meta(meta), hard_link: None, outside: 0 };
        self.push(kept, node);
        Ok(())
    }

    /// Finds, in the roots, names outside of the capture for files that have more names than were met, and counts those
    /// that no root holds.
    fn link_outside(&mut self) -> Result<()> {
        let wanted = self.inodes.iter().filter(|(_, (_, met, links))| links > met);
        let wanted: HashMap<_, _> = wanted.map(|(inode, (_, _, links))| (*inode, *links)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let names = self.look.names_of(&wanted)?;
        let captured: BTreeSet<&str> = self.states.iter().map(|state| state.path.as_str()).collect();
        let mut found: Vec<(usize, Option<String>, u64)> = Vec::new();
        for (inode, links) in wanted {
            let (first, met, _) = self.inodes[&inode];
            let others = names.get(&inode).into_iter().flatten().map(|path| self.look.kept_name(path));
            let others: Vec<String> = others.filter(|name| !captured.contains(name.as_str())).collect();
            let outside = links.saturating_sub(met + others.len() as u64);
            found.push((first, others.into_iter().next(), outside));
        }
        for (first, other, elsewhere) in found {
            if let NodeState::File { hard_link, outside, .. } = &mut self.states[first].node {
                (*hard_link, *outside) = (other, elsewhere);
            }
        }
        Ok(())
    }
}

/// The directory at `path`, or nothing where there is none.
fn open_if_there(path: &Path) -> io::Result<Option<Folder>> {
    match Folder::open(path) {
        Ok(folder) => Ok(Some(folder)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A digest of the names in a directory, leftovers of interrupted writes aside.
pub(super) fn names_digest(folder: &Folder) -> io::Result<String> {
    let names = folder.names()?;
    Ok(digest_of_names(names.iter().filter(|name| !is_fresh(name)).map(OsString::as_os_str)))
}

/// Extended attributes as captures hold them: names encoded, values in base16.
pub(super) fn attributes(of: impl std::os::fd::AsFd) -> io::Result<Vec<(String, String)>> {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    let hex = |value: &[u8]| value.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    Ok(xattrs(of)?.iter().map(|(name, value)| (encode(name), hex(value))).collect())
}

/// Content on its way to the store: counted, and cut when the time is over.
struct Watched<'a> {
    file: std::fs::File,
    cancel: &'a Cancel,
    size: u64,
    failed: Option<Error>,
}

impl Read for Watched<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Err(error) = self.cancel.check() {
            self.failed = Some(error);
            return Err(io::Error::other("its time was over"));
        }
        let count = self.file.read(into)?;
        self.size += count as u64;
        Ok(count)
    }
}

impl Special {
    /// As messages name it.
    #[must_use]
    pub const fn sort(self) -> Sort {
        match self {
            Self::Fifo => Sort::Fifo,
            Self::Socket => Sort::Socket,
            Self::CharDevice => Sort::CharDevice,
            Self::BlockDevice => Sort::BlockDevice,
        }
    }
}

#[cfg(test)]
mod tests;
