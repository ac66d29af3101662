//! Walking typed expressions and items.

use std::sync::Arc;

use super::model::{BinaryOp, BindingId, Block, CallArg, Expr, ExprKind, Item, Part, Step};

/// Calls `visit` on `expr` and everything below it, parents first.
pub fn expressions<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    visit(expr);
    parts(expr, &mut |child| expressions(child, visit));
}

/// Calls `visit` on the direct parts of `expr`, in the order in which they are evaluated.
pub fn parts<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    match &expr.kind {
        ExprKind::Const(_) | ExprKind::Binding(_) | ExprKind::Run(_) | ExprKind::Secret(_) | ExprKind::Maintenance => {}
        ExprKind::Metric(_, args) => args.iter().for_each(visit),
        ExprKind::Series(call) => call.args.iter().for_each(visit),
        ExprKind::Interpolate(parts) => {
            for part in parts {
                if let Part::Hole(hole) = part {
                    visit(hole);
                }
            }
        }
        ExprKind::List(items) | ExprKind::Pure(_, items) | ExprKind::Apply(_, items) => items.iter().for_each(visit),
        ExprKind::Map(entries) => entries.iter().for_each(|(_, value)| visit(value)),
        ExprKind::Unary(_, inner) | ExprKind::Field(inner, _) | ExprKind::Refuse(inner) | ExprKind::Convert(inner) => {
            visit(inner);
        }
        ExprKind::Binary(_, pair) | ExprKind::Index(pair) => pair.iter().for_each(visit),
        ExprKind::If(three) => three.iter().for_each(visit),
        ExprKind::Comprehension(of) => {
            visit(&of.iter);
            visit(&of.value);
            of.filter.iter().chain(&of.key).for_each(visit);
        }
        ExprKind::Probe(call) => {
            for arg in &call.args {
                if let CallArg::Value(value) | CallArg::Lazy(value) = arg {
                    visit(value);
                }
            }
            call.timeout.iter().for_each(visit);
        }
    }
}

/// Calls `visit` on every binding that `expr` names.
pub fn bindings(expr: &Expr, visit: &mut dyn FnMut(BindingId)) {
    expressions(expr, &mut |part| match &part.kind {
        ExprKind::Binding(id) | ExprKind::Apply(id, _) => visit(*id),
        _ => {}
    });
}

/// Whether every question that `expr` asks is asked whatever the others answer, with arguments that are written out: one
/// that cannot be asked at all now will not be asked otherwise later.
#[must_use]
pub fn asks_the_same_always(expr: &Expr) -> bool {
    let mut same = true;
    expressions(expr, &mut |part| {
        same &= match &part.kind {
            ExprKind::Const(_) | ExprKind::Field(..) | ExprKind::Index(_) | ExprKind::List(_) | ExprKind::Unary(..) => {
                true
            }
            ExprKind::Convert(_) | ExprKind::Pure(..) => true,
            ExprKind::Binary(op, _) => !matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Otherwise),
            ExprKind::Probe(call) => call.args.iter().all(|arg| match arg {
                CallArg::Absent => true,
                CallArg::Value(value) | CallArg::Lazy(value) => !asks_the_world(value),
            }),
            _ => false,
        };
    });
    same
}

/// Whether `expr` asks the world anything.
#[must_use]
pub fn asks_the_world(expr: &Expr) -> bool {
    let mut found = false;
    expressions(expr, &mut |part| {
        found |= matches!(&part.kind, ExprKind::Probe(_));
    });
    found
}

/// `block` and all blocks inside.
pub fn inside<'p>(block: &'p Block, see: &mut impl FnMut(&'p Block)) {
    see(block);
    for item in &block.items {
        match item {
            Item::Parallel(parallel) => inside(&parallel.body, see),
            Item::For(each) => inside(&each.body, see),
            Item::If(branch) => {
                inside(&branch.body, see);
                branch.otherwise.iter().for_each(|otherwise| inside(otherwise, see));
            }
            Item::Stage(stage) => {
                let mut stage = Some(&**stage);
                while let Some(this) = stage {
                    inside(&this.body, see);
                    stage = this.otherwise.as_deref();
                }
            }
            Item::Let(_) | Item::Require(_) | Item::Observe(_) | Item::Step(_) | Item::Verify(_) => {}
        }
    }
}

/// The steps that stand directly in a block.
pub fn steps(block: &Block) -> impl Iterator<Item = &Arc<Step>> {
    block.items.iter().filter_map(|item| if let Item::Step(step) = item { Some(step) } else { None })
}
