//! The effective value of each param, and where it came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue::args::{Args, Lazy};
use crate::catalogue::error::{Error, ErrorKind, Result as UnitResult};
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::check::eval::{self, Evaluated, Scope};
use crate::check::model::{BindingId, Environment, Expr, ParamItem, Policy, ProbeCall, RunField};
use crate::check::quantity;
use crate::diagnostics::suggest;

use super::PlanError;
use super::model::{Param, Request};

/// Values by binding, and as plans show them. The nearest wins: `--set`, `RBK_…`, the environment, the default.
pub(super) fn effective(
    policy: &Policy,
    request: &Request,
    environment: Option<&Environment>,
) -> Result<(Vec<Param>, BTreeMap<BindingId, Value>), PlanError> {
    let name_of = |param: &ParamItem| &*policy.bindings[param.binding.0 as usize].name.text;
    if let Some(name) = request.set.keys().find(|name| !policy.params.iter().any(|param| name_of(param) == **name)) {
        let near = suggest::similar(name, policy.params.iter().map(name_of));
        let hint = match near.first() {
            Some(near) => format!("did you mean `{near}`?"),
            None if policy.params.is_empty() => "it has none at all".to_owned(),
            None => format!("the params are {}", policy.params.iter().map(name_of).collect::<Vec<_>>().join(", ")),
        };
        return Err(PlanError::Call { what: format!("`--set {name}`: the policy has no such param"), hint });
    }
    let mut values = BTreeMap::new();
    let mut shown = Vec::new();
    for param in &policy.params {
        let name = name_of(param);
        let (value, origin) = value_of(policy, param, name, request, environment, &values)?;
        values.insert(param.binding, value.clone());
        if let Some(condition) = &param.condition
            && constant(policy, condition, &values).map_err(|error| wrong(name, &origin, &error))?
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
        let origin = "--set".to_owned();
        return parse(text, ty).map(|value| (value, origin.clone())).map_err(|error| wrong(name, &origin, &error));
    }
    let variable = format!("RBK_{}", name.to_uppercase());
    if let Ok(text) = std::env::var(&variable) {
        return parse(&text, ty).map(|value| (value, variable.clone())).map_err(|error| wrong(name, &variable, &error));
    }
    let set = environment.and_then(|found| found.sets.iter().find(|(binding, _)| *binding == param.binding));
    let (expr, origin) = match (set, environment, &param.default) {
        (Some((_, expr)), Some(environment), _) => (expr, format!("environment {}", environment.name.text)),
        (_, _, Some(default)) => (default, "default".to_owned()),
        _ => {
            return Err(PlanError::Missing {
                name: name.to_owned(),
                hint: format!("say `--set {name}=VALUE` (a {ty}), or set `{variable}`"),
            });
        }
    };
    let value = constant(policy, expr, values).map_err(|error| wrong(name, &origin, &error))?;
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

/// Reads `text`, as given on the command line, as a value of `ty`.
fn parse(text: &str, ty: &Type) -> UnitResult<Value> {
    let bad = || Error::new(ErrorKind::Value, format!("`{text}` is no {ty}"));
    Ok(match ty.required() {
        Type::String => Value::str(text),
        Type::Path => Value::Path(text.into()),
        Type::Host => Value::Host(text.into()),
        Type::Url => Value::Url(url::Url::parse(text).map(|_| text.into()).map_err(|_| bad())?),
        Type::Regex => Value::Regex(regex::Regex::new(text).map(|_| text.into()).map_err(|_| bad())?),
        Type::Bool => Value::Bool(text.parse().map_err(|_| bad())?),
        Type::Int => Value::Int(text.replace('_', "").parse().map_err(|_| bad())?),
        Type::Float => Value::float(text.replace('_', "").parse().map_err(|_| bad())?),
        Type::Time => Value::Time(text.parse().map_err(|_| bad())?),
        Type::Version => Value::version(text.to_owned().try_into().map_err(|_| bad())?),
        Type::Json => Value::Json(Arc::new(serde_json::from_str(text).map_err(|_| bad())?)),
        Type::Quantity(dim) => match quantity::read(text) {
            Ok(Value::Quantity(quantity)) if quantity.dim == *dim => Value::Quantity(quantity),
            _ => return Err(bad().hint("write a number with its unit, such as `30s` or `10MB`")),
        },
        Type::Enum(words) => {
            let found = words.iter().find(|word| &***word == text);
            Value::Str(Arc::clone(found.ok_or_else(bad)?))
        }
        Type::List(of) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::List(items.map(|item| parse(item, of)).collect::<UnitResult<_>>()?)
        }
        _ => return Err(Error::new(ErrorKind::Value, format!("a {ty} cannot be given on the command line"))),
    })
}

/// The value of an expression that may use params only.
fn constant(policy: &Policy, expr: &Expr, values: &BTreeMap<BindingId, Value>) -> UnitResult<Option<Value>> {
    struct Params<'a>(&'a BTreeMap<BindingId, Value>);
    const LATER: &str = "the start of the run";
    impl Scope for Params<'_> {
        fn binding(&mut self, id: BindingId) -> UnitResult<Evaluated> {
            Ok(self.0.get(&id).cloned().map_or(Evaluated::Unknown { after: LATER.into() }, Evaluated::Known))
        }
        fn probe(&mut self, _: &ProbeCall, _: Args) -> UnitResult<Evaluated> {
            Ok(Evaluated::Unknown { after: LATER.into() })
        }
        fn run_field(&mut self, _: RunField) -> UnitResult<Evaluated> {
            Ok(Evaluated::Unknown { after: LATER.into() })
        }
        fn lazy(&mut self, _: &Expr, _: &[(BindingId, Value)]) -> Lazy {
            Arc::new(|_| Err(Error::new(ErrorKind::Value, "a param asks nothing of the world")))
        }
    }
    match eval::eval(policy, expr, &mut Params(values))? {
        Evaluated::Known(value) => Ok(Some(value)),
        Evaluated::Unknown { .. } => Ok(None),
    }
}
