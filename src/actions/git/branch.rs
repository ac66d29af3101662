//! `git.branch`: makes a branch at a commit, or moves one there when told to.

use super::reference;
use super::repo::{Part, Repo, failed};
use super::{commit, undo};
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Kind, Resource};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::Value;

/// `git.branch`
pub struct Branch;

static SIGNATURE: Signature = Signature {
    name: "git.branch",
    role: Role::Action,
    params: &[
        Parameter { name: "name", ty: "string", form: Form::Positional, doc: "the branch, without `refs/heads/`" },
        Parameter { name: "at", ty: "string", form: Form::Optional, doc: "the commit; `HEAD` when absent" },
        Parameter {
            name: "move",
            ty: "bool",
            form: Form::Optional,
            doc: "moves a branch that exists already; otherwise one that stands elsewhere is refused",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "makes a branch at a commit, or moves one there",
    page: "actions/git.branch.md",
};

struct Intent<'a> {
    name: &'a str,
    full: String,
    target: git2::Oid,
    shown: String,
    /// Where it stands now, in words.
    now: Option<String>,
    already: bool,
}

fn full_name(name: &str) -> Result<String> {
    let full = format!("refs/heads/{name}");
    if !git2::Branch::name_is_valid(name).unwrap_or(false) {
        return Err(Error::refused(format!("`{name}` is no valid name of a branch"))
            .hint("use letters, digits, `.`, `-` and `/`; no blanks, no `..`, no `-` at the start"));
    }
    Ok(full)
}

fn intent<'a>(args: &'a Args, repo: &Repo, look: &Look) -> Result<Intent<'a>> {
    let name = args.text("name")?;
    let full = full_name(name)?;
    let wanted = commit::resolve(repo, args.text_or_none("at").unwrap_or("HEAD"))?;
    let held = reference::value(repo, &full)?;
    let now =
        held.map(|id| repo.git.find_commit(id).map_or_else(|_| id.to_string(), |at| commit::describe(&at, look.now())));
    let already = held == Some(wanted.id());
    if let (Some(now), false) = (&now, already) {
        if !args.flag("move", false) {
            return Err(Error::refused(format!("the branch `{name}` exists already, at {now}"))
                .hint("write `move: true` to move it, or choose another name"));
        }
        let found = repo.git.find_branch(name, git2::BranchType::Local);
        if found.is_ok_and(|branch| branch.is_head() || branch.get().name().is_ok_and(|full| checked_out(repo, full))) {
            return Err(Error::refused(format!(
                "the branch `{name}` is checked out, moving it would leave its files behind"
            ))
            .hint("use `git.checkout` of a commit, or `git.restore` of its files"));
        }
    }
    Ok(Intent { name, full, target: wanted.id(), shown: commit::describe(&wanted, look.now()), now, already })
}

/// Whether any work tree of the repository stands on this branch.
pub fn checked_out(repo: &Repo, full: &str) -> bool {
    let stands_on = |head: std::path::PathBuf| {
        std::fs::read_to_string(head).is_ok_and(|text| text.trim().strip_prefix("ref: ") == Some(full))
    };
    let mut heads = vec![repo.shared("HEAD")];
    if let Ok(linked) = std::fs::read_dir(repo.shared("worktrees")) {
        heads.extend(linked.flatten().map(|entry| entry.path().join("HEAD")));
    }
    heads.into_iter().any(stands_on)
}

impl Action for Branch {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let effects = Effects::none();
        let effects = match args.text("name").ok().and_then(|name| full_name(name).ok()) {
            Some(full) => Part::Ref(full).write(effects, look),
            None if args.is_unknown("name") => effects.write(Resource::new(Kind::Git, "refs/heads/**")),
            None => effects,
        };
        // Which branch is checked out decides whether one may be moved.
        Part::Head.read(commit::reads_commit(effects, args.text_or_none("at"), look), look)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let repo = Repo::open(look)?;
        let intent = intent(args, &repo, look)?;
        let Intent { name, shown, .. } = &intent;
        let summary = match &intent.now {
            _ if intent.already => format!("no change: the branch `{name}` stands at {shown} already"),
            Some(now) => format!("branch `{name}` from {now} to {shown}"),
            None => format!("new branch `{name}` at {shown}"),
        };
        let changes = if intent.already { Vec::new() } else { vec![Change::Other { summary: summary.clone() }] };
        Ok(Preview { summary, changes, ..Preview::default() })
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        let repo = Repo::open(look)?;
        undo::ref_fingerprint(&repo, &full_name(args.text("name")?)?).map(Some)
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let repo = Repo::open(look)?;
        undo::keep_ref(&repo, &full_name(args.text("name")?)?, keep)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let repo = Repo::open(touch)?;
        let intent = intent(args, &repo, touch)?;
        if !intent.already {
            let log = format!("rbk: branch at {}", intent.target);
            repo.git
                .reference(&intent.full, intent.target, intent.now.is_some(), &log)
                .map_err(|error| failed(format!("make the branch `{}`", intent.name), &error))?;
        }
        Ok(Value::None)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        undo::put_ref_back(capture, touch, keep)
    }
}
