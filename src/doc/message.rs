//! What is watched, who is told, what is asked before and after: the parts of a runbook that are no steps.

use std::fmt::Write;

use crate::catalogue::signature::{Form, Signature};
use crate::check::model::{
    Baseline, BindingKind, CallArg, Expectation, Given, Message, MessageText, Policy, PreflightItem, Recipients, Via,
};

use super::matrix::started;
use super::text::{Texts, code, joined, length, plain, table};

/// `slack(hook)` as it was resolved: every argument with its name, where it has one.
pub(super) fn call(kind: &Signature, args: &[CallArg], texts: &Texts) -> String {
    let given = kind.params.iter().zip(args).filter_map(|(param, arg)| match arg {
        CallArg::Absent => None,
        CallArg::Value(value) | CallArg::Lazy(value) => Some(match param.form {
            Form::Required | Form::Optional | Form::OptionalLazy => format!("{}: {}", param.name, texts.of(value)),
            _ => texts.of(value),
        }),
    });
    format!("{}({})", kind.name, given.collect::<Vec<_>>().join(", "))
}

pub fn metrics(policy: &Policy, texts: &Texts, out: &mut String) {
    let rows: Vec<Vec<String>> = policy
        .watching
        .metrics
        .iter()
        .map(|metric| {
            let params: Vec<String> = metric
                .params
                .iter()
                .map(|id| {
                    let binding = &policy.bindings[id.0 as usize];
                    format!("{}: {}", binding.name.text, binding.ty)
                })
                .collect();
            let name = if params.is_empty() {
                metric.name.text.to_string()
            } else {
                format!("{}({})", metric.name.text, params.join(", "))
            };
            let baseline = match &metric.baseline {
                None => String::new(),
                Some(Baseline::Value(value)) => texts.of(value),
                Some(Baseline::Recorded) => "as recorded".to_owned(),
            };
            let missing = metric.missing.map_or_else(String::new, |missing| missing.word().to_owned());
            let title = metric.title.as_deref().map_or_else(String::new, plain);
            vec![
                code(&name),
                title,
                metric.ty.to_string(),
                texts.code(&metric.probe),
                length(metric.every),
                baseline,
                missing,
            ]
        })
        .collect();
    if !rows.is_empty() {
        out.push_str("## What is measured\n\n");
        out.push_str(&table(&["metric", "", "type", "by", "every", "baseline", "when missing"], &rows));
    }
}

pub fn preflight(policy: &Policy, texts: &Texts, out: &mut String) {
    let Some(preflight) = &policy.around.preflight else { return };
    let title = preflight.title.as_deref().map_or_else(String::new, |title| format!(": {}", plain(title)));
    let _ = writeln!(out, "## Before a deployment{title}\n");
    for item in &preflight.items {
        match item {
            PreflightItem::Let(id) => {
                let binding = &policy.bindings[id.0 as usize];
                if let BindingKind::Let(value) = &binding.kind {
                    let _ = writeln!(out, "- Find {} = {}.", code(&binding.name.text), texts.code(value));
                }
            }
            PreflightItem::Require(require) => {
                let why = require.why.as_ref().map_or_else(String::new, |why| format!(" ({})", texts.said(why)));
                let _ = writeln!(out, "- [ ] {} holds{why}.", texts.code(&require.condition));
            }
            PreflightItem::Confirm(confirm) => {
                let every = confirm.every.map_or_else(String::new, |every| format!(", every {}", length(every)));
                let _ =
                    writeln!(out, "- [ ] {}: confirmed by {}{every}.", plain(&confirm.text), code(&confirm.by.text));
            }
        }
    }
    out.push('\n');
}

pub fn people(policy: &Policy, out: &mut String) {
    let messages = &policy.messages;
    let rows: Vec<Vec<String>> = messages
        .contacts
        .iter()
        .map(|contact| {
            let via: Vec<String> = contact
                .via
                .iter()
                .map(|via| match via {
                    Via::Channel(name) => format!("channel {}", code(&name.text)),
                    Via::Address { kind, address } => format!("{kind} {}", plain(address)),
                })
                .collect();
            let title = contact.title.as_deref().map_or_else(String::new, plain);
            vec![code(&contact.name.text), title, plain(&contact.person), via.join(", then ")]
        })
        .collect();
    if !rows.is_empty() {
        out.push_str("## Contacts\n\n");
        out.push_str(&table(&["contact", "is", "name", "reached by"], &rows));
    }
    for escalation in &messages.escalations {
        let name = match (&escalation.title, &escalation.name) {
            (Some(title), _) => format!(": {}", plain(title)),
            (None, Some(name)) => format!(" {}", code(&name.text)),
            (None, None) => String::new(),
        };
        let _ = writeln!(out, "## Escalation{name}\n\nCounted from the detection.\n");
        let rows: Vec<Vec<String>> = escalation
            .levels
            .iter()
            .map(|level| {
                let told: Vec<String> = level.messages.iter().map(to).collect();
                let proposed = level.propose.as_ref().map_or_else(String::new, started);
                let title = level.title.as_deref().map_or_else(String::new, plain);
                vec![length(level.after), title, told.join("; "), proposed]
            })
            .collect();
        out.push_str(&table(&["after", "level", "calls", "proposes"], &rows));
    }
}

