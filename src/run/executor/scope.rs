//! What expressions of a run see: bound values, the world, the run itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Frame;
use crate::catalogue::args::{Args, Lazy};
use crate::catalogue::effect::Kind;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::Signature;
use crate::catalogue::value::Value;
use crate::check::eval::{self, Evaluated, Scope};
use crate::check::expand::asked;
use crate::check::model::{BindingId, CallArg, Expr, Policy, ProbeCall, RunField};
use crate::check::walk;
use crate::plan::model::Plan;

/// Values by binding; shared until somebody binds one more.
pub type Values = Arc<BTreeMap<BindingId, Value>>;

/// What `run.…` reads.
#[derive(Clone, Debug)]
pub struct Facts {
    /// `run.id`, drawn when planned.
    pub id: String,
    /// `run.planned`
    pub planned: jiff::Timestamp,
    /// `run.started`; `run.detected` too, where a person started it.
    pub started: jiff::Timestamp,
    /// `run.policy`
    pub policy: String,
    /// `run.phase`: all of them, where there are several.
    pub phase: String,
    pub severity: Option<String>,
    pub reason: Option<String>,
    pub operator: Option<String>,
    pub environment: Option<String>,
    /// `run.failure`, once there is one.
    pub failure: Arc<Mutex<Option<String>>>,
}

impl Facts {
    /// Remembers the first failure.
    pub fn failed(&self, what: &str) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| what.to_owned());
    }

    fn field(&self, field: RunField) -> Value {
        let text = |text: &str| Value::str(text);
        let optional = |text: &Option<String>| text.as_deref().map_or(Value::None, Value::str);
        match field {
            RunField::Id => text(&self.id),
            RunField::Planned => Value::Time(self.planned),
            RunField::Started | RunField::Detected => Value::Time(self.started),
            RunField::Duration => {
                let elapsed = jiff::Timestamp::now().duration_since(self.started);
                Value::duration(std::time::Duration::try_from(elapsed).unwrap_or_default())
            }
            RunField::Phase => text(&self.phase),
            RunField::Policy => text(&self.policy),
            RunField::Severity => optional(&self.severity),
            RunField::Reason => optional(&self.reason),
            RunField::Operator => optional(&self.operator),
            RunField::Environment => optional(&self.environment),
            RunField::Failure => optional(&self.failure.lock().unwrap_or_else(PoisonError::into_inner)),
            // Started by hand: no trigger did.
            RunField::Trigger => Value::None,
            // For messages and records; the checker refuses them in a run.
            RunField::Outcome | RunField::Next | RunField::Finished | RunField::WorstCase => Value::None,
        }
    }
}

/// A scope of a run: owned, because an unevaluated argument outlives the call that made it.
#[derive(Clone)]
pub(super) struct Seen {
    pub policy: Arc<Policy>,
    pub facts: Arc<Facts>,
    pub values: Values,
    pub untold: Arc<BTreeMap<BindingId, Error>>,
    pub look: Look,
    pub pins: Pins,
}

/// Which answers of probes are those that the plan was given.
#[derive(Clone, Default)]
pub(super) enum Pins {
    /// None: it is asked now.
    #[default]
    Now,
    /// All that it has.
    Planned(Arc<Plan>, usize),
    /// All but those from outside: a guard is asked at its place whether a service answers.
    Inside(Arc<Plan>, usize),
}

impl Pins {
    fn answer(&self, call: &ProbeCall, args: &Args, look: &Look) -> Option<Value> {
        let (Self::Planned(plan, node) | Self::Inside(plan, node)) = self else { return None };
        let pinned = &plan.nodes[*node].pinned;
        if pinned.is_empty() {
            return None;
        }
        let answer = pinned.get(&(call.place, asked(args)?))?;
        let outside = || call.probe.effects(args, Some(look)).reads.iter().any(|read| read.kind == Kind::World);
        (matches!(self, Self::Planned(..)) || !outside()).then(|| answer.clone())
    }
}

impl Seen {
    pub fn eval(&mut self, expr: &Expr) -> Result<Value> {
        let policy = Arc::clone(&self.policy);
        known(eval::eval(&policy, expr, self)?, expr, &policy)
    }
}

fn known(value: Evaluated, expr: &Expr, policy: &Policy) -> Result<Value> {
    match value {
        Evaluated::Known(value) => Ok(value),
        Evaluated::Unknown { after } => {
            let written = policy.sources.get(expr.place.file).slice(expr.place.span);
            Err(Error::internal(format!("`{written}` is known after `{after}` only, and is needed before")))
        }
    }
}

