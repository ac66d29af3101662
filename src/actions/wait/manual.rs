//! `manual("…")`: something that only a person can do. Asks at a terminal, or looks whether it was done.

use std::time::Duration;

use super::rounds::{self, EVERY};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::person::Answer;
use crate::catalogue::show;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::Value;

static MANUAL: Signature = Signature {
    name: "manual",
    role: Role::Action,
    params: &[
        Parameter { name: "instruction", ty: "string", form: Form::Positional, doc: "what the person must do" },
        Parameter {
            name: "within",
            ty: "duration",
            form: Form::Optional,
            doc: "how long the person has; the time of its step unless said",
        },
        Parameter {
            name: "done",
            ty: "bool",
            form: Form::OptionalLazy,
            doc: "how the world shows that it was done; asked instead of the person",
        },
    ],
    returns: Returns::None,
    undo: UndoKind::None,
    gate: true,
    doc: "waits for a person to do something",
    page: "actions/manual.md",
};

/// The limit where neither the call nor its step has one.
const WITHIN: Duration = Duration::from_mins(10);

pub(super) struct Manual;

impl Action for Manual {
    fn signature(&self) -> &'static Signature {
        &MANUAL
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::touches_world()
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let instruction = args.text_or_none("instruction").unwrap_or("(not known yet)");
        let mut notes = Vec::new();
        if let Some(within) = args.duration("within") {
            notes.push(format!("waits for a person up to {}", show::duration(within.as_nanos() as f64)));
        }
        match args.lazy("done") {
            Some(done) => notes.extend(rounds::now(done, look).map(|done| {
                if done { "the world shows it as done already" } else { "the world does not show it as done now" }
                    .to_owned()
            })),
            None => notes.push("asks at the terminal; without one the run waits for a person (exit 3)".to_owned()),
        }
        Ok(Preview {
            summary: "a person does something".to_owned(),
            changes: vec![Change::Other { summary: instruction.to_owned() }],
            opaque: Some("a person may change anything".to_owned()),
            notes,
        })
    }

    fn fingerprint(&self, _args: &Args, _look: &Look) -> Result<Option<Fingerprint>> {
        Ok(None)
    }

    fn capture(&self, _args: &Args, _look: &Look, _keep: &dyn Keep) -> Result<Capture> {
        Ok(Capture::Nothing)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let instruction = args.text("instruction")?;
        let within = args.duration("within").or_else(|| touch.cancel().remaining()).unwrap_or(WITHIN);
        match (args.lazy("done"), touch.person()) {
            (Some(done), person) => {
                if rounds::now(done, touch) == Some(true) {
                    return Ok(Value::None);
                }
                if let Some(person) = person {
                    person.tell(instruction);
                }
                rounds::until(done, touch, within, EVERY, || Ok(())).map_err(|error| not_seen(error, instruction))?;
                Ok(Value::None)
            }
            (None, Some(person)) => {
                let answer = person
                    .ask(instruction, &touch.cancel().within(within))
                    .map_err(|error| not_seen(error, instruction))?;
                match answer {
                    Answer::Done => Ok(Value::None),
                    Answer::Not => Err(Error::failed(format!("a person said that this was not done: {instruction}"))),
                }
            }
            (None, None) => Err(Error::new(
                ErrorKind::WaitsForPerson,
                format!("a person must do this, and there is no terminal to ask at: {instruction}"),
            )
            .hint("run it on a terminal, or say with `done:` how the world shows that it was done")),
        }
    }

    fn undo(&self, _capture: &Capture, _touch: &Touch, _keep: &dyn Keep) -> Result<()> {
        Err(Error::refused("what a person did is not known, so it cannot be taken back")
            .hint("give the step an `undo { … }` of its own, or say `irreversible \"why\"`"))
    }
}

fn not_seen(error: Error, instruction: &str) -> Error {
    if error.kind != ErrorKind::TimedOut {
        return error;
    }
    Error::new(ErrorKind::TimedOut, format!("nobody did this in time: {instruction} ({})", error.what))
        .hint("do it, then run the policy again; `within:` gives people more time")
}
