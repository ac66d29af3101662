//! The walk over an expression: which parts are evaluated, in which order, and what is unknown.
//!
//! What an operator, a text or an access gives stands in the files of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    Evaluated, Given, Scope, access, arg, arithmetic, compare, convert, described, missing, piece, room, text, wrong,
};
use crate::catalogue::args::{Arg, Args};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::signature::Signature;
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::check::model::{
    BinaryOp, BindingId, BindingKind, CallArg, Comprehension, Expr, ExprKind, Part, Policy, ProbeCall, UnaryOp,
};
use crate::source::Place;

/// How deep parts may stand in parts. Chains of operators and accesses do not count: they are walked without recursion.
/// Brackets are capped at 64 by the parser; the rest is for `let`s that call `let`s. Well inside a thread's 2 MB of stack.
const DEPTH: u32 = 256;

/// How many parts one evaluation may take: `let`s that each call another twice would else take for ever.
const STEPS: u64 = 10_000_000;

/// One evaluation.
pub(super) struct Walk<'a> {
    policy: &'a Policy,
    scope: &'a mut dyn Scope,
    /// Variables of comprehensions and arguments of `let`s, innermost last.
    locals: Vec<(BindingId, Evaluated)>,
    depth: u32,
    steps: u64,
    /// Bytes that may still be made.
    room: usize,
    trace: Option<Vec<(Place, Value)>>,
    /// Above 0 inside bodies, which are not traced.
    quiet: u32,
}

impl<'a> Walk<'a> {
    pub fn new(policy: &'a Policy, scope: &'a mut dyn Scope) -> Self {
        Self { policy, scope, locals: Vec::new(), depth: 0, steps: 0, room: room::MOST, trace: None, quiet: 0 }
    }

    /// Keeps the values of parts from now on.
    pub fn trace(&mut self) {
        self.trace = Some(Vec::new());
    }

    pub fn into_trace(self) -> Vec<(Place, Value)> {
        self.trace.unwrap_or_default()
    }

    /// The value of an expression.
    pub fn expr(&mut self, expr: &Expr) -> Result<Evaluated> {
        if self.depth >= DEPTH {
            return Err(wrong("an expression is nested too deeply").hint("give parts of it names with `let`"));
        }
        self.steps += 1;
        if self.steps > STEPS {
            return Err(Error::failed(room::TOO_LONG).hint("walk shorter lists, or give parts of it names with `let`"));
        }
        self.depth += 1;
        let result = self.chain(expr);
        self.depth -= 1;
        result
    }

    /// The leftmost operand, then outwards, without recursion: chains may be thousands of operators long.
    fn chain(&mut self, expr: &Expr) -> Result<Evaluated> {
        let mut chain = vec![expr];
        let mut base = expr;
        while let Some(inner) = first_part(base) {
            chain.push(inner);
            base = inner;
        }
        let mut value = self.leaf(base);
        chain.pop();
        self.note(base, chain.last().copied(), &value);
        while let Some(node) = chain.pop() {
            value = self.outwards(node, value);
            self.note(node, chain.last().copied(), &value);
        }
        value
    }

    /// A node whose first part has been evaluated.
    fn outwards(&mut self, node: &Expr, first: Result<Evaluated>) -> Result<Evaluated> {
        if let ExprKind::Binary(op, sides) = &node.kind {
            return self.binary(node, *op, sides, first);
        }
        let first = match first? {
            Evaluated::Known(value) => value,
            unknown @ Evaluated::Unknown { .. } => return Ok(unknown),
        };
        Ok(Evaluated::Known(match &node.kind {
            ExprKind::Field(_, name) => access::field(&first, name)?,
            ExprKind::Index(parts) => {
                let index = match self.expr(&parts[1])? {
                    Evaluated::Known(value) => value,
                    unknown @ Evaluated::Unknown { .. } => return Ok(unknown),
                };
                access::index(&first, &index)?
            }
            ExprKind::Convert(inner) => {
                if first == Value::None && inner.ty == Type::Json && !matches!(node.ty, Type::Optional(_) | Type::Json)
                {
                    return Err(missing(format_args!("a value of type {} in json", node.ty)));
                }
                convert::convert(&first, &node.ty)?
            }
            ExprKind::Unary(UnaryOp::Neg, _) => arithmetic::negated(&first)?,
            ExprKind::Unary(UnaryOp::Not, _) => Value::Bool(!truth(&first)?),
            _ => return Err(Error::internal("only chained expressions are walked outwards")),
        }))
    }

