//! `elapsed(PROBE)`: how long a probe takes.

use std::sync::Arc;
use std::time::Instant;

use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// All probes of this family.
pub(super) fn all() -> Vec<Arc<dyn Probe>> {
    vec![Arc::new(Elapsed)]
}

static ELAPSED: Signature = Signature {
    name: "elapsed",
    role: Role::Probe,
    // An unevaluated `json` takes an expression of any type.
    params: &[Parameter {
        name: "probe",
        ty: "json",
        form: Form::Lazy,
        doc: "what is timed: usually one probe, such as `http.get(…)`",
    }],
    returns: Returns::Type("duration"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "how long a probe takes",
    page: "probes/elapsed.md",
};

struct Elapsed;

impl Probe for Elapsed {
    fn signature(&self) -> &'static Signature {
        &ELAPSED
    }

    /// Those of the expression are added where it is written.
    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::none()
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let probe = args.lazy("probe").ok_or_else(|| Error::internal("`elapsed` was given a value to time"))?;
        let started = Instant::now();
        // A probe that failed took no time worth comparing: a dead server would look fast.
        probe(look)?;
        Ok(Value::duration(started.elapsed()))
    }
}
