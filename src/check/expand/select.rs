//! Which phases, scenario and severity a run is of.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::check::model::{BindingId, BindingKind, OnFailure, Phase, Policy, VerifyId, VerifyUse};
use crate::check::walk;
use crate::diagnostics::suggest;

/// What is expanded.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Phases by name, as asked for.
    pub phases: Vec<String>,
    /// Every phase.
    pub all: bool,
    /// Phases that depend on these as well.
    pub with_dependents: bool,
    /// By name.
    pub severity: Option<String>,
    /// By name.
    pub scenario: Option<String>,
    /// Leave graceful steps out.
    pub emergency: bool,
}

/// Why a selection selects nothing that can run: the call is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// A lower-case fragment.
    pub what: String,
    /// What to do now.
    pub hint: String,
}

impl Wrong {
    fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

impl Selection {
    /// Whether graceful steps are left out, and by what.
    #[must_use]
    pub fn skips_graceful(&self, policy: &Policy) -> Option<String> {
        if self.emergency {
            return Some("--emergency".to_owned());
        }
        let name = self.severity.as_deref()?;
        let severity = policy.severities.iter().find(|severity| &*severity.name.text == name)?;
        severity.skip_graceful.then(|| format!("severity {name}"))
    }
}

/// The phases to run, dependents first, in the order in which they run; or what is wrong with the call.
pub fn selected_phases(policy: &Policy, selection: &Selection) -> Result<Vec<Arc<Phase>>, Wrong> {
    let names = || policy.phases.iter().map(|phase| &*phase.name.text);
    if policy.phases.is_empty() {
        return Err(Wrong::new("the policy has no phase", "write `phase NAME { … }`: what can be rolled back"));
    }
    if let Some(name) = &selection.severity
        && !policy.severities.iter().any(|severity| &*severity.name.text == name)
    {
        let known = policy.severities.iter().map(|severity| &*severity.name.text);
        return Err(Wrong::new(format!("no severity `{name}`"), suggestion(name, known, "severities")));
    }
    let mut chosen: BTreeSet<usize> = BTreeSet::new();
    for name in &selection.phases {
        let found = policy.phases.iter().position(|phase| &*phase.name.text == name);
        chosen.insert(
            found.ok_or_else(|| Wrong::new(format!("no phase `{name}`"), suggestion(name, names(), "phases")))?,
        );
    }
    if selection.all {
        chosen.extend(0..policy.phases.len());
    }
    if chosen.is_empty() {
        if policy.phases.len() > 1 {
            let list: Vec<_> = names().map(|name| format!("`{name}`")).collect();
            return Err(Wrong::new(
                "the policy has several phases",
                format!("name one of {}, or say `--all`", list.join(", ")),
            ));
        }
        chosen.insert(0);
    }
    include(policy, &mut chosen);
    dependents(policy, &mut chosen, selection.with_dependents)?;
    let ordered = in_order(policy, &chosen);
    for phase in &ordered {
        scenario_of(phase, selection)?;
    }
    if let Some(name) = &selection.scenario
        && !ordered.iter().any(|phase| phase.scenarios.iter().any(|scenario| &*scenario.name.text == name))
    {
        let known = ordered.iter().flat_map(|phase| phase.scenarios.iter().map(|scenario| &*scenario.name.text));
        return Err(Wrong::new(format!("no scenario `{name}`"), suggestion(name, known, "scenarios")));
    }
    Ok(ordered)
}

fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>, what: &str) -> String {
    let known: Vec<_> = known.collect();
    match suggest::similar(name, known.iter().copied()).first() {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("the policy has no {what}"),
        None => {
            format!("the {what} are {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A phase with scenarios needs one: what stands outside of them alone would not mend what is wrong.
fn scenario_of(phase: &Phase, selection: &Selection) -> Result<(), Wrong> {
    if phase.scenarios.is_empty() || selection.scenario.is_some() {
        return Ok(());
    }
    let list: Vec<_> = phase
        .scenarios
        .iter()
        .map(|scenario| {
            let title = scenario.title.as_ref().map(|title| format!(" ({title})")).unwrap_or_default();
            format!("`{}`{title}", scenario.name.text)
        })
        .collect();
    Err(Wrong::new(
        format!("phase `{}` has scenarios", phase.name.text),
        format!("say `--scenario NAME` with one of {}", list.join(", ")),
    ))
}

/// Adds what the chosen phases include.
fn include(policy: &Policy, chosen: &mut BTreeSet<usize>) {
    let mut todo: Vec<_> = chosen.iter().copied().collect();
    while let Some(index) = todo.pop() {
        for name in &policy.phases[index].includes {
            if let Some(found) = policy.phases.iter().position(|phase| phase.name.text == name.text)
                && chosen.insert(found)
            {
                todo.push(found);
            }
        }
    }
}

/// Dependents roll back first; leaving a live one out is refused unless it is asked for.
fn dependents(policy: &Policy, chosen: &mut BTreeSet<usize>, with: bool) -> Result<(), Wrong> {
    loop {
        let missing = policy.phases.iter().enumerate().find(|(index, phase)| {
            !chosen.contains(index)
                && phase.depends_on.iter().any(|on| chosen.iter().any(|&one| policy.phases[one].name.text == on.text))
        });
        let Some((index, phase)) = missing else { return Ok(()) };
        if !with {
            return Err(Wrong::new(
                format!("phase `{}` depends on what would be rolled back", phase.name.text),
                "say `--with-dependents` to roll it back first, or name it too",
            ));
        }
        chosen.insert(index);
    }
}

/// Dependents before what they depend on, otherwise in the order of the text.
fn in_order(policy: &Policy, chosen: &BTreeSet<usize>) -> Vec<Arc<Phase>> {
    let mut ordered: Vec<usize> = Vec::new();
    let mut open: Vec<usize> = chosen.iter().copied().collect();
    while !open.is_empty() {
        let ready = open.iter().position(|&index| {
            let name = &policy.phases[index].name.text;
            !open
                .iter()
                .any(|&other| other != index && policy.phases[other].depends_on.iter().any(|on| on.text == *name))
        });
        // A circle of dependencies was refused by the checker; here it must only end.
        ordered.push(open.remove(ready.unwrap_or(0)));
    }
    ordered.into_iter().map(|index| Arc::clone(&policy.phases[index])).collect()
}

/// The verifications called `names`, or all that use nothing of a phase; or what is wrong with the call.
pub fn selected_verifies(policy: &Policy, names: &[String]) -> Result<Vec<Arc<VerifyUse>>, Wrong> {
    let use_of = |index: usize| {
        Arc::new(VerifyUse {
            verify: VerifyId(index as u32),
            within: None,
            every: None,
            hold: None,
            mitigates: false,
            after: Vec::new(),
            on_failure: Some(OnFailure::Continue),
            place: policy.verifies[index].place,
        })
    };
    if names.is_empty() {
        let free: Vec<_> =
            (0..policy.verifies.len()).filter(|&index| stands_alone(policy, index)).map(use_of).collect();
        if free.is_empty() {
            return Err(Wrong::new(
                "no verification of this policy stands alone",
                "write `verify NAME { … }` outside of phases",
            ));
        }
        return Ok(free);
    }
    let known = || policy.verifies.iter().map(|verify| &*verify.name.text);
    names
        .iter()
        .map(|name| {
            let index = policy.verifies.iter().position(|verify| &*verify.name.text == name);
            let index = index.ok_or_else(|| {
                Wrong::new(format!("no verification `{name}`"), suggestion(name, known(), "verifications"))
            })?;
            if stands_alone(policy, index) {
                return Ok(use_of(index));
            }
            Err(Wrong::new(format!("`{name}` uses values of its phase"), "it is evaluated when the phase runs"))
        })
        .collect()
}

/// Whether a verification names only params, `let`s of the file and its own.
fn stands_alone(policy: &Policy, index: usize) -> bool {
    let verify = &policy.verifies[index];
    let known = |id: BindingId| {
        policy.lets.contains(&id)
            || verify.lets.contains(&id)
            || matches!(
                policy.bindings[id.0 as usize].kind,
                BindingKind::Param | BindingKind::Function { .. } | BindingKind::Variable
            )
    };
    let mut alone = true;
    for check in &verify.checks {
        walk::bindings(&check.condition, &mut |id| alone &= known(id));
    }
    for id in &verify.lets {
        if let BindingKind::Let(expr) = &policy.bindings[id.0 as usize].kind {
            walk::bindings(expr, &mut |id| alone &= known(id));
        }
    }
    alone
}
