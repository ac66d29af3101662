//! Tests of worst cases: the example of the language, joins, jobs, and a real schedule against the bound.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::bounds::{limit_of_step, pauses, worst_of_expr, worst_of_step, worst_of_verify};
use super::{Alternative, TimeNode, critical_path, latest_end};
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Resource};
use crate::catalogue::error::Result;
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::ty::Type;
use crate::catalogue::unit::{Action, Capture, Fingerprint, Preview, Probe};
use crate::catalogue::value::Value;
use crate::check::eval::{Evaluated, eval};
use crate::check::model::{
    Block, Call, CallArg, Expr, ExprKind, Item, Name, Policy, ProbeCall, Retry, Step, StepClauses, StepFor, StepItem,
    Verify, VerifyId, VerifyUse,
};
use crate::check::order::{OrderNode, order};
use crate::source::Place;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn takes(count: u64) -> TimeNode {
    TimeNode { worst: seconds(count), ..TimeNode::default() }
}

fn writes(name: &str) -> OrderNode {
    OrderNode { effects: Effects::none().write(Resource::file(name)), ..OrderNode::default() }
}

fn gate() -> OrderNode {
    OrderNode { gate: true, ..OrderNode::default() }
}

/// `language.md` §12: observe 1 s + `keep_failed` 10 s + revert 10 s + restart 15 s + health 20 s.
#[test]
fn the_worked_example_takes_56_seconds() {
    let world =
        OrderNode { effects: Effects::touches_world(), inexact: Some("process.stop".into()), ..OrderNode::default() };
    let revert = OrderNode { effects: Effects::none().write(Resource::file("engine")), ..OrderNode::default() };
    let keep = OrderNode { effects: Effects::none().read(Resource::file("engine")), ..writes("engine.failed") };
    let nodes = [gate(), keep, revert, writes("cache"), world, gate()];
    let health = TimeNode { mitigates: true, ..takes(20) };
    let times = [takes(1), takes(10), takes(10), takes(10), takes(15), health];
    let found = critical_path(&times, &[], &order(&nodes), 4);
    assert_eq!(found.machine, seconds(56));
    assert_eq!(found.to_mitigation, Some(seconds(56)));
    assert_eq!(found.path, [(0, seconds(1)), (1, seconds(10)), (2, seconds(10)), (4, seconds(15)), (5, seconds(20))]);
}

#[test]
fn fewer_jobs_than_steps_take_longer() {
    let nodes: Vec<_> = (0..4).map(|at| writes(&format!("f{at}"))).collect();
    let times = [takes(10); 4];
    let of = |jobs| critical_path(&times, &[], &order(&nodes), jobs);
    assert_eq!(of(4).machine, seconds(10));
    assert_eq!(of(1).machine, seconds(40));
    assert_eq!((of(2).machine, of(2).waiting), (seconds(25), seconds(15)), "never below the real 20");
    assert_eq!(critical_path(&[], &[], &order(&[]), 2).machine, Duration::ZERO);
}

#[test]
fn people_stand_beside_the_machine() {
    let asks = TimeNode { worst: seconds(605), people: seconds(600), mitigates: false };
    let found = critical_path(&[takes(10), asks, takes(5)], &[], &order(&[writes("a"), gate(), writes("b")]), 2);
    assert_eq!((found.machine, found.people), (seconds(20), seconds(600)));
}

#[test]
fn what_comes_after_the_mitigation_does_not_count_for_it() {
    let mitigates = TimeNode { mitigates: true, ..takes(5) };
    let nodes = [writes("a"), gate(), writes("b"), writes("c"), writes("d")];
    let found = critical_path(&[takes(10), mitigates, takes(7), takes(7), takes(7)], &[], &order(&nodes), 1);
    assert_eq!(found.to_mitigation, Some(seconds(15)));
    assert_eq!(found.machine, seconds(36));
}

#[test]
fn joins_take_no_time() {
    let second = |at: usize| OrderNode { stage: usize::from(at >= 50), ..writes(&format!("f{at}")) };
    let nodes: Vec<_> = (0..100).map(second).collect();
    let order = order(&nodes);
    assert_eq!(order.joins.len(), 1);
    let found = critical_path(&[takes(3); 100], &[], &order, 50);
    assert_eq!((found.machine, found.path.len()), (seconds(6), 2), "50 jobs are enough for 50 at once");
}

