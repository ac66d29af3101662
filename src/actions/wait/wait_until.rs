//! `wait_until(EXPR)`: waits for the world.

use std::time::Duration;

use super::rounds::{self, EVERY};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::show;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Fingerprint, Preview};
use crate::catalogue::value::Value;

static WAIT_UNTIL: Signature = Signature {
    name: "wait_until",
    role: Role::Action,
    params: &[
        Parameter { name: "condition", ty: "bool", form: Form::Lazy, doc: "what is asked until it is true" },
        Parameter {
            name: "within",
            ty: "duration",
            form: Form::Optional,
            doc: "the most it may take; the time of its step unless said",
        },
        Parameter { name: "every", ty: "duration", form: Form::Optional, doc: "between two questions; 1s unless said" },
    ],
    returns: Returns::None,
    undo: UndoKind::Nothing,
    gate: true,
    doc: "waits until a condition holds",
    page: "actions/wait_until.md",
};

/// The limit where neither the call nor its step has one.
const WITHIN: Duration = Duration::from_mins(2);

/// Asking without a pause would keep the machine busy that is being waited for.
const LEAST: Duration = Duration::from_millis(10);

pub(super) struct WaitUntil;

impl Action for WaitUntil {
    fn signature(&self) -> &'static Signature {
        &WAIT_UNTIL
    }

    /// Those of the condition are added where it is written.
    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::none()
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let limit = args
            .duration("within")
            .map_or_else(String::new, |within| format!(" for at most {}", show::duration(within.as_nanos() as f64)));
        let now = args.lazy("condition").and_then(|condition| rounds::now(condition, look));
        let now = now.map(|now| if now { "it holds now" } else { "it does not hold now" });
        Ok(Preview {
            summary: format!("wait{limit} until it holds"),
            notes: now.map(str::to_owned).into_iter().collect(),
            ..Preview::default()
        })
    }

    fn fingerprint(&self, _args: &Args, _look: &Look) -> Result<Option<Fingerprint>> {
        Ok(None)
    }

    fn capture(&self, _args: &Args, _look: &Look, _keep: &dyn Keep) -> Result<Capture> {
        Ok(Capture::Nothing)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let condition = args.lazy("condition").ok_or_else(|| Error::internal("`wait_until` was given a value"))?;
        let within = args.duration("within").or_else(|| touch.cancel().remaining()).unwrap_or(WITHIN);
        let every = args.duration("every").unwrap_or(EVERY).max(LEAST);
        rounds::until(condition, touch, within, every, || Ok(()))?;
        Ok(Value::None)
    }

    fn undo(&self, _capture: &Capture, _touch: &Touch, _keep: &dyn Keep) -> Result<()> {
        Ok(())
    }
}
