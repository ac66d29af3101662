//! Which values calls and conditions use: only those make a saved plan drift (`language.md` §8).
//!
//! A quantity or float that was asked of the world (a latency, an age, a load) is a measurement: it is never twice the
//! same, so not itself but what follows from it is compared: which steps there are, whether a `require` holds.

use std::collections::BTreeSet;

use crate::catalogue::value::{Record, Value};
use crate::check::expand::{LetState, named};
use crate::check::model::{
    BindingId, BindingKind, Block, Call, CallArg, Expr, Item, OnFailure, Policy, Stage, StepItem, Undo, Verify,
};

/// The bindings that calls are given, and those that conditions name.
#[derive(Default)]
struct Uses {
    calls: BTreeSet<BindingId>,
    conditions: BTreeSet<BindingId>,
}

/// For each `let`, whether a difference of its value is drift.
pub(super) fn compared(policy: &Policy, lets: &[LetState]) -> Vec<bool> {
    let uses = uses(policy, lets);
    let mut of_world: BTreeSet<BindingId> = BTreeSet::new();
    lets.iter()
        .map(|one| {
            let names = let_of(policy, one.binding).map(|expr| named(policy, expr)).unwrap_or_default();
            if one.relative || names.iter().any(|name| of_world.contains(name)) {
                of_world.insert(one.binding);
            }
            let number = matches!(&one.state, Ok(Value::Quantity(_) | Value::Float(_)));
            let measured = number && of_world.contains(&one.binding);
            uses.calls.contains(&one.binding) || (uses.conditions.contains(&one.binding) && !measured)
        })
        .collect()
}

/// A value without what is measured in it: the age of a folder, the latency and the headers of an answer.
pub(super) fn settled(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::list(items.iter().map(settled)),
        Value::Record(record) => {
            let kept = record
                .fields
                .iter()
                .filter(|(name, value)| !matches!(value, Value::Quantity(_) | Value::Float(_)) && &**name != "headers");
            let fields = kept.map(|(name, value)| (name.clone(), settled(value))).collect();
            Value::Record(std::sync::Arc::new(Record { fields }))
        }
        other => other.clone(),
    }
}

fn let_of(policy: &Policy, id: BindingId) -> Option<&Expr> {
    match &policy.bindings[id.0 as usize].kind {
        BindingKind::Let(expr) => Some(expr),
        _ => None,
    }
}

fn uses(policy: &Policy, lets: &[LetState]) -> Uses {
    let mut uses = Uses::default();
    for require in &policy.requires {
        uses.condition(policy, &require.condition);
    }
    uses.failure(policy, &policy.on_failure);
    for phase in &policy.phases {
        uses.block(policy, &phase.body);
        phase.scenarios.iter().for_each(|scenario| uses.block(policy, &scenario.body));
        phase.always.iter().for_each(|always| uses.block(policy, always));
        phase.on_failure.iter().for_each(|failure| uses.failure(policy, failure));
    }
    for verify in &policy.verifies {
        uses.verify(policy, verify);
    }
    // What is bound when run is made of what was pinned.
    for one in lets.iter().filter(|one| one.state.is_err()) {
        if let Some(expr) = let_of(policy, one.binding) {
            uses.condition(policy, expr);
        }
    }
    uses
}

impl Uses {
    fn condition(&mut self, policy: &Policy, expr: &Expr) {
        self.conditions.extend(named(policy, expr));
    }

    fn block(&mut self, policy: &Policy, block: &Block) {
        for item in &block.items {
            match item {
                Item::Let(_) => {}
                Item::Require(require) => self.condition(policy, &require.condition),
                Item::Observe(observe) => self.condition(policy, &observe.probe),
                Item::Step(step) => {
                    self.items(policy, &step.body);
                    let clauses = &step.clauses;
                    let lists = clauses.reads.iter().chain(&clauses.writes).chain(&clauses.touches).flatten();
                    let single = clauses.timeout.iter().chain(&clauses.done_when).chain(&clauses.within);
                    for expr in lists.chain(single.chain(&clauses.by).map(|expr| &**expr)) {
                        self.condition(policy, expr);
                    }
                    if let Undo::Block(items) = &clauses.undo {
                        self.items(policy, items);
                    }
                    clauses.on_failure.iter().for_each(|failure| self.failure(policy, failure));
                }
                Item::Verify(used) => used.on_failure.iter().for_each(|failure| self.failure(policy, failure)),
                Item::Parallel(parallel) => self.block(policy, &parallel.body),
                Item::For(each) => {
                    self.condition(policy, &each.iter);
                    each.filter.iter().for_each(|filter| self.condition(policy, filter));
                    self.block(policy, &each.body);
                }
                Item::If(branch) => {
                    self.condition(policy, &branch.condition);
                    self.block(policy, &branch.body);
                    branch.otherwise.iter().for_each(|otherwise| self.block(policy, otherwise));
                }
                Item::Stage(stage) => self.stage(policy, stage),
            }
        }
    }

    fn stage(&mut self, policy: &Policy, stage: &Stage) {
        let mut next = Some(stage);
        while let Some(stage) = next {
            self.block(policy, &stage.body);
            stage.on_failure.iter().for_each(|failure| self.failure(policy, failure));
            next = stage.otherwise.as_deref();
        }
    }

    fn verify(&mut self, policy: &Policy, verify: &Verify) {
        for check in &verify.checks {
            self.condition(policy, &check.condition);
        }
        for id in &verify.lets {
            if let Some(expr) = let_of(policy, *id) {
                self.condition(policy, expr);
            }
        }
        verify.on_failure.iter().for_each(|handler| self.block(policy, handler));
    }

    fn failure(&mut self, policy: &Policy, failure: &OnFailure) {
        if let OnFailure::Steps(block) = failure {
            self.block(policy, block);
        }
    }

    fn items(&mut self, policy: &Policy, items: &[StepItem]) {
        for item in items {
            match item {
                StepItem::Call(call) => self.call(policy, call),
                StepItem::Group(group) => {
                    // What the call of an action is given, its own calls may be given.
                    for expr in group.args.iter().chain(&group.timeout) {
                        self.calls.extend(named(policy, expr));
                    }
                    let action = &group.action;
                    let lists = action.reads.iter().chain(&action.writes).chain(&action.touches).flatten();
                    for expr in lists.chain(&action.timeout).chain(&action.done_when) {
                        self.condition(policy, expr);
                    }
                    self.items(policy, &action.head);
                    self.items(policy, &action.run);
                    if let Undo::Block(items) = &action.undo {
                        self.items(policy, items);
                    }
                }
                StepItem::Let(id) => {
                    if let Some(expr) = let_of(policy, *id) {
                        self.calls.extend(named(policy, expr));
                    }
                }
                StepItem::Require(require) => self.condition(policy, &require.condition),
                StepItem::Expect(check) => self.condition(policy, &check.condition),
                StepItem::For(each) => {
                    self.condition(policy, &each.iter);
                    each.filter.iter().for_each(|filter| self.condition(policy, filter));
                    self.items(policy, &each.body);
                }
                StepItem::If(branch) => {
                    self.condition(policy, &branch.condition);
                    self.items(policy, &branch.body);
                    self.items(policy, &branch.otherwise);
                }
            }
        }
    }

    fn call(&mut self, policy: &Policy, call: &Call) {
        for arg in &call.args {
            match arg {
                CallArg::Absent => {}
                CallArg::Value(expr) => self.calls.extend(named(policy, expr)),
                CallArg::Lazy(expr) => self.condition(policy, expr),
            }
        }
        call.timeout.iter().for_each(|limit| self.condition(policy, limit));
    }
}
