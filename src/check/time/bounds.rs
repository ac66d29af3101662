//! What a single step, verification or expression may take at most (`language.md` §9).
//!
//! Every bound here is one that a run enforces by killing, or the time that something says it waits; so the sum is never
//! below what really happens. What a run does about a failure (handlers, undo) is not part of it, a handler of a
//! verification excepted: after it the verification is tried once more.

use std::collections::HashMap;
use std::time::Duration;

use crate::catalogue::value::Value;
use crate::check::model::{
    BindingId, BindingKind, Block, Call, CallArg, Expr, ExprKind, For, Group, Item, OnFailure, Policy, ProbeCall,
    Retry, Step, StepFor, StepItem, Verify, VerifyUse,
};
use crate::check::walk;
use crate::source::Place;

/// Calls in which a person is waited for: their time stands beside the worst case, not in it.
const PEOPLE: &[&str] = &["manual", "approve"];

/// A worst case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worst {
    /// All of it, people included.
    pub worst: Duration,
    /// The part in which a person is waited for.
    pub people: Duration,
    /// The part in which anything is waited for, people included: the limit of a step comes on top of it.
    pub waits: Duration,
    /// Waits whose bound is missing or not known when planned, and loops over them of unknown length.
    pub unbounded: Vec<Place>,
}

/// Gives the value of an expression as far as it is known when planned.
pub type ValueOf<'a> = dyn FnMut(&Expr) -> Option<Value> + 'a;

/// The time limit of one attempt of a step: its `timeout`; else what its calls say themselves (`timeout:`, `within:`, how
/// long a `wait` is), and the default once for all the others together. What it waits for (`wait`, `wait_until`, people) is
/// on top of a `timeout` that is written. A run kills the step then.
pub fn limit_of_step(policy: &Policy, step: &Step, default: Duration, value: &mut ValueOf<'_>) -> Worst {
    let mut bounds = Bounds { policy, default, value, bodies: HashMap::new() };
    let mut said = Said::default();
    bounds.items(&step.body, &mut said);
    let written = step.clauses.timeout.as_ref().map(|timeout| (bounds.duration(timeout), timeout.place));
    let mut limit = said.into_worst(default);
    match written {
        Some((Some(timeout), _)) => {
            limit.worst = timeout.saturating_add(limit.waits);
            limit.unbounded.clear();
        }
        Some((None, place)) => limit.unbounded.push(place),
        None => {}
    }
    limit
}

/// The worst case of a step: its limit for each attempt, and the pauses between them.
pub fn worst_of_step(policy: &Policy, step: &Step, default: Duration, value: &mut ValueOf<'_>) -> Worst {
    let limit = limit_of_step(policy, step, default, value);
    let Some(retry) = &step.clauses.retry else { return limit };
    let attempts = retry.times.saturating_add(1);
    Worst {
        worst: limit.worst.saturating_mul(attempts).saturating_add(pauses(retry)),
        people: limit.people.saturating_mul(attempts),
        waits: limit.waits.saturating_mul(attempts),
        unbounded: limit.unbounded,
    }
}

/// The worst case of a verification at its place: `within` and `hold`, and with a handler that one and both again.
pub fn worst_of_verify(
    policy: &Policy,
    verify: &Verify,
    place: &VerifyUse,
    default: Duration,
    value: &mut ValueOf<'_>,
) -> Worst {
    let within = place.within.or(verify.within).unwrap_or(Verify::WITHIN);
    let once = within.saturating_add(place.hold.or(verify.hold).unwrap_or_default());
    let ((Some(OnFailure::Steps(handler)), _) | (None, Some(handler))) = (&place.on_failure, &verify.on_failure) else {
        return Worst { worst: once, ..Worst::default() };
    };
    let mut worst = worst_of_block(policy, handler, default, value);
    worst.worst = worst.worst.saturating_add(once.saturating_mul(2));
    worst
}

