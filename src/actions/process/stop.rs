//! `process.stop`: ends processes by their command line; its undo starts them again.

use serde::{Deserialize, Serialize};

use super::{AT_MOST, at_most, described, ending, launch, refuse_more_than};
use crate::catalogue::args::Args;
use crate::catalogue::command::Command;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::{Keep, ObjectId};
use crate::catalogue::look::Look;
use crate::catalogue::show;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::Value;
use crate::probes::process::pattern::{MATCHING, PATTERN, Pattern, find, tops};
use crate::probes::process::table::{self, Id, Process};

static STOP: Signature = Signature {
    name: "process.stop",
    role: Role::Action,
    params: &[
        PATTERN,
        MATCHING,
        Parameter {
            name: "grace",
            ty: "duration",
            form: Form::Optional,
            doc: "how long it may take to end by itself before it is killed; 5s unless said",
        },
        AT_MOST,
    ],
    returns: Returns::Type("int"),
    undo: UndoKind::Inverse,
    gate: false,
    doc: "ends the processes with this command line, and what they started; gives how many matched",
    page: "actions/process.stop.md",
};

/// A process that was stopped, as it would be started again.
#[derive(Serialize, Deserialize)]
struct Stopped {
    id: Id,
    argv: Vec<String>,
    cwd: Option<String>,
    uid: u32,
    log: Option<String>,
    /// Its environment lies in the object store, not here: it usually holds secrets.
    environment: Option<ObjectId>,
}

pub(super) struct Stop;

/// Those that are meant and may be touched, one per tree: a shell around a program is not a second copy of it.
fn meant(pattern: &Pattern) -> Result<Vec<Process>> {
    let all = table::all()?;
    let me = rustix::process::geteuid();
    let found: Vec<Process> =
        find(pattern)?.into_iter().filter(|process| me.is_root() || process.uid == me.as_raw()).collect();
    Ok(tops(&found, &all))
}

impl Action for Stop {
    fn signature(&self) -> &'static Signature {
        &STOP
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        Pattern::complaint(args)
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::touches_world()
    }

    fn preview(&self, args: &Args, _look: &Look) -> Result<Preview> {
        if args.is_unknown("pattern") || args.is_unknown("matching") {
            return Ok(Preview { summary: "stop processes that are not known yet".to_owned(), ..Preview::default() });
        }
        let pattern = Pattern::of(args)?;
        let found = meant(&pattern)?;
        let limit = at_most(args);
        let mut preview = Preview::default();
        preview
            .changes
            .extend(found.iter().map(|process| Change::Process { summary: format!("stop {}", described(process)) }));
        preview.summary = match found.len() {
            0 if pattern.suspicion().is_some() => {
                format!("refuses: no process matches {}, which looks like a regex", pattern.shown())
            }
            0 => format!("stop nothing: no process matches {} now", pattern.shown()),
            count if count > limit => {
                format!("refuses: {} matches {count} processes, more than at most {limit}", pattern.shown())
            }
            count => format!("stop {count} process{} (at most {limit})", if count == 1 { "" } else { "es" }),
        };
        if found.is_empty() {
            preview.notes.extend(pattern.suspicion());
        }
        let grace = args.duration("grace").unwrap_or(ending::GRACE);
        preview.notes.push(format!("killed if still there {} after SIGTERM", show::duration(grace.as_nanos() as f64)));
        Ok(preview)
    }

    fn fingerprint(&self, _args: &Args, _look: &Look) -> Result<Option<Fingerprint>> {
        Ok(None)
    }

    fn capture(&self, args: &Args, _look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let mut stopped = Vec::new();
        for process in meant(&Pattern::of(args)?)?.into_iter().take(at_most(args)) {
            let environment = process.environment().map(|raw| keep.put_sealed(&mut raw.as_slice())).transpose()?;
            stopped.push(Stopped {
                id: process.id,
                argv: launch::restartable(&process),
                cwd: process.cwd().map(|cwd| cwd.display().to_string()),
                uid: process.uid,
                log: process.output().map(|log| log.display().to_string()),
                environment,
            });
        }
        let data = serde_json::to_value(stopped).map_err(|error| Error::internal(error.to_string()))?;
        Ok(Capture::Data { data, states: Vec::new() })
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let pattern = Pattern::of(args)?;
        let found = meant(&pattern)?;
        refuse_more_than(at_most(args), &found, &pattern, "stopped")?;
        // Nothing to stop is fine, unless that is only so because a regex was given as a text.
        if let Some(suspicion) = pattern.suspicion().filter(|_| found.is_empty()) {
            return Err(Error::refused(format!("no process matches {}, which looks like a regex", pattern.shown()))
                .hint(suspicion));
        }
        ending::end(&found, args.duration("grace").unwrap_or(ending::GRACE), touch.cancel())?;
        Ok(Value::Int(found.len() as i64))
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        let Capture::Data { data, .. } = capture else { return Ok(()) };
        let stopped: Vec<Stopped> = serde_json::from_value(data.clone())
            .map_err(|error| Error::internal(format!("the capture of `process.stop` does not read: {error}")))?;
        for process in stopped {
            start_again(&process, touch, keep)?;
        }
        Ok(())
    }
}

fn start_again(stopped: &Stopped, touch: &Touch, keep: &dyn Keep) -> Result<()> {
    let cwd = stopped.cwd.as_ref().map_or_else(|| touch.root().to_owned(), std::path::PathBuf::from);
    // It was never stopped, or an undo that was cut off has started it already.
    if stopped.id.lives() || !launch::copies(&stopped.argv, &cwd)?.is_empty() {
        return Ok(());
    }
    let env = match &stopped.environment {
        Some(object) => environment(object, keep)?,
        None => Vec::new(),
    };
    let me = rustix::process::geteuid().as_raw();
    let command = Command {
        argv: stopped.argv.clone(),
        cwd: Some(cwd),
        env,
        stdin: None,
        user: (stopped.uid != me).then(|| stopped.uid.to_string()),
    };
    let pid = touch.spawn().start_detached(&command, stopped.log.as_deref().map(std::path::Path::new))?;
    launch::settles(pid, &command)
}

/// What to set and what to remove so that the environment is the one that was kept.
fn environment(object: &ObjectId, keep: &dyn Keep) -> Result<Vec<(String, Option<String>)>> {
    let mut raw = Vec::new();
    std::io::Read::read_to_end(&mut keep.open(object)?, &mut raw)
        .map_err(|source| Error::io("read the environment that was kept", &source))?;
    let mut env: Vec<(String, Option<String>)> = std::env::vars().map(|(name, _)| (name, None)).collect();
    for entry in raw.split(|&byte| byte == 0) {
        let entry = String::from_utf8_lossy(entry);
        if let Some((name, value)) = entry.split_once('=').filter(|(name, _)| !name.is_empty()) {
            env.retain(|(have, _)| have != name);
            env.push((name.to_owned(), Some(value.to_owned())));
        }
    }
    Ok(env)
}
