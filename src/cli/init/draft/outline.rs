//! Which blocks of a runbook become which phases, scenarios and stages: by its headings.

use regex::Regex;

use super::runbook::{Block, bare};
use super::shell::{self, Piece};

/// A phase of the draft.
#[derive(Debug)]
pub struct Phase<'a> {
    pub title: String,
    pub line: usize,
    pub parts: Vec<Part<'a>>,
}

/// What stands together in a phase.
#[derive(Debug)]
pub struct Part<'a> {
    pub kind: Kind,
    pub title: String,
    pub line: usize,
    pub scripts: Vec<Script<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Stage,
    Scenario,
}

/// A block that is done.
#[derive(Debug)]
pub struct Script<'a> {
    pub block: &'a Block,
    /// Nothing for a block of Python.
    pub pieces: Vec<Piece>,
}

/// How a block is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    Shell,
    Python,
    /// Code of a program, or an example of some text.
    No,
}

/// How this block is read.
pub fn reading(block: &Block) -> Read {
    let has =
        |begin: &[&str]| block.text.lines().any(|line| begin.iter().any(|begin| line.trim_start().starts_with(begin)));
    match block.language.as_str() {
        "bash" | "sh" | "shell" | "zsh" | "console" => Read::Shell,
        // Some runbooks mark a command of Python as if it was Python.
        "python" | "py" if has(&["python ", "python3 "]) => Read::Shell,
        "python" | "py" if !has(&["def ", "class "]) => Read::Python,
        _ => Read::No,
    }
}

/// The phases, in the order of the text; of each block that is read, the number of its phase.
pub fn outline(blocks: &[Block]) -> (Vec<Phase<'_>>, Vec<Option<usize>>) {
    let numbered = Regex::new(r"(?i)\bphase\s*\d|^\d+\s*[-–.:]").expect("a regex");
    let mut phases: Vec<Phase<'_>> = Vec::new();
    let mut numbers = Vec::new();
    for block in blocks {
        let reading = reading(block);
        if reading == Read::No {
            numbers.push(None);
            continue;
        }
        let pieces = if reading == Read::Shell { shell::pieces(&block.text) } else { Vec::new() };
        let last = block.path.len().saturating_sub(1);
        let alone = block.text.starts_with("#!");
        let scenario = |title: &str| title.to_lowercase().starts_with("scenario") && title.contains(':');
        let at = block.path.iter().position(|(_, title)| numbered.is_match(title)).unwrap_or_else(|| {
            if block.path.last().is_some_and(|(_, title)| scenario(title)) { last.saturating_sub(1) } else { last }
        });
        let (line, title) = match block.path.get(at) {
            // A script of its own is another way, whatever it shares a heading with.
            _ if alone && block.label.is_some() => (block.line - 1, block.label.clone().unwrap_or_default()),
            Some((line, title)) => (*line, title.clone()),
            None => (block.line, block.label.clone().unwrap_or_else(|| "Rollback".to_owned())),
        };
        let inner = block.path.get(at + 1).filter(|_| !alone);
        let part = match inner {
            None => Part { kind: Kind::Plain, title: String::new(), line, scripts: Vec::new() },
            Some((line, title)) => {
                let kind = if scenario(title) { Kind::Scenario } else { Kind::Stage };
                let title =
                    if kind == Kind::Scenario { title.split_once(':').map_or("", |(_, title)| title) } else { title };
                Part { kind, title: bare(title), line: *line, scripts: Vec::new() }
            }
        };
        if phases.last().is_none_or(|phase| phase.line != line) {
            phases.push(Phase { title, line, parts: Vec::new() });
        }
        numbers.push(Some(phases.len() - 1));
        let phase = phases.last_mut().expect("one was pushed where there was none");
        if phase.parts.last().is_none_or(|other| (other.kind, other.line) != (part.kind, part.line)) {
            phase.parts.push(part);
        }
        phase.parts.last_mut().expect("one was pushed where there was none").scripts.push(Script { block, pieces });
    }
    (phases, numbers)
}
