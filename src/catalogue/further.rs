//! Further names of files (hard links): who changes a file in place changes it under all of them, and who replaces one
//! name parts it from the others.
//!
//! What has a name that no root holds can be neither shown nor brought back whole: it is refused, or said.

use std::collections::{BTreeSet, HashMap};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::error::{Error, Result};
use super::folder::DEEPEST;
use super::look::{Located, Look};

/// A file, by device and number.
pub(super) type Inode = (u64, u64);

/// Names that one note lists; the rest is counted.
const LISTED: usize = 5;

impl Look {
    /// What a plan says of a file that is changed in place: its other names in the roots change with it.
    ///
    /// # Errors
    /// Refused where it has a name outside of the roots, which would change unseen and not be taken back.
    pub fn in_place(&self, at: &Located) -> Result<Option<String>> {
        let Some(facts) = self.facts(at)?.filter(|facts| facts.is_file() && facts.links > 1) else { return Ok(None) };
        let inode = (facts.dev, facts.ino);
        let names = self.names_of(&HashMap::from([(inode, facts.links)]))?.remove(&inode).unwrap_or_default();
        if (names.len() as u64) < facts.links {
            let own = format!("{}.own", at.name);
            let quoted =
                |name: &str| shlex::try_quote(name).map_or_else(|_| name.to_owned(), std::borrow::Cow::into_owned);
            let what = format!(
                "`{}` has another name outside of the root, and changing it in place would change that too",
                at.name
            );
            return Err(Error::refused(what).hint(format!(
                "break the link first with `cp -p {0} {1} && mv {1} {0}`, or name the folder of the \
                 other name in the policy's `roots`",
                quoted(&at.name),
                quoted(&own)
            )));
        }
        let others = names.iter().filter(|name| **name != at.path).map(|name| format!("`{}`", self.name_of(name)));
        let others = listed(others.collect());
        Ok(Some(format!("{others} is the same file as `{}`, and changes with it", at.name)))
    }

    /// What a plan says of files at or below `paths` that are replaced or removed, and whose other names all lie outside
    /// of the roots: an undo cannot find the file again.
    pub fn parted(&self, paths: &[Located]) -> Result<Option<String>> {
        let mut met: HashMap<Inode, (u64, BTreeSet<PathBuf>)> = HashMap::new();
        for at in paths {
            let Some(facts) = self.facts(at)? else { continue };
            if !facts.is_dir() && (!facts.is_file() || facts.links < 2) {
                continue;
            }
            let walk = walkdir::WalkDir::new(&at.path).max_depth(DEEPEST).into_iter();
            for entry in walk.filter_entry(|entry| !self.is_guarded(entry.path())).flatten() {
                self.cancel().check()?;
                let Some(meta) = entry.metadata().ok().filter(|meta| meta.is_file() && meta.nlink() > 1) else {
                    continue;
                };
                let (_, names) = met.entry((meta.dev(), meta.ino())).or_insert((meta.nlink(), BTreeSet::new()));
                names.insert(entry.into_path());
            }
        }
        let wanted = met.iter().filter(|(_, (links, names))| *links > names.len() as u64);
        let wanted: HashMap<Inode, u64> = wanted.map(|(inode, (links, _))| (*inode, *links)).collect();
        let known = self.names_of(&wanted)?;
        let is_lost = |inode: &&Inode| known.get(inode).is_none_or(|known| known.is_subset(&met[*inode].1));
        let lost = wanted.keys().filter(is_lost).filter_map(|inode| met[inode].1.first());
        let mut lost: Vec<String> = lost.map(|name| format!("`{}`", self.name_of(name))).collect();
        lost.sort_unstable();
        Ok((!lost.is_empty()).then(|| {
            let (has, keeps) = if lost.len() == 1 { ("has", "it") } else { ("have", "each") };
            format!(
                "{} {has} another name outside of the root, which keeps the file as it is; an undo brings {keeps} back as a \
                 file of its own, not linked to that",
                listed(lost)
            )
        }))
    }

    /// The names in the roots of each file in `wanted`, which says how many names it has.
    pub(super) fn names_of(&self, wanted: &HashMap<Inode, u64>) -> Result<HashMap<Inode, BTreeSet<PathBuf>>> {
        let mut found: HashMap<Inode, BTreeSet<PathBuf>> = HashMap::new();
        let mut open = wanted.len();
        for root in self.roots() {
            if open == 0 {
                break;
            }
            let walk = walkdir::WalkDir::new(root).max_depth(DEEPEST).into_iter();
            for entry in walk.filter_entry(|entry| !self.is_guarded(entry.path())).flatten() {
                self.cancel().check()?;
                if !entry.file_type().is_file() {
                    continue;
                }
                let Ok(meta) = entry.metadata() else { continue };
                let inode = (meta.dev(), meta.ino());
                let Some(links) = wanted.get(&inode) else { continue };
                let names = found.entry(inode).or_default();
                // One root may lie in another one.
                if names.insert(entry.into_path()) && names.len() as u64 == *links {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                }
            }
        }
        Ok(found)
    }
}

/// Names in one line; above so many the rest is counted.
fn listed(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    let names = names.join(", ");
    if more == 0 { names } else { format!("{names} and {more} more") }
}

#[cfg(test)]
mod tests {
    use crate::catalogue::testing::world;

    #[test]
    fn a_file_with_a_name_outside_is_told_apart_from_one_whose_names_are_all_inside() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for name in ["f", "shared", "inner"] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        std::fs::hard_link(dir.path().join("shared"), other.path().join("x")).unwrap();
        std::fs::hard_link(dir.path().join("inner"), dir.path().join("inner2")).unwrap();
        let look = world(dir.path());
        let at = |name: &str| look.locate(name).unwrap();
        assert_eq!(look.in_place(&at("f")).unwrap(), None);
        let note = look.in_place(&at("inner")).unwrap().unwrap();
        assert!(note.starts_with("`inner2` is the same file as `inner`"), "{note}");
        let error = look.in_place(&at("shared")).unwrap_err();
        assert_eq!(error.kind, crate::catalogue::error::ErrorKind::Refused);
        assert!(error.what.contains("outside of the root"), "{error}");
        assert!(error.hint.unwrap().contains("cp -p shared shared.own"), "the link can be broken");
        assert_eq!(look.parted(&[at("f"), at("inner")]).unwrap(), None, "an undo finds its other name");
        let note = look.parted(&[at("shared"), at("inner")]).unwrap().unwrap();
        assert!(note.starts_with("`shared` has another name outside"), "{note}");
        // Both names of it are replaced, and a third one is nowhere in the roots.
        std::fs::hard_link(dir.path().join("inner"), other.path().join("y")).unwrap();
        assert!(look.parted(&[at("inner")]).unwrap().is_none(), "`inner2` leads to it");
        assert!(look.parted(&[at("inner"), at("inner2")]).unwrap().is_some());
    }
}
