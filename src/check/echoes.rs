//! Reports that only echo an earlier one: uses of a name whose declaration could not be parsed, and what is left over
//! on a line that was refused already. It must not drop what has a cause of its own.

use std::collections::HashSet;

use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Place, Sources, Span};
use crate::syntax::ast::{Decl, Stmt, StmtKind, Tree};
use crate::syntax::words;

/// Drops of `found`, the checker's reports, what echoes `earlier`, the parser's, which left holes in `trees`.
pub fn silence(earlier: &[Diagnostic], found: &mut Vec<Diagnostic>, sources: &Sources, trees: &[(FileId, Tree)]) {
    if earlier.is_empty() {
        return;
    }
    let line = |of: &Diagnostic| {
        let place = of.place();
        (place.file, sources.get(place.file).line_column(place.span.start).0)
    };
    let refused: HashSet<(FileId, usize)> = earlier.iter().map(line).collect();
    let mut lost: HashSet<(FileId, &str)> =
        refused.iter().filter_map(|&(file, line)| Some((file, declared(sources, file, line)?))).collect();
    let holes: Vec<(FileId, Holes)> = trees.iter().map(|(file, tree)| (*file, Holes::of(tree))).collect();
    for (file, holes) in &holes {
        for span in &holes.lost {
            lost.extend(declarations(sources.get(*file).slice(*span)).map(|name| (*file, name)));
        }
    }
    for report in earlier {
        let place = report.place();
        let source = sources.get(place.file);
        // An item that begins behind another, on its line.
        let rest = Span::new(place.span.start, source.line_span(line(report).1).end.max(place.span.start));
        lost.extend(declarations(source.slice(rest)).map(|name| (place.file, name)));
        // `letfolder = …`
        if report.code == Code::UnknownItem {
            let word = source.slice(place.span);
            lost.extend(words::ITEMS.iter().filter_map(|item| Some((place.file, word.strip_prefix(item)?))));
        }
    }
    // What stands behind the quote was read as text, up to the line end.
    let unclosed: HashSet<(FileId, usize)> =
        earlier.iter().filter(|report| report.code == Code::UnclosedString).map(line).collect();
    // Where a bracket is missing or too many, statements stand in another block than they were meant for.
    let moved: HashSet<FileId> = earlier
        .iter()
        .filter(|report| matches!(report.code, Code::StrayCloser | Code::UnclosedBracket))
        .filter(|report| {
            let is_brace = |place: Place| matches!(sources.get(place.file).slice(place.span), "{" | "}");
            report.labels.iter().any(|label| is_brace(label.place))
        })
        .map(|report| report.place().file)
        .collect();
    let in_hole = |report: &Diagnostic| {
        let place = report.place();
        holes.iter().any(|(file, holes)| *file == place.file && holes.concern(place.span))
    };
    // What stands before a foreign `=` was read as the whole condition, so its type says nothing.
    let assigned: HashSet<(FileId, usize)> =
        earlier.iter().filter(|report| report.code == Code::ForeignOperator).map(line).collect();
    found.retain(|report| match report.code {
        _ if unclosed.contains(&line(report)) => false,
        Code::WrongPlace | Code::DuplicateName if moved.contains(&report.place().file) => false,
        Code::UnknownClause | Code::MissingPart if moved.contains(&report.place().file) => false,
        // `polic shop { … }` is the policy that is missing.
        Code::EmptyPolicy => {
            !earlier.iter().any(|one| one.code == Code::UnknownItem && one.message.ends_with("did you mean `policy`"))
        }
        Code::Mismatch => !assigned.contains(&line(report)),
        Code::UnknownClause | Code::WrongPlace => !refused.contains(&line(report)),
        Code::MissingPart | Code::MissingUnsaid => !refused.contains(&line(report)) && !in_hole(report),
        Code::UnknownName | Code::UnknownUnit | Code::UnknownAuthority | Code::UsedBeforeBound | Code::NoScenario => {
            let place = report.place();
            let name = sources.get(place.file).slice(place.span).split('.').next().unwrap_or_default();
            !lost.contains(&(place.file, name))
        }
        _ => true,
    });
}

/// What of a tree could not be read.
#[derive(Default)]
struct Holes {
    lost: Vec<Span>,
    /// Every declaration, and whether something of its own body is lost: an outer one before those inside.
    declared: Vec<(Span, bool)>,
}

impl Holes {
    fn of(tree: &Tree) -> Self {
        let mut holes = Self::default();
        holes.statements(&tree.items);
        // An unknown item: nobody can tell what its body declares.
        holes
            .lost
            .extend(tree.items.iter().filter(|stmt| matches!(stmt.kind, StmtKind::Clause(_))).map(|stmt| stmt.span));
        holes
    }

    /// Whether the innermost declaration around `span` misses a part that could not be read.
    fn concern(&self, span: Span) -> bool {
        let around = |(of, _): &&(Span, bool)| of.start <= span.start && span.end <= of.end;
        self.declared.iter().rfind(around).is_some_and(|(_, holed)| *holed)
    }

    fn statements(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            match &stmt.kind {
                StmtKind::Error => self.lost.push(stmt.span),
                StmtKind::Decl(decl) => self.declaration(decl, stmt.span),
                StmtKind::Clause(clause) => clause.block.iter().for_each(|block| self.statements(&block.stmts)),
                StmtKind::For(each) => self.statements(&each.body.stmts),
                StmtKind::If(branch) => {
                    self.statements(&branch.body.stmts);
                    branch.otherwise.iter().for_each(|block| self.statements(&block.stmts));
                }
                StmtKind::Expr(_) => {}
            }
        }
    }

    fn declaration(&mut self, decl: &Decl, span: Span) {
        let is_lost = |stmt: &Stmt| matches!(stmt.kind, StmtKind::Error);
        let holed = decl.body.as_ref().is_some_and(|body| body.stmts.iter().any(is_lost));
        self.declared.push((span, holed));
        decl.body.iter().for_each(|body| self.statements(&body.stmts));
        if let Some(otherwise) = &decl.otherwise {
            self.declaration(otherwise, span);
        }
    }
}

/// The names that a text which could not be read seems to declare: `let NAME`, `step NAME`, `for NAME`.
fn declarations(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = move || text.split(move |letter| !is_word(letter)).filter(|word| !word.is_empty());
    let declares = |word: &str| words::ITEMS.contains(&word) || words::STATEMENTS.contains(&word);
    words().zip(words().skip(1)).filter(move |(word, _)| declares(word)).map(|(_, name)| name)
}

/// The name that a line which begins with a word and a name would have declared.
fn declared(sources: &Sources, file: FileId, line: usize) -> Option<&str> {
    let source = sources.get(file);
    let is_name = |text: &&str| {
        text.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let mut words = source.slice(source.line_span(line)).split_whitespace();
    words.next().filter(is_name)?;
    let name = words.next()?;
    let end = name.find([':', '=', '{', '(']).unwrap_or(name.len());
    Some(&name[..end]).filter(is_name)
}
