//! The decision matrix: what is measured × in which band → how severe → who starts, until when, what is rolled back.
//!
//! The healthy band is written nowhere in a policy: it is what no rule covers.

use std::sync::Arc;

use crate::catalogue::value::Value;
use crate::check::model::{BinaryOp, Expr, ExprKind, Held, Lasting, Policy, Rule, Start, Started, Trigger, When};
use crate::check::walk;

use super::text::{Texts, code, joined, length, plain, table};

/// A rule as it stands in the matrix.
struct Row<'p> {
    /// Where it stands among the severities; 0 is the most severe.
    rank: usize,
    trigger: &'p Trigger,
    rule: &'p Rule,
    /// What is compared, and with what, where the condition is that simple.
    bound: Option<Bound>,
}

/// `subject > limit` and its like.
struct Bound {
    subject: String,
    /// Whether it fires above the limit.
    above: bool,
    /// Whether the limit itself fires.
    inclusive: bool,
    /// In base units, to compare limits of one subject.
    amount: f64,
    /// As it was written.
    limit: String,
}

pub fn write(policy: &Arc<Policy>, texts: &Texts, out: &mut String) {
    let triggers = &policy.watching.triggers;
    if triggers.is_empty() {
        return;
    }
    let rank = |rule: &Rule| policy.severities.iter().position(|found| found.name.text == rule.severity.text);
    let mut rows: Vec<Row<'_>> = triggers
        .iter()
        .flat_map(|trigger| trigger.rules.iter().map(move |rule| (trigger, rule)))
        .map(|(trigger, rule)| {
            let bound = match &rule.when {
                When::Holds(held) => bound(&held.condition, texts),
                When::ByHand(_) => None,
            };
            Row { rank: rank(rule).unwrap_or(usize::MAX), trigger, rule, bound }
        })
        .collect();
    // Rules about one thing stand together, in the order of their first one; the most severe first.
    let mut subjects: Vec<String> = Vec::new();
    let subject = |row: &Row<'_>| match (&row.bound, &row.rule.when) {
        (Some(bound), _) => format!("{}{}", bound.subject, if bound.above { "↑" } else { "↓" }),
        (None, _) => format!("trigger {}", row.trigger.name.text),
    };
    for row in &rows {
        let name = subject(row);
        if !subjects.contains(&name) {
            subjects.push(name);
        }
    }
    rows.sort_by_key(|row| (subjects.iter().position(|name| *name == subject(row)), row.rank));
    let mut lines: Vec<Vec<String>> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let group: Vec<&Row<'_>> = rows.iter().filter(|other| subject(other) == subject(row)).collect();
        lines.push(line(policy, row, &group, texts));
        let last = rows.get(index + 1).is_none_or(|next| subject(next) != subject(row));
        if last && let Some(healthy) = healthy(&group) {
            let measured = row.bound.as_ref().map_or_else(|| name(row.trigger), |bound| code(&bound.subject));
            let none = String::new;
            lines.push(vec![
                measured,
                healthy,
                none(),
                "healthy".to_owned(),
                "nothing starts".to_owned(),
                none(),
                none(),
            ]);
        }
    }
    out.push_str("## Decision matrix\n\n");
    let head = ["measured", "band", "for", "severity", "who starts", "within", "rolls back"];
    out.push_str(&table(&head, &lines));
    notes(policy, texts, out);
}

fn line(policy: &Policy, row: &Row<'_>, group: &[&Row<'_>], texts: &Texts) -> Vec<String> {
    let severity = policy.severities.iter().find(|found| found.name.text == row.rule.severity.text);
    let (measured, band, lasting) = match (&row.rule.when, &row.bound) {
        (When::Holds(held), Some(bound)) => (code(&bound.subject), between(row, bound, group), lasting(held)),
        (When::Holds(held), None) => (name(row.trigger), texts.code(&held.condition), lasting(held)),
        (When::ByHand(role), _) => {
            let who =
                role.as_ref().map_or_else(|| "a person".to_owned(), |role| format!("somebody of {}", code(&role.text)));
            (name(row.trigger), format!("{who} decides"), String::new())
        }
    };
    let within = severity.and_then(|found| found.within).map_or_else(String::new, |(limit, _)| length(limit));
    let starts: Vec<String> = row.trigger.starts.iter().map(started).collect();
    let who = severity.map_or_else(String::new, |found| start(&found.start));
    vec![measured, band, lasting, code(&row.rule.severity.text), who, within, joined(&starts)]
}

/// A trigger as a person calls it.
fn name(trigger: &Trigger) -> String {
    trigger.title.as_deref().map_or_else(|| code(&trigger.name.text), plain)
}

/// What is started, as a person reads it.
pub(super) fn started(started: &Started) -> String {
    match &started.scenario {
        Some(scenario) => format!("{}, scenario {}", code(&started.phase.text), code(&scenario.text)),
        None => code(&started.phase.text),
    }
}

/// Who or what may start, in words.
pub(super) fn start(start: &Start) -> String {
    match start {
        Start::Automatically => "starts by itself".to_owned(),
        Start::AfterApproval { by, within } => {
            let within = within.map_or_else(String::new, |limit| format!(" within {}", length(limit)));
            format!("after approval by {}{within}", code(by))
        }
        Start::ByHand => "a person".to_owned(),
        Start::Observe => "nobody: it is only observed".to_owned(),
    }
}

