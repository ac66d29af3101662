//! Tests of evaluation: builders of expressions and a scope that knows a few values.

mod operators;
mod texts;
mod unknown;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Evaluated, Scope, eval};
use crate::catalogue::args::{Args, Lazy};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::ty::{Dim, Type};
use crate::catalogue::value::{Quantity, Value};
use crate::check::model::{
    BinaryOp, Binding, BindingId, BindingKind, Defaults, Expr, ExprKind, Name, OnFailure, Part, Policy, ProbeCall,
    RunField,
};
use crate::source::{Place, Sources, Span};

/// A policy with these bindings and nothing else.
pub fn policy(bindings: Vec<Binding>) -> Policy {
    Policy {
        name: name("p"),
        title: None,
        owner: None,
        root: ".".to_owned(),
        roots: Vec::new(),
        defaults: Defaults { timeout: Defaults::TIMEOUT },
        on_failure: OnFailure::Stop,
        sources: Arc::new(Sources::default()),
        bindings,
        params: Vec::new(),
        lets: Vec::new(),
        requires: Vec::new(),
        severities: Vec::new(),
        roles: Vec::new(),
        environments: Vec::new(),
        secrets: Vec::new(),
        verifies: Vec::new(),
        phases: Vec::new(),
        actions: Vec::new(),
        watching: crate::check::model::Watching::default(),
        messages: crate::check::model::Messages::default(),
        around: crate::check::model::Around::default(),
    }
}

pub fn name(text: &str) -> Name {
    Name { text: text.into(), place: Place::default() }
}

pub fn variable(ty: Type) -> Binding {
    Binding { name: name("x"), ty, kind: BindingKind::Variable }
}

/// Knows bindings; counts what is asked.
#[derive(Default)]
pub struct Known {
    pub values: BTreeMap<u32, Evaluated>,
    pub asked: Vec<u32>,
}

impl Scope for Known {
    fn binding(&mut self, id: BindingId) -> Result<Evaluated> {
        self.asked.push(id.0);
        self.values.get(&id.0).cloned().ok_or_else(|| Error::failed(format!("nobody knows {}", id.0)))
    }

    fn probe(&mut self, _: &ProbeCall, _: Args) -> Result<Evaluated> {
        Err(Error::failed("the world is not asked here"))
    }

    fn run_field(&mut self, _: RunField) -> Result<Evaluated> {
        Ok(Evaluated::Known(Value::str("r1")))
    }

    fn lazy(&mut self, _: &Expr, _: &[(BindingId, Value)]) -> Lazy {
        Arc::new(|_| Ok(Value::None))
    }
}

pub fn at(kind: ExprKind, ty: Type, start: u32) -> Expr {
    Expr { kind, ty, place: Place { span: Span::new(start, start + 1), ..Place::default() } }
}

pub fn of(kind: ExprKind, ty: Type) -> Expr {
    at(kind, ty, 0)
}

pub fn constant(value: Value) -> Expr {
    let ty = match &value {
        Value::None => Type::None,
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Float(_) => Type::Float,
        Value::Quantity(quantity) => Type::Quantity(quantity.dim),
        Value::Path(_) => Type::Path,
        Value::Url(_) => Type::Url,
        Value::Json(_) => Type::Json,
        Value::Time(_) => Type::Time,
        Value::List(_) => Type::list(Type::Error),
        _ => Type::String,
    };
    of(ExprKind::Const(value), ty)
}

pub fn int(number: i64) -> Expr {
    constant(Value::Int(number))
}

pub fn text(text: &str) -> Expr {
    constant(Value::str(text))
}

pub fn json(json: serde_json::Value) -> Expr {
    constant(Value::Json(Arc::new(json)))
}

pub fn quantity(amount: f64, dim: Dim) -> Expr {
    constant(Value::Quantity(Quantity { amount, dim }))
}

pub fn joined(op: BinaryOp, left: Expr, right: Expr, ty: Type) -> Expr {
    of(ExprKind::Binary(op, Box::new([left, right])), ty)
}

pub fn binding(id: u32, ty: Type) -> Expr {
    at(ExprKind::Binding(BindingId(id)), ty, 10 + id)
}

pub fn field(of_expr: Expr, name: &str, ty: Type) -> Expr {
    of(ExprKind::Field(Box::new(of_expr), name.into()), ty)
}

/// A text with values: `{}` stands for the next of `holes`.
pub fn woven(template: &str, holes: Vec<Value>, ty: Type) -> Result<Value> {
    let mut parts = Vec::new();
    let mut holes = holes.into_iter();
    for (index, literal) in template.split("{}").enumerate() {
        if index > 0 {
            parts.push(Part::Hole(constant(holes.next().expect("one value for each hole"))));
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal.into()));
        }
    }
    value(&of(ExprKind::Interpolate(parts), ty))
}

/// The value of an expression that needs no scope.
pub fn value(expr: &Expr) -> Result<Value> {
    match eval(&policy(Vec::new()), expr, &mut Known::default())? {
        Evaluated::Known(value) => Ok(value),
        Evaluated::Unknown { after } => panic!("unknown until {after}"),
    }
}

pub fn error(expr: &Expr) -> String {
    value(expr).expect_err("a value where an error was expected").what
}
