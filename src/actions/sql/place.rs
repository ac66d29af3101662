//! Where a SQLite database is: its file and the files that SQLite keeps beside it.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Kind, Resource};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::{Located, Look};
use crate::catalogue::path_text::lexical;
use crate::catalogue::reach;
use crate::catalogue::value::{Db, Value};

/// Databases above this many bytes are neither copied for a preview nor captured as files.
pub const CAP: u64 = 256 * 1024 * 1024;

/// What SQLite appends to the name of a database: the write-ahead log, its index, the rollback journal.
pub const SIDES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A database that exists.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its file, links followed, as SQLite does.
    pub at: Located,
}

/// The state of a file that a write would change: device, inode, size, modification and change time.
pub type Stamp = Option<(u64, u64, u64, i64, i64, i64, i64)>;

impl Place {
    /// Finds the database of a call.
    pub fn find(look: &Look, db: &Db) -> Result<Self> {
        let Db::Sqlite(path) = db;
        let at = look.locate_following(path)?;
        match std::fs::metadata(&at.path) {
            Ok(meta) if meta.is_file() => Ok(Self { at }),
            Ok(_) => Err(Error::refused(format!("`{path}` is not a file, so it is no SQLite database"))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(Error::refused(format!("there is no database `{path}`"))
                    .hint("the path is relative to the policy's `root`; an empty database is not made unasked"))
            }
            Err(error) => Err(Error::io(format!("look at the database `{path}`"), &error)),
        }
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.at.path
    }

    /// As messages name it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.at.name
    }

    /// A file beside it, such as `-wal`.
    #[must_use]
    pub fn side(&self, suffix: &str) -> PathBuf {
        beside(self.path(), suffix)
    }

    /// How large a file beside it is; 0 where there is none.
    #[must_use]
    pub fn side_size(&self, suffix: &str) -> u64 {
        std::fs::metadata(self.side(suffix)).map_or(0, |meta| meta.len())
    }

    /// Bytes of the database with its write-ahead log.
    #[must_use]
    pub fn size(&self) -> u64 {
        std::fs::metadata(self.path()).map_or(0, |meta| meta.len()) + self.side_size("-wal")
    }

    /// All its files, whether they exist or not.
    #[must_use]
    pub fn files(&self, look: &Look) -> Vec<Located> {
        let side = |suffix| {
            let path = self.side(suffix);
            Located { name: look.name_of(&path), path, links: self.at.links.clone() }
        };
        std::iter::once(self.at.clone()).chain(SIDES.into_iter().map(side)).collect()
    }

    /// The state of the files that hold content.
    #[must_use]
    pub fn stamps(&self) -> [Stamp; 3] {
        [stamp(self.path()), stamp(&self.side("-wal")), stamp(&self.side("-journal"))]
    }
}

/// The file `suffix` beside a database.
#[must_use]
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn stamp(path: &Path) -> Stamp {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.dev(), meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()))
}

/// The effects of reading the database of a call: the handle, its file and those beside it.
#[must_use]
pub fn reads(args: &Args, look: Option<&Look>) -> Effects {
    touches(args, look, reach::reads, Effects::read)
}

/// The effects of changing it.
#[must_use]
pub fn writes(args: &Args, look: Option<&Look>) -> Effects {
    touches(args, look, reach::writes_through, Effects::write)
}

fn touches(
    args: &Args,
    look: Option<&Look>,
    files: fn(Option<&Look>, &[&str]) -> Effects,
    add: fn(Effects, Resource) -> Effects,
) -> Effects {
    let Some(Value::Db(Db::Sqlite(path))) = args.get("db") else {
        return add(files(None, &["**"]), Resource::new(Kind::Db, "**"));
    };
    let located = look.and_then(|look| look.locate_following(path).ok());
    let name = located.map_or_else(|| lexical(path), |at| at.name);
    let mut effects = files(look, &[path.as_ref()]);
    for suffix in SIDES {
        // Beside the file that a link leads to, where SQLite puts them.
        effects.extend(files(look, &[&format!("{name}{suffix}")]));
    }
    add(effects, Resource::new(Kind::Db, name))
}
