//! Which repository a call means, and what its parts are called as resources.
//!
//! The repository is the one at the root or the nearest one above it; environment variables such as `GIT_DIR` are
//! not asked, so that a policy started from a hook cannot act on another repository. Paths stay below the root.

use std::path::{Component, Path, PathBuf};

use git2::{ErrorCode, Repository};
use tempfile::TempDir;

use crate::catalogue::effect::{Effects, Kind, Resource};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::{Located, Look};

/// An open repository with a work tree that holds the root.
pub struct Repo {
    /// The repository.
    pub git: Repository,
    /// Its work tree, absolute and resolved.
    pub work: PathBuf,
    /// The root, relative to the work tree; empty when they are the same directory.
    pub prefix: PathBuf,
    /// Where new objects go that are only to be looked at; they go away with this.
    aside: Option<TempDir>,
}

/// A path of a call, found in the work tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Relative to the work tree, `/`-separated; empty for the work tree itself.
    pub path: String,
    /// As resources and messages name it.
    pub name: String,
}

impl Repo {
    /// The repository at the root or above it.
    pub fn open(look: &Look) -> Result<Self> {
        let root = look.root();
        let git = Repository::discover(root).map_err(|error| cannot_open(root, &error))?;
        let Some(work) = git.workdir() else {
            return Err(Error::refused(format!("the repository of `{}` is bare: it has no work tree", root.display()))
                .hint("set the policy's `root` to a clone that has its files checked out"));
        };
        let work = work.canonicalize().map_err(|error| Error::io(format!("resolve `{}`", work.display()), &error))?;
        let prefix = root.strip_prefix(&work).map(Path::to_path_buf).map_err(|_| {
            Error::refused(format!(
                "the root `{}` does not lie in the work tree `{}` of its repository",
                root.display(),
                work.display()
            ))
        })?;
        if prefix.components().next() == Some(Component::Normal(".git".as_ref())) {
            return Err(Error::refused("the root lies inside `.git`").hint("set the policy's `root` to the work tree"));
        }
        Ok(Self { git, work, prefix, aside: None })
    }

    /// The same, where objects that are made (a merge makes some) are never written into the repository.
    #[allow(clippy::disallowed_methods, reason = "private files in a temporary directory")]
    pub fn open_aside(look: &Look) -> Result<Self> {
        let mut repo = Self::open(look)?;
        let folder = TempDir::with_prefix("rbk-git-")
            .map_err(|error| Error::io("make a directory for temporary files", &error))?;
        let making = |error: git2::Error| failed("make a temporary repository", &error);
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(true).external_template(false);
        let beside = Repository::init_opts(folder.path(), &options).map_err(making)?;
        let alternates = folder.path().join("objects/info/alternates");
        let content = [repo.shared("objects").as_os_str().as_encoded_bytes(), b"\n"].concat();
        std::fs::create_dir_all(folder.path().join("objects/info"))
            .and_then(|()| std::fs::write(&alternates, content))
            .map_err(|error| Error::io(format!("write the temporary file `{}`", alternates.display()), &error))?;
        // Opened again: the alternates are read when the objects are first asked for.
        drop(beside);
        let beside = Repository::open_bare(folder.path()).map_err(making)?;
        repo.git.set_odb(&beside.odb().map_err(making)?).map_err(making)?;
        repo.aside = Some(folder);
        Ok(repo)
    }

    /// Where its objects are, new ones with those that they refer to.
    #[must_use]
    pub fn objects(&self) -> PathBuf {
        self.aside.as_ref().map_or_else(|| self.shared("objects"), |folder| folder.path().join("objects"))
    }

    /// Whether new objects go to the side.
    #[must_use]
    pub fn is_aside(&self) -> bool {
        self.aside.is_some()
    }

    /// Finds a path of a call in the work tree.
    pub fn spot(&self, look: &Look, path: &str) -> Result<Spot> {
        let located = look.locate(path)?;
        let inside = located.path.strip_prefix(&self.work).map_err(|_| {
            Error::refused(format!("`{path}` lies outside the work tree of the repository"))
                .hint("git restores only paths of its own work tree; use `file.copy` for others")
        })?;
        let Some(text) = inside.to_str() else {
            return Err(Error::refused(format!("`{path}` is not UTF-8")).hint("rename it; git paths here are text"));
        };
        if text.split('/').next().is_some_and(|first| first.eq_ignore_ascii_case(".git")) {
            return Err(Error::refused(format!("`{path}` belongs to the repository itself")));
        }
        Ok(Spot { path: text.trim_end_matches('/').to_owned(), name: located.name })
    }

