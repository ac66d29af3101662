//! The state folder: where it is, who may read it. It must not know what is kept in it.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::catalogue::error::{Error, ErrorKind, Result};

/// The name of the folder beside a policy's root.
pub const NAME: &str = ".rbk";

/// The default state folder of `root`.
#[must_use]
pub fn beside(root: &Path) -> PathBuf {
    root.join(NAME)
}

/// Makes the state folder where it is missing: mode 0700, and ignored by git whole.
///
/// # Errors
/// When it cannot be made or written to; the hint names `--state`.
pub fn prepare(folder: &Path) -> Result<()> {
    make_private(folder)?;
    let ignore = folder.join(".gitignore");
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&ignore) {
        Ok(mut file) => file.write_all(b"*\n").map_err(|error| unusable(folder, &error)),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unusable(folder, &error)),
    }
}

/// Makes a folder that only its owner may enter, with its parents.
pub fn make_private(folder: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| unusable(folder, &error))
}

/// Makes a folder that only its owner may enter, in one that is there: a state folder that was taken away is not made anew.
pub fn make_private_inside(folder: &Path) -> Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(unusable(folder, &error)),
        _ => Ok(()),
    }
}

/// Makes an empty file that only its owner may read, unless it is there.
pub fn make_private_file(path: &Path) -> Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unusable(path, &error)),
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Refused, format!("the state folder cannot be used: `{}`: {error}", path.display())).hint(
        "nothing was changed; a run must be journaled: make the folder writable, or name another with `--state DIR`",
    )
}
