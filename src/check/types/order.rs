//! Comparison: what may equal what, and what has an order.

use super::super::checker::Checker;
use super::super::model::{Expr, ExprKind};
use super::fit::comparable;
use super::operators::made;
use super::{Fit, article, fit};
use crate::catalogue::ty::Type;
use crate::diagnostics::Code;
use crate::source::Place;
use crate::syntax::ast::{Binary, BinaryOp};

impl<'a> Checker<'a> {
    /// `==` and `!=`
    pub fn equality(&mut self, binary: &'a Binary, left: Expr, place: Place) -> Expr {
        let (left, right) = self.sides(binary, left);
        if self.secret_compared(&left, &right) {
            return self.broken(place.span);
        }
        if !comparable(&left.ty, &right.ty) {
            let message = format!("{} is compared with {}", article(&left.ty), article(&right.ty));
            self.both(binary, &left, &right, &message);
        }
        let (left, right) = texts_alike(left, right);
        made(binary.op, left, right, Type::Bool, place)
    }

    /// `<`, `<=`, `>`, `>=`
    pub fn comparison(&mut self, binary: &'a Binary, left: Expr, place: Place) -> Expr {
        if let (ExprKind::Binary(op, _), Type::Bool) = (&left.kind, &left.ty)
            && matches!(op, BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge)
        {
            self.expr(&binary.right);
            self.error(Code::Mismatch, binary.op_span, "comparisons are not chained")
                .set_label("a second comparison")
                .set_help("write `a < b and b < c`, or `x in a..b`");
            return self.broken(place.span);
        }
        let (left, right) = self.sides(binary, left);
        if self.secret_compared(&left, &right) {
            return self.broken(place.span);
        }
        let text =
            |ty: &Type| matches!(ty.required(), Type::String | Type::Path | Type::Url | Type::Host | Type::Enum(_));
        for side in [&left, &right] {
            // One of a quantity and a text is an ordinary mismatch; it is only for two texts that an order is missed.
            if text(&side.ty) && (text(&left.ty) && text(&right.ty) || left.ty == Type::Json || right.ty == Type::Json)
            {
                let (span, label) = (side.place.span, format!("this is {}", side.ty));
                self.error(Code::OrderOnStrings, span, "texts have no order: `\"9\" > \"10\"`")
                    .set_label(label)
                    .set_help("say what they are: `int(…)`, `float(…)`, `version(…)` or `time(…)`");
                return self.broken(place.span);
            }
        }
        let ordered = |ty: &Type| {
            matches!(
                ty.required(),
                Type::Int | Type::Float | Type::Quantity(_) | Type::Time | Type::Version | Type::Json | Type::Error
            )
        };
        if !comparable(&left.ty, &right.ty) || left.ty == Type::None || right.ty == Type::None {
            let message = format!("{} is compared with {}", article(&left.ty), article(&right.ty));
            self.both(binary, &left, &right, &message);
        } else if let Some(side) = [&left, &right].into_iter().find(|side| !ordered(&side.ty)) {
            let (span, message) = (side.place.span, format!("{} has no order", side.ty));
            self.error(Code::Mismatch, span, message).set_label(format!("this is {}", side.ty));
        }
        made(binary.op, left, right, Type::Bool, place)
    }

    /// Both operands; a literal takes the type of the other side.
    fn sides(&mut self, binary: &'a Binary, left: Expr) -> (Expr, Expr) {
        let right = self.hinted(&binary.right, Some(&left.ty.required().clone()));
        if let (ExprKind::Const(_), Type::String) = (&left.kind, &left.ty)
            && matches!(right.ty.required(), Type::Version | Type::Enum(_) | Type::Path | Type::Url | Type::Host)
        {
            let want = right.ty.required().clone();
            return (self.hinted(&binary.left, Some(&want)), right);
        }
        (left, right)
    }

    fn secret_compared(&mut self, left: &Expr, right: &Expr) -> bool {
        let Some(side) = [left, right].into_iter().find(|side| side.ty == Type::Secret) else { return false };
        self.secret_flow(side.place.span, format_args!("a comparison"));
        true
    }
}

/// A text compared with a path, URL or host: both as texts.
fn texts_alike(left: Expr, right: Expr) -> (Expr, Expr) {
    let turned = |side: Expr| {
        if matches!(side.ty, Type::Path | Type::Url | Type::Host) && fit(&side.ty, &Type::String) == Fit::Convert {
            let place = side.place;
            Expr { kind: ExprKind::Convert(Box::new(side)), ty: Type::String, place }
        } else {
            side
        }
    };
    match (left.ty == Type::String, right.ty == Type::String) {
        (true, false) => (left, turned(right)),
        (false, true) => (turned(left), right),
        _ => (left, right),
    }
}
