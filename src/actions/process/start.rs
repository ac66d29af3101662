//! `process.start`: starts what outlives rbk; its undo stops it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{described, ending, launch};
use crate::actions::wait::rounds;
use crate::catalogue::args::Args;
use crate::catalogue::command::Command;
use crate::catalogue::effect::{Effects, Resource};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::show;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::Value;
use crate::probes::process::table::{self, Id};
use crate::probes::{exec, scripts};

static START: Signature = Signature {
    name: "process.start",
    role: Role::Action,
    params: &[
        Parameter {
            name: "command",
            ty: "string",
            form: Form::Positional,
            doc: "the command line; split at blanks, quotes kept together, no shell",
        },
        Parameter {
            name: "log",
            ty: "path",
            form: Form::Optional,
            doc: "the file that its output is appended to; dropped unless said",
        },
        Parameter { name: "cwd", ty: "path", form: Form::Optional, doc: "where it runs; the root unless said" },
        Parameter {
            name: "env",
            ty: "map[secret?]",
            form: Form::Optional,
            doc: "variables to set, to texts or secrets; `none` removes one",
        },
        Parameter {
            name: "ready",
            ty: "bool",
            form: Form::OptionalLazy,
            doc: "how it is seen to be up; asked until it is true",
        },
        Parameter {
            name: "within",
            ty: "duration",
            form: Form::Optional,
            doc: "the most that `ready:` may take; 30s unless said",
        },
    ],
    returns: Returns::Type("int"),
    undo: UndoKind::Inverse,
    gate: false,
    doc: "starts a process that goes on after the run, unless a copy runs; gives its pid",
    page: "actions/process.start.md",
};

const WITHIN: Duration = Duration::from_secs(30);

/// Readiness is asked often: the service is down until it is seen.
const EVERY: Duration = Duration::from_millis(100);

/// What undo needs: how to recognise what was started, and what is not ours.
#[derive(Serialize, Deserialize)]
struct Begun {
    argv: Vec<String>,
    cwd: String,
    /// Copies that ran before.
    before: Vec<Id>,
}

pub(super) struct Start;

impl Action for Start {
    fn signature(&self) -> &'static Signature {
        &START
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        args.get("command").and_then(|_| words(args).err())
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let effects = Effects::touches_world();
        match args.text_or_none("log") {
            Some(log) => {
                let located = look.and_then(|look| look.locate_following(log).ok());
                let name = located.map_or_else(|| log.to_owned(), |located| located.name);
                effects.write(Resource::file(name))
            }
            None if args.is_unknown("log") => effects.write(Resource::file("**")),
            None => effects,
        }
    }

    fn starts(&self, args: &Args, look: &Look) -> Vec<PathBuf> {
        words(args).map(|words| scripts::of(&words, &exec::cwd(args, look))).unwrap_or_default()
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        if args.any_unknown() {
            return Ok(Preview { summary: "start a process that is not known yet".to_owned(), ..Preview::default() });
        }
        let words = words(args)?;
        let cwd = exec::cwd(args, look);
        let log = log(args, look)?;
        let mut preview = Preview::default();
        let to = args.text_or_none("log").map_or_else(String::new, |log| format!(", output to {log}"));
        preview.summary = format!("start {}{to}", args.text("command")?);
        for copy in launch::copies(&words, &cwd)? {
            preview.notes.push(format!("already runs ({}): refused unless an earlier step stops it", described(&copy)));
        }
        if preview.notes.is_empty() {
            preview.notes.push("not running now".to_owned());
        }
        exec::startable(args.text("command")?, &words, &cwd)?;
        match args.lazy("ready") {
            Some(_) => {
                let within = args.duration("within").unwrap_or(WITHIN);
                preview
                    .notes
                    .push(format!("waits until it is ready, at most {}", show::duration(within.as_nanos() as f64)));
            }
            None => preview.notes.push("nothing says how it is seen to be ready".to_owned()),
        }
        if log.is_none() {
            preview.notes.push("its output is dropped".to_owned());
        }
        preview.opaque = Some("a process may change anything that its user may".to_owned());
        let below = cwd.strip_prefix(look.root()).unwrap_or(&cwd);
        let below = if below.as_os_str().is_empty() { ".".to_owned() } else { below.display().to_string() };
        preview.changes.push(Change::Command { argv: words, cwd: below });
        Ok(preview)
    }

    fn fingerprint(&self, _args: &Args, _look: &Look) -> Result<Option<Fingerprint>> {
        Ok(None)
    }

    fn capture(&self, args: &Args, look: &Look, _keep: &dyn Keep) -> Result<Capture> {
        let words = words(args)?;
        let cwd = resolved(&exec::cwd(args, look));
        let before = launch::copies(&words, &cwd)?.into_iter().map(|process| process.id).collect();
        let begun = Begun { argv: words, cwd: cwd.display().to_string(), before };
        let data = serde_json::to_value(begun).map_err(|error| Error::internal(error.to_string()))?;
        Ok(Capture::Data { data, states: Vec::new() })
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let words = words(args)?;
        let cwd = resolved(&exec::cwd(args, touch));
        let log = log(args, touch)?;
        if let Some(copy) = launch::copies(&words, &cwd)?.first() {
            return Err(Error::refused(format!(
                "a copy runs already ({}), and a second is not started",
                described(copy)
            ))
            .hint("stop it first with `process.stop(…)`"));
        }
        let mut env = exec::environment(args, touch)?;
        env.push((launch::MARK.to_owned(), Some(launch::mark(&words, &cwd))));
        let command = Command { argv: words, cwd: Some(cwd), env, stdin: None, user: None };
        let logged = log.as_ref().and_then(|log| log.metadata().ok()).map_or(0, |meta| meta.len());
        let pid = touch.spawn().start_detached(&command, log.as_deref())?;
        let up = match args.lazy("ready") {
            Some(ready) => {
                let within = args.duration("within").unwrap_or(WITHIN);
                rounds::until(ready, touch, within, EVERY, || match launch::ended(pid) {
                    // One that puts itself into the background ends with 0 and may still become ready.
                    Some(how) if how != "exited with 0" => {
                        Err(Error::failed(format!("{} {how} before it was ready", command.shown())))
                    }
                    _ => Ok(()),
                })
                .map_err(|error| not_ready(error, &command))
            }
            None => launch::settles(pid, &command),
        };
        match up {
            Ok(()) => Ok(Value::Int(pid.into())),
            Err(error) => Err(give_up(error, &command, pid, log.as_deref(), logged)),
        }
    }

    fn undo(&self, capture: &Capture, touch: &Touch, _keep: &dyn Keep) -> Result<()> {
        let Capture::Data { data, .. } = capture else { return Ok(()) };
        let begun: Begun = serde_json::from_value(data.clone())
            .map_err(|error| Error::internal(format!("the capture of `process.start` does not read: {error}")))?;
        let ours: Vec<_> = launch::copies(&begun.argv, Path::new(&begun.cwd))?
            .into_iter()
            .filter(|process| !begun.before.contains(&process.id))
            .collect();
        ending::end(&ours, ending::GRACE, touch.cancel())
    }
}

