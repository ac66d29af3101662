//! What follows from the params of a policy and its text alone: defaults, what an environment sets, conditions over params.
//!
//! Asks nothing of the world. What only a plan or a run can know is not known here.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue::args::{Args, Lazy};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::value::Value;

use super::eval::{self, Evaluated, Scope};
use super::model::{BindingId, BindingKind, Environment, Expr, Policy, ProbeCall, RunField};

/// The value of an expression over params with these values; nothing where more than those is needed.
pub fn value(policy: &Policy, expr: &Expr, params: &BTreeMap<BindingId, Value>) -> Result<Option<Value>> {
    match eval::eval(policy, expr, &mut Params { policy, params })? {
        Evaluated::Known(value) => Ok(Some(value)),
        Evaluated::Unknown { .. } => Ok(None),
    }
}

/// The values that an environment sets; of those that need a param without a default nothing is known.
#[must_use]
pub fn set_by(policy: &Policy, environment: &Environment) -> BTreeMap<BindingId, Value> {
    let whole = params(policy, Some(environment));
    environment.sets.iter().filter_map(|(param, _)| Some((*param, whole.get(param)?.clone()))).collect()
}

/// The values that params have in an environment when nobody gives another; those without one are left out.
#[must_use]
pub fn params(policy: &Policy, environment: Option<&Environment>) -> BTreeMap<BindingId, Value> {
    let mut values = BTreeMap::new();
    for param in &policy.params {
        let set = environment.and_then(|found| found.sets.iter().find(|(binding, _)| *binding == param.binding));
        let Some(expr) = set.map(|(_, expr)| expr).or(param.default.as_ref()) else { continue };
        if let Ok(Some(known)) = value(policy, expr, &values) {
            values.insert(param.binding, known);
        }
    }
    values
}

struct Params<'a> {
    policy: &'a Policy,
    params: &'a BTreeMap<BindingId, Value>,
}

const LATER: &str = "the start of the run";

impl Scope for Params<'_> {
    fn binding(&mut self, id: BindingId) -> Result<Evaluated> {
        if let Some(value) = self.params.get(&id) {
            return Ok(Evaluated::Known(value.clone()));
        }
        match &self.policy.bindings[id.0 as usize].kind {
            // At the top of a file it asks nothing of the world; elsewhere it is known where it is bound.
            BindingKind::Let(expr) if self.policy.lets.contains(&id) => eval::eval(self.policy, expr, self),
            _ => Ok(Evaluated::Unknown { after: LATER.into() }),
        }
    }
    fn probe(&mut self, _: &ProbeCall, _: Args) -> Result<Evaluated> {
        Ok(Evaluated::Unknown { after: LATER.into() })
    }
    fn run_field(&mut self, _: RunField) -> Result<Evaluated> {
        Ok(Evaluated::Unknown { after: LATER.into() })
    }
    fn lazy(&mut self, _: &Expr, _: &[(BindingId, Value)]) -> Lazy {
        Arc::new(|_| Err(Error::new(ErrorKind::Value, "a param asks nothing of the world")))
    }
}
