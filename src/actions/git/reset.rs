//! `git.reset`: moves the branch that is checked out to a commit; the index and the work tree follow as the mode says.
//!
//! What a hard reset of the git program loses, uncommitted changes, is captured first and comes back with the undo.

use std::collections::BTreeMap;

use git2::StatusOptions;

use super::difference::{self, Change};
use super::lock::IndexLock;
use super::repo::{Part, Repo, failed};
use super::tip::{self, Tip};
use super::tree::{self, Entry};
use super::{apply, commit, index, preview, undo};
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Entries, Resource};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change as Shown, Fingerprint, Preview};
use crate::catalogue::value::Value;

/// `git.reset`
pub struct Reset;

static SIGNATURE: Signature = Signature {
    name: "git.reset",
    role: Role::Action,
    params: &[
        Parameter { name: "to", ty: "string", form: Form::Required, doc: "the commit: an id, a tag, `HEAD~1`" },
        Parameter {
            name: "mode",
            ty: "\"soft\" | \"mixed\" | \"hard\"",
            form: Form::Optional,
            doc: "`soft` moves the branch only, `mixed` the index too, `hard` the files too; `mixed` when absent",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "moves the branch that is checked out to a commit, and as said the index and the files",
    page: "actions/git.reset.md",
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Soft,
    Mixed,
    Hard,
}

/// What is not as the commit has it, as far as the mode goes.
struct Intent<'r> {
    commit: git2::Commit<'r>,
    tip: Tip,
    /// Of a hard reset.
    changes: Vec<Change>,
    /// Of a mixed one.
    entries: Vec<(String, Option<Entry>)>,
}

impl Intent<'_> {
    fn moves(&self) -> bool {
        self.tip.id != Some(self.commit.id())
    }

    fn is_done(&self) -> bool {
        !self.moves() && self.changes.is_empty() && self.entries.is_empty()
    }
}

fn mode(args: &Args) -> Mode {
    match args.text_or_none("mode") {
        Some("soft") => Mode::Soft,
        Some("hard") => Mode::Hard,
        _ => Mode::Mixed,
    }
}

fn intent<'r>(args: &Args, repo: &'r Repo) -> Result<Intent<'r>> {
    let commit = commit::resolve(repo, args.text("to")?)?;
    tip::refuse_conflicts(repo)?;
    let tip = Tip::of(repo)?;
    let (mut changes, mut entries) = (Vec::new(), Vec::new());
    let root = commit.tree().map_err(|error| failed("read the commit", &error))?;
    match mode(args) {
        Mode::Soft => {}
        Mode::Mixed => entries = difference::of_index(repo, &tree::list(repo, &root, &[""])?)?,
        Mode::Hard => {
            let wanted = wanted(repo, &tree::list(repo, &root, &[""])?)?;
            changes = difference::compare(repo, &root, &wanted, &[""])?;
        }
    }
    Ok(Intent { commit, tip, changes, entries })
}

/// Every path that `target` or the index has, with its file in `target`. Where the root is only a part of the work tree, those
/// outside of it that would not change are left out, after none of them was found to be changed.
pub fn wanted(repo: &Repo, target: &tree::Entries) -> Result<BTreeMap<String, Option<Entry>>> {
    let mut wanted = difference::wanted(repo, target, &[""])?;
    if repo.prefix.as_os_str().is_empty() {
        return Ok(wanted);
    }
    let head = head_entries(repo)?;
    wanted.retain(|path, want| repo.name(path).is_some() || head.get(path) != want.as_ref());
    let mut options = StatusOptions::new();
    options.include_untracked(false).update_index(false).exclude_submodules(true);
    let statuses = repo.git.statuses(Some(&mut options)).map_err(|error| failed("compare the work tree", &error))?;
    let outside = statuses.iter().find_map(|entry| {
        let path = String::from_utf8_lossy(entry.path_bytes()).into_owned();
        repo.name(&path).is_none().then_some(path)
    });
    match outside {
        None => Ok(wanted),
        Some(path) => Err(Error::refused(format!("`{path}` has uncommitted changes, and lies outside the root"))
            .hint("commit or stash them, or set the policy's `root` to the work tree of the repository")),
    }
}

/// The files of the commit that is checked out; none where there is no commit yet.
pub fn head_entries(repo: &Repo) -> Result<tree::Entries> {
    match Tip::of(repo)?.commit(repo)? {
        Some(head) => tree::list(repo, &head.tree().map_err(|error| failed("read the commit", &error))?, &[""]),
        None => Ok(tree::Entries::new()),
    }
}

