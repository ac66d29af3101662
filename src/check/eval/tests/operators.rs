//! Arithmetic, comparison, access, conversion.

use serde_json::json as j;

use super::{Known, binding, constant, error, field, int, joined, json, of, policy, quantity, text, value, variable};
use crate::catalogue::error::ErrorKind;
use crate::catalogue::ty::{Dim, Type};
use crate::catalogue::value::Value;
use crate::check::eval::{Evaluated, convert, eval, traced};
use crate::check::model::{BinaryOp as Op, BindingId, BindingKind, Comprehension, ExprKind};

fn percent(points: f64) -> crate::check::model::Expr {
    quantity(points, Dim::PERCENT)
}

#[test]
fn a_percent_of_something_is_of_its_type() {
    let half_more = joined(Op::Mul, percent(150.0), quantity(200.0, Dim::BYTES), Type::BYTES);
    assert_eq!(value(&half_more), Ok(Value::bytes(300)));
    let quarter = joined(Op::Mul, percent(50.0), percent(50.0), Type::PERCENT);
    assert_eq!(value(&quarter), Ok(Value::percent(25.0)));
    let ratio = joined(Op::Div, percent(1.0), percent(4.0), Type::Float);
    assert_eq!(value(&ratio), Ok(Value::Float(0.25)));
    let points = joined(Op::Mul, constant(Value::Float(0.03)), percent(100.0), Type::PERCENT);
    assert_eq!(value(&points), Ok(Value::percent(3.0)));
}

#[test]
fn bytes_per_duration_is_a_rate() {
    let rate = Dim { bytes: 1, time: -1, percent: 0 };
    let expr = joined(Op::Div, quantity(100.0, Dim::BYTES), quantity(4.0, Dim::TIME), Type::Quantity(rate));
    let Ok(Value::Quantity(found)) = value(&expr) else { panic!("no quantity") };
    assert_eq!((found.amount, found.dim), (25.0, rate));
    let back = joined(Op::Mul, expr, quantity(8.0, Dim::TIME), Type::BYTES);
    assert_eq!(value(&back), Ok(Value::bytes(200)));
}

#[test]
fn whole_numbers_divide_to_floats_and_do_not_wrap() {
    assert_eq!(value(&joined(Op::Div, int(7), int(2), Type::Float)), Ok(Value::Float(3.5)));
    assert_eq!(value(&joined(Op::Div, int(7), int(0), Type::Float)), Ok(Value::None), "no number is absent");
    assert!(error(&joined(Op::Add, int(i64::MAX), int(1), Type::Int)).contains("largest whole number"));
    assert!(
        error(&of(ExprKind::Unary(crate::check::model::UnaryOp::Neg, Box::new(int(i64::MIN))), Type::Int))
            .contains("largest")
    );
}

#[test]
fn a_long_chain_needs_no_deep_stack() {
    let mut expr = int(0);
    for _ in 0..5_000 {
        expr = joined(Op::Add, expr, int(1), Type::Int);
    }
    assert_eq!(value(&expr), Ok(Value::Int(5_000)));
    // Taken apart by hand: dropping it would recurse as deep.
    while let ExprKind::Binary(_, sides) = expr.kind {
        [expr, _] = *sides;
    }
}

#[test]
fn absent_flows_to_otherwise() {
    let missing = field(field(json(j!({"a": null})), "a", Type::Json), "b", Type::Json);
    assert_eq!(value(&missing), Ok(Value::None));
    let sum = joined(Op::Add, missing.clone(), int(1), Type::Int);
    assert_eq!(value(&joined(Op::Otherwise, sum, int(9), Type::Int)), Ok(Value::Int(9)));
    let list = constant(Value::list([]));
    let first = of(ExprKind::Index(Box::new([list, int(0)])), Type::Int);
    assert!(error(&first).contains("no element 0 in a list of 0"));
    assert_eq!(value(&joined(Op::Otherwise, first.clone(), int(4), Type::Int)), Ok(Value::Int(4)));
    let refuse = of(ExprKind::Refuse(Box::new(text("no backup is left"))), Type::Int);
    let refused = value(&joined(Op::Otherwise, first, refuse, Type::Int)).expect_err("it refuses");
    assert_eq!((refused.kind, refused.what.as_str()), (ErrorKind::Refused, "no backup is left"));
}

