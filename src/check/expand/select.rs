//! Which phases, scenario and severity a run is of.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
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
    Phases::of(policy).selected(selection)
}

/// The phases of a policy with how they hang together: whoever selects many times builds it once.
pub struct Phases<'p> {
    policy: &'p Policy,
    by_name: HashMap<&'p str, usize>,
    /// By phase: those that depend on it.
    dependents: Vec<Vec<usize>>,
}

impl<'p> Phases<'p> {
    #[must_use]
    pub fn of(policy: &'p Policy) -> Self {
        let mut by_name = HashMap::new();
        for (index, phase) in policy.phases.iter().enumerate() {
            by_name.entry(&*phase.name.text).or_insert(index);
        }
        let mut dependents = vec![Vec::new(); policy.phases.len()];
        for (index, phase) in policy.phases.iter().enumerate() {
            for on in &phase.depends_on {
                if let Some(&on) = by_name.get(&*on.text) {
                    dependents[on].push(index);
                }
            }
        }
        Self { policy, by_name, dependents }
    }

    /// See [`selected_phases`].
    pub fn selected(&self, selection: &Selection) -> Result<Vec<Arc<Phase>>, Wrong> {
        let policy = self.policy;
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
            let Some(&found) = self.by_name.get(&**name) else {
                return Err(Wrong::new(format!("no phase `{name}`"), suggestion(name, names(), "phases")));
            };
            chosen.insert(found);
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
        self.include(&mut chosen);
        self.add_dependents(&mut chosen, selection.with_dependents)?;
        let ordered = self.in_order(&chosen);
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

    /// What is rolled back together with `phase`, itself first: what it includes and what depends on any of these.
    #[must_use]
    pub fn together(&self, phase: usize) -> Vec<&'p Phase> {
        let (mut all, mut known) = (vec![phase], BTreeSet::from([phase]));
        let mut next = 0;
        while let Some(&this) = all.get(next) {
            next += 1;
            let included = self.policy.phases[this].includes.iter().filter_map(|name| self.by_name.get(&*name.text));
            let mut beside: Vec<usize> = included.chain(&self.dependents[this]).copied().collect();
            beside.sort_unstable();
            all.extend(beside.into_iter().filter(|other| known.insert(*other)));
        }
        all.into_iter().map(|index| &*self.policy.phases[index]).collect()
    }

    /// Adds what the chosen phases include.
    fn include(&self, chosen: &mut BTreeSet<usize>) {
        let mut todo: Vec<_> = chosen.iter().copied().collect();
        while let Some(index) = todo.pop() {
            for name in &self.policy.phases[index].includes {
                if let Some(&found) = self.by_name.get(&*name.text)
                    && chosen.insert(found)
                {
                    todo.push(found);
                }
            }
        }
    }

    /// Dependents roll back first; leaving a live one out is refused unless it is asked for.
    fn add_dependents(&self, chosen: &mut BTreeSet<usize>, with: bool) -> Result<(), Wrong> {
        let mut todo: Vec<usize> = chosen.iter().copied().collect();
        if !with {
            let missing =
                todo.iter().flat_map(|&on| &self.dependents[on]).filter(|index| !chosen.contains(index)).min();
            let Some(&index) = missing else { return Ok(()) };
            return Err(Wrong::new(
                format!("phase `{}` depends on what would be rolled back", self.policy.phases[index].name.text),
                "say `--with-dependents` to roll it back first, or name it too",
            ));
        }
        while let Some(on) = todo.pop() {
            todo.extend(self.dependents[on].iter().copied().filter(|index| chosen.insert(*index)));
        }
        Ok(())
    }

    /// Dependents before what they depend on, otherwise in the order of the text.
    fn in_order(&self, chosen: &BTreeSet<usize>) -> Vec<Arc<Phase>> {
        let mut open = chosen.clone();
        // By phase: the chosen ones that depend on it and are still open.
        let mut waits: HashMap<usize, BTreeSet<usize>> = HashMap::new();
        for &index in chosen {
            let others = self.dependents[index].iter().filter(|other| **other != index && chosen.contains(other));
            waits.insert(index, others.copied().collect());
        }
        let ready = chosen.iter().filter(|index| waits[index].is_empty());
        let mut ready: BinaryHeap<Reverse<usize>> = ready.copied().map(Reverse).collect();
        let mut ordered = Vec::with_capacity(chosen.len());
        // A circle of dependencies was refused by the checker; here it must only end.
        while let Some(index) = ready.pop().map(|Reverse(index)| index).or_else(|| open.first().copied()) {
            if !open.remove(&index) {
                continue;
            }
            let phase = &self.policy.phases[index];
            ordered.push(Arc::clone(phase));
            for on in phase.depends_on.iter().filter_map(|on| self.by_name.get(&*on.text)) {
                if let Some(left) = waits.get_mut(on)
                    && left.remove(&index)
                    && left.is_empty()
                {
                    ready.push(Reverse(*on));
                }
            }
        }
        ordered
    }
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