/// The worst case of items one after the other.
pub fn worst_of_block(policy: &Policy, block: &Block, default: Duration, value: &mut ValueOf<'_>) -> Worst {
    let mut sum = Worst::default();
    for item in &block.items {
        sum.add(worst_of_item(policy, item, default, value));
    }
    sum
}

/// The worst case of an item, one thing after the other.
pub fn worst_of_item(policy: &Policy, item: &Item, default: Duration, value: &mut ValueOf<'_>) -> Worst {
    match item {
        Item::Let(id) => match policy.bindings.get(id.0 as usize).map(|binding| &binding.kind) {
            Some(BindingKind::Let(expr)) => worst_of_expr(policy, expr, default, value),
            _ => Worst::default(),
        },
        Item::Require(require) => worst_of_expr(policy, &require.condition, default, value),
        Item::Observe(observe) => worst_of_expr(policy, &observe.probe, default, value),
        Item::Step(step) => worst_of_step(policy, step, default, value),
        Item::Verify(place) => match policy.verifies.get(place.verify.0 as usize) {
            Some(verify) => worst_of_verify(policy, verify, place, default, value),
            None => Worst::default(),
        },
        Item::Parallel(parallel) => worst_of_block(policy, &parallel.body, default, value),
        Item::For(each) => worst_of_for(policy, each, default, value),
        Item::If(choice) => {
            let mut worst = worst_of_expr(policy, &choice.condition, default, value);
            let then = worst_of_block(policy, &choice.body, default, value);
            let other = choice.otherwise.as_ref().map(|block| worst_of_block(policy, block, default, value));
            worst.add(then.longer(other.unwrap_or_default()));
            worst
        }
        Item::Stage(stage) => {
            let mut worst = worst_of_block(policy, &stage.body, default, value);
            let mut other = &stage.otherwise;
            while let Some(stage) = other {
                worst.add(worst_of_block(policy, &stage.body, default, value));
                other = &stage.otherwise;
            }
            worst
        }
    }
}

fn worst_of_for(policy: &Policy, each: &For, default: Duration, value: &mut ValueOf<'_>) -> Worst {
    let mut worst = worst_of_expr(policy, &each.iter, default, value);
    let body = worst_of_block(policy, &each.body, default, value);
    if let Some(count) = count(&each.iter, value) {
        worst.add(body.times(count));
    } else {
        worst.add(body);
        worst.unbounded.push(each.place);
    }
    worst
}

/// The worst case of an expression: each of its probes one after the other, by its `timeout:` or the default.
pub fn worst_of_expr(policy: &Policy, expr: &Expr, default: Duration, value: &mut ValueOf<'_>) -> Worst {
    let mut bounds = Bounds { policy, default, value, bodies: HashMap::new() };
    let mut worst = Worst::default();
    bounds.expr(expr, &mut worst);
    worst
}

/// The pauses between the attempts.
#[must_use]
pub fn pauses(retry: &Retry) -> Duration {
    let (times, factor) = (f64::from(retry.times), retry.backoff.max(0.0));
    // `every × (1 + f + f² + …)`
    let pauses = if (factor - 1.0).abs() < 1e-9 { times } else { (factor.powf(times) - 1.0) / (factor - 1.0) };
    Duration::try_from_secs_f64(retry.every.as_secs_f64() * pauses).unwrap_or(Duration::MAX)
}

struct Bounds<'a, 'v> {
    policy: &'a Policy,
    default: Duration,
    value: &'a mut ValueOf<'v>,
    bodies: HashMap<BindingId, Worst>,
}

/// What the calls of a step say of their time.
#[derive(Default)]
struct Said {
    worst: Worst,
    /// Whether some call says nothing, so that the default counts for it.
    silent: bool,
}

impl Said {
    fn into_worst(self, default: Duration) -> Worst {
        let mut worst = self.worst;
        // A step that only waits is bounded like one that says nothing: it may check conditions.
        if self.silent || worst.worst == worst.waits {
            worst.worst = worst.worst.saturating_add(default);
        }
        worst
    }
}

