//! The `snapshot` family: named copies of files and folders in the state folder, taken ahead and restored when needed.
//!
//! Taking a name again makes a new generation. The list of generations is small and changes at once; content lies in the
//! object store, where what did not change costs nothing.

mod chosen;
mod difference;
mod list;
mod remove;
mod restore;
mod take;
mod whole;

use std::sync::Arc;

use crate::catalogue::args::Args;
use crate::catalogue::effect::{Kind, Resource};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::shelf::Generation;
use crate::catalogue::show;
use crate::catalogue::signature::{Form, Parameter};
use crate::catalogue::unit::Action;
use crate::diagnostics::suggest::did_you_mean;

/// The actions of this family.
pub fn all() -> Vec<Arc<dyn Action>> {
    vec![Arc::new(take::Take), Arc::new(restore::Restore), Arc::new(remove::Remove)]
}

/// What it is called.
pub const NAME: Parameter =
    Parameter { name: "name", ty: "string", form: Form::Positional, doc: "what the snapshot is called" };

/// Longer names are taken for a mistake.
const LONGEST: usize = 100;

/// The name that a call means.
///
/// # Errors
/// Where it is none: names stand in plans and records, and `*` would mean several.
pub fn name(args: &Args) -> Result<&str> {
    let name = args.text("name")?;
    let fits = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | ':' | '/');
    if name.is_empty() || name.chars().count() > LONGEST || !name.chars().all(fits) {
        let hint =
            format!("letters, digits and `-`, `_`, `.`, `:`, `/`, {LONGEST} characters at most: `before-release`");
        return Err(Error::new(ErrorKind::Value, format!("`{name}` is no name of a snapshot")).hint(hint));
    }
    Ok(name)
}

/// What is wrong with the name whatever the world looks like.
fn wrong_name(args: &Args) -> Option<Error> {
    args.text_or_none("name").and_then(|_| name(args).err())
}

/// The resource of a call; any where the name is not known yet.
pub fn resource(args: &Args) -> Resource {
    Resource::new(Kind::Snapshot, args.text_or_none("name").unwrap_or("**"))
}

/// The latest generation of a snapshot.
///
/// # Errors
/// Where there is none; the hint names one that reads like it.
pub fn latest(look: &Look, name: &str) -> Result<Generation> {
    look.generations(name)?.pop().map_or_else(|| Err(missing(look, name)), Ok)
}

fn missing(look: &Look, name: &str) -> Error {
    let names = look.snapshot_names().unwrap_or_default();
    let hint = did_you_mean(name, names.iter().map(String::as_str)).unwrap_or_else(|| match names.as_slice() {
        [] => format!("none was taken of this root yet: `snapshot.take(\"{name}\", paths: […])` takes one"),
        [last] => format!("there is only `{last}`"),
        names => format!("there are {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    });
    Error::refused(format!("there is no snapshot `{name}`")).hint(hint)
}

/// `taken 5m ago by ana (run 20261121-1927-3f2a)`
fn told(look: &Look, one: &Generation) -> String {
    let age = (look.now().as_nanosecond() - one.taken.as_nanosecond()).max(0);
    format!("taken {} ago by {} (run {})", show::duration(age as f64), one.by, one.run)
}
