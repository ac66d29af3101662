//! What an undo would do, before it does it: the same walk, shown.

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::Arc;

use super::back::{Way, way};
use super::chain::{join_earlier_parts, subtract_earlier_undos, undone_by};
use super::change::{Change, Shown};
use super::obstacle::{self, Obstacle};
use super::trail::{Called, Noted, Trail};
use super::verify::{self, Verification};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::unit::Catalogue;
use crate::check::model::{OwnAction, Policy, Step, Undo};
use crate::run::event::UndoNote;
use crate::run::failure::Map;
use crate::run::frozen::{Compile, Frozen};
use crate::run::secrets::Secrets;
use crate::store::{RunRow, Store};

/// Changed things that are shown; the rest is counted.
const CHANGES: usize = 20;

/// The plan of an undo. Nothing was changed to make it.
pub struct UndoPlan {
    /// The id of the run that the undo will be; what takes the lock of the root for it.
    pub id: String,
    /// The run that would be undone.
    pub of: RunRow,
    /// What it froze.
    pub frozen: Frozen,
    /// In the order in which they would be done.
    pub steps: Vec<UndoStep>,
    /// What was changed since the run left it: refused, unless forced.
    pub changed: Vec<Change>,
    /// What stays as the run left it, and why.
    pub left: Vec<(String, String)>,
    /// What is in the way: refused, also when forced.
    pub obstacles: Vec<Obstacle>,
    /// What is asked once everything is restored.
    pub verifications: Vec<Verification>,
    /// Everything was taken back by an undo that failed behind it: only verifying is left.
    pub unverified: bool,
    pub(super) trail: Trail,
    pub(super) policy: Option<Arc<Policy>>,
}

impl UndoPlan {
    /// The environment that the run acted on.
    #[must_use]
    pub fn environment(&self) -> Option<&str> {
        self.frozen.environment.as_deref()
    }

    /// Whether that asks for its name to be typed; where its policy cannot be read any more, it does.
    #[must_use]
    pub fn confirm_typed(&self) -> bool {
        let Some(policy) = &self.policy else { return self.environment().is_some() };
        let named = |found: &&crate::check::model::Environment| Some(&*found.name.text) == self.environment();
        policy.environments.iter().find(named).is_some_and(|found| found.confirm_typed)
    }
}

/// One step of an undo.
pub struct UndoStep {
    /// The key of the node that is undone.
    pub key: String,
    /// How.
    pub how: How,
}

/// How one step of an undo works.
pub enum How {
    /// By the capture of one call.
    Restore(Box<Called>),
    /// By its `undo` block.
    Block(Arc<Step>, Noted),
    /// By running it again, behind everything that is restored.
    Repeat(Arc<Step>, Noted),
    /// By the `undo` block of a call of an own action.
    GroupBlock(Arc<OwnAction>, Noted),
    /// By running that call again, behind everything that is restored.
    GroupRepeat(Arc<OwnAction>, Noted),
}

impl How {
    /// Whether it runs again, behind everything that is restored.
    #[must_use]
    pub const fn runs_again(&self) -> bool {
        matches!(self, Self::Repeat(..) | Self::GroupRepeat(..))
    }
}

