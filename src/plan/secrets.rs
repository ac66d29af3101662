//! Which secrets a run may need: those that its nodes, their undo and their handlers name. It asks for no value.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::model::{Node, Plan, Work};
use crate::catalogue::value::{Sealed, Value};
use crate::check::expand::ExpandedCall;
use crate::check::model::{
    BindingId, BindingKind, Block, Call, CallArg, Expr, ExprKind, Item, OnFailure, Phase, Policy, Stage, Step,
    StepItem, Undo, Verify,
};
use crate::check::walk;
use crate::source::Place;

/// The secrets that a run of `plan` may need, each with the key of the first node that does, or the name of the phase
/// whose `always` does.
#[must_use]
pub fn needed(plan: &Plan) -> BTreeMap<Arc<str>, String> {
    let mut needed = BTreeMap::new();
    if plan.policy.secrets.is_empty() {
        return needed;
    }
    for node in &plan.nodes {
        let mut found = Found::of(&plan.policy, Some(node));
        found.node(node);
        for name in found.secrets {
            needed.entry(name).or_insert_with(|| node.key.clone());
        }
    }
    for phase in plan.policy.phases.iter().filter(|phase| plan.phases.iter().any(|name| **name == *phase.name.text)) {
        let mut found = Found::of(&plan.policy, None);
        phase.always.iter().for_each(|always| found.block(always));
        for name in found.secrets {
            needed.entry(name).or_insert_with(|| phase.name.text.to_string());
        }
    }
    needed
}

/// What was found in one node.
struct Found<'a> {
    policy: &'a Policy,
    node: Option<&'a Node>,
    secrets: BTreeSet<Arc<str>>,
    /// Looked at already.
    bindings: HashSet<BindingId>,
    phases: HashSet<Arc<str>>,
    actions: HashSet<Place>,
}

impl<'a> Found<'a> {
    fn of(policy: &'a Policy, node: Option<&'a Node>) -> Self {
        Self {
            policy,
            node,
            secrets: BTreeSet::new(),
            bindings: HashSet::new(),
            phases: HashSet::new(),
            actions: HashSet::new(),
        }
    }

    fn node(&mut self, node: &'a Node) {
        match &node.work {
            Work::Step(step) => {
                // A branch that is known not to be taken needs nothing.
                self.items(&step.body, Some(&node.calls));
                self.clauses(step);
            }
            Work::Verify(verify, placed) => {
                self.verify(verify);
                placed.on_failure.iter().for_each(|failure| self.failure(failure));
            }
            Work::Require(require) => self.exprs([&require.condition].into_iter().chain(&require.why)),
            Work::Bind(id) => self.binding(*id),
            Work::Observe(observe) => self.expr(&observe.probe),
            Work::Dynamic(item) => self.item(item),
        }
        self.failure(&node.handling.on_failure);
    }