#[test]
fn absent_is_neither_equal_nor_different() {
    let missing = field(json(j!({})), "ok", Type::Json);
    for op in [Op::Eq, Op::Ne] {
        assert!(error(&joined(op, missing.clone(), constant(Value::Bool(true)), Type::Bool)).contains("missing"));
    }
    assert_eq!(value(&joined(Op::Eq, missing, constant(Value::None), Type::Bool)), Ok(Value::Bool(true)));
    // Where the type says that it may be absent, that is a value like any other.
    let mut optional = constant(Value::None);
    optional.ty = Type::optional(Type::String);
    assert_eq!(value(&joined(Op::Ne, optional, text("x"), Type::Bool)), Ok(Value::Bool(true)));
}

#[test]
fn json_is_compared_as_what_it_holds() {
    let doc = json(j!({"n": 3, "s": "9", "ok": true, "list": ["a", "b"]}));
    let of_doc = |name| field(doc.clone(), name, Type::Json);
    let is = |op, left, right| value(&joined(op, left, right, Type::Bool));
    assert_eq!(is(Op::Gt, of_doc("n"), constant(Value::Float(2.5))), Ok(Value::Bool(true)));
    assert_eq!(is(Op::Eq, of_doc("ok"), constant(Value::Bool(true))), Ok(Value::Bool(true)));
    let list = constant(Value::list([Value::str("a"), Value::str("b")]));
    assert_eq!(is(Op::Eq, of_doc("list"), list), Ok(Value::Bool(true)));
    assert_eq!(is(Op::In, text("b"), of_doc("list")), Ok(Value::Bool(true)));
    let mismatch = is(Op::Eq, of_doc("s"), int(9)).expect_err("a string is no number");
    assert!(mismatch.what.contains("\"9\" (string)") && mismatch.what.contains("9 (int)"), "{}", mismatch.what);
    let unordered = is(Op::Lt, of_doc("s"), of_doc("s")).expect_err("texts have no order");
    assert!(unordered.what.contains("texts have no order"));
    let no_unit = is(Op::Lt, of_doc("n"), quantity(3.0, Dim::TIME)).expect_err("a bare number has no unit");
    assert!(no_unit.what.contains("3 (json number)") && no_unit.what.contains("duration"), "{}", no_unit.what);
}

#[test]
fn whole_numbers_are_compared_exactly() {
    let big = 9_007_199_254_740_993; // 2^53 + 1, which no double is
    let same = joined(Op::Eq, int(big), constant(Value::Float(9_007_199_254_740_992.0)), Type::Bool);
    assert_eq!(value(&same), Ok(Value::Bool(false)));
    let less = joined(Op::Lt, int(-4), constant(Value::Float(-3.5)), Type::Bool);
    assert_eq!(value(&less), Ok(Value::Bool(true)));
    let less = joined(Op::Lt, int(-3), constant(Value::Float(-3.5)), Type::Bool);
    assert_eq!(value(&less), Ok(Value::Bool(false)));
}

#[test]
fn conversions_are_checked() {
    let arn = Value::Json(j!(7).into());
    let refused = convert(&arn, &Type::String).expect_err("a number is no string");
    assert!(refused.what.contains("7 (json number) is not of type string"), "{}", refused.what);
    assert_eq!(
        convert(&Value::Json(j!(["a"]).into()), &Type::list(Type::Path)),
        Ok(Value::list([Value::Path("a".into())]))
    );
    assert!(convert(&Value::str("not a url"), &Type::Url).is_err());
    assert!(convert(&Value::str("a\0b"), &Type::Path).is_err());
    assert!(convert(&Value::Secret("k".into()), &Type::String).is_err());
    assert!(convert(&Value::Json(j!(5).into()), &Type::DURATION).is_err(), "a bare number has no unit");
    let absent = of(ExprKind::Convert(Box::new(field(json(j!({})), "arn", Type::Json))), Type::String);
    assert!(error(&absent).contains("missing"), "checked once, where it is bound");
}

