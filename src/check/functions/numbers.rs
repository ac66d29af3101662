//! Functions over numbers and quantities.

use super::{Function, wrong};
use crate::catalogue::error::Result;
use crate::catalogue::ty::Type;
use crate::catalogue::value::{Quantity, Value};

pub static FUNCTIONS: &[Function] = &[
    Function {
        name: "abs",
        usage: "abs(x) -> T",
        doc: "A number or quantity without its sign.",
        arity: (1, 1),
        hints: &[],
        types: |args| match &args[0] {
            ty @ (Type::Int | Type::Float | Type::Quantity(_) | Type::Error) => Ok(ty.clone()),
            other => Err(format!("a number or quantity is needed, this is {other}")),
        },
        call: |args| match &args[0] {
            Value::Int(int) => {
                int.checked_abs().map(Value::Int).ok_or_else(|| wrong("abs", "a smaller number", &args[0]))
            }
            Value::Float(float) => Ok(Value::Float(float.abs())),
            Value::Quantity(quantity) => Ok(Value::Quantity(Quantity { amount: quantity.amount.abs(), ..*quantity })),
            other => Err(wrong("abs", "a number or quantity", other)),
        },
    },
    Function {
        name: "round",
        usage: "round(x) -> int · round(x, digits) -> float",
        doc: "The nearest whole number, or the nearest with so many digits behind the point; halves go away from 0.",
        arity: (1, 2),
        hints: &["float", "int"],
        types: |args| Ok(if args.len() == 1 { Type::Int } else { Type::Float }),
        call: round,
    },
];

fn round(args: &[Value]) -> Result<Value> {
    let number = super::lists::number(&args[0]).ok_or_else(|| wrong("round", "a number", &args[0]))?;
    match args.get(1) {
        None if number.abs() < 9e18 => Ok(Value::Int(number.round() as i64)),
        None => Err(wrong("round", "a number that fits a whole one", &args[0])),
        Some(Value::Int(digits)) => {
            let scale = 10_f64.powi((*digits).clamp(-300, 300) as i32);
            let scaled = (number * scale).round() / scale;
            Ok(Value::Float(if scaled.is_finite() { scaled } else { number }))
        }
        Some(other) => Err(wrong("round", "a whole number of digits", other)),
    }
}
