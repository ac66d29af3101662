//! Takes one unit through its contract. Panics with what was broken.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use rbk::catalogue::args::Args;
use rbk::catalogue::effect::{Effects, Kind};
use rbk::catalogue::path_text;
use rbk::catalogue::signature::UndoKind;
use rbk::catalogue::snapshot::NodeState;
use rbk::catalogue::testing::{self, MemoryKeep};
use rbk::catalogue::touch::Touch;
use rbk::catalogue::ty::Type;
use rbk::catalogue::unit::{Action, Capture};
use rbk::catalogue::value::Value;

use super::{Sample, Scenario, State, world};

/// preview, fingerprint, capture: nothing changes; run, undo, undo again: everything is as before; the same for runs
/// that were cut.
pub fn drive(scenario: &Scenario) {
    let action = rbk::actions::all()
        .into_iter()
        .find(|action| action.signature().name == scenario.action)
        .unwrap_or_else(|| panic!("no action is called `{}`", scenario.action));
    let project = Project::new(scenario, action);
    let before = project.state();
    project.look(&before);
    if scenario.no_change {
        project.run();
        assert_eq!(project.state(), before, "a call that finds everything done changed something");
        return;
    }
    if !project.action.exact_undo(&project.args) {
        assert_ne!(project.action.signature().undo, UndoKind::Exact, "an exact action says that this call is not");
        return;
    }
    whole(&project, &before);
    cut(&project, &before, scenario);
}

struct Project<'a> {
    dir: tempfile::TempDir,
    scenario: &'a Scenario,
    action: Arc<dyn Action>,
    args: Args,
    keep: MemoryKeep,
}

impl<'a> Project<'a> {
    fn new(scenario: &'a Scenario, action: Arc<dyn Action>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        (scenario.setup)(dir.path());
        age(dir.path());
        let args = testing::args(action.signature(), &(scenario.args)(dir.path()));
        Self { dir, scenario, action, args, keep: MemoryKeep::default() }
    }

    fn state(&self) -> State {
        (self.scenario.state)(self.dir.path())
    }

    fn touch(&self) -> Touch {
        Touch::new(world(self.dir.path()))
    }

    fn run(&self) {
        self.action.run(&self.args, &self.touch()).unwrap_or_else(|error| panic!("run: {error} ({:?})", error.hint));
    }

    /// Captures, as a run does: by way of the journal.
    fn capture(&self) -> Capture {
        let capture = self.action.capture(&self.args, &world(self.dir.path()), &self.keep);
        let capture = capture.unwrap_or_else(|error| panic!("capture: {error}"));
        let text = serde_json::to_string(&capture).expect("a capture can be journaled");
        let read: Capture = serde_json::from_str(&text).expect("a journaled capture can be read");
        assert_eq!(read, capture, "a capture that went through the journal");
        read
    }

    fn undo(&self, capture: &Capture, before: &State, after: &str) {
        for attempt in ["first", "second"] {
            let undone = self.action.undo(capture, &self.touch(), &self.keep);
            undone.unwrap_or_else(|error| panic!("{attempt} undo after {after}: {error} ({:?})", error.hint));
            same(&self.state(), before, &format!("the {attempt} undo after {after}"));
        }
    }

    /// What is asked before a run changes nothing.
    fn look(&self, before: &State) {
        let look = world(self.dir.path());
        let preview = self.action.preview(&self.args, &look).unwrap_or_else(|error| panic!("preview: {error}"));
        same(&self.state(), before, "the preview");
        assert!(!preview.summary.is_empty() && !preview.summary.contains('\n'), "a summary is one line: {preview:?}");
        let shows_none = preview.changes.is_empty() && preview.opaque.is_none();
        assert_eq!(shows_none, self.scenario.no_change, "the preview shows what changes: {preview:#?}");
        let prints = [1, 2]
            .map(|_| self.action.fingerprint(&self.args, &look).unwrap_or_else(|error| panic!("fingerprint: {error}")));
        assert_eq!(prints[0], prints[1], "a fingerprint of the same state is the same");
        same(&self.state(), before, "the fingerprint");
        self.capture();
        same(&self.state(), before, "the capture");
    }
}