/// Plans the undo of a run.
///
/// # Errors
/// A run that is undone already, that changed nothing, or whose journal cannot be read.
pub fn plan(
    store: &dyn Store,
    run: &str,
    look: &Look,
    catalogue: &Catalogue,
    compile: &Compile<'_>,
) -> Result<UndoPlan> {
    let of = store.find(run)?;
    let mut trail = Trail::read(store, of.no, &of.id, None)?;
    let frozen = Frozen::parse(&store.frozen(of.no)?, &of.id)?;
    let runs = store.runs()?;
    if let Some(by) = undone_by(store, &runs, &of)? {
        return Err(Error::new(ErrorKind::Refused, format!("run `{}` was undone already, by run `{by}`", of.id))
            .hint(format!("nothing was changed; `rbk undo {by}` takes that undo back")));
    }
    join_earlier_parts(store, &runs, &of, &mut trail)?;
    let begun_before = subtract_earlier_undos(store, &runs, &of, &mut trail)?;

    let notes = trail.notes.values().chain(trail.groups.iter().map(|group| &group.noted));
    let needs_policy = notes.into_iter().any(|note| matches!(note.undo, UndoNote::Block | UndoNote::Repeat));
    let policy = match compile(&frozen.sources) {
        Ok(policy) => Some(policy),
        Err(error) if needs_policy => {
            let what = format!("the policy that run `{}` froze does not compile any more: {}", of.id, error.what);
            return Err(Error { what, ..error }.hint("undo it with the version of rbk that ran it"));
        }
        Err(_) => None,
    };
    let mut plan = UndoPlan {
        id: crate::plan::model::run_id(uuid::Uuid::now_v7(), jiff::Timestamp::now()).to_string(),
        of,
        frozen,
        steps: Vec::new(),
        changed: Vec::new(),
        obstacles: Vec::new(),
        verifications: Vec::new(),
        unverified: false,
        left: Vec::new(),
        trail,
        policy,
    };
    plan.walk(catalogue)?;
    if let Some(policy) = &plan.policy {
        plan.verifications = verify::of(policy, &plan.trail, &verify::held_before(store, &runs, &plan.of)?);
    }
    plan.unverified = plan.steps.is_empty() && begun_before;
    plan.obstacles = obstacle::find(&plan.steps, look);
    let secrets = Secrets::default();
    let unknown = known_to(&secrets, plan.policy.as_deref(), look);
    plan.compare(look, catalogue, &Shown { look, keep: &*store.keep(), secrets: &secrets, unknown });
    Ok(plan)
}

/// Has `secrets` know the values of the policy's secrets; the names of those that cannot be had here.
fn known_to(secrets: &Secrets, policy: Option<&Policy>, look: &Look) -> Vec<String> {
    let names = policy.iter().flat_map(|policy| &policy.secrets).map(|secret| secret.name.text.to_string());
    let mut unknown = Vec::new();
    for name in names {
        match look.secret(&name) {
            Ok(value) => secrets.remember(&name, &value),
            Err(_) => unknown.push(name),
        }
    }
    unknown
}

