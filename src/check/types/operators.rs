//! Infix operators: arithmetic with dimensions, `and`, `or`, `in`, `otherwise`, ranges.
//!
//! Comparison stands in `order`. Chains are walked without recursion: they may be a thousand operators long.

use super::super::checker::Checker;
use super::super::model::{Expr, ExprKind};
use super::super::quantity;
use super::fit::{comparable, number_in_quotes};
use super::{fit, mismatch_code, unify};
use crate::catalogue::ty::{Dim, Type};
use crate::catalogue::value::Value;
use crate::diagnostics::Code;
use crate::source::{Place, Span};
use crate::syntax::ast::{self, Binary, BinaryOp};

impl<'a> Checker<'a> {
    /// A chain of operators, from its leftmost operand on.
    pub fn binary(&mut self, expr: &'a ast::Expr, hint: Option<&Type>) -> Expr {
        let mut chain: Vec<(&'a Binary, Span)> = Vec::new();
        let mut first = expr;
        while let ast::ExprKind::Binary(binary) = &first.kind {
            chain.push((binary, first.span));
            first = &binary.left;
        }
        // Only `otherwise` passes the wanted type on: the operands of others have types of their own.
        let hint = hint.filter(|_| chain.iter().all(|(binary, _)| binary.op == BinaryOp::Otherwise));
        let mut left = self.hinted(first, hint);
        for (binary, span) in chain.into_iter().rev() {
            left = self.combine(binary, left, span, hint);
        }
        left
    }

    fn combine(&mut self, binary: &'a Binary, left: Expr, span: Span, hint: Option<&Type>) -> Expr {
        let place = self.place(span);
        match binary.op {
            BinaryOp::Otherwise => self.otherwise(binary, left, place, hint),
            BinaryOp::And | BinaryOp::Or => {
                let word = if binary.op == BinaryOp::And { "and" } else { "or" };
                let left = self.coerce(left, &Type::Bool, format_args!("`{word}`"));
                let right = self.condition(&binary.right, format_args!("`{word}`"));
                made(binary.op, left, right, Type::Bool, place)
            }
            BinaryOp::Eq | BinaryOp::Ne => self.equality(binary, left, place),
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => self.comparison(binary, left, place),
            BinaryOp::In | BinaryOp::NotIn => self.membership(binary, left, place),
            BinaryOp::Range => {
                let right = self.expr(&binary.right);
                let ty = match unify(&left.ty, &right.ty) {
                    Some(
                        of @ (Type::Int | Type::Float | Type::Quantity(_) | Type::Time | Type::Version | Type::Error),
                    ) => {
                        if of == Type::Error {
                            Type::Error
                        } else {
                            Type::Range(of.into())
                        }
                    }
                    _ => {
                        self.both(binary, &left, &right, "a range is between two of one kind that has an order");
                        Type::Error
                    }
                };
                made(BinaryOp::Range, left, right, ty, place)
            }
            BinaryOp::Union => {
                self.error(Code::WrongPlace, binary.op_span, "`|` belongs to a type, not to a value")
                    .set_help("for a choice of values write `x in [a, b]`, for conditions `a or b`");
                self.broken(span)
            }
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => self.arithmetic(binary, left, place),
            BinaryOp::Of => self.part_of(binary, left, place),
        }
    }

    /// `150% of x`: of the type of `x`; of a whole number it is a float.
    fn part_of(&mut self, binary: &'a Binary, left: Expr, place: Place) -> Expr {
        let right = self.expr(&binary.right);
        let left = self.coerce(left, &Type::Quantity(Dim::PERCENT), format_args!("`of`"));
        if left.ty == Type::Error || right.ty == Type::Error {
            return made(BinaryOp::Of, left, right, Type::Error, place);
        }
        if right.ty == Type::Secret {
            self.secret_flow(right.place.span, format_args!("`of`"));
            return self.broken(place.span);
        }
        if let Some((message, help)) = no_operand(&right.ty, "of") {
            let label = format!("this is {}", right.ty);
            self.error(Code::Mismatch, right.place.span, message).set_label(label).set_help(help);
            return self.broken(place.span);
        }
        let ty = if right.ty == Type::Int { Type::Float } else { right.ty.clone() };
        made(BinaryOp::Of, left, right, ty, place)
    }

    /// `a otherwise b otherwise refuse("why")`
    fn otherwise(&mut self, binary: &'a Binary, left: Expr, place: Place, hint: Option<&Type>) -> Expr {
        let inner = left.ty.required().clone();
        if let ast::ExprKind::Call(call) = &binary.right.kind
            && matches!(call.callee.kind, ast::ExprKind::Name)
            && self.slice(call.callee.span) == "refuse"
        {
            let right = self.refusal(call, binary.right.span, &inner);
            let ty = if inner == Type::None { Type::Error } else { inner };
            return made(BinaryOp::Otherwise, left, right, ty, place);
        }
        let wanted = hint.cloned().unwrap_or_else(|| inner.clone());
        let right = self.hinted(&binary.right, Some(&wanted));
        match unify(&inner, &right.ty) {
            Some(ty) => {
                let right = if ty == Type::Json { right } else { self.coerce(right, &ty, format_args!("`otherwise`")) };
                let left = if fit(left.ty.required(), ty.required()) == super::Fit::Convert && ty != Type::Json {
                    let place = left.place;
                    Expr { kind: ExprKind::Convert(Box::new(left)), ty: Type::optional(ty.clone()), place }
                } else {
                    left
                };
                made(BinaryOp::Otherwise, left, right, ty, place)
            }
            None => {
                self.both(binary, &left, &right, "both sides of `otherwise` have one type");
                self.broken(place.span)
            }
        }
    }

    /// `refuse("why")`; its type is that of what it stands in for.
    fn refusal(&mut self, call: &'a ast::Call, span: Span, stands_for: &Type) -> Expr {
        let place = self.place(span);
        match &*call.args {
            [why] if why.label.is_none() => {
                let why = self.expr_as(&why.value, &Type::String, format_args!("`refuse`"));
                Expr { kind: ExprKind::Refuse(Box::new(why)), ty: stands_for.clone(), place }
            }
            [] => {
                self.error(Code::MissingArgument, span, "`refuse` takes the reason")
                    .set_label("no reason")
                    .set_help("write `refuse(\"why\")`");
                self.broken(span)
            }
            [_, more @ ..] => {
                let at = more.first().map_or(span, |arg| arg.value.span);
                self.error(Code::TooManyArguments, at, "`refuse` takes one argument: the reason")
                    .set_label("not expected");
                self.broken(span)
            }
        }
    }

    fn membership(&mut self, binary: &'a Binary, left: Expr, place: Place) -> Expr {
        let right = self.expr(&binary.right);
        let element = match right.ty.required() {
            Type::List(of) | Type::Range(of) => Some((**of).clone()),
            Type::Map(_) => Some(Type::String),
            Type::Json | Type::Error => Some(Type::Error),
            _ => None,
        };
        let Some(element) = element else {
            let text = matches!(right.ty.required(), Type::String | Type::Path | Type::Url);
            let message = format!("`in` looks into a list, map or range, not into {}", right.ty);
            let label = format!("this is {}", right.ty);
            let found = self.error(Code::Mismatch, binary.right.span, message);
            found.set_label(label);
            if text {
                found.set_help("for a part of a text write `contains(text, part)`");
            }
            return self.broken(place.span);
        };
        // A literal on the left takes the type of the elements.
        let left = if let (ExprKind::Const(_), super::Fit::Convert) = (&left.kind, fit(&left.ty, &element)) {
            self.coerce(left, &element, format_args!("`in`"))
        } else {
            left
        };
        if element != Type::Error && !comparable(&left.ty, &element) {
            let at = Expr { ty: element, ..right.clone() };
            self.both(binary, &left, &at, "what is looked for differs in kind from what is there");
        }
        made(binary.op, left, right, Type::Bool, place)
    }

    fn arithmetic(&mut self, binary: &'a Binary, left: Expr, place: Place) -> Expr {
        let right = self.expr(&binary.right);
        let sign = match binary.op {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            _ => "/",
        };
        if left.ty == Type::Error || right.ty == Type::Error {
            return made(binary.op, left, right, Type::Error, place);
        }
        if let (BinaryOp::Add, Some(ty)) = (binary.op, joined(&left.ty, &right.ty)) {
            return made(binary.op, left, right, ty, place);
        }
        for side in [&left, &right] {
            if let Some((message, help)) = no_operand(&side.ty, sign) {
                let (span, label) = (side.place.span, format!("this is {}", side.ty));
                let text = matches!(side.ty, Type::String | Type::Path | Type::Url) && sign == "+";
                let secret = side.ty == Type::Secret;
                if secret {
                    self.secret_flow(span, format_args!("`{sign}`"));
                } else {
                    let help = if text { "put texts together as `\"${a}${b}\"`".to_owned() } else { help };
                    self.error(Code::Mismatch, span, message).set_label(label).set_help(help);
                }
                return self.broken(place.span);
            }
        }
        let ty = match binary.op {
            BinaryOp::Mul | BinaryOp::Div => product(&left.ty, &right.ty, binary.op),
            _ => sum(&left.ty, &right.ty, binary.op),
        };
        let Some(ty) = ty else {
            self.both(binary, &left, &right, &format!("`{sign}` does not join {} and {}", left.ty, right.ty));
            return self.broken(place.span);
        };
        if binary.op == BinaryOp::Div && self.known(&right).as_ref().is_some_and(is_zero) {
            self.error(Code::OutOfRange, place.span, "division by zero")
                .set_label("this is divided by 0")
                .set_help("divide by something else, or leave it out: it never has a value");
            return self.broken(place.span);
        }
        made(binary.op, left, right, ty, place)
    }

    /// A mismatch of two operands, with labels on both.
    pub fn both(&mut self, binary: &'a Binary, left: &Expr, right: &Expr, message: &str) {
        if left.ty == Type::Error || right.ty == Type::Error {
            return;
        }
        let code = mismatch_code(&left.ty, &right.ty);
        // The literal, or else the right side, is what one would change.
        let swap = matches!(left.kind, ExprKind::Const(_)) && !matches!(right.kind, ExprKind::Const(_))
            || code == Code::BareNumber && matches!(right.ty.required(), Type::Quantity(_));
        let (odd, other) = if swap { (left, right) } else { (right, left) };
        let help = match (odd.ty.required(), other.ty.required()) {
            (Type::Int | Type::Float, Type::Quantity(dim)) => {
                let at = if swap { &binary.left } else { &binary.right };
                let number = self.slice(at.span);
                match &at.kind {
                    ast::ExprKind::Number => {
                        quantity::examples(number, *dim).map(|examples| format!("write {examples}"))
                    }
                    _ => Some(format!("give the number a unit, or divide the {dim} by one unit to get a number")),
                }
            }
            (Type::String, Type::Int | Type::Float | Type::Quantity(_)) if let Some(number) = number_in_quotes(odd) => {
                Some(format!("write `{number}`, without quotes"))
            }
            (Type::Quantity(_), Type::Quantity(dim)) => {
                quantity::examples("10", *dim).map(|examples| format!("{dim} goes with {dim}, such as {examples}"))
            }
            _ => None,
        };
        let label = |ty: &Type| match ty {
            Type::Int | Type::Float if code == Code::BareNumber => "a number without a unit".to_owned(),
            other => format!("this is {other}"),
        };
        let (first, second) = (label(&odd.ty), label(&other.ty));
        self.error(code, odd.place.span, message).set_label(first).add_place(other.place, second).help = help;
    }
}

/// An operation on typed operands.
pub fn made(op: BinaryOp, left: Expr, right: Expr, ty: Type, place: Place) -> Expr {
    Expr { kind: ExprKind::Binary(op, Box::new([left, right])), ty, place }
}

/// Why a value of this type is no operand of arithmetic, with help; nothing when it is one.
fn no_operand(ty: &Type, sign: &str) -> Option<(String, String)> {
    let help = match ty {
        Type::Int | Type::Float | Type::Quantity(_) | Type::Error => return None,
        Type::Time if matches!(sign, "+" | "-") => return None,
        Type::Optional(_) => {
            return Some((
                format!("`{sign}` needs a value, and this may be absent"),
                "say what then: `(… otherwise 0)`, or `… otherwise refuse(\"why\")`".to_owned(),
            ));
        }
        Type::Json | Type::String => "write `int(…)` or `float(…)` around it",
        _ => "arithmetic takes numbers, quantities and times",
    };
    Some((format!("`{sign}` takes numbers and quantities, not {ty}"), help.to_owned()))
}

/// What `+` makes of two texts or two lists. Of a list that is empty nobody can tell what it would hold.
fn joined(left: &Type, right: &Type) -> Option<Type> {
    match (left, right) {
        (Type::String, Type::String) => Some(Type::String),
        (Type::List(a), Type::List(b)) if a == b || **b == Type::Error => Some(left.clone()),
        (Type::List(a), Type::List(_)) if **a == Type::Error => Some(right.clone()),
        _ => None,
    }
}

fn sum(left: &Type, right: &Type, op: BinaryOp) -> Option<Type> {
    Some(match (left, right) {
        (Type::Int, Type::Int) => Type::Int,
        (Type::Int | Type::Float, Type::Int | Type::Float) => Type::Float,
        (Type::Quantity(a), Type::Quantity(b)) if a == b => left.clone(),
        (Type::Time, Type::Quantity(Dim::TIME)) => Type::Time,
        (Type::Quantity(Dim::TIME), Type::Time) if op == BinaryOp::Add => Type::Time,
        (Type::Time, Type::Time) if op == BinaryOp::Sub => Type::DURATION,
        _ => return None,
    })
}

fn product(left: &Type, right: &Type, op: BinaryOp) -> Option<Type> {
    let dim = |ty: &Type| match ty {
        Type::Int | Type::Float => Some(Dim::ONE),
        Type::Quantity(dim) => Some(*dim),
        _ => None,
    };
    if let (Type::Int, Type::Int, BinaryOp::Mul) = (left, right, op) {
        return Some(Type::Int);
    }
    let (a, b) = (dim(left)?, dim(right)?);
    let join = |x: i8, y: i8| if op == BinaryOp::Mul { x.checked_add(y) } else { x.checked_sub(y) };
    let of = Dim { bytes: join(a.bytes, b.bytes)?, time: join(a.time, b.time)?, percent: join(a.percent, b.percent)? };
    Some(if of == Dim::ONE { Type::Float } else { Type::Quantity(of) })
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Int(number) => *number == 0,
        Value::Float(number) => *number == 0.0,
        Value::Quantity(quantity) => quantity.amount == 0.0,
        _ => false,
    }
}
