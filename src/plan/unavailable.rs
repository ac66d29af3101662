//! What a policy says for its runs and this version does not do: one line for each kind, so that nobody relies on it.

use std::time::Duration;

use crate::catalogue::show;
use crate::check::model::{Message, Recipients};

use super::model::Plan;

/// How many names a line lists.
const NAMED: usize = 6;

/// One remark for each kind of thing that a run of `plan` would need.
#[must_use]
pub fn remarks(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    messages(plan, &mut lines);
    watching(plan, &mut lines);
    around(plan, &mut lines);
    lines.into_iter().map(|line| format!("not available yet: {line}")).collect()
}

fn messages(plan: &Plan, lines: &mut Vec<String>) {
    let messages = &plan.policy.messages;
    let sent: usize = messages.events.iter().map(|event| recipients(&event.messages)).sum();
    if sent > 0 {
        let mut events: Vec<String> = Vec::new();
        for name in messages.events.iter().flat_map(|event| &event.events) {
            if !events.iter().any(|known| known == name) {
                events.push((*name).to_owned());
            }
        }
        lines.push(format!("{} (on {}) will not be sent", counted(sent, "message"), listed(&events)));
    }
    if !messages.reminders.is_empty() {
        let every: Vec<_> = messages.reminders.iter().map(|it| format!("every {}", length(it.every))).collect();
        lines.push(format!("{} ({}) will not be sent", counted(every.len(), "reminder"), listed(&every)));
    }
    let levels: Vec<String> = messages
        .escalations
        .iter()
        .flat_map(|escalation| &escalation.levels)
        .map(|level| {
            let title = level.title.as_ref().map_or_else(String::new, |title| format!(" {title}"));
            format!("{}{title}", length(level.after))
        })
        .collect();
    if !levels.is_empty() {
        lines.push(format!("{} of escalation ({}) will call nobody", counted(levels.len(), "level"), listed(&levels)));
    }
}

fn recipients(messages: &[Message]) -> usize {
    let of = |message: &Message| match &message.to {
        Recipients::Channels(names) | Recipients::Contacts(names) => names.len(),
    };
    messages.iter().map(of).sum()
}

fn watching(plan: &Plan, lines: &mut Vec<String>) {
    let watching = &plan.policy.watching;
    let triggers: Vec<String> = watching.triggers.iter().map(|trigger| trigger.name.text.to_string()).collect();
    if !triggers.is_empty() {
        let are = if triggers.len() == 1 { "is" } else { "are" };
        lines.push(format!(
            "{} ({}) {are} not watched: a run is started by hand",
            counted(triggers.len(), "trigger"),
            listed(&triggers)
        ));
    }
    if let Some(breaker) = watching.at_most {
        let rollbacks = counted(usize::try_from(breaker.rollbacks).unwrap_or(usize::MAX), "rollback");
        lines.push(format!("the limit of {rollbacks} per {} is not kept", length(breaker.per)));
    }
}

fn around(plan: &Plan, lines: &mut Vec<String>) {
    let around = &plan.policy.around;
    if let Some(prepare) = &around.prepare {
        lines.push(format!(
            "{} of `prepare` cannot be run: what they make must be there already",
            counted(prepare.body.items.len(), "item")
        ));
    }
    if let Some(incident) = &around.incident {
        let parts = [
            (usize::from(incident.records.is_some()), "record"),
            (incident.appends.len(), "file to append to"),
            (incident.exports.len(), "export"),
            (incident.asks.len(), "question"),
            (incident.followups.len(), "follow-up"),
        ];
        let named: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| counted(*count, what)).collect();
        lines.push(format!("the incident ({}) will not be kept", listed(&named)));
    }
}

fn listed(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(NAMED);
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        return format!("1 {what}");
    }
    match what.strip_prefix("file ") {
        Some(rest) => format!("{count} files {rest}"),
        None => format!("{count} {what}s"),
    }
}

fn length(time: Duration) -> String {
    show::duration(time.as_nanos() as f64)
}
