//! `git.checkout`: brings the whole work tree, the index and `HEAD` to a branch or commit.
//!
//! As the git program does, it changes only the files that differ between the commit that is checked out and the one
//! wanted; changes that were not committed in other files stay. Where git would refuse because such a change is in
//! the way, it is captured and replaced; where an untracked file is in the way, this refuses as git does.

use std::collections::BTreeMap;

use super::branch::checked_out;
use super::difference::{self, Change, State};
use super::lock::IndexLock;
use super::repo::{Part, Repo, failed};
use super::tip::Moves;
use super::tree::{self, Entry};
use super::{apply, commit, preview, reference, tip, undo};
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Entries, Kind, Resource};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change as Shown, Fingerprint, Preview};
use crate::catalogue::value::Value;

/// `git.checkout`
pub struct Checkout;

static SIGNATURE: Signature = Signature {
    name: "git.checkout",
    role: Role::Action,
    params: &[
        Parameter { name: "ref", ty: "string", form: Form::Positional, doc: "a branch, tag or commit" },
        Parameter {
            name: "detach",
            ty: "bool",
            form: Form::Optional,
            doc: "check the commit of a branch out, not the branch itself",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "brings the whole work tree to a branch or commit",
    page: "actions/git.checkout.md",
};

/// Where `HEAD` goes, and which files change with it.
struct Intent<'r> {
    commit: git2::Commit<'r>,
    /// The full name of the branch; `None` when `HEAD` will hold the commit itself.
    branch: Option<String>,
    moves_head: bool,
    changes: Vec<Change>,
}

fn target<'r>(args: &Args, repo: &'r Repo) -> Result<(git2::Commit<'r>, Option<String>)> {
    let name = args.text("ref")?;
    let full = format!("refs/heads/{name}");
    let is_branch = git2::Reference::is_valid_name(&full) && reference::value(repo, &full)?.is_some();
    if is_branch && !commit::is_full_id(name) {
        let commit = commit::resolve(repo, &full)?;
        return Ok((commit, (!args.flag("detach", false)).then_some(full)));
    }
    Ok((commit::resolve(repo, name)?, None))
}

fn intent<'r>(args: &Args, repo: &'r Repo) -> Result<Intent<'r>> {
    let (commit, branch) = target(args, repo)?;
    tip::refuse_unfinished(repo)?;
    let now = tip::head_text(repo)?;
    let stays = match &branch {
        Some(full) => now == format!("ref: {full}"),
        None => now == commit.id().to_string(),
    };
    if let Some(full) = branch.as_ref().filter(|full| !stays && checked_out(repo, full)) {
        let name = full.trim_start_matches("refs/heads/");
        return Err(Error::refused(format!("the branch `{name}` is checked out in another work tree"))
            .hint("write `detach: true` to check its commit out"));
    }
    let root = commit.tree().map_err(|error| failed("read the commit", &error))?;
    let target = tree::list(repo, &root, &[""])?;
    let current = match repo.git.head().ok().and_then(|head| head.peel_to_tree().ok()) {
        Some(current) => tree::list(repo, &current, &[""])?,
        None => tree::Entries::new(),
    };
    let mut wanted: BTreeMap<String, Option<Entry>> = BTreeMap::new();
    for path in current.keys().chain(target.keys()) {
        if current.get(path) != target.get(path) {
            wanted.insert(path.clone(), target.get(path).copied());
        }
    }
    let changes = difference::compare(repo, &root, &wanted, &[""])?;
    if let Some(change) = changes.iter().find(|change| change.work && change.state == State::Untracked) {
        let place = change.blocker.as_ref().unwrap_or(&change.name);
        return Err(Error::refused(format!(
            "the untracked `{place}` is in the way of a file of {}",
            commit::short(&commit)
        ))
        .hint("move or remove it first, or commit it: a checkout never loses what git does not know"));
    }
    Ok(Intent { commit, branch, moves_head: !stays, changes })
}

