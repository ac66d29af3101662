//! What files of a commit look like when they are checked out, without checking them out.
//!
//! Content in the object store is not what stands in a work tree: line ends and `$Id$` are converted. libgit2 does
//! that while it checks out, so files are checked out into a private directory and read from there. What libgit2
//! cannot convert as git does (`filter=`, as git-lfs uses, and `working-tree-encoding`) is refused: a file that
//! holds a pointer instead of its content would look restored and be broken.
#![allow(clippy::disallowed_methods, reason = "private files in a temporary directory")]

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;
use git2::{AttrCheckFlags, AttrValue, Repository, RepositoryInitOptions, Tree};
use tempfile::TempDir;

use super::repo::{Repo, failed};
use crate::catalogue::error::{Error, Result};

/// Files of a commit in their checked-out form, in a private directory that goes away with this.
pub struct Staged {
    directory: TempDir,
}

/// What stands, or would stand, at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A regular file.
    File {
        /// All of it.
        content: Vec<u8>,
        /// Its permission bits.
        mode: u32,
    },
    /// A symbolic link and its target.
    Link(String),
    /// A directory.
    Directory,
    /// Nothing.
    Absent,
    /// A socket, pipe or device.
    Special,
}

impl Node {
    /// Reads what stands at `path`, following nothing.
    pub fn read(path: &Path) -> Result<Self> {
        let doing = || format!("read `{}`", path.display());
        let meta = match std::fs::symlink_metadata(path) {
            Ok(meta) => meta,
            // NotADirectory: a file stands where a directory on the way should be.
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
                return Ok(Self::Absent);
            }
            Err(error) => return Err(Error::io(doing(), &error)),
        };
        let kind = meta.file_type();
        if kind.is_symlink() {
            let target = std::fs::read_link(path).map_err(|error| Error::io(doing(), &error))?;
            return target
                .into_os_string()
                .into_string()
                .map(Self::Link)
                .map_err(|_| Error::refused(format!("the target of the link `{}` is not UTF-8", path.display())));
        }
        if kind.is_dir() {
            return Ok(Self::Directory);
        }
        if !kind.is_file() {
            return Ok(Self::Special);
        }
        let content = std::fs::read(path).map_err(|error| Error::io(doing(), &error))?;
        Ok(Self::File { content, mode: meta.permissions().mode() & 0o7777 })
    }

    /// Whether git would call both the same: content and the executable bit, or the link's target.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File { content: a, mode: x }, Self::File { content: b, mode: y }) => {
                a == b && (x & 0o100) == (y & 0o100)
            }
            (a, b) => a == b,
        }
    }
}

/// Checks these files of `tree` out into a private directory.
pub fn stage(repo: &Repo, tree: &Tree<'_>, paths: &[&str]) -> Result<Staged> {
    let staged = Staged {
        directory: TempDir::with_prefix("rbk-git-")
            .map_err(|error| Error::io("make a directory for temporary files", &error))?,
    };
    if paths.is_empty() {
        return Ok(staged);
    }
    for path in paths {
        refuse_filters(repo, path)?;
    }
    let scratch = scratch(repo, &staged, paths)?;
    let mut options = CheckoutBuilder::new();
    options.force().update_index(false).refresh(false).disable_pathspec_match(true);
    for path in paths {
        options.path(*path);
    }
    let reading = |error| failed("read the files of the commit", &error);
    let tree = scratch.find_tree(tree.id()).map_err(reading)?;
    scratch.checkout_tree(tree.as_object(), Some(&mut options)).map_err(reading)?;
    for path in paths {
        match staged.node(path)? {
            Node::File { content, .. } => refuse_pointer(path, &content)?,
            Node::Link(_) => {}
            _ => return Err(Error::internal(format!("libgit2 did not check `{path}` out"))),
        }
    }
    Ok(staged)
}