fn words(args: &Args) -> Result<Vec<String>> {
    let line = args.text("command")?;
    let words = shlex::split(line).ok_or_else(|| {
        Error::new(ErrorKind::Value, format!("the quotes of the command line `{line}` are not closed"))
    })?;
    if words.is_empty() {
        return Err(Error::new(ErrorKind::Value, "`process.start` was given no command"));
    }
    // No shell takes part: what only a shell understands would reach the program as a word.
    if let Some(word) =
        words.iter().find(|word| matches!(word.as_str(), "&" | "&&" | "||" | "|" | ";" | ">" | ">>" | "2>&1" | "<"))
    {
        let what = format!("`{word}` in `{line}` is for a shell, and `process.start` uses none");
        return Err(Error::new(ErrorKind::Value, what)
            .hint("output goes to `log:`, and it is started in the background anyway; for a pipeline start a script"));
    }
    Ok(words)
}

fn resolved(cwd: &Path) -> PathBuf {
    cwd.canonicalize().unwrap_or_else(|_| cwd.to_owned())
}

/// The log, inside a root: a link on the way must not lead out of it.
fn log(args: &Args, look: &Look) -> Result<Option<PathBuf>> {
    args.text_or_none("log").map(|log| look.locate_following(log).map(|located| located.path)).transpose()
}

fn not_ready(mut error: Error, command: &Command) -> Error {
    if error.kind == ErrorKind::TimedOut {
        error.what = format!("{} is not ready: {}", command.shown(), error.what);
        error.hint = Some("look at its log; `within:` gives it more time".to_owned());
    }
    error
}

/// Stops what was started and is not up: a retry would otherwise be refused as a second copy.
fn give_up(mut error: Error, command: &Command, pid: u32, log: Option<&Path>, from: u64) -> Error {
    // Its own bound: the run may be at its end, and the process must not be left behind half up.
    let bound = crate::catalogue::cancel::Cancel::new().within(Duration::from_secs(30));
    let running = i32::try_from(pid).ok().and_then(table::one);
    if let Some(process) = running {
        error.what.push_str(match ending::end(&[process], ending::GRACE, &bound) {
            Ok(()) => "; it was stopped again",
            Err(_) => "; it could not be stopped again and still runs",
        });
    }
    if let Some(line) = log.and_then(|log| last_line(log, from)) {
        for part in ["; its last line was `", &line, "`"] {
            error.what.push_str(part);
        }
    }
    if error.hint.is_none() {
        error.hint = Some(match log {
            Some(log) => format!("see {}", log.display()),
            None => format!("give it a `log:` to see why; by hand: {}", command.shown()),
        });
    }
    error
}

/// The last line that was written after `from`.
fn last_line(log: &Path, from: u64) -> Option<String> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = std::fs::File::open(log).ok()?;
    let end = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(from.max(end.saturating_sub(4096)))).ok()?;
    let mut head = Vec::new();
    file.take(4096).read_to_end(&mut head).ok()?;
    let total = head.len() as u64;
    crate::catalogue::command::Output { head, tail: Vec::new(), total }.last_line()
}
