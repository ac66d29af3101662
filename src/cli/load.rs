//! From paths to compiled policies: reading, size and encoding limits, then the stages in order.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalogue::unit::Catalogue;
use crate::check::model::Policy;
use crate::diagnostics::levels::Setting;
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::source::{FileId, Place, SourceFile, Sources, Span};

use super::exit::{Exit, Failure};

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

/// Reads and compiles the policy at `path`.
pub fn compile(path: &Path, catalogue: &Catalogue) -> Result<Compiled, Failure> {
    let mut sources = Sources::default();
    let mut report = Report::default();
    match read(path)? {
        Ok(text) => {
            sources.add(SourceFile::new(path, text));
            Ok(compile_sources(sources, catalogue))
        }
        Err((code, message, help)) => {
            let file = sources.add(SourceFile::new(path, ""));
            let place = Place::new(file, Span::default());
            report.push(Diagnostic::new(code, place, message).help(help));
            Ok(Compiled { sources: Arc::new(sources), report, policy: None })
        }
    }
}

/// Compiles texts that were read before, such as the frozen ones of a plan or run.
#[must_use]
pub fn compile_sources(sources: Sources, catalogue: &Catalogue) -> Compiled {
    let mut report = Report::default();
    let mut trees = Vec::new();
    for (file, source) in sources.iter() {
        let tree = crate::syntax::parse(file, source, &mut report);
        if tree.items.is_empty() && !report.has_errors() {
            report.push(empty(file));
        }
        trees.push((file, tree));
    }
    let mut policy = None;
    let syntax_is_sound = !report.has_errors();
    // A tree with holes is still checked, so that one pass shows every mistake; it never becomes a policy.
    if trees.iter().any(|(_, tree)| !tree.items.is_empty()) {
        policy =
            crate::check::check(&sources, &trees, catalogue, &mut report).filter(|_| syntax_is_sound).map(Arc::new);
    }
    drop(trees); // the policy holds what it needs of them, and what follows needs room of its own
    if let Some(checked) = &policy {
        crate::check::analysis::analyse(checked, &mut report);
    }
    if report.has_errors() {
        policy = None;
    }
    crate::check::allows::silence(&sources, &trees, policy.is_some(), &mut report);
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
    let names: Vec<_> = found.iter().map(|path| format!("`{}`", path.display())).collect();
    failure.hint(format!("there is {}", names.join(", ")))
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
    let compiled = compile(path, catalogue)?;
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
        None => Err(Failure::new(Exit::Wrong, format!("`{}` does not compile; nothing was changed", path.display()))),
    }
}
