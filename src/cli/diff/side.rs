//! One side of a comparison: the policies that a file, a folder or a path of a commit names, each with what it imports.
//!
//! INVARIANT: of a commit nothing is read from the disk, so what is compared is what was committed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalogue::unit::Catalogue;
use crate::check::imports::{is_library, tidied};
use crate::check::model::Policy;
use crate::cli::context::Context;
use crate::cli::exit::Failure;
use crate::cli::gather::Lost;
use crate::cli::load;
use crate::diagnostics::{Code, Report};
use crate::source::{SourceFile, Sources};

/// Where texts come from.
enum From {
    Disk,
    Commit { repository: git2::Repository, tree: git2::Oid, revision: String },
}

/// Policies by their names; in a folder a name is a path from there.
pub struct Side {
    named: String,
    from: From,
    /// What is named: a folder, or a file.
    path: PathBuf,
    folder: bool,
    names: Vec<String>,
}

impl Side {
    /// What `named` means.
    pub fn of(named: &str) -> Result<Self, Failure> {
        let path = Path::new(named);
        let there = path.symlink_metadata().is_ok() || named == "-";
        match named.split_once(':') {
            Some((revision, file)) if !there => Self::of_commit(named, revision, file),
            _ => {
                let mut side = Self::new(named, From::Disk, path.to_path_buf(), path.is_dir());
                if side.folder {
                    side.path = tidied(path);
                    let here = if side.path.as_os_str().is_empty() { Path::new(".") } else { &side.path };
                    let all = load::policies_in(here, usize::MAX);
                    let name = |path: &PathBuf| path.strip_prefix(&side.path).unwrap_or(path).display().to_string();
                    side.names = all.iter().map(name).collect();
                }
                side.without_libraries()
            }
        }
    }

    fn new(named: &str, from: From, path: PathBuf, folder: bool) -> Self {
        Self { named: named.to_owned(), from, path, folder, names: vec![String::new()] }
    }

