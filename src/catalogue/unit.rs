//! The contracts of actions and probes. Looking and touching are different types: only `run` and `undo` get a [`Touch`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::args::Args;
use super::effect::{Effects, Entries};
use super::error::{Error, Result};
use super::foreseen::Foreseen;
use super::keep::Keep;
use super::look::Look;
use super::signature::{Signature, UndoKind};
use super::touch::Touch;
use super::value::Value;

/// Something that changes the world.
///
/// The order of the calls is `effects`, `preview` and `fingerprint` (when planned); `fingerprint`, `capture`, `run`,
/// `fingerprint` (when run); `undo` with the capture. INVARIANT: nothing before `run` changes anything.
pub trait Action: Send + Sync {
    /// Its signature.
    fn signature(&self) -> &'static Signature;

    /// What is wrong with arguments whatever the world looks like: what is left out though something has to be said, two
    /// that exclude each other, a text of no meaning. Asked when a policy is checked, with what is constant.
    fn complains(&self, args: &Args) -> Option<Error> {
        let _ = args;
        None
    }

    /// What it reads and writes. Arguments that are not known widen to `**`. Must not ask the world more than what
    /// `look` answers about existing files; without one, paths are taken as written.
    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects;

    /// What becomes of the entries that it writes: where a path leads that passes through one of them later. Without
    /// `look` as far as the arguments tell. Unless a unit knows better, each may become a link.
    fn entries(&self, args: &Args, look: Option<&Look>) -> Entries {
        Entries::Remade(self.effects(args, look).writes)
    }

    /// What it would change, for a person.
    fn preview(&self, args: &Args, look: &Look) -> Result<Preview>;

    /// The files that it will leave, where it writes nothing else and all of their content is known now.
    fn foresee(&self, args: &Args, look: &Look) -> Result<Option<Vec<Foreseen>>> {
        let _ = (args, look);
        Ok(None)
    }

    /// The files that have to be there when it runs, absolute: the program or script that it starts, as far as it can be
    /// told from `args`. A plan refuses where an earlier step removes one.
    fn starts(&self, args: &Args, look: &Look) -> Vec<PathBuf> {
        let _ = (args, look);
        Vec::new()
    }

    /// A digest of the present state of what it would write, to notice drift; `None` where there is none to take
    /// (a shell command, a process).
    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>>;

    /// Keeps what `run` would overwrite or delete. `Capture::Nothing` where nothing can be kept.
    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture>;

    /// Does it. An error says what was left behind, if anything was.
    fn run(&self, args: &Args, touch: &Touch) -> Result<Value>;

    /// Whether a call with this capture is done again behind everything that is restored, and not taken back at its place:
    /// of a unit that is undone by repeating it.
    fn runs_again(&self, capture: &Capture) -> bool {
        let _ = capture;
        self.signature().undo == UndoKind::Repeat
    }

    /// Takes it back by its capture. Must work on half-done runs too, and be repeatable: a crash may have cut the
    /// first attempt.
    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()>;

    /// Keeps what `undo` with `capture` is about to overwrite, so that the undo can be undone. The default keeps what
    /// `run` would overwrite; a unit whose arguments mean something else by then (a glob) looks at `capture` instead.
    fn capture_for_undo(&self, capture: &Capture, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let _ = capture;
        self.capture(args, look, keep)
    }

    /// The state of what a call with this `capture` has written, so that an undo notices what others changed since. The
    /// default is the fingerprint; a unit whose arguments mean something else once it has run (a glob, what differs from
    /// a commit) looks at `capture` instead. INVARIANT: whatever `undo` would overwrite has a part.
    fn left(&self, capture: &Capture, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        let _ = capture;
        self.fingerprint(args, look)
    }

    /// Whether a call with these arguments can be undone byte for byte; narrower than the signature where
    /// an argument such as `capture: none` says so.
    fn exact_undo(&self, args: &Args) -> bool {
        let _ = args;
        self.signature().undo == super::signature::UndoKind::Exact
    }
}

/// Something that only reads.
pub trait Probe: Send + Sync {
    /// Its signature.
    fn signature(&self) -> &'static Signature;

    /// What is wrong with arguments whatever the world looks like, as [`Action::complains`].
    fn complains(&self, args: &Args) -> Option<Error> {
        let _ = args;
        None
    }

    /// What it reads.
    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects;

    /// Its present value. Waits are bounded by `look`'s deadline.
    fn sample(&self, args: &Args, look: &Look) -> Result<Value>;

    /// Its value, when its arguments alone give it: a constructor such as `sqlite("…")`, which asks nothing of the world.
    fn constant(&self, args: &Args) -> Option<Result<Value>> {
        let _ = args;
        None
    }
}

