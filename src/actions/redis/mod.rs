//! The `redis` family: set a key, delete keys, empty a database. What goes is captured first, as the server itself
//! writes it down (`DUMP`), and brought back with the time at which it expires.

mod del;
mod flush;
pub(in crate::actions) mod kept;
mod set;

use std::sync::Arc;

use crate::catalogue::args::{Arg, Args};
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::signature::{Form, Parameter, Signature};
use crate::catalogue::unit::{Action, Preview};
use crate::catalogue::value::Value;
use crate::probes::redis::place;

/// All actions of this family.
pub(super) fn all() -> Vec<Arc<dyn Action>> {
    vec![Arc::new(set::Set), Arc::new(del::Del), Arc::new(flush::Flush)]
}

const CAPTURE: Parameter = Parameter {
    name: "capture",
    ty: "\"none\"",
    form: Form::Optional,
    doc: "`none` keeps nothing, so that the call cannot be taken back",
};

/// Whether a call keeps what it removes.
fn captures(args: &Args) -> bool {
    !matches!(args.raw("capture"), Arg::Known(Value::None)) && args.text_or_none("capture") != Some("none")
}

/// What a call of the family affects: whoever listens to the server may do anything.
fn effects(args: &Args) -> Effects {
    let own = place::resource(args);
    Effects::touches_world().read(own.clone()).write(own)
}

fn not_known_yet() -> Preview {
    Preview {
        summary: "known when it runs".to_owned(),
        opaque: Some("its arguments come from an earlier step".to_owned()),
        ..Preview::default()
    }
}

fn nothing_kept<T>(signature: &Signature) -> Result<T> {
    Err(Error::refused(format!("`{}` captured nothing, so it cannot be taken back", signature.name)))
}
