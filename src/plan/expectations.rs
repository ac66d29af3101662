//! What verifications, `done when`, `done:` and `wait_until` would find now.
//!
//! For a person who reads the plan, never for a run. Nothing here can hold a plan for long: probes share a budget, and
//! what cannot be told within it says so.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::catalogue::error::{Error, ErrorKind};
use crate::catalogue::look::Look;
use crate::catalogue::show;
use crate::catalogue::signature::Form;
use crate::catalogue::value::Value;
use crate::check::expand::Present;
use crate::check::model::{BindingId, BindingKind, CallArg, CheckKind, Expr, ExprKind, Policy};
use crate::check::walk;

use super::model::{Asked, Expectation, Node, Now, Plan, Work};

/// What the plain questions of one verification may take together.
const QUICK: Duration = Duration::from_secs(2);
/// What those may take behind them that measure time. They are asked one by one, lest they measure each other.
const MEASURED: Duration = Duration::from_secs(4);
/// What all questions of a plan may take together.
const ALL: Duration = Duration::from_secs(8);
/// Nodes that are asked at once, and plain questions of one of them.
const AT_ONCE: usize = 4;
/// Characters of a value that are shown.
const SHOWN: usize = 80;

/// Something that a node will ask.
struct Question<'p> {
    asked: Asked,
    expr: &'p Expr,
    why: Option<&'p Expr>,
    locals: &'p BTreeMap<BindingId, Value>,
}

/// Asks all of it now, and notes the answers in the plan.
pub fn ask(plan: &mut Plan, look: &Look) {
    let look = if plan.request.probe { look.allowing_exec() } else { look.clone() };
    let policy = Arc::clone(&plan.policy);
    let open: Vec<(usize, Vec<Question<'_>>)> = plan
        .nodes
        .iter()
        .enumerate()
        .map(|(index, node)| (index, questions(node)))
        .filter(|(_, questions)| !questions.is_empty())
        .collect();
    let (values, pinning) = (Arc::new(plan.values.clone()), Arc::new(plan.pinning.clone()));
    let until = Instant::now() + ALL;
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        while let Some((index, questions)) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
            let present = Present {
                policy: Arc::clone(&policy),
                values: Arc::clone(&values),
                untold: Arc::default(),
                pinning: Arc::clone(&pinning),
                look: look.within(until.saturating_duration_since(Instant::now())),
            };
            found.push((*index, answers(&present, &plan.nodes[*index], questions)));
        }
        found
    };
    let found: Vec<(usize, Vec<Expectation>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE.min(open.len())).map(|_| scope.spawn(work)).collect();
        // A probe that breaks takes only the answers of its worker with it.
        workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
    });
    for (index, expectations) in found {
        plan.nodes[index].expectations = expectations;
    }
}

fn questions(node: &Node) -> Vec<Question<'_>> {
    let mut found = Vec::new();
    match &node.work {
        Work::Verify(verify, _) => found.extend(verify.checks.iter().map(|check| Question {
            asked: match check.kind {
                CheckKind::Expect => Asked::Expect,
                CheckKind::Should => Asked::Should,
                CheckKind::FailWhen => Asked::FailWhen,
            },
            expr: &check.condition,
            why: check.why.as_ref(),
            locals: &node.locals,
        })),
        Work::Step(step) => {
            let done = step.clauses.done_when.iter();
            found.extend(done.map(|expr| Question { asked: Asked::DoneWhen, expr, why: None, locals: &node.locals }));
        }
        _ => {}
    }
    for call in &node.calls {
        for (param, arg) in call.call.signature().params.iter().zip(&call.call.args) {
            let (CallArg::Lazy(expr), Form::Lazy | Form::OptionalLazy) = (arg, param.form) else { continue };
            let asked = match param.name {
                "done" => Asked::Done,
                "condition" => Asked::Until,
                _ => continue,
            };
            found.push(Question { asked, expr, why: None, locals: &call.locals });
        }
    }
    found
}