    fn of_commit(named: &str, revision: &str, file: &str) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::wrong(format!("`{named}`: {what}"));
        let repository = git2::Repository::discover(".").map_err(|_| {
            wrong("there is no such file, and no git repository here".to_owned())
                .hint("name two files, or go to the repository")
        })?;
        let tree = repository
            .revparse_single(revision)
            .and_then(|found| found.peel_to_tree())
            .map_err(|_| {
                wrong(format!("there is no such file, and no commit `{revision}`"))
                    .hint("`git log --oneline` lists commits, `git branch -a` branches")
            })?
            .id();
        let path = within(&repository, file).ok_or_else(|| wrong(format!("`{file}` is not in the repository")))?;
        let mut side = Self::new(named, From::Disk, path, false);
        match policies_below(&repository, tree, &side.path) {
            Ok(Some(names)) => (side.folder, side.names) = (true, names),
            Ok(None) => {}
            Err(_) => {
                return Err(wrong(format!("`{revision}` has no `{}`", side.path.display()))
                    .hint("the path is that of `git show`: from the top of the repository, or `./…` from here"));
            }
        }
        side.from = From::Commit { repository, tree, revision: revision.to_owned() };
        side.without_libraries()
    }

    pub const fn is_folder(&self) -> bool {
        self.folder
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The only policy.
    pub fn one(&self) -> Result<&str, Failure> {
        match self.names.as_slice() {
            [one] => Ok(one),
            [] => Err(Failure::wrong(format!("no policy in `{}`", self.named)).hint("name a `.rbk` file")),
            all => {
                let names: Vec<_> = all.iter().map(|name| format!("`{name}`")).collect();
                Err(Failure::wrong(format!("`{}` holds several policies, and the other side is one", self.named))
                    .hint(format!("name one of {}", names.join(", "))))
            }
        }
    }

    /// The policy of this name with what it imports; what is wrong with it is said.
    pub fn policy(&self, name: &str, catalogue: &Catalogue, context: &Context) -> Result<Arc<Policy>, Failure> {
        let path = self.path_of(name);
        let text = self.text(name)?;
        let compile = |text: String, in_form: bool| {
            let form = |path: &Path, text: String| if in_form { formatted(path, text) } else { text };
            let find = |path: &Path, folders: &[PathBuf]| match &self.from {
                From::Disk => load::imported(path, folders).map(|text| form(path, text)),
                From::Commit { revision, .. } => {
                    self.committed(path).map(|text| form(path, text)).ok_or_else(|| Lost {
                        code: Code::ImportNotFound,
                        message: format!("`{revision}` has no `{}`", path.display()),
                        help: "the path is relative to the file that imports it".to_owned(),
                    })
                }
            };
            load::compile_with(SourceFile::new(&path, form(&path, text)), &find, catalogue)
        };
        // Mistakes are shown as they stand there; what is compared has the one form that all have, so that no form differs.
        let said = load::sound(compile(text.clone(), false), &path, context)?;
        Ok(compile(text, true).policy.unwrap_or(said))
    }

    fn path_of(&self, name: &str) -> PathBuf {
        if self.folder { self.path.join(name) } else { self.path.clone() }
    }

    fn text(&self, name: &str) -> Result<String, Failure> {
        let path = self.path_of(name);
        match &self.from {
            From::Disk => match load::read(&path)? {
                Ok(text) => Ok(text),
                Err((_, message, help)) => Err(Failure::wrong(format!("`{}`: {message}", path.display())).hint(help)),
            },
            From::Commit { revision, .. } => self.committed(&path).ok_or_else(|| {
                Failure::wrong(format!("`{revision}` has no text `{}`", path.display())).hint("name a `.rbk` file")
            }),
        }
    }

    /// A text as the commit has it.
    fn committed(&self, path: &Path) -> Option<String> {
        let From::Commit { repository, tree, .. } = &self.from else { return None };
        let entry = repository.find_tree(*tree).ok()?.get_path(&tidied(path)).ok()?;
        let blob = entry.to_object(repository).ok()?.into_blob().ok()?;
        String::from_utf8(blob.content().to_vec()).ok()
    }

    /// Files of a folder that are there for others to import are compared with those.
    fn without_libraries(mut self) -> Result<Self, Failure> {
        if self.folder {
            let mut policies = Vec::new();
            for name in std::mem::take(&mut self.names) {
                let mut sources = Sources::default();
                let id = sources.add(SourceFile::new(self.path_of(&name), self.text(&name)?));
                let tree = crate::syntax::parse(id, sources.get(id), &mut Report::default());
                if !is_library(sources.get(id), &tree) {
                    policies.push(name);
                }
            }
            self.names = policies;
        }
        Ok(self)
    }
}

/// The policy files below a folder of a commit; `None` where it is no folder.
fn policies_below(
    repository: &git2::Repository,
    tree: git2::Oid,
    path: &Path,
) -> Result<Option<Vec<String>>, git2::Error> {
    let tree = repository.find_tree(tree)?;
    let folder = if path.as_os_str().is_empty() {
        tree
    } else {
        match tree.get_path(path)?.to_object(repository)?.into_tree() {
            Ok(folder) => folder,
            Err(_) => return Ok(None),
        }
    };
    let mut names = Vec::new();
    folder.walk(git2::TreeWalkMode::PreOrder, |inside, entry| {
        if let Ok(name) = entry.name()
            && Path::new(name).extension().is_some_and(|ext| ext == "rbk")
            && entry.kind() == Some(git2::ObjectType::Blob)
        {
            names.push(format!("{inside}{name}"));
        }
        git2::TreeWalkResult::Ok
    })?;
    names.sort();
    Ok(Some(names))
}

/// A path as the tree of a commit has it.
fn within(repository: &git2::Repository, file: &str) -> Option<PathBuf> {
    if file != "." && !file.starts_with("./") && !file.starts_with("../") {
        return Some(PathBuf::from(file.trim_end_matches('/')));
    }
    let top = std::fs::canonicalize(repository.workdir()?).ok()?;
    let here = std::fs::canonicalize(".").ok()?;
    Some(tidied(&here.strip_prefix(top).ok()?.join(file)))
}

/// The text in the one form that all have. What cannot be formatted stays as it is.
fn formatted(path: &Path, text: String) -> String {
    let mut sources = Sources::default();
    let mut report = Report::default();
    let id = sources.add(SourceFile::new(path, text.clone()));
    let tree = crate::syntax::parse(id, sources.get(id), &mut report);
    if report.has_errors() {
        return text;
    }
    crate::syntax::format::format(sources.get(id), &tree).unwrap_or(text)
}
