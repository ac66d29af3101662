//! Fingerprints of paths, to notice drift: kind, mode and content or target; times and owners do not count.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::Path;

use super::error::{Error, Result};
use super::facts::Sort;
use super::folder::{DEEPEST, Folder};
use super::look::{Located, Look};
use super::path_text::{encode, join};
use super::read::is_absent;
use super::snapshot::{PathState, tops};
use super::touch::fresh::is_fresh;
use super::unit::Fingerprint;

/// Up to so many entries of a directory are parts of their own; above, they are one part together, lest a plan become
/// as large as what it changes.
const SINGLE_PARTS: usize = 512;

impl Look {
    /// A digest of what stands at `paths`, directories with all that is below them.
    pub fn digest(&self, paths: &[Located]) -> Result<Fingerprint> {
        let mut fingerprint = Fingerprint::default();
        for at in paths {
            let kept = self.kept_name(&at.path);
            let mut parts = Vec::new();
            let io = |error: io::Error| Error::io(format!("look at `{}`", at.name), &error);
            match (at.path.parent(), at.path.file_name()) {
                (Some(parent), Some(name)) => match Folder::open(parent) {
                    Ok(folder) => self.describe(&folder, name, &kept, &at.path, 0, &mut parts)?,
                    Err(error) if is_absent(&error) => parts.push((kept.clone(), "absent".to_owned())),
                    Err(error) => return Err(io(error)),
                },
                _ => return Err(Error::refused("the root of the file system has no digest")),
            }
            if parts.len() > SINGLE_PARTS {
                let mut hasher = blake3::Hasher::new();
                for (name, description) in &parts {
                    hasher.update(name.as_bytes()).update(&[0]).update(description.as_bytes()).update(&[0]);
                }
                let all = format!("directory of {} entries {}", parts.len() - 1, &hasher.finalize().to_hex()[..32]);
                parts = vec![(kept, all)];
            }
            fingerprint.parts.extend(parts);
        }
        Ok(fingerprint)
    }

    /// A digest of what stands now where `states` were captured.
    pub fn digest_of(&self, states: &[PathState]) -> Result<Fingerprint> {
        let paths: Vec<Located> = tops(states).map(|state| self.located_as_kept(&state.path)).collect();
        self.digest(&paths)
    }

    fn describe(
        &self,
        folder: &Folder,
        name: &OsStr,
        kept: &str,
        path: &Path,
        depth: usize,
        parts: &mut Vec<(String, String)>,
    ) -> Result<()> {
        self.cancel().check()?;
        let io = |error: io::Error| Error::io(format!("read `{}`", self.name_of(path)), &error);
        let Some(facts) = folder.look(name).map_err(io)? else {
            parts.push((kept.to_owned(), "absent".to_owned()));
            return Ok(());
        };
        let mode = facts.mode;
        match facts.sort {
            Sort::File => {
                let (mut file, _) = folder.file(name).map_err(io)?;
                let digest = self.content_digest(&mut file).map_err(io)?;
                self.cancel().check()?;
                parts.push((kept.to_owned(), format!("file {mode:04o} {}", &digest.to_hex()[..32])));
            }
            Sort::Link => {
                let target = encode(&folder.target(name).map_err(io)?);
                parts.push((kept.to_owned(), format!("link to {target}")));
            }
            Sort::Directory => {
                if depth == DEEPEST {
                    let what = format!("`{}` lies more than {DEEPEST} directories deep", self.name_of(path));
                    return Err(Error::refused(what));
                }
                parts.push((kept.to_owned(), format!("directory {mode:04o}")));
                let inner = folder.child(name).map_err(io)?;
                for name in inner.names().map_err(io)? {
                    let below = path.join(&name);
                    if !self.is_guarded(&below) && !is_fresh(&name) {
                        self.describe(&inner, &name, &join(kept, &name), &below, depth + 1, parts)?;
                    }
                }
            }
            Sort::Fifo => parts.push((kept.to_owned(), format!("fifo {mode:04o}"))),
            Sort::Socket => parts.push((kept.to_owned(), format!("socket {mode:04o}"))),
            Sort::CharDevice => parts.push((kept.to_owned(), format!("char device {mode:04o} {}", facts.rdev))),
            Sort::BlockDevice => parts.push((kept.to_owned(), format!("block device {mode:04o} {}", facts.rdev))),
        }
        Ok(())
    }

    /// The blake3 digest of all that `from` gives; ends early, with an error, when the time is over.
    pub fn content_digest(&self, from: &mut dyn Read) -> io::Result<blake3::Hash> {
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let count = match from.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if count == 0 {
                return Ok(hasher.finalize());
            }
            hasher.update(&buffer[..count]);
            if self.cancel().check().is_err() {
                return Err(io::Error::from(io::ErrorKind::TimedOut));
            }
        }
    }
}

#[cfg(test)]
mod tests;
