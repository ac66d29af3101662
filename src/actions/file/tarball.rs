//! Tar archives, plain or zstd-compressed: writing trees, and reading entries that may not lead anywhere else.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};

use tar::{EntryType, Header};

use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::facts::{Facts, Sort};
use crate::catalogue::look::{Located, Look};
use crate::catalogue::path_text::shown;

/// zstd's own default: a good trade of time for size.
const LEVEL: i32 = 3;
/// More entries than this are refused: their list alone would fill the memory.
const MOST_ENTRIES: usize = 1_000_000;

/// How an archive is packed, by the end of its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Zstd,
}

impl Packing {
    /// What the name says.
    pub fn of(name: &str) -> Result<Self> {
        let lower = name.to_lowercase();
        let ends: Vec<&str> = lower.rsplit('.').take(2).collect();
        match ends.as_slice() {
            ["tar", _] => Ok(Self::Plain),
            ["zst", "tar"] | ["tzst", _] => Ok(Self::Zstd),
            _ => Err(Error::new(ErrorKind::Value, format!("`{name}` is no archive that can be read or written"))
                .hint("the name says how: `.tar.zst` or `.tar`")),
        }
    }
}

/// Writes `sources` with all that is below them, named as below the root; leaves out what `skip` names. Sockets and
/// devices are left out: they mean nothing elsewhere.
pub fn write(look: &Look, sources: &[Located], skip: &Located, packing: Packing, out: &mut dyn Write) -> Result<()> {
    let io = |error: io::Error| Error::io("write the archive", &error);
    match packing {
        Packing::Plain => append_all(look, sources, skip, out).map(|_| ()),
        Packing::Zstd => {
            let encoder = zstd::Encoder::new(out, LEVEL).map_err(io)?;
            append_all(look, sources, skip, encoder)?.finish().map_err(io).map(|_| ())
        }
    }
}

fn append_all<W: Write>(look: &Look, sources: &[Located], skip: &Located, out: W) -> Result<W> {
    let mut builder = tar::Builder::new(out);
    for at in sources {
        append(look, at, skip, &mut builder)?;
    }
    builder.into_inner().map_err(|error| Error::io("write the archive", &error))
}

fn append<W: Write>(look: &Look, at: &Located, skip: &Located, builder: &mut tar::Builder<W>) -> Result<()> {
    look.cancel().check()?;
    if at.path == skip.path {
        return Ok(());
    }
    let io = |error: io::Error| Error::io(format!("archive `{}`", at.name), &error);
    let facts = look.facts_of_existing(at)?;
    let inner = at.path.strip_prefix(look.root()).or_else(|_| at.path.strip_prefix("/")).unwrap_or(&at.path);
    match facts.sort {
        Sort::File => {
            let (file, facts) = look.open(at)?;
            let mut header = header(&facts, EntryType::Regular, facts.size);
            let mut content = file.take(facts.size);
            builder.append_data(&mut header, inner, &mut content).map_err(io)?;
            if content.limit() > 0 {
                return Err(Error::failed(format!("`{}` became shorter while it was archived", at.name)));
            }
        }
        Sort::Directory => {
            if !inner.as_os_str().is_empty() {
                builder.append_data(&mut header(&facts, EntryType::Directory, 0), inner, io::empty()).map_err(io)?;
            }
            for entry in look.entries(at)?.into_iter().filter(|entry| !is_own(&entry.path)) {
                append(look, &entry, skip, builder)?;
            }
        }
        Sort::Link => {
            let target = look.link_target(at)?;
            builder.append_link(&mut header(&facts, EntryType::Symlink, 0), inner, &target).map_err(io)?;
        }
        Sort::Fifo => builder.append_data(&mut header(&facts, EntryType::Fifo, 0), inner, io::empty()).map_err(io)?,
        Sort::Socket | Sort::CharDevice | Sort::BlockDevice => {}
    }
    Ok(())
}

/// What belongs to rbk itself and means nothing elsewhere: files on their way to their place, such as this archive, and
/// the state of another project.
fn is_own(path: &Path) -> bool {
    path.file_name().is_some_and(crate::catalogue::touch::is_fresh)
        || (path.file_name().is_some_and(|name| name == ".rbk") && path.join("state.db").exists())
}

fn header(facts: &Facts, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(facts.mode);
    header.set_uid(facts.uid.into());
    header.set_gid(facts.gid.into());
    header.set_mtime(facts.mtime.0.max(0).unsigned_abs());
    header.set_size(size);
    header
}

/// An entry of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Below the place it is extracted into: names only.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    File {
        size: u64,
        mode: u32,
    },
    Directory,
    /// A symbolic link that stays inside.
    Link {
        target: PathBuf,
    },
    /// Another name of an earlier file.
    Same {
        as_path: PathBuf,
    },
}

