//! The runbook: header, who may do what, the decision matrix, phases, people, messages, what comes after.

use std::fmt::Write;
use std::sync::Arc;

use crate::check::model::{BindingKind, Member, Muted, Policy, SecretSource};

use super::message;
use super::pen;
use super::phase;
use super::text::{Texts, code, joined, length, plain, table};
use super::{matrix, worst};

/// The policy as a runbook.
#[must_use]
pub fn markdown(policy: &Arc<Policy>) -> String {
    let texts = Texts::new(policy);
    let mut out = String::new();
    header(policy, &mut out);
    severities(policy, &mut out);
    roles(policy, &mut out);
    settings(policy, &texts, &mut out);
    matrix::write(policy, &texts, &mut out);
    message::metrics(policy, &texts, &mut out);
    message::preflight(policy, &texts, &mut out);
    if let Some(prepare) = crate::check::analysis::of_prepare(policy) {
        let before = worst::foresee(&prepare, &prepare.phases[0]);
        phase::prepare(&prepare, &before, &texts, &mut out);
    }
    for each in &policy.phases {
        phase::write(policy, each, &worst::foresee(policy, each), &texts, &mut out);
    }
    phase::verifications(policy, &texts, &mut out);
    message::people(policy, &mut out);
    message::sent(policy, &texts, &mut out);
    message::incident(policy, &texts, &mut out);
    message::tests(policy, &texts, &mut out);
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}

fn header(policy: &Policy, out: &mut String) {
    let title = policy.title.as_deref().unwrap_or(&policy.name.text);
    let _ = writeln!(out, "# {}\n", plain(title));
    let mut facts = vec![format!("policy {}", code(&policy.name.text))];
    facts.extend(policy.owner.as_ref().map(|owner| format!("owner {}", plain(owner))));
    facts.push(format!("root {}", code(&policy.root)));
    if !policy.roots.is_empty() {
        let roots: Vec<_> = policy.roots.iter().map(|root| code(root)).collect();
        facts.push(format!("also {}", joined(&roots)));
    }
    facts.push(format!("a step without its own limit has {}", length(policy.defaults.timeout)));
    let _ = writeln!(out, "{}.\n", facts.join(" · "));
    let _ = writeln!(out, "When a step fails and says nothing else: {}.\n", pen::reaction(&policy.on_failure));
    if let Some(breaker) = policy.watching.at_most {
        let _ = writeln!(out, "At most {} rollbacks per {}.\n", breaker.rollbacks, length(breaker.per));
    }
}

fn severities(policy: &Policy, out: &mut String) {
    let rows: Vec<Vec<String>> = policy
        .severities
        .iter()
        .map(|severity| {
            let what = severity.title.as_deref().map_or_else(String::new, plain);
            let within = severity.within.map_or_else(|| "no deadline".to_owned(), |(limit, _)| length(limit));
            let graceful = if severity.skip_graceful { "left out" } else { "done" };
            vec![code(&severity.name.text), what, matrix::start(&severity.start), within, graceful.to_owned()]
        })
        .collect();
    if !rows.is_empty() {
        out.push_str("## Severities\n\nMost severe first.\n\n");
        out.push_str(&table(&["severity", "means", "who starts", "within", "graceful steps"], &rows));
    }
}

fn roles(policy: &Policy, out: &mut String) {
    let rows: Vec<Vec<String>> = policy
        .roles
        .iter()
        .map(|role| {
            let members: Vec<_> = role
                .members
                .iter()
                .map(|member| match member {
                    Member::Name(name) => plain(name),
                    Member::Key(key) => format!("key {}", code(key)),
                })
                .collect();
            let mut may: Vec<String> = Vec::new();
            may.extend(role.may_start_up_to.as_ref().map(|severity| format!("start up to {}", code(severity))));
            may.extend(role.may_approve.then(|| "approve".to_owned()));
            may.extend(role.may_emergency.then(|| "declare an emergency".to_owned()));
            let title = role.title.as_deref().map_or_else(String::new, plain);
            vec![code(&role.name.text), title, members.join(", "), may.join(", ")]
        })
        .collect();
    if !rows.is_empty() {
        out.push_str("## Who may do what\n\n");
        out.push_str(&table(&["role", "", "members", "may"], &rows));
    }
}