/// Whom a message goes to, and until when.
fn to(message: &Message) -> String {
    let (noun, names) = match &message.to {
        Recipients::Channels(names) => ("channel ", names),
        Recipients::Contacts(names) => ("", names),
    };
    let names: Vec<String> = names.iter().map(|name| format!("{noun}{}", code(&name.text))).collect();
    let within = message.within.map_or_else(String::new, |within| format!(" within {}", length(within)));
    format!("{}{within}", joined(&names))
}

pub fn sent(policy: &Policy, texts: &Texts, out: &mut String) {
    let messages = &policy.messages;
    let said = |message: &Message| match &message.text {
        None => "what happened".to_owned(),
        Some(MessageText::Template(name)) => format!("template {}", code(&name.text)),
        Some(MessageText::Text(text)) => texts.said(text),
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    for event in &messages.events {
        for message in &event.messages {
            rows.push(vec![format!("on {}", event.events.join(", ")), to(message), said(message)]);
        }
    }
    for reminder in &messages.reminders {
        for message in &reminder.messages {
            rows.push(vec![format!("every {} while open", length(reminder.every)), to(message), said(message)]);
        }
    }
    if !rows.is_empty() {
        out.push_str("## Messages\n\n");
        out.push_str(&table(&["when", "to", "says"], &rows));
    }
    let rows: Vec<Vec<String>> = messages
        .channels
        .iter()
        .map(|channel| vec![code(&channel.name.text), code(&call(channel.kind, &channel.args, texts))])
        .collect();
    if !rows.is_empty() {
        out.push_str("### Channels\n\n");
        out.push_str(&table(&["channel", "sends by"], &rows));
    }
    if !messages.templates.is_empty() {
        out.push_str("### Templates\n\n");
    }
    for template in &messages.templates {
        let _ = writeln!(out, "- {}", code(&template.name.text));
        if let Some(subject) = &template.subject {
            let _ = writeln!(out, "   - subject: {}", texts.code(subject));
        }
        let _ = writeln!(out, "   - text: {}", texts.code(&template.body));
    }
    if !messages.templates.is_empty() {
        out.push('\n');
    }
}

pub fn incident(policy: &Policy, texts: &Texts, out: &mut String) {
    let Some(incident) = &policy.around.incident else { return };
    let title = incident.title.as_deref().map_or_else(String::new, |title| format!(": {}", plain(title)));
    let _ = writeln!(out, "## Afterwards{title}\n");
    if let Some(records) = &incident.records {
        let _ = writeln!(out, "- A record of each is kept in {}.", texts.code(records));
    }
    for file in &incident.appends {
        let _ = writeln!(out, "- Its story is appended to {}.", texts.code(file));
    }
    for export in &incident.exports {
        let _ = writeln!(out, "- A line of {} holds:", texts.code(&export.file));
        for (field, value) in &export.fields {
            let _ = writeln!(out, "   - {}: {}", code(field), texts.code(value));
        }
    }
    if !incident.asks.is_empty() {
        let names: Vec<_> = incident.asks.iter().map(|(name, _)| code(&name.text)).collect();
        let _ = writeln!(out, "- Somebody fills in {}.", joined(&names));
    }
    out.push('\n');
    let rows: Vec<Vec<String>> = incident
        .followups
        .iter()
        .map(|followup| {
            let owner = followup.owner.as_ref().map_or_else(String::new, |owner| code(&owner.text));
            let covers: Vec<_> = followup.covers.iter().map(|item| plain(item)).collect();
            vec![length(followup.by), plain(&followup.text), owner, covers.join(", ")]
        })
        .collect();
    out.push_str(&table(&["within", "follow-up", "owner", "covers"], &rows));
}

pub fn tests(policy: &Policy, texts: &Texts, out: &mut String) {
    if policy.around.tests.is_empty() {
        return;
    }
    out.push_str("## Tests\n\n");
    for test in &policy.around.tests {
        let _ = writeln!(out, "- {}", plain(&test.title));
        for given in &test.given {
            let text = match given {
                Given::Series { metric, .. } => {
                    format!("given samples of {}", code(&policy.watching.metrics[metric.0 as usize].name.text))
                }
                Given::Param(id, value) => {
                    format!(
                        "given {}",
                        code(&format!("{} = {}", policy.bindings[id.0 as usize].name.text, texts.of(value)))
                    )
                }
                Given::Now(value) => format!("given the time {}", texts.code(value)),
                Given::Files(files) => {
                    let names: Vec<_> = files.iter().map(|(name, _)| code(name)).collect();
                    format!("given the files {}", joined(&names))
                }
                Given::StepFails(step) => format!("given that step {} fails", code(&step.text)),
            };
            let _ = writeln!(out, "   - {text}");
        }
        for expect in &test.expects {
            let place = match expect {
                Expectation::Fired { place, .. }
                | Expectation::Outcome { place, .. }
                | Expectation::Holds { place, .. } => *place,
            };
            let _ = writeln!(out, "   - {}", code(&texts.at(place)));
        }
    }
    out.push('\n');
}
