//! `rbk init`: a first policy for this folder. Writes one new file, and never in the place of another.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::diagnostics::Report;
use crate::source::{SourceFile, Sources};

use super::context::Context;
use super::exit::{Done, Exit, Failure};
use super::load;

mod folder;
mod starter;
mod text;

use folder::Folder;

/// The file that is written when none is named.
const DEFAULT: &str = "rollback.rbk";

/// `rbk init [FILE]`
#[derive(Debug, Args)]
pub struct Init {
    /// The file to write, or a folder for it; `-` prints it [default: rollback.rbk]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Init {
    pub fn run(self, context: &Context) -> Done {
        let file = target(self.file, DEFAULT);
        free(&file)?;
        let folder = Folder::of(&file)?;
        let policy = sound(&file, &starter::write(&folder, &text::name(&file)))?;
        write(&file, &policy, context)?;
        if file != Path::new("-") {
            context.remark(&format!("wrote {}: {}", file.display(), folder.found()));
            next(&file, context);
        }
        Ok(Exit::Done)
    }
}

/// What to type next.
fn next(file: &Path, context: &Context) {
    let others = load::policies_in(file.parent().filter(|at| !at.as_os_str().is_empty()).unwrap_or(Path::new(".")), 1);
    if others.len() > 1 {
        context.remark("this folder holds other policies, too: name the one that is meant in every call");
    }
    context.remark(&format!("next: `rbk plan {}` shows what a rollback would change", file.display()));
}

/// The file to write: as named, or `name` in the folder that was named.
fn target(given: Option<PathBuf>, name: &str) -> PathBuf {
    match given {
        Some(path) if path.is_dir() => path.join(name),
        Some(path) => path,
        None => PathBuf::from(name),
    }
}

/// Refuses where something stands already, before anything else is looked at.
fn free(file: &Path) -> Result<(), Failure> {
    if file != Path::new("-") && file.symlink_metadata().is_ok() {
        return Err(taken(file));
    }
    Ok(())
}

fn taken(file: &Path) -> Failure {
    Failure::new(Exit::Refused, format!("`{}` exists already; nothing was changed", file.display()))
        .hint("name another file: `rbk init NAME.rbk`")
}

/// The text as `rbk fmt` has it, once it is certain that it compiles.
fn sound(file: &Path, text: &str) -> Result<String, Failure> {
    let ours = |what: String| {
        Failure::new(Exit::Failed, format!("nothing was written, as what was made is not right: {what}"))
            .hint("this is a mistake of rbk itself; please report it, with what it was made from")
    };
    let mut sources = Sources::default();
    let mut report = Report::default();
    let id = sources.add(SourceFile::new(file, text));
    let tree = crate::syntax::parse(id, sources.get(id), &mut report);
    if let Some(found) = report.diagnostics.first() {
        return Err(ours(format!("{}: {}", sources.locate(found.place()), found.message)));
    }
    let text = crate::syntax::format::format(sources.get(id), &tree).map_err(|error| ours(error.to_string()))?;
    let mut sources = Sources::default();
    sources.add(SourceFile::new(file, text.clone()));
    let compiled = load::compile_sources(sources, &crate::catalogue());
    match compiled.report.diagnostics.iter().find(|found| found.level == crate::diagnostics::Level::Error) {
        Some(found) => Err(ours(format!("{}: {}", compiled.sources.locate(found.place()), found.message))),
        None => Ok(text),
    }
}

/// Writes a new file, whole or not at all.
fn write(file: &Path, text: &str, context: &Context) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    if file == Path::new("-") {
        return context.result(text);
    }
    let fail = |error: &std::io::Error| Failure::wrong(format!("cannot write `{}`: {error}", file.display()));
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temp = tempfile::NamedTempFile::new_in(folder).map_err(|error| fail(&error))?;
    temp.write_all(text.as_bytes()).map_err(|error| fail(&error))?;
    temp.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(|error| fail(&error))?;
    temp.as_file().sync_all().map_err(|error| fail(&error))?;
    // Somebody may have made one since it was looked for.
    match temp.persist_noclobber(file) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Err(taken(file)),
        Err(error) => Err(fail(&error.error)),
    }
}
