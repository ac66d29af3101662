//! The world as it is now, asked about what only a run will ask: expectations, `done when`, what `elapsed` times.
//!
//! Owned, because an expression that is passed unevaluated outlives the call that was given it. It must not decide
//! whether an answer of now will still be true when it runs: that is for those who ask.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue::args::{Args, Lazy};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::Role;
use crate::catalogue::value::Value;
use crate::check::eval::{self, Evaluated, Scope};
use crate::check::model::{BindingId, BindingKind, Expr, ExprKind, Policy, ProbeCall, RunField};
use crate::check::walk;

use super::Pinning;

/// What an expression sees now.
#[derive(Clone)]
pub struct Present {
    /// The policy that it belongs to.
    pub policy: Arc<Policy>,
    /// What is bound.
    pub values: Arc<BTreeMap<BindingId, Value>>,
    /// What could not be told, and why.
    pub untold: Arc<BTreeMap<BindingId, Error>>,
    /// What is fixed when planned.
    pub pinning: Arc<Pinning>,
    /// The world; its deadline bounds every probe.
    pub look: Look,
}

impl Present {
    /// The value of `expr`; what only a run knows is an error that says so.
    pub fn value(&mut self, expr: &Expr) -> Result<Value> {
        let policy = Arc::clone(&self.policy);
        eval::eval(&policy, expr, self).and_then(known)
    }

    /// As [`Present::value`], with the values of its parts.
    pub fn traced(&mut self, expr: &Expr) -> (Result<Value>, Vec<(crate::source::Place, Value)>) {
        let policy = Arc::clone(&self.policy);
        let (value, parts) = eval::traced(&policy, expr, self);
        (value.and_then(known), parts)
    }
}

fn known(value: Evaluated) -> Result<Value> {
    match value {
        Evaluated::Known(value) => Ok(value),
        Evaluated::Unknown { after } => {
            Err(Error::new(ErrorKind::Refused, format!("`{after}` is known only when it runs")))
        }
    }
}

impl Scope for Present {
    fn binding(&mut self, id: BindingId) -> Result<Evaluated> {
        if let Some(error) = self.untold.get(&id) {
            return Err(error.clone());
        }
        Ok(self.values.get(&id).map_or_else(
            || Evaluated::Unknown { after: Arc::clone(&self.policy.bindings[id.0 as usize].name.text) },
            |value| Evaluated::Known(value.clone()),
        ))
    }

    fn probe(&mut self, call: &ProbeCall, args: Args) -> Result<Evaluated> {
        if call.probe.signature().role == Role::Command && !self.look.may_exec() {
            return Err(Error::refused("it runs a command").hint("`--probe` lets commands in expressions run"));
        }
        let limit = call.timeout.as_ref().map(|limit| self.value(limit)).transpose()?;
        let look = match limit.and_then(|limit| limit.as_duration()) {
            Some(limit) => self.look.within(limit),
            None => self.look.clone(),
        };
        look.cancel().check()?;
        call.probe.sample(&args, &look).map(Evaluated::Known)
    }

    fn run_field(&mut self, field: RunField) -> Result<Evaluated> {
        Ok(self.pinning.field(field).map_or_else(
            || Evaluated::Unknown { after: Arc::from(format!("run.{field:?}").to_lowercase()) },
            Evaluated::Known,
        ))
    }

    fn lazy(&mut self, expr: &Expr, locals: &[(BindingId, Value)]) -> Lazy {
        let (expr, mut present) = (expr.clone(), self.clone());
        if !locals.is_empty() {
            Arc::make_mut(&mut present.values).extend(locals.iter().cloned());
        }
        Arc::new(move |look: &Look| Present { look: look.clone(), ..present.clone() }.value(&expr))
    }
}

/// The bindings that `expr` names, also through `let`s with parameters.
#[must_use]
pub fn named(policy: &Policy, expr: &Expr) -> Vec<BindingId> {
    let (mut found, mut open) = (Vec::new(), vec![expr]);
    while let Some(expr) = open.pop() {
        walk::expressions(expr, &mut |part| {
            let (ExprKind::Binding(id) | ExprKind::Apply(id, _)) = &part.kind else { return };
            if found.contains(id) {
                return;
            }
            found.push(*id);
            if let Some(BindingKind::Function { body, .. }) = policy.bindings.get(id.0 as usize).map(|one| &one.kind) {
                open.push(body);
            }
        });
    }
    found
}

/// Whether `expr` runs a command, also through `let`s with parameters.
#[must_use]
pub fn runs_command(policy: &Policy, expr: &Expr) -> bool {
    let mut found = false;
    let mut look_for = |part: &Expr| {
        if let ExprKind::Probe(call) = &part.kind {
            found |= call.probe.signature().role == Role::Command;
        }
    };
    walk::expressions(expr, &mut look_for);
    for id in named(policy, expr) {
        if let Some(BindingKind::Function { body, .. }) = policy.bindings.get(id.0 as usize).map(|one| &one.kind) {
            walk::expressions(body, &mut look_for);
        }
    }
    found
}
