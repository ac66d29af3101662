//! `git.revert`: takes the changes of commits back, by a new commit for each.
//!
//! All of it is worked out before anything is written, so a conflict leaves nothing half done.

use std::collections::{BTreeMap, BTreeSet};

use git2::Oid;

use super::difference::{self, Change, State};
use super::lock::IndexLock;
use super::merge::{self, Merged};
use super::repo::{Part, Repo, failed};
use super::tip::{self, Tip};
use super::tree::{self, Entry};
use super::{apply, commit, preview, record, undo};
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Entries, Resource};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change as Shown, Fingerprint, Preview};
use crate::catalogue::value::Value;

/// `git.revert`
pub struct Revert;

static SIGNATURE: Signature = Signature {
    name: "git.revert",
    role: Role::Action,
    params: &[
        Parameter {
            name: "commits",
            ty: "list[string]",
            form: Form::Positional,
            doc: "the commits to take back, in this order: of several the newest first",
        },
        Parameter {
            name: "mainline",
            ty: "int",
            form: Form::Optional,
            doc: "of a merge: which parent, from 1, holds what stays",
        },
    ],
    returns: Returns::Type("string"),
    undo: UndoKind::Exact,
    gate: false,
    doc: "takes the changes of commits back, by a new commit for each; gives the commit that is then checked out",
    page: "actions/git.revert.md",
};

/// The commits that are made, and the files that change with them.
struct Intent {
    tip: Tip,
    /// The last of the new commits; `None` where all is taken back already.
    end: Option<Oid>,
    /// In words: the commits that are taken back, and those whose changes are not there any more.
    reverted: Vec<String>,
    skipped: Vec<String>,
    changes: Vec<Change>,
}

/// Works it out; new objects go where `repo` puts them.
fn intent(args: &Args, repo: &Repo, look: &Look) -> Result<Intent> {
    tip::refuse_conflicts(repo)?;
    let tip = Tip::of(repo)?;
    let (end, reverted, skipped) = chain(args, repo, look, &tip)?;
    let mut changes = Vec::new();
    if let Some(end) = end {
        let reading = |error: git2::Error| failed("read the commit", &error);
        let root = repo.git.find_commit(end).and_then(|end| end.tree()).map_err(reading)?;
        let target = tree::list(repo, &root, &[""])?;
        let current = tree::list(repo, &record::head_tree(repo, &tip)?, &[""])?;
        let all: BTreeSet<&String> = current.keys().chain(target.keys()).collect();
        let differ = all.into_iter().filter(|path| current.get(*path) != target.get(*path));
        let wanted: BTreeMap<String, Option<Entry>> =
            differ.map(|path| (path.clone(), target.get(path).copied())).collect();
        changes = difference::compare(repo, &root, &wanted, &[""])?;
        refuse_uncommitted(&changes)?;
    }
    Ok(Intent { tip, end, reverted, skipped, changes })
}

/// Makes the commits, each on the one before; `HEAD` does not move.
fn chain(args: &Args, repo: &Repo, look: &Look, tip: &Tip) -> Result<(Option<Oid>, Vec<String>, Vec<String>)> {
    let Some(mut end) = tip.commit(repo)? else {
        return Err(Error::refused("there is nothing to take back: the branch that is checked out has no commit yet"));
    };
    let (mut reverted, mut skipped) = (Vec::new(), Vec::new());
    // Resolved first: `HEAD~1` means what it means now, not behind the first of the new commits.
    let specs = args.texts("commits")?;
    let commits = specs.iter().map(|spec| commit::resolve(repo, spec)).collect::<Result<Vec<_>>>()?;
    for taken in &commits {
        let shown = commit::describe(taken, look.now());
        let doing = |error: git2::Error| failed(format!("take {shown} back"), &error);
        let main = mainline(args, taken, &shown)?;
        let tree = match merge::without(repo, taken, &end, main)? {
            Merged::Tree(tree) => tree,
            Merged::Conflicts(paths) => return Err(conflict(&paths, &shown)),
        };
        if tree == end.tree_id() {
            skipped.push(shown);
            continue;
        }
        let subject = String::from_utf8_lossy(taken.summary_bytes().unwrap_or_default()).into_owned();
        let side = (main > 0).then(|| taken.parent_id(main as usize - 1)).transpose().map_err(doing)?;
        let side = side.map_or_else(String::new, |side| format!(", reversing\nchanges made to {side}"));
        let message = format!("Revert \"{subject}\"\n\nThis reverts commit {}{side}.\n", taken.id());
        let made = record::commit(repo, tree, &[&end], &message)?;
        end = repo.git.find_commit(made).map_err(doing)?;
        reverted.push(shown);
    }
    Ok(((!reverted.is_empty()).then(|| end.id()), reverted, skipped))
}

