//! The world that a policy acts on: its root, its secrets, what starts programs, where runs are recorded.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalogue::error::{Error, Result as UnitResult};
use crate::catalogue::look::{Look, SecretSource};
use crate::check::imports::tidied;
use crate::check::model::{ExprKind, Policy, SecretSource as Source};
use crate::store::shelf::LookedAt;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::load;

/// Opens the world of `policy`, which was read from `path`.
pub fn open(policy: &Policy, path: &Path, context: &Context) -> Result<Look, Failure> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() && path != Path::new("-") => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let root = resolve(&folder.join(&policy.root), "root")?;
    open_at(policy, &root, context)
}

/// Opens the world of `policy` at a root that is known.
pub fn open_at(policy: &Policy, root: &Path, context: &Context) -> Result<Look, Failure> {
    let root = resolve(root, "root")?;
    let also = policy.roots.iter().map(|extra| resolve(&root.join(extra), "roots")).collect::<Result<Vec<_>, _>>()?;
    let spawn = Arc::new(crate::run::process::Processes::new(root.clone()));
    let secrets = secrets(policy, &root);
    let folder = state_folder(context, &root);
    Ok(shelved(&Look::new(root, also, spawn, secrets), folder))
}

/// The same world with the snapshots of its root in the state folder `folder`, to be looked at.
pub fn shelved(look: &Look, folder: PathBuf) -> Look {
    look.with_shelf(Arc::new(LookedAt::new(folder, look.root())))
}

/// A world without a policy: enough to restore captures.
pub fn bare(root: &Path) -> Result<Look, Failure> {
    let root = resolve(root, "root")?;
    let spawn = Arc::new(crate::run::process::Processes::new(root.clone()));
    Ok(Look::new(
        root,
        Vec::new(),
        spawn,
        Arc::new(|name| Err(Error::refused(format!("secret `{name}` is not known here")))),
    ))
}

/// The same world with the person at the terminal, if there is one.
pub fn attended(look: Look) -> Look {
    match crate::run::person::Terminal::attached() {
        Some(person) => look.with_person(person),
        None => look,
    }
}

fn resolve(path: &Path, clause: &str) -> Result<PathBuf, Failure> {
    let root = std::fs::canonicalize(path).map_err(|error| {
        Failure::new(
            Exit::Wrong,
            format!("the `{clause}` of the policy, `{}`, cannot be used: {error}", path.display()),
        )
        .hint("`root` is relative to the policy's file")
    })?;
    if !root.is_dir() {
        return Err(Failure::new(
            Exit::Wrong,
            format!("the `{clause}` of the policy, `{}`, is no folder", path.display()),
        ));
    }
    Ok(root)
}

/// Secrets are asked for at the place of use; nothing here keeps one. Their files are relative to the root, wherever rbk
/// is called from.
fn secrets(policy: &Policy, root: &Path) -> SecretSource {
    let root = root.to_path_buf();
    let known: Vec<_> = policy.secrets.iter().map(|secret| (secret.name.text.clone(), secret.source.clone())).collect();
    Arc::new(move |name| {
        let (_, source) = known
            .iter()
            .find(|(known, _)| &**known == name)
            .ok_or_else(|| Error::internal(format!("no secret `{name}` was declared")))?;
        secret(name, source, &root)
    })
}

fn secret(name: &str, source: &Source, root: &Path) -> UnitResult<String> {
    match source {
        Source::Env(variable) => std::env::var(variable).map_err(|_| {
            Error::refused(format!("secret `{name}` has no value: the environment variable `{variable}` is not set"))
                .hint(format!("set `{variable}` for rbk, not on its command line"))
        }),
        Source::File(path) => {
            let ExprKind::Const(value) = &path.kind else {
                return Err(Error::refused(format!("secret `{name}`: its file must be a plain path")));
            };
            let path = value.as_text().unwrap_or_default();
            let text = std::fs::read_to_string(root.join(path))
                .map_err(|error| Error::io(format!("read the file of secret `{name}`, `{path}`"), &error))?;
            Ok(text.trim_end_matches(['\n', '\r']).to_owned())
        }
        Source::Exec(_) => Err(Error::refused(format!("secret `{name}`: secrets from commands are not available yet"))
            .hint("use `env(\"…\")` or `file(\"…\")`")),
    }
}

