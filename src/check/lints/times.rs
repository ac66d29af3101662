//! W6045, W6047, W6049: times that contradict each other.

use std::time::Duration;

use crate::catalogue::signature::{Role, UndoKind};
use crate::catalogue::value::Value;
use crate::check::constant;
use crate::check::model::{Expr, Policy, Step, StepItem, Undo, Verify};
use crate::diagnostics::{Code, Diagnostic};

use super::advice::Advice;
use super::everything::Everything;

pub fn lint(all: &Everything<'_>, advice: &mut Advice<'_>) {
    for used in &all.uses {
        let Some(verify) = advice.policy.verifies.get(used.verify.0 as usize) else { continue };
        let within = used.within.or(verify.within).unwrap_or(Verify::WITHIN);
        let every = used.every.or(verify.every).unwrap_or(Verify::EVERY);
        // While something has to hold it goes on.
        if every > within && used.hold.or(verify.hold).is_none() {
            let own = used.within.is_some() || used.every.is_some();
            let place = if own { used.place } else { verify.name.place };
            advice.push(
                Diagnostic::new(Code::AskedOnce, place, format!("`{}` is asked only once", verify.name.text))
                    .label(format!("within {}, every {}", shown(within), shown(every)))
                    .help("ask more often, or allow more time: `within 30s every 1s`"),
            );
        }
    }
    for step in &all.steps {
        within_its_timeout(step, advice);
        repeated(step, advice);
    }
}

fn shown(length: Duration) -> Value {
    Value::duration(length)
}

fn known(expr: &Expr, policy: &Policy) -> Option<Duration> {
    constant::value(expr, &policy.bindings, None)?.as_duration()
}

/// A limit of a call that is longer than that of its step. Waits have their time beside the limit of the step.
fn within_its_timeout(step: &Step, advice: &mut Advice<'_>) {
    let Some(clause) = &step.clauses.timeout else { return };
    let Some(limit) = known(clause, advice.policy) else { return };
    let plain = |item: &StepItem| match item {
        StepItem::Call(call) => !call.signature().gate,
        StepItem::Let(_) | StepItem::Require(_) | StepItem::Expect(_) => true,
        StepItem::Group(_) | StepItem::For(_) | StepItem::If(_) => false,
    };
    if !step.body.iter().all(plain) {
        return;
    }
    for item in &step.body {
        let StepItem::Call(call) = item else { continue };
        if let Some(own) = &call.timeout
            && known(own, advice.policy).is_some_and(|own| own > limit)
        {
            advice.push(
                Diagnostic::new(Code::LimitNeverReached, own.place, "this limit is never reached")
                    .label("longer than that of the step")
                    .also(clause.place, format!("the step is ended after {}", shown(limit)))
                    .help("allow the step more time, or leave this limit out"),
            );
        }
    }
}

/// A command that is tried again on top of what its first attempt left.
fn repeated(step: &Step, advice: &mut Advice<'_>) {
    let clauses = &step.clauses;
    let settled = clauses.idempotent || clauses.done_when.is_some() || clauses.only_reads();
    // A step that does not say how it is taken back is advised to say so first.
    let unsaid = clauses.irreversible.is_none() && !matches!(clauses.undo, Undo::None);
    if settled || unsaid {
        return;
    }
    for item in &step.body {
        let StepItem::Call(call) = item else { continue };
        let signature = call.signature();
        let command = signature.role == Role::Command && signature.undo == UndoKind::None;
        let again =
            clauses.retry.as_ref().is_some_and(|retry| retry.times > 0) || call.retry.is_some_and(|times| times > 0);
        if command && again {
            advice.push(
                Diagnostic::new(Code::RetryRepeats, call.place, "a retry does this on top of half of itself")
                    .label("nothing restores what a failed attempt left")
                    .help("add `idempotent` where doing it again does no harm, or leave the retry out"),
            );
        }
    }
}
