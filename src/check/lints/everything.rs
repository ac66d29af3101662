//! All that a policy holds, wherever it stands: what most lints look at. It decides nothing.

use std::sync::Arc;

use crate::check::model::{
    BindingKind, Block, Call, CallArg, Check, CheckKind, Expectation, Expr, For, Given, If, Item, MessageText,
    OnFailure, OwnAction, Parallel, Phase, Policy, PreflightItem, Require, SecretSource, Stage, Step, StepFor, StepIf,
    StepItem, Undo, VerifyUse, When,
};

/// In the order of the text, as far as items of one kind are concerned.
#[derive(Default)]
pub struct Everything<'p> {
    /// What is evaluated, each once; what stands inside of one is found by `walk::expressions`.
    pub exprs: Vec<&'p Expr>,
    /// Those of them that decide something, and the word that they stand behind.
    pub conditions: Vec<(&'p Expr, &'static str)>,
    /// Texts that say why.
    pub reasons: Vec<&'p Expr>,
    pub blocks: Vec<&'p Block>,
    pub steps: Vec<&'p Arc<Step>>,
    pub uses: Vec<&'p VerifyUse>,
    pub loops: Vec<&'p For>,
    pub step_loops: Vec<&'p StepFor>,
    pub ifs: Vec<&'p If>,
    pub step_ifs: Vec<&'p StepIf>,
    pub parallels: Vec<&'p Parallel>,
    pub stages: Vec<&'p Stage>,
    /// Calls of steps and of actions of the policy's own.
    pub calls: Vec<&'p Call>,
}

impl<'p> Everything<'p> {
    pub fn of(policy: &'p Policy) -> Self {
        let mut all = Self::default();
        all.values(policy);
        for verify in &policy.verifies {
            verify.checks.iter().for_each(|check| all.check(check));
            verify.on_failure.iter().for_each(|block| all.block(block));
        }
        policy.requires.iter().for_each(|require| all.require(require));
        all.handler(Some(&policy.on_failure));
        policy.phases.iter().chain(&policy.around.prepare).for_each(|phase| all.phase(phase));
        policy.actions.iter().for_each(|action| all.action(action));
        all.watched(policy);
        all.told(policy);
        all
    }

    fn values(&mut self, policy: &'p Policy) {
        for binding in &policy.bindings {
            match &binding.kind {
                BindingKind::Let(value) | BindingKind::Function { body: value, .. } => self.exprs.push(value),
                BindingKind::Param | BindingKind::Variable | BindingKind::Observe => {}
            }
        }
        for param in &policy.params {
            self.exprs.extend(&param.default);
            param.condition.iter().for_each(|condition| self.condition(condition, "where"));
        }
        self.exprs.extend(policy.environments.iter().flat_map(|found| &found.sets).map(|(_, value)| value));
        for secret in &policy.secrets {
            if let SecretSource::File(from) | SecretSource::Exec(from) = &secret.source {
                self.exprs.push(from);
            }
        }
    }

    fn watched(&mut self, policy: &'p Policy) {
        self.exprs.extend(policy.watching.metrics.iter().map(|metric| &metric.probe));
        for trigger in &policy.watching.triggers {
            self.exprs.extend(trigger.each.iter().map(|(_, list)| list));
            for rule in &trigger.rules {
                if let When::Holds(held) = &rule.when {
                    self.condition(&held.condition, "when");
                }
            }
            trigger.clear.iter().for_each(|held| self.condition(&held.condition, "clear when"));
            trigger.unless.iter().for_each(|condition| self.condition(condition, "unless"));
        }
    }

    fn told(&mut self, policy: &'p Policy) {
        let messages = &policy.messages;
        messages.channels.iter().for_each(|channel| self.args(&channel.args));
        for template in &messages.templates {
            self.exprs.extend(&template.subject);
            self.exprs.push(&template.body);
        }
        let levels = messages.escalations.iter().flat_map(|escalation| &escalation.levels);
        let sent = levels.flat_map(|level| &level.messages);
        let sent = sent.chain(messages.events.iter().flat_map(|event| &event.messages));
        for message in sent.chain(messages.reminders.iter().flat_map(|reminder| &reminder.messages)) {
            if let Some(MessageText::Text(text)) = &message.text {
                self.exprs.push(text);
            }
        }
        for item in policy.around.preflight.iter().flat_map(|preflight| &preflight.items) {
            if let PreflightItem::Require(require) = item {
                self.require(require);
            }
        }
        if let Some(incident) = &policy.around.incident {
            self.exprs.extend(incident.records.iter().chain(&incident.appends));
            self.exprs.extend(incident.exports.iter().flat_map(|export| &export.fields).map(|(_, value)| value));
        }
        for test in &policy.around.tests {
            for given in &test.given {
                if let Given::Param(_, value) | Given::Now(value) = given {
                    self.exprs.push(value);
                }
            }
            for expected in &test.expects {
                if let Expectation::Holds { condition, .. } = expected {
                    self.condition(condition, "expect");
                }
            }
        }
        policy.around.hosts.iter().for_each(|host| self.args(&host.args));
    }

    fn condition(&mut self, expr: &'p Expr, word: &'static str) {
        self.exprs.push(expr);
        self.conditions.push((expr, word));
    }

