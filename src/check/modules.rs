//! The files of a policy: each imported one has names of its own, which others reach through the name they import it by.
//!
//! Owns turning from the names of one file to those of another. Files that import each other never come here: they are
//! refused when they are read.

use super::checker::Checker;
use super::imports::{self, Import};
use super::model::BindingId;
use super::names::{Entry, Meaning, Module};
use crate::diagnostics::{Code, Diagnostic, suggest};
use crate::source::{FileId, Place, Span};
use crate::syntax::ast::{self, Decl, Ident, Keyword, StmtKind, Tree};

/// What `x.name` means.
pub enum Member {
    /// Not a member of a module.
    Other,
    /// A name of an imported file.
    Found(Entry),
    /// Refused, and reported.
    Refused,
}

impl<'a> Checker<'a> {
    /// Turns to the names of another file; gives the one before.
    pub fn turn_to(&mut self, module: u32) -> u32 {
        let before = self.module;
        if before != module {
            let own = &mut self.modules[before as usize];
            own.scope = std::mem::take(&mut self.scope);
            own.coming = std::mem::take(&mut self.coming);
            let other = &mut self.modules[module as usize];
            self.scope = std::mem::take(&mut other.scope);
            self.coming = std::mem::take(&mut other.coming);
            self.module = module;
        }
        before
    }

    /// Declares what the present file imports, and checks what was not yet.
    pub fn imports(&mut self, trees: &'a [(FileId, Tree)], file: FileId, lets: &mut Vec<BindingId>) {
        let Some((_, tree)) = trees.iter().find(|(id, _)| *id == file) else { return };
        let sources = self.sources;
        for (decl, import) in imports::of_tree(file, sources.get(file), tree) {
            self.open(file);
            match import {
                Ok(import) => self.import(trees, decl, &import, lets),
                // Said when it was read, too; what is said twice is shown once.
                Err(found) => {
                    self.push(*found);
                    self.lost(decl);
                }
            }
        }
    }

    fn import(&mut self, trees: &'a [(FileId, Tree)], decl: &'a Decl, import: &Import, lets: &mut Vec<BindingId>) {
        let word = self.word(import.alias);
        let family = format!("{word}.");
        if self.catalogue.names().any(|unit| unit.starts_with(&family)) {
            self.error(Code::HidesBuiltIn, import.alias.0, format!("`{word}` is a family of actions and probes"))
                .set_label("would hide it")
                .set_help(format!("import it by another name: `as my_{word}`"));
            return self.lost(decl);
        }
        let known = self.sources.iter().find(|(_, file)| file.path == import.path).map(|(id, _)| id);
        let Some(known) = known else {
            if !self.refused_before {
                let found = format!("there is no file `{}`", import.path.display());
                self.error(Code::ImportNotFound, import.span, found).set_label("imported here");
            }
            return self.lost(decl);
        };
        if self.modules.iter().any(|module| module.file == known && module.open) {
            return self.lost(decl);
        }
        let file = self.file;
        let index = match self.modules.iter().position(|module| module.file == known) {
            Some(index) => index as u32,
            None => self.module_of(trees, known, lets),
        };
        self.open(file);
        self.declare(import.alias, Meaning::Module(index));
    }

    /// What cannot be imported is not blamed on those who use it.
    fn lost(&mut self, decl: &'a Decl) {
        let alias = decl.clauses.iter().find(|clause| self.word(clause.word) == "as");
        let alias = alias.and_then(|clause| self.operands(clause).peek());
        let last = decl.value.as_ref().map(|value| self.slice(value.span).rsplit('.').next().unwrap_or_default());
        self.unavailable.extend(alias.or(last));
    }

