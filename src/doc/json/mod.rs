//! The whole of a typed policy for programs: every item with resolved names, types, effective defaults and worst cases.
//!
//! Expressions stand as `{ "text", "type" }`, durations in seconds. Fields may be added; none changes its meaning.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::check::model::{
    Baseline, BindingId, BindingKind, Expr, Lasting, Member, Message, MessageText, Muted, Name, OnFailure, Policy,
    PreflightItem, Recipients, Require, SecretSource, Start, Started, Via, When,
};

use super::message;
use super::text::Texts;
use super::worst;

mod phase;
mod test;

/// The version of this form.
const FORMAT: u32 = 1;

/// The policy as one document.
#[must_use]
pub fn json(policy: &Arc<Policy>) -> Value {
    let json = Json { policy, texts: Texts::new(policy) };
    let watching = &policy.watching;
    let messages = &policy.messages;
    let around = &policy.around;
    // Not one `json!`: so many fields would exceed the depth to which macros expand.
    let fields =
        [
            ("format", json!(FORMAT)),
            ("name", json!(&*policy.name.text)),
            ("title", json!(policy.title)),
            ("owner", json!(policy.owner)),
            ("root", json!(policy.root)),
            ("roots", json!(policy.roots)),
            ("defaults", json!({ "timeout": seconds(policy.defaults.timeout) })),
            ("on_failure", json!(json.on_failure(&policy.on_failure))),
            ("at_most", json!(watching.at_most.map(|it| json!({ "rollbacks": it.rollbacks, "per": seconds(it.per) })))),
            (
                "params",
                json!(
                    policy
                        .params
                        .iter()
                        .map(|param| {
                            let mut value = json.binding(param.binding);
                            value["default"] = json.maybe(param.default.as_ref());
                            value["condition"] = json.maybe(param.condition.as_ref());
                            value["doc"] = json!(param.doc);
                            value
                        })
                        .collect::<Vec<_>>()
                ),
            ),
            ("lets", json!(policy.lets.iter().map(|id| json.binding(*id)).collect::<Vec<_>>())),
            ("requires", json!(policy.requires.iter().map(|require| json.require(require)).collect::<Vec<_>>())),
            (
                "secrets",
                json!(
                    policy
                        .secrets
                        .iter()
                        .map(|secret| {
                            let (from, value) = match &secret.source {
                                SecretSource::Env(name) => ("env", json!(name)),
                                SecretSource::File(path) => ("file", json.expr(path)),
                                SecretSource::Exec(command) => ("exec", json.expr(command)),
                            };
                            json!({ "name": &*secret.name.text, "from": from, "value": value })
                        })
                        .collect::<Vec<_>>()
                ),
            ),
            (
                "severities",
                json!(
                    policy
                        .severities
                        .iter()
                        .map(|severity| json!({
                            "name": &*severity.name.text,
                            "title": severity.title,
                            "within": severity.within.map(|(limit, _)| seconds(limit)),
                            "start": start(&severity.start),
                            "skip_graceful": severity.skip_graceful,
                        }))
                        .collect::<Vec<_>>()
                ),
            ),
            (
                "roles",
                json!(
                    policy
                        .roles
                        .iter()
                        .map(|role| json!({
                            "name": &*role.name.text,
                            "title": role.title,
                            "members": role.members.iter().map(|member| match member {
                                Member::Name(name) => json!({ "name": name }),
                                Member::Key(key) => json!({ "key": key }),
                            }).collect::<Vec<_>>(),
                            "may_start_up_to": role.may_start_up_to.as_deref(),
                            "may_approve": role.may_approve,
                            "may_emergency": role.may_emergency,
                        }))
                        .collect::<Vec<_>>()
                ),
            ),
            (
                "environments",
                json!(
                    policy
                        .environments
                        .iter()
                        .map(|environment| json!({
                            "name": &*environment.name.text,
                            "title": environment.title,
                            "default": environment.default,
                            "sets": environment.sets.iter().map(|(id, value)| json!({
                                "param": &*policy.bindings[id.0 as usize].name.text, "value": json.expr(value),
                            })).collect::<Vec<_>>(),
                            "automatic": !environment.automatic_off,
                            "mutes": environment.mutes.iter().map(|muted| match muted {
                                Muted::Channel(name) => json!({ "channel": &*name.text }),
                                Muted::Kind(kind) => json!({ "kind": kind }),
                            }).collect::<Vec<_>>(),
                            "deadlines_advisory": environment.deadlines_advisory,
                            "confirm_typed": environment.confirm_typed,
                        }))
                        .collect::<Vec<_>>()
                ),
            ),
            (
                "hosts",
                json!(
                    around
                        .hosts
                        .iter()
                        .map(|host| json!({
                            "name": &*host.name.text, "kind": host.kind.name,
                            "call": message::call(host.kind, &host.args, &json.texts), "roles": host.roles,
                        }))
                        .collect::<Vec<_>>()
                ),
            ),
            (
                "metrics",
                json!(
                    watching
                        .metrics
                        .iter()
                        .map(|metric| json!({
                            "name": &*metric.name.text,
                            "title": metric.title,
                            "params": metric.params.iter().map(|id| json.binding(*id)).collect::<Vec<_>>(),
                            "type": metric.ty.to_string(),
                            "probe": json.expr(&metric.probe),
                            "every": seconds(metric.every),
                            "baseline": match &metric.baseline {
                                None => Value::Null,
                                Some(Baseline::Value(value)) => json.expr(value),
                                Some(Baseline::Recorded) => json!("recorded"),
                            },
                            "missing": metric.missing.map(crate::check::model::Missing::word),
                        }))
                        .collect::<Vec<_>>()
                ),
            ),
            ("triggers", json!(watching.triggers.iter().map(|trigger| json.trigger(trigger)).collect::<Vec<_>>())),
            ("actions", json!(policy.actions.iter().map(|action| json.action(action)).collect::<Vec<_>>())),
            ("verifications", json!(policy.verifies.iter().map(|verify| json.verify(verify)).collect::<Vec<_>>())),
            (
                "phases",
                json!(
                    policy
                        .phases
                        .iter()
                        .map(|phase| json.phase(phase, &worst::foresee(policy, phase)))
                        .collect::<Vec<_>>()
                ),
            ),
            (
                "channels",
                json!(
                    messages
                        .channels
                        .iter()
                        .map(|channel| json!({
                            "name": &*channel.name.text, "kind": channel.kind.name,
                            "call": message::call(channel.kind, &channel.args, &json.texts),
                        }))
                        .collect::<Vec<_>>()
                ),
            ),
            (
                "templates",
                json!(
                    messages
                        .templates
                        .iter()
                        .map(|template| json!({
                            "name": &*template.name.text,
                            "subject": json.maybe(template.subject.as_ref()),
                            "body": json.expr(&template.body),
                        }))
                        .collect::<Vec<_>>()
                ),
            ),
            (
                "contacts",
                json!(
                    messages
                        .contacts
                        .iter()
                        .map(|contact| json!({
                            "name": &*contact.name.text,
                            "title": contact.title,
                            "person": contact.person,
                            "via": contact.via.iter().map(|via| match via {
                                Via::Channel(name) => json!({ "channel": &*name.text }),
                                Via::Address { kind, address } => json!({ "kind": kind, "address": address }),
                            }).collect::<Vec<_>>(),
                        }))
                        .collect::<Vec<_>>()
                ),
            ),
            (
                "escalations",
                json!(messages.escalations.iter().map(|escalation| json!({
            "name": escalation.name.as_ref().map(|name| name.text.to_string()),
            "title": escalation.title,
            "levels": escalation.levels.iter().map(|level| json!({
                "after": seconds(level.after),
                "title": level.title,
                "messages": level.messages.iter().map(|message| json.message(message)).collect::<Vec<_>>(),
                "proposes": level.propose.as_ref().map(started),
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>()),
            ),
            (
                "events",
                json!(
                    messages
                        .events
                        .iter()
                        .map(|event| json!({
                            "events": event.events,
                            "messages": event.messages.iter().map(|message| json.message(message)).collect::<Vec<_>>(),
                        }))
                        .collect::<Vec<_>>()
                ),
            ),
            (
                "reminders",
                json!(messages.reminders.iter().map(|reminder| json!({
            "every": seconds(reminder.every),
            "messages": reminder.messages.iter().map(|message| json.message(message)).collect::<Vec<_>>(),
        })).collect::<Vec<_>>()),
            ),
            (
                "preflight",
                json!(around.preflight.as_ref().map(|preflight| json!({
                    "title": preflight.title,
                    "items": preflight.items.iter().map(|item| match item {
                        PreflightItem::Let(id) => json!({ "let": json.binding(*id) }),
                        PreflightItem::Require(require) => json!({ "require": json.require(require) }),
                        PreflightItem::Confirm(confirm) => json!({ "confirm": {
                            "text": confirm.text, "by": &*confirm.by.text, "every": confirm.every.map(seconds),
                        } }),
                    }).collect::<Vec<_>>(),
                }))),
            ),
            (
                "prepare",
                json!(crate::check::analysis::of_prepare(policy).map(|prepare| {
                    let foreseen = worst::foresee(&prepare, &prepare.phases[0]);
                    json.phase(&prepare.phases[0], &foreseen)
                })),
            ),
            (
                "incident",
                json!(around.incident.as_ref().map(|incident| json!({
                    "title": incident.title,
                    "records": json.maybe(incident.records.as_ref()),
                    "append": incident.appends.iter().map(|file| json.expr(file)).collect::<Vec<_>>(),
                    "exports": incident.exports.iter().map(|export| json!({
                        "file": json.expr(&export.file),
                        "fields": export.fields.iter().map(|(name, value)| json!({
                            "name": &**name, "value": json.expr(value),
                        })).collect::<Vec<_>>(),
                    })).collect::<Vec<_>>(),
                    "asks": incident.asks.iter().map(|(name, _)| name.text.to_string()).collect::<Vec<_>>(),
                    "followups": incident.followups.iter().map(|followup| json!({
                        "text": followup.text,
                        "by": seconds(followup.by),
                        "owner": followup.owner.as_ref().map(|owner| owner.text.to_string()),
                        "covers": followup.covers,
                    })).collect::<Vec<_>>(),
                }))),
            ),
            (
                "tests",
                json!(around.tests.iter().map(|test| json!({
            "title": test.title,
            "given": test.given.iter().map(|given| json.given(given)).collect::<Vec<_>>(),
            "expects": test.expects.iter().map(|expect| json.test_expectation(expect)).collect::<Vec<_>>(),
        })).collect::<Vec<_>>()),
            ),
        ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<serde_json::Map<_, _>>().into()
}

/// Seconds; whole ones as whole numbers.
fn seconds(time: Duration) -> Value {
    if time.subsec_nanos() == 0 { json!(time.as_secs()) } else { json!(time.as_secs_f64()) }
}

fn names(names: &[Name]) -> Vec<String> {
    names.iter().map(|name| name.text.to_string()).collect()
}

fn started(started: &Started) -> Value {
    json!({
        "phase": &*started.phase.text,
        "scenario": started.scenario.as_ref().map(|scenario| scenario.text.to_string()),
    })
}

fn start(start: &Start) -> Value {
    match start {
        Start::Automatically => json!({ "how": "automatically" }),
        Start::AfterApproval { by, within } => {
            json!({ "how": "after_approval", "by": &**by, "within": within.map(seconds) })
        }
        Start::ByHand => json!({ "how": "by_hand" }),
        Start::Observe => json!({ "how": "observe" }),
    }
}

struct Json<'p> {
    policy: &'p Policy,
    texts: Texts,
}

impl Json<'_> {
    fn expr(&self, expr: &Expr) -> Value {
        json!({ "text": self.texts.of(expr), "type": expr.ty.to_string() })
    }

    fn maybe(&self, expr: Option<&Expr>) -> Value {
        expr.map_or(Value::Null, |expr| self.expr(expr))
    }

    fn all(&self, exprs: Option<&Vec<Expr>>) -> Value {
        exprs.map_or(Value::Null, |all| all.iter().map(|expr| self.expr(expr)).collect())
    }

    fn binding(&self, id: BindingId) -> Value {
        let binding = &self.policy.bindings[id.0 as usize];
        let mut value = json!({ "name": &*binding.name.text, "type": binding.ty.to_string() });
        if let BindingKind::Let(expr) = &binding.kind {
            value["value"] = self.expr(expr);
        }
        value
    }

    fn require(&self, require: &Require) -> Value {
        json!({ "condition": self.expr(&require.condition), "why": self.maybe(require.why.as_ref()) })
    }

    fn on_failure(&self, on_failure: &OnFailure) -> Value {
        match on_failure {
            OnFailure::Stop => json!({ "do": "stop" }),
            OnFailure::Undo => json!({ "do": "undo" }),
            OnFailure::Warn => json!({ "do": "warn" }),
            OnFailure::Continue => json!({ "do": "continue" }),
            OnFailure::Run(phase) => json!({ "do": "run", "phase": &*phase.text }),
            OnFailure::Steps(block) => json!({ "do": "steps", "items": self.block(block, None) }),
        }
    }

    fn trigger(&self, trigger: &crate::check::model::Trigger) -> Value {
        let held = |held: &crate::check::model::Held| {
            let (time, samples) = match held.lasting {
                Lasting::AtOnce => (Value::Null, Value::Null),
                Lasting::Time(time) => (seconds(time), Value::Null),
                Lasting::Samples(count) => (Value::Null, json!(count)),
            };
            json!({ "condition": self.expr(&held.condition), "for": time, "samples": samples })
        };
        json!({
            "name": &*trigger.name.text,
            "title": trigger.title,
            "each": trigger.each.as_ref().map(|(var, list)| json!({
                "variable": self.binding(*var), "in": self.expr(list),
            })),
            "rules": trigger.rules.iter().map(|rule| {
                let mut value = match &rule.when {
                    When::Holds(when) => held(when),
                    When::ByHand(role) => json!({ "by_hand": role.as_ref().map_or(json!(true), |role| json!(&*role.text)) }),
                };
                value["severity"] = json!(&*rule.severity.text);
                value
            }).collect::<Vec<_>>(),
            "clear": trigger.clear.as_ref().map(held),
            "unless": trigger.unless.iter().map(|unless| self.expr(unless)).collect::<Vec<_>>(),
            "missing": trigger.missing.map(crate::check::model::Missing::word),
            "starts": trigger.starts.iter().map(started).collect::<Vec<_>>(),
        })
    }

    fn message(&self, message: &Message) -> Value {
        let (key, to) = match &message.to {
            Recipients::Channels(to) => ("channels", to),
            Recipients::Contacts(to) => ("contacts", to),
        };
        let text = match &message.text {
            None => Value::Null,
            Some(MessageText::Template(name)) => json!({ "template": &*name.text }),
            Some(MessageText::Text(text)) => self.expr(text),
        };
        json!({ key: names(to), "says": text, "within": message.within.map(seconds) })
    }
}
