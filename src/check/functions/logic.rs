//! Functions over lists of conditions.

use super::{Function, element_type, elements, wrong};
use crate::catalogue::error::Result;
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;

pub static FUNCTIONS: &[Function] = &[
    Function {
        name: "all",
        usage: "all(list[bool]) -> bool",
        doc: "Whether every condition holds; true for an empty list: `all(r == \"True\" for r in ready)`.",
        arity: (1, 1),
        hints: &[],
        types: |args| conditions(&args[0]),
        call: |args| Ok(Value::Bool(bools("all", &args[0])?.into_iter().all(|holds| holds))),
    },
    Function {
        name: "any",
        usage: "any(list[bool]) -> bool",
        doc: "Whether some condition holds; false for an empty list.",
        arity: (1, 1),
        hints: &[],
        types: |args| conditions(&args[0]),
        call: |args| Ok(Value::Bool(bools("any", &args[0])?.into_iter().any(|holds| holds))),
    },
    Function {
        name: "at_least",
        usage: "at_least(n, list[bool]) -> bool",
        doc: "Whether at least `n` conditions hold: `at_least(2, up(h) for h in hosts)` or with the conditions as further arguments.",
        arity: (2, usize::MAX),
        hints: &["int"],
        types: |args| {
            if let [_, one] = args
                && *one != Type::Bool
            {
                return conditions(one);
            }
            match args[1..].iter().find(|ty| !matches!(ty, Type::Bool | Type::Json | Type::Error)) {
                Some(other) => Err(format!("a condition is needed, this is {other}")),
                None => Ok(Type::Bool),
            }
        },
        call: |args| {
            let Value::Int(least) = args[0] else { return Err(wrong("at_least", "a whole number first", &args[0])) };
            let conditions = match &args[1..] {
                [one] if !matches!(one, Value::Bool(_)) => bools("at_least", one)?,
                several => several.iter().map(|value| condition("at_least", value)).collect::<Result<_>>()?,
            };
            Ok(Value::Bool(conditions.into_iter().filter(|holds| *holds).count() as i64 >= least))
        },
    },
];

fn conditions(list: &Type) -> Result<Type, String> {
    match element_type(list)? {
        Type::Bool | Type::Json | Type::Error => Ok(Type::Bool),
        other => Err(format!("a list of conditions is needed, its elements are {other}")),
    }
}

fn bools(name: &str, list: &Value) -> Result<Vec<bool>> {
    elements(name, list)?.iter().map(|value| condition(name, value)).collect()
}

fn condition(name: &str, value: &Value) -> Result<bool> {
    match value {
        Value::Bool(holds) => Ok(*holds),
        Value::Json(json) => json.as_bool().ok_or_else(|| wrong(name, "conditions", value)),
        _ => Err(wrong(name, "conditions", value)),
    }
}