/// What an action would change, as a plan shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Preview {
    /// One line: `2 files copied to *.failed (11 kB)`.
    pub summary: String,
    /// The changes in detail.
    pub changes: Vec<Change>,
    /// What cannot be known before it runs, and why: `opaque: a shell command may change anything`.
    pub opaque: Option<String>,
    /// What a person should know: `the uncommitted change to a.ts is captured first`.
    pub notes: Vec<String>,
}

/// One change of a preview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// A file, link or directory; `before` and `after` are absent where it is.
    File {
        /// Relative to the root.
        path: String,
        /// What happens: `create`, `modify`, `delete`, `mode`, `link`.
        what: FileChange,
        /// A unified diff of text; `None` for binary or large content.
        diff: Option<String>,
        /// Bytes before, and after.
        size: (Option<u64>, Option<u64>),
    },
    /// Rows of a database.
    Rows {
        /// `delete 1,204 of 88,310 rows of market`
        summary: String,
        /// The first few, as text.
        sample: Vec<String>,
    },
    /// A command as it would be run, and where.
    Command {
        /// The argument vector, secrets masked.
        argv: Vec<String>,
        /// Relative to the root.
        cwd: String,
    },
    /// A process that would be started, stopped or signalled.
    Process {
        /// `stop pid 4121, 3 h old: node server`
        summary: String,
    },
    /// Anything else, in words.
    Other {
        /// One line.
        summary: String,
    },
}

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum FileChange {
    Create,
    Modify,
    Delete,
    Metadata,
    Link,
}

/// A digest of state, per named part, so that a difference can be named: `src/a.ts` → digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Fingerprint {
    /// Part (a path, a ref, a table) and its digest or short description.
    pub parts: BTreeMap<String, String>,
}

impl Fingerprint {
    /// The parts that differ, with both descriptions (`absent` where there is none).
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<(String, String, String)> {
        let absent = || "absent".to_owned();
        let names: std::collections::BTreeSet<_> = self.parts.keys().chain(other.parts.keys()).collect();
        names
            .into_iter()
            .map(|name| {
                let of = |side: &Self| side.parts.get(name).cloned().unwrap_or_else(absent);
                (name.clone(), of(self), of(other))
            })
            .filter(|(_, one, other)| one != other)
            .collect()
    }
}

/// What an action kept of the state before it. Journaled; contents live in the object store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Capture {
    /// Nothing was or could be kept.
    #[default]
    Nothing,
    /// The state of paths.
    Files {
        /// Each path and what was there; parents before children.
        states: Vec<super::snapshot::PathState>,
    },
    /// Anything else: the unit's own form.
    Data {
        /// Free form, read only by the unit that wrote it.
        data: serde_json::Value,
        /// Paths it kept as well.
        states: Vec<super::snapshot::PathState>,
    },
}

impl Capture {
    /// The paths that it kept, parents before children.
    #[must_use]
    pub fn states(&self) -> &[super::snapshot::PathState] {
        match self {
            Self::Nothing => &[],
            Self::Files { states } | Self::Data { states, .. } => states,
        }
    }
}

/// The units of a build, by name. Filled by `actions::ALL` and `probes::ALL`; joined in `lib.rs`.
#[derive(Clone, Default)]
pub struct Catalogue {
    actions: BTreeMap<&'static str, Arc<dyn Action>>,
    probes: BTreeMap<&'static str, Arc<dyn Probe>>,
}

impl Catalogue {
    /// A catalogue of these units.
    ///
    /// # Panics
    /// When two actions or two probes have the same name.
    #[must_use]
    pub fn new(actions: Vec<Arc<dyn Action>>, probes: Vec<Arc<dyn Probe>>) -> Self {
        let mut catalogue = Self::default();
        for action in actions {
            let name = action.signature().name;
            assert!(catalogue.actions.insert(name, action).is_none(), "action `{name}` is registered twice");
        }
        for probe in probes {
            let name = probe.signature().name;
            assert!(catalogue.probes.insert(name, probe).is_none(), "probe `{name}` is registered twice");
        }
        catalogue
    }

    /// The action called `name`.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&Arc<dyn Action>> {
        self.actions.get(name)
    }

    /// The probe called `name`.
    #[must_use]
    pub fn probe(&self, name: &str) -> Option<&Arc<dyn Probe>> {
        self.probes.get(name)
    }

    /// All actions by name.
    pub fn actions(&self) -> impl Iterator<Item = &Arc<dyn Action>> {
        self.actions.values()
    }

    /// All probes by name.
    pub fn probes(&self) -> impl Iterator<Item = &Arc<dyn Probe>> {
        self.probes.values()
    }

    /// Every name, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.actions.keys().chain(self.probes.keys()).copied()
    }
}
