//! What `import "lib/x.rbk" as x` and `use std.NAME` mean: which source is wanted, and under which name.
//!
//! Owns the paths of imported sources and the registry of the standard modules, which the program carries. It reads
//! nothing from the world: whoever loads a policy does, and asks here what for.

use std::path::{Component, Path, PathBuf};

use crate::diagnostics::{Code, Diagnostic, suggest};
use crate::source::{FileId, Place, SourceFile, Span};
use crate::syntax::ast::{Decl, ExprKind, Ident, Keyword, Operand, Stmt, StmtKind, Tree};
use crate::syntax::string;

/// The modules of `std`: name and text. One line each; the page of a module is `docs/std/NAME.md`.
pub static STD: &[(&str, &str)] = &[
    ("compose", include_str!("../std/compose.rbk")),
    ("helm", include_str!("../std/helm.rbk")),
    ("kubernetes", include_str!("../std/kubernetes.rbk")),
    ("nginx", include_str!("../std/nginx.rbk")),
    ("npm", include_str!("../std/npm.rbk")),
    ("releases", include_str!("../std/releases.rbk")),
    ("terraform", include_str!("../std/terraform.rbk")),
];

/// Programs whose names are tried where the module is meant.
const PROGRAMS: &[(&str, &str)] = &[("kubectl", "kubernetes"), ("k8s", "kubernetes"), ("docker", "compose")];

/// The module of `std` that is meant by the family of a call.
#[must_use]
pub fn module_meant(family: &str) -> Option<&'static str> {
    let meant = PROGRAMS.iter().find(|(program, _)| *program == family).map_or(family, |(_, module)| module);
    STD.iter().map(|(known, _)| *known).find(|known| *known == meant)
}

/// What the path of a module of `std` begins with. No imported file is called so: those end in `.rbk`.
const PREFIX: &str = "std.";

/// The clause that any file may have at its top: which rbk it needs.
pub const REQUIRES: &str = "requires";

/// An `import` or `use`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The path of the source, as messages show it: relative to where rbk runs, or `std.NAME`.
    pub path: PathBuf,
    /// Where the path or the name of the module is written.
    pub span: Span,
    /// The name that it has in this file; `use std.releases` gives `releases`.
    pub alias: Ident,
}

impl Import {
    /// The text of a module of `std`.
    #[must_use]
    pub fn embedded(path: &Path) -> Option<&'static str> {
        let name = path.to_str()?.strip_prefix(PREFIX)?;
        STD.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }
}

/// Every `import` and `use` of a file, in the order of the text; or what is wrong with one.
pub fn of_tree<'t>(
    id: FileId,
    file: &'t SourceFile,
    tree: &'t Tree,
) -> impl Iterator<Item = (&'t Decl, Result<Import, Box<Diagnostic>>)> {
    decls(tree).filter_map(move |decl| Some((decl, import(id, file, decl)?)))
}

/// The declarations of a file.
pub fn decls(tree: &Tree) -> impl Iterator<Item = &Decl> {
    tree.items.iter().filter_map(|stmt| match &stmt.kind {
        StmtKind::Decl(decl) => Some(&**decl),
        _ => None,
    })
}

/// Whether a file is meant to be imported: no policy, and at least one action or probe.
#[must_use]
pub fn is_library(file: &SourceFile, tree: &Tree) -> bool {
    let mut own = false;
    let fits = tree.items.iter().all(|stmt| match stmt {
        Stmt { kind: StmtKind::Decl(decl), .. } => {
            own |= matches!(decl.keyword, Keyword::Action | Keyword::Probe);
            belongs(decl.keyword)
        }
        Stmt { kind: StmtKind::Clause(clause), .. } => file.slice(clause.word.0) == REQUIRES,
        Stmt { kind: StmtKind::Error, .. } => true,
        Stmt { .. } => false,
    });
    fits && own
}

/// Whether an item may stand in an imported file: what has no meaning but where it is called.
#[must_use]
pub const fn belongs(keyword: Keyword) -> bool {
    matches!(keyword, Keyword::Let | Keyword::Action | Keyword::Probe | Keyword::Import | Keyword::Use)
}

fn import(id: FileId, file: &SourceFile, decl: &Decl) -> Option<Result<Import, Box<Diagnostic>>> {
    let alias = decl.clauses.iter().find(|clause| file.slice(clause.word.0) == "as");
    let alias = alias.and_then(|clause| match clause.operands.first() {
        Some(Operand::Expr(name)) => Some(Ident(name.span)),
        _ => None,
    });
    match decl.keyword {
        Keyword::Import => {
            let title = decl.title.as_ref()?;
            Some(path_of(id, file, title.span, &title.kind).map(|path| Import {
                path,
                span: title.span,
                alias: alias.unwrap_or(Ident(title.span)),
            }))
        }
        Keyword::Use => {
            let value = decl.value.as_ref()?;
            let place = Place::new(id, value.span);
            let ExprKind::Field(field) = &value.kind else { return Some(Err(Box::new(no_module(place, file)))) };
            let (base, name) = (&field.base, field.name);
            if file.slice(base.span) != "std" {
                return Some(Err(Box::new(no_module(place, file))));
            }
            let word = file.slice(name.0);
            if STD.iter().any(|(known, _)| *known == word) {
                let path = PathBuf::from(format!("{PREFIX}{word}"));
                return Some(Ok(Import { path, span: value.span, alias: alias.unwrap_or(name) }));
            }
            let known = STD.iter().map(|(known, _)| *known);
            let names: Vec<_> = STD.iter().map(|(known, _)| *known).collect();
            let help = suggest::did_you_mean(word, known)
                .unwrap_or_else(|| format!("`std` has {}", suggest::alternatives(&names, "and")));
            let found = Diagnostic::new(Code::ImportNotFound, Place::new(id, name.0), format!("`std` has no `{word}`"));
            Some(Err(Box::new(found.label("no such module").help(help))))
        }
        _ => None,
    }
}