impl Scope for Seen {
    fn binding(&mut self, id: BindingId) -> Result<Evaluated> {
        if let Some(error) = self.untold.get(&id) {
            return Err(error.clone());
        }
        match self.values.get(&id) {
            Some(value) => Ok(Evaluated::Known(value.clone())),
            None => {
                let name = &self.policy.bindings[id.0 as usize].name.text;
                Err(Error::new(
                    ErrorKind::Value,
                    format!(
                        "`{name}` is not known: what binds it did not run, or it held a secret, which is not stored"
                    ),
                ))
            }
        }
    }

    fn probe(&mut self, call: &ProbeCall, args: Args) -> Result<Evaluated> {
        let mut look = self.look.clone();
        if let Some(timeout) = &call.timeout
            && let Some(limit) = self.eval(timeout)?.as_duration()
        {
            look = look.within(limit);
        }
        look.cancel().check()?;
        if let Some(answer) = self.pins.answer(call, &args, &look) {
            return Ok(Evaluated::Known(answer));
        }
        call.probe.sample(&args, &look).map(Evaluated::Known)
    }

    fn run_field(&mut self, field: RunField) -> Result<Evaluated> {
        Ok(Evaluated::Known(self.facts.field(field)))
    }

    fn lazy(&mut self, expr: &Expr, locals: &[(BindingId, Value)]) -> Lazy {
        let (expr, mut seen) = (expr.clone(), self.clone());
        // It is asked again and again.
        seen.pins = Pins::Now;
        if !locals.is_empty() {
            Arc::make_mut(&mut seen.values).extend(locals.iter().cloned());
        }
        let for_good = walk::asks_the_same_always(&expr);
        Arc::new(move |look: &Look| {
            let answer = Seen { look: look.clone(), ..seen.clone() }.eval(&expr);
            // What another answer may make needless is not missing for good.
            answer.map_err(|error| match error.kind {
                ErrorKind::NoProgram if !for_good => Error { kind: ErrorKind::Failed, ..error },
                _ => error,
            })
        })
    }
}

impl Frame<'_> {
    pub(super) fn seen(&self, look: &Look) -> Seen {
        Seen {
            policy: Arc::clone(&self.exec.policy),
            facts: Arc::clone(&self.exec.facts),
            values: Arc::clone(&self.values),
            untold: Arc::clone(&self.untold),
            look: look.clone(),
            pins: Pins::Now,
        }
    }

    /// As [`Frame::seen`], with the answers that the plan was given.
    fn seen_as_planned(&self, look: &Look) -> Seen {
        Seen { pins: self.pins(), ..self.seen(look) }
    }

    fn pins(&self) -> Pins {
        match (&self.exec.plan, self.planned) {
            (Some(plan), Some(node)) => Pins::Planned(Arc::clone(plan), node),
            _ => Pins::Now,
        }
    }

    /// The value of an expression that was evaluated when planned as far as it could be: relative things in it mean
    /// what they meant then.
    pub(super) fn eval_as_planned(&self, expr: &Expr, look: &Look) -> Result<Value> {
        self.seen_as_planned(look).eval(expr)
    }

    /// As [`Frame::trace`], for a guard.
    pub(super) fn trace_guard(&self, expr: &Expr, look: &Look) -> (Result<Value>, Vec<String>) {
        let pins = match self.pins() {
            Pins::Planned(plan, node) => Pins::Inside(plan, node),
            other => other,
        };
        self.traced(expr, Seen { pins, ..self.seen(look) })
    }

    /// The value of an expression here and now.
    pub(super) fn eval(&self, expr: &Expr, look: &Look) -> Result<Value> {
        self.seen(look).eval(expr)
    }

    /// The value, and the parts that led to it: `` `a.status` is 500 ``.
    pub(super) fn trace(&self, expr: &Expr, look: &Look) -> (Result<Value>, Vec<String>) {
        self.traced(expr, self.seen(look))
    }

    fn traced(&self, expr: &Expr, mut seen: Seen) -> (Result<Value>, Vec<String>) {
        let (value, parts) = eval::traced(&self.exec.policy, expr, &mut seen);
        let told =
            parts.iter().map(|(place, value)| format!("`{}` is {}", self.source(*place), short(value))).collect();
        (value.and_then(|value| known(value, expr, &self.exec.policy)), told)
    }

    /// The arguments of a call.
    pub(super) fn args(&self, signature: &'static Signature, args: &[CallArg], look: &Look) -> Result<Args> {
        eval::args(&self.exec.policy, signature, args, &mut self.seen_as_planned(look))
    }
}

/// A value as a message shows it: a page of HTML is not what a person looks for in it.
fn short(value: &Value) -> String {
    const SHOWN: usize = 160;
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
