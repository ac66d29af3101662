//! A policy with everything that it imports: each file read and parsed once, however often it is imported.
//!
//! Owns the walk over imports, its bounds and its reports. Where a text comes from is for the caller: the disk, or what a
//! plan or run froze.

use std::path::{Path, PathBuf};

use crate::check::imports::{self, Import};
use crate::diagnostics::{Code, Diagnostic, Report};
use crate::source::{FileId, Place, SourceFile, Sources, Span};
use crate::syntax::ast::Tree;

/// The most files that one policy may import.
const MOST: usize = 1000;
/// Imports nest so deep at most.
const DEEPEST: usize = 64;

/// Why there is no text: what is wrong and what to do, with the code when it is not that nothing is there.
pub struct Lost {
    pub code: Code,
    pub message: String,
    pub help: String,
}

/// Gives the text of an imported file; `folders`: where it must lie.
pub type Find<'a> = dyn Fn(&Path, &[PathBuf]) -> Result<String, Lost> + 'a;

/// Reads `main` and what it imports. The trees stand in the order in which the files were first named, `main` first.
pub fn gather(main: SourceFile, find: &Find<'_>, report: &mut Report) -> (Sources, Vec<(FileId, Tree)>) {
    let mut gather = Gather { sources: Sources::default(), trees: Vec::new(), folders: Vec::new(), find, report };
    let path = main.path.clone();
    let id = gather.sources.add(main);
    gather.file(id, &mut vec![(path, Place::new(id, Span::default()))]);
    gather.trees.sort_by_key(|(id, _)| *id);
    (gather.sources, gather.trees)
}

struct Gather<'a> {
    sources: Sources,
    trees: Vec<(FileId, Tree)>,
    folders: Vec<PathBuf>,
    find: &'a Find<'a>,
    report: &'a mut Report,
}

impl Gather<'_> {
    /// Parses a file and follows its imports; `chain`: the files that led here, each with the place that imports it.
    fn file(&mut self, id: FileId, chain: &mut Vec<(PathBuf, Place)>) {
        let file = self.sources.get(id).clone();
        let tree = crate::syntax::parse(id, &file, self.report);
        if chain.len() == 1 {
            self.folders = imports::folders(&file, &tree);
        } else {
            // What is imported need not hold a policy, nor anything at all.
            let empty = |found: &Diagnostic| found.code == Code::EmptyPolicy && found.place().file == id;
            self.report.diagnostics.retain(|found| !empty(found));
        }
        let wanted: Vec<_> = imports::of_tree(id, &file, &tree).map(|(_, import)| import).collect();
        self.trees.push((id, tree));
        for import in wanted {
            match import {
                Ok(import) => self.follow(id, &import, chain),
                Err(found) => self.report.push(*found),
            }
        }
    }

    fn follow(&mut self, from: FileId, import: &Import, chain: &mut Vec<(PathBuf, Place)>) {
        let place = Place::new(from, import.span);
        if let Some(at) = chain.iter().position(|(path, _)| *path == import.path) {
            return self.circle(&chain[at..], place);
        }
        if self.sources.iter().any(|(_, file)| file.path == import.path) {
            return;
        }
        if chain.len() >= DEEPEST || self.trees.len() > MOST {
            let found = Diagnostic::new(Code::TooDeep, place, "too many files import each other")
                .label(format!("over {MOST} files, or over {DEEPEST} deep"))
                .help("put what belongs together into one file");
            return self.report.push(found);
        }
        let text = match Import::embedded(&import.path) {
            // What was frozen counts, not what this version carries.
            Some(text) => (self.find)(&import.path, &[]).unwrap_or_else(|_| text.to_owned()),
            None => {
                let shown = import.path.display();
                if !imports::inside(&self.folders, &import.path) {
                    let found = Diagnostic::new(Code::OutsideRoot, place, format!("`{shown}` leaves the root"))
                        .label("outside of the policy's root")
                        .help(
                            "an imported file lies below the folder or the root of the policy: move or copy it there",
                        );
                    return self.report.push(found);
                }
                match (self.find)(&import.path, &self.folders) {
                    Ok(text) => text,
                    Err(lost) => {
                        let found = Diagnostic::new(lost.code, place, lost.message).label("imported here");
                        return self.report.push(found.help(lost.help));
                    }
                }
            }
        };
        let id = self.sources.add(SourceFile::new(&import.path, text));
        chain.push((import.path.clone(), place));
        self.file(id, chain);
        chain.pop();
    }

    /// Files that import each other: the path, and every place on it.
    fn circle(&mut self, ring: &[(PathBuf, Place)], closing: Place) {
        let names: Vec<_> = ring.iter().chain(ring.first()).map(|(path, _)| format!("`{}`", path.display())).collect();
        let what = if ring.len() == 1 { "a file imports itself" } else { "files import each other" };
        let mut found = Diagnostic::new(Code::ImportCycle, closing, what).label(names.join(" → "));
        for (_, place) in &ring[1..] {
            found = found.also(*place, "on the way");
        }
        self.report.push(found.help("move what both need into a file of its own, and import that"));
    }
}
