//! The world that a policy acts on: its root, its secrets, what starts programs, where runs are recorded.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalogue::error::{Error, Result as UnitResult};
use crate::catalogue::look::{Look, SecretSource};
use crate::check::model::{ExprKind, Policy, SecretSource as Source};

use super::context::Context;
use super::exit::{Exit, Failure};

/// Opens the world of `policy`, which was read from `path`.
pub fn open(policy: &Policy, path: &Path) -> Result<Look, Failure> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() && path != Path::new("-") => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let root = resolve(&folder.join(&policy.root), "root")?;
    open_at(policy, &root)
}

/// Opens the world of `policy` at a root that is known.
pub fn open_at(policy: &Policy, root: &Path) -> Result<Look, Failure> {
    let root = resolve(root, "root")?;
    let also = policy.roots.iter().map(|extra| resolve(&root.join(extra), "roots")).collect::<Result<Vec<_>, _>>()?;
    let spawn = Arc::new(crate::run::process::Processes::new(root.clone()));
    let secrets = secrets(policy, &root);
    Ok(Look::new(root, also, spawn, secrets))
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

/// The state folder of a root.
#[must_use]
pub fn state_folder(context: &Context, root: &Path) -> PathBuf {
    context.global.state.clone().unwrap_or_else(|| root.join(".rbk"))
}

/// The state folder when no policy is named: as said, or the nearest `.rbk` at or above this folder.
pub fn nearest_state(context: &Context) -> Result<PathBuf, Failure> {
    if let Some(state) = &context.global.state {
        return Ok(state.clone());
    }
    let here = std::env::current_dir().map_err(|error| Failure::wrong(format!("cannot tell this folder: {error}")))?;
    here.ancestors().map(|folder| folder.join(".rbk")).find(|state| state.is_dir()).ok_or_else(|| {
        Failure::wrong("no run was recorded here: there is no `.rbk` folder at or above this one")
            .hint("go to the policy's root, or name the state folder with `--state DIR`")
    })
}
