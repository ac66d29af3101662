//! What a policy is in each of its environments: the values of its params there, and what they break.

use std::collections::BTreeMap;

use crate::catalogue::value::Value;
use crate::diagnostics::{Code, Diagnostic};

use super::expand::named;
use super::model::{BindingId, BindingKind, Environment, Expr, ExprKind, Policy};
use super::settled;

/// The values of params in some environments (by number; one more than the last stands for none), where they are the same.
pub struct Context {
    pub values: BTreeMap<BindingId, Value>,
    pub environments: Vec<usize>,
}

/// Every environment in which a policy can run, those together in which params have the same values.
#[must_use]
pub fn contexts(policy: &Policy) -> Vec<Context> {
    let mut found: Vec<Context> = Vec::new();
    let mut add =
        |values: BTreeMap<BindingId, Value>, index: usize| match found.iter_mut().find(|one| one.values == values) {
            Some(one) => one.environments.push(index),
            None => found.push(Context { values, environments: vec![index] }),
        };
    // Where one is the default, a run without any is not possible.
    if !policy.environments.iter().any(|environment| environment.default) {
        add(defaults(policy), policy.environments.len());
    }
    for (index, environment) in policy.environments.iter().enumerate() {
        let mut values = defaults(policy);
        // What is set here and not known is not the default.
        for (param, _) in &environment.sets {
            values.remove(param);
        }
        values.extend(settled::set_by(policy, environment));
        add(values, index);
    }
    found
}

/// Params that have a constant default; the others are not known here.
#[must_use]
pub fn defaults(policy: &Policy) -> BTreeMap<BindingId, Value> {
    let constant = |param: &super::model::ParamItem| match &param.default.as_ref()?.kind {
        ExprKind::Const(value) => Some((param.binding, value.clone())),
        _ => None,
    };
    policy.params.iter().filter_map(constant).collect()
}

/// Reports what an environment sets and what does not go with it: the condition of a param, a `require` over several.
pub fn check(policy: &Policy, push: &mut impl FnMut(Diagnostic)) {
    for environment in &policy.environments {
        let values = settled::params(policy, Some(environment));
        let holds = |condition: &Expr| settled::value(policy, condition, &values).ok().flatten();
        for (param, set) in &environment.sets {
            let item = policy.params.iter().find(|item| item.binding == *param);
            let Some(condition) = item.and_then(|item| item.condition.as_ref()) else { continue };
            if holds(condition) == Some(Value::Bool(false)) {
                let name = &policy.bindings[param.0 as usize].name.text;
                push(
                    Diagnostic::new(
                        Code::OutOfRange,
                        set.place,
                        format!("this value of `{name}` does not fulfil its condition"),
                    )
                    .label(format!("environment `{}` sets it", environment.name.text))
                    .also(condition.place, "this does not hold for it")
                    .help("choose another value, or widen the condition"),
                );
            }
        }
        for require in &policy.requires {
            let concerned = settings(policy, environment, &require.condition);
            let Some((_, first)) = concerned.first() else { continue };
            if holds(&require.condition) == Some(Value::Bool(false)) {
                let told: Vec<_> = named_params(policy, &require.condition)
                    .into_iter()
                    .filter_map(|id| {
                        Some(format!("`{}` is {}", policy.bindings[id.0 as usize].name.text, values.get(&id)?))
                    })
                    .collect();
                let message = format!("this `require` does not hold in environment `{}`", environment.name.text);
                push(
                    Diagnostic::new(Code::RequireInEnvironment, require.condition.place, message)
                        .label(told.join(", "))
                        .also(first.place, "set here")
                        .help("every run there would be refused: set other values, or say when the condition counts"),
                );
            }
        }
    }
}

/// What `environment` sets of that which a condition is about.
fn settings<'p>(policy: &Policy, environment: &'p Environment, condition: &Expr) -> Vec<(BindingId, &'p Expr)> {
    let params = named_params(policy, condition);
    let sets = environment.sets.iter().filter(|(param, _)| params.contains(param));
    sets.map(|(param, expr)| (*param, expr)).collect()
}

/// The params that a condition names, also through `let`s.
fn named_params(policy: &Policy, condition: &Expr) -> Vec<BindingId> {
    let (mut found, mut open, mut seen) = (Vec::new(), named(policy, condition), Vec::new());
    while let Some(id) = open.pop() {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        match &policy.bindings[id.0 as usize].kind {
            BindingKind::Param => found.push(id),
            BindingKind::Let(expr) => open.extend(named(policy, expr)),
            _ => {}
        }
    }
    found.sort_unstable();
    found
}
