//! What the actions of this family keep and put back: a ref; or files of the work tree, the index and `HEAD`.

use serde::{Deserialize, Serialize};

use super::difference::Change;
use super::lock::IndexLock;
use super::own_file::{self, Around, Kept};
use super::reference::{self, Was};
use super::repo::Repo;
use super::staged::Node;
use super::tip::{self, Moves};
use super::{apply, index};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::snapshot::{NodeState, PathState};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Capture, Fingerprint};

/// More differing files than this are one part together, lest a plan become as large as a release.
const SINGLE_PARTS: usize = 512;

/// The form of a capture's data.
#[derive(Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
enum Data {
    Ref(Box<Was>),
    Tree(Box<Tree>),
}

/// What is kept of a repository beside the files of its work tree.
#[derive(Serialize, Deserialize)]
struct Tree {
    index: Kept,
    /// The paths of the work tree that the action may change.
    paths: Vec<String>,
    /// `HEAD` and its reflog, for an action that moves it.
    head: Option<(Kept, Kept)>,
    /// The ref that moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moved: Option<Was>,
    around: Around,
}

/// The value of a ref as a part of a fingerprint.
pub fn ref_fingerprint(repo: &Repo, name: &str) -> Result<Fingerprint> {
    let value = reference::value(repo, name)?.map_or_else(|| "absent".to_owned(), |id| id.to_string());
    Ok(Fingerprint { parts: [(format!("git:{name}"), value)].into() })
}

/// Keeps a ref.
pub fn keep_ref(repo: &Repo, name: &str, keep: &dyn Keep) -> Result<Capture> {
    data(&Data::Ref(Box::new(reference::keep(repo, name, keep)?)), Vec::new())
}

/// Puts a ref back.
pub fn put_ref_back(capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
    match read(capture)? {
        (Data::Ref(was), _) => reference::put_back(&Repo::open(touch)?, &was, keep),
        (Data::Tree(_), _) => Err(Error::internal("a capture of files was given to the undo of a ref")),
    }
}

/// Keeps the files that `changes` overwrite or remove, the index, and what moves. `entries` are further paths whose entries
/// in the index change.
pub fn keep_tree(
    repo: &Repo,
    look: &Look,
    changes: &[Change],
    entries: &[String],
    moves: &Moves,
    keep: &dyn Keep,
) -> Result<Capture> {
    let places = apply::touched(repo, look, changes)?;
    let states = look.snapshot(&places, keep, None)?;
    let mut paths: Vec<String> = changes.iter().map(|change| change.path.clone()).collect();
    paths.extend(entries.iter().cloned());
    data(&Data::Tree(Box::new(tree_of(repo, paths, moves, keep)?)), states)
}

fn tree_of(repo: &Repo, paths: Vec<String>, moves: &Moves, keep: &dyn Keep) -> Result<Tree> {
    let folders = [repo.git.path().to_path_buf(), repo.own("logs")];
    let around = own_file::around(folders.iter().map(std::path::PathBuf::as_path));
    let head = || -> Result<_> {
        Ok((own_file::keep(&repo.own("HEAD"), keep)?, own_file::keep(&repo.own("logs/HEAD"), keep)?))
    };
    let head = moves.head.then(head).transpose()?;
    let moved = moves.name.as_ref().map(|name| reference::keep(repo, name, keep)).transpose()?;
    Ok(Tree { index: own_file::keep(&repo.own("index"), keep)?, paths, head, moved, around })
}

/// Keeps what putting `capture` back overwrites. The differences from a commit say nothing here: what was restored from it
/// does not differ any more.
pub fn keep_tree_for_undo(capture: &Capture, look: &Look, keep: &dyn Keep) -> Result<Capture> {
    let (Data::Tree(then), states) = read(capture)? else {
        return Err(Error::internal("a capture of a ref was given to the undo of files"));
    };
    let repo = Repo::open(look)?;
    let restored = |state: &&PathState| !matches!(state.node, NodeState::Parent { .. } | NodeState::NoParent);
    let places: Vec<_> = states.iter().filter(restored).map(|state| look.located_as_kept(&state.path)).collect();
    let states = look.snapshot(&places, keep, None)?;
    let moves = Moves { head: then.head.is_some(), name: then.moved.map(|was| was.name().to_owned()) };
    data(&Data::Tree(Box::new(tree_of(&repo, then.paths, &moves, keep)?)), states)
}

