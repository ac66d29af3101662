//! Which processes a call means: a text or a regex over command lines, never rbk itself or who started it.

use std::collections::{BTreeMap, BTreeSet};

use super::table::{self, Process};
use crate::catalogue::args::Args;
use crate::catalogue::command::GUARD_VERB;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::signature::{Form, Parameter};
use crate::catalogue::value::Value;

/// The text to look for.
pub(crate) const PATTERN: Parameter = Parameter {
    name: "pattern",
    ty: "string",
    form: Form::OptionalPositional,
    doc: "a text that the command line contains, taken literally",
};

/// The regex to look for.
pub(crate) const MATCHING: Parameter = Parameter {
    name: "matching",
    ty: "regex",
    form: Form::Optional,
    doc: "a regex over the command line, in the place of the text",
};

/// What command lines are compared with.
#[derive(Debug)]
pub(crate) enum Pattern {
    Text(String),
    Regex(regex::Regex),
}

impl Pattern {
    /// That of a call, which has a text or a regex.
    pub(crate) fn of(args: &Args) -> Result<Self> {
        let name = args.signature().name;
        let (text, regex) = match (args.get("pattern"), args.get("matching")) {
            (Some(Value::Regex(regex)), None) | (None, Some(Value::Regex(regex))) => (None, Some(regex)),
            (Some(text), None) => (text.as_text(), None),
            (None, Some(_)) => return Err(Error::internal(format!("`matching:` of `{name}` is no regex"))),
            (Some(_), Some(_)) => {
                return Err(Error::new(ErrorKind::Value, format!("`{name}` was given a text and a regex"))
                    .hint("leave one of them out: two conditions are one regex"));
            }
            (None, None) => (None, None),
        };
        if let Some(source) = regex {
            let regex = regex::Regex::new(source)
                .map_err(|error| Error::new(ErrorKind::Value, format!("r\"{source}\" is no regex: {error}")))?;
            if regex.is_match("") {
                return Err(Error::refused(format!("r\"{source}\" matches every process"))
                    .hint("name the program that you mean"));
            }
            return Ok(Self::Regex(regex));
        }
        match text.map(str::trim) {
            Some("") | None => Err(Error::new(ErrorKind::Value, format!("`{name}` was not told which process"))
                .hint(format!("for example `{name}(\"node server.js\")`, or `matching: r\"…\"`"))),
            Some(text) => Ok(Self::Text(text.to_owned())),
        }
    }

    /// What is wrong with the arguments of a call, as far as they are known.
    pub(crate) fn complaint(args: &Args) -> Option<Error> {
        let known = ["pattern", "matching"].iter().all(|name| !args.is_unknown(name));
        if known { Self::of(args).err() } else { None }
    }

    /// Whether a process is meant.
    pub(crate) fn matches(&self, process: &Process) -> bool {
        match self {
            Self::Text(text) => process.line().contains(text),
            Self::Regex(regex) => regex.is_match(&process.line()),
        }
    }

    /// As messages name it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Text(text) => format!("`{text}`"),
            Self::Regex(regex) => format!("r\"{regex}\""),
        }
    }

    /// What to say when nothing matches a text that looks like a regex.
    pub(crate) fn suspicion(&self) -> Option<String> {
        let Self::Text(text) = self else { return None };
        let meant = [".*", ".+", "\\.", "\\d", "\\s", "\\w", "\\b", "[0-9]", "[a-z]", "(?"]
            .iter()
            .any(|mark| text.contains(mark))
            || text.starts_with('^')
            || text.ends_with('$');
        meant.then(|| format!("`{text}` is taken literally; a regex is `matching: r\"{text}\"`"))
    }
}

/// The processes that `pattern` means.
pub(crate) fn find(pattern: &Pattern) -> Result<Vec<Process>> {
    let all = table::all()?;
    let mine = own_line(&all);
    Ok(all.into_iter().filter(|process| !mine.contains(&process.id.pid) && pattern.matches(process)).collect())
}

/// rbk itself, its ancestors, and every guardian: they are never meant, though their command lines often contain the pattern.
pub(crate) fn own_line(all: &[Process]) -> BTreeSet<i32> {
    let parents: BTreeMap<i32, i32> = all.iter().map(|process| (process.id.pid, process.parent)).collect();
    let mut line = BTreeSet::new();
    let mut next = Some(std::process::id() as i32);
    while let Some(pid) = next.filter(|&pid| pid > 0 && line.insert(pid)) {
        next = parents.get(&pid).copied().or_else(|| table::one(pid).map(|process| process.parent));
    }
    let is_guardian =
        |process: &&Process| matches!(&process.argv[..], [rbk, verb, ..] if rbk == "rbk" && verb == GUARD_VERB);
    line.extend(all.iter().filter(is_guardian).map(|process| process.id.pid));
    line
}

/// Those of `found` that have no ancestor among them: the top of each tree.
pub(crate) fn tops(found: &[Process], all: &[Process]) -> Vec<Process> {
    let parents: BTreeMap<i32, i32> = all.iter().map(|process| (process.id.pid, process.parent)).collect();
    let pids: BTreeSet<i32> = found.iter().map(|process| process.id.pid).collect();
    let below = |process: &&Process| {
        let mut seen = BTreeSet::new();
        let mut next = Some(process.parent);
        while let Some(pid) = next.filter(|&pid| pid > 0 && seen.insert(pid)) {
            if pids.contains(&pid) {
                return true;
            }
            next = parents.get(&pid).copied();
        }
        false
    };
    found.iter().filter(|process| !below(process)).cloned().collect()
}
