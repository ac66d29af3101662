//! `git.stash`: puts uncommitted changes away, where `git stash list` shows them, and brings the files to the commit that is
//! checked out.

use git2::Oid;

use super::difference::{self, Change};
use super::lock::IndexLock;
use super::repo::{Part, Repo, failed};
use super::reset;
use super::tip::Moves;
use super::tip::{self, Tip};
use super::{apply, commit, index, preview, record, reference, tree, undo};
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Entries, Resource};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Fingerprint, Preview};
use crate::catalogue::value::Value;

/// `git.stash`
pub struct Stash;

const STASH: &str = "refs/stash";

static SIGNATURE: Signature = Signature {
    name: "git.stash",
    role: Role::Action,
    params: &[
        Parameter { name: "message", ty: "string", form: Form::OptionalPositional, doc: "what `git stash list` shows" },
        Parameter {
            name: "untracked",
            ty: "bool",
            form: Form::Optional,
            doc: "whether untracked files are put away too, which they are not when absent",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "puts uncommitted changes away in the stash",
    page: "actions/git.stash.md",
};

struct Intent {
    tip: Tip,
    /// Of the files, as the stash records them: from the commit to the work tree.
    tracked: Vec<Change>,
    untracked: Vec<Change>,
    /// What brings files and index to the commit that is checked out.
    changes: Vec<Change>,
}

fn intent(args: &Args, repo: &Repo) -> Result<Intent> {
    tip::refuse_conflicts(repo)?;
    let tip = Tip::of(repo)?;
    if tip.id.is_none() {
        return Err(Error::refused(
            "the branch that is checked out has no commit yet, so there is nothing to go back to",
        ));
    }
    let head = record::head_tree(repo, &tip)?;
    let committed = tree::list(repo, &head, &[""])?;
    let mut wanted = reset::wanted(repo, &committed)?;
    let known: std::collections::BTreeSet<String> = wanted.keys().cloned().collect();
    let mut tracked = record::uncommitted(repo, &head, &[""], args.flag("untracked", false))?;
    let untracked = tracked.extract_if(.., |change| !known.contains(&change.path)).collect::<Vec<_>>();
    for change in &untracked {
        wanted.insert(change.path.clone(), None);
    }
    let changes = difference::compare(repo, &head, &wanted, &[""])?;
    Ok(Intent { tip, tracked, untracked, changes })
}

/// `main: 1a2b3c4 subject`, as git words it.
fn place(tip: &Tip, head: &git2::Commit<'_>) -> String {
    let branch = tip.branch.as_deref().map_or("(no branch)", |full| full.trim_start_matches("refs/heads/"));
    format!("{branch}: {} {}", commit::short(head), commit::subject(head))
}

/// The commits of a stash, in the form of git: what was staged, what is untracked, and the files on top of both.
fn record_stash(args: &Args, repo: &Repo, intent: &Intent) -> Result<(Oid, String)> {
    let making = |error: git2::Error| failed("record the stash", &error);
    let head = intent.tip.commit(repo)?.ok_or_else(|| Error::internal("a stash on a branch without a commit"))?;
    let place = place(&intent.tip, &head);
    let find = |id: Oid| repo.git.find_commit(id).map_err(making);
    let staged_tree = index::open(repo)?.write_tree_to(&repo.git).map_err(making)?;
    let staged = find(record::commit(repo, staged_tree, &[&head], &format!("index on {place}\n"))?)?;
    let mut parents = vec![head.clone(), staged];
    if !intent.untracked.is_empty() {
        let tree = record::tree_with(repo, None, &record::store(repo, &intent.untracked)?)?;
        parents.push(find(record::commit(repo, tree, &[], &format!("untracked files on {place}\n"))?)?);
    }
    let base = head.tree().map_err(making)?;
    let files = record::tree_with(repo, Some(&base), &record::store(repo, &intent.tracked)?)?;
    let message = match args.text_or_none("message") {
        Some(text) => format!("On {}: {text}", place.split(": ").next().unwrap_or_default()),
        None => format!("WIP on {place}"),
    };
    let id = record::commit(repo, files, &parents.iter().collect::<Vec<_>>(), &format!("{message}\n"))?;
    Ok((id, message.replace('\n', " ")))
}

impl Action for Stash {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, _: &Args, look: Option<&Look>) -> Effects {
        Part::All.write(Effects::none().write(Resource::file("**")), look)
    }

    fn entries(&self, args: &Args, look: Option<&Look>) -> Entries {
        let Some(look) = look else { return Entries::Replaced };
        let links = Repo::open(look).and_then(|repo| {
            let tip = Tip::of(&repo)?;
            tree::links(&repo, &record::head_tree(&repo, &tip)?, &[""])
        });
        links.map_or_else(|_| Entries::Remade(self.effects(args, Some(look)).writes), Entries::Remade)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let repo = Repo::open(look)?;
        let intent = intent(args, &repo)?;
        if intent.changes.is_empty() {
            return Ok(Preview { summary: "no change: nothing is uncommitted".to_owned(), ..Preview::default() });
        }
        let mut preview = preview::of(&repo, look, "stash", &intent.changes)?;
        preview.notes =
            vec!["`git stash list` shows what is put away; the undo takes it out of there again".to_owned()];
        Ok(preview)
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        let repo = Repo::open(look)?;
        let mut fingerprint = undo::tree_fingerprint(&repo, look, &intent(args, &repo)?.changes)?;
        fingerprint.parts.extend(undo::ref_fingerprint(&repo, STASH)?.parts);
        Tip::of(&repo)?.add_to(&mut fingerprint);
        Ok(Some(fingerprint))
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let repo = Repo::open(look)?;
        let intent = intent(args, &repo)?;
        let moves = Moves { head: false, name: Some(STASH.to_owned()) };
        undo::keep_tree(&repo, look, &intent.changes, &[], &moves, keep)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let repo = Repo::open(touch)?;
        if intent(args, &repo)?.changes.is_empty() {
            return Ok(Value::None);
        }
        let held = IndexLock::take(&repo.own("index"), touch.cancel())?;
        // Looked at again: until the lock was held somebody else could write.
        let intent = intent(args, &repo)?;
        let (id, log) = record_stash(args, &repo, &intent)?;
        // Put away before it is taken from the files: whatever comes in between, it is in one of the two places.
        let naming = |error: git2::Error| failed("put the changes into the stash", &error);
        repo.git.reference_ensure_log(STASH).map_err(naming)?;
        match reference::value(&repo, STASH)? {
            Some(now) => repo.git.reference_matching(STASH, id, true, now, &log),
            None => repo.git.reference(STASH, id, false, &log),
        }
        .map_err(naming)?;
        apply::write(&repo, touch, &held, &intent.changes)?;
        Ok(Value::None)
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
