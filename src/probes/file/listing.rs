//! `file.glob latest dirs`: what is in directories.

use super::pattern::Pattern;
use super::standing::since;
use super::{FileProbe, nothing, probe};
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Resource};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::facts::Facts;
use crate::catalogue::look::Look;
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Signature};
use crate::catalogue::ty::{RecordField, RecordType};
use crate::catalogue::value::{Record, Value};

const PATTERN: &[Parameter] = &[Parameter {
    name: "pattern",
    ty: "glob",
    form: Form::Positional,
    doc: "such as \"logs/**/*.log\"; a leading dot must be written",
}];

static DIRECTORY: RecordType = RecordType {
    name: "directory",
    fields: &[
        RecordField { name: "name", ty: "string", doc: "its own name" },
        RecordField { name: "path", ty: "path", doc: "as the policy may use it" },
        RecordField { name: "age", ty: "duration", doc: "the time since it was last modified" },
    ],
};

static GLOB: Signature = probe(
    "file.glob",
    PATTERN,
    Returns::Type("list[path]"),
    "the paths that match a pattern, sorted by name",
    "probes/file.glob.md",
);
static LATEST: Signature = probe(
    "file.latest",
    PATTERN,
    Returns::Type("path?"),
    "the path that was modified last of those that match",
    "probes/file.latest.md",
);
static DIRS: Signature = probe(
    "file.dirs",
    &[Parameter { name: "path", ty: "path", form: Form::OptionalPositional, doc: "where; the root when left out" }],
    Returns::Records(&DIRECTORY),
    "the directories in a directory, sorted by name; links and names with a leading dot left out",
    "probes/file.dirs.md",
);

pub(super) const ALL: &[FileProbe] = &[
    FileProbe { signature: &GLOB, effects: reads_pattern, complains: nothing, sample: glob },
    FileProbe { signature: &LATEST, effects: reads_pattern, complains: nothing, sample: latest },
    FileProbe { signature: &DIRS, effects: reads_directory, complains: nothing, sample: dirs },
];

fn reads_pattern(args: &Args, look: Option<&Look>) -> Effects {
    let Some(pattern) = args.text("pattern").ok().and_then(|text| Pattern::parse(text).ok()) else {
        return Effects::none().read(Resource::file("**"));
    };
    let located = look.and_then(|look| look.locate_following(&pattern.base).ok());
    let mut effects = Effects::none();
    let base = located.map_or_else(
        || pattern.base.clone(),
        |at| {
            for link in &at.links {
                effects.reads.push(Resource::file(link.as_str()));
            }
            at.name
        },
    );
    let rest = pattern.resource();
    effects.read(Resource::file(if base == "." { rest } else { format!("{}/{rest}", base.trim_end_matches('/')) }))
}

fn reads_directory(args: &Args, look: Option<&Look>) -> Effects {
    if args.is_unknown("path") || args.get("path").is_some() {
        reach::of(args, "path", look, reach::reads)
    } else {
        reach::reads(look, &["."])
    }
}

fn glob(args: &Args, look: &Look) -> Result<Value> {
    let found = Pattern::parse(args.text("pattern")?)?.matches(look)?;
    Ok(Value::list(found.into_iter().map(|(name, _)| Value::Path(name.into()))))
}

fn latest(args: &Args, look: &Look) -> Result<Value> {
    let mut best: Option<((i64, u32), String)> = None;
    for (name, at) in Pattern::parse(args.text("pattern")?)?.matches(look)? {
        // What vanished since it was listed is not the latest.
        let Some(facts) = look.facts(&at)? else { continue };
        // Of two with the same time the last name wins: dates and numbers in names grow.
        if best.as_ref().is_none_or(|(time, other)| (*time, other.as_str()) < (facts.mtime, name.as_str())) {
            best = Some((facts.mtime, name));
        }
    }
    Ok(best.map_or(Value::None, |(_, name)| Value::Path(name.into())))
}

fn dirs(args: &Args, look: &Look) -> Result<Value> {
    let path = args.text_or_none("path").unwrap_or(".");
    let folder = look.locate_following(path)?;
    let facts = look.facts_of_existing(&folder)?;
    if !facts.is_dir() {
        return Err(Error::failed(format!("`{}` is {}, not a directory", folder.name, facts.sort.name())));
    }
    let mut found = Vec::new();
    for at in look.entries(&folder)? {
        let Some(facts) = look.facts(&at)?.filter(Facts::is_dir) else { continue };
        let Some(name) = at.path.file_name().and_then(|name| name.to_str()) else {
            return Err(Error::failed(format!("`{}` is not UTF-8 and cannot be named", at.name)));
        };
        if name.starts_with('.') {
            continue;
        }
        let path = if path == "." { name.to_owned() } else { format!("{}/{name}", path.trim_end_matches('/')) };
        let (seconds, nanos) = facts.mtime;
        found.push(Record::of([
            ("name", Value::str(name)),
            ("path", Value::Path(path.into())),
            ("age", Value::duration(since(look, seconds, nanos))),
        ]));
    }
    Ok(Value::list(found))
}
