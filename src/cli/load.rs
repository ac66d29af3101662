//! From paths to compiled policies: reading, size and encoding limits, then the stages in order.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalogue::unit::Catalogue;
use crate::check::model::Policy;
use crate::diagnostics::levels::Setting;
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::source::{FileId, Place, SourceFile, Sources, Span};

use super::exit::{Exit, Failure};
use super::gather::{Find, Lost, gather};

/// The largest policy file that is read. The largest one known is a thousand times smaller.
pub const MAX_FILE: u64 = 64 * 1024 * 1024;

/// The outcome of compiling one file.
pub struct Compiled {
    /// The texts.
    pub sources: Arc<Sources>,
    /// Everything found, without what comments allow; what the policy says of advice is not applied yet.
    pub report: Report,
    /// The policy, when there are no errors.
    pub policy: Option<Arc<Policy>>,
}

/// What a file says of where its policy acts.
pub enum Says {
    /// On this folder, relative to its own.
    Root(PathBuf),
    /// It holds no policy: it is for others to import.
    Nothing,
}

/// What the file at `path` says of its root, by its text alone: nothing is imported, checked or evaluated. `None` where it
/// cannot be read as a policy.
pub fn root_of(path: &Path) -> Option<Says> {
    let file = SourceFile::new("", read(path).ok()?.ok()?);
    let mut report = Report::default();
    let tree = crate::syntax::parse(FileId(0), &file, &mut report);
    match crate::check::imports::root(&file, &tree) {
        Some(root) => Some(Says::Root(root)),
        None if report.has_errors() => None,
        None => Some(Says::Nothing),
    }
}

/// Reads and compiles the policy at `path`, with what it imports.
pub fn compile(path: &Path, catalogue: &Catalogue) -> Result<Compiled, Failure> {
    let mut report = Report::default();
    match read(path)? {
        Ok(text) => Ok(compile_with(SourceFile::new(path, text), &imported, catalogue)),
        Err((code, message, help)) => {
            let mut sources = Sources::default();
            let file = sources.add(SourceFile::new(path, ""));
            let place = Place::new(file, Span::default());
            report.push(Diagnostic::new(code, place, message).help(help));
            Ok(Compiled { sources: Arc::new(sources), report, policy: None })
        }
    }
}

/// An imported file from the disk. What a link leads out of the folders is not read.
pub(super) fn imported(path: &Path, folders: &[PathBuf]) -> Result<String, Lost> {
    let shown = path.display();
    let lost = |message: String, help: &str| Lost { code: Code::ImportNotFound, message, help: help.to_owned() };
    if folders.is_empty() {
        return Err(lost(format!("`{shown}` is no file"), "it is carried by rbk"));
    }
    let missing = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let near: Vec<_> = policies_in(folder, 1).iter().map(|path| path.display().to_string()).collect();
            let wanted = shown.to_string();
            let help = crate::diagnostics::suggest::did_you_mean(&wanted, near.iter().map(String::as_str));
            let help = help.unwrap_or_else(|| "the path is relative to the file that imports it".to_owned());
            lost(format!("there is no file `{shown}`"), &help)
        }
        _ => lost(format!("cannot read `{shown}`: {error}"), "look at its permissions"),
    };
    let real = std::fs::canonicalize(path).map_err(|error| missing(&error))?;
    let here = |folder: &PathBuf| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.clone() };
    let inside = |folder: &PathBuf| std::fs::canonicalize(here(folder)).is_ok_and(|folder| real.starts_with(folder));
    if !folders.iter().any(inside) {
        return Err(Lost {
            code: Code::OutsideRoot,
            message: format!("`{shown}` leads out of the root, to `{}`", real.display()),
            help: "an imported file lies below the folder or the root of the policy: move or copy it there".to_owned(),
        });
    }
    match read(path) {
        Ok(Ok(text)) => Ok(text),
        Ok(Err((code, message, help))) => Err(Lost { code, message: format!("`{shown}`: {message}"), help }),
        Err(failure) => Err(lost(failure.what, "name a `.rbk` file")),
    }
}

