//! `exec` and `sh`, asked in an expression, and what their action forms share: the command, its result as a record.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalogue::args::Args;
use crate::catalogue::command::{Command, Finished, Output};
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::ty::{RecordField, RecordType};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::{Record, Value};

/// All probes of this family.
pub(super) fn all() -> Vec<Arc<dyn Probe>> {
    vec![Arc::new(Ask(&EXEC)), Arc::new(Ask(&SH))]
}

/// The result of a command.
pub static RESULT: RecordType = RecordType {
    name: "command result",
    fields: &[
        RecordField { name: "ok", ty: "bool", doc: "whether the exit code is one of `ok:` (0 unless said)" },
        RecordField { name: "exit", ty: "int", doc: "the exit code; 128 + the signal where one ended it" },
        RecordField { name: "stdout", ty: "string", doc: "standard output without the line ends at its end" },
        RecordField { name: "stderr", ty: "string", doc: "standard error without the line ends at its end" },
        RecordField { name: "json", ty: "json", doc: "standard output as JSON; missing where it is none" },
    ],
};

const ENV: Parameter = Parameter {
    name: "env",
    ty: "map[secret?]",
    form: Form::Optional,
    doc: "variables to set, to texts or secrets; `none` removes one",
};
const CWD: Parameter =
    Parameter { name: "cwd", ty: "path", form: Form::Optional, doc: "the directory to run in; the root unless said" };
const USER: Parameter =
    Parameter { name: "user", ty: "string", form: Form::Optional, doc: "the user to run as, which only root may" };
const STDIN: Parameter = Parameter {
    name: "stdin",
    ty: "secret",
    form: Form::Optional,
    doc: "what it reads, a text or a secret; nothing unless said",
};
const OK: Parameter = Parameter {
    name: "ok",
    ty: "list[int]",
    form: Form::Optional,
    doc: "the exit codes that are no failure; [0] unless said",
};

/// `exec([…])`
pub static EXEC: Signature = Signature {
    name: "exec",
    role: Role::Command,
    params: &[
        Parameter {
            name: "argv",
            ty: "list[string]",
            form: Form::Positional,
            doc: "the program and its arguments, each an element; no shell takes part",
        },
        ENV,
        CWD,
        USER,
        STDIN,
        OK,
    ],
    returns: Returns::Record(&RESULT),
    undo: UndoKind::None,
    gate: false,
    doc: "runs a program to its end",
    page: "actions/exec.md",
};

/// `sh("…")`
pub static SH: Signature = Signature {
    name: "sh",
    role: Role::Command,
    params: &[
        Parameter {
            name: "command",
            ty: "sh",
            form: Form::Positional,
            doc: "a line for `/bin/sh`; each `${…}` is quoted, so that a value stays one word",
        },
        ENV,
        CWD,
        USER,
        STDIN,
        OK,
    ],
    returns: Returns::Record(&RESULT),
    undo: UndoKind::None,
    gate: false,
    doc: "runs a shell command to its end",
    page: "actions/sh.md",
};

/// A command in an expression.
struct Ask(&'static Signature);

impl Probe for Ask {
    fn signature(&self) -> &'static Signature {
        self.0
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::reads_world()
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let command = command(args, look)?;
        let finished = look.exec(&command)?;
        let ok = accepted(args);
        // Whoever names the exit codes means that any other is a failure; who does not asks for `.ok` or `.exit`.
        if args.get("ok").is_some() {
            judge(&command, &finished, &ok)?;
        }
        Ok(record(&finished, &ok))
    }
}

/// The command of a call of `exec` or `sh`.
pub fn command(args: &Args, look: &Look) -> Result<Command> {
    Ok(Command {
        argv: argv(args)?,
        cwd: Some(cwd(args, look)),
        env: environment(args, look)?,
        stdin: stdin(args, look)?,
        user: args.text_or_none("user").map(str::to_owned),
    })
}

/// Its argument vector.
pub fn argv(args: &Args) -> Result<Vec<String>> {
    if args.signature().name == "sh" {
        return Ok(vec!["/bin/sh".into(), "-c".into(), args.code("command")?.text.to_string()]);
    }
    let words = args.value("argv")?.elements().iter().map(|value| word(value, "argv")).collect::<Result<Vec<_>>>()?;
    if words.first().is_none_or(String::is_empty) {
        return Err(Error::new(ErrorKind::Value, "`exec` needs a program: its list is empty")
            .hint("name the program first: `exec([\"git\", \"status\"])`"));
    }
    Ok(words)
}

