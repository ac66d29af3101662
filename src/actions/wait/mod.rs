//! Waiting: for a time, for the world, for a person. Each is a gate: nothing overlaps it.

mod manual;
pub(super) mod rounds;
mod wait_until;

use std::sync::Arc;

use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::show;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Fingerprint, Preview};
use crate::catalogue::value::Value;

/// All actions of this family.
pub(super) fn all() -> Vec<Arc<dyn Action>> {
    vec![Arc::new(Wait), Arc::new(wait_until::WaitUntil), Arc::new(manual::Manual)]
}

static WAIT: Signature = Signature {
    name: "wait",
    role: Role::Action,
    params: &[Parameter { name: "length", ty: "duration", form: Form::Positional, doc: "how long" }],
    returns: Returns::None,
    undo: UndoKind::Nothing,
    gate: true,
    doc: "waits for a time",
    page: "actions/wait.md",
};

struct Wait;

impl Action for Wait {
    fn signature(&self) -> &'static Signature {
        &WAIT
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::none()
    }

    fn preview(&self, args: &Args, _look: &Look) -> Result<Preview> {
        let length = args.duration("length");
        let length =
            length.map_or_else(|| "a time that is not known yet".to_owned(), |l| show::duration(l.as_nanos() as f64));
        Ok(Preview { summary: format!("wait {length}"), ..Preview::default() })
    }

    fn fingerprint(&self, _args: &Args, _look: &Look) -> Result<Option<Fingerprint>> {
        Ok(None)
    }

    fn capture(&self, _args: &Args, _look: &Look, _keep: &dyn Keep) -> Result<Capture> {
        Ok(Capture::Nothing)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let value = args.value("length")?;
        let length = args.duration("length").ok_or_else(|| {
            Error::new(ErrorKind::Value, format!("`wait` cannot wait {value}: it must not be negative"))
        })?;
        touch.cancel().sleep(length)?;
        Ok(Value::None)
    }

    fn undo(&self, _capture: &Capture, _touch: &Touch, _keep: &dyn Keep) -> Result<()> {
        Ok(())
    }
}