/// Which parent of a merge holds what stays; 0 of a commit that is no merge.
fn mainline(args: &Args, taken: &git2::Commit<'_>, shown: &str) -> Result<u32> {
    let parents = taken.parent_count();
    match args.int("mainline") {
        _ if parents < 2 => Ok(0),
        Some(number) if (1..=parents as i64).contains(&number) => Ok(number as u32),
        Some(number) => Err(Error::refused(format!("{shown} has {parents} parents, and no parent {number}"))),
        None => {
            Err(Error::refused(format!("{shown} is a merge: it must be said which of its parents holds what stays"))
                .hint("write `mainline: 1` to take back what the merge brought into its branch"))
        }
    }
}

fn conflict(paths: &BTreeSet<String>, shown: &str) -> Error {
    let named: Vec<String> = paths.iter().take(5).map(|path| format!("`{path}`")).collect();
    let more = if paths.len() > 5 { format!(" and {} more", paths.len() - 5) } else { String::new() };
    Error::refused(format!(
        "taking {shown} back conflicts with later changes of {}{more}",
        named.join(", ")
    ))
    .hint("take the later commits back, too, newest first; or `git.restore(paths, from: COMMIT)` brings the files as they were")
}

/// A revert never loses what is not committed: unlike a checkout, it is no return to a known state that could stand for it.
fn refuse_uncommitted(changes: &[Change]) -> Result<()> {
    let dirty = |change: &&Change| matches!(change.state, State::Uncommitted | State::Untracked);
    let Some(change) = changes.iter().find(dirty) else { return Ok(()) };
    let what = match change.state {
        State::Untracked => {
            format!("the untracked `{}` is in the way", change.blocker.as_ref().unwrap_or(&change.name))
        }
        _ => format!("`{}` has uncommitted changes, and would change", change.name),
    };
    Err(Error::refused(what).hint("commit them, or put them away: `git.stash()` before this"))
}

impl Action for Revert {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, _: &Args, look: Option<&Look>) -> Effects {
        Part::All.write(Effects::none().write(Resource::file("**")), look)
    }

    fn entries(&self, args: &Args, look: Option<&Look>) -> Entries {
        let Some(look) = look else { return Entries::Replaced };
        let links = Repo::open_aside(look).and_then(|repo| {
            let (end, ..) = chain(args, &repo, look, &Tip::of(&repo)?)?;
            let Some(end) = end else { return Ok(Vec::new()) };
            let root = repo.git.find_commit(end).and_then(|end| end.tree());
            tree::links(&repo, &root.map_err(|error| failed("read the commit", &error))?, &[""])
        });
        links.map_or_else(|_| Entries::Remade(self.effects(args, Some(look)).writes), Entries::Remade)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let repo = Repo::open_aside(look)?;
        let intent = intent(args, &repo, look)?;
        let skipped = |shown: &String| format!("{shown} is taken back already");
        if intent.end.is_none() {
            let said: Vec<String> = intent.skipped.iter().map(skipped).collect();
            return Ok(Preview { summary: format!("no change: {}", said.join(", ")), ..Preview::default() });
        }
        let shown = format!("takes back {}", intent.reverted.join(", "));
        let mut preview = preview::of(&repo, look, &shown, &intent.changes)?;
        let made = intent.reverted.iter().map(|shown| {
            let summary = format!("a commit on {} that takes {shown} back", intent.tip.shown());
            Shown::Other { summary }
        });
        preview.changes.splice(0..0, made);
        preview.notes.extend(intent.skipped.iter().map(skipped));
        Ok(preview)
    }

    /// Where the branch stands, and which commits are meant, decide what changes: what is not committed is never replaced.
    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        let repo = Repo::open(look)?;
        let mut fingerprint = Fingerprint::default();
        for spec in args.texts("commits")? {
            if let Ok(commit) = commit::resolve(&repo, spec) {
                fingerprint.parts.insert(format!("commit {spec}"), commit.id().to_string());
            }
        }
        Tip::of(&repo)?.add_to(&mut fingerprint);
        Ok(Some(fingerprint))
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let repo = Repo::open_aside(look)?;
        let intent = intent(args, &repo, look)?;
        undo::keep_tree(&repo, look, &intent.changes, &[], &intent.tip.moves(), keep)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        // Looked at first without writing: a refusal leaves no objects behind.
        let first = intent(args, &Repo::open_aside(touch)?, touch)?;
        if first.end.is_none() {
            return Ok(first.tip.id.map_or(Value::None, |id| Value::str(id.to_string())));
        }
        let repo = Repo::open(touch)?;
        let held = IndexLock::take(&repo.own("index"), touch.cancel())?;
        let intent = intent(args, &repo, touch)?;
        let Some(end) = intent.end else {
            return Ok(Value::None);
        };
        if !intent.changes.is_empty() {
            apply::write(&repo, touch, &held, &intent.changes)?;
        }
        // The branch comes last: until then git shows the files as changed, and nothing claims what is not there.
        intent.tip.move_to(&repo, end, &format!("revert: {} commits", intent.reverted.len()))?;
        Ok(Value::str(end.to_string()))
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        undo::put_tree_back(capture, touch, keep)
    }

    fn left(&self, capture: &Capture, _: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        undo::left_by_capture(capture, look).map(Some)
    }

    fn capture_for_undo(&self, capture: &Capture, _: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        undo::keep_tree_for_undo(capture, look, keep)
    }
}
