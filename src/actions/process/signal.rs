//! `process.signal`: sends a signal to processes by their command line.

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::{AT_MOST, at_most, described, refuse_more_than};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::Value;
use crate::probes::process::pattern::{MATCHING, PATTERN, Pattern, find};
use crate::probes::process::table::Process;

static SIGNAL: Signature = Signature {
    name: "process.signal",
    role: Role::Action,
    params: &[
        PATTERN,
        MATCHING,
        Parameter {
            name: "signal",
            ty: r#""HUP" | "INT" | "QUIT" | "USR1" | "USR2" | "WINCH" | "CONT" | "STOP" | "TERM" | "KILL""#,
            form: Form::Required,
            doc: "which signal, without `SIG`",
        },
        AT_MOST,
    ],
    returns: Returns::Type("int"),
    undo: UndoKind::None,
    gate: false,
    doc: "sends a signal to the processes with this command line; gives how many",
    page: "actions/process.signal.md",
};

fn named(name: &str) -> Result<Signal> {
    Ok(match name {
        "HUP" => Signal::HUP,
        "INT" => Signal::INT,
        "QUIT" => Signal::QUIT,
        "USR1" => Signal::USR1,
        "USR2" => Signal::USR2,
        "WINCH" => Signal::WINCH,
        "CONT" => Signal::CONT,
        "STOP" => Signal::STOP,
        "TERM" => Signal::TERM,
        "KILL" => Signal::KILL,
        other => return Err(Error::new(ErrorKind::Value, format!("`{other}` is not a signal that can be sent"))),
    })
}

/// Each that matches, not one per tree: a signal means the program itself, and a shell around it would die of it.
fn meant(pattern: &Pattern) -> Result<Vec<Process>> {
    let me = rustix::process::geteuid();
    Ok(find(pattern)?.into_iter().filter(|process| me.is_root() || process.uid == me.as_raw()).collect())
}

pub(super) struct Send;

impl Action for Send {
    fn signature(&self) -> &'static Signature {
        &SIGNAL
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        Pattern::complaint(args)
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::touches_world()
    }

    fn preview(&self, args: &Args, _look: &Look) -> Result<Preview> {
        if args.any_unknown() {
            return Ok(Preview { summary: "signal processes that are not known yet".to_owned(), ..Preview::default() });
        }
        let pattern = Pattern::of(args)?;
        let signal = args.text("signal")?;
        named(signal)?;
        let found = meant(&pattern)?;
        let limit = at_most(args);
        let summary = match found.len() {
            0 => format!("fails: no process matches {} now", pattern.shown()),
            count if count > limit => {
                format!("refuses: {} matches {count} processes, more than at most {limit}", pattern.shown())
            }
            count => format!("send SIG{signal} to {count} process{}", if count == 1 { "" } else { "es" }),
        };
        let change = |process: &Process| Change::Process { summary: format!("SIG{signal} to {}", described(process)) };
        Ok(Preview {
            summary,
            changes: found.iter().map(change).collect(),
            opaque: Some("what a process does when it gets a signal is its own affair".to_owned()),
            notes: if found.is_empty() { pattern.suspicion().into_iter().collect() } else { Vec::new() },
        })
    }

    fn fingerprint(&self, _args: &Args, _look: &Look) -> Result<Option<Fingerprint>> {
        Ok(None)
    }

    fn capture(&self, _args: &Args, _look: &Look, _keep: &dyn Keep) -> Result<Capture> {
        Ok(Capture::Nothing)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        touch.cancel().check()?;
        let pattern = Pattern::of(args)?;
        let signal = named(args.text("signal")?)?;
        let found = meant(&pattern)?;
        refuse_more_than(at_most(args), &found, &pattern, "signalled")?;
        let mut sent = 0;
        for process in &found {
            let fd = Pid::from_raw(process.id.pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
            // Looked at again with the pidfd in hand: from here on the pid cannot be another's.
            let Some(fd) = fd.filter(|_| process.id.lives()) else { continue };
            pidfd_send_signal(&fd, signal)
                .map_err(|errno| Error::io(format_args!("signal {}", described(process)), &errno.into()))?;
            sent += 1;
        }
        if sent == 0 {
            let error = Error::failed(format!("no process matches {}, so none was signalled", pattern.shown()));
            return Err(match pattern.suspicion() {
                Some(suspicion) => error.hint(suspicion),
                None => error.hint("is it running? `ps -eo pid,args` shows every command line"),
            });
        }
        Ok(Value::Int(sent))
    }

    fn undo(&self, _capture: &Capture, _touch: &Touch, _keep: &dyn Keep) -> Result<()> {
        Err(Error::refused("a signal that was sent cannot be taken back")
            .hint("give the step an `undo { … }` of its own, or say `irreversible \"why\"`"))
    }
}