impl UndoPlan {
    fn walk(&mut self, catalogue: &Catalogue) -> Result<()> {
        let map = self.policy.as_deref().map(Map::of);
        let mut whole_steps: HashSet<&str> = HashSet::new();
        let mut whole_groups: HashSet<&str> = HashSet::new();
        let mut repeats = Vec::new();
        for called in self.trail.calls.iter().rev() {
            let key = &called.node;
            // What ran again as an undo is known by the step that it repeats.
            let note = self.trail.notes.get(key).cloned().unwrap_or_default();
            let step = || {
                map.as_ref().and_then(|map| map.step(note.place)).cloned().ok_or_else(|| {
                    Error::failed(format!("the step of `{key}` is not in the policy that was frozen"))
                        .hint("undo it with the version of rbk that ran it")
                })
            };
            let why = note.irreversible.as_deref().or_else(|| self.trail.irreversible(called));
            let irreversible = why.map(|why| format!("irreversible: {why}"));
            if note.undo == UndoNote::Restore
                && let Some(group) = self.trail.whole_group(called)
            {
                if !whole_groups.insert(&group.key) {
                    continue;
                }
                let (key, noted) = (group.key.clone(), group.noted.clone());
                let action = || {
                    map.as_ref().and_then(|map| map.action(noted.place)).cloned().ok_or_else(|| {
                        Error::failed(format!("the action `{}` is not in the policy that was frozen", group.name))
                            .hint("undo it with the version of rbk that ran it")
                    })
                };
                match noted.undo {
                    UndoNote::Block => {
                        let action = action()?;
                        if !matches!(&action.undo, Undo::Block(items) if items.is_empty()) {
                            self.steps.push(UndoStep { key, how: How::GroupBlock(action, noted) });
                        }
                    }
                    UndoNote::Repeat => {
                        repeats.push(UndoStep { key, how: How::GroupRepeat(action()?, noted) });
                    }
                    UndoNote::None | UndoNote::Restore => {
                        let why = irreversible.unwrap_or_else(|| format!("`{}` says `undo none`", group.name));
                        self.left.push((key, why));
                    }
                }
                continue;
            }
            match note.undo {
                UndoNote::Block if whole_steps.insert(key) => {
                    let step = step()?;
                    // A command that only reads: there is nothing to do.
                    if !matches!(&step.clauses.undo, Undo::Block(items) if items.is_empty()) {
                        self.steps.push(UndoStep { key: key.clone(), how: How::Block(step, note) });
                    }
                }
                UndoNote::Repeat if whole_steps.insert(key) => {
                    repeats.push(UndoStep { key: key.clone(), how: How::Repeat(step()?, note) });
                }
                UndoNote::None if whole_steps.insert(key) => {
                    let why = irreversible.unwrap_or_else(|| "its step says `undo none`".to_owned());
                    self.left.push((key.clone(), why));
                }
                UndoNote::Block | UndoNote::Repeat | UndoNote::None => {}
                UndoNote::Restore => match way(called, catalogue) {
                    Way::Nothing => {}
                    Way::Capture => {
                        let how = How::Restore(Box::new(called.clone()));
                        self.steps.push(UndoStep { key: key.clone(), how });
                    }
                    Way::Repeat => match step() {
                        Ok(step) if whole_steps.insert(key) => {
                            repeats.push(UndoStep { key: key.clone(), how: How::Repeat(step, note) });
                        }
                        Ok(_) => {}
                        Err(_) => {
                            self.left.push((key.clone(), format!("`{}` can only be run again by hand", called.text)));
                        }
                    },
                    Way::Left => {
                        let why =
                            irreversible.unwrap_or_else(|| format!("`{}` kept nothing to go back by", called.text));
                        self.left.push((key.clone(), why));
                    }
                },
            }
        }
        // Forwards, as they ran.
        self.steps.extend(repeats.into_iter().rev());
        self.left.reverse();
        Ok(())
    }

    /// Whether there is anything to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && !self.unverified
    }

    /// The plan for a person.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let outcome = self.of.outcome.as_deref().unwrap_or("interrupted");
        let started = self.of.started.strftime("%Y-%m-%d %H:%M:%SZ");
        let _ = writeln!(text, "undo of run {} ({}, {outcome}, started {started})", self.of.id, self.of.policy);
        if self.unverified {
            text.push_str("  everything was taken back already; what is left is to verify it\n");
        } else if self.steps.is_empty() {
            text.push_str("  nothing to take back\n");
        }
        let width = self.steps.iter().map(|step| step.key.chars().count()).max().unwrap_or(0);
        for (number, step) in self.steps.iter().enumerate() {
            let what = match &step.how {
                How::Restore(called) => {
                    let known = if called.ended.is_some() { "" } else { ", cut short" };
                    match called.captured() {
                        0 => format!("{}{known}: taken back by what was kept of the state before", called.text),
                        1 => format!("{}{known}: 1 path restored", called.text),
                        count => format!("{}{known}: {count} paths restored", called.text),
                    }
                }
                How::Block(..) | How::GroupBlock(..) => "its `undo` block runs".to_owned(),
                How::Repeat(..) | How::GroupRepeat(..) => "runs again, after everything is restored".to_owned(),
            };
            let _ = writeln!(text, "{:>3} {:width$}  {what}", number + 1, step.key);
        }
        for (key, why) in &self.left {
            let _ = writeln!(text, "not undone: {key}: {why}");
        }
        for obstacle in &self.obstacles {
            let _ = writeln!(text, "in the way: {}; {} cannot be restored there", obstacle.what, obstacle.path);
        }
        for change in self.changed.iter().take(CHANGES) {
            text.push_str(&change.text());
        }
        if let Some(more) = self.changed.len().checked_sub(CHANGES).filter(|more| *more > 0) {
            let _ = writeln!(text, "and {more} more things were changed since");
        }
        text
    }
}
