//! `git.restore`: brings files, in the work tree and in the index, to what they are in a commit.

use super::difference::{self, Change};
use super::lock::IndexLock;
use super::repo::{Part, Repo, failed};
use super::tip::Moves;
use super::{apply, commit, preview, tree, undo};
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Fingerprint, Preview};
use crate::catalogue::value::Value;

/// `git.restore`
pub struct Restore;

static SIGNATURE: Signature = Signature {
    name: "git.restore",
    role: Role::Action,
    params: &[
        Parameter {
            name: "paths",
            ty: "list[path]",
            form: Form::Positional,
            doc: "files and directories; those below count",
        },
        Parameter { name: "from", ty: "string", form: Form::Required, doc: "the commit: an id, a tag, `HEAD~1`" },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "brings files to what they are in a commit",
    page: "actions/git.restore.md",
};

/// The commit, and what is not as it has it.
struct Intent<'r> {
    commit: git2::Commit<'r>,
    changes: Vec<Change>,
}

fn intent<'r>(args: &Args, repo: &'r Repo, look: &Look) -> Result<Intent<'r>> {
    let commit = commit::resolve(repo, args.text("from")?)?;
    let root = commit.tree().map_err(|error| failed("read the commit", &error))?;
    let mut scopes = Vec::new();
    for path in args.texts("paths")? {
        scopes.push((path, repo.spot(look, path)?));
    }
    let paths: Vec<&str> = scopes.iter().map(|(_, spot)| spot.path.as_str()).collect();
    let target = tree::list(repo, &root, &paths)?;
    let wanted = difference::wanted(repo, &target, &paths)?;
    for (written, spot) in &scopes {
        if !spot.path.is_empty() && !wanted.keys().any(|path| tree::covers(&spot.path, path)) {
            let shown = commit::describe(&commit, look.now());
            return Err(Error::refused(format!("neither {shown} nor the index holds `{written}`")).hint(
                "paths are relative to the policy's `root`; `git ls-tree -r --name-only COMMIT` lists a commit",
            ));
        }
    }
    let changes = difference::compare(repo, &root, &wanted, &paths)?;
    Ok(Intent { commit, changes })
}

impl Action for Restore {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let effects = reach::of(args, "paths", look, reach::writes);
        Part::Index.write(commit::reads_commit(effects, args.text_or_none("from"), look), look)
    }

    fn entries(&self, args: &Args, look: Option<&Look>) -> Entries {
        let Some(look) = look else { return Entries::Replaced };
        let links = Repo::open(look).and_then(|repo| {
            let commit = commit::resolve(&repo, args.text("from")?)?;
            let root = commit.tree().map_err(|error| failed("read the commit", &error))?;
            let spots =
                args.texts("paths")?.into_iter().map(|path| repo.spot(look, path)).collect::<Result<Vec<_>>>()?;
            tree::links(&repo, &root, &spots.iter().map(|spot| spot.path.as_str()).collect::<Vec<_>>())
        });
        links.map_or_else(|_| Entries::Remade(self.effects(args, Some(look)).writes), Entries::Remade)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let repo = Repo::open(look)?;
        let intent = intent(args, &repo, look)?;
        let shown = commit::describe(&intent.commit, look.now());
        if intent.changes.is_empty() {
            return Ok(Preview { summary: format!("no change: already as in {shown}"), ..Preview::default() });
        }
        preview::of(&repo, look, &shown, &intent.changes)
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        let repo = Repo::open(look)?;
        let intent = intent(args, &repo, look)?;
        undo::tree_fingerprint(&repo, look, &intent.changes).map(Some)
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let repo = Repo::open(look)?;
        let intent = intent(args, &repo, look)?;
        undo::keep_tree(&repo, look, &intent.changes, &[], &Moves::default(), keep)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let repo = Repo::open(touch)?;
        if intent(args, &repo, touch)?.changes.is_empty() {
            return Ok(Value::None);
        }
        let held = IndexLock::take(&repo.own("index"), touch.cancel())?;
        // Looked at again: until the lock was held somebody else could write.
        let intent = intent(args, &repo, touch)?;
        apply::write(&repo, touch, &held, &intent.changes)?;
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