/// ``branch `main` from A to B``, and which commits leave it.
fn shown_move(intent: &Intent<'_>, repo: &Repo, look: &Look, preview: &mut Preview) -> Result<()> {
    let Some(from) = intent.tip.commit(repo)?.filter(|_| intent.moves()) else { return Ok(()) };
    let shown = |commit: &git2::Commit<'_>| commit::describe(commit, look.now());
    let summary = format!("{} from {} to {}", intent.tip.shown(), shown(&from), shown(&intent.commit));
    preview.changes.insert(0, Shown::Other { summary });
    let (leave, come) = repo.git.graph_ahead_behind(from.id(), intent.commit.id()).unwrap_or_default();
    let commits = |count: usize| if count == 1 { "1 commit".to_owned() } else { format!("{count} commits") };
    if leave > 0 {
        let on = intent.tip.shown();
        preview.notes.push(format!("{} will not be on {on} any more; the undo brings the branch back", commits(leave)));
    }
    if come > 0 {
        preview.notes.push(format!("{} come to {}", commits(come), intent.tip.shown()));
    }
    Ok(())
}

impl Action for Reset {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let effects = if args.is_unknown("mode") || mode(args) == Mode::Hard {
            Effects::none().write(Resource::file("**"))
        } else {
            Effects::none()
        };
        Part::All.write(effects, look)
    }

    fn entries(&self, args: &Args, look: Option<&Look>) -> Entries {
        if !args.is_unknown("mode") && mode(args) != Mode::Hard {
            return Entries::Kept;
        }
        let Some(look) = look else { return Entries::Replaced };
        let links = Repo::open(look).and_then(|repo| {
            let commit = commit::resolve(&repo, args.text("to")?)?;
            tree::links(&repo, &commit.tree().map_err(|error| failed("read the commit", &error))?, &[""])
        });
        links.map_or_else(|_| Entries::Remade(self.effects(args, Some(look)).writes), Entries::Remade)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let repo = Repo::open(look)?;
        let intent = intent(args, &repo)?;
        let shown = commit::describe(&intent.commit, look.now());
        if intent.is_done() {
            return Ok(Preview { summary: format!("no change: already at {shown}"), ..Preview::default() });
        }
        let mut preview = if intent.changes.is_empty() {
            let summary = match intent.entries.len() {
                0 => format!("{shown}: no file changes"),
                1 => format!("{shown}: 1 entry of the index; the file stays as it is"),
                count => format!("{shown}: {count} entries of the index; the files stay as they are"),
            };
            Preview { summary, ..Preview::default() }
        } else {
            preview::of(&repo, look, &shown, &intent.changes)?
        };
        for (path, want) in &intent.entries {
            let what = if want.is_some() { "as in the commit" } else { "taken out" };
            let path = repo.name(path).unwrap_or_else(|| path.clone());
            preview.changes.push(Shown::Other { summary: format!("index of {path}: {what}; the file itself stays") });
        }
        shown_move(&intent, &repo, look, &mut preview)?;
        Ok(preview)
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        let repo = Repo::open(look)?;
        let mut fingerprint = Fingerprint::default();
        // After a reset to `HEAD~1` there may be no such commit any more: where the branch stands says enough.
        if let Ok(intent) = intent(args, &repo) {
            fingerprint = undo::tree_fingerprint(&repo, look, &intent.changes)?;
            fingerprint.parts.insert("commit".to_owned(), intent.commit.id().to_string());
        }
        Tip::of(&repo)?.add_to(&mut fingerprint);
        Ok(Some(fingerprint))
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let repo = Repo::open(look)?;
        let intent = intent(args, &repo)?;
        let entries: Vec<String> = intent.entries.into_iter().map(|(path, _)| path).collect();
        undo::keep_tree(&repo, look, &intent.changes, &entries, &intent.tip.moves(), keep)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let repo = Repo::open(touch)?;
        if intent(args, &repo)?.is_done() {
            return Ok(Value::None);
        }
        let held = IndexLock::take(&repo.own("index"), touch.cancel())?;
        // Looked at again: until the lock was held somebody else could write.
        let intent = intent(args, &repo)?;
        if !intent.changes.is_empty() {
            apply::write(&repo, touch, &held, &intent.changes)?;
        }
        index::set(&repo, &held, &intent.entries)?;
        // The branch comes last: until then git shows the files as changed, and nothing claims what is not there.
        if intent.moves() {
            intent.tip.move_to(&repo, intent.commit.id(), &format!("reset: moving to {}", args.text("to")?))?;
        }
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
