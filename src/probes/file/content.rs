//! `file.text lines json count contains tail`: what is in a file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use regex::bytes::Regex;

use super::{FileProbe, nothing, probe, reads_path};
use crate::catalogue::args::Args;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::{Located, Look};
use crate::catalogue::signature::{Form, Parameter, Returns, Signature};
use crate::catalogue::value::Value;

/// What fits a value; larger files are asked by `count`, `contains` and `tail`, which read them piece by piece.
const LARGEST: u64 = 16 * 1024 * 1024;
/// How far back `tail` looks.
const TAIL: u64 = 4 * 1024 * 1024;
/// A longer line is looked at in pieces of this size.
const LONGEST_LINE: u64 = 1024 * 1024;

const FILE: Parameter =
    Parameter { name: "path", ty: "path", form: Form::Positional, doc: "a file; links are followed" };
const MATCHING: Parameter =
    Parameter { name: "matching", ty: "regex", form: Form::Optional, doc: "a pattern, looked for line by line" };

static TEXT: Signature =
    probe("file.text", &[FILE], Returns::Type("string"), "all of a text file", "probes/file.text.md");
static LINES: Signature = probe(
    "file.lines",
    &[FILE],
    Returns::Type("list[string]"),
    "the lines of a text file, without their ends",
    "probes/file.lines.md",
);
static JSON: Signature = probe("file.json", &[FILE], Returns::Type("json"), "a JSON file", "probes/file.json.md");
static COUNT: Signature = probe(
    "file.count",
    &[FILE, MATCHING],
    Returns::Type("int"),
    "how many lines a file has, or how many match",
    "probes/file.count.md",
);
static CONTAINS: Signature = probe(
    "file.contains",
    &[FILE, Parameter { name: "text", ty: "string", form: Form::OptionalPositional, doc: "to the letter" }, MATCHING],
    Returns::Type("bool"),
    "whether a text or pattern occurs in a file",
    "probes/file.contains.md",
);
static TAIL_OF: Signature = probe(
    "file.tail",
    &[FILE, Parameter { name: "lines", ty: "int", form: Form::Optional, doc: "how many; 10 when left out" }],
    Returns::Type("list[string]"),
    "the last lines of a file",
    "probes/file.tail.md",
);

pub(super) const ALL: &[FileProbe] = &[
    FileProbe {
        signature: &TEXT,
        effects: reads_path,
        complains: nothing,
        sample: |args, look| Ok(Value::str(text(args, look)?)),
    },
    FileProbe { signature: &LINES, effects: reads_path, complains: nothing, sample: lines },
    FileProbe { signature: &JSON, effects: reads_path, complains: nothing, sample: json },
    FileProbe { signature: &COUNT, effects: reads_path, complains: nothing, sample: count },
    FileProbe { signature: &CONTAINS, effects: reads_path, complains: one_pattern, sample: contains },
    FileProbe { signature: &TAIL_OF, effects: reads_path, complains: nothing, sample: tail },
];

pub(in crate::probes) fn located(args: &Args, look: &Look) -> Result<Located> {
    look.locate_following(args.text("path")?)
}

pub(in crate::probes) fn read_failed(at: &Located, error: &std::io::Error) -> Error {
    Error::io(format!("read `{}`", at.name), error)
}

fn text(args: &Args, look: &Look) -> Result<String> {
    let at = located(args, look)?;
    let bytes = look.read(&at, LARGEST).map_err(|error| {
        let large = at.path.metadata().is_ok_and(|meta| meta.len() > LARGEST);
        if error.hint.is_none() && large {
            error.hint("ask `file.contains`, `file.count` or `file.tail` of large files")
        } else {
            error
        }
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        Error::failed(format!("`{}` is not UTF-8 text (at byte {offset})", at.name))
    })
}

fn lines(args: &Args, look: &Look) -> Result<Value> {
    Ok(Value::list(text(args, look)?.lines().map(Value::str)))
}

fn json(args: &Args, look: &Look) -> Result<Value> {
    let at = located(args, look)?;
    let json = serde_json::from_str(&text(args, look)?)
        .map_err(|error| Error::failed(format!("`{}` is not JSON: {error}", at.name)))?;
    Ok(Value::Json(Arc::new(json)))
}

/// The pattern of `matching`, when it is given.
fn pattern(args: &Args) -> Result<Option<Regex>> {
    pattern_of(args, "matching")
}

