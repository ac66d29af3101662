//! What expressions may ask while nothing runs yet.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use crate::catalogue::args::{Arg, Args, Lazy};
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::Role;
use crate::catalogue::value::Value;
use crate::check::effects::expr::{Widest, reads_of};
use crate::check::eval::{Evaluated, Scope};
use crate::check::model::{BindingId, CallArg, Expr, Policy, ProbeCall, RunField};
use crate::source::Place;

use super::present::{Present, named, runs_command};

/// What is fixed when planned besides params.
#[derive(Clone, Debug, Default)]
pub struct Pinning {
    /// `run.id`; absent while checking.
    pub run_id: Option<Arc<str>>,
    /// `run.planned`
    pub planned: Option<jiff::Timestamp>,
    /// `run.severity`, `run.reason` and their like, as far as they are known.
    pub fields: Vec<(RunField, Value)>,
}

impl Pinning {
    /// What the run says of itself, as far as it is known when planned.
    #[must_use]
    pub fn field(&self, field: RunField) -> Option<Value> {
        match field {
            RunField::Id => self.run_id.clone().map(Value::Str),
            RunField::Planned => self.planned.map(Value::Time),
            other => self.fields.iter().find(|(known, _)| *known == other).map(|(_, value)| value.clone()),
        }
    }
}

/// Answers of probes, by the place of the call and its arguments: one place is asked often, by loops, comprehensions and
/// `let`s with parameters, and each time something else.
pub type PinnedProbes = BTreeMap<(Place, String), Value>;

/// Why a value is not known.
const WHEN_RUN: &str = "the start of the run";

/// The scope of an expansion, at one place in the text.
pub struct StaticScope<'a> {
    pub policy: &'a Arc<Policy>,
    pub look: Option<&'a Look>,
    pub pinning: &'a Pinning,
    pub values: &'a BTreeMap<BindingId, Value>,
    pub later: &'a BTreeMap<BindingId, (Option<usize>, Arc<str>)>,
    pub locals: &'a BTreeMap<BindingId, Value>,
    /// Says after which node the answer of a probe with these effects can be trusted.
    pub waits: &'a dyn Fn(&Effects) -> Option<Arc<str>>,
    /// Answers that were given.
    pub pinned: &'a mut PinnedProbes,
}

impl Scope for StaticScope<'_> {
    fn binding(&mut self, id: BindingId) -> Result<Evaluated> {
        if let Some(value) = self.locals.get(&id).or_else(|| self.values.get(&id)) {
            return Ok(Evaluated::Known(value.clone()));
        }
        let after = self.later.get(&id).map_or_else(|| Arc::from(WHEN_RUN), |(_, after)| Arc::clone(after));
        Ok(Evaluated::Unknown { after })
    }

    fn probe(&mut self, call: &ProbeCall, args: Args) -> Result<Evaluated> {
        let unknown = |after: &str| Ok(Evaluated::Unknown { after: Arc::from(after) });
        let mut effects = call.probe.effects(&args, self.look);
        effects.extend(self.asked_inside(call));
        // A constructor such as `sqlite("…")` asks nothing of the world.
        let pure = effects == Effects::none();
        let Some(look) = self.look else {
            return if pure && !args.any_unknown() { self.construct(call, &args) } else { unknown(WHEN_RUN) };
        };
        if args.any_unknown() {
            return unknown(WHEN_RUN);
        }
        if !look.may_exec() && self.runs_command(call) {
            return unknown(WHEN_RUN);
        }
        if let Some(after) = (self.waits)(&effects) {
            return Ok(Evaluated::Unknown { after });
        }
        let value = call.probe.sample(&args, look)?;
        if let Some(asked) = asked(&args).filter(|_| !pure) {
            self.pinned.insert((call.place, asked), value.clone());
        }
        Ok(Evaluated::Known(value))
    }

    fn run_field(&mut self, field: RunField) -> Result<Evaluated> {
        Ok(self
            .pinning
            .field(field)
            .map_or_else(|| Evaluated::Unknown { after: Arc::from(WHEN_RUN) }, Evaluated::Known))
    }

    fn lazy(&mut self, expr: &Expr, locals: &[(BindingId, Value)]) -> Lazy {
        let Some(look) = self.look else { return deferred() };
        // Only what it names: a loop may pass thousands of them.
        let named = named(self.policy, expr);
        let seen = named.into_iter().filter_map(|id| {
            let inner = locals.iter().rev().find(|(local, _)| *local == id).map(|(_, value)| value);
            let value = inner.or_else(|| self.locals.get(&id)).or_else(|| self.values.get(&id))?;
            Some((id, value.clone()))
        });
        let mut present = Present {
            policy: Arc::clone(self.policy),
            values: Arc::new(seen.collect()),
            untold: Arc::default(),
            pinning: Arc::new(self.pinning.clone()),
            look: look.clone(),
        };
        present.lazy(expr, &[])
    }
}

/// An expression that is not asked before it runs.
pub(super) fn deferred() -> Lazy {
    Arc::new(|_| Err(Error::new(ErrorKind::Value, "this is asked only when it runs")))
}

impl StaticScope<'_> {
    /// What the expressions read that `call` is passed unevaluated, such as those that `elapsed` times.
    fn asked_inside(&self, call: &ProbeCall) -> Effects {
        let mut effects = Effects::none();
        for arg in &call.args {
            if let CallArg::Lazy(expr) = arg {
                // Their arguments widen: this only decides whether something before them may change the answer.
                effects.extend(reads_of(self.policy, expr, &mut Widest, self.look));
            }
        }
        effects
    }

    /// Whether `call` runs a command, itself or in an expression that it is passed.
    fn runs_command(&self, call: &ProbeCall) -> bool {
        let mut found = call.probe.signature().role == Role::Command;
        for arg in &call.args {
            if let CallArg::Lazy(expr) = arg {
                found |= runs_command(self.policy, expr);
            }
        }
        found
    }

    /// Without a world there is no `Look` to hand to a probe; those that need none are built from their arguments alone.
    fn construct(&self, call: &ProbeCall, args: &Args) -> Result<Evaluated> {
        call.probe
            .constant(args)
            .map_or_else(|| Ok(Evaluated::Unknown { after: Arc::from(WHEN_RUN) }), |value| value.map(Evaluated::Known))
    }
}

/// The arguments of a probe, as part of the key of its pinned answer; `None` where it takes an expression that it asks
/// itself, which cannot be compared.
#[must_use]
pub fn asked(args: &Args) -> Option<String> {
    let mut text = String::new();
    for param in args.signature().params {
        match args.raw(param.name) {
            Arg::Known(value) => {
                let _ = write!(text, "{value:?};");
            }
            Arg::Absent => text.push(';'),
            Arg::Unknown | Arg::Lazy(_) => return None,
        }
    }
    Some(text)
}