    fn leaf(&mut self, expr: &Expr) -> Result<Evaluated> {
        match &expr.kind {
            ExprKind::Const(value) => Ok(Evaluated::Known(value.clone())),
            ExprKind::Binding(id) => self.binding(*id),
            ExprKind::Run(field) => self.scope.run_field(*field),
            ExprKind::Secret(name) => Ok(Evaluated::Known(Value::Secret(Arc::clone(name)))),
            ExprKind::Interpolate(parts) => self.interpolate(parts, &expr.ty),
            ExprKind::List(items) => {
                let list = self.all(items)?.map_known(Value::list);
                self.made(list)
            }
            ExprKind::Map(entries) => self.map(entries).and_then(|map| self.made(map)),
            ExprKind::If(parts) => match self.condition(&parts[0])? {
                Ok(true) => self.expr(&parts[1]),
                Ok(false) => self.expr(&parts[2]),
                Err(after) => Ok(Evaluated::Unknown { after }),
            },
            ExprKind::Comprehension(parts) => {
                self.quietly(|walk| walk.comprehension(parts)).and_then(|list| self.made(list))
            }
            ExprKind::Pure(function, args) => match self.all(args)? {
                All::Known(values) => {
                    // What a function walks takes steps, too.
                    self.steps += values.iter().map(elements).sum::<u64>();
                    let value = (function.call)(&values)?;
                    self.made(Evaluated::Known(arithmetic::present(value)))
                }
                All::Unknown(after) => Ok(Evaluated::Unknown { after }),
            },
            ExprKind::Apply(id, args) => self.apply(*id, args),
            ExprKind::Probe(call) => self.probe(call),
            ExprKind::Refuse(why) => Err(match self.expr(why)? {
                Evaluated::Known(why) => Error::refused(piece::plain(&why)?),
                Evaluated::Unknown { after } => return Ok(Evaluated::Unknown { after }),
            }),
            // The checker lets them stand in triggers only.
            ExprKind::Metric(..) | ExprKind::Series(_) | ExprKind::Maintenance => {
                Err(Error::internal("metrics are evaluated by who samples them"))
            }
            ExprKind::Binary(..)
            | ExprKind::Field(..)
            | ExprKind::Index(_)
            | ExprKind::Convert(_)
            | ExprKind::Unary(..) => Err(Error::internal("chained expressions are walked from their first part")),
        }
    }

    fn binding(&mut self, id: BindingId) -> Result<Evaluated> {
        match self.locals.iter().rev().find(|(local, _)| *local == id) {
            Some((_, value)) => Ok(value.clone()),
            None => self.scope.binding(id),
        }
    }

    /// All values, or after which step the first unknown one will be known.
    fn all(&mut self, exprs: &[Expr]) -> Result<All> {
        let mut values = Vec::with_capacity(exprs.len());
        let mut unknown = None;
        for expr in exprs {
            match self.expr(expr)? {
                Evaluated::Known(value) => values.push(value),
                Evaluated::Unknown { after } => {
                    unknown.get_or_insert(after);
                }
            }
        }
        Ok(unknown.map_or(All::Known(values), All::Unknown))
    }

    fn map(&mut self, entries: &[(Arc<str>, Expr)]) -> Result<Evaluated> {
        let mut values = BTreeMap::new();
        let mut unknown = None;
        for (key, expr) in entries {
            match self.expr(expr)? {
                Evaluated::Known(value) => {
                    values.insert(Arc::clone(key), value);
                }
                Evaluated::Unknown { after } => {
                    unknown.get_or_insert(after);
                }
            }
        }
        Ok(match unknown {
            Some(after) => Evaluated::Unknown { after },
            None => Evaluated::Known(Value::Map(Arc::new(values))),
        })
    }

