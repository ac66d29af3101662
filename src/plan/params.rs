//! The effective value of each param, and where it came from.

use std::collections::BTreeMap;

use crate::catalogue::error::{Error, ErrorKind};
use crate::catalogue::value::Value;
use crate::check::model::{BindingId, Environment, ParamItem, Policy};
use crate::check::settled;
use crate::diagnostics::suggest;

use super::model::{Param, Request};
use super::{PlanError, given};

/// Values by binding, and as plans show them. The nearest wins: `--set`, `RBK_…`, `--params`, the environment, the
/// default.
pub(super) fn effective(
    policy: &Policy,
    request: &Request,
    environment: Option<&Environment>,
) -> Result<(Vec<Param>, BTreeMap<BindingId, Value>), PlanError> {
    let name_of = |param: &ParamItem| &*policy.bindings[param.binding.0 as usize].name.text;
    let unknown = |name: &str, given: &str| {
        let names: Vec<_> = policy.params.iter().map(name_of).collect();
        let hint = match suggest::similar(name, names.iter().copied()).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => "it has none at all".to_owned(),
            None => format!("the params are {}", names.join(", ")),
        };
        PlanError::Call { what: format!("{given}: the policy has no such param"), hint }
    };
    let known = |name: &String| policy.params.iter().any(|param| name_of(param) == *name);
    if let Some(name) = request.set.keys().find(|name| !known(name)) {
        return Err(unknown(name, &format!("`--set {name}`")));
    }
    if let Some(file) = &request.params
        && let Some(name) = file.values.keys().find(|name| !known(name))
    {
        let section = file.values[name].as_object();
        if let Some(inside) = section.and_then(|section| section.keys().find(|name| known(name))) {
            return Err(PlanError::Call {
                what: format!("`{name}` in `{}` is a map, and no param", file.file),
                hint: format!("write `{inside}` at the top of the file: it has no sections"),
            });
        }
        return Err(unknown(name, &format!("`{name}` in `{}`", file.file)));
    }
    let mut values = BTreeMap::new();
    let mut shown = Vec::new();
    for param in &policy.params {
        let name = name_of(param);
        let (value, origin) = value_of(policy, param, name, request, environment, &values)?;
        values.insert(param.binding, value.clone());
        if let Some(condition) = &param.condition
            && settled::value(policy, condition, &values).map_err(|error| wrong(name, &origin, &error))?
                != Some(Value::Bool(true))
        {
            let text = policy.sources.get(condition.place.file).slice(condition.place.span);
            return Err(PlanError::Call {
                what: format!("`{name}` is {value} ({origin}), but must be `where {text}`"),
                hint: format!("give another value: `--set {name}=…`"),
            });
        }
        shown.push(Param { name: name.to_owned(), value: value.to_string(), origin });
    }
    Ok((shown, values))
}

/// Variables that mean something to rbk itself, whichever params a policy has.
pub const OWN: &[&str] = &["RBK_KEY_FILE", "RBK_OPERATOR", "RBK_SERVICE", "RBK_STATE"];

/// The variable that may set the param `name`; none where it would be one of rbk's own.
fn variable(name: &str) -> Option<String> {
    let variable = format!("RBK_{}", name.to_uppercase());
    (!OWN.contains(&&*variable)).then_some(variable)
}

fn value_of(
    policy: &Policy,
    param: &ParamItem,
    name: &str,
    request: &Request,
    environment: Option<&Environment>,
    values: &BTreeMap<BindingId, Value>,
) -> Result<(Value, String), PlanError> {
    let ty = &policy.bindings[param.binding.0 as usize].ty;
    if let Some(text) = request.set.get(name) {
        let origin = if request.asked.contains(name) { "asked for" } else { "--set" }.to_owned();
        return given::text(text, ty)
            .map(|value| (value, origin.clone()))
            .map_err(|error| wrong(name, &origin, &error));
    }
    let variable = variable(name);
    if let Some(variable) = &variable
        && let Ok(text) = std::env::var(variable)
    {
        return given::text(&text, ty)
            .map(|value| (value, variable.clone()))
            .map_err(|error| wrong(name, variable, &error));
    }
    if let Some((file, data)) = request.params.as_ref().and_then(|file| Some((file, file.values.get(name)?))) {
        let origin = format!("--params {}", file.file);
        return given::data(data, ty)
            .map(|value| (value, origin.clone()))
            .map_err(|error| wrong(name, &origin, &error));
    }
    let set = environment.and_then(|found| found.sets.iter().find(|(binding, _)| *binding == param.binding));
    let (expr, origin) = match (set, environment, &param.default) {
        (Some((_, expr)), Some(environment), _) => (expr, format!("environment {}", environment.name.text)),
        (_, _, Some(default)) => (default, "default".to_owned()),
        _ => {
            return Err(PlanError::Missing {
                name: name.to_owned(),
                hint: match variable {
                    Some(variable) => format!("say `--set {name}=VALUE` (a {ty}), or set `{variable}`"),
                    None => format!("say `--set {name}=VALUE` (a {ty})"),
                },
            });
        }
    };
    let value = settled::value(policy, expr, values).map_err(|error| wrong(name, &origin, &error))?;
    let value =
        value.ok_or_else(|| wrong(name, &origin, &Error::new(ErrorKind::Value, "it is not known when planned")))?;
    Ok((value, origin))
}

fn wrong(name: &str, origin: &str, error: &Error) -> PlanError {
    PlanError::Call {
        what: format!("param `{name}` ({origin}): {}", error.what),
        hint: error.hint.clone().unwrap_or_else(|| format!("give another value: `--set {name}=…`")),
    }
}
