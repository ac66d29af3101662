//! Functions over lists.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Function, element_type, elements, wrong};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::ty::Type;
use crate::catalogue::value::{Quantity, Value};

pub static FUNCTIONS: &[Function] = &[
    Function {
        name: "first",
        usage: "first(list) -> T?",
        doc: "The first element; absent when the list is empty.",
        arity: (1, 1),
        hints: &[],
        types: |args| element_type(&args[0]).map(Type::optional),
        call: |args| Ok(elements("first", &args[0])?.into_iter().next().unwrap_or(Value::None)),
    },
    Function {
        name: "last",
        usage: "last(list) -> T?",
        doc: "The last element; absent when the list is empty.",
        arity: (1, 1),
        hints: &[],
        types: |args| element_type(&args[0]).map(Type::optional),
        call: |args| Ok(elements("last", &args[0])?.pop().unwrap_or(Value::None)),
    },
    Function {
        name: "nth",
        usage: "nth(list, index) -> T?",
        doc: "The element at an index from 0, or from the end when negative; absent when there is none.",
        arity: (2, 2),
        hints: &["", "int"],
        types: |args| element_type(&args[0]).map(Type::optional),
        call: nth,
    },
    Function {
        name: "sort",
        usage: "sort(list) -> list[T]",
        doc: "The elements in ascending order: numbers, quantities, times and versions by size, texts by code point.",
        arity: (1, 1),
        hints: &[],
        types: |args| element_type(&args[0]).map(Type::list),
        call: |args| {
            let mut items = elements("sort", &args[0])?;
            check_order("sort", &items)?;
            items.sort_by(|a, b| order(a, b).unwrap_or(Ordering::Equal));
            Ok(Value::list(items))
        },
    },
    Function {
        name: "reverse",
        usage: "reverse(list) -> list[T]",
        doc: "The elements in the opposite order.",
        arity: (1, 1),
        hints: &[],
        types: |args| element_type(&args[0]).map(Type::list),
        call: |args| Ok(Value::list(elements("reverse", &args[0])?.into_iter().rev())),
    },
    Function {
        name: "unique",
        usage: "unique(list) -> list[T]",
        doc: "Each element once, in the order of its first appearance.",
        arity: (1, 1),
        hints: &[],
        types: |args| element_type(&args[0]).map(Type::list),
        call: |args| {
            let mut kept: Vec<Value> = Vec::new();
            // Where equal ones may stand: those with one mark are compared.
            let mut marked: HashMap<u64, Vec<usize>> = HashMap::new();
            for item in elements("unique", &args[0])? {
                let alike = marked.entry(mark(&item)).or_default();
                if !alike.iter().any(|&index| kept[index] == item) {
                    alike.push(kept.len());
                    kept.push(item);
                }
            }
            Ok(Value::list(kept))
        },
    },
    Function {
        name: "min",
        usage: "min(list) -> T? · min(a, b, …) -> T",
        doc: "The smallest of a list or of its arguments; absent when the list is empty.",
        arity: (1, usize::MAX),
        hints: &[],
        types: extreme_type,
        call: |args| extreme("min", args, Ordering::Less),
    },
    Function {
        name: "max",
        usage: "max(list) -> T? · max(a, b, …) -> T",
        doc: "The largest of a list or of its arguments; absent when the list is empty.",
        arity: (1, usize::MAX),
        hints: &[],
        types: extreme_type,
        call: |args| extreme("max", args, Ordering::Greater),
    },
    Function {
        name: "sum",
        usage: "sum(list) -> T",
        doc: "The sum of numbers or of quantities of one dimension; 0 when the list is empty.",
        arity: (1, 1),
        hints: &[],
        types: |args| match element_type(&args[0])? {
            ty @ (Type::Int | Type::Float | Type::Quantity(_) | Type::Error) => Ok(ty),
            Type::Json => Ok(Type::Float),
            other => Err(format!("a list of numbers or quantities is needed, its elements are {other}")),
        },
        call: sum,
    },
];

fn nth(args: &[Value]) -> Result<Value> {
    let items = elements("nth", &args[0])?;
    let Value::Int(index) = args[1] else { return Err(wrong("nth", "a whole number as index", &args[1])) };
    let at = if index < 0 { index.checked_add(items.len() as i64) } else { Some(index) };
    let found = at.and_then(|at| usize::try_from(at).ok()).and_then(|at| items.get(at).cloned());
    Ok(found.unwrap_or(Value::None))
}