impl Bounds<'_, '_> {
    fn duration(&mut self, expr: &Expr) -> Option<Duration> {
        (self.value)(expr).and_then(|value| value.as_duration())
    }

    fn items(&mut self, items: &[StepItem], said: &mut Said) {
        for item in items {
            match item {
                StepItem::Call(call) => self.call(call, said),
                StepItem::Let(_) | StepItem::Require(_) | StepItem::Expect(_) => said.silent = true,
                StepItem::Group(group) => self.group(group, said),
                StepItem::For(each) => {
                    let StepFor { iter, body, place, .. } = &**each;
                    let mut inner = Said::default();
                    self.items(body, &mut inner);
                    said.silent |= inner.silent;
                    if let Some(count) = count(iter, self.value) {
                        said.worst.add(inner.worst.times(count));
                    } else {
                        // What says nothing is under the default all together, however many they are.
                        let waits = !inner.worst.worst.is_zero();
                        said.worst.add(inner.worst);
                        said.worst.unbounded.extend(waits.then_some(*place));
                    }
                }
                StepItem::If(branch) => {
                    let (mut then, mut other) = (Said::default(), Said::default());
                    self.items(&branch.body, &mut then);
                    self.items(&branch.otherwise, &mut other);
                    said.silent |= then.silent | other.silent;
                    said.worst.add(then.worst.longer(other.worst));
                }
            }
        }
    }

    /// An action of the policy's own: what it says itself, else what its calls say.
    fn group(&mut self, group: &Group, said: &mut Said) {
        let mut inner = Said::default();
        self.items(&group.action.head, &mut inner);
        self.items(&group.action.run, &mut inner);
        let attempts = group.retry.unwrap_or(0).saturating_add(1);
        match group.timeout.as_ref().or(group.action.timeout.as_ref()) {
            Some(limit) => match self.duration(limit) {
                Some(once) => {
                    let waits = inner.worst.waits.saturating_mul(attempts);
                    let people = inner.worst.people.saturating_mul(attempts);
                    let worst = once.saturating_mul(attempts).saturating_add(waits);
                    said.worst.add(Worst { worst, people, waits, unbounded: Vec::new() });
                }
                None => said.worst.unbounded.push(limit.place),
            },
            None => {
                said.silent |= inner.silent;
                said.worst.add(inner.worst.times(attempts));
            }
        }
    }

    fn call(&mut self, call: &Call, said: &mut Said) {
        let signature = call.signature();
        let own = call.timeout.as_deref().or_else(|| waiting_time(call));
        match own {
            Some(expr) => match self.duration(expr) {
                Some(once) => {
                    let worst = once.saturating_mul(call.retry.unwrap_or(0).saturating_add(1));
                    let people = if PEOPLE.contains(&signature.name) { worst } else { Duration::ZERO };
                    let waits = if signature.gate { worst } else { Duration::ZERO };
                    said.worst.add(Worst { worst, people, waits, unbounded: Vec::new() });
                }
                None => said.worst.add(self.open_ended(signature.gate, expr.place)),
            },
            // A gate waits for something: without a bound it may wait for ever.
            None if signature.gate => said.worst.add(self.open_ended(true, call.place)),
            None => said.silent = true,
        }
    }

    /// Something of a length that is not known: a run gives it the default.
    fn open_ended(&self, gate: bool, place: Place) -> Worst {
        let waits = if gate { self.default } else { Duration::ZERO };
        Worst { worst: self.default, waits, unbounded: vec![place], ..Worst::default() }
    }

