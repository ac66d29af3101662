//! W6065, W6066, W6069 to W6071: rules of triggers that never fire, never decide, or are armed again while they hold.

use std::time::Duration;

use crate::catalogue::value::Value;
use crate::check::model::{BindingKind, Expr, ExprKind, Held, Lasting, Policy, Rule, Trigger, When};
use crate::check::walk;
use crate::diagnostics::{Code, Diagnostic};

use super::advice::Advice;
use super::everything::Everything;
use super::interval::{comparisons, possible};

pub fn lint<'p>(all: &Everything<'p>, policy: &'p Policy, advice: &mut Advice<'p>) {
    for trigger in &policy.watching.triggers {
        let rules: Vec<(&Rule, &Held)> = trigger
            .rules
            .iter()
            .filter_map(|rule| match &rule.when {
                When::Holds(held) => Some((rule, held)),
                When::ByHand(_) => None,
            })
            .collect();
        for (_, held) in &rules {
            never(held, advice);
            short(held, policy, advice);
        }
        trigger.clear.iter().for_each(|held| short(held, policy, advice));
        shadowed(&rules, policy, advice);
        overlaps(trigger, &rules, advice);
    }
    for expr in &all.exprs {
        walk::expressions(expr, &mut |part| window(part, policy, advice));
    }
}

fn never<'p>(held: &'p Held, advice: &mut Advice<'p>) {
    let (compared, _) = comparisons(&held.condition, advice);
    for one in compared {
        if one.allowed.and(possible(one.what, advice.policy)).is_empty() {
            advice.push(
                Diagnostic::new(Code::NeverFires, held.condition.place, "this rule can never fire")
                    .label(format!("`{}` is never so", one.text))
                    .help("mend the comparison: the threshold, its unit, or `<` for `>`"),
            );
        }
    }
}

/// The time between two samples of what a condition looks at, the shortest one.
fn interval(expr: &Expr, policy: &Policy) -> Option<Duration> {
    let mut least: Option<Duration> = None;
    walk::expressions(expr, &mut |part| {
        let every = match &part.kind {
            ExprKind::Metric(id, _) => policy.watching.metrics.get(id.0 as usize).map(|metric| metric.every),
            ExprKind::Apply(id, _) => match &policy.bindings[id.0 as usize].kind {
                BindingKind::Function { body, .. } => interval(body, policy),
                _ => None,
            },
            _ => None,
        };
        least = match (least, every) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    });
    least
}

fn short(held: &Held, policy: &Policy, advice: &mut Advice<'_>) {
    let (Lasting::Time(lasting), Some(every)) = (held.lasting, interval(&held.condition, policy)) else { return };
    if lasting < every {
        let (lasting, every) = (Value::duration(lasting), Value::duration(every));
        advice.push(
            Diagnostic::new(
                Code::ShortFor,
                held.condition.place,
                format!("`for {lasting}` is shorter than two samples"),
            )
            .label(format!("there is a sample every {every}"))
            .help(format!("write `for {every}` or more, `for 2 samples`, or sample more often")),
        );
    }
}

fn window(expr: &Expr, policy: &Policy, advice: &mut Advice<'_>) {
    let ExprKind::Series(call) = &expr.kind else { return };
    let every = call.args.iter().filter_map(|arg| interval(arg, policy)).max();
    let (Some(over), Some(every)) = (call.over, every) else { return };
    if over < every {
        let (over, every) = (Value::duration(over), Value::duration(every));
        advice.push(
            Diagnostic::new(Code::ShortWindow, expr.place, format!("a window of {over} never holds two samples"))
                .label(format!("there is a sample every {every}"))
                .help("look over a longer time, or sample more often"),
        );
    }
}

/// Whether `first` holds whenever `then` does.
fn follows<'p>(first: &'p Held, then: &'p Held, advice: &Advice<'p>) -> bool {
    let sooner = match (first.lasting, then.lasting) {
        (Lasting::AtOnce, _) => true,
        (Lasting::Time(a), Lasting::Time(b)) => a <= b,
        (Lasting::Samples(a), Lasting::Samples(b)) => a <= b,
        _ => false,
    };
    if !sooner {
        return false;
    }
    if advice.text(first.condition.place) == advice.text(then.condition.place) {
        return true;
    }
    let ((wide, whole), (narrow, _)) = (comparisons(&first.condition, advice), comparisons(&then.condition, advice));
    let inside = |one: &super::interval::Compared<'_>| {
        narrow.iter().any(|other| other.text == one.text && one.allowed.holds(other.allowed))
    };
    whole && !wide.is_empty() && wide.iter().all(inside)
}

/// A rule that holds only when a more severe one of its trigger does.
fn shadowed<'p>(rules: &[(&'p Rule, &'p Held)], policy: &Policy, advice: &mut Advice<'p>) {
    let grade = |rule: &Rule| policy.severities.iter().position(|severity| severity.name.text == rule.severity.text);
    for (index, (rule, held)) in rules.iter().enumerate() {
        let above = rules.iter().enumerate().find(|(other, (above, wide))| {
            *other != index
                && (grade(above) < grade(rule) || grade(above) == grade(rule) && *other < index)
                && follows(wide, held, advice)
        });
        if let Some((_, (above, _))) = above {
            let (own, other) = (&rule.severity.text, &above.severity.text);
            advice.push(
                Diagnostic::new(Code::ShadowedRule, rule.place, format!("this rule of `{own}` never decides"))
                    .label(format!("whenever it holds, `{other}` holds as well"))
                    .also(above.place, "this one is taken then")
                    .help("give the more severe one the higher threshold, or leave this one out"),
            );
        }
    }
}

/// `clear` holds for a value for which a rule holds, so that the trigger is armed and fires again and again.
fn overlaps<'p>(trigger: &'p Trigger, rules: &[(&'p Rule, &'p Held)], advice: &mut Advice<'p>) {
    let Some(clear) = &trigger.clear else { return };
    let (cleared, _) = comparisons(&clear.condition, advice);
    let [calm] = &cleared[..] else { return };
    for (rule, held) in rules {
        let (compared, _) = comparisons(&held.condition, advice);
        let [fires] = &compared[..] else { continue };
        let whole = comparisons(&clear.condition, advice).1 && comparisons(&held.condition, advice).1;
        let both = fires.allowed.and(calm.allowed).and(possible(calm.what, advice.policy));
        if whole && fires.text == calm.text && !both.is_empty() {
            advice.push(
                Diagnostic::new(
                    Code::ClearOverlaps,
                    clear.condition.place,
                    "this clears while the trigger still fires",
                )
                .label(format!("`{}` may be both", calm.text))
                .also(rule.place, "this may hold at the same time")
                .help("clear at a value at which no rule holds"),
            );
            return;
        }
    }
}
