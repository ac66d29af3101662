//! Which scenario of a phase fits what is the case now: every `detect`, asked of the world. Looks, and never decides.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::catalogue::error::{Error, ErrorKind};
use crate::catalogue::look::Look;
use crate::catalogue::value::Value;
use crate::check::expand::{self, Present, Selection};
use crate::check::model::{BindingId, BindingKind, Expr, Phase, Policy, Scenario};
use crate::diagnostics::suggest;

use super::expectations::{one_line, short};
use super::model::Request;
use super::{Drawn, PlanError};

/// What one scenario's question may take, with the values that it needs.
pub const EACH: Duration = Duration::from_secs(10);

/// A scenario and whether it fits.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Found {
    /// The phase.
    pub phase: String,
    /// The scenario.
    pub scenario: String,
    /// Its title.
    pub title: Option<String>,
    /// What its author says is seen.
    pub symptoms: Vec<String>,
    /// Its `detect` as written.
    pub detect: Option<String>,
    /// The answer.
    #[serde(flatten)]
    pub fit: Fit,
}

/// Whether a scenario fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(tag = "fit", rename_all = "snake_case")]
pub enum Fit {
    /// It does.
    Yes {
        /// The parts of its `detect` and their values.
        values: Vec<(String, String)>,
    },
    /// It does not.
    No {
        /// The parts of its `detect` and their values.
        values: Vec<(String, String)>,
    },
    /// It could not be told.
    Unknown {
        /// As a clause.
        why: String,
    },
    /// It has no `detect`: a person must tell.
    NotSaid,
}

/// Asks the scenarios of `phase`, or of every phase.
pub fn diagnose(
    policy: &Arc<Policy>,
    phase: Option<&str>,
    request: Request,
    look: &Look,
    drawn: &Drawn,
) -> Result<Vec<Found>, PlanError> {
    let phases = chosen(policy, phase)?;
    let look = if request.probe { look.allowing_exec() } else { look.clone() };
    let environment = super::environment(policy, request.environment.as_deref())?;
    let (_, values) = super::params::effective(policy, &request, environment)?;
    let pinning = Arc::new(super::pinning(policy, &request, environment, drawn, &[]));
    // The values of the top level need no world and no phase.
    let top = expand::expand_verifies(policy, &[], values, &pinning, &look);
    super::refusals(policy, &top)?;
    let present = Present {
        policy: Arc::clone(policy),
        values: Arc::new(top.values),
        untold: Arc::default(),
        pinning,
        look: look.clone(),
    };
    let ask = |phase: &Phase, scenario: &Scenario| Found {
        phase: phase.name.text.to_string(),
        scenario: scenario.name.text.to_string(),
        title: scenario.title.clone(),
        symptoms: scenario.symptoms.clone(),
        detect: scenario.detect.as_ref().map(|detect| written(policy, detect)),
        fit: scenario
            .detect
            .as_ref()
            .map_or(Fit::NotSaid, |detect| asked(Present { look: look.within(EACH), ..present.clone() }, detect)),
    };
    Ok(phases.iter().flat_map(|phase| phase.scenarios.iter().map(|scenario| ask(phase, scenario))).collect())
}

/// The phases with scenarios, or the named one.
fn chosen(policy: &Policy, name: Option<&str>) -> Result<Vec<Arc<Phase>>, PlanError> {
    let with: Vec<&Arc<Phase>> = policy.phases.iter().filter(|phase| !phase.scenarios.is_empty()).collect();
    let none = |what: String| PlanError::Call {
        what,
        hint: "a `scenario NAME { detect EXPR … }` in a phase says when it is the one; see `docs/language.md`"
            .to_owned(),
    };
    let Some(name) = name else {
        if with.is_empty() {
            return Err(none("no phase of the policy has scenarios".to_owned()));
        }
        return Ok(with.into_iter().cloned().collect());
    };
    match policy.phases.iter().find(|phase| &*phase.name.text == name) {
        Some(phase) if phase.scenarios.is_empty() => Err(none(format!("phase `{name}` has no scenarios"))),
        Some(phase) => Ok(vec![Arc::clone(phase)]),
        None => {
            let known: Vec<&str> = policy.phases.iter().map(|phase| &*phase.name.text).collect();
            let near = suggest::did_you_mean(name, known.iter().copied());
            let hint = near.unwrap_or_else(|| format!("the phases are {}", suggest::alternatives(&known, "and")));
            Err(PlanError::Call { what: format!("no phase `{name}`"), hint })
        }
    }
}

/// Asks one `detect`, and before it the `let`s that it names.
fn asked(mut present: Present, detect: &Expr) -> Fit {
    let policy = Arc::clone(&present.policy);
    for id in needed(&policy, detect) {
        if present.values.contains_key(&id) {
            continue;
        }
        let BindingKind::Let(expr) = &policy.bindings[id.0 as usize].kind else { continue };
        match present.value(expr) {
            Ok(value) => drop(Arc::make_mut(&mut present.values).insert(id, value)),
            Err(error) => drop(Arc::make_mut(&mut present.untold).insert(id, error)),
        }
    }
    let (value, parts) = present.traced(detect);
    let values = || {
        let mut parts: Vec<(String, String)> = parts
            .iter()
            .map(|(place, value)| (one_line(policy.sources.get(place.file).slice(place.span)), short(value)))
            .collect();
        parts.dedup();
        parts
    };
    match value {
        Ok(Value::Bool(true)) => Fit::Yes { values: values() },
        Ok(Value::Bool(false)) => Fit::No { values: values() },
        Ok(other) => Fit::Unknown { why: format!("it is neither true nor false, but {}", short(&other)) },
        Err(error) => Fit::Unknown { why: why(error) },
    }
}

fn why(error: Error) -> String {
    match (error.kind, error.hint) {
        (ErrorKind::TimedOut, _) => {
            format!("no answer within {}", crate::catalogue::show::duration(EACH.as_nanos() as f64))
        }
        (ErrorKind::Refused, Some(hint)) => format!("{} ({hint})", error.what),
        _ => error.what,
    }
}

/// The bindings that `expr` names, also through others, in the order of the text.
fn needed(policy: &Policy, expr: &Expr) -> BTreeSet<BindingId> {
    let mut all = BTreeSet::new();
    let mut open = expand::named(policy, expr);
    while let Some(id) = open.pop() {
        if all.insert(id)
            && let BindingKind::Let(value) = &policy.bindings[id.0 as usize].kind
        {
            open.extend(expand::named(policy, value));
        }
    }
    all
}

fn written(policy: &Policy, expr: &Expr) -> String {
    one_line(policy.sources.get(expr.place.file).slice(expr.place.span))
}

/// Whether a run of `phase` takes those along that depend on it, or is refused without.
#[must_use]
pub fn needs_dependents(policy: &Policy, phase: &str, scenario: &str) -> bool {
    let of = |with_dependents| Selection {
        phases: vec![phase.to_owned()],
        scenario: Some(scenario.to_owned()),
        with_dependents,
        ..Selection::default()
    };
    expand::selected_phases(policy, &of(false)).is_err() && expand::selected_phases(policy, &of(true)).is_ok()
}