/// The pattern of an argument, when it is given.
pub(in crate::probes) fn pattern_of(args: &Args, name: &str) -> Result<Option<Regex>> {
    let Some(source) = args.text_or_none(name) else { return Ok(None) };
    Regex::new(source).map(Some).map_err(|error| {
        Error::new(ErrorKind::Value, format!("`{source}` is no regex: {}", error.to_string().replace('\n', " ")))
    })
}

/// Calls `with` for each line of `file`, which is opened `at`, without its end, until it says that it has seen enough.
pub(in crate::probes) fn each_line(
    look: &Look,
    at: &Located,
    file: File,
    mut with: impl FnMut(&[u8]) -> bool,
) -> Result<()> {
    let mut reader = BufReader::with_capacity(128 * 1024, file);
    let mut line = Vec::new();
    loop {
        look.cancel().check()?;
        // Many lines between two looks at the clock.
        for _ in 0..1_000 {
            line.clear();
            let count = reader
                .by_ref()
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line)
                .map_err(|error| read_failed(at, &error))?;
            if count == 0 {
                return Ok(());
            }
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            if with(line.strip_suffix(b"\r").unwrap_or(line)) {
                return Ok(());
            }
        }
    }
}

fn count(args: &Args, look: &Look) -> Result<Value> {
    let pattern = pattern(args)?;
    let mut count = 0;
    let at = located(args, look)?;
    each_line(look, &at, look.open(&at)?.0, |line| {
        count += i64::from(pattern.as_ref().is_none_or(|pattern| pattern.is_match(line)));
        false
    })?;
    Ok(Value::Int(count))
}

fn one_pattern(args: &Args) -> Option<Error> {
    (!args.may_be_one_of(&["text", "matching"])).then(no_pattern)
}

fn no_pattern() -> Error {
    Error::new(ErrorKind::Value, "`file.contains` takes exactly one of a text and `matching:`")
        .hint("`file.contains(path, \"text\")` or `file.contains(path, matching: r\"regex\")`")
}

fn contains(args: &Args, look: &Look) -> Result<Value> {
    let at = located(args, look)?;
    match (args.text_or_none("text"), pattern(args)?) {
        (Some(text), None) => Ok(Value::Bool(holds_text(look, &at, text.as_bytes())?)),
        (None, Some(pattern)) => {
            let mut found = false;
            each_line(look, &at, look.open(&at)?.0, |line| {
                found = pattern.is_match(line);
                found
            })?;
            Ok(Value::Bool(found))
        }
        _ => Err(no_pattern()),
    }
}

fn holds_text(look: &Look, at: &Located, text: &[u8]) -> Result<bool> {
    let (mut file, _) = look.open(at)?;
    let finder = memchr::memmem::Finder::new(text);
    let mut buffer = vec![0; 256 * 1024 + text.len()];
    let mut kept = 0;
    loop {
        look.cancel().check()?;
        let count = file.read(&mut buffer[kept..]).map_err(|error| read_failed(at, &error))?;
        let filled = kept + count;
        if finder.find(&buffer[..filled]).is_some() {
            return Ok(true);
        }
        if count == 0 {
            return Ok(false);
        }
        // An occurrence may begin at the end of this piece and end in the next.
        let keep = text.len().saturating_sub(1).min(filled);
        buffer.copy_within(filled - keep..filled, 0);
        kept = keep;
    }
}

fn tail(args: &Args, look: &Look) -> Result<Value> {
    let at = located(args, look)?;
    let wanted = usize::try_from(args.int("lines").unwrap_or(10))
        .map_err(|_| Error::new(ErrorKind::Value, "`lines:` cannot be negative"))?;
    let (mut file, facts) = look.open(&at)?;
    let start = facts.size.saturating_sub(TAIL);
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(start))
        .and_then(|_| file.take(TAIL).read_to_end(&mut end))
        .map_err(|error| read_failed(&at, &error))?;
    let text = String::from_utf8_lossy(&end);
    let mut lines: Vec<&str> = text.lines().collect();
    if start > 0 && lines.len() > 1 {
        // Its beginning was not read.
        lines.remove(0);
    }
    let first = lines.len().saturating_sub(wanted);
    Ok(Value::list(lines[first..].iter().map(|line| Value::str(*line))))
}
