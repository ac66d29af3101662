//! `file.exists is_dir size age hash link_target`: what stands at a path.

use super::{FileProbe, nothing, probe, reads_path};
use crate::catalogue::args::Args;
use crate::catalogue::change::extent;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::facts::Facts;
use crate::catalogue::look::Look;
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Signature};
use crate::catalogue::value::Value;

const PATH: &[Parameter] =
    &[Parameter { name: "path", ty: "path", form: Form::Positional, doc: "a file or directory; links are followed" }];
const LINK: &[Parameter] = &[Parameter { name: "path", ty: "path", form: Form::Positional, doc: "the link" }];

static EXISTS: Signature = probe(
    "file.exists",
    PATH,
    Returns::Type("bool"),
    "whether something stands there (of a list: everywhere)",
    "probes/file.exists.md",
);
static IS_DIR: Signature =
    probe("file.is_dir", PATH, Returns::Type("bool"), "whether a directory stands there", "probes/file.is_dir.md");
static SIZE: Signature = probe(
    "file.size",
    PATH,
    Returns::Type("bytes"),
    "the size of a file, or of all files in a directory",
    "probes/file.size.md",
);
static AGE: Signature =
    probe("file.age", PATH, Returns::Type("duration"), "the time since it was last modified", "probes/file.age.md");
static HASH: Signature = probe(
    "file.hash",
    PATH,
    Returns::Type("string"),
    "the blake3 digest of a file's content, in hex",
    "probes/file.hash.md",
);
static LINK_TARGET: Signature = probe(
    "file.link_target",
    LINK,
    Returns::Type("string?"),
    "where a link leads, as stored; none where it is no link",
    "probes/file.link_target.md",
);

pub(super) const ALL: &[FileProbe] = &[
    FileProbe { signature: &EXISTS, effects: reads_path, complains: nothing, sample: exists },
    FileProbe { signature: &IS_DIR, effects: reads_path, complains: nothing, sample: is_dir },
    FileProbe { signature: &SIZE, effects: reads_path, complains: nothing, sample: size },
    FileProbe { signature: &AGE, effects: reads_path, complains: nothing, sample: age },
    FileProbe { signature: &HASH, effects: reads_path, complains: nothing, sample: hash },
    FileProbe { signature: &LINK_TARGET, effects: reads_link, complains: nothing, sample: link_target },
];

fn reads_link(args: &Args, look: Option<&Look>) -> Effects {
    reach::of(args, "path", look, reach::reads_entry)
}

fn all(args: &Args, look: &Look, holds: fn(Facts) -> bool) -> Result<Value> {
    for path in args.texts("path")? {
        if !look.facts(&look.locate_following(path)?)?.is_some_and(holds) {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn exists(args: &Args, look: &Look) -> Result<Value> {
    all(args, look, |_| true)
}

fn is_dir(args: &Args, look: &Look) -> Result<Value> {
    all(args, look, |facts| facts.is_dir())
}

fn size(args: &Args, look: &Look) -> Result<Value> {
    let mut sum = 0;
    for path in args.texts("path")? {
        let at = look.locate_following(path)?;
        let facts = look.facts_of_existing(&at)?;
        sum += if facts.is_dir() { extent(look, &at)?.bytes } else { facts.size };
    }
    Ok(Value::bytes(sum))
}

fn age(args: &Args, look: &Look) -> Result<Value> {
    let at = look.locate_following(args.text("path")?)?;
    let (seconds, nanos) = look.facts_of_existing(&at)?.mtime;
    Ok(Value::duration(since(look, seconds, nanos)))
}

/// The time since a modification; a time to come counts as now.
pub(super) fn since(look: &Look, seconds: i64, nanos: u32) -> std::time::Duration {
    let then = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    let passed = (look.now().as_nanosecond() - then).max(0);
    std::time::Duration::from_nanos(u64::try_from(passed).unwrap_or(u64::MAX))
}

fn hash(args: &Args, look: &Look) -> Result<Value> {
    let at = look.locate_following(args.text("path")?)?;
    let (mut file, _) = look.open(&at)?;
    let digest = look.content_digest(&mut file);
    look.cancel().check()?;
    let digest = digest.map_err(|error| Error::io(format!("read `{}`", at.name), &error))?;
    Ok(Value::str(digest.to_hex().to_string()))
}

fn link_target(args: &Args, look: &Look) -> Result<Value> {
    let at = look.locate(args.text("path")?)?;
    if !look.facts_of_existing(&at)?.is_link() {
        return Ok(Value::None);
    }
    match look.link_target(&at)?.into_string() {
        Ok(target) => Ok(Value::str(target)),
        Err(_) => Err(Error::failed(format!("the target of `{}` is not UTF-8", at.name))),
    }
}