fn extreme_type(args: &[Type]) -> Result<Type, String> {
    if let [list] = args {
        return ordered(element_type(list)?).map(Type::optional);
    }
    let mut common = args[0].clone();
    for ty in &args[1..] {
        common = match (&common, ty) {
            (a, b) if a == b => common,
            (Type::Int, Type::Float) | (Type::Float, Type::Int) => Type::Float,
            (Type::Error, _) | (_, Type::Error) => Type::Error,
            (a, b) => return Err(format!("one type is needed, these are {a} and {b}")),
        };
    }
    ordered(common)
}

fn ordered(ty: Type) -> Result<Type, String> {
    match ty {
        Type::Int | Type::Float | Type::Quantity(_) | Type::Time | Type::Version | Type::Json | Type::Error => Ok(ty),
        other => Err(format!("{other} has no order")),
    }
}

fn extreme(name: &str, args: &[Value], wanted: Ordering) -> Result<Value> {
    let items = if let [list] = args { elements(name, list)? } else { args.to_vec() };
    check_order(name, &items)?;
    let best = items.into_iter().reduce(|best, item| if order(&item, &best) == Some(wanted) { item } else { best });
    Ok(best.unwrap_or(Value::None))
}

fn sum(args: &[Value]) -> Result<Value> {
    let items = elements("sum", &args[0])?;
    if let Some(Value::Quantity(first)) = items.first() {
        let mut total = Quantity { amount: 0.0, dim: first.dim };
        for item in &items {
            match item {
                Value::Quantity(quantity) if quantity.dim == total.dim => total.amount += quantity.amount,
                other => return Err(wrong("sum", "quantities of one kind", other)),
            }
        }
        return Ok(Value::Quantity(total));
    }
    let mut whole = Some(0_i64);
    let mut total = 0.0;
    for item in &items {
        let number = number(item).ok_or_else(|| wrong("sum", "numbers", item))?;
        whole =
            whole.zip(if let Value::Int(int) = item { Some(*int) } else { None }).and_then(|(a, b)| a.checked_add(b));
        total += number;
    }
    Ok(whole.map_or_else(|| Value::float(total), Value::Int))
}

/// A number of the language or of json.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(int) => Some(*int as f64),
        Value::Float(float) => Some(*float),
        Value::Json(json) => json.as_f64(),
        _ => None,
    }
}

/// The order of two values of one kind; texts by code point (for `sort` only).
fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Quantity(a), Value::Quantity(b)) if a.dim == b.dim => a.amount.partial_cmp(&b.amount),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Version(a), Value::Version(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Json(x), Value::Json(y)) if x.is_string() && y.is_string() => Some(x.as_str().cmp(&y.as_str())),
        _ => match (a.as_text(), b.as_text()) {
            (Some(a), Some(b)) => Some(a.cmp(b)),
            _ => number(a)?.partial_cmp(&number(b)?),
        },
    }
}

fn check_order(name: &str, items: &[Value]) -> Result<()> {
    let Some(first) = items.first() else { return Ok(()) };
    match items.iter().find(|item| order(first, item).is_none()) {
        Some(odd) => Err(Error::new(ErrorKind::Value, format!("`{name}` cannot order {first} and {odd}"))),
        None => Ok(()),
    }
}

/// A number that equal values share: of texts, whole numbers, times and sizes hardly any others do.
fn mark(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    std::mem::discriminant(value).hash(&mut hasher);
    match value {
        Value::Int(number) => number.hash(&mut hasher),
        Value::Time(time) => time.hash(&mut hasher),
        // 0 and -0 are equal.
        Value::Float(number) => (number + 0.0).to_bits().hash(&mut hasher),
        Value::Quantity(quantity) => (quantity.amount + 0.0).to_bits().hash(&mut hasher),
        Value::Json(json) => match &**json {
            serde_json::Value::String(text) => text.hash(&mut hasher),
            serde_json::Value::Number(number) => number.as_i64().hash(&mut hasher),
            _ => {}
        },
        Value::Record(record) => record.fields.iter().for_each(|(_, field)| mark(field).hash(&mut hasher)),
        Value::List(items) => items.iter().for_each(|item| mark(item).hash(&mut hasher)),
        other => other.as_text().hash(&mut hasher),
    }
    hasher.finish()
}
