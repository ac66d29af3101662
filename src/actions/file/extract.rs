//! `file.extract`: what is in a tar archive, into a directory. An archive that leads outside of it is refused whole.

use std::path::Path;

use super::captured::{CAPTURE_CAP, Verb};
use super::tarball::{self, Entry, Kind, Packing};
use crate::catalogue::args::Args;
use crate::catalogue::change::{Extent, New, file_change, thousands};
use crate::catalogue::effect::{Effects, Entries, Resource};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::snapshot::PathState;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Change, FileChange, Preview};

static SIGNATURE: Signature = Signature {
    name: "file.extract",
    role: Role::Action,
    params: &[
        Parameter { name: "archive", ty: "path", form: Form::Positional, doc: "a `.tar.zst` or `.tar`" },
        Parameter { name: "into", ty: "path", form: Form::Required, doc: "the directory that its entries go into" },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "unpacks an archive into a directory; what is not in the archive is left alone",
    page: "actions/file.extract.md",
};

/// Entries shown one by one.
const LISTED: usize = 50;
/// Larger entries are shown by their size.
const DIFFED: u64 = 1024 * 1024;

pub struct Extract;

impl Verb for Extract {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let mut effects = reach::of(args, "archive", look, reach::reads);
        effects.extend(reach::of(args, "into", look, reach::writes_through));
        effects
    }

    /// The links in the archive, where it can be read now.
    fn entries(&self, args: &Args, look: Option<&Look>) -> Entries {
        let Some(look) = look else { return Entries::Replaced };
        places(args, look).map_or_else(
            |_| Entries::Remade(self.effects(args, Some(look)).writes),
            |places| {
                let links = places.into_iter().filter(|(entry, _)| matches!(entry.kind, Kind::Link { .. }));
                Entries::Remade(links.map(|(_, at)| Resource::file(at.name)).collect())
            },
        )
    }

    /// Everything but directories: those are shared with what else is in them.
    fn written(&self, args: &Args, look: &Look) -> Result<Vec<Located>> {
        let places = places(args, look)?;
        Ok(places.into_iter().filter(|(entry, _)| entry.kind != Kind::Directory).map(|(_, at)| at).collect())
    }

    fn snapshot(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Vec<PathState>> {
        let places = places(args, look)?;
        let directories = places.iter().filter(|(entry, _)| entry.kind == Kind::Directory);
        let within: Vec<_> = directories.map(|(_, at)| look.entry(at, "within".as_ref())).collect();
        look.snapshot_with_around(&self.written(args, look)?, &within, keep, Some(CAPTURE_CAP))
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let (archive, into) = ends(args, look)?;
        let places = places(args, look)?;
        let mut sum = Extent::default();
        let mut replaced = 0;
        for (entry, at) in &places {
            match entry.kind {
                Kind::Directory => sum.directories += 1,
                Kind::File { size, .. } => sum += Extent { files: 1, directories: 0, bytes: size },
                Kind::Link { .. } | Kind::Same { .. } => sum.files += 1,
            }
            replaced += u64::from(entry.kind != Kind::Directory && look.facts(at)?.is_some());
        }
        let replaced =
            if replaced == 0 { String::new() } else { format!(", {} of them replaced", thousands(replaced)) };
        let summary = format!("`{}` extracted into `{}` ({sum}{replaced})", archive.name, into.name);
        Ok(Preview { summary, changes: changes(look, &archive, &into)?, ..Preview::default() })
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<()> {
        let (archive, into) = ends(args, touch)?;
        // All of it is found to stay inside before the first entry is written.
        places(args, touch)?;
        let many = touch.syncing_later();
        many.mkdir(&into)?;
        tarball::each(touch, &archive, &mut |entry, content| {
            let at = place(touch, &into, &entry.path);
            match &entry.kind {
                Kind::Directory => many.mkdir(&at).map(|_| ()),
                Kind::File { mode, .. } => {
                    many.mkdir_around(&at)?;
                    many.write_from(&at, content, Some(*mode))
                }
                Kind::Link { target } => {
                    many.mkdir_around(&at)?;
                    many.symlink(&at, target.as_os_str())
                }
                Kind::Same { as_path } => {
                    many.mkdir_around(&at)?;
                    let (mut file, facts) = many.open(&place(touch, &into, as_path))?;
                    many.write_from(&at, &mut file, Some(facts.mode))
                }
            }
        })?;
        touch.sync(&into)
    }
}

fn ends(args: &Args, look: &Look) -> Result<(Located, Located)> {
    let archive = look.locate_following(args.text("archive")?)?;
    Packing::of(&archive.name)?;
    Ok((archive, look.locate_following(args.text("into")?)?))
}

fn place(look: &Look, into: &Located, path: &Path) -> Located {
    look.entry(into, path.as_os_str())
}

/// Each entry and where it goes, found to meet no link and nothing of another kind there.
fn places(args: &Args, look: &Look) -> Result<Vec<(Entry, Located)>> {
    let (archive, into) = ends(args, look)?;
    let mut places = Vec::new();
    for entry in tarball::entries(look, &archive)? {
        let at = place(look, &into, &entry.path);
        let above = at.path.ancestors().skip(1).take_while(|above| *above != into.path);
        for above in above.collect::<Vec<_>>() {
            if above.symlink_metadata().is_ok_and(|facts| !facts.is_dir()) {
                return Err(Error::refused(format!("`{}` cannot go below `{}`", at.name, look.name_of(above)))
                    .hint("that is a link or a file; move it aside or extract elsewhere"));
            }
        }
        let is_dir = look.facts(&at)?.map(|facts| facts.is_dir());
        if is_dir.is_some_and(|is_dir| is_dir != (entry.kind == Kind::Directory)) {
            let (is, would) =
                if entry.kind == Kind::Directory { ("no directory", "one") } else { ("a directory", "none") };
            return Err(Error::refused(format!("`{}` is {is}, and {would} in `{}`", at.name, archive.name))
                .hint("move it aside or extract elsewhere"));
        }
        places.push((entry, at));
    }
    Ok(places)
}

fn changes(look: &Look, archive: &Located, into: &Located) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    let mut more = 0;
    tarball::each(look, archive, &mut |entry, content| {
        let at = place(look, into, &entry.path);
        if changes.len() == LISTED {
            more += 1;
            return Ok(());
        }
        match &entry.kind {
            Kind::Directory => {
                if look.facts(&at)?.is_none() {
                    changes.extend(file_change(look, &at, New::Directory)?);
                }
            }
            Kind::File { size, .. } if *size <= DIFFED => {
                let mut new = Vec::new();
                content
                    .read_to_end(&mut new)
                    .map_err(|error| Error::io(format!("read the archive `{}`", archive.name), &error))?;
                changes.extend(file_change(look, &at, New::Content(&new))?);
            }
            Kind::Link { target } => {
                changes.extend(file_change(look, &at, New::Link(&target.to_string_lossy()))?);
            }
            Kind::File { .. } | Kind::Same { .. } => {
                let before = look.facts(&at)?.map(|facts| facts.size);
                let what = if before.is_some() { FileChange::Modify } else { FileChange::Create };
                let after = if let Kind::File { size, .. } = entry.kind { Some(size) } else { None };
                changes.push(Change::File { path: at.name, what, diff: None, size: (before, after) });
            }
        }
        Ok(())
    })?;
    if more > 0 {
        changes.push(Change::Other { summary: format!("and {} more entries", thousands(more)) });
    }
    Ok(changes)
}
