//! What names a commit, what naming one reads, and how a commit reads in a plan.

use git2::{Commit, ErrorCode, ObjectType, Signature};

use super::repo::{Part, Repo, failed};
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::Look;
use crate::catalogue::show;

/// Whether this is a full object id, which names the same commit for ever.
#[must_use]
pub fn is_full_id(spec: &str) -> bool {
    spec.len() == 40 && spec.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Adds what naming a commit reads: nothing when it is a full id, otherwise refs and `HEAD`.
#[must_use]
pub fn reads_commit(effects: Effects, spec: Option<&str>, look: Option<&Look>) -> Effects {
    if spec.is_some_and(is_full_id) {
        return effects;
    }
    Part::Head.read(Part::Refs.read(effects, look), look)
}

/// The commit that `spec` names now: an id, a branch, a tag, `HEAD~1`.
pub fn resolve<'r>(repo: &'r Repo, spec: &str) -> Result<Commit<'r>> {
    let object = repo.git.revparse_single(spec).map_err(|error| unknown(repo, spec, &error))?;
    let kind = object.kind();
    object.peel_to_commit().map_err(|_| {
        let what = match kind {
            Some(ObjectType::Blob) => "a file",
            Some(ObjectType::Tree) => "a directory",
            _ => "no commit",
        };
        Error::refused(format!("`{spec}` is {what}, where a commit is needed"))
            .hint("name a commit, branch or tag, such as `HEAD~1`")
    })
}

fn unknown(repo: &Repo, spec: &str, error: &git2::Error) -> Error {
    if repo.git.head().is_err_and(|error| error.code() == ErrorCode::UnbornBranch) {
        return Error::refused(format!("`{spec}` names nothing: the branch that is checked out has no commit yet"));
    }
    if error.code() == ErrorCode::Ambiguous {
        return Error::refused(format!("`{spec}` is ambiguous: several objects begin with it"))
            .hint("write more digits of the id");
    }
    let hint = if repo.git.is_shallow() {
        "the clone is shallow, older commits are not in it; `git fetch --unshallow` brings them"
    } else {
        "`git log --oneline` and `git tag` list what there is; `git fetch` brings what is only at the remote"
    };
    Error::refused(format!("the repository has no commit `{spec}`")).hint(hint)
}

/// Who made a commit or tag: as git is configured, else rbk itself, since a rollback must not end at a missing `user.email`.
pub fn identity(repo: &Repo) -> Result<Signature<'static>> {
    repo.git
        .signature()
        .or_else(|_| Signature::now("rbk", "rbk@localhost"))
        .map_err(|error| failed("name the author", &error))
}

/// `e41c9a0 "before batching" (2d)`
#[must_use]
pub fn describe(commit: &Commit<'_>, now: jiff::Timestamp) -> String {
    let age = (now.as_second() - commit.time().seconds()).max(0);
    format!("{} \"{}\" ({})", short(commit), subject(commit), show::duration(age as f64 * 1e9))
}

/// The shortest id that is unique now, at least seven digits.
#[must_use]
pub fn short(commit: &Commit<'_>) -> String {
    let whole = commit.id().to_string();
    match commit.as_object().short_id() {
        Ok(id) => id.as_str().map_or_else(|_| whole[..7].to_owned(), str::to_owned),
        Err(_) => whole[..7].to_owned(),
    }
}

/// The first line of the message, bounded and without characters that could steer a terminal.
pub fn subject(commit: &Commit<'_>) -> String {
    shown(&String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default()))
}

/// The first line of a text, as [`subject`].
#[must_use]
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let text = text.trim_start().lines().next().unwrap_or_default();
    let mut shown: String = text.chars().map(|c| if c.is_control() { '·' } else { c }).take(LONGEST).collect();
    if text.chars().count() > LONGEST {
        shown.push('…');
    }
    shown
}
