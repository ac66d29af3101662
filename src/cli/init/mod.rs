//! `rbk init`: a first policy for this folder, or one drafted from a runbook. Writes one new file, and never in the place of another.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::diagnostics::Report;
use crate::source::{SourceFile, Sources};

use super::context::Context;
use super::exit::{Done, Exit, Failure};
use super::load;

mod draft;
mod folder;
mod starter;
mod text;

use draft::runbook;
use folder::Folder;

/// The file that is written when none is named.
const DEFAULT: &str = "rollback.rbk";

// `rbk init [FILE]`
#[derive(Debug, Args)]
pub struct Init {
    /// The file to write, or a folder for it; `-` prints it [default: rollback.rbk, or as the runbook is called]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Draft it from a runbook (Markdown) or a shell script, and say what is wrong with that
    #[arg(long, value_name = "RUNBOOK")]
    from: Option<PathBuf>,
}

impl Init {
    pub fn run(self, context: &Context) -> Done {
        if let Some(from) = &self.from {
            return drafted(from, self.file.clone(), context);
        }
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

/// Drafts a policy from a runbook or a script.
fn drafted(from: &Path, file: Option<PathBuf>, context: &Context) -> Done {
    let stem = from.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let stem = stem.trim_start_matches(|char: char| char.is_ascii_digit() || matches!(char, '-' | '_'));
    let name = text::slug(stem, 40, "rollback");
    let file = target(file, &format!("{name}.rbk"));
    free(&file)?;
    let shown = from.display().to_string();
    if !from.exists() {
        return Err(Failure::wrong(format!("there is no `{shown}`; nothing was changed"))
            .hint("name a runbook in Markdown, or a shell script"));
    }
    let text = match load::read(from)? {
        Ok(text) => text,
        Err((_, message, help)) => return Err(Failure::wrong(format!("`{shown}`: {message}")).hint(help)),
    };
    let is =
        |ends: &[&str]| from.extension().is_some_and(|end| ends.iter().any(|known| end.eq_ignore_ascii_case(known)));
    let script = is(&["sh", "bash"]) || !is(&["md", "markdown"]) && text.starts_with("#!");
    let label = from.file_name().map_or_else(|| shown.clone(), |name| name.to_string_lossy().into_owned());
    let book = if script { runbook::script(&text, &label) } else { runbook::markdown(&text) };
    let Some(draft) = draft::draft(&book, &name, &label) else {
        return Err(Failure::wrong(format!("`{shown}` has no command that could become a step; nothing was changed"))
            .hint(
                "commands are read from blocks that begin with ```sh or ```bash; `rbk init` writes an empty policy",
            ));
    };
    let policy = sound(&file, &draft.text)?;
    write(&file, &policy, context)?;
    for (lines, text) in draft::together(&draft.cautions) {
        context.say(&format!("{shown}: {lines}: {text}"));
    }
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    context.remark(&format!(
        "drafted {} and {} from {shown}, which has {} to look at",
        plural(draft.steps, "step"),
        plural(draft.verifications, "verification"),
        plural(draft.cautions.len(), "place"),
    ));
    if file != Path::new("-") {
        context.remark(&format!("wrote {0}; next: `rbk check {0}` says what is to be decided", file.display()));
    }
    Ok(Exit::Done)
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
