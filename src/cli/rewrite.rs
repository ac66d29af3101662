//! Changing a policy's file: as a whole or not at all, and what that would change as a diff.

use std::io::Write;
use std::path::Path;

use super::exit::{Exit, Failure};

/// The change as a unified diff; `what` says how it came about.
pub fn diff(path: &Path, before: &str, after: &str, what: &str) -> String {
    let name = path.display().to_string();
    similar::TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(2)
        .header(&name, &format!("{name} ({what})"))
        .to_string()
}

/// Replaces a file as a whole: a crash or full disk leaves the old one.
pub fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let fail =
        |error: &std::io::Error| Failure::new(Exit::Failed, format!("cannot write `{}`: {error}", path.display()));
    let target = std::fs::canonicalize(path).map_err(|error| fail(&error))?;
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut temp = tempfile::NamedTempFile::new_in(folder).map_err(|error| fail(&error))?;
    temp.write_all(text.as_bytes()).map_err(|error| fail(&error))?;
    let mode = std::fs::metadata(&target).map_err(|error| fail(&error))?.permissions();
    temp.as_file().set_permissions(mode).map_err(|error| fail(&error))?;
    temp.as_file().sync_all().map_err(|error| fail(&error))?;
    temp.persist(&target).map_err(|error| fail(&error.error))?;
    Ok(())
}
