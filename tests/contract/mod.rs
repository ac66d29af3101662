//! The contract of every unit: looking changes nothing, and what an action did can be taken back byte for byte.
//!
//! To add an action or probe: one [`Scenario`] or [`Sample`] in the file of its family; a new family is one line in
//! [`scenarios`] or [`samples`]. A registered unit without one fails `every_unit_has_a_scenario`.

mod config;
mod driver;
mod file;
mod file_probes;
mod flags;
mod git;
mod killed;
mod log;
mod outside;
mod redis;
mod snapshot;
mod sql;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rbk::catalogue::look::Look;
use rbk::catalogue::value::Value;

/// What a test compares: a name and everything that is known of it.
pub type State = BTreeMap<String, String>;

/// A call of an action in a project of its own.
pub struct Scenario {
    /// The action's name.
    pub action: &'static str,
    /// What is special about this one.
    pub case: &'static str,
    /// Makes the project below an empty root. Every time in it is then set to the past.
    pub setup: fn(&Path),
    /// The arguments by name; what is not named is left out.
    pub args: fn(&Path) -> Vec<(&'static str, Value)>,
    /// What the world looks like; [`file_state`] unless more than files counts.
    pub state: fn(&Path) -> State,
    /// Leaves the project as a run that was killed in the middle would, besides what the driver does by itself.
    pub half: Option<fn(&Path)>,
    /// Whether this call finds everything done already.
    pub no_change: bool,
}

impl Scenario {
    /// A call on files.
    pub fn new(
        action: &'static str,
        case: &'static str,
        setup: fn(&Path),
        args: fn(&Path) -> Vec<(&'static str, Value)>,
    ) -> Self {
        Self { action, case, setup, args, state: file_state, half: None, no_change: false }
    }

    /// What a kill in the middle leaves.
    pub fn half(self, half: fn(&Path)) -> Self {
        Self { half: Some(half), ..self }
    }

    /// That this call changes nothing.
    pub fn no_change(self) -> Self {
        Self { no_change: true, ..self }
    }
}

/// A call of a probe and what it gives.
pub struct Sample {
    /// The probe's name.
    pub probe: &'static str,
    /// Makes the project below an empty root.
    pub setup: fn(&Path),
    /// The arguments by name.
    pub args: Vec<(&'static str, Value)>,
    /// The value as it is printed, or the error.
    pub gives: &'static str,
}

/// Every scenario, one line per family.
#[rustfmt::skip] // one line each, so that families are added without conflicts
fn scenarios() -> Vec<Scenario> {
    let mut all = Vec::new();
    all.extend(config::scenarios());
    all.extend(file::scenarios());
    all.extend(flags::scenarios());
    all.extend(git::scenarios());
    all.extend(outside::scenarios());
    all.extend(snapshot::scenarios());
    all.extend(sql::scenarios());
    all
}

/// Every sample, one line per family.
#[rustfmt::skip] // one line each, so that families are added without conflicts
fn samples() -> Vec<Sample> {
    let mut all = Vec::new();
    all.extend(config::samples());
    all.extend(file_probes::samples());
    all.extend(flags::samples());
    all.extend(git::samples());
    all.extend(log::samples());
    all.extend(snapshot::samples());
    all.extend(sql::samples());
    all
}

/// Everything below the root: content, mode, owner, time, attributes, links.
pub fn file_state(root: &Path) -> State {
    rbk::catalogue::testing::tree(root)
}

/// The world of a scenario.
pub fn world(root: &Path) -> Look {
    rbk::catalogue::testing::world(root)
}

#[test]
fn every_unit_has_a_scenario() {
    let actions: BTreeSet<_> = scenarios().iter().chain(&redis::scenarios()).map(|scenario| scenario.action).collect();
    let missing: Vec<_> = rbk::actions::all()
        .iter()
        .map(|action| action.signature().name)
        .filter(|name| !actions.contains(name) && !outside::DRIVEN_OUTSIDE.contains(name))
        .collect();
    assert!(missing.is_empty(), "actions without a scenario in tests/contract: {missing:?}");
    let probes: BTreeSet<_> = samples().iter().map(|sample| sample.probe).collect();
    let missing: Vec<_> = rbk::probes::all()
        .iter()
        .map(|probe| probe.signature().name)
        .filter(|name| !probes.contains(name) && !outside::DRIVEN_OUTSIDE.contains(name))
        .collect();
    assert!(missing.is_empty(), "probes without a sample in tests/contract: {missing:?}");
}

#[test]
fn every_action_keeps_its_contract() {
    let mut failures = Vec::new();
    for scenario in scenarios() {
        let name = format!("{} ({})", scenario.action, scenario.case);
        if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| driver::drive(&scenario))) {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            failures.push(format!("{name}: {}", text.unwrap_or_default()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_probe_only_reads_and_gives_what_it_says() {
    let mut failures = Vec::new();
    for sample in samples() {
        if let Err(why) = driver::ask(&sample) {
            failures.push(format!("{}: {why}", sample.probe));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_unit_has_a_page_that_starts_with_its_name() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let actions = rbk::actions::all().into_iter().map(|action| action.signature());
    let probes = rbk::probes::all().into_iter().map(|probe| probe.signature());
    for signature in actions.chain(probes) {
        let page = std::fs::read_to_string(docs.join(signature.page))
            .unwrap_or_else(|_| panic!("no page `{}`", signature.page));
        assert_eq!(page.lines().next(), Some(format!("# {}", signature.name).as_str()), "{}", signature.page);
        for param in signature.params {
            assert!(page.contains(param.name), "{} does not name `{}`", signature.page, param.name);
        }
    }
}
