//! What is known only after a step.

use super::{Known, binding, constant, int, joined, policy, variable};
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::check::eval::{Evaluated, eval};
use crate::check::model::{BinaryOp as Op, Binding, BindingId, BindingKind, Expr, ExprKind};

fn unknown() -> Evaluated {
    Evaluated::Unknown { after: "revert".into() }
}

/// Binding 0 is unknown, binding 1 cannot be asked, binding 2 is a function that ignores its argument.
fn found(expr: &Expr) -> Evaluated {
    let mut scope = Known::default();
    scope.values.insert(0, unknown());
    let ignores = BindingKind::Function { params: vec![BindingId(5)], body: int(1) };
    let policy =
        policy(vec![variable(Type::Bool), variable(Type::Bool), Binding { kind: ignores, ..variable(Type::Int) }]);
    eval(&policy, expr, &mut scope).expect("no error")
}

fn yes(truth: bool) -> Expr {
    constant(Value::Bool(truth))
}

#[test]
fn logic_is_three_valued() {
    let later = || binding(0, Type::Bool);
    let never = || binding(1, Type::Bool);
    let known = |truth| Evaluated::Known(Value::Bool(truth));
    assert_eq!(found(&joined(Op::And, later(), yes(false), Type::Bool)), known(false));
    assert_eq!(found(&joined(Op::And, later(), yes(true), Type::Bool)), unknown());
    assert_eq!(found(&joined(Op::Or, later(), yes(true), Type::Bool)), known(true));
    assert_eq!(found(&joined(Op::And, yes(false), never(), Type::Bool)), known(false), "the right side is not asked");
    assert_eq!(found(&joined(Op::Or, yes(true), never(), Type::Bool)), known(true));
    assert_eq!(
        found(&joined(Op::And, later(), never(), Type::Bool)),
        unknown(),
        "it may be what guards the right side"
    );
}

#[test]
fn unknown_spreads_only_where_it_is_used() {
    let later = || binding(0, Type::Int);
    assert_eq!(found(&joined(Op::Add, later(), int(1), Type::Int)), unknown());
    assert_eq!(found(&joined(Op::Otherwise, later(), int(1), Type::Int)), unknown());
    assert_eq!(found(&Expr { kind: ExprKind::List(vec![int(1), later()]), ..int(0) }), unknown());
    let chosen = Expr { kind: ExprKind::If(Box::new([yes(false), later(), int(2)])), ..int(0) };
    assert_eq!(found(&chosen), Evaluated::Known(Value::Int(2)));
    let ignored = Expr { kind: ExprKind::Apply(BindingId(2), vec![later()]), ..int(0) };
    assert_eq!(found(&ignored), Evaluated::Known(Value::Int(1)));
}