#[test]
fn comprehensions_filter_sort_and_keep_ties_in_order() {
    let dirs = [(3, "c"), (1, "a"), (3, "b"), (9, "skip")];
    let rows = dirs.iter().map(|(age, name)| Value::Json(j!({"age": age, "name": name}).into()));
    let var = || binding(0, Type::Json);
    let parts = Comprehension {
        value: field(var(), "name", Type::Json),
        var: BindingId(0),
        iter: constant(Value::list(rows)),
        filter: Some(joined(Op::Lt, field(var(), "age", Type::Json), int(5), Type::Bool)),
        key: Some(field(var(), "age", Type::Json)),
        descending: true,
    };
    let Ok(list) = value(&of(ExprKind::Comprehension(Box::new(parts)), Type::list(Type::Json))) else {
        panic!("no list")
    };
    assert_eq!(list.to_string(), r#"["c", "b", "a"]"#);
}

#[test]
fn a_let_with_parameters_is_inlined_and_nesting_ends() {
    let twice = crate::check::model::Binding {
        kind: BindingKind::Function {
            params: vec![BindingId(1)],
            body: joined(Op::Mul, binding(1, Type::Int), int(2), Type::Int),
        },
        ..variable(Type::Int)
    };
    let endless = crate::check::model::Binding {
        kind: BindingKind::Function { params: vec![], body: of(ExprKind::Apply(BindingId(2), vec![]), Type::Int) },
        ..variable(Type::Int)
    };
    let policy = policy(vec![twice, variable(Type::Int), endless]);
    let call = |inner| of(ExprKind::Apply(BindingId(0), vec![inner]), Type::Int);
    let found = eval(&policy, &call(call(int(3))), &mut Known::default());
    assert_eq!(found, Ok(Evaluated::Known(Value::Int(12))));
    let endless = of(ExprKind::Apply(BindingId(2), vec![]), Type::Int);
    assert!(eval(&policy, &endless, &mut Known::default()).expect_err("it never ends").what.contains("too deeply"));
}

#[test]
fn doubling_lets_end() {
    let twice = |at: u32| crate::check::model::Binding {
        kind: BindingKind::Function {
            params: vec![],
            body: match at {
                0 => int(1),
                _ => joined(
                    Op::Add,
                    of(ExprKind::Apply(BindingId(at - 1), vec![]), Type::Int),
                    of(ExprKind::Apply(BindingId(at - 1), vec![]), Type::Int),
                    Type::Int,
                ),
            },
        },
        ..variable(Type::Int)
    };
    let policy = policy((0..60).map(twice).collect());
    let found = |at| eval(&policy, &of(ExprKind::Apply(BindingId(at), vec![]), Type::Int), &mut Known::default());
    assert_eq!(found(10), Ok(Evaluated::Known(Value::Int(1024))));
    assert!(found(59).expect_err("2^59 additions").what.contains("too many steps"));
}

#[test]
fn a_failed_expectation_can_say_what_it_saw() {
    let mut scope = Known::default();
    scope.values.insert(3, Evaluated::Known(Value::Json(j!({"status": 503, "body": "…"}).into())));
    let mut status = field(binding(3, Type::Json), "status", Type::Json);
    status.place.span.start = 40;
    let mut expr = joined(Op::Eq, status.clone(), int(200), Type::Bool);
    expr.place.span.start = 80;
    let (result, parts) = traced(&policy(Vec::new()), &expr, &mut scope);
    assert_eq!(result, Ok(Evaluated::Known(Value::Bool(false))));
    assert_eq!(parts, [(status.place, Value::Json(j!(503).into()))], "neither the constant nor the whole answer");
}
