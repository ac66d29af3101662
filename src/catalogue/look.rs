//! The read-only world: what `effects`, `preview`, `fingerprint`, `capture` and probes may use.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::cancel::Cancel;
use super::command::{Command, Finished, Spawn};
use super::error::{Error, ErrorKind, Result};
use super::foreseen::{Foreseen, Overlay};
use super::person::Person;
use super::shelf::Shelf;
use super::value::{Sealed, Value};

/// Gives the value of a secret by name. The value must not be stored, printed or passed in an argv.
pub type SecretSource = Arc<dyn Fn(&str) -> Result<String> + Send + Sync>;

/// The world, to be looked at.
#[derive(Clone)]
pub struct Look {
    root: Arc<Path>,
    also: Arc<[PathBuf]>,
    spawn: Arc<dyn Spawn>,
    secrets: SecretSource,
    cancel: Cancel,
    may_exec: bool,
    person: Option<Arc<dyn Person>>,
    guarded: Arc<[PathBuf]>,
    overlay: Option<Overlay>,
    shelf: Option<Arc<dyn Shelf>>,
}

/// A path that was found to stay inside the roots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Absolute; every directory on the way resolved, the last component not followed.
    pub path: PathBuf,
    /// As resources and messages name it: relative to the root, `/`-separated, or absolute outside of it.
    pub name: String,
    /// Names of the links that were passed through on the way, in order.
    pub links: Vec<String>,
}

impl Look {
    /// A world rooted at `root`, which must be absolute and resolved; `also` lists further roots, relative ones
    /// to `root`. Where one of those is a link, what it leads to is the root.
    pub fn new(root: impl Into<Arc<Path>>, also: Vec<PathBuf>, spawn: Arc<dyn Spawn>, secrets: SecretSource) -> Self {
        let root = root.into();
        let resolve = |path: PathBuf| {
            let path = root.join(path);
            path.canonicalize().unwrap_or(path)
        };
        let also = also.into_iter().map(resolve).collect();
        let guarded = Arc::from([root.join(".rbk")]);
        Self {
            root,
            also,
            spawn,
            secrets,
            cancel: Cancel::new(),
            may_exec: false,
            person: None,
            guarded,
            overlay: None,
            shelf: None,
        }
    }

    /// The same world with files as earlier steps will leave them.
    #[must_use]
    pub fn foreseeing(&self, overlay: &Overlay) -> Self {
        Self { overlay: Some(overlay.clone()), ..self.clone() }
    }

    /// What will stand at `at`, where a plan foresees it.
    pub(super) fn foreseen(&self, at: &Located) -> Option<Foreseen> {
        self.overlay.as_ref()?.at(&at.path)
    }

    /// The same world with its own state in `folder` (absolute): units neither capture nor change it.
    #[must_use]
    pub fn guarding(&self, folder: PathBuf) -> Self {
        let guarded = self.guarded.iter().cloned().chain([folder]).collect();
        Self { guarded, ..self.clone() }
    }

    /// Whether `path` is state of rbk itself, or lies in it.
    #[must_use]
    pub fn is_guarded(&self, path: &Path) -> bool {
        self.guarded.iter().any(|folder| path.starts_with(folder))
    }

    /// Refuses to replace or remove a root, or anything that holds or belongs to rbk's own state.
    pub fn may_change(&self, at: &Located) -> Result<()> {
        if self.roots().any(|root| root.starts_with(&at.path)) {
            return Err(Error::refused(format!("`{}` is the root, which is never replaced or removed", at.name))
                .hint("name what is in it"));
        }
        if self.is_guarded(&at.path) || self.guards().iter().any(|folder| folder.starts_with(&at.path)) {
            return Err(Error::refused(format!("`{}` holds the state of rbk itself", at.name))
                .hint("its journal and captures live there; a run cannot change them"));
        }
        Ok(())
    }