fn answers(present: &Present, node: &Node, questions: &[Question<'_>]) -> Vec<Expectation> {
    let quick = Present { look: present.look.within(QUICK), ..present.clone() };
    let quick = bound(quick, node);
    let mut found: Vec<Option<Expectation>> = questions.iter().map(|_| None).collect();
    let (timed, plain): (Vec<usize>, Vec<usize>) =
        (0..questions.len()).partition(|at| measures_time(&present.policy, questions[*at].expr));
    for some in plain.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            let start = |&at: &usize| {
                let (present, question) = (quick.clone(), &questions[at]);
                (at, scope.spawn(move || answer(present, question)))
            };
            let asked: Vec<_> = some.iter().map(start).collect();
            for (at, asked) in asked {
                found[at] = asked.join().ok();
            }
        });
    }
    let measured = Present { look: present.look.within(MEASURED), ..quick.clone() };
    for at in timed {
        found[at] = Some(answer(measured.clone(), &questions[at]));
    }
    let broken = |question: &Question<'_>| Expectation {
        asked: question.asked,
        text: written(&present.policy, question.expr),
        why: None,
        now: Now::Unknown { why: "asking it broke".to_owned() },
    };
    questions.iter().zip(found).map(|(question, found)| found.unwrap_or_else(|| broken(question))).collect()
}

/// With the `let`s of a verification; one that cannot be told fails where it is used.
fn bound(mut present: Present, node: &Node) -> Present {
    let Work::Verify(verify, _) = &node.work else { return present };
    Arc::make_mut(&mut present.values).extend(node.locals.iter().map(|(id, value)| (*id, value.clone())));
    let policy = Arc::clone(&present.policy);
    for id in &verify.lets {
        let BindingKind::Let(expr) = &policy.bindings[id.0 as usize].kind else { continue };
        match present.value(expr) {
            Ok(value) => drop(Arc::make_mut(&mut present.values).insert(*id, value)),
            Err(error) => drop(Arc::make_mut(&mut present.untold).insert(*id, error)),
        }
    }
    present
}

fn answer(mut present: Present, question: &Question<'_>) -> Expectation {
    if !question.locals.is_empty() {
        Arc::make_mut(&mut present.values).extend(question.locals.iter().map(|(id, value)| (*id, value.clone())));
    }
    let (value, parts) = present.traced(question.expr);
    let values = || {
        let part = |(place, value): &(crate::source::Place, Value)| {
            let text = present.policy.sources.get(place.file).slice(place.span);
            (one_line(text), short(value))
        };
        parts.iter().map(part).collect()
    };
    let now = match value {
        Ok(Value::Bool(true)) => Now::Holds { values: values() },
        Ok(Value::Bool(false)) => Now::Not { values: values() },
        Ok(other) => Now::Unknown { why: format!("it is neither true nor false, but {}", short(&other)) },
        Err(error) => Now::Unknown { why: why_not(error) },
    };
    let why = question.why.and_then(|why| present.value(why).ok());
    Expectation {
        asked: question.asked,
        text: written(&present.policy, question.expr),
        why: why.map(|why| why.as_text().map_or_else(|| why.to_string(), str::to_owned)),
        now,
    }
}

fn why_not(error: Error) -> String {
    match (error.kind, error.hint) {
        (ErrorKind::TimedOut, _) => {
            let (quick, measured) = (length(QUICK), length(MEASURED));
            format!("no answer in the time that a plan has for it ({quick}, {measured} where time is measured)")
        }
        (ErrorKind::Refused, Some(hint)) => format!("{} ({hint})", error.what),
        _ => error.what,
    }
}

/// Whether `expr` measures how long something takes.
fn measures_time(policy: &Policy, expr: &Expr) -> bool {
    let mut found = false;
    let mut look_for = |part: &Expr| {
        if let ExprKind::Probe(call) = &part.kind {
            found |= call.args.iter().any(|arg| matches!(arg, CallArg::Lazy(_)));
        }
    };
    walk::expressions(expr, &mut look_for);
    for id in crate::check::expand::named(policy, expr) {
        if let BindingKind::Function { body, .. } = &policy.bindings[id.0 as usize].kind {
            walk::expressions(body, &mut look_for);
        }
    }
    found
}

fn written(policy: &Policy, expr: &Expr) -> String {
    one_line(policy.sources.get(expr.place.file).slice(expr.place.span))
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn length(time: Duration) -> String {
    show::duration(time.as_nanos() as f64)
}

/// A value as a line shows it: a page of HTML is not what a person looks for in it.
pub(super) fn short(value: &Value) -> String {
    let text = one_line(&value.to_string());
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