/// Compiles texts that were read before, such as the frozen ones of a plan or run: the policy first, then what it imports.
#[must_use]
pub fn compile_sources(sources: Sources, catalogue: &Catalogue) -> Compiled {
    let Some((_, main)) = sources.iter().next() else {
        return compile_with(SourceFile::new("", ""), &imported, catalogue);
    };
    let known = |path: &Path, _: &[PathBuf]| {
        let found = sources.iter().find(|(_, file)| file.path == path);
        found.map(|(_, file)| file.text.to_string()).ok_or_else(|| Lost {
            code: Code::ImportNotFound,
            message: format!("`{}` is not among the texts that were kept", path.display()),
            help: "plan again".to_owned(),
        })
    };
    compile_with(main.clone(), &known, catalogue)
}

pub(super) fn compile_with(main: SourceFile, find: &Find<'_>, catalogue: &Catalogue) -> Compiled {
    let mut report = Report::default();
    let (sources, trees) = gather(main, find, &mut report);
    if let Some((file, tree)) = trees.first()
        && tree.items.is_empty()
        && !report.has_errors()
    {
        report.push(empty(*file));
    }
    let mut policy = None;
    let syntax_is_sound = !report.has_errors();
    // A tree with holes is still checked, so that one pass shows every mistake; it never becomes a policy.
    if trees.iter().any(|(_, tree)| !tree.items.is_empty()) {
        policy =
            crate::check::check(&sources, &trees, catalogue, &mut report).filter(|_| syntax_is_sound).map(Arc::new);
    }
    let allows = crate::check::allows::gather(&sources, &trees, &mut report);
    drop(trees); // the policy holds what it needs of them, and what follows needs room of its own
    if let Some(checked) = &policy {
        crate::check::analysis::analyse(checked, &mut report);
    }
    if report.has_errors() {
        policy = None;
    }
    crate::check::allows::silence(&allows, &sources, policy.is_some(), &mut report);
    crate::check::spelling::add_fixes(&mut report.diagnostics, &sources);
    report.sort();
    Compiled { sources: Arc::new(sources), report, policy }
}

fn empty(file: FileId) -> Diagnostic {
    Diagnostic::new(Code::EmptyPolicy, Place::new(file, Span::default()), "this file holds no policy")
        .help("begin with `policy NAME \"title\" { … }`; `rbk demo` shows a complete one")
}

pub type Refusal = (Code, String, String);

/// Reads a policy file: `Err` of the outer result is the wrong call, of the inner one the wrong file.
pub fn read(path: &Path) -> Result<Result<String, Refusal>, Failure> {
    let shown = path.display();
    if path == Path::new("-") {
        let text = std::io::read_to_string(std::io::stdin())
            .map_err(|error| Failure::wrong(format!("cannot read standard input: {error}")))?;
        return Ok(Ok(text));
    }
    let meta = std::fs::metadata(path).map_err(|error| missing(path, &error))?;
    if !meta.is_file() {
        return Err(Failure::wrong(format!("`{shown}` is no regular file"))
            .hint("name a `.rbk` file, or a folder that holds some"));
    }
    if meta.len() > MAX_FILE {
        return Ok(Err((
            Code::TooLarge,
            format!("the file has {} bytes, more than the {} that a policy may have", meta.len(), MAX_FILE),
            "is this really a policy? A generated one can be split into several files".to_owned(),
        )));
    }
    let bytes = std::fs::read(path).map_err(|error| missing(path, &error))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Ok(text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            Ok(Err((
                Code::NotUtf8,
                format!("byte {at} (line {line}) is not UTF-8 text"),
                "policies are UTF-8; if this is a policy, convert it with `iconv -t utf-8`".to_owned(),
            )))
        }
    }
}

fn missing(path: &Path, error: &std::io::Error) -> Failure {
    let shown = path.display();
    let failure = Failure::wrong(format!("cannot read `{shown}`: {error}"));
    let near = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut found = policies_in(near, 1);
    found.truncate(3);
    if error.kind() != std::io::ErrorKind::NotFound {
        return failure;
    }
    if found.is_empty() {
        return failure.hint("no `.rbk` file is there; `rbk demo` makes a project to look at");
    }
    let word = path.to_string_lossy();
    if let Some(policy) = found.iter().find(|policy| has_phase(policy, &word)) {
        let policy = policy.display();
        return Failure::wrong(format!("`{shown}` is a phase of `{policy}`, and the policy is named first"))
            .hint(format!("write `{policy} {shown}`, or `. {shown}` in a folder with one policy"));
    }
    let names: Vec<_> = found.iter().map(|path| format!("`{}`", path.display())).collect();
    failure.hint(format!("there is {}", names.join(", ")))
}

