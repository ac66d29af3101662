//! Phases and verifications as JSON: their items, steps, worst cases.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::check::model::{
    BindingId, Block, Call, Check, CheckKind, Group, Item, OwnAction, Phase, Stage, Step, StepItem, Title, Tolerance,
    Undo, Verify,
};

use super::{Json, names, seconds};
use crate::doc::text::Texts;
use crate::doc::worst::Foreseen;

impl Json<'_> {
    pub(super) fn verify(&self, verify: &Verify) -> Value {
        json!({
            "name": &*verify.name.text,
            "title": verify.title,
            "within": seconds(verify.within.unwrap_or(Verify::WITHIN)),
            "every": seconds(verify.every.unwrap_or(Verify::EVERY)),
            "hold": verify.hold.map(seconds),
            "tolerate": verify.tolerate,
            "lets": verify.lets.iter().map(|id| self.binding(*id)).collect::<Vec<_>>(),
            "checks": verify.checks.iter().map(|check| self.check(check)).collect::<Vec<_>>(),
            "on_failure": verify.on_failure.as_ref().map(|block| self.block(block, None)),
        })
    }

    pub(super) fn check(&self, check: &Check) -> Value {
        let kind = match check.kind {
            CheckKind::Expect => "expect",
            CheckKind::Should => "should",
            CheckKind::FailWhen => "fail_when",
        };
        json!({ "kind": kind, "condition": self.expr(&check.condition), "why": self.maybe(check.why.as_ref()) })
    }

    pub(super) fn phase(&self, phase: &Phase, foreseen: &Foreseen) -> Value {
        json!({
            "name": &*phase.name.text,
            "title": phase.title,
            "depends_on": names(&phase.depends_on),
            "includes": names(&phase.includes),
            "within": phase.within.map(|(limit, _)| seconds(limit)),
            "on_failure": phase.on_failure.as_ref().map(|on_failure| self.on_failure(on_failure)),
            "items": self.block(&phase.body, Some(foreseen)),
            "scenarios": phase.scenarios.iter().map(|scenario| json!({
                "name": &*scenario.name.text,
                "title": scenario.title,
                "symptoms": scenario.symptoms,
                "detect": self.maybe(scenario.detect.as_ref()),
                "items": self.block(&scenario.body, Some(foreseen)),
            })).collect::<Vec<_>>(),
            "always": phase.always.as_ref().map(|block| self.block(block, Some(foreseen))),
            "worst_cases": foreseen.worst.iter().map(|worst| json!({
                "severity": worst.severity.as_deref(),
                "scenario": worst.scenario.as_deref(),
                "machine": seconds(worst.machine),
                "people": seconds(worst.people),
                "to_mitigation": worst.to_mitigation.map(seconds),
                "deadline": worst.limit.map(seconds),
            })).collect::<Vec<_>>(),
        })
    }

    pub(super) fn block(&self, block: &Block, foreseen: Option<&Foreseen>) -> Value {
        block.items.iter().map(|item| self.item(item, foreseen)).collect()
    }

    pub(super) fn item(&self, item: &Item, foreseen: Option<&Foreseen>) -> Value {
        match item {
            Item::Let(id) => json!({ "let": self.binding(*id) }),
            Item::Require(require) => json!({ "require": self.require(require) }),
            Item::Observe(observe) => {
                let name = &*self.policy.bindings[observe.binding.0 as usize].name.text;
                json!({ "observe": { "name": name, "probe": self.expr(&observe.probe) } })
            }
            Item::Step(step) => json!({ "step": self.step(step, foreseen) }),
            Item::Verify(used) => {
                let verify = &self.policy.verifies[used.verify.0 as usize];
                json!({ "verify": {
                    "name": &*verify.name.text,
                    "within": seconds(used.within.or(verify.within).unwrap_or(Verify::WITHIN)),
                    "every": seconds(used.every.or(verify.every).unwrap_or(Verify::EVERY)),
                    "hold": used.hold.or(verify.hold).map(seconds),
                    "mitigates": used.mitigates,
                    "after": names(&used.after),
                    "on_failure": used.on_failure.as_ref().map(|on_failure| self.on_failure(on_failure)),
                } })
            }
            Item::Parallel(parallel) => json!({ "parallel": self.block(&parallel.body, foreseen) }),
            Item::For(each) => json!({ "for": {
                "variable": self.binding(each.var),
                "in": self.expr(&each.iter),
                "where": self.maybe(each.filter.as_ref()),
                "parallel": each.parallel,
                "at_once": each.at_once,
                "tolerate": each.tolerate.map(|tolerate| match tolerate {
                    Tolerance::Count(count) => json!(count),
                    Tolerance::Percent(percent) => json!(format!("{percent}%")),
                }),
                "items": self.block(&each.body, foreseen),
            } }),
            Item::If(branch) => json!({ "if": {
                "condition": self.expr(&branch.condition),
                "items": self.block(&branch.body, foreseen),
                "else": branch.otherwise.as_ref().map(|block| self.block(block, foreseen)),
            } }),
            Item::Stage(stage) => json!({ "stage": self.stage(stage, foreseen) }),
        }
    }

    pub(super) fn stage(&self, stage: &Stage, foreseen: Option<&Foreseen>) -> Value {
        json!({
            "name": &*stage.name.text,
            "title": stage.title,
            "within": stage.within.map(|(limit, _)| seconds(limit)),
            "on_failure": stage.on_failure.as_ref().map(|on_failure| self.on_failure(on_failure)),
            "items": self.block(&stage.body, foreseen),
            "otherwise": stage.otherwise.as_ref().map(|other| self.stage(other, foreseen)),
        })
    }

    pub(super) fn step(&self, step: &Arc<Step>, foreseen: Option<&Foreseen>) -> Value {
        let clauses = &step.clauses;
        let timeout = foreseen.and_then(|foreseen| foreseen.timeout(step)).map(seconds);
        json!({
            "name": &*step.name.text,
            "title": match &step.title {
                None => Value::Null,
                Some(Title::Plain(title)) => json!(title),
                Some(Title::Built(title)) => self.expr(title),
            },
            "does": self.statements(&step.body),
            "after": names(&clauses.after),
            "timeout": timeout.unwrap_or_else(|| self.maybe(clauses.timeout.as_deref())),
            "retry": clauses.retry.as_ref().map(|retry| json!({
                "times": retry.times, "every": seconds(retry.every), "backoff": retry.backoff,
            })),
            "graceful": clauses.graceful,
            "idempotent": clauses.idempotent,
            "mitigates": clauses.mitigates,
            "reads": self.all(clauses.reads.as_ref()),
            "writes": self.all(clauses.writes.as_ref()),
            "touches": self.all(clauses.touches.as_ref()),
            "effects": foreseen.filter(|foreseen| foreseen.knows(step)).map(|foreseen| json!({ "writes": foreseen.writes(step) })),
            "done_when": self.maybe(clauses.done_when.as_deref()),
            "undo": self.undo(&clauses.undo),
            "irreversible": self.maybe(clauses.irreversible.as_deref()),
            "preview": clauses.preview.as_ref().map(|call| self.texts.at(call.place)),
            "on_failure": clauses.on_failure.as_ref().map(|on_failure| self.on_failure(on_failure)),
            "within": self.maybe(clauses.within.as_deref()),
            "by": self.maybe(clauses.by.as_deref()),
            "approve_by": clauses.approve_by.as_ref().map(|role| role.text.to_string()),
        })
    }

    pub(super) fn statements(&self, items: &[StepItem]) -> Value {
        let of = |item: &StepItem| match item {
            StepItem::Call(call) => json!({ "call": self.call(call) }),
            StepItem::Group(group) => json!({ "call": self.group(group) }),
            StepItem::Let(id) => json!({ "let": self.binding(*id) }),
            StepItem::Require(require) => json!({ "require": self.require(require) }),
            StepItem::Expect(check) => json!({ "expect": self.check(check) }),
            StepItem::For(each) => json!({ "for": {
                "variable": self.binding(each.var),
                "in": self.expr(&each.iter),
                "where": self.maybe(each.filter.as_ref()),
                "does": self.statements(&each.body),
            } }),
            StepItem::If(branch) => json!({ "if": {
                "condition": self.expr(&branch.condition),
                "does": self.statements(&branch.body),
                "else": self.statements(&branch.otherwise),
            } }),
        };
        items.iter().map(of).collect()
    }

    pub(super) fn call(&self, call: &Call) -> Value {
        json!({
            "unit": call.signature().name,
            "text": self.texts.at(call.place),
            "retry": call.retry,
            "timeout": self.maybe(call.timeout.as_deref()),
            "fails": call.fails.as_ref().map(|fails| self.on_failure(fails)),
        })
    }
    fn undo(&self, undo: &Undo) -> Value {
        match undo {
            Undo::Restore => json!("restore"),
            Undo::Repeat => json!("repeat"),
            Undo::None => json!("none"),
            Undo::Block(body) => self.statements(body),
        }
    }

    /// A call of an action of the policy's own; what it does stands under `actions`, at the same place.
    fn group(&self, group: &Group) -> Value {
        let given = group.action.params.iter().zip(&group.args);
        let name = |id: BindingId| self.policy.bindings[id.0 as usize].name.text.to_string();
        json!({
            "action": &*group.name.text,
            "defined": Texts::defined(self.policy, group.action.place),
            "text": self.texts.at(group.place),
            "args": given.map(|(param, arg)| (name(*param), self.expr(arg))).collect::<serde_json::Map<_, _>>(),
            "retry": group.retry,
            "timeout": self.maybe(group.timeout.as_ref()),
            "fails": group.fails.as_ref().map(|fails| self.on_failure(fails)),
        })
    }

    /// An action of the policy's own, or of a file that it imports.
    pub(super) fn action(&self, action: &OwnAction) -> Value {
        json!({
            "name": &*action.name.text,
            "defined": Texts::defined(self.policy, action.place),
            "params": action.params.iter().map(|id| self.binding(*id)).collect::<Vec<_>>(),
            "before": self.statements(&action.head),
            "does": self.statements(&action.run),
            "reads": self.all(action.reads.as_ref()),
            "writes": self.all(action.writes.as_ref()),
            "touches": self.all(action.touches.as_ref()),
            "timeout": self.maybe(action.timeout.as_ref()),
            "idempotent": action.idempotent,
            "done_when": self.maybe(action.done_when.as_ref()),
            "undo": self.undo(&action.undo),
            "irreversible": self.maybe(action.irreversible.as_ref()),
            "preview": action.preview.as_ref().map(|call| self.texts.at(call.place)),
        })
    }
}