    fn interpolate(&mut self, parts: &[Part], ty: &Type) -> Result<Evaluated> {
        let mut pieces = Vec::with_capacity(parts.len());
        let mut unknown = None;
        for part in parts {
            match part {
                Part::Text(text) => pieces.push(piece::Piece::Text(text)),
                Part::Hole(hole) => match self.expr(hole)? {
                    Evaluated::Known(value) => pieces.push(piece::Piece::Hole(value)),
                    Evaluated::Unknown { after } => {
                        unknown.get_or_insert(after);
                    }
                },
            }
        }
        match unknown {
            Some(after) => Ok(Evaluated::Unknown { after }),
            None => {
                let holes = pieces.iter().map(|piece| match piece {
                    piece::Piece::Text(text) => text.len(),
                    piece::Piece::Hole(value) => room::size(value, self.room),
                });
                // Before it is put together: it may be too large for any memory.
                if holes.fold(0, usize::saturating_add) > self.room {
                    return Err(room::too_large());
                }
                let text = text::put_together(&pieces, ty)?;
                self.made(Evaluated::Known(text))
            }
        }
    }

    /// Takes the room of a new value.
    fn made(&mut self, value: Evaluated) -> Result<Evaluated> {
        if let Evaluated::Known(value) = &value {
            let size = room::size(value, self.room);
            self.room = self.room.checked_sub(size).ok_or_else(room::too_large)?;
        }
        Ok(value)
    }

    /// A condition: its truth, or after which step it will be known.
    fn condition(&mut self, expr: &Expr) -> Result<Result<bool, Arc<str>>> {
        Ok(match self.expr(expr)? {
            Evaluated::Known(value) => Ok(truth(&value)?),
            Evaluated::Unknown { after } => Err(after),
        })
    }