/// A runner that starts ready nodes in the order of the text.
fn real(nodes: &[TimeNode], edges: &[(usize, usize)], jobs: usize, took: &[u64]) -> u64 {
    let (mut ends, mut now): (Vec<Option<u64>>, u64) = (vec![None; nodes.len()], 0);
    loop {
        let running = ends.iter().flatten().filter(|end| **end > now).count();
        let ready = (0..nodes.len()).filter(|at| ends[*at].is_none()).filter(|at| {
            edges.iter().filter(|edge| edge.1 == *at).all(|edge| ends[edge.0].is_some_and(|end| end <= now))
        });
        let start: Vec<usize> = ready.take(jobs.saturating_sub(running)).collect();
        for &at in &start {
            ends[at] = Some(now + took[at]);
        }
        // What takes no time makes others ready before any time passes.
        if start.iter().all(|at| took[*at] > 0) {
            match ends.iter().flatten().filter(|end| **end > now).min() {
                Some(next) => now = *next,
                None => return now,
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// No run is longer than its worst case, also where steps end early.
    #[test]
    fn a_real_run_is_never_longer(
        steps in prop::collection::vec((0..9_u64, 0..6_usize, 0..10_u8, 0..101_u64), 1..14),
        jobs in 1..5_usize,
    ) {
        let nodes: Vec<_> = steps.iter().map(|(_, file, kind, _)| match kind {
            0 => gate(),
            1 => OrderNode { inexact: Some("exec".into()), ..writes(&format!("f{file}")) },
            _ => writes(&format!("f{file}")),
        }).collect();
        let times: Vec<_> = steps.iter().map(|(worst, ..)| takes(*worst)).collect();
        let took: Vec<u64> = steps.iter().map(|(worst, _, _, part)| worst * part / 100).collect();
        let order = order(&nodes);
        let edges: Vec<_> = order.direct(nodes.len()).iter().map(|edge| (edge.from, edge.to)).collect();
        let bound = critical_path(&times, &[], &order, jobs).machine;
        prop_assert!(seconds(real(&times, &edges, jobs, &took)) <= bound);
    }
}

// ── Bounds of single items ───────────────────────────────────────────────────────────────────────────────────────────

/// A unit that is never run here.
struct Unit(&'static Signature);

const fn signature(name: &'static str, params: &'static [Parameter], gate: bool) -> Signature {
    let (role, returns, undo) = (Role::Action, Returns::None, UndoKind::None);
    Signature { name, role, params, returns, undo, gate, doc: "", page: "" }
}

const fn param(name: &'static str, ty: &'static str, form: Form) -> Parameter {
    Parameter { name, ty, form, doc: "" }
}

static RUN: Signature = signature("run", &[], false);
static WAIT: Signature = signature("wait", &[param("length", "duration", Form::Positional)], true);
static MANUAL: Signature = signature(
    "manual",
    &[param("what", "string", Form::Positional), param("within", "duration", Form::Optional)],
    true,
);
static GET: Signature = signature("get", &[], false);
static ELAPSED: Signature = signature("elapsed", &[param("probe", "json", Form::Lazy)], false);

impl Action for Unit {
    fn signature(&self) -> &'static Signature {
        self.0
    }
    fn effects(&self, _: &Args, _: Option<&Look>) -> Effects {
        Effects::none()
    }
    fn preview(&self, _: &Args, _: &Look) -> Result<Preview> {
        Ok(Preview::default())
    }
    fn fingerprint(&self, _: &Args, _: &Look) -> Result<Option<Fingerprint>> {
        Ok(None)
    }
    fn capture(&self, _: &Args, _: &Look, _: &dyn Keep) -> Result<Capture> {
        Ok(Capture::Nothing)
    }
    fn run(&self, _: &Args, _: &Touch) -> Result<Value> {
        Ok(Value::None)
    }
    fn undo(&self, _: &Capture, _: &Touch, _: &dyn Keep) -> Result<()> {
        Ok(())
    }
}

impl Probe for Unit {
    fn signature(&self) -> &'static Signature {
        self.0
    }
    fn effects(&self, _: &Args, _: Option<&Look>) -> Effects {
        Effects::none()
    }
    fn sample(&self, _: &Args, _: &Look) -> Result<Value> {
        Ok(Value::None)
    }
}

fn policy() -> Policy {
    crate::check::eval::tests::policy(Vec::new())
}

fn lasting(count: u64) -> Expr {
    crate::check::eval::tests::constant(Value::duration(seconds(count)))
}

fn call(signature: &'static Signature, args: Vec<CallArg>) -> Call {
    Call { action: Arc::new(Unit(signature)), args, timeout: None, retry: None, fails: None, place: Place::default() }
}

fn step(calls: Vec<Call>, clauses: StepClauses) -> Step {
    let body = calls.into_iter().map(|call| StepItem::Call(Arc::new(call))).collect();
    Step { name: name(), title: None, body, clauses, place: Place::default() }
}

fn name() -> Name {
    Name { text: "s".into(), place: Place::default() }
}

/// The value of an expression that asks nobody.
fn value(expr: &Expr) -> Option<Value> {
    match eval(&policy(), expr, &mut crate::check::eval::tests::Known::default()) {
        Ok(Evaluated::Known(value)) => Some(value),
        _ => None,
    }
}

#[test]
fn a_step_that_says_nothing_has_the_default_once() {
    let step = step(vec![call(&RUN, vec![]), call(&RUN, vec![])], StepClauses::default());
    assert_eq!(worst_of_step(&policy(), &step, seconds(10), &mut value).worst, seconds(10));
}

#[test]
fn a_timeout_counts_for_each_attempt_with_the_pauses() {
    let retry = Retry { times: 3, every: seconds(2), backoff: 2.0 };
    assert_eq!(pauses(&retry), seconds(2 + 4 + 8));
    assert_eq!(pauses(&Retry { backoff: 1.0, ..retry.clone() }), seconds(6));
    assert_eq!(pauses(&Retry { times: u32::MAX, ..retry.clone() }), Duration::MAX, "beyond any time, not wrapped");
    let clauses =
        StepClauses { timeout: Some(Box::new(lasting(15))), retry: Some(Box::new(retry)), ..StepClauses::default() };
    let step = step(vec![call(&RUN, vec![])], clauses);
    assert_eq!(limit_of_step(&policy(), &step, seconds(10), &mut value).worst, seconds(15));
    assert_eq!(worst_of_step(&policy(), &step, seconds(10), &mut value).worst, seconds(4 * 15 + 14));
}

#[test]
fn waits_come_on_top_and_people_stand_beside() {
    let waits = call(&WAIT, vec![CallArg::value(lasting(30))]);
    let what = CallArg::value(crate::check::eval::tests::text("switch the DNS"));
    let asks = call(&MANUAL, vec![what.clone(), CallArg::value(lasting(600))]);
    let timed = Call { timeout: Some(Box::new(lasting(5))), retry: Some(1), ..call(&RUN, vec![]) };
    let all = step(vec![call(&RUN, vec![]), waits, asks, timed], StepClauses::default());
    let found = worst_of_step(&policy(), &all, seconds(10), &mut value);
    assert_eq!((found.worst, found.people), (seconds(10 + 30 + 600 + 10), seconds(600)));
    assert!(found.unbounded.is_empty());

    let limited = StepClauses { timeout: Some(Box::new(lasting(1))), ..StepClauses::default() };
    let limited = step(vec![call(&RUN, vec![]), call(&WAIT, vec![CallArg::value(lasting(30))])], limited);
    let found = limit_of_step(&policy(), &limited, seconds(10), &mut value);
    assert_eq!(found.worst, seconds(1 + 30), "a wait is on top of what is written");

    let endless = step(vec![call(&MANUAL, vec![what, CallArg::Absent])], StepClauses::default());
    assert_eq!(worst_of_step(&policy(), &endless, seconds(10), &mut value).unbounded.len(), 1);
}

#[test]
fn a_loop_multiplies_what_is_said() {
    let each = |calls: Vec<Call>, iter: Expr| {
        let body = calls.into_iter().map(|call| StepItem::Call(Arc::new(call))).collect();
        let var = crate::check::model::BindingId(0);
        let body = vec![StepItem::For(Box::new(StepFor { var, iter, filter: None, body, place: Place::default() }))];
        Step { body, ..step(Vec::new(), StepClauses::default()) }
    };
    let three = || crate::check::eval::tests::constant(Value::list([Value::Int(1), Value::Int(2), Value::Int(3)]));
    let unknown = || crate::check::eval::tests::binding(7, Type::list(Type::Int));
    let wait = || call(&WAIT, vec![CallArg::value(lasting(5))]);
    let of = |step: Step| worst_of_step(&policy(), &step, seconds(10), &mut value);
    assert_eq!(of(each(vec![wait()], three())).worst, seconds(15 + 10));
    assert_eq!(of(each(vec![call(&RUN, vec![])], three())).worst, seconds(10), "the step is killed after its time");
    assert_eq!(of(each(vec![wait()], unknown())).unbounded.len(), 1);
    assert!(of(each(vec![call(&RUN, vec![])], unknown())).unbounded.is_empty());
}

#[test]
fn a_probe_that_asks_another_takes_as_long_as_that() {
    let probe = |signature, args, timeout| Expr {
        kind: ExprKind::Probe(Box::new(ProbeCall {
            probe: Arc::new(Unit(signature)),
            args,
            timeout,
            place: Place::default(),
        })),
        ty: Type::DURATION,
        place: Place::default(),
    };
    let get = |timeout| probe(&GET, vec![], timeout);
    let elapsed = |inner| probe(&ELAPSED, vec![CallArg::lazy(inner)], None);
    let of = |expr: &Expr| worst_of_expr(&policy(), expr, seconds(10), &mut value).worst;
    assert_eq!(of(&elapsed(get(Some(lasting(1))))), seconds(1));
    assert_eq!(of(&elapsed(get(None))), seconds(10));
    assert_eq!(of(&lasting(9)), Duration::ZERO, "a constant asks nobody");
}

#[test]
fn a_verification_with_a_handler_is_tried_twice() {
    let handler = Block { items: vec![Item::Step(Arc::new(step(vec![call(&RUN, vec![])], StepClauses::default())))] };
    let mut verify = Verify {
        name: name(),
        title: None,
        lets: Vec::new(),
        within: Some(seconds(20)),
        every: None,
        hold: Some(seconds(5)),
        tolerate: 0,
        checks: Vec::new(),
        on_failure: None,
        place: Place::default(),
    };
    let mut place = VerifyUse {
        verify: VerifyId(0),
        within: None,
        every: None,
        hold: None,
        mitigates: true,
        after: Vec::new(),
        on_failure: None,
        place: Place::default(),
    };
    let of =
        |verify: &Verify, place: &VerifyUse| worst_of_verify(&policy(), verify, place, seconds(10), &mut value).worst;
    assert_eq!(of(&verify, &place), seconds(25));
    place.within = Some(seconds(9));
    assert_eq!(of(&verify, &place), seconds(14), "the place of use overrides");
    verify.on_failure = Some(handler);
    assert_eq!(of(&verify, &place), seconds(14 + 10 + 14));
}

#[test]
fn a_stage_may_take_its_other_way_as_well() {
    // A stage of two nodes that may overlap, and one behind it.
    let nodes = [writes("a"), writes("b"), gate()];
    let times = [takes(10), takes(4), TimeNode { mitigates: true, ..takes(5) }];
    let other = |people| Alternative {
        stage: std::sync::Arc::from("switch"),
        nodes: 0..2,
        worst: seconds(30 + people),
        people: seconds(people),
    };
    let found = critical_path(&times, &[other(0)], &order(&nodes), 4);
    assert_eq!((found.machine, found.to_mitigation), (seconds(45), Some(seconds(45))));
    assert_eq!(found.otherwise, [(0, seconds(30))], "once, not for each node");
    assert_eq!(found.path.iter().map(|(_, took)| *took).sum::<Duration>(), seconds(15));
    let found = critical_path(&times, &[other(60)], &order(&nodes), 4);
    assert_eq!((found.machine, found.people), (seconds(45), seconds(60)));
    let end = |at| latest_end(&times, &[other(0)], &order(&nodes), 4, at);
    assert_eq!((end(0), end(2)), (seconds(10), seconds(45)), "a step of the stage ends in it");
}
