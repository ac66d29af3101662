//! W6061 to W6064: channels, templates, contacts and metrics that nothing uses.

use std::collections::HashSet;

use crate::check::model::{Contact, ExprKind, Message, MessageText, Name, Policy, Recipients, Via};
use crate::check::walk;
use crate::diagnostics::{Code, Diagnostic};

use super::advice::Advice;
use super::everything::Everything;

pub fn lint(all: &Everything<'_>, policy: &Policy, advice: &mut Advice<'_>) {
    let messages = &policy.messages;
    let (mut channels, mut contacts, mut templates) = (HashSet::new(), HashSet::new(), HashSet::new());
    let mut sent = |message: &Message| {
        match &message.to {
            Recipients::Channels(names) => channels.extend(names.iter().map(|name| name.text.clone())),
            Recipients::Contacts(names) => contacts.extend(names.iter().map(|name| name.text.clone())),
        }
        if let Some(MessageText::Template(name)) = &message.text {
            templates.insert(name.text.clone());
        }
    };
    let levels = messages.escalations.iter().flat_map(|escalation| &escalation.levels);
    levels.flat_map(|level| &level.messages).for_each(&mut sent);
    messages.events.iter().flat_map(|event| &event.messages).for_each(&mut sent);
    messages.reminders.iter().flat_map(|reminder| &reminder.messages).for_each(&mut sent);
    for way in messages.contacts.iter().flat_map(|contact| &contact.via) {
        if let Via::Channel(name) = way {
            channels.insert(name.text.clone());
        }
    }
    let followups = policy.around.incident.iter().flat_map(|incident| &incident.followups);

    for channel in messages.channels.iter().filter(|channel| !channels.contains(&channel.name.text)) {
        unused(
            Code::UnusedChannel,
            "channel",
            "nothing is sent over it",
            "`on failure { notify(NAME) }`",
            &channel.name,
            advice,
        );
    }
    for template in messages.templates.iter().filter(|template| !templates.contains(&template.name.text)) {
        unused(
            Code::UnusedTemplate,
            "template",
            "no message says it",
            "`notify(CHANNEL, NAME)`",
            &template.name,
            advice,
        );
    }
    // Where nobody is paged, contacts are a list for people; and only people can call somebody who has no channel.
    let pages = !contacts.is_empty();
    contacts.extend(followups.filter_map(|followup| Some(followup.owner.as_ref()?.text.clone())));
    let reached = |contact: &Contact| contact.via.iter().any(|way| matches!(way, Via::Channel(_)));
    let silent = messages.contacts.iter().filter(|contact| pages && reached(contact));
    for contact in silent.filter(|contact| !contacts.contains(&contact.name.text)) {
        unused(
            Code::UnusedContact,
            "contact",
            "nobody calls them",
            "`page(NAME)` in an `escalation`",
            &contact.name,
            advice,
        );
    }

    let mut looked_at = HashSet::new();
    for expr in &all.exprs {
        walk::expressions(expr, &mut |part| {
            if let ExprKind::Metric(id, _) = part.kind {
                looked_at.insert(id.0 as usize);
            }
        });
    }
    for (index, metric) in policy.watching.metrics.iter().enumerate() {
        if !looked_at.contains(&index) {
            unused(
                Code::UnusedMetric,
                "metric",
                "no trigger looks at it",
                "`SEVERITY when NAME > …` in a `trigger`",
                &metric.name,
                advice,
            );
        }
    }
}

fn unused(code: Code, noun: &str, why: &str, instead: &str, name: &Name, advice: &mut Advice<'_>) {
    let text = &name.text;
    if text.starts_with('_') {
        return;
    }
    advice.push(
        Diagnostic::new(code, name.place, format!("the {noun} `{text}` is never used"))
            .label(why)
            .help(format!("write {}, leave it out, or call it `_{text}`", instead.replace("NAME", text))),
    );
}