    fn reason(&mut self, why: Option<&'p Expr>) {
        self.exprs.extend(why);
        self.reasons.extend(why);
    }

    fn require(&mut self, require: &'p Require) {
        self.condition(&require.condition, "require");
        self.reason(require.why.as_ref());
    }

    fn check(&mut self, check: &'p Check) {
        let word = match check.kind {
            CheckKind::Expect => "expect",
            CheckKind::Should => "should",
            CheckKind::FailWhen => "fail when",
        };
        self.condition(&check.condition, word);
        self.reason(check.why.as_ref());
    }

    fn phase(&mut self, phase: &'p Phase) {
        self.block(&phase.body);
        for scenario in &phase.scenarios {
            scenario.detect.iter().for_each(|detect| self.condition(detect, "detect"));
            self.block(&scenario.body);
        }
        self.handler(phase.on_failure.as_ref());
        phase.always.iter().for_each(|always| self.block(always));
    }

    fn handler(&mut self, on_failure: Option<&'p OnFailure>) {
        if let Some(OnFailure::Steps(block)) = on_failure {
            self.block(block);
        }
    }

    fn block(&mut self, block: &'p Block) {
        self.blocks.push(block);
        for item in &block.items {
            match item {
                // Found among the bindings.
                Item::Let(_) => {}
                Item::Require(require) => self.require(require),
                Item::Observe(observe) => self.exprs.push(&observe.probe),
                Item::Step(step) => self.step(step),
                Item::Verify(place) => {
                    self.uses.push(place);
                    self.handler(place.on_failure.as_ref());
                }
                Item::Parallel(parallel) => {
                    self.parallels.push(parallel);
                    self.block(&parallel.body);
                }
                Item::For(each) => {
                    self.loops.push(each);
                    self.exprs.push(&each.iter);
                    each.filter.iter().for_each(|filter| self.condition(filter, "where"));
                    self.block(&each.body);
                }
                Item::If(branch) => {
                    self.ifs.push(branch);
                    self.condition(&branch.condition, "if");
                    self.block(&branch.body);
                    branch.otherwise.iter().for_each(|otherwise| self.block(otherwise));
                }
                Item::Stage(stage) => {
                    let mut next = Some(&**stage);
                    while let Some(stage) = next {
                        self.stages.push(stage);
                        self.handler(stage.on_failure.as_ref());
                        self.block(&stage.body);
                        next = stage.otherwise.as_deref();
                    }
                }
            }
        }
    }

    fn step(&mut self, step: &'p Arc<Step>) {
        self.steps.push(step);
        self.items(&step.body);
        let clauses = &step.clauses;
        let times = [&clauses.timeout, &clauses.within, &clauses.by];
        self.exprs.extend(times.into_iter().flatten().map(|time| &**time));
        self.exprs.extend([&clauses.reads, &clauses.writes, &clauses.touches].into_iter().flatten().flatten());
        clauses.done_when.iter().for_each(|done| self.condition(done, "done when"));
        self.undo(&clauses.undo);
        self.reason(clauses.irreversible.as_deref());
        self.exprs.extend(clauses.preview.as_deref());
        self.handler(clauses.on_failure.as_ref());
    }

    fn action(&mut self, action: &'p OwnAction) {
        self.items(&action.head);
        self.items(&action.run);
        self.exprs.extend([&action.reads, &action.writes, &action.touches].into_iter().flatten().flatten());
        action.done_when.iter().for_each(|done| self.condition(done, "done when"));
        self.undo(&action.undo);
        self.reason(action.irreversible.as_ref());
        self.exprs.extend(action.preview.as_deref());
    }

    fn undo(&mut self, undo: &'p Undo) {
        if let Undo::Block(items) = undo {
            self.items(items);
        }
    }

    fn items(&mut self, items: &'p [StepItem]) {
        for item in items {
            match item {
                StepItem::Let(_) => {}
                StepItem::Call(call) => {
                    self.calls.push(call);
                    self.args(&call.args);
                    self.exprs.extend(call.timeout.as_deref());
                    self.handler(call.fails.as_ref());
                }
                // The action itself is looked at once, with all others.
                StepItem::Group(group) => self.exprs.extend(&group.args),
                StepItem::Require(require) => self.require(require),
                StepItem::Expect(check) => self.check(check),
                StepItem::For(each) => {
                    self.step_loops.push(each);
                    self.exprs.push(&each.iter);
                    each.filter.iter().for_each(|filter| self.condition(filter, "where"));
                    self.items(&each.body);
                }
                StepItem::If(branch) => {
                    self.step_ifs.push(branch);
                    self.condition(&branch.condition, "if");
                    self.items(&branch.body);
                    self.items(&branch.otherwise);
                }
            }
        }
    }

    fn args(&mut self, args: &'p [CallArg]) {
        for arg in args {
            match arg {
                CallArg::Absent => {}
                CallArg::Value(value) => self.exprs.push(value),
                CallArg::Lazy(asked) if asked.ty == crate::catalogue::ty::Type::Bool => {
                    self.condition(asked, "a wait for");
                }
                CallArg::Lazy(asked) => self.exprs.push(asked),
            }
        }
    }
}
