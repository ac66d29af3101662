//! What an undo would do, before it does it: the same walk, shown.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use super::chain::{join_earlier_parts, subtract_earlier_undos, undone_by};
use super::change::{Change, Shown};
use super::left::LeftAsIs;
use super::names;
use super::obstacle::{self, Obstacle};
use super::trail::Trail;
use super::verification::{self, Verification};
use super::walk::{How, UndoStep, Walked, walk};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::unit::Catalogue;
use crate::catalogue::visible::visible;
use crate::check::model::Policy;
use crate::run::event::UndoNote;
use crate::run::failure::Map;
use crate::run::frozen::{Compile, Frozen};
use crate::run::journal::DAMAGED;
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
    pub left: Vec<LeftAsIs>,
    /// Files that had names outside of the roots, and come back without them.
    pub parted: Vec<String>,
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
    store.is_sound()?;
    let of = store.find(run)?;
    let mut trail = Trail::read(store, of.no, &of.id, None)?;
    if of.outcome.is_some() && trail.outcome.is_none() {
        let what = format!("the journal of run `{}` is damaged: its last record is missing", of.id);
        return Err(Error::refused(what).hint(DAMAGED));
    }
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
        parted: Vec::new(),
        verifications: Vec::new(),
        unverified: false,
        left: Vec::new(),
        trail,
        policy,
    };
    let map = plan.policy.as_deref().map(Map::of);
    let Walked { steps, repeats, left } = walk(&plan.trail, map.as_ref(), catalogue)?;
    plan.steps = steps.into_iter().chain(repeats).collect();
    plan.left = left;
    if let Some(policy) = &plan.policy {
        plan.verifications = verification::of(policy, &plan.trail, &verification::held_before(store, &runs, &plan.of)?);
    }
    plan.unverified = plan.steps.is_empty() && begun_before;
    plan.parted = names::parted(&plan.steps, look);
    plan.obstacles = obstacle::find(&plan.steps, look);
    let secrets = Secrets::default();
    let keep = store.keep();
    let hidden = hidden(&secrets, plan.policy.as_deref(), &plan.frozen, look, &*keep);
    plan.compare(look, catalogue, &Shown { look, keep: &*keep, secrets: &secrets, hidden });
    Ok(plan)
}

/// Has `secrets` know the values of the policy's secrets; why content may hold one that is not known here.
fn hidden(secrets: &Secrets, policy: Option<&Policy>, frozen: &Frozen, look: &Look, keep: &dyn Keep) -> Option<String> {
    let names = policy.iter().flat_map(|policy| &policy.secrets).map(|secret| secret.name.text.to_string());
    let names: BTreeSet<String> = names.chain(frozen.secrets.keys().cloned()).collect();
    let (mut unknown, mut others) = (Vec::new(), Vec::new());
    for name in names {
        match look.secret(&name) {
            Ok(value) => {
                secrets.remember(&name, &value);
                // What was captured holds the value of that time.
                let then = frozen.secrets.get(&name);
                if then.is_none() || then != keep.digest_of_secret(&value).as_ref() {
                    others.push(format!("`{name}`"));
                }
            }
            Err(_) => unknown.push(format!("`{name}`")),
        }
    }
    let unknown = (!unknown.is_empty()).then(|| format!("{}, not known here", unknown.join(", ")));
    let others = (!others.is_empty()).then(|| format!("a value of {} that is not the one of now", others.join(", ")));
    let why: Vec<String> = unknown.into_iter().chain(others).collect();
    (!why.is_empty()).then(|| why.join(", or "))
}

impl UndoPlan {
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
                How::Again(called) => format!("{}: again, after everything is restored", called.text),
                How::Repeat(..) | How::GroupRepeat(..) => "runs again, after everything is restored".to_owned(),
            };
            let _ = writeln!(text, "{:>3} {:width$}  {what}", number + 1, step.key);
        }
        for left in &self.left {
            let _ = writeln!(text, "left as it is: {}", left.text());
        }
        for parted in &self.parted {
            let _ = writeln!(text, "not restored: {parted}");
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
        visible(&text).into_owned()
    }
}
