//! Where `HEAD` stands: on a branch, or on a commit by itself; moving it, and what moves with it.

use git2::{Commit, Oid, RepositoryState};

use super::reference;
use super::repo::{Repo, failed};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::unit::Fingerprint;

/// Where `HEAD` stands.
#[derive(Clone, Debug)]
pub struct Tip {
    /// As `HEAD` holds it.
    text: String,
    /// The full name of the branch that is checked out; `None` when `HEAD` holds a commit.
    pub branch: Option<String>,
    /// The commit; `None` on a branch without one.
    pub id: Option<Oid>,
}

/// What of the repository an action moves besides files.
#[derive(Clone, Debug, Default)]
pub struct Moves {
    /// `HEAD` itself, or its reflog only, where a branch that is checked out moves.
    pub head: bool,
    /// A ref, by its full name.
    pub name: Option<String>,
}

/// `ref: refs/heads/x` or an id, as `HEAD` holds it.
pub fn head_text(repo: &Repo) -> Result<String> {
    let path = repo.own("HEAD");
    let text =
        std::fs::read_to_string(&path).map_err(|error| Error::io(format!("read `{}`", path.display()), &error))?;
    Ok(text.trim().to_owned())
}

/// Refuses where a merge, rebase or the like is not finished: its state would be half of one and half of another.
pub fn refuse_unfinished(repo: &Repo) -> Result<()> {
    if repo.git.state() == RepositoryState::Clean {
        return Ok(());
    }
    Err(Error::refused("the repository is in the middle of a merge, rebase or the like")
        .hint("finish or abort it first: `git status` says how"))
}

/// As [`refuse_unfinished`], and where the index holds conflicts.
pub fn refuse_conflicts(repo: &Repo) -> Result<()> {
    refuse_unfinished(repo)?;
    if super::index::open(repo)?.has_conflicts() {
        return Err(Error::refused("the index holds conflicts that are not resolved")
            .hint("resolve them and `git add` the files, or `git checkout HEAD -- FILE`"));
    }
    Ok(())
}

impl Tip {
    /// Where it stands now.
    pub fn of(repo: &Repo) -> Result<Self> {
        let text = head_text(repo)?;
        let branch = text.strip_prefix("ref: ").map(str::to_owned);
        let id = match &branch {
            Some(full) => reference::value(repo, full)?,
            None => Some(Oid::from_str(&text).map_err(|error| failed("read `HEAD`", &error))?),
        };
        Ok(Self { text, branch, id })
    }

    /// The commit that it stands at, where there is one.
    pub fn commit<'r>(&self, repo: &'r Repo) -> Result<Option<Commit<'r>>> {
        let found = self.id.map(|id| repo.git.find_commit(id)).transpose();
        found.map_err(|error| failed("read the commit that is checked out", &error))
    }

    /// ``branch `main` ``, or `HEAD`.
    #[must_use]
    pub fn shown(&self) -> String {
        self.branch.as_ref().map_or_else(
            || "HEAD".to_owned(),
            |full| format!("branch `{}`", full.strip_prefix("refs/heads/").unwrap_or(full)),
        )
    }

    /// What moves with it.
    #[must_use]
    pub fn moves(&self) -> Moves {
        Moves { head: true, name: self.branch.clone() }
    }

    /// Adds where it stands.
    pub fn add_to(&self, fingerprint: &mut Fingerprint) {
        fingerprint.parts.insert("git:head".to_owned(), self.text.clone());
        if let Some(full) = &self.branch {
            let id = self.id.map_or_else(|| "absent".to_owned(), |id| id.to_string());
            fingerprint.parts.insert(format!("git:{full}"), id);
        }
    }

    /// Moves the branch, or `HEAD` where it holds a commit, unless somebody else has moved it since.
    pub fn move_to(&self, repo: &Repo, to: Oid, log: &str) -> Result<()> {
        let name = self.branch.as_deref().unwrap_or("HEAD");
        let moved = match self.id {
            Some(now) => repo.git.reference_matching(name, to, true, now, log),
            None => repo.git.reference(name, to, false, log),
        };
        moved.map(|_| ()).map_err(|error| failed(format!("move {}", self.shown()), &error))
    }
}
