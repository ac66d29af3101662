//! From a [`Command`] to a child that starts, or to the reason why it cannot, in words.

use std::fs::File;
use std::io::{Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::fs::{Access, MemfdFlags, access, memfd_create};

use super::{Processes, user};
use crate::catalogue::command::Command;
use crate::catalogue::error::{Error, ErrorKind, Result};

/// A command in `cwd` with its environment; neither streams nor group are set.
pub(super) fn prepare(command: &Command, cwd: &Path, processes: &Processes) -> Result<std::process::Command> {
    let Some((program, arguments)) = command.argv.split_first() else {
        return Err(
            Error::refused("a command without a program").hint("name the program first: `exec([\"git\", \"status\"])`")
        );
    };
    if program.is_empty() {
        return Err(Error::refused("a command whose program is an empty text"));
    }
    let mut prepared = std::process::Command::new(program);
    prepared.args(arguments).current_dir(cwd);
    if let Some(name) = &command.user {
        user::switch(&mut prepared, name, processes)?;
    }
    for (name, value) in &command.env {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(Error::refused(format!(
                "`{}` cannot be the name of an environment variable",
                name.escape_debug()
            )));
        }
        match value {
            Some(value) => prepared.env(name, value),
            None => prepared.env_remove(name),
        };
    }
    Ok(prepared)
}

/// A process group of its own. Not through `pre_exec`, which would cost the fast way of spawning.
pub(super) fn in_group(prepared: &mut std::process::Command) {
    prepared.process_group(0);
}

/// Standard input: nothing, or a file in memory. A pipe would have to be fed while the outputs are drained, and a
/// child that does not read it would end the feeder with SIGPIPE; a file can do neither.
pub(super) fn stdin(content: Option<&[u8]>) -> Result<Stdio> {
    let Some(content) = content else { return Ok(Stdio::null()) };
    let feed = || -> std::io::Result<File> {
        let mut file = File::from(memfd_create("rbk-stdin", MemfdFlags::CLOEXEC)?);
        file.write_all(content)?;
        file.rewind()?;
        Ok(file)
    };
    feed().map(Stdio::from).map_err(|source| Error::io("prepare the standard input of a command", &source))
}

/// Why a command could not be started. The system's own words (`No such file or directory`) do not say which file.
pub(super) fn explain(command: &Command, cwd: &Path, source: &std::io::Error) -> Error {
    let program = command.argv.first().map_or("", String::as_str);
    if !cwd.is_dir() {
        let why = if cwd.exists() { "is not a directory" } else { "does not exist" };
        return Error::failed(format!("{} cannot start: its directory `{}` {why}", command.shown(), cwd.display()))
            .hint("`cwd:` is relative to the policy's root");
    }
    let errno = source.raw_os_error().map(rustix::io::Errno::from_raw_os_error);
    match errno {
        None if source.kind() == std::io::ErrorKind::InvalidInput => {
            Error::refused(format!("{} holds a NUL character, which no argument can", command.shown()))
                .hint("take it out of the value, or pass the value by `stdin:`")
        }
        Some(rustix::io::Errno::TOOBIG) => {
            let bytes: usize = command.argv.iter().map(|argument| argument.len() + 1).sum();
            Error::refused(format!(
                "{} is too long for the system: {bytes} bytes in {} arguments, besides the environment",
                command.shown(),
                command.argv.len()
            ))
            .hint("pass the long value by `stdin:` or in a file")
        }
        Some(rustix::io::Errno::NOEXEC) => {
            Error::failed(format!("`{program}` is not a program that this machine can run"))
                .hint("a script needs a first line such as `#!/bin/sh`; a binary must be built for this machine")
        }
        Some(rustix::io::Errno::NOENT | rustix::io::Errno::ACCESS | rustix::io::Errno::NOTDIR) => {
            not_startable(command, program, cwd, source)
        }
        _ => Error::io(format_args!("start {}", command.shown()), source),
    }
}

fn not_startable(command: &Command, program: &str, cwd: &Path, source: &std::io::Error) -> Error {
    if program.contains('/') {
        let file = cwd.join(program);
        return match file.metadata() {
            Err(_) => Error::failed(format!("there is no program `{program}` (looked for `{}`)", file.display()))
                .hint("a program with a slash is looked for from the command's directory"),
            Ok(meta) if meta.is_dir() => Error::failed(format!("`{program}` is a directory, not a program")),
            Ok(_) => unusable(program, &file, source),
        };
    }
    let path = command
        .env
        .iter()
        .rev()
        .find(|(name, _)| name == "PATH")
        .map_or_else(|| std::env::var("PATH").unwrap_or_default(), |(_, value)| value.clone().unwrap_or_default());
    let found: Vec<PathBuf> =
        std::env::split_paths(&path).map(|dir| dir.join(program)).filter(|file| file.is_file()).collect();
    if let Some(file) = found.first() {
        return unusable(program, file, source);
    }
    let error = Error::new(ErrorKind::NoProgram, format!("there is no program `{program}` in PATH ({path})"));
    if program.contains(char::is_whitespace) {
        error.hint("each argument is an element of its own: `exec([\"npm\", \"run\", \"build\"])`; a line for the shell is `sh(\"…\")`")
    } else if cwd.join(program).is_file() {
        error.hint(format!("a program of the project needs its path: `./{program}`"))
    } else {
        error.hint("install it, or say where it is with its full path")
    }
}

/// The file is there and still does not start.
fn unusable(program: &str, file: &Path, source: &std::io::Error) -> Error {
    let executable = file.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0);
    if !executable {
        return Error::failed(format!("`{program}` is not executable (`{}`)", file.display()))
            .hint(format!("chmod +x {}", file.display()));
    }
    if access(file, Access::EXEC_OK).is_err() {
        return Error::failed(format!("`{program}` may not be run by this user (`{}`)", file.display()))
            .hint("check who owns it and as whom rbk runs");
    }
    if let Some(interpreter) = interpreter(file).filter(|interpreter| !Path::new(interpreter).exists()) {
        return Error::failed(format!("`{program}` is a script for `{interpreter}`, which does not exist"))
            .hint("install it, or mend the first line of the script");
    }
    Error::io(format_args!("start `{program}` (`{}`)", file.display()), source)
}

fn interpreter(file: &Path) -> Option<String> {
    use std::io::Read;
    let mut start = [0; 256];
    let count = File::open(file).ok()?.read(&mut start).ok()?;
    let line = start[..count].strip_prefix(b"#!")?.split(|&byte| byte == b'\n').next()?;
    String::from_utf8_lossy(line).split_whitespace().next().map(str::to_owned)
}