/// Puts files, index and `HEAD` back.
pub fn put_tree_back(capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
    let (Data::Tree(tree), states) = read(capture)? else {
        return Err(Error::internal("a capture of a ref was given to the undo of files"));
    };
    let repo = Repo::open(touch)?;
    let held = IndexLock::take(&repo.own("index"), touch.cancel())?;
    touch.restore(states, keep)?;
    index::put_back(&repo, &held, &tree.index, &tree.paths, keep)?;
    // Before the reflog of HEAD, in which moving the branch that is checked out leaves a line.
    if let Some(was) = &tree.moved {
        reference::put_back(&repo, was, keep)?;
    }
    if let Some((head, log)) = &tree.head {
        own_file::put_back(&repo.own("HEAD"), head, keep)?;
        let place = repo.own("logs/HEAD");
        if reference::is_grown_from(&place, log, keep)? {
            own_file::put_back(&place, log, keep)?;
        }
    }
    // Releasing the lock changes the directory once more, so its time comes last.
    drop(held);
    own_file::settle(&tree.around);
    Ok(())
}

/// What is not as it is wanted, as a fingerprint: the files, and what the index says of them. What is as wanted
/// needs no part, so together with the commit the parts describe every path. The rest of the index does not
/// count, nor do the file times that it caches and that `git status` refreshes.
pub fn tree_fingerprint(repo: &Repo, look: &Look, changes: &[Change]) -> Result<Fingerprint> {
    let mut fingerprint = Fingerprint::default();
    for change in changes {
        let mut text = describe(repo, look, change)?;
        if change.index {
            let entry =
                change.have.map_or_else(|| "absent".to_owned(), |entry| format!("{:o} {}", entry.mode, entry.id));
            text = format!("{text}, in the index {entry}");
        }
        fingerprint.parts.insert(change.name.clone(), text);
    }
    if fingerprint.parts.len() > SINGLE_PARTS {
        let mut hasher = blake3::Hasher::new();
        for (name, text) in &fingerprint.parts {
            hasher.update(name.as_bytes()).update(&[0]).update(text.as_bytes()).update(&[0]);
        }
        let all = format!("{} differ: {}", fingerprint.parts.len(), &hasher.finalize().to_hex()[..32]);
        fingerprint.parts = [("files".to_owned(), all)].into();
    }
    Ok(fingerprint)
}

/// How a call left what it wrote. `differs` names what is not as the commit has it, which after the call is nothing; so
/// the captured paths are looked at one by one.
pub fn left(capture: &Capture, differs: Option<Fingerprint>, look: &Look) -> Result<Fingerprint> {
    let (kept, states) = read(capture)?;
    let mut left = differs.unwrap_or_default();
    left.parts.extend(look.digest_of(states)?.parts);
    if let Data::Tree(tree) = kept {
        left.parts.extend(index::described(&Repo::open(look)?, &tree.paths)?);
    }
    Ok(left)
}

/// How a call left what it wrote, by its capture alone: its arguments may name another commit once it has run.
pub fn left_by_capture(capture: &Capture, look: &Look) -> Result<Fingerprint> {
    let (Data::Tree(tree), states) = read(capture)? else {
        return Err(Error::internal("a capture of a ref was given to an action on files"));
    };
    let repo = Repo::open(look)?;
    let mut left = look.digest_of(states)?;
    if tree.head.is_some() {
        left.parts.insert("git:head".to_owned(), tip::head_text(&repo)?);
    }
    if let Some(was) = &tree.moved {
        left.parts.extend(ref_fingerprint(&repo, was.name())?.parts);
    }
    left.parts.extend(index::described(&repo, &tree.paths)?);
    Ok(left)
}

fn describe(repo: &Repo, look: &Look, change: &Change) -> Result<String> {
    let hash = |content: &[u8]| blake3::hash(content).to_hex()[..32].to_owned();
    Ok(match &change.before {
        Node::Absent => {
            change.blocker.as_ref().map_or_else(|| "absent".to_owned(), |at| format!("below the file `{at}`"))
        }
        Node::File { content, mode } => format!("file {mode:o} {}", hash(content)),
        Node::Link(target) => format!("link to {target}"),
        Node::Special => "neither file nor directory".to_owned(),
        Node::Directory => {
            let parts = look.digest(&[repo.located(look, &change.path)])?.parts;
            let text: Vec<String> = parts.into_iter().map(|(name, part)| format!("{name}\0{part}")).collect();
            format!("directory {}", hash(text.join("\0").as_bytes()))
        }
    })
}

fn data(data: &Data, states: Vec<PathState>) -> Result<Capture> {
    let data =
        serde_json::to_value(data).map_err(|error| Error::internal(format!("a capture cannot be written: {error}")))?;
    Ok(Capture::Data { data, states })
}

fn read(capture: &Capture) -> Result<(Data, &[PathState])> {
    let Capture::Data { data, states } = capture else {
        return Err(Error::internal("a capture of git holds no data"));
    };
    let data =
        Data::deserialize(data).map_err(|error| Error::failed(format!("the capture cannot be read: {error}")))?;
    Ok((data, states))
}