fn no_module(place: Place, file: &SourceFile) -> Diagnostic {
    let text = file.slice(place.span);
    Diagnostic::new(Code::ImportNotFound, place, format!("`{text}` is no module of `std`"))
        .label("no such module")
        .help("write `use std.NAME`, or `import \"path.rbk\" as name` for a file of your own")
}

/// The path of an imported file, from that of the file that imports it.
fn path_of(id: FileId, file: &SourceFile, span: Span, kind: &ExprKind) -> Result<PathBuf, Box<Diagnostic>> {
    let refused = |message: &str, help: &str| {
        let found = Diagnostic::new(Code::ImportNotFound, Place::new(id, span), message);
        Err(Box::new(found.label("this path").help(help)))
    };
    let ExprKind::Str(literal) = kind else { return refused("an import names a file", "write its path in quotes") };
    let Some(text) = string::literal(file, literal) else {
        return refused("an import is a plain text", "write the path without `${…}`");
    };
    let path = Path::new(&*text);
    if path.extension().is_none_or(|extension| extension != "rbk") {
        return refused("an imported file ends in `.rbk`", "write `import \"lib/name.rbk\" as name`");
    }
    if path.is_absolute() {
        let found = Diagnostic::new(Code::OutsideRoot, Place::new(id, span), format!("`{text}` leaves the root"))
            .label("an absolute path")
            .help("name a file relative to this one, below the root of the policy");
        return Err(Box::new(found));
    }
    // What the program carries imports nothing from a disk.
    if Import::embedded(&file.path).is_some() {
        return refused("a module of `std` imports no files", "write `use std.NAME`");
    }
    Ok(tidied(&file.path.parent().unwrap_or(Path::new("")).join(path)))
}

/// A path without `.`, and with `..` taken back by the text: so one file has one name.
#[must_use]
pub fn tidied(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(whole.components().next_back(), Some(Component::Normal(_))) => {
                whole.pop();
            }
            other => whole.push(other),
        }
    }
    whole
}

/// The folders that a policy may import from: its own and its roots, as given to the one who reads.
#[must_use]
pub fn folders(file: &SourceFile, tree: &Tree) -> Vec<PathBuf> {
    let own = file.path.parent().unwrap_or(Path::new(""));
    let mut folders = vec![tidied(own)];
    folders.extend(said_roots(file, tree).map(|root| tidied(&own.join(root))));
    folders
}

/// The root of the policy in a file as it is written there, its own folder where it says none; `None` where the file holds no
/// policy.
#[must_use]
pub fn root(file: &SourceFile, tree: &Tree) -> Option<PathBuf> {
    let is_policy = decls(tree).any(|decl| decl.keyword == Keyword::Policy);
    is_policy.then(|| said_roots(file, tree).next().unwrap_or_else(|| PathBuf::from(".")))
}

/// What the `root` clauses of a file say.
fn said_roots<'t>(file: &'t SourceFile, tree: &'t Tree) -> impl Iterator<Item = PathBuf> + 't {
    let policies = decls(tree).filter(|decl| decl.keyword == Keyword::Policy);
    policies.flat_map(|decl| decl.body.iter().flat_map(|body| &body.stmts)).filter_map(|stmt| {
        let StmtKind::Clause(clause) = &stmt.kind else { return None };
        if file.slice(clause.word.0) != "root" {
            return None;
        }
        let Some(Operand::Expr(value)) = clause.operands.first() else { return None };
        let ExprKind::Str(literal) = &value.kind else { return None };
        string::literal(file, literal).map(|root| PathBuf::from(&*root))
    })
}

/// Whether an imported path lies in one of the folders, by its text alone.
#[must_use]
pub fn inside(folders: &[PathBuf], path: &Path) -> bool {
    folders.iter().any(
        |folder| {
            if folder.as_os_str().is_empty() { !path.starts_with("..") } else { path.starts_with(folder) }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_one_name() {
        assert_eq!(tidied(Path::new("./a/./lib/../lib/x.rbk")), Path::new("a/lib/x.rbk"));
        assert_eq!(tidied(Path::new("../a/../../x.rbk")), Path::new("../../x.rbk"));
    }

    #[test]
    fn what_leaves_the_folders_is_outside() {
        let folders = [PathBuf::from("ops"), PathBuf::from("app")];
        assert!(inside(&folders, Path::new("ops/lib/x.rbk")));
        assert!(inside(&folders, Path::new("app/x.rbk")));
        assert!(!inside(&folders, Path::new("x.rbk")));
        assert!(!inside(&[PathBuf::new()], Path::new("../x.rbk")));
        assert!(inside(&[PathBuf::new()], Path::new("lib/x.rbk")));
    }
}
