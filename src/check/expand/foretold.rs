//! What is known of the arguments of probes before any of them is asked: enough to say what they would read.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue::args::{Arg, Args};
use crate::catalogue::effect::Effects;
use crate::catalogue::look::Look;
use crate::catalogue::value::Value;
use crate::check::effects::expr::{Asker, Given};
use crate::check::eval::{self, Evaluated};
use crate::check::model::{BindingId, Expr, Policy, ProbeCall};

use super::scope::{PinnedProbes, Pinning, StaticScope};

/// The values of one place in the text. Inner probes are not asked for effects; what they would give widens.
pub struct Foretold<'a> {
    pub policy: &'a Arc<Policy>,
    pub look: Option<&'a Look>,
    pub pinning: &'a Pinning,
    pub values: &'a BTreeMap<BindingId, Value>,
    pub later: &'a BTreeMap<BindingId, (Option<usize>, Arc<str>)>,
    pub locals: &'a BTreeMap<BindingId, Value>,
}

impl Foretold<'_> {
    fn with<T>(&self, given: &Given, work: impl FnOnce(&mut StaticScope<'_>) -> T) -> T {
        let mut both = BTreeMap::new();
        let locals = if given.is_empty() {
            self.locals
        } else {
            both.extend(self.locals.iter().chain(&**given).map(|(binding, value)| (*binding, value.clone())));
            &both
        };
        let never = |_: &Effects| Some(Arc::from("it runs"));
        let mut pinned = PinnedProbes::new();
        let (look, pinning, values, later) = (self.look, self.pinning, self.values, self.later);
        work(&mut StaticScope {
            policy: self.policy,
            look,
            pinning,
            values,
            later,
            locals,
            waits: &never,
            pinned: &mut pinned,
        })
    }
}

impl Asker for Foretold<'_> {
    fn args(&mut self, call: &ProbeCall, given: &Given) -> Args {
        let signature = call.probe.signature();
        let args = self.with(given, |scope| eval::args(self.policy, signature, &call.args, scope));
        args.unwrap_or_else(|_| Args::new(signature, vec![Arg::Unknown; signature.params.len()]))
    }

    fn value(&mut self, expr: &Expr, given: &Given) -> Option<Value> {
        match self.with(given, |scope| eval::eval(self.policy, expr, scope)) {
            Ok(Evaluated::Known(value)) => Some(value),
            _ => None,
        }
    }
}