    fn exprs<'e>(&mut self, all: impl IntoIterator<Item = &'e Expr>) {
        all.into_iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &Expr) {
        let mut named = Vec::new();
        walk::expressions(expr, &mut |part| match &part.kind {
            ExprKind::Secret(name) => drop(self.secrets.insert(Arc::clone(name))),
            ExprKind::Binding(id) | ExprKind::Apply(id, _) => named.push(*id),
            ExprKind::Const(value) => self.value(value),
            _ => {}
        });
        named.into_iter().for_each(|id| self.binding(id));
    }

    fn binding(&mut self, id: BindingId) {
        if !self.bindings.insert(id) {
            return;
        }
        let policy = self.policy;
        match &policy.bindings[id.0 as usize].kind {
            BindingKind::Let(expr) | BindingKind::Function { body: expr, .. } => self.expr(expr),
            // An item of a loop may be one.
            BindingKind::Variable => {
                let Some(node) = self.node else { return };
                let locals = node.calls.iter().map(|call| &call.locals).chain([&node.locals]);
                locals.filter_map(|locals| locals.get(&id)).for_each(|value| self.value(value));
            }
            BindingKind::Param | BindingKind::Observe => {}
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Secret(name) => drop(self.secrets.insert(Arc::clone(name))),
            Value::Sealed(pieces) => self.secrets.extend(pieces.iter().filter_map(|piece| match piece {
                Sealed::Secret(name) => Some(Arc::clone(name)),
                Sealed::Text(_) => None,
            })),
            Value::List(items) => items.iter().for_each(|item| self.value(item)),
            Value::Map(entries) => entries.values().for_each(|item| self.value(item)),
            Value::Record(record) => record.fields.iter().for_each(|(_, item)| self.value(item)),
            Value::Code(code) => code.binds.iter().for_each(|item| self.value(item)),
            Value::Flags(service) => service.settings.values().for_each(|item| self.value(item)),
            _ => {}
        }
    }

    fn call(&mut self, call: &Call) {
        for arg in &call.args {
            if let CallArg::Value(expr) | CallArg::Lazy(expr) = arg {
                self.expr(expr);
            }
        }
        self.exprs(call.timeout.as_deref());
        call.fails.iter().for_each(|failure| self.failure(failure));
    }

    /// What a step does; `planned`: the calls that it comes to, where that was planned.
    fn items(&mut self, items: &[StepItem], planned: Option<&[ExpandedCall]>) {
        for item in items {
            match item {
                StepItem::Call(call) => {
                    if planned.is_none_or(|calls| calls.iter().any(|known| known.call.place == call.place)) {
                        self.call(call);
                    }
                }
                StepItem::Group(group) => {
                    let led = |known: &ExpandedCall| known.via.iter().any(|via| via.place == group.name.place);
                    if planned.is_some_and(|calls| !calls.iter().any(led)) {
                        continue;
                    }
                    self.exprs(group.args.iter().chain(&group.timeout));
                    group.fails.iter().for_each(|failure| self.failure(failure));
                    let action = &group.action;
                    if !self.actions.insert(action.place) {
                        continue;
                    }
                    self.exprs(action.timeout.iter().chain(&action.done_when));
                    self.items(&action.head, planned);
                    self.items(&action.run, planned);
                    self.undo(&action.undo);
                }
                StepItem::Let(id) => self.binding(*id),
                StepItem::Require(require) => self.exprs([&require.condition].into_iter().chain(&require.why)),
                StepItem::Expect(check) => self.exprs([&check.condition].into_iter().chain(&check.why)),
                StepItem::For(each) => {
                    self.exprs([&each.iter].into_iter().chain(&each.filter));
                    self.items(&each.body, planned);
                }
                StepItem::If(branch) => {
                    self.expr(&branch.condition);
                    self.items(&branch.body, planned);
                    self.items(&branch.otherwise, planned);
                }
            }
        }
    }

    fn clauses(&mut self, step: &Step) {
        let clauses = &step.clauses;
        let lists = [&clauses.reads, &clauses.writes, &clauses.touches];
        self.exprs(lists.into_iter().flatten().flatten());
        let single = [&clauses.timeout, &clauses.done_when, &clauses.within, &clauses.by];
        self.exprs(single.into_iter().filter_map(Option::as_deref));
        self.undo(&clauses.undo);
        clauses.on_failure.iter().for_each(|failure| self.failure(failure));
    }

    fn undo(&mut self, undo: &Undo) {
        if let Undo::Block(items) = undo {
            self.items(items, None);
        }
    }

    fn verify(&mut self, verify: &Verify) {
        verify.lets.iter().for_each(|id| self.binding(*id));
        self.exprs(verify.checks.iter().flat_map(|check| [&check.condition].into_iter().chain(&check.why)));
        verify.on_failure.iter().for_each(|handler| self.block(handler));
    }

    fn failure(&mut self, failure: &OnFailure) {
        match failure {
            OnFailure::Steps(block) => self.block(block),
            OnFailure::Run(name) => {
                if self.phases.insert(Arc::clone(&name.text))
                    && let Some(phase) = self.policy.phases.iter().find(|phase| phase.name.text == name.text)
                {
                    self.phase(phase);
                }
            }
            OnFailure::Stop | OnFailure::Undo | OnFailure::Warn | OnFailure::Continue => {}
        }
    }

    fn phase(&mut self, phase: &Phase) {
        self.block(&phase.body);
        phase.scenarios.iter().for_each(|scenario| self.block(&scenario.body));
        phase.always.iter().for_each(|always| self.block(always));
        phase.on_failure.iter().for_each(|failure| self.failure(failure));
    }

    fn block(&mut self, block: &Block) {
        block.items.iter().for_each(|item| self.item(item));
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Let(id) => self.binding(*id),
            Item::Require(require) => self.exprs([&require.condition].into_iter().chain(&require.why)),
            Item::Observe(observe) => self.expr(&observe.probe),
            Item::Step(step) => {
                self.items(&step.body, None);
                self.clauses(step);
            }
            Item::Verify(placed) => {
                let policy = self.policy;
                self.verify(&policy.verifies[placed.verify.0 as usize]);
                placed.on_failure.iter().for_each(|failure| self.failure(failure));
            }
            Item::Parallel(parallel) => self.block(&parallel.body),
            Item::For(each) => {
                self.exprs([&each.iter].into_iter().chain(&each.filter));
                self.block(&each.body);
            }
            Item::If(branch) => {
                self.expr(&branch.condition);
                self.block(&branch.body);
                branch.otherwise.iter().for_each(|otherwise| self.block(otherwise));
            }
            Item::Stage(stage) => self.stage(stage),
        }
    }

    fn stage(&mut self, stage: &Stage) {
        let mut next = Some(stage);
        while let Some(stage) = next {
            self.block(&stage.body);
            stage.on_failure.iter().for_each(|failure| self.failure(failure));
            next = stage.otherwise.as_deref();
        }
    }
}
