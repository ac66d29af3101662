//! Where a path leads: every directory on the way resolved, and the end found to be inside the roots.
//!
//! `..` means what it means to the operating system: the parent of where a link led, not of the link.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind as Io;
use std::path::{Component, Path, PathBuf};

use super::error::{Error, ErrorKind, Result};
use super::look::{Located, Look};
use super::path_text::{decode_below, encode_below, shown};

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

impl Look {
    /// Where `path` stands: relative paths from the root, every directory on the way resolved, the last component not
    /// followed. What does not exist is taken as written.
    pub fn locate(&self, path: &str) -> Result<Located> {
        self.walk(path, false)
    }

    /// What `path` leads to: as [`Look::locate`], with the last component followed too.
    pub fn locate_following(&self, path: &str) -> Result<Located> {
        self.walk(path, true)
    }

    /// An entry of a located directory.
    #[must_use]
    pub fn entry(&self, folder: &Located, name: &OsStr) -> Located {
        let path = folder.path.join(name);
        Located { name: self.name_of(&path), path, links: folder.links.clone() }
    }

    /// As resources and messages name an absolute path.
    #[must_use]
    pub fn name_of(&self, path: &Path) -> String {
        match path.strip_prefix(self.root()) {
            Ok(rest) if rest.as_os_str().is_empty() => ".".to_owned(),
            Ok(rest) => shown(rest),
            Err(_) => shown(path),
        }
    }

    /// As captures name an absolute path.
    #[must_use]
    pub fn kept_name(&self, path: &Path) -> String {
        encode_below(self.root(), path)
    }

    /// The place of a captured path, which was resolved when it was captured.
    #[must_use]
    pub fn located_as_kept(&self, kept: &str) -> Located {
        let path = decode_below(self.root(), kept);
        Located { name: self.name_of(&path), path, links: Vec::new() }
    }

    fn walk(&self, path: &str, follow_last: bool) -> Result<Located> {
        refuse_impossible(path)?;
        let mut at = if path.starts_with('/') { PathBuf::from("/") } else { self.root().to_owned() };
        let mut rest: VecDeque<OsString> = parts(Path::new(path)).collect();
        let mut links: Vec<String> = Vec::new();
        while let Some(part) = rest.pop_front() {
            if part == ".." {
                at.pop();
                continue;
            }
            let next = at.join(&part);
            if rest.is_empty() && !follow_last {
                at = next;
                break;
            }
            match std::fs::symlink_metadata(&next) {
                Ok(meta) if meta.is_symlink() => {
                    links.push(self.name_of(&next));
                    if links.len() > MOST_LINKS {
                        return Err(Error::failed(format!("`{path}` leads through a loop of links"))
                            .hint(format!("look at where `{}` points", self.name_of(&next))));
                    }
                    let target = std::fs::read_link(&next)
                        .map_err(|error| Error::io(format!("read the link `{}`", self.name_of(&next)), &error))?;
                    if target.is_absolute() {
                        at = PathBuf::from("/");
                    }
                    for part in parts(&target).collect::<Vec<_>>().into_iter().rev() {
                        rest.push_front(part);
                    }
                }
                Err(error) if !matches!(error.kind(), Io::NotFound | Io::NotADirectory) => {
                    return Err(Error::io(format!("look at `{}`", self.name_of(&next)), &error));
                }
                _ => at = next,
            }
        }
        if !self.roots().any(|root| at.starts_with(root)) {
            return Err(self.outside(path, &at, links.last()));
        }
        Ok(Located { name: self.name_of(&at), path: at, links })
    }

    fn outside(&self, path: &str, at: &Path, link: Option<&String>) -> Error {
        let through = link.map_or_else(String::new, |link| format!(" through the link `{link}`"));
        let what = if Path::new(path) == at {
            format!("`{path}` is outside the root `{}`", shown(self.root()))
        } else {
            format!("`{path}` leads{through} to `{}`, outside the root `{}`", shown(at), shown(self.root()))
        };
        let folder = at.parent().unwrap_or(at);
        Error::new(ErrorKind::OutsideRoot, what)
            .hint(format!("if that is meant, name the folder in the policy: `roots [\"{}\"]`", shown(folder)))
    }
}

/// The components of a path without the root and `.`.
fn parts(path: &Path) -> impl Iterator<Item = OsString> + '_ {
    path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

fn refuse_impossible(path: &str) -> Result<()> {
    if path.is_empty() {
        return Err(Error::new(ErrorKind::Value, "an empty path names nothing").hint("write `.` for the root"));
    }
    if path.contains('\0') {
        return Err(Error::new(ErrorKind::Value, format!("the path {path:?} holds a NUL character")));
    }
    if path == "~" || path.starts_with("~/") {
        return Err(Error::new(ErrorKind::Value, format!("`~` is not expanded in `{path}`"))
            .hint("write the absolute path and name its folder in `roots`; a file called `~` is `./~`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