    /// Checks an imported file, with names of its own.
    fn module_of(&mut self, trees: &'a [(FileId, Tree)], file: FileId, lets: &mut Vec<BindingId>) -> u32 {
        let index = self.modules.len() as u32;
        self.modules.push(Module { file, open: true, ..Module::default() });
        let Some((_, tree)) = trees.iter().find(|(id, _)| *id == file) else { return index };
        let before = self.turn_to(index);
        self.open(file);
        for stmt in &tree.items {
            match &stmt.kind {
                StmtKind::Decl(decl) if !imports::belongs(decl.keyword) => {
                    let word = decl.keyword.text();
                    self.foreign(decl.word, &format!("`{word}`"));
                }
                StmtKind::Clause(clause) => {
                    let word = self.word(clause.word);
                    if word == imports::REQUIRES {
                        self.requires_rbk(clause);
                    } else {
                        self.foreign(clause.word.0, &format!("`{word}`"));
                    }
                }
                _ => {}
            }
        }
        self.imports(trees, file, lets);
        self.open(file);
        for decl in imports::decls(tree).filter(|decl| imports::belongs(decl.keyword)) {
            self.declare_item(decl);
        }
        for decl in imports::decls(tree).filter(|decl| decl.keyword == Keyword::Let && decl.params.is_none()) {
            let Some(bound) = self.top_let(decl) else { continue };
            // A plan tells the `let`s of several files apart.
            let name = &mut self.bindings[bound.0 as usize].name;
            let path = self.sources.get(file).path.with_extension("");
            name.text = format!("{}.{}", path.display(), name.text).into();
            lets.push(bound);
        }
        self.turn_to(before);
        self.modules[index as usize].open = false;
        index
    }

    fn foreign(&mut self, span: Span, what: &str) {
        self.error(Code::WrongPlace, span, format!("{what} does not stand in an imported file"))
            .set_label("not expected here")
            .set_help(
                "imported files hold `let`, `probe`, `action`, `import`, `use` and `requires`; the rest belongs to the policy",
            );
    }

    /// What a call or value `x.name` means, where `x` is an import.
    pub fn imported(&mut self, expr: &'a ast::Expr) -> Member {
        let ast::ExprKind::Field(field) = &expr.kind else { return Member::Other };
        let (base, name) = (&field.base, field.name);
        if !matches!(base.kind, ast::ExprKind::Name) {
            return Member::Other;
        }
        let family = self.slice(base.span);
        let Some(Entry { meaning: Meaning::Module(index), .. }) = self.scope.find(family) else {
            return Member::Other;
        };
        let word = self.word(name);
        let module = &self.modules[index as usize];
        match module.scope.find(word) {
            // What a file imports is its own affair.
            Some(entry) if !matches!(entry.meaning, Meaning::Module(_) | Meaning::Broken) => Member::Found(entry),
            Some(Entry { meaning: Meaning::Broken, .. }) => Member::Refused,
            _ => {
                self.no_member(family, name, index);
                Member::Refused
            }
        }
    }

    fn no_member(&mut self, family: &str, name: Ident, index: u32) {
        let word = self.word(name);
        let module = &self.modules[index as usize];
        let mut names: Vec<&str> = module.scope.visible().collect();
        names.retain(|name| !matches!(module.scope.find(name), Some(Entry { meaning: Meaning::Module(_), .. })));
        names.sort_unstable();
        let path = self.sources.get(module.file).path.display().to_string();
        let near = self.guess(word, names.iter().copied());
        let help = near.unwrap_or_else(|| match names[..] {
            [] => format!("`{path}` holds nothing"),
            _ => format!("`{path}` has {}", suggest::alternatives(&names, "and")),
        });
        self.error(Code::UnknownUnit, name.0, format!("`{family}` has no `{word}`"))
            .set_label("no such name in the imported file")
            .set_help(help);
    }

    /// Refuses an action or probe that would hide one that is built in, or a function.
    pub fn hides_built_in(&mut self, decl: &'a Decl, name: Ident) -> bool {
        let word = self.word(name);
        let unit = self.catalogue.action(word).is_some() || self.catalogue.probe(word).is_some();
        let function = super::functions::find(word).is_some() || super::series::find(word).is_some();
        if !unit && !function {
            return false;
        }
        let noun = decl.keyword.text();
        self.error(Code::HidesBuiltIn, name.0, format!("`{word}` is built in"))
            .set_label(format!("this {noun} would hide it"))
            .set_help("give it another name");
        self.unavailable.insert(word);
        true
    }

    /// Says in every finding since `from` which call led to it.
    pub fn expanded_here(&mut self, from: usize, name: &str, call: Place) {
        for found in &mut self.report.diagnostics[from..] {
            expanded_at(found, name, call);
        }
    }

    /// Whether a binding belongs to the policy itself rather than to a file that others import too.
    pub fn is_own(&self, place: Place) -> bool {
        place.file == self.modules[0].file
    }
}

/// Shows the call beside what is wrong in the definition.
pub fn expanded_at(found: &mut Diagnostic, name: &str, call: Place) {
    if found.place() != call {
        found.add_place(call, format!("in the expansion of `{name}`, called here"));
    }
}
