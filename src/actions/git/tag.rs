//! `git.tag`: gives a commit a name that stays.

use git2::ObjectType;

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

/// `git.tag`
pub struct Tag;

static SIGNATURE: Signature = Signature {
    name: "git.tag",
    role: Role::Action,
    params: &[
        Parameter { name: "name", ty: "string", form: Form::Positional, doc: "the tag, without `refs/tags/`" },
        Parameter { name: "at", ty: "string", form: Form::Optional, doc: "the commit; `HEAD` when absent" },
        Parameter { name: "message", ty: "string", form: Form::Optional, doc: "makes an annotated tag with this text" },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "gives a commit a name that stays",
    page: "actions/git.tag.md",
};

/// What a tag is, and would be.
struct Intent<'a> {
    name: &'a str,
    message: Option<&'a str>,
    target: git2::Oid,
    shown: String,
    /// It stands there already, as it is wanted.
    already: bool,
}

fn full_name(name: &str) -> Result<String> {
    if !git2::Tag::is_valid_name(name) {
        return Err(Error::refused(format!("`{name}` is no valid name of a tag"))
            .hint("use letters, digits, `.`, `-` and `/`; no blanks, no `..`, no `-` at the start"));
    }
    Ok(format!("refs/tags/{name}"))
}

fn intent<'a>(args: &'a Args, repo: &Repo, look: &Look) -> Result<Intent<'a>> {
    let name = args.text("name")?;
    let full = full_name(name)?;
    let message = args.text_or_none("message");
    let wanted = commit::resolve(repo, args.text_or_none("at").unwrap_or("HEAD"))?;
    let mut already = false;
    if let Some(now) = reference::value(repo, &full)? {
        let held = repo.git.find_object(now, None).map_err(|error| failed(format!("read the tag `{name}`"), &error))?;
        let same_form = (held.kind() == Some(ObjectType::Tag)) == message.is_some();
        let same_text = held.as_tag().is_none_or(|tag| {
            let text = String::from_utf8_lossy(tag.message_bytes().unwrap_or_default()).trim().to_owned();
            Some(text.as_str()) == message.map(str::trim)
        });
        let at = held.peel_to_commit().ok();
        already = same_form && same_text && at.as_ref().is_some_and(|at| at.id() == wanted.id());
        if !already {
            let place = at.map_or_else(|| now.to_string(), |at| commit::describe(&at, look.now()));
            return Err(Error::refused(format!("the tag `{name}` exists already, at {place}"))
                .hint("choose another name, such as one with `${run.id}`: a tag is not moved"));
        }
    }
    Ok(Intent { name, message, target: wanted.id(), shown: commit::describe(&wanted, look.now()), already })
}

impl Action for Tag {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let effects = Effects::none();
        let effects = match args.text("name").ok().and_then(|name| full_name(name).ok()) {
            Some(full) => Part::Ref(full).write(effects, look),
            None if args.is_unknown("name") => effects.write(Resource::new(Kind::Git, "refs/tags/**")),
            None => effects,
        };
        commit::reads_commit(effects, args.text_or_none("at"), look)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let repo = Repo::open(look)?;
        let intent = intent(args, &repo, look)?;
        let kind = if intent.message.is_some() { "annotated tag" } else { "tag" };
        let summary = if intent.already {
            format!("no change: the tag `{}` stands at {} already", intent.name, intent.shown)
        } else {
            format!("{kind} `{}` at {}", intent.name, intent.shown)
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
        if intent.already {
            return Ok(Value::None);
        }
        let doing = || format!("make the tag `{}`", intent.name);
        let object = repo.git.find_object(intent.target, None).map_err(|error| failed(doing(), &error))?;
        match intent.message {
            Some(message) => repo.git.tag(intent.name, &object, &commit::identity(&repo)?, message, false),
            None => repo.git.tag_lightweight(intent.name, &object, false),
        }
        .map_err(|error| failed(doing(), &error))?;
        Ok(Value::None)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        undo::put_ref_back(capture, touch, keep)
    }
}
