//! What an expression reads: every probe in it counts, wherever it stands.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use crate::catalogue::args::{Arg, Args};
use crate::catalogue::effect::Effects;
use crate::catalogue::look::Look;
use crate::catalogue::value::Value;
use crate::check::model::{BindingId, BindingKind, CallArg, Expr, ExprKind, Part, Policy, ProbeCall};

/// What the probes in `expr` read: in both arms of an `if`, in arguments that are passed unevaluated, in bodies of `let`s
/// with parameters. A name of a value is not followed: what it reads is read where it is bound.
///
/// `asker` gives arguments and values as far as they are known; those that use a variable of a comprehension are not.
pub fn reads_of(policy: &Policy, expr: &Expr, asker: &mut dyn Asker, look: Option<&Look>) -> Effects {
    let mut found = Effects::none();
    let mut seen: HashSet<(BindingId, Option<String>)> = HashSet::new();
    // A stack of its own: chains of operators may be thousands long.
    let mut all = vec![(expr, Given::default())];
    while let Some((expr, given)) = all.pop() {
        let mut open = Vec::new();
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
                if let Some(BindingKind::Function { params, body }) =
                    policy.bindings.get(id.0 as usize).map(|it| &it.kind)
                {
                    let mut inner = (*given).clone();
                    for (param, arg) in params.iter().zip(args) {
                        match asker.value(arg, &given) {
                            Some(value) => inner.insert(*param, value),
                            None => inner.remove(param),
                        };
                    }
                    // Each once: with what is not known it asks the same probes, whose arguments are then not known.
                    let bounded = seen.len() < INSTANCES;
                    let key = bounded.then(|| format!("{inner:?}"));
                    if seen.insert((*id, key)) {
                        all.push((body, if bounded { Rc::new(inner) } else { Given::default() }));
                    }
                }
            }
            ExprKind::Probe(call) => {
                let mut effects = call.probe.effects(&asker.args(call, &given), look);
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
        all.extend(open.into_iter().map(|expr| (expr, Rc::clone(&given))));
    }
    found
}

/// What the parameters of the functions around are given, as far as that is known.
pub type Given = Rc<BTreeMap<BindingId, Value>>;

/// After so many different calls of functions what they are given counts as unknown: effects widen, never end.
const INSTANCES: usize = 500;

/// Says what is known of arguments.
pub trait Asker {
    /// The arguments of a probe.
    fn args(&mut self, call: &ProbeCall, given: &Given) -> Args;
    /// A value that asks nothing of the world.
    fn value(&mut self, expr: &Expr, given: &Given) -> Option<Value>;
}

/// Knows nothing: every argument widens.
pub struct Widest;

impl Asker for Widest {
    fn args(&mut self, call: &ProbeCall, _given: &Given) -> Args {
        let signature = call.probe.signature();
        Args::new(signature, vec![Arg::Unknown; signature.params.len()])
    }

    fn value(&mut self, _expr: &Expr, _given: &Given) -> Option<Value> {
        None
    }
}