/// Runs to the end, takes back, and once more.
fn whole(project: &Project<'_>, before: &State) {
    let look = world(project.dir.path());
    for round in 0..2 {
        let effects = project.action.effects(&project.args, Some(&look));
        let written = project.action.effects(&project.args, None);
        let print = project.action.fingerprint(&project.args, &look).expect("it was taken before");
        let capture = project.capture();
        project.run();
        let after = project.state();
        assert_ne!(&after, before, "the run changes something");
        covered(&effects, before, &after);
        assert!(!written.writes.is_empty(), "as written it writes something too");
        if print.is_some() {
            let now = project
                .action
                .fingerprint(&project.args, &look)
                .unwrap_or_else(|error| panic!("fingerprint after: {error}"));
            assert_ne!(now, print, "what a run changed shows in the fingerprint");
        }
        project.undo(&capture, before, &format!("run {round}"));
    }
}

/// Runs that end in the middle: no time, leftovers of a killed write, what the scenario says.
fn cut(project: &Project<'_>, before: &State, scenario: &Scenario) {
    let capture = project.capture();
    project.undo(&capture, before, "no run at all");

    let capture = project.capture();
    let late = Touch::new(world(project.dir.path()).within(Duration::ZERO));
    let _ = project.action.run(&project.args, &late);
    project.undo(&capture, before, "a run without time");

    let capture = project.capture();
    project.run();
    for folder in around(&capture, project.dir.path()) {
        fs::write(folder.join(".rbk-tmp-4194304999-1-7"), "half").expect("a leftover");
        fs::create_dir(folder.join(".rbk-tmp-4194304999-1-8")).expect("a leftover");
    }
    project.undo(&capture, before, "a run with leftovers");

    if let Some(half) = scenario.half {
        let capture = project.capture();
        half(project.dir.path());
        project.undo(&capture, before, "half a run");
    }
}

/// The directories beside captured paths: where new content is made before it is put in its place.
fn around(capture: &Capture, root: &Path) -> Vec<PathBuf> {
    let (Capture::Files { states } | Capture::Data { states, .. }) = capture else { return Vec::new() };
    let parents = states.iter().filter(|state| matches!(state.node, NodeState::Parent { .. }));
    parents.map(|state| path_text::decode_below(root, &state.path)).filter(|folder| folder.is_dir()).collect()
}

/// Every path whose content, mode or presence changed is among the declared writes.
fn covered(effects: &Effects, before: &State, after: &State) {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        // A directory whose time alone changed had an entry changed, which is looked at by itself.
        let without_time = |state: &State| {
            state.get(name).map(|line| {
                line.split(' ')
                    .enumerate()
                    .filter(|(index, _)| *index != 3)
                    .map(|(_, word)| word.to_owned())
                    .collect::<Vec<_>>()
            })
        };
        if without_time(before) == without_time(after) || name.is_empty() {
            continue;
        }
        let inside = |declared: &str| declared == "**" || name == declared || name.starts_with(&format!("{declared}/"));
        let hit = effects.writes.iter().any(|write| match &write.kind {
            Kind::File => inside(&write.name),
            Kind::World => true,
            Kind::Snapshot => name.starts_with(&format!("snapshot:{}#", write.name)),
            // Another name of a file that has several.
            Kind::Other(kind) => &**kind == "inode" && several(name, before),
            _ => false,
        });
        assert!(hit, "`{name}` changed and is not among the writes: {:?}", effects.writes);
    }
}

/// Whether the entry had more than one name.
fn several(name: &str, state: &State) -> bool {
    state.get(name).and_then(|line| line.split(' ').nth(4)?.parse::<u64>().ok()).is_some_and(|links| links > 1)
}

