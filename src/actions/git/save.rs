//! `git.commit`: records what is staged, or what stands in the work tree at some paths.

use super::difference::Change;
use super::lock::IndexLock;
use super::repo::{Part, Repo, failed};
use super::tip::{self, Tip};
use super::{commit, index, preview, record, undo};
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change as Shown, Fingerprint, Preview};
use crate::catalogue::value::Value;

/// `git.commit`
pub struct Save;

static SIGNATURE: Signature = Signature {
    name: "git.commit",
    role: Role::Action,
    params: &[
        Parameter { name: "message", ty: "string", form: Form::Positional, doc: "the message of the commit" },
        Parameter {
            name: "paths",
            ty: "list[path]",
            form: Form::Optional,
            doc: "files and directories as they stand, untracked ones too; what is staged when absent",
        },
    ],
    returns: Returns::Type("string"),
    undo: UndoKind::Exact,
    gate: false,
    doc: "records what is staged, or some paths as they stand; gives the commit that is then checked out",
    page: "actions/git.commit.md",
};

struct Intent {
    tip: Tip,
    /// From the commit that is checked out to the one that is made.
    changes: Vec<Change>,
}

fn takes_paths(args: &Args) -> bool {
    args.get("paths").is_some()
}

fn message(args: &Args) -> Result<&str> {
    let message = args.text("message")?;
    if message.trim().is_empty() || message.contains('\0') {
        return Err(Error::refused("a commit needs a message").hint("say what is recorded, and why"));
    }
    Ok(message)
}

fn intent(args: &Args, repo: &Repo, look: &Look) -> Result<Intent> {
    message(args)?;
    tip::refuse_conflicts(repo)?;
    let tip = Tip::of(repo)?;
    let head = record::head_tree(repo, &tip)?;
    let changes = if takes_paths(args) {
        let mut scopes = Vec::new();
        for path in args.texts("paths")? {
            scopes.push(repo.spot(look, path)?.path);
        }
        // The root, where it is only a part of the work tree.
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        record::uncommitted(repo, &head, &scopes, true)?
    } else {
        record::staged(repo, &head)?
    };
    Ok(Intent { tip, changes })
}

fn paths(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| change.path.clone()).collect()
}

impl Action for Save {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        Part::All.write(reach::of(args, "paths", look, reach::reads_entry), look)
    }

    fn entries(&self, _: &Args, _: Option<&Look>) -> Entries {
        Entries::Kept
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let repo = Repo::open(look)?;
        let intent = intent(args, &repo, look)?;
        if intent.changes.is_empty() {
            let why = if takes_paths(args) { "the paths are as they were committed" } else { "nothing is staged" };
            return Ok(Preview { summary: format!("no change: {why}"), ..Preview::default() });
        }
        let shown = format!("commit \"{}\" on {}", commit::shown(message(args)?), intent.tip.shown());
        let mut shown_files = preview::of(&repo, look, &shown, &intent.changes)?;
        // The files stay as they are: what the diffs show is what is recorded.
        shown_files.changes.insert(0, Shown::Other { summary: shown });
        Ok(shown_files)
    }

    /// What is recorded is what stands there when it runs, which earlier steps may have made: only the branch has to be where
    /// the plan saw it.
    fn fingerprint(&self, _: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        let mut fingerprint = Fingerprint::default();
        Tip::of(&Repo::open(look)?)?.add_to(&mut fingerprint);
        Ok(Some(fingerprint))
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let repo = Repo::open(look)?;
        let intent = intent(args, &repo, look)?;
        let entries = if takes_paths(args) { paths(&intent.changes) } else { Vec::new() };
        undo::keep_tree(&repo, look, &[], &entries, &intent.tip.moves(), keep)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let repo = Repo::open(touch)?;
        if intent(args, &repo, touch)?.changes.is_empty() {
            return Ok(Tip::of(&repo)?.id.map_or(Value::None, |id| Value::str(id.to_string())));
        }
        let held = IndexLock::take(&repo.own("index"), touch.cancel())?;
        // Looked at again: until the lock was held somebody else could write.
        let Intent { tip, changes } = intent(args, &repo, touch)?;
        let head = record::head_tree(&repo, &tip)?;
        let (tree, entries) = if takes_paths(args) {
            let entries = record::store(&repo, &changes)?;
            (record::tree_with(&repo, Some(&head), &entries)?, entries)
        } else {
            let tree = index::open(&repo)?.write_tree_to(&repo.git);
            (tree.map_err(|error| failed("make the tree of the commit", &error))?, Vec::new())
        };
        let parent = tip.commit(&repo)?;
        let message = message(args)?;
        let made = record::commit(&repo, tree, &parent.iter().collect::<Vec<_>>(), message)?;
        index::set(&repo, &held, &entries)?;
        tip.move_to(&repo, made, &format!("commit: {}", commit::shown(message)))?;
        Ok(Value::str(made.to_string()))
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