    /// The state folders of rbk itself.
    pub(super) fn guards(&self) -> &[PathBuf] {
        &self.guarded
    }

    /// The root, absolute and resolved.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Every root, the first one first.
    pub fn roots(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&*self.root).chain(self.also.iter().map(PathBuf::as_path))
    }

    /// The same world with the snapshots of its root.
    #[must_use]
    pub fn with_shelf(&self, shelf: Arc<dyn Shelf>) -> Self {
        Self { shelf: Some(shelf), ..self.clone() }
    }

    /// The snapshots; only [`super::touch::Touch`] hands them out.
    pub(super) const fn shelf(&self) -> Option<&Arc<dyn Shelf>> {
        self.shelf.as_ref()
    }

    /// What bounds waiting here.
    #[must_use]
    pub const fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// The same world under another token.
    #[must_use]
    pub fn with_cancel(&self, cancel: Cancel) -> Self {
        Self { cancel, ..self.clone() }
    }

    /// The same world with a nearer deadline.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        self.with_cancel(self.cancel.within(limit))
    }

    /// The same world in which `exec` and `sh` may be asked (a run, or a plan made with `--probe`).
    #[must_use]
    pub fn allowing_exec(&self) -> Self {
        Self { may_exec: true, ..self.clone() }
    }

    /// The same world with programs started by `spawn`, such as one that keeps what they write.
    #[must_use]
    pub fn with_spawn(&self, spawn: Arc<dyn Spawn>) -> Self {
        Self { spawn, ..self.clone() }
    }

    /// The same world with secrets from `source`.
    #[must_use]
    pub fn with_secrets(&self, source: SecretSource) -> Self {
        Self { secrets: source, ..self.clone() }
    }

    /// Whether commands may be asked here.
    #[must_use]
    pub const fn may_exec(&self) -> bool {
        self.may_exec
    }

    /// The same world with somebody to ask (a terminal).
    #[must_use]
    pub fn with_person(&self, person: Arc<dyn Person>) -> Self {
        Self { person: Some(person), ..self.clone() }
    }

    /// Who can be asked here; nobody where there is no terminal.
    #[must_use]
    pub fn person(&self) -> Option<&dyn Person> {
        self.person.as_deref()
    }

    /// Runs a command that only reads.
    pub fn exec(&self, command: &Command) -> Result<Finished> {
        if !self.may_exec {
            return Err(Error::new(
                ErrorKind::Refused,
                format!("`{}` is not run while planning", command.argv.join(" ")),
            )
            .hint("plan with `--probe` to let commands in expressions run"));
        }
        self.spawn.run(command, &self.cancel)
    }

    /// Asks a program that a unit itself chose and that only reads, such as `systemctl show`; also while planning. Never one
    /// that a policy names: see [`Look::exec`].
    pub fn ask(&self, command: &Command) -> Result<Finished> {
        self.spawn.ask(command, &self.cancel)
    }

    /// The value of a secret, for the place of use only.
    pub fn secret(&self, name: &str) -> Result<String> {
        (self.secrets)(name)
    }

    /// The text that `value` stands for where a secret is taken, for the place of use only; `None` where it holds none.
    pub fn revealed(&self, value: &Value) -> Result<Option<String>> {
        Ok(match value {
            Value::Secret(name) => Some(self.secret(name)?),
            Value::Sealed(pieces) => {
                let mut text = String::new();
                for piece in pieces.iter() {
                    match piece {
                        Sealed::Text(plain) => text.push_str(plain),
                        Sealed::Secret(name) => text.push_str(&self.secret(name)?),
                    }
                }
                Some(text)
            }
            _ => None,
        })
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    /// From now on what is started here belongs to this run.
    pub fn belong_to(&self, run: &str) {
        self.spawn.belong_to(run);
    }

    /// What starts programs; only [`super::touch::Touch`] hands it out.
    pub(super) fn spawner(&self) -> &Arc<dyn Spawn> {
        &self.spawn
    }
}