/// A state folder by its real path, whether it is there already or not.
#[must_use]
pub fn real(folder: &Path) -> PathBuf {
    let whole = tidied(&std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf()));
    for above in whole.ancestors() {
        if let Ok(real) = std::fs::canonicalize(above) {
            // Parts, as an empty rest would leave a slash behind.
            return real.components().chain(whole.components().skip(above.components().count())).collect();
        }
    }
    whole
}

/// The state folder of a root.
#[must_use]
pub fn state_folder(context: &Context, root: &Path) -> PathBuf {
    context.global.state.clone().unwrap_or_else(|| root.join(".rbk"))
}

/// The state folder when no policy is named: as said, or that of the nearest project. A folder with a policy of its own is
/// a project of its own: what was done in one around it is not what is meant there.
pub fn nearest_state(context: &Context) -> Result<PathBuf, Failure> {
    if let Some(state) = &context.global.state {
        return Ok(state.clone());
    }
    let here = here()?;
    for folder in here.ancestors() {
        let state = folder.join(".rbk");
        if state.is_dir() {
            return Ok(state);
        }
        let roots = roots_of(folder);
        if roots.is_empty() {
            continue;
        }
        let mut states: Vec<PathBuf> =
            roots.iter().map(|root| root.join(".rbk")).filter(|state| state.is_dir()).collect();
        return match states.len() {
            1 => Ok(states.remove(0)),
            0 => Err(above(folder, &roots[0]).unwrap_or_else(nowhere)),
            _ => {
                let names: Vec<_> = states.iter().map(|state| format!("`{}`", state.display())).collect();
                Err(Failure::wrong(format!("the policies in `{}` have several roots", folder.display()))
                    .hint(format!("name the state folder with `--state DIR`: {}", names.join(", "))))
            }
        };
    }
    Err(nowhere())
}

fn nowhere() -> Failure {
    Failure::wrong("no run was recorded here: there is no `.rbk` folder at or above this one")
        .hint("go to the policy's root, or name the state folder with `--state DIR`")
}

fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::wrong(format!("cannot tell this folder: {error}")))
}

/// That only a folder above has records, which are those of another root than `root`, the one of the policies in `folder`.
fn above(folder: &Path, root: &Path) -> Option<Failure> {
    let above = folder.ancestors().skip(1).find(|above| above.join(".rbk").is_dir())?;
    let failure = Failure::wrong(format!("no run of this root, `{}`, was recorded", root.display()));
    Some(failure.hint(format!(
        "the nearest runs are those of another root, `{}`: go there if they are meant; nothing was changed",
        above.display()
    )))
}

/// The roots of the policies in `folder`, each once, by the text of each file alone: it is any folder above, and what lies
/// there is nobody's to compile. One that cannot be read, or is no usual policy by its size, is taken to act on its own
/// folder: then nothing further up is meant.
fn roots_of(folder: &Path) -> Vec<PathBuf> {
    const LONGEST: u64 = 1024 * 1024;
    let mut roots = Vec::new();
    for path in load::policies_in(folder, 1) {
        let short = std::fs::metadata(&path).is_ok_and(|meta| meta.len() <= LONGEST);
        let root = match short.then(|| load::root_of(&path)).flatten() {
            Some(load::Says::Root(root)) => folder.join(root),
            // A file that only others import says nothing of a root.
            Some(load::Says::Nothing) => continue,
            None => folder.to_path_buf(),
        };
        let root = std::fs::canonicalize(&root).unwrap_or(root);
        if !roots.contains(&root) {
            roots.push(root);
        }
    }
    roots
}

/// Whether a run that acted on `root`, recorded in `state`, is one that somebody in this folder means who names none.
pub fn is_meant(root: &Path, state: &Path) -> Result<bool, Failure> {
    // A state folder beside its root is that root's alone, and was said or found.
    if std::fs::canonicalize(state).ok().as_deref().and_then(Path::parent) == Some(root) {
        return Ok(true);
    }
    let here = here()?;
    let nearest = here.ancestors().map(roots_of).find(|roots| !roots.is_empty());
    Ok(nearest.map_or_else(|| here.starts_with(root), |roots| roots.iter().any(|found| found == root)))
}