/// Whether a policy seems to have a phase of this name: enough for a hint.
fn has_phase(policy: &Path, name: &str) -> bool {
    let text = std::fs::read_to_string(policy).unwrap_or_default();
    text.lines().any(|line| {
        let mut words = line.split([' ', '\t', '{']).filter(|word| !word.is_empty());
        words.next() == Some("phase") && words.next() == Some(name)
    })
}

/// Every `.rbk` file below `folder`, sorted. Left out are hidden folders, `target` and `node_modules`, and, where a whole tree is
/// searched, what its git repository ignores.
#[must_use]
pub fn policies_in(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let mut found: Vec<_> = ignore::WalkBuilder::new(folder)
        .max_depth(Some(depth))
        .ignore(false)
        .git_global(false)
        .git_ignore(depth > 1)
        .git_exclude(depth > 1)
        .filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            entry.depth() == 0 || !(name == "target" || name == "node_modules")
        })
        .build()
        .filter_map(Result::ok)
        .filter(|entry| {
            let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
            is_file && entry.path().extension().is_some_and(|ext| ext == "rbk")
        })
        .map(ignore::DirEntry::into_path)
        .map(|path| path.strip_prefix("./").map(Path::to_path_buf).unwrap_or(path))
        .collect();
    found.sort();
    found
}

/// The files that a `[PATH…]` argument names: files as they are, folders searched, nothing: this folder.
pub fn named(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let here = [PathBuf::from(".")];
    let mut files = Vec::new();
    for path in if paths.is_empty() { &here } else { paths } {
        if path.is_dir() {
            let found = policies_in(path, usize::MAX);
            if found.is_empty() {
                return Err(Failure::wrong(format!("no `.rbk` file in `{}`", path.display()))
                    .hint("name a policy file; `rbk demo` makes a project to look at"));
            }
            files.extend(found);
        } else {
            files.push(path.clone());
        }
    }
    let mut seen = std::collections::HashSet::new();
    files.retain(|path| seen.insert(path.clone()));
    Ok(files)
}

/// The one policy that a verb acts on: as named, or the only one of a folder.
pub fn one(path: Option<&Path>) -> Result<PathBuf, Failure> {
    let path = path.unwrap_or(Path::new("."));
    if !path.is_dir() {
        return Ok(path.to_path_buf());
    }
    let mut found = policies_in(path, 1);
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Failure::wrong(format!("no `.rbk` file in `{}`", path.display()))
            .hint("name a policy file; `rbk demo` makes a project to look at")),
        _ => {
            let names: Vec<_> = found.iter().map(|path| format!("`{}`", path.display())).collect();
            Err(Failure::wrong(format!("`{}` holds several policies", path.display()))
                .hint(format!("name one of {}", names.join(", "))))
        }
    }
}

/// Compiles, renders what was found to standard error, and gives the policy or the reason to stop.
pub fn policy(path: &Path, catalogue: &Catalogue, context: &super::context::Context) -> Result<Arc<Policy>, Failure> {
    sound(compile(path, catalogue)?, path, context)
}

/// The policy of what was compiled, or the reason to stop; what was found is rendered to standard error.
pub fn sound(compiled: Compiled, path: &Path, context: &super::context::Context) -> Result<Arc<Policy>, Failure> {
    // What a policy denies fails its check in CI; it must not keep anybody from rolling back.
    let allowed = |found: &Diagnostic| compiled.report.levels.get(found.code) == Some(Setting::Allow);
    let shown: Vec<_> = compiled
        .report
        .diagnostics
        .iter()
        .filter(|found| found.level == crate::diagnostics::Level::Error || context.global.verbose && !allowed(found))
        .cloned()
        .collect();
    if !shown.is_empty() {
        let text = crate::diagnostics::render::render(
            &shown,
            &compiled.sources,
            crate::diagnostics::render::Format::Human,
            context.color_err,
            context.width,
        );
        context.say(text.trim_end());
    }
    match compiled.policy {
        Some(policy) => Ok(policy),
        None if !compiled.report.has_errors() => {
            let what = format!("`{}` holds no policy: it is a file for others to import", path.display());
            Err(Failure::wrong(what).hint("name the policy that imports it"))
        }
        None => Err(Failure::new(Exit::Wrong, format!("`{}` does not compile; nothing was changed", path.display()))),
    }
}