/// One argument. Numbers and other plain values read as they are written; a secret would be seen in the process table.
fn word(value: &Value, of: &str) -> Result<String> {
    match value {
        Value::Secret(_) | Value::Sealed(_) => {
            Err(Error::new(ErrorKind::Value, format!("{value} must not stand in `{of}`"))
                .hint("every user of the machine can read the arguments of a process; pass it by `env:` or `stdin:`"))
        }
        Value::None => Err(Error::new(ErrorKind::Absent, format!("an element of `{of}` is absent"))),
        Value::List(_) | Value::Map(_) | Value::Record(_) | Value::Code(_) => {
            Err(Error::new(ErrorKind::Value, format!("an element of `{of}` must be a text, not {value}")))
        }
        Value::Json(json) => Ok(json.as_str().map_or_else(|| json.to_string(), str::to_owned)),
        value => Ok(value.as_text().map_or_else(|| value.to_string(), str::to_owned)),
    }
}

/// The directory of a call that takes `cwd:`.
pub fn cwd(args: &Args, look: &Look) -> PathBuf {
    args.text_or_none("cwd").map_or_else(|| look.root().to_owned(), |cwd| look.root().join(cwd))
}

/// The variables of a call that takes `env:`, secrets revealed: for the child alone.
pub fn environment(args: &Args, look: &Look) -> Result<Vec<(String, Option<String>)>> {
    let Some(Value::Map(entries)) = args.get("env") else { return Ok(Vec::new()) };
    entries
        .iter()
        .map(|(name, value)| {
            let value = match (value, look.revealed(value)?) {
                (Value::None, _) => None,
                (_, Some(secret)) => Some(secret),
                (value, None) => Some(word(value, "env")?),
            };
            Ok((name.to_string(), value))
        })
        .collect()
}

fn stdin(args: &Args, look: &Look) -> Result<Option<Vec<u8>>> {
    Ok(match args.get("stdin") {
        None => None,
        Some(value) => Some(match look.revealed(value)? {
            Some(secret) => secret.into_bytes(),
            None => word(value, "stdin")?.into_bytes(),
        }),
    })
}

/// The exit codes that are no failure.
pub fn accepted(args: &Args) -> Vec<i64> {
    let Some(value) = args.get("ok") else { return vec![0] };
    value.elements().iter().filter_map(|code| if let Value::Int(code) = code { Some(*code) } else { None }).collect()
}

/// Fails where the exit code is not one of `ok`.
pub fn judge(command: &Command, finished: &Finished, ok: &[i64]) -> Result<()> {
    if ok.contains(&i64::from(finished.exit)) {
        return Ok(());
    }
    let how = match finished.signal {
        Some(signal) => format!("was ended by signal {signal}"),
        None => format!("exited with {}", finished.exit),
    };
    let said = finished.stderr.last_line().or_else(|| finished.stdout.last_line());
    let said = said.map_or_else(String::new, |line| format!(": {line}"));
    let error = Error::failed(format!("{} {how}{said}", command.shown()));
    Err(match finished.exit {
        127 => error.hint("127 is how a shell says that a program was not found; check PATH"),
        126 => error.hint("126 is how a shell says that a file is not executable"),
        _ if finished.signal == Some(9) => error.hint("something else killed it: often the system, out of memory"),
        code => error.hint(format!("`rbk show` has all of its output; if {code} is fine, say `ok: [0, {code}]`")),
    })
}

/// The result as a value.
pub fn record(finished: &Finished, ok: &[i64]) -> Value {
    let stdout = text(&finished.stdout);
    let json = json(&stdout).map_or(Value::None, |json| Value::Json(Arc::new(json)));
    Record::of([
        ("ok", Value::Bool(ok.contains(&i64::from(finished.exit)))),
        ("exit", Value::Int(finished.exit.into())),
        ("stdout", Value::str(stdout)),
        ("stderr", Value::str(text(&finished.stderr))),
        ("json", json),
    ])
}

fn text(output: &Output) -> String {
    let mut text = output.text();
    text.truncate(text.trim_end_matches(['\n', '\r']).len());
    text
}

/// JSON, where a text is some. Most output is not: the first character says so without a parse.
pub fn json(text: &str) -> Option<serde_json::Value> {
    let start = text.trim_start().chars().next()?;
    let may = matches!(start, '{' | '[' | '"' | '-' | 't' | 'f' | 'n') || start.is_ascii_digit();
    may.then(|| serde_json::from_str(text).ok()).flatten()
}

/// Refuses a command that cannot be started now, while nothing has changed yet; the planner lets it pass where an earlier
/// step may still make what is missing.
///
/// # Errors
/// There is no such directory, or no such program.
pub fn startable(shown: &str, argv: &[String], cwd: &Path) -> Result<()> {
    if !cwd.is_dir() {
        return Err(Error::refused(format!("there is no directory `{}` to run `{shown}` in", cwd.display())));
    }
    let Some(program) = argv.first() else { return Ok(()) };
    let runs = |file: &Path| file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0);
    let found = if program.contains('/') {
        runs(&cwd.join(program))
    } else {
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|folder| runs(&folder.join(program)))
    };
    if found {
        return Ok(());
    }
    Err(Error::refused(format!("there is no program `{program}` now")).hint("install it, mend its name or `PATH`"))
}
