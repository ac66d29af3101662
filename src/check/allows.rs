//! `# rbk: allow(no_verification) because it is checked by hand`: advice that is not wanted at one place.
//!
//! A comment that stands alone speaks of the next line that is none; behind a statement, of its own line. It silences
//! advice only, and one that is misspelt or no longer needed is advice itself.

use std::collections::{HashMap, HashSet};

use crate::diagnostics::{Code, Diagnostic, Level, Report, suggest};
use crate::source::{FileId, Place, SourceFile, Sources, Span};
use crate::syntax::ast::{Comment, Tree};

/// How one is written.
const FORM: &str = "`# rbk: allow(LINT) because …`";

/// A lint that is allowed on a line.
struct Allow {
    file: FileId,
    line: usize,
    code: Code,
    place: Place,
}

/// What the comments of a policy allow.
pub struct Allows(Vec<Allow>);

/// Reads the comments, and reports those that cannot be read.
pub fn gather(sources: &Sources, trees: &[(FileId, Tree)], report: &mut Report) -> Allows {
    let mut allows = Vec::new();
    for (file, tree) in trees {
        for (index, comment) in tree.comments.iter().enumerate() {
            read(sources.get(*file), *file, comment, &tree.comments[index + 1..], &mut allows, report);
        }
    }
    Allows(allows)
}

/// Drops what comments allow, and (`complete`: all advice was given) reports those that allow nothing.
pub fn silence(Allows(allows): &Allows, sources: &Sources, complete: bool, report: &mut Report) {
    if allows.is_empty() {
        return;
    }
    // Of two for one thing the second allows nothing.
    let mut at: HashMap<(FileId, usize, Code), usize> = HashMap::new();
    for (index, allow) in allows.iter().enumerate() {
        at.entry((allow.file, allow.line, allow.code)).or_insert(index);
    }
    let mut used = HashSet::new();
    report.diagnostics.retain(|found| {
        if found.level != Level::Warning {
            return true;
        }
        let place = found.place();
        let line = sources.get(place.file).line(place.span.start);
        match at.get(&(place.file, line, found.code)) {
            Some(allow) => {
                used.insert(*allow);
                false
            }
            None => true,
        }
    });
    let unused = allows.iter().enumerate().filter(|(index, _)| complete && !used.contains(index));
    for (_, allow) in unused {
        let lint = allow.code.lint().unwrap_or_default();
        let message = format!("nothing on line {} has to be allowed `{lint}`", allow.line);
        let found = Diagnostic::new(Code::UnusedAllow, allow.place, message).label("allows nothing");
        report.push(found.help("leave it out; a comment speaks of its own line, or alone of the next one"));
    }
}

/// Reads one comment; `behind` are those that follow it.
fn read(
    source: &SourceFile,
    file: FileId,
    comment: &Comment,
    behind: &[Comment],
    allows: &mut Vec<Allow>,
    report: &mut Report,
) {
    let text = source.slice(comment.span);
    let body = text.trim_start_matches('#').trim_start();
    let Some(rest) = body.strip_prefix("rbk:") else { return };
    let whole = Place::new(file, comment.span);
    let mut refuse = |place: Place, message: String, help: String| {
        report.push(Diagnostic::new(Code::BadAllow, place, message).label("without effect").help(help));
    };
    let form = format!("write {FORM}");
    let rest = rest.trim_start();
    let inside = rest.strip_prefix("allow").and_then(|rest| rest.trim_start().strip_prefix('('));
    let Some((names, reason)) = inside.and_then(|inside| inside.split_once(')')) else {
        return refuse(whole, "this comment speaks to rbk and cannot be read".to_owned(), form);
    };
    let reason = reason.trim().strip_prefix("because").map(str::trim).unwrap_or_default();
    if !reason.chars().any(char::is_alphanumeric) {
        return refuse(whole, "an `allow` needs a reason".to_owned(), form);
    }
    if names.trim().is_empty() {
        return refuse(whole, "this `allow` names nothing".to_owned(), form);
    }
    let line = spoken_of(source, comment, behind);
    for name in names.split(',') {
        let from = name.as_ptr().addr() - text.as_ptr().addr() + name.len() - name.trim_start().len();
        let name = name.trim();
        let start = comment.span.start + from as u32;
        let place = Place::new(file, Span::new(start, start + name.len() as u32));
        match Code::parse_lint(name) {
            Some(code) => allows.push(Allow { file, line, code, place }),
            None => {
                let (message, help) = unknown(name);
                refuse(place, message, help);
            }
        }
    }
}

/// The line that a comment speaks of: its own, or the next one that is no comment.
fn spoken_of(source: &SourceFile, comment: &Comment, behind: &[Comment]) -> usize {
    let own = source.line(comment.span.start);
    if !comment.own_line {
        return own;
    }
    let mut next = own + 1;
    for other in behind.iter().filter(|other| other.own_line) {
        if source.line(other.span.start) != next {
            break;
        }
        next += 1;
    }
    next
}

/// What is said of a word that names no lint: message and help.
pub fn unknown(name: &str) -> (String, String) {
    if let Some(code) = Code::parse(name) {
        let message = format!("`{code}` is no advice: it cannot be allowed");
        return (message, format!("mend it; `rbk explain {code}` shows how"));
    }
    let lints: Vec<String> = Code::lints().filter_map(Code::lint).collect();
    let numbers = Code::lints().map(Code::number);
    let near = suggest::did_you_mean(&name.to_lowercase(), lints.iter().map(String::as_str));
    let near = near.or_else(|| suggest::did_you_mean(&name.to_uppercase(), numbers));
    (format!("there is no lint `{name}`"), near.unwrap_or_else(|| "`rbk explain` lists them: W60…".to_owned()))
}
