//! `file.copy`: files and directories to an exact name or into a directory.

use super::captured::Verb;
use super::ends::{self, carried, destination_effects, ends};
use super::wording::{named, unchanged};
use super::write::edited;
use crate::catalogue::args::Args;
use crate::catalogue::change::{Extent, New, extent, file_change, tree_changes};
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::foreseen::Foreseen;
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Change, FileChange, Preview};

static SIGNATURE: Signature = Signature {
    name: "file.copy",
    role: Role::Action,
    params: &[
        Parameter { name: "from", ty: "path", form: Form::Positional, doc: "what is copied; a list needs `into:`" },
        Parameter { name: "to", ty: "path", form: Form::Optional, doc: "the exact name of the copy" },
        Parameter {
            name: "into",
            ty: "path",
            form: Form::Optional,
            doc: "the directory that holds the copy, its name kept",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "copies files and directories, in the place of what stands there",
    page: "actions/file.copy.md",
};

/// Larger files are not kept in mind for what follows.
const FORESEEN: u64 = 1024 * 1024;

pub struct Copy;

impl Verb for Copy {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        ends::complaint(args)
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let mut effects = reach::of(args, "from", look, reach::reads);
        effects.extend(destination_effects(args, look));
        effects
    }

    /// A link below a directory is copied as a link; one that is named is followed.
    fn entries(&self, args: &Args, look: Option<&Look>) -> Entries {
        let carries = |look: &Look, from: &Located| reach::has_names(look, from, reach::Names::Links);
        carried(args, look, Look::locate_following, carries, || self.effects(args, look))
    }

    fn written(&self, args: &Args, look: &Look) -> Result<Vec<Located>> {
        Ok(ends(args, look, Look::locate_following)?.into_iter().map(|(_, to)| to).collect())
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let pairs = ends(args, look, Look::locate_following)?;
        let mut preview = Preview::default();
        let mut sum = Extent::default();
        for (from, to) in &pairs {
            look.may_change(to)?;
            look.facts_of_existing(from)?;
            sum += extent(look, from)?;
            preview.changes.extend(changes(look, from, to)?);
            preview.notes.extend(replaced(look, to)?);
        }
        let destinations = pairs.iter().map(|(_, to)| to);
        if preview.changes.is_empty() {
            return Ok(unchanged(format!("{} is like its source already", named(destinations))));
        }
        preview.summary =
            format!("{} copied to {} ({sum})", named(pairs.iter().map(|(from, _)| from)), named(destinations));
        Ok(preview)
    }

    /// Of single files only, and not in the place of a link or directory.
    fn foresee(&self, args: &Args, look: &Look) -> Result<Option<Vec<Foreseen>>> {
        let copied = |(from, to): (Located, Located)| {
            let facts = look.facts_of_existing(&from)?;
            if !facts.is_file() || facts.size > FORESEEN {
                return Ok(None);
            }
            let file = edited(look, to, &look.read(&from, FORESEEN * 2)?)?;
            Ok(file.map(|file| Foreseen { mode: facts.mode, ..file }))
        };
        ends(args, look, Look::locate_following)?.into_iter().map(copied).collect()
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<()> {
        for (from, to) in ends(args, touch, Look::locate_following)? {
            touch.facts_of_existing(&from)?;
            // What is there already keeps its time, so that nothing is built again for nothing.
            if changes(touch, &from, &to)?.is_empty() {
                continue;
            }
            touch.mkdir_around(&to)?;
            touch.copy(&from, &to)?;
        }
        Ok(())
    }
}

fn changes(look: &Look, from: &Located, to: &Located) -> Result<Vec<Change>> {
    let is_dir = |at: &Located| Ok(look.facts(at)?.is_some_and(|facts| facts.is_dir()));
    if is_dir(from)? && is_dir(to)? {
        tree_changes(look, from, to)
    } else {
        Ok(file_change(look, to, New::CopyOf(from))?.into_iter().collect())
    }
}

/// What a person might not expect of the place that a copy or move goes to.
pub fn replaced(look: &Look, to: &Located) -> Result<Option<String>> {
    let Some(facts) = look.facts(to)? else { return Ok(None) };
    Ok(if facts.is_link() {
        Some(format!("`{}` is a link; the link itself is replaced, not what it leads to", to.name))
    } else if facts.is_dir() {
        Some(format!("the directory `{}` is replaced as a whole; what is in it now is captured", to.name))
    } else {
        None
    })
}

/// A change of a whole directory, in one line.
pub fn directory_change(look: &Look, at: &Located, what: FileChange) -> Result<Change> {
    let bytes = Some(extent(look, at)?.bytes);
    let size = if what == FileChange::Delete { (bytes, None) } else { (None, bytes) };
    Ok(Change::File { path: format!("{}/", at.name), what, diff: None, size })
}
