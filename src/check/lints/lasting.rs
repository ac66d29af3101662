//! W6075: a trigger that its own rollback cannot clear, as nothing that is rolled back is what its metrics look at.
//!
//! Only where it is flags that they look at, and all is known that is written: a service, a command, an address or a
//! program that reads a file may change anything in turn.

use std::sync::Arc;

use crate::catalogue::effect::{Effects, Kind, Resource};
use crate::check::cases::worst_cases;
use crate::check::effects::{conflict, shown};
use crate::check::expand::{Expansion, Work, reads};
use crate::check::model::{BindingKind, Expr, ExprKind, MetricId, Policy, StepItem, Trigger, When};
use crate::check::walk;
use crate::diagnostics::{Code, Diagnostic};

use super::advice::Advice;

pub fn lint(policy: &Arc<Policy>, advice: &mut Advice<'_>) {
    for trigger in &policy.watching.triggers {
        of_trigger(policy, trigger, advice);
    }
}

fn of_trigger(policy: &Arc<Policy>, trigger: &Trigger, advice: &mut Advice<'_>) {
    // What is compared with its own past comes to rest by itself.
    let mut metrics: Vec<MetricId> = Vec::new();
    let mut at_rest = trigger.starts.is_empty();
    let held = trigger.rules.iter().filter_map(|rule| match &rule.when {
        When::Holds(held) => Some(held),
        When::ByHand(_) => None,
    });
    for held in held.chain(&trigger.clear) {
        at_rest |= !looks_at(&held.condition, policy, &mut metrics);
    }
    if at_rest || metrics.is_empty() {
        return;
    }
    let mut writes = Effects::none();
    let mut verified = Effects::none();
    let mut seen: Option<Effects> = None;
    for started in &trigger.starts {
        let runs = worst_cases(policy, &started.phase.text);
        let meant = |scenario: &Option<String>| match &started.scenario {
            Some(name) => scenario.as_deref() == Some(&*name.text),
            None => true,
        };
        for (_, expansion, _) in runs.iter().filter(|(selection, ..)| meant(&selection.scenario)) {
            if !is_known(expansion) {
                return;
            }
            for node in &expansion.nodes {
                // Who verifies it expects it to be mended, be it by who reads what is written.
                if matches!(node.work, Work::Verify(..)) {
                    verified.extend(Effects { reads: Vec::new(), writes: node.effects.reads.clone() });
                }
                writes.extend(Effects { reads: Vec::new(), writes: node.effects.writes.clone() });
            }
            let looked = seen.get_or_insert_with(Effects::none);
            for id in &metrics {
                if let Some(metric) = policy.watching.metrics.get(id.0 as usize) {
                    looked.extend(reads(policy, &metric.probe, &expansion.values));
                }
            }
        }
    }
    let Some(looked) = seen else { return };
    // What does not change anything is said elsewhere.
    let known = is_lasting(&looked) && !writes.writes.is_empty() && writes.writes.iter().all(is_plain);
    if !known || conflict(&writes, &looked).is_some() {
        return;
    }
    if conflict(&verified, &looked).is_some() {
        return;
    }
    let Some(metric) = policy.watching.metrics.get(metrics[0].0 as usize) else { return };
    let phases: Vec<String> = trigger.starts.iter().map(|started| format!("`{}`", started.phase.text)).collect();
    let name = &trigger.name.text;
    let files = looked.reads.iter().filter(|read| read.kind == Kind::File);
    let what: Vec<String> = files.map(shown).collect();
    advice.push(
        Diagnostic::new(Code::NeverClears, trigger.name.place, format!("`{name}` may fire on after its own rollback"))
            .label(format!("nothing that {} writes is what it looks at", phases.join(" and ")))
            .also(metric.name.place, format!("looks at flags of {}", what.join(", ")))
            .help("look at what the rollback mends, compare with how it was before, or put it right in the phase"),
    );
}

/// The metrics of a condition; false where it looks at their past, at the time or at anything else.
fn looks_at(expr: &Expr, policy: &Policy, metrics: &mut Vec<MetricId>) -> bool {
    let mut plain = true;
    walk::expressions(expr, &mut |part| match &part.kind {
        ExprKind::Metric(id, args) => {
            let metric = policy.watching.metrics.get(id.0 as usize);
            plain &= args.is_empty() && metric.is_some_and(|metric| metric.baseline.is_none());
            if !metrics.contains(id) {
                metrics.push(*id);
            }
        }
        ExprKind::Series(_) | ExprKind::Probe(_) | ExprKind::Apply(..) | ExprKind::Run(_) | ExprKind::Maintenance => {
            plain = false;
        }
        ExprKind::Binding(id) => {
            plain &= matches!(policy.bindings[id.0 as usize].kind, BindingKind::Let(_) | BindingKind::Param);
        }
        _ => {}
    });
    plain
}

/// Whether only who switches them changes what is looked at: flags. A file may be what a program makes of what is written.
fn is_lasting(looked: &Effects) -> bool {
    let of_flags = |read: &Resource| read.kind == Kind::Flag || read.kind == Kind::File && !read.name.contains('*');
    looked.reads.iter().any(|read| read.kind == Kind::Flag) && looked.reads.iter().all(of_flags)
}

/// Whether nothing in turn changes more than what is written.
fn is_plain(resource: &Resource) -> bool {
    matches!(resource.kind, Kind::File | Kind::Git | Kind::Db | Kind::Redis | Kind::Flag)
        && !resource.name.contains('*')
}

/// Whether all that a run does is known: steps that are calls of the policy, and no person.
fn is_known(expansion: &Expansion) -> bool {
    expansion.nodes.iter().all(|node| match &node.work {
        Work::Step(step) => {
            !node.gate && step.body.iter().all(|item| !matches!(item, StepItem::For(_) | StepItem::If(_)))
        }
        Work::Dynamic(_) => false,
        _ => true,
    })
}