/// A repository without commits that shares the objects, configuration and attributes of `repo`.
///
/// libgit2 can check out into another directory, but then compares with the commit that is checked out, and leaves
/// files out whose type differs from it. Where nothing is checked out, everything wanted is new and is written.
fn scratch(repo: &Repo, staged: &Staged, paths: &[&str]) -> Result<Repository> {
    let (own, work) = (staged.directory.path().join("git"), staged.work());
    let making = |error: git2::Error| failed("make a temporary repository", &error);
    let mut options = RepositoryInitOptions::new();
    options.no_dotgit_dir(true).external_template(false).mkpath(true).workdir_path(&work);
    Repository::init_opts(&own, &options).map_err(making)?;
    let config = format!(
        "[include]\n\tpath = {}\n[core]\n\tbare = false\n\tworktree = {}\n",
        quoted(&repo.shared("config"))?,
        quoted(&work)?
    );
    put(&own.join("config"), config.as_bytes())?;
    let objects = repo.objects();
    put(&own.join("objects/info/alternates"), [objects.as_os_str().as_encoded_bytes(), b"\n"].concat().as_slice())?;
    if let Ok(attributes) = std::fs::read(repo.shared("info/attributes")) {
        put(&own.join("info/attributes"), &attributes)?;
    }
    let mut seen = BTreeSet::new();
    for path in paths {
        let folders = path.match_indices('/').map(|(at, _)| &path[..=at]).chain([""]);
        for file in folders.map(|folder| format!("{folder}.gitattributes")) {
            if seen.insert(file.clone())
                && let Some(content) = attributes(repo, &file)
            {
                put(&work.join(&file), &content)?;
            }
        }
    }
    Repository::open(&own).map_err(making)
}

/// The attributes that hold in the work tree: of the file, or where it is missing of the index.
fn attributes(repo: &Repo, file: &str) -> Option<Vec<u8>> {
    std::fs::read(repo.place(file)).ok().or_else(|| {
        let entry = super::index::open(repo).ok()?.get_path(Path::new(file), 0)?;
        repo.git.find_blob(entry.id).ok().map(|blob| blob.content().to_vec())
    })
}

/// A path as a git configuration holds it.
fn quoted(path: &Path) -> Result<String> {
    let text = path.to_str().ok_or_else(|| Error::refused(format!("the path `{}` is not UTF-8", path.display())))?;
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    Ok(format!("\"{escaped}\""))
}

fn put(place: &Path, content: &[u8]) -> Result<()> {
    let folder = place.parent().unwrap_or(place);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(place, content))
        .map_err(|error| Error::io(format!("write the temporary file `{}`", place.display()), &error))
}

impl Staged {
    fn work(&self) -> PathBuf {
        self.directory.path().join("work")
    }

    /// The checked-out form of `path`.
    pub fn node(&self, path: &str) -> Result<Node> {
        Node::read(&self.work().join(path))
    }
}

/// Refuses a file that git converts in ways that libgit2 does not know.
pub fn refuse_filters(repo: &Repo, path: &str) -> Result<()> {
    for attribute in ["filter", "working-tree-encoding"] {
        let value = repo
            .git
            .get_attr_bytes(Path::new(path), attribute, AttrCheckFlags::FILE_THEN_INDEX)
            .map_err(|error| failed(format!("read the git attributes of `{path}`"), &error))?;
        if let AttrValue::String(name) = AttrValue::from_bytes(value) {
            return Err(filtered(path, &format!("{attribute}={name}")));
        }
    }
    Ok(())
}

/// Attributes of the commit may differ from those checked out now, so pointers are known by their form as well.
fn refuse_pointer(path: &str, content: &[u8]) -> Result<()> {
    const FIRST_LINE: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
    if content.starts_with(FIRST_LINE) && content.len() < 1024 {
        return Err(filtered(path, "git-lfs"));
    }
    Ok(())
}

fn filtered(path: &str, by: &str) -> Error {
    Error::refused(format!("`{path}` is converted by `{by}` when git checks it out, which is not done here"))
        .hint(format!("restore it by the git program: `exec([\"git\", \"checkout\", COMMIT, \"--\", \"{path}\"])`"))
}