fn same(now: &State, before: &State, after: &str) {
    let names: BTreeSet<_> = now.keys().chain(before.keys()).collect();
    let different: Vec<_> = names
        .into_iter()
        .filter(|name| now.get(*name) != before.get(*name))
        .map(|name| format!("  {name}: was {:?}, is {:?}", before.get(name), now.get(name)))
        .collect();
    assert!(different.is_empty(), "{after} left differences:\n{}", different.join("\n"));
}

/// Sets every time to a past of its own, so that a time that is not brought back shows.
pub fn age(root: &Path) {
    let entries: Vec<_> = walkdir::WalkDir::new(root).contents_first(true).into_iter().flatten().collect();
    for (index, entry) in entries.iter().enumerate() {
        if entry.file_type().is_dir() || entry.file_type().is_file() {
            let time = UNIX_EPOCH + Duration::new(1_500_000_000 + index as u64, 987_654_321);
            fs::File::open(entry.path()).and_then(|file| file.set_modified(time)).expect("a time can be set");
        }
    }
}

/// Asks a probe: nothing changes, the value is of the type that its signature says, and it is the expected one.
pub fn ask(sample: &Sample) -> Result<(), String> {
    let probe = rbk::probes::all()
        .into_iter()
        .find(|probe| probe.signature().name == sample.probe)
        .ok_or("is not registered")?;
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    (sample.setup)(dir.path());
    let before = super::file_state(dir.path());
    let args = testing::args(probe.signature(), &sample.args);
    let value = probe.sample(&args, &world(dir.path()));
    if super::file_state(dir.path()) != before {
        return Err("it changed something".to_owned());
    }
    let effects = probe.effects(&args, Some(&world(dir.path())));
    // A handle such as `sqlite(…)` asks the world nothing.
    let is_handle = matches!(probe.signature().result(), Type::Db | Type::Flags);
    if !effects.writes.is_empty() || effects.reads.is_empty() != is_handle {
        return Err(format!("a probe reads and does not write: {effects:?}"));
    }
    if let Ok(value) = &value
        && !fits(&probe.signature().result(), value)
    {
        return Err(format!("{value:?} is not of type {}", probe.signature().result()));
    }
    let got = value.map_or_else(|error| format!("error: {error}"), |value| value.to_string());
    if got == sample.gives { Ok(()) } else { Err(format!("gives {got}, not {}", sample.gives)) }
}

fn fits(ty: &Type, value: &Value) -> bool {
    match (ty, value) {
        (Type::Optional(inner), value) => *value == Value::None || fits(inner, value),
        (Type::Bool, Value::Bool(_)) | (Type::Int, Value::Int(_)) | (Type::Float, Value::Float(_)) => true,
        (Type::String, Value::Str(_)) | (Type::Path, Value::Path(_)) | (Type::Json, Value::Json(_)) => true,
        (Type::Quantity(dim), Value::Quantity(quantity)) => *dim == quantity.dim,
        (Type::Db, Value::Db(_)) | (Type::Flags, Value::Flags(_)) | (Type::Json, Value::None) => true,
        (Type::Map(of), Value::Map(entries)) => entries.values().all(|value| fits(of, value)),
        (Type::List(of), Value::List(items)) => items.iter().all(|item| fits(of, item)),
        (Type::Record(record), Value::Record(value)) => {
            let names = record.fields.iter().map(|field| field.name);
            names.eq(value.fields.iter().map(|(name, _)| &**name))
                && record.fields.iter().all(|field| {
                    value.get(field.name).is_some_and(|value| fits(&Type::parse(field.ty).expect("it parses"), value))
                })
        }
        (Type::Version, Value::Version(_)) | (Type::Time, Value::Time(_)) | (Type::Url, Value::Url(_)) => true,
        _ => false,
    }
}