/// Every entry, found to stay inside wherever it is extracted. Reads the whole archive and writes nothing.
pub fn entries(look: &Look, archive: &Located) -> Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut kinds: BTreeMap<PathBuf, Kind> = BTreeMap::new();
    each(look, archive, &mut |entry, _| {
        if entries.len() == MOST_ENTRIES {
            return Err(Error::refused(format!("`{}` holds more than {MOST_ENTRIES} entries", archive.name)));
        }
        let refused = |why: &str| Err(Error::refused(format!("`{}` in `{}` {why}", shown(&entry.path), archive.name)));
        if entry.path.ancestors().skip(1).any(|above| matches!(kinds.get(above), Some(Kind::Link { .. }))) {
            return refused("would be written through a link of the archive");
        }
        match (&entry.kind, kinds.get(&entry.path)) {
            (_, None) | (Kind::Directory, Some(Kind::Directory)) | (Kind::File { .. }, Some(Kind::File { .. })) => {}
            _ => return refused("stands there twice, as different things"),
        }
        if let Kind::Same { as_path } = &entry.kind
            && !matches!(kinds.get(as_path), Some(Kind::File { .. }))
        {
            return refused("is another name of a file that is not in the archive before it");
        }
        kinds.insert(entry.path.clone(), entry.kind.clone());
        entries.push(entry.clone());
        Ok(())
    })?;
    Ok(entries)
}

/// Calls `with` for each entry and its content, in the order of the archive.
pub fn each(look: &Look, archive: &Located, with: &mut dyn FnMut(&Entry, &mut dyn Read) -> Result<()>) -> Result<()> {
    let io = |error: io::Error| Error::io(format!("read the archive `{}`", archive.name), &error);
    let packing = Packing::of(&archive.name)?;
    let (file, _) = look.open(archive)?;
    let file = BufReader::new(file);
    let content: Box<dyn Read> = match packing {
        Packing::Plain => Box::new(file),
        Packing::Zstd => Box::new(zstd::Decoder::new(file).map_err(io)?),
    };
    let mut tar = tar::Archive::new(content);
    for entry in tar.entries().map_err(io)? {
        look.cancel().check()?;
        let mut entry = entry.map_err(io)?;
        if let Some(known) = understand(&entry, archive)? {
            with(&known, &mut entry)?;
        }
    }
    Ok(())
}

/// What an entry is; nothing for the directory of extraction itself and for comments.
fn understand<R: Read>(entry: &tar::Entry<'_, R>, archive: &Located) -> Result<Option<Entry>> {
    let io = |error: io::Error| Error::io(format!("read the archive `{}`", archive.name), &error);
    let path = entry.path().map_err(io)?;
    let refused = |why: &str| Error::refused(format!("`{}` in `{}` {why}", shown(&path), archive.name));
    let escapes = |path: &Path| refused(&format!("leads outside, to `{}`", shown(path)));
    // Also a `..` that comes back inside: what it passes may be a link by the time it is written.
    let plain =
        names_only(&path).ok_or_else(|| refused("leads outside of where it is extracted, or back through `..`"))?;
    let kind = match entry.header().entry_type() {
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            let mode = entry.header().mode().map_err(io)?;
            // Setuid and setgid would be those of whoever extracts.
            Kind::File { size: entry.size(), mode: mode & 0o777 }
        }
        EntryType::Directory => Kind::Directory,
        EntryType::Symlink | EntryType::Link => {
            let target = entry.link_name().map_err(io)?.ok_or_else(|| refused("is a link to nothing"))?.into_owned();
            if entry.header().entry_type() == EntryType::Link {
                Kind::Same { as_path: names_only(&target).ok_or_else(|| escapes(&target))? }
            } else {
                inside(plain.parent().unwrap_or(Path::new("")), &target).ok_or_else(|| escapes(&target))?;
                Kind::Link { target }
            }
        }
        EntryType::XGlobalHeader => return Ok(None),
        other => return Err(refused(&format!("is of a kind that is not extracted ({other:?})"))),
    };
    if plain.as_os_str().is_empty() {
        return if kind == Kind::Directory { Ok(None) } else { Err(refused("has no name")) };
    }
    Ok(Some(Entry { path: plain, kind }))
}

/// `path` in plain names; nothing where it holds another one.
fn names_only(path: &Path) -> Option<PathBuf> {
    if path.components().any(|part| part == Component::ParentDir) { None } else { inside(Path::new(""), path) }
}

/// `path` as seen from `from`, in plain names below the top; nothing where it leads above it.
fn inside(from: &Path, path: &Path) -> Option<PathBuf> {
    let mut at = from.to_owned();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) => at.push(name),
            Component::ParentDir => {
                if !at.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests;