    fn expr(&mut self, expr: &Expr, worst: &mut Worst) {
        // A stack of its own: chains of operators may be thousands long.
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            match &expr.kind {
                ExprKind::Probe(call) => self.probe(call, worst),
                ExprKind::Apply(id, args) => {
                    open.extend(args);
                    let body = self.body(*id);
                    worst.add(body);
                }
                ExprKind::Comprehension(parts) => {
                    open.push(&parts.iter);
                    let mut each = Worst::default();
                    for part in std::iter::once(&parts.value).chain(&parts.filter).chain(&parts.key) {
                        self.expr(part, &mut each);
                    }
                    if let Some(count) = count(&parts.iter, self.value) {
                        worst.add(each.times(count));
                    } else {
                        worst.unbounded.extend((!each.worst.is_zero()).then_some(expr.place));
                        worst.add(each);
                    }
                }
                _ => walk::parts(expr, &mut |part| open.push(part)),
            }
        }
    }

    /// The body of a `let` with parameters, once for each: `let`s that each call another twice would else take for ever.
    fn body(&mut self, id: BindingId) -> Worst {
        if let Some(known) = self.bodies.get(&id) {
            return known.clone();
        }
        let policy = self.policy;
        let mut worst = Worst::default();
        if let Some(BindingKind::Function { body, .. }) = policy.bindings.get(id.0 as usize).map(|it| &it.kind) {
            self.expr(body, &mut worst);
        }
        self.bodies.insert(id, worst.clone());
        worst
    }

    /// A probe by its own limit; one that asks another and says nothing itself (`elapsed`) by the limit of that one.
    fn probe(&mut self, call: &ProbeCall, worst: &mut Worst) {
        let mut inner = Worst::default();
        let mut asks = Worst::default();
        for arg in &call.args {
            match arg {
                CallArg::Absent => {}
                CallArg::Value(expr) => self.expr(expr, &mut inner),
                CallArg::Lazy(expr) => self.expr(expr, &mut asks),
            }
        }
        worst.add(inner);
        match &call.timeout {
            Some(timeout) => match self.duration(timeout) {
                Some(timeout) => worst.add(Worst { worst: timeout, ..Worst::default() }),
                None => worst.unbounded.push(timeout.place),
            },
            None if !asks.worst.is_zero() || !asks.unbounded.is_empty() => worst.add(asks),
            None => worst.add(Worst { worst: self.default, ..Worst::default() }),
        }
    }
}

/// How long a call says that it waits: its `within:`, or the length of a `wait`.
fn waiting_time(call: &Call) -> Option<&Expr> {
    let signature = call.signature();
    let given = |at: usize| match call.args.get(at) {
        Some(CallArg::Value(expr)) => Some(&**expr),
        _ => None,
    };
    let within = signature.param("within").and_then(|(at, _)| given(at));
    let length = || signature.params.iter().position(|param| param.ty == "duration").and_then(given);
    within.or_else(|| if signature.gate && signature.param("within").is_none() { length() } else { None })
}

fn count(list: &Expr, value: &mut ValueOf<'_>) -> Option<u32> {
    let known = if let ExprKind::List(items) = &list.kind { Some(items.len()) } else { None };
    let count = known.or_else(|| match value(list)? {
        Value::List(items) => Some(items.len()),
        Value::Json(json) => json.as_array().map(Vec::len),
        _ => None,
    })?;
    u32::try_from(count).ok()
}

impl Worst {
    pub fn add(&mut self, other: Self) {
        self.worst = self.worst.saturating_add(other.worst);
        self.people = self.people.saturating_add(other.people);
        self.waits = self.waits.saturating_add(other.waits);
        self.unbounded.extend(other.unbounded);
    }

    fn times(self, count: u32) -> Self {
        let of = |part: Duration| part.saturating_mul(count);
        Self { worst: of(self.worst), people: of(self.people), waits: of(self.waits), ..self }
    }

    /// The longer of both in each respect.
    fn longer(mut self, other: Self) -> Self {
        self.worst = self.worst.max(other.worst);
        self.people = self.people.max(other.people);
        self.waits = self.waits.max(other.waits);
        self.unbounded.extend(other.unbounded);
        self
    }
}