    /// As resources and messages name a path of the work tree: relative to the root. `None` outside of it.
    #[must_use]
    pub fn name(&self, path: &str) -> Option<String> {
        let inside = Path::new(path).strip_prefix(&self.prefix).ok()?;
        Some(inside.to_string_lossy().into_owned())
    }

    /// A path of the work tree as the world knows it, without asking where links on the way lead: the paths of this
    /// family are checked not to pass through any.
    #[must_use]
    pub fn located(&self, look: &Look, path: &str) -> Located {
        let place = self.place(path);
        Located { name: look.name_of(&place), path: place, links: Vec::new() }
    }

    /// The absolute place of a path of the work tree.
    #[must_use]
    pub fn place(&self, path: &str) -> PathBuf {
        self.work.join(path)
    }

    /// A file of this work tree's own part of the repository: `index`, `HEAD`.
    #[must_use]
    pub fn own(&self, name: &str) -> PathBuf {
        self.git.path().join(name)
    }

    /// A file that all work trees of the repository share: `refs/tags/x`, `packed-refs`.
    #[must_use]
    pub fn shared(&self, name: &str) -> PathBuf {
        self.git.commondir().join(name)
    }
}

/// Says what libgit2 says, as a failure of `doing`, such as `read the index`.
pub fn failed(doing: impl std::fmt::Display, error: &git2::Error) -> Error {
    let told = Error::failed(format!("cannot {doing}: {}", error.message()));
    if error.code() == ErrorCode::Locked {
        return told.hint("another git program is at work; wait for it, or remove its `.lock` file if none is running");
    }
    told
}

fn cannot_open(root: &Path, error: &git2::Error) -> Error {
    let root = root.display();
    match error.code() {
        ErrorCode::NotFound => Error::refused(format!("`{root}` is not in a git repository"))
            .hint("set the policy's `root` to a directory of a clone, or use `file.copy` where there is no git"),
        ErrorCode::Owner => Error::refused(format!("the repository of `{root}` belongs to another user"))
            .hint("run rbk as its owner, or trust it: `git config --global --add safe.directory DIRECTORY`"),
        _ => Error::refused(format!("cannot open the repository of `{root}`: {}", error.message())),
    }
}

/// Part of a repository, as effects name it.
#[derive(Clone, Debug)]
pub enum Part {
    /// The index of this work tree.
    Index,
    /// Which commit or branch is checked out.
    Head,
    /// One ref, by its full name.
    Ref(String),
    /// All refs.
    Refs,
    /// All of it.
    All,
}

impl Part {
    /// The part as a resource, and the files in which git stores it.
    fn resources(&self, look: Option<&Look>) -> Vec<Resource> {
        // Where the repository keeps its files is asked of the world; without one, the usual place is taken.
        let repo = look.and_then(|look| Repository::discover(look.root()).ok());
        let own = repo.as_ref().map_or_else(|| PathBuf::from(".git"), |repo| repo.path().to_path_buf());
        let shared = repo.as_ref().map_or_else(|| PathBuf::from(".git"), |repo| repo.commondir().to_path_buf());
        let file = |base: &Path, name: &str| {
            if look.is_none() {
                return Resource::file(if name.is_empty() { ".git".to_owned() } else { format!(".git/{name}") });
            }
            let path: PathBuf = base.join(name).components().collect();
            // A directory that has to be made on the way is part of it.
            let missing = path.ancestors().skip(1).take_while(|above| !above.exists()).last();
            let path = missing.unwrap_or(&path);
            let inside = look.and_then(|look| path.strip_prefix(look.root()).ok()).unwrap_or(path);
            Resource::file(inside.to_string_lossy())
        };
        match self {
            Self::Index => vec![Resource::new(Kind::Git, "index"), file(&own, "index")],
            Self::Head => vec![Resource::new(Kind::Git, "head"), file(&own, "HEAD")],
            Self::Ref(name) => {
                vec![
                    Resource::new(Kind::Git, name.as_str()),
                    file(&shared, name),
                    file(&shared, &format!("logs/{name}")),
                ]
            }
            Self::All => vec![Resource::new(Kind::Git, "**"), file(&own, ""), file(&shared, "")],
            Self::Refs => {
                vec![Resource::new(Kind::Git, "refs/**"), file(&shared, "refs"), file(&shared, "packed-refs")]
            }
        }
    }

    /// Adds reading it.
    #[must_use]
    pub fn read(&self, effects: Effects, look: Option<&Look>) -> Effects {
        self.resources(look).into_iter().fold(effects, Effects::read)
    }

    /// Adds writing it.
    #[must_use]
    pub fn write(&self, effects: Effects, look: Option<&Look>) -> Effects {
        self.resources(look).into_iter().fold(effects, Effects::write)
    }
}
