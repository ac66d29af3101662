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
use crate::check::eval::{Evaluated, Scope};
use crate::check::model::{BindingId, Expr, ProbeCall, RunField};
use crate::source::Place;

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

/// Answers of probes, by the place of the call and its arguments: one place is asked often, by loops, comprehensions and
/// `let`s with parameters, and each time something else.
pub type PinnedProbes = BTreeMap<(Place, String), Value>;

/// Why a value is not known.
const WHEN_RUN: &str = "the start of the run";

/// The scope of an expansion, at one place in the text.
pub struct StaticScope<'a> {
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
        let effects = call.probe.effects(&args, self.look);
        // A constructor such as `sqlite("…")` asks nothing of the world.
        let pure = effects == Effects::none();
        let Some(look) = self.look else {
            return if pure && !args.any_unknown() { self.construct(call, &args) } else { unknown(WHEN_RUN) };
        };
        if args.any_unknown() {
            return unknown(WHEN_RUN);
        }
        if call.probe.signature().role == Role::Command && !look.may_exec() {
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
        let known = match field {
            RunField::Id => self.pinning.run_id.clone().map(Value::Str),
            RunField::Planned => self.pinning.planned.map(Value::Time),
            other => self.pinning.fields.iter().find(|(known, _)| *known == other).map(|(_, value)| value.clone()),
        };
        Ok(known.map_or_else(|| Evaluated::Unknown { after: Arc::from(WHEN_RUN) }, Evaluated::Known))
    }

    fn lazy(&mut self, _: &Expr, _: &[(BindingId, Value)]) -> Lazy {
        Arc::new(|_| Err(Error::new(ErrorKind::Value, "this is asked only when it runs")))
    }
}

impl StaticScope<'_> {
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
