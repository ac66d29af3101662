//! Observations: sampled before, during and after. They order nothing and never fail a run.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Executor, Frame};
use crate::catalogue::cancel::{Cancel, Urgency};
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::value::{Record, Value};
use crate::check::model::{BindingId, BindingKind, CallArg, Expr, ExprKind, Observe, Part, Policy, Verify};
use crate::run::event::Event;

/// Between two samples while a run goes on.
pub const DURING: std::time::Duration = std::time::Duration::from_secs(5);

/// The longest that one sample may take, where its probe sets nothing nearer.
const LONGEST: std::time::Duration = std::time::Duration::from_secs(10);

/// What is observed by now, with its first sample.
#[derive(Default)]
pub struct Observed(Mutex<Vec<(Observe, Value)>>);

impl Observed {
    fn all(&self) -> Vec<(Observe, Value)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Frame<'_> {
    /// The first sample, before the phase's first step.
    pub(super) fn observe(&mut self, observe: &Observe, look: &Look) {
        let sample = self.eval(&observe.probe, look);
        let before = self.sampled(observe, "before", sample);
        let record = Record::of([("before", before.clone()), ("after", Value::None)]);
        self.exec.bind(observe.binding, record.clone());
        self.set(observe.binding, record);
        let mut observed = self.exec.observed.0.lock().unwrap_or_else(PoisonError::into_inner);
        observed.push((observe.clone(), before));
    }

    /// Samples anew what the checks of a verification look at.
    pub(super) fn refresh_observed(&mut self, verify: &Verify, look: &Look) {
        for (observe, before) in self.exec.observed.all() {
            let policy = &self.exec.policy;
            let lets = verify.lets.iter().filter_map(|id| match &policy.bindings[id.0 as usize].kind {
                BindingKind::Let(expr) => Some(expr),
                _ => None,
            });
            let mut exprs = verify.checks.iter().map(|check| &check.condition).chain(lets);
            if exprs.any(|expr| mentions(policy, expr, observe.binding)) {
                let sample = self.eval(&observe.probe, look);
                let after = self.sampled(&observe, "after", sample);
                self.set(observe.binding, Record::of([("before", before), ("after", after)]));
            }
        }
    }

    fn sampled(&mut self, observe: &Observe, when: &str, sample: Result<Value>) -> Value {
        let name = self.exec.policy.bindings[observe.binding.0 as usize].name.text.to_string();
        match sample {
            Ok(value) => {
                self.pending.push(Event::Sampled { name, when: when.to_owned(), value: value.clone() });
                value
            }
            Err(error) => {
                self.note(format!("`{name}` could not be sampled {when}: {}", error.what));
                Value::None
            }
        }
    }
}

/// Samples everything that is observed once, for the record.
pub(super) fn sample_all(exec: &Executor, when: &str, look: &Look) {
    for (observe, _) in exec.observed.all() {
        let mut frame = Frame::new(exec, "observe".to_owned(), exec.snapshot());
        let sample = frame.eval(&observe.probe, &look.within(LONGEST));
        let name = exec.policy.bindings[observe.binding.0 as usize].name.text.to_string();
        // Samples on the way may well fail while a service is down: that is no news.
        if let Ok(value) = sample {
            frame.pending.push(Event::Sampled { name, when: when.to_owned(), value });
        }
        frame.flush();
    }
}

/// Whether an expression looks at a binding, also through a `let` with parameters.
pub(super) fn mentions(policy: &Policy, expr: &Expr, binding: BindingId) -> bool {
    let of = |expr: &Expr| mentions(policy, expr, binding);
    match &expr.kind {
        ExprKind::Binding(id) => *id == binding,
        ExprKind::Const(_) | ExprKind::Run(_) | ExprKind::Secret(_) | ExprKind::Maintenance => false,
        ExprKind::Metric(_, args) => args.iter().any(of),
        ExprKind::Series(call) => call.args.iter().any(of),
        ExprKind::Interpolate(parts) => parts.iter().any(|part| matches!(part, Part::Hole(hole) if of(hole))),
        ExprKind::List(items) | ExprKind::Pure(_, items) => items.iter().any(of),
        ExprKind::Map(entries) => entries.iter().any(|(_, value)| of(value)),
        ExprKind::Unary(_, inner) | ExprKind::Field(inner, _) | ExprKind::Refuse(inner) | ExprKind::Convert(inner) => {
            of(inner)
        }
        ExprKind::Binary(_, both) => both.iter().any(of),
        ExprKind::Index(both) => both.iter().any(of),
        ExprKind::If(all) => all.iter().any(of),
        ExprKind::Comprehension(parts) => {
            of(&parts.value)
                || of(&parts.iter)
                || parts.filter.as_ref().is_some_and(of)
                || parts.key.as_ref().is_some_and(of)
        }
        ExprKind::Apply(function, args) => {
            let body = match &policy.bindings[function.0 as usize].kind {
                // Never recursive: the checker refuses that.
                BindingKind::Function { body, .. } => of(body),
                _ => false,
            };
            body || args.iter().any(of)
        }
        ExprKind::Probe(call) => {
            call.args.iter().any(|arg| match arg {
                CallArg::Absent => false,
                CallArg::Value(value) | CallArg::Lazy(value) => of(value),
            }) || call.timeout.as_ref().is_some_and(of)
        }
    }
}

/// Samples while a run goes on, until told to end.
pub struct Sampler {
    cancel: Cancel,
    end: Arc<(Mutex<bool>, std::sync::Condvar)>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Sampler {
    /// Starts one.
    pub fn start(exec: Arc<Executor>) -> Self {
        let end = Arc::new((Mutex::new(false), std::sync::Condvar::new()));
        let theirs = Arc::clone(&end);
        let cancel = Cancel::new();
        let look = exec.look.with_cancel(cancel.clone());
        let thread = std::thread::Builder::new().name("observe".into()).spawn(move || {
            let (over, changed) = &*theirs;
            let mut over = over.lock().unwrap_or_else(PoisonError::into_inner);
            loop {
                let (now, waited) = changed.wait_timeout(over, DURING).unwrap_or_else(PoisonError::into_inner);
                if *now {
                    return;
                }
                drop(now);
                if waited.timed_out() {
                    sample_all(&exec, "during", &look);
                }
                over = theirs.0.lock().unwrap_or_else(PoisonError::into_inner);
            }
        });
        Self { cancel, end, thread: thread.ok() }
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        *self.end.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.end.1.notify_all();
        // A sample in flight must not hold up the end of the run.
        self.cancel.raise(Urgency::Kill);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