    fn binary(&mut self, node: &Expr, op: BinaryOp, sides: &[Expr; 2], left: Result<Evaluated>) -> Result<Evaluated> {
        if op == BinaryOp::Otherwise {
            return match left {
                Ok(Evaluated::Known(Value::None)) => self.expr(&sides[1]),
                // A value that is there and wrong is a mistake that a default would only hide.
                Err(error) if error.kind == ErrorKind::Absent => self.expr(&sides[1]),
                other => other,
            };
        }
        let left = left?;
        if let BinaryOp::And | BinaryOp::Or = op {
            return self.logic(op == BinaryOp::Or, left, &sides[1]);
        }
        let right = self.expr(&sides[1])?;
        let (left, right) = match (left, right) {
            (Evaluated::Known(left), Evaluated::Known(right)) => (left, right),
            (unknown @ Evaluated::Unknown { .. }, _) | (_, unknown) => return Ok(unknown),
        };
        Ok(Evaluated::Known(match op {
            BinaryOp::Eq | BinaryOp::Ne => {
                let optional = |side: &Expr| matches!(side.ty, Type::Optional(_) | Type::None);
                for (value, side, other) in [(&left, &sides[0], &sides[1]), (&right, &sides[1], &sides[0])] {
                    // Where the type allows `none`, or it is asked for, absence is a value like any other.
                    if is_absent(value) && !optional(side) && other.ty != Type::None {
                        return Err(missing("what is compared"));
                    }
                }
                Value::Bool(compare::equal(&left, &right)? == (op == BinaryOp::Eq))
            }
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                let order = compare::order(&left, &right)?;
                Value::Bool(match op {
                    BinaryOp::Lt => order.is_lt(),
                    BinaryOp::Le => order.is_le(),
                    BinaryOp::Gt => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
            BinaryOp::In => Value::Bool(compare::contains(&right, &left)?),
            BinaryOp::NotIn => Value::Bool(!compare::contains(&right, &left)?),
            BinaryOp::Range => {
                compare::order(&left, &right)?;
                Value::Range(Arc::new((left, right)))
            }
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Of => {
                arithmetic::operate(op, &left, &right, &node.ty)?
            }
            BinaryOp::Union | BinaryOp::Otherwise | BinaryOp::And | BinaryOp::Or => {
                return Err(Error::internal("this operator has no values to join"));
            }
        }))
    }

    /// `and` (decided by false) and `or` (decided by true). The right side is evaluated only where the left one does not
    /// decide. Behind an unknown left side, which may be its guard, an error on the right is unknown, too.
    fn logic(&mut self, decides: bool, left: Evaluated, right: &Expr) -> Result<Evaluated> {
        match left {
            Evaluated::Known(value) if truth(&value)? == decides => Ok(Evaluated::Known(Value::Bool(decides))),
            Evaluated::Known(_) => Ok(match self.condition(right)? {
                Ok(truth) => Evaluated::Known(Value::Bool(truth)),
                Err(after) => Evaluated::Unknown { after },
            }),
            unknown @ Evaluated::Unknown { .. } => Ok(match self.condition(right) {
                Ok(Ok(truth)) if truth == decides => Evaluated::Known(Value::Bool(decides)),
                _ => unknown,
            }),
        }
    }

    fn comprehension(&mut self, parts: &Comprehension) -> Result<Evaluated> {
        let items = match self.expr(&parts.iter)? {
            Evaluated::Known(value) => access::items(&value)?,
            unknown @ Evaluated::Unknown { .. } => return Ok(unknown),
        };
        let mut found: Vec<(Value, Value)> = Vec::new();
        let mut unknown = None;
        for item in items {
            self.locals.push((parts.var, Evaluated::Known(item)));
            let result = self.element(parts);
            self.locals.pop();
            match result? {
                Element::Kept(key, value) => found.push((key, value)),
                Element::Dropped => {}
                Element::Unknown(after) => {
                    unknown.get_or_insert(after);
                }
            }
        }
        if let Some(after) = unknown {
            return Ok(Evaluated::Unknown { after });
        }
        if parts.key.is_some() {
            sort(&mut found, parts.descending)?;
        }
        Ok(Evaluated::Known(Value::list(found.into_iter().map(|(_, value)| value))))
    }

    fn element(&mut self, parts: &Comprehension) -> Result<Element> {
        if let Some(filter) = &parts.filter {
            match self.condition(filter)? {
                Ok(true) => {}
                Ok(false) => return Ok(Element::Dropped),
                Err(after) => return Ok(Element::Unknown(after)),
            }
        }
        let key = match parts.key.as_ref().map(|key| self.expr(key)).transpose()? {
            Some(Evaluated::Known(key)) => key,
            Some(Evaluated::Unknown { after }) => return Ok(Element::Unknown(after)),
            None => Value::None,
        };
        Ok(match self.expr(&parts.value)? {
            Evaluated::Known(value) => Element::Kept(key, value),
            Evaluated::Unknown { after } => Element::Unknown(after),
        })
    }

    /// A call of a `let` with parameters. An unknown argument only matters where the body uses it.
    fn apply(&mut self, id: BindingId, args: &[Expr]) -> Result<Evaluated> {
        let policy = self.policy;
        let Some(BindingKind::Function { params, body }) = policy.bindings.get(id.0 as usize).map(|it| &it.kind) else {
            return Err(Error::internal("a call of what is no `let` with parameters"));
        };
        let values = args.iter().map(|arg| self.expr(arg)).collect::<Result<Vec<_>>>()?;
        let before = self.locals.len();
        self.locals.extend(params.iter().copied().zip(values));
        let result = self.quietly(|walk| walk.expr(body));
        self.locals.truncate(before);
        result
    }

    fn probe(&mut self, call: &ProbeCall) -> Result<Evaluated> {
        match self.args(call.probe.signature(), &call.args)? {
            (_, Some(after)) => Ok(Evaluated::Unknown { after }),
            (args, None) => Ok(match self.scope.probe(call, args)? {
                Evaluated::Known(value) => Evaluated::Known(arithmetic::present(value)),
                unknown @ Evaluated::Unknown { .. } => unknown,
            }),
        }
    }

    /// The arguments of a call.
    pub fn args(&mut self, signature: &'static Signature, args: &[CallArg]) -> Result<Given> {
        let mut unknown = None;
        let mut values = Vec::with_capacity(args.len());
        for given in args {
            values.push(match given {
                CallArg::Absent => Arg::Absent,
                CallArg::Value(expr) => arg(self.expr(expr)?, &mut unknown),
                CallArg::Lazy(expr) => self.lazy(expr, &mut unknown),
            });
        }
        Ok((Args::new(signature, values), unknown))
    }

    /// A closure over the present locals; unknown where one of them is.
    fn lazy(&mut self, expr: &Expr, unknown: &mut Option<Arc<str>>) -> Arg {
        let mut locals = Vec::with_capacity(self.locals.len());
        for (id, value) in &self.locals {
            match value {
                Evaluated::Known(value) => locals.push((*id, value.clone())),
                Evaluated::Unknown { after } => {
                    unknown.get_or_insert_with(|| Arc::clone(after));
                    return Arg::Unknown;
                }
            }
        }
        Arg::Lazy(self.scope.lazy(expr, &locals))
    }

    fn quietly<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        self.quiet += 1;
        let result = work(self);
        self.quiet -= 1;
        result
    }

    fn note(&mut self, expr: &Expr, outer: Option<&Expr>, result: &Result<Evaluated>) {
        let Some(trace) = &mut self.trace else { return };
        let Ok(Evaluated::Known(value)) = result else { return };
        let constant = |expr: &Expr| matches!(expr.kind, ExprKind::Const(_));
        let plain = match &expr.kind {
            ExprKind::Const(_) | ExprKind::List(_) | ExprKind::Map(_) | ExprKind::Convert(_) => true,
            ExprKind::Unary(_, inner) => constant(inner),
            ExprKind::Binary(_, sides) => sides.iter().all(constant),
            _ => false,
        };
        let picked = outer.is_some_and(|outer| matches!(outer.kind, ExprKind::Field(..) | ExprKind::Index(_)));
        if self.quiet == 0 && !plain && !picked {
            trace.push((expr.place, value.clone()));
        }
    }
}

enum All {
    Known(Vec<Value>),
    Unknown(Arc<str>),
}

impl All {
    fn map_known(self, make: impl FnOnce(Vec<Value>) -> Value) -> Evaluated {
        match self {
            Self::Known(values) => Evaluated::Known(make(values)),
            Self::Unknown(after) => Evaluated::Unknown { after },
        }
    }
}

enum Element {
    Kept(Value, Value),
    Dropped,
    Unknown(Arc<str>),
}

/// The part that is evaluated first, of an expression that is a link of a chain.
fn first_part(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Binary(_, parts) | ExprKind::Index(parts) => Some(&parts[0]),
        ExprKind::Field(inner, _) | ExprKind::Convert(inner) | ExprKind::Unary(_, inner) => Some(inner),
        _ => None,
    }
}

/// How many elements a function may have to walk.
fn elements(value: &Value) -> u64 {
    match value {
        Value::List(items) => items.len() as u64,
        _ => 0,
    }
}

/// Whether a condition holds.
fn truth(value: &Value) -> Result<bool> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::Json(json) if json.is_boolean() => Ok(json.as_bool().unwrap_or_default()),
        value if is_absent(value) => Err(missing("a condition")),
        other => Err(wrong(format!("a condition must be a bool, not {}", described(other)))),
    }
}

/// Whether there is no value; `null` of json is none either.
fn is_absent(value: &Value) -> bool {
    matches!(value, Value::None) || matches!(value, Value::Json(json) if json.is_null())
}

/// Sorts by the keys; equal ones keep their order, in both directions.
fn sort(found: &mut [(Value, Value)], descending: bool) -> Result<()> {
    let mut trouble = None;
    found.sort_by(|(a, _), (b, _)| match compare::order(a, b) {
        Ok(order) => {
            if descending {
                order.reverse()
            } else {
                order
            }
        }
        Err(error) => {
            trouble.get_or_insert(error);
            std::cmp::Ordering::Equal
        }
    });
    trouble.map_or(Ok(()), Err)
}