/// How long a condition must hold.
pub(super) fn lasting(held: &Held) -> String {
    match held.lasting {
        Lasting::AtOnce => "at once".to_owned(),
        Lasting::Time(time) => length(time),
        Lasting::Samples(1) => "1 sample".to_owned(),
        Lasting::Samples(count) => format!("{count} samples"),
    }
}

/// From the limit of a rule to that of the next more severe one about the same thing.
fn between(row: &Row<'_>, bound: &Bound, group: &[&Row<'_>]) -> String {
    let beyond = |other: &Bound| if bound.above { other.amount > bound.amount } else { other.amount < bound.amount };
    let next = group
        .iter()
        .filter(|other| other.rank < row.rank)
        .filter_map(|other| other.bound.as_ref())
        .filter(|other| beyond(other))
        .min_by(|a, b| (a.amount - bound.amount).abs().total_cmp(&(b.amount - bound.amount).abs()));
    let own = match (bound.above, bound.inclusive) {
        (true, false) => format!("over {}", bound.limit),
        (true, true) => format!("{} or more", bound.limit),
        (false, false) => format!("under {}", bound.limit),
        (false, true) => format!("{} or less", bound.limit),
    };
    match next {
        None => own,
        Some(next) => {
            let end = match (bound.above, next.inclusive) {
                (true, false) => format!("up to {}", next.limit),
                (true, true) => format!("under {}", next.limit),
                (false, false) => format!("down to {}", next.limit),
                (false, true) => format!("over {}", next.limit),
            };
            format!("{own}, {end}")
        }
    }
}

/// What no rule of a group covers; nothing where it has none but people.
fn healthy(group: &[&Row<'_>]) -> Option<String> {
    let bounds: Vec<&Bound> = group.iter().filter_map(|row| row.bound.as_ref()).collect();
    if bounds.is_empty() {
        let any = group.iter().any(|row| matches!(row.rule.when, When::Holds(_)));
        return any.then(|| "none of these".to_owned());
    }
    let above = bounds[0].above;
    let mildest = bounds.into_iter().min_by(|a, b| {
        let order = a.amount.total_cmp(&b.amount);
        let order = if above { order } else { order.reverse() };
        // At one limit the rule that includes it leaves less that is healthy.
        order.then(b.inclusive.cmp(&a.inclusive))
    })?;
    Some(match (above, mildest.inclusive) {
        (true, false) => format!("up to {}", mildest.limit),
        (true, true) => format!("under {}", mildest.limit),
        (false, false) => format!("{} or more", mildest.limit),
        (false, true) => format!("over {}", mildest.limit),
    })
}

/// The parts of a comparison of something over metrics with a fixed limit.
fn bound(condition: &Expr, texts: &Texts) -> Option<Bound> {
    let ExprKind::Binary(op, sides) = &condition.kind else { return None };
    let (above, inclusive) = match op {
        BinaryOp::Gt => (true, false),
        BinaryOp::Ge => (true, true),
        BinaryOp::Lt => (false, false),
        BinaryOp::Le => (false, true),
        _ => return None,
    };
    let watched = |expr: &Expr| {
        let mut found = false;
        walk::expressions(expr, &mut |part| found |= matches!(part.kind, ExprKind::Metric(..) | ExprKind::Apply(..)));
        found
    };
    let amount = |expr: &Expr| match &expr.kind {
        ExprKind::Const(Value::Int(number)) => Some(*number as f64),
        ExprKind::Const(Value::Float(number)) => Some(*number),
        ExprKind::Const(Value::Quantity(quantity)) => Some(quantity.amount),
        _ => None,
    };
    let [left, right] = &**sides;
    let (subject, limit, above) = match (amount(left), amount(right)) {
        (None, Some(_)) => (left, right, above),
        (Some(_), None) => (right, left, !above),
        _ => return None,
    };
    watched(subject).then(|| Bound {
        subject: texts.of(subject),
        above,
        inclusive,
        amount: amount(limit).unwrap_or_default(),
        limit: texts.of(limit),
    })
}

/// What the table has no column for.
fn notes(policy: &Policy, texts: &Texts, out: &mut String) {
    for trigger in &policy.watching.triggers {
        let mut says: Vec<String> = Vec::new();
        if let Some((var, list)) = &trigger.each {
            let var = &policy.bindings[var.0 as usize].name.text;
            says.push(format!("one for each {} in {}", code(var), texts.code(list)));
        }
        if let Some(clear) = &trigger.clear {
            let how = match clear.lasting {
                Lasting::AtOnce => String::new(),
                _ => format!(" for {}", lasting(clear)),
            };
            says.push(format!("is armed again when {}{how}", texts.code(&clear.condition)));
        }
        says.extend(trigger.unless.iter().map(|unless| format!("does not fire while {}", texts.code(unless))));
        says.extend(trigger.missing.map(|missing| format!("when data are missing: {}", missing.word())));
        if !says.is_empty() {
            out.push_str(&format!("- {}: {}.\n", name(trigger), says.join("; ")));
        }
    }
    if out.ends_with(".\n") && !out.ends_with("\n\n") {
        out.push('\n');
    }
}