/// Environments, params, secrets, other machines.
fn settings(policy: &Policy, texts: &Texts, out: &mut String) {
    let rows: Vec<Vec<String>> = policy
        .params
        .iter()
        .map(|param| {
            let binding = &policy.bindings[param.binding.0 as usize];
            let default = param.default.as_ref().map_or_else(|| "required".to_owned(), |value| texts.code(value));
            let condition = param.condition.as_ref().map_or_else(String::new, |value| texts.code(value));
            let doc = param.doc.as_deref().map_or_else(String::new, plain);
            vec![code(&binding.name.text), code(&binding.ty.to_string()), default, condition, doc]
        })
        .collect();
    if !rows.is_empty() {
        out.push_str("## Parameters\n\n");
        out.push_str(&table(&["param", "type", "unless said", "must hold", ""], &rows));
    }
    let lets: Vec<Vec<String>> = policy
        .lets
        .iter()
        .filter_map(|id| {
            let binding = &policy.bindings[id.0 as usize];
            let BindingKind::Let(value) = &binding.kind else { return None };
            Some(vec![code(&binding.name.text), code(&binding.ty.to_string()), texts.code(value)])
        })
        .collect();
    if !lets.is_empty() {
        out.push_str("## Names\n\n");
        out.push_str(&table(&["name", "type", "is"], &lets));
    }
    for require in &policy.requires {
        let why = require.why.as_ref().map_or_else(String::new, |why| format!(": {}", texts.said(why)));
        let _ = writeln!(out, "- No run unless {}{why}", texts.code(&require.condition));
    }
    if !policy.requires.is_empty() {
        out.push('\n');
    }
    let rows: Vec<Vec<String>> = policy
        .environments
        .iter()
        .map(|environment| {
            let mut says: Vec<String> = environment
                .sets
                .iter()
                .map(|(id, value)| {
                    let name = &policy.bindings[id.0 as usize].name.text;
                    code(&format!("{name} = {}", texts.of(value)))
                })
                .collect();
            says.extend(environment.automatic_off.then(|| "nothing starts by itself".to_owned()));
            says.extend(environment.deadlines_advisory.then(|| "deadlines are advisory".to_owned()));
            says.extend(environment.confirm_typed.then(|| "its name is typed before a run".to_owned()));
            says.extend(environment.mutes.iter().map(|muted| match muted {
                Muted::Channel(name) => format!("{} is muted", code(&name.text)),
                Muted::Kind(kind) => format!("every channel of {kind} is muted"),
            }));
            let default = if environment.default { " (unless another is named)" } else { "" };
            let title = environment.title.as_deref().map_or_else(String::new, plain);
            vec![format!("{}{default}", code(&environment.name.text)), title, says.join("; ")]
        })
        .collect();
    if !rows.is_empty() {
        out.push_str("## Environments\n\n");
        out.push_str(&table(&["environment", "", "there"], &rows));
    }
    let rows: Vec<Vec<String>> = policy
        .secrets
        .iter()
        .map(|secret| {
            let from = match &secret.source {
                SecretSource::Env(name) => format!("environment variable {}", code(name)),
                SecretSource::File(path) => format!("file {}", texts.code(path)),
                SecretSource::Exec(command) => format!("command {}", texts.code(command)),
            };
            vec![code(&secret.name.text), from]
        })
        .collect();
    if !rows.is_empty() {
        out.push_str("## Secrets\n\n");
        out.push_str(&table(&["secret", "comes from"], &rows));
    }
    let rows: Vec<Vec<String>> = policy
        .around
        .hosts
        .iter()
        .map(|host| {
            let roles: Vec<_> = host.roles.iter().map(|role| plain(role)).collect();
            vec![code(&host.name.text), code(&message::call(host.kind, &host.args, texts)), roles.join(", ")]
        })
        .collect();
    if !rows.is_empty() {
        out.push_str("## Other machines\n\n");
        out.push_str(&table(&["host", "is reached by", "roles"], &rows));
    }
}
