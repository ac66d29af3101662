//! Where copies and moves go: `to:` is the exact name, `into:` a directory in which the name is kept. Never guessed from
//! a slash or from what stands there.

use std::collections::BTreeMap;

use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Entries, Resource};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::{Located, Look};
use crate::catalogue::path_text::lexical;
use crate::catalogue::reach;

/// Source and destination of each path, in order. `from` finds a source.
pub fn ends(args: &Args, look: &Look, from: fn(&Look, &str) -> Result<Located>) -> Result<Vec<(Located, Located)>> {
    let name = args.signature().name;
    let sources = args.texts("from")?;
    let destinations = destinations(args)?;
    let mut pairs = Vec::new();
    let mut taken: BTreeMap<std::path::PathBuf, &str> = BTreeMap::new();
    for (source, to) in sources.iter().zip(&destinations) {
        let to = look.locate(to)?;
        if let Some(other) = taken.insert(to.path.clone(), source) {
            return Err(Error::refused(format!("`{name}`: `{other}` and `{source}` would both become `{}`", to.name)));
        }
        let from = from(look, source)?;
        if to.path == from.path {
            let also = if to.name == **source { String::new() } else { format!(" (written `{source}`)") };
            return Err(Error::refused(format!("`{name}`: `{}`{also} would go to where it is", to.name))
                .hint("name another place, or leave the call out"));
        }
        if to.path.starts_with(&from.path) || from.path.starts_with(&to.path) {
            return Err(Error::refused(format!("`{name}`: one of `{}` and `{}` holds the other", from.name, to.name)));
        }
        pairs.push((from, to));
    }
    Ok(pairs)
}

/// What is wrong with the arguments, whatever stands there.
pub fn complaint(args: &Args) -> Option<Error> {
    if !args.may_be_one_of(&["to", "into"]) {
        return Some(one_destination(args));
    }
    if args.any_unknown() { None } else { destinations(args).err() }
}

fn one_destination(args: &Args) -> Error {
    Error::new(ErrorKind::Value, format!("`{}` takes exactly one of `to:` and `into:`", args.signature().name))
        .hint("`to:` is the exact new name, `into:` the directory that should hold it")
}

/// The destination of each source, as written.
fn destinations(args: &Args) -> Result<Vec<String>> {
    let name = args.signature().name;
    let sources = args.texts("from")?;
    match (args.text_or_none("to"), args.text_or_none("into")) {
        (Some(to), None) if sources.len() == 1 => Ok(vec![to.to_owned()]),
        (Some(to), None) => Err(Error::new(
            ErrorKind::Value,
            format!("`{name}` cannot give {} sources the one name `{to}`", sources.len()),
        )
        .hint("write `into:` with the directory that should hold them")),
        (None, Some(into)) => sources.iter().map(|source| inside(into, source)).collect(),
        _ => Err(one_destination(args)),
    }
}

fn inside(into: &str, source: &str) -> Result<String> {
    let plain = lexical(source);
    match plain.rsplit('/').next() {
        None | Some("" | "." | "..") => {
            Err(Error::new(ErrorKind::Value, format!("`{source}` has no name to keep")).hint("write `to:` with a name"))
        }
        Some(name) => Ok(format!("{into}/{name}")),
    }
}

/// What becomes of the destinations: `carries` says whether a source has links now. Which of them it has when it runs,
/// whoever knows the calls before it knows.
pub fn carried(
    args: &Args,
    look: Option<&Look>,
    from: fn(&Look, &str) -> Result<Located>,
    carries: impl Fn(&Look, &Located) -> bool,
    effects: impl Fn() -> Effects,
) -> Entries {
    let Some(look) = look else { return Entries::Carried };
    let Ok(sources) = args.texts("from") else { return Entries::Remade(effects().writes) };
    let known = sources.iter().all(|source| from(look, source).is_ok_and(|at| !carries(look, &at)));
    if known { Entries::Carried } else { Entries::Remade(effects().writes) }
}

/// The writes to the destinations; what is not known widens.
pub fn destination_effects(args: &Args, look: Option<&Look>) -> Effects {
    if let Ok(destinations) = destinations(args) {
        let paths: Vec<&str> = destinations.iter().map(String::as_str).collect();
        return reach::writes(look, &paths);
    }
    let mut effects = reach::of(args, "to", look, reach::writes);
    effects.extend(reach::of(args, "into", look, reach::writes));
    if effects.writes.is_empty() { effects.write(Resource::file("**")) } else { effects }
}