impl Action for Checkout {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, _: &Args, look: Option<&Look>) -> Effects {
        let effects = Effects::none().write(Resource::file("**")).write(Resource::new(Kind::Git, "**"));
        Part::Refs.read(Part::Head.write(Part::Index.write(effects, look), look), look)
    }

    fn entries(&self, args: &Args, look: Option<&Look>) -> Entries {
        let Some(look) = look else { return Entries::Replaced };
        let links = Repo::open(look).and_then(|repo| {
            let (commit, _) = target(args, &repo)?;
            let root = commit.tree().map_err(|error| failed("read the commit", &error))?;
            tree::links(&repo, &root, &[""])
        });
        links.map_or_else(|_| Entries::Remade(self.effects(args, Some(look)).writes), Entries::Remade)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let repo = Repo::open(look)?;
        let intent = intent(args, &repo)?;
        let commit = commit::describe(&intent.commit, look.now());
        let shown = match &intent.branch {
            Some(full) => format!("branch `{}` at {commit}", full.trim_start_matches("refs/heads/")),
            None => commit,
        };
        let mut preview = if intent.changes.is_empty() {
            let summary = if intent.moves_head {
                format!("{shown}: no file changes")
            } else {
                format!("no change: already at {shown}")
            };
            Preview { summary, ..Preview::default() }
        } else {
            preview::of(&repo, look, &shown, &intent.changes)?
        };
        if intent.moves_head {
            let from = tip::head_text(&repo)?;
            let from =
                from.strip_prefix("ref: refs/heads/").map_or(from.clone(), |branch| format!("branch `{branch}`"));
            preview.changes.insert(0, Shown::Other { summary: format!("HEAD from {from} to {shown}") });
            if intent.branch.is_none() {
                preview.notes.push("HEAD will be detached: commits made there belong to no branch".to_owned());
            }
        }
        Ok(preview)
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        let repo = Repo::open(look)?;
        let Ok((commit, _)) = target(args, &repo) else {
            // After `HEAD~1` was checked out there may be no such commit any more: where HEAD stands says enough.
            return Ok(Some(Fingerprint { parts: [("git:head".to_owned(), tip::head_text(&repo)?)].into() }));
        };
        let root = commit.tree().map_err(|error| failed("read the commit", &error))?;
        // Everything that the commit or the index has, not only what would change: after the run nothing would,
        // and a file that was edited since must still be noticed.
        let wanted = difference::wanted(&repo, &tree::list(&repo, &root, &[""])?, &[""])?;
        let inside = wanted.into_iter().filter(|(path, _)| repo.name(path).is_some()).collect();
        let changes = difference::compare(&repo, &root, &inside, &[""])?;
        let mut fingerprint = undo::tree_fingerprint(&repo, look, &changes)?;
        fingerprint.parts.insert("git:head".to_owned(), tip::head_text(&repo)?);
        fingerprint.parts.insert("commit".to_owned(), commit.id().to_string());
        Ok(Some(fingerprint))
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let repo = Repo::open(look)?;
        let intent = intent(args, &repo)?;
        undo::keep_tree(&repo, look, &intent.changes, &[], &Moves { head: true, name: None }, keep)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let repo = Repo::open(touch)?;
        let first = intent(args, &repo)?;
        if first.changes.is_empty() && !first.moves_head {
            return Ok(Value::None);
        }
        let held = IndexLock::take(&repo.own("index"), touch.cancel())?;
        // Looked at again: until the lock was held somebody else could write.
        let intent = intent(args, &repo)?;
        if !intent.changes.is_empty() {
            apply::write(&repo, touch, &held, &intent.changes)?;
        }
        // HEAD comes last: until then git shows the files as changed, and nothing claims a commit that is not there.
        if intent.moves_head {
            match &intent.branch {
                Some(full) => repo.git.set_head(full),
                None => repo.git.set_head_detached(intent.commit.id()),
            }
            .map_err(|error| failed("move HEAD; the files are in place already", &error))?;
        }
        Ok(Value::None)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        undo::put_tree_back(capture, touch, keep)
    }

    fn left(&self, capture: &Capture, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        undo::left(capture, self.fingerprint(args, look)?, look).map(Some)
    }

    fn capture_for_undo(&self, capture: &Capture, _: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        undo::keep_tree_for_undo(capture, look, keep)
    }
}
