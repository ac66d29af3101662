//! What an expression reads: every probe in it counts, wherever it stands.

use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::look::Look;
use crate::check::model::{BindingKind, CallArg, Expr, ExprKind, Part, Policy, ProbeCall};

/// What the probes in `expr` read: in both arms of an `if`, in arguments that are passed unevaluated, in bodies of `let`s
/// with parameters. A name of a value is not followed: what it reads is read where it is bound.
///
/// `args_of` gives the arguments of a call as far as they are known; those that use a variable of a comprehension or a
/// parameter of a `let` are unknown to it.
pub fn reads_of(
    policy: &Policy,
    expr: &Expr,
    args_of: &mut dyn FnMut(&ProbeCall) -> Args,
    look: Option<&Look>,
) -> Effects {
    let mut found = Effects::none();
    let mut seen = Vec::new();
    // A stack of its own: chains of operators may be thousands long.
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        match &expr.kind {
            ExprKind::Const(_)
            | ExprKind::Binding(_)
            | ExprKind::Run(_)
            | ExprKind::Secret(_)
            | ExprKind::Maintenance => {}
            ExprKind::Metric(_, args) => open.extend(args),
            ExprKind::Series(call) => open.extend(&call.args),
            ExprKind::Interpolate(parts) => open.extend(parts.iter().filter_map(|part| match part {
                Part::Text(_) => None,
                Part::Hole(hole) => Some(hole),
            })),
            ExprKind::List(items) | ExprKind::Pure(_, items) => open.extend(items),
            ExprKind::Map(entries) => open.extend(entries.iter().map(|(_, value)| value)),
            ExprKind::Unary(_, inner)
            | ExprKind::Field(inner, _)
            | ExprKind::Refuse(inner)
            | ExprKind::Convert(inner) => open.push(inner),
            ExprKind::Binary(_, parts) | ExprKind::Index(parts) => open.extend(parts.iter()),
            ExprKind::If(parts) => open.extend(parts.iter()),
            ExprKind::Comprehension(parts) => {
                open.extend([&parts.value, &parts.iter]);
                open.extend(parts.filter.iter().chain(&parts.key));
            }
            ExprKind::Apply(id, args) => {
                open.extend(args);
                // Once is enough: with other arguments it asks the same probes, whose arguments are then not known.
                if !seen.contains(id) {
                    seen.push(*id);
                    if let Some(BindingKind::Function { body, .. }) =
                        policy.bindings.get(id.0 as usize).map(|it| &it.kind)
                    {
                        open.push(body);
                    }
                }
            }
            ExprKind::Probe(call) => {
                let mut effects = call.probe.effects(&args_of(call), look);
                effects.writes.clear();
                found.extend(effects);
                open.extend(call.timeout.as_ref());
                for arg in &call.args {
                    match arg {
                        CallArg::Absent => {}
                        CallArg::Value(expr) | CallArg::Lazy(expr) => open.push(expr),
                    }
                }
            }
        }
    }
    found
}
