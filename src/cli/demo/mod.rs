//! `rbk demo`: a throwaway project with a live service, rolled back on the code paths that every project takes.
//!
//! Every step is this program, called as its user would call it.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::catalogue::args::{Arg, Args};
use crate::catalogue::look::Look;
use crate::catalogue::value::Value;

use super::context::Context;
use super::exit::{Done, Exit, Failure};
use super::world;

mod project;
pub mod service;

// `rbk demo [DIR]`
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Where to make the project: a new or empty folder [default: a new one among the temporary files]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Only make the project and start its service
    #[arg(long)]
    only_make: bool,
}

impl Demo {
    pub fn run(self, context: &Context) -> Done {
        let program = std::env::current_exe()
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot tell where rbk lies: {error}")))?;
        let folder = folder(self.folder.as_deref())?;
        let port = free_port()?;
        project::make(&folder, &program, port)?;
        let show = Show { context, folder: &folder, program: &program };
        let look = world::bare(&folder)?;

        show.title("A project with a bad release");
        show.say(&format!("made {}", folder.display()));
        show.say("a git repository with two releases, a SQLite database, caches, and a service that is live:");
        let pid = start(&program, &folder, port)?;
        show.say(&format!("  release 1.5 serves on http://127.0.0.1:{port}, pid {pid}"));
        for path in ["/api/dashboard", "/api/unified-financial/verify-total-debt"] {
            let (took, body) = get(&look, port, path)?;
            show.say(&format!("  GET {path}  {:.0} ms  {}", took.as_secs_f64() * 1e3, body.trim()));
        }
        show.say("It is slow, and it counts wrong. `atomos.rbk` says how to go back; read it, it is short.");
        if self.only_make {
            return Ok(Exit::Done);
        }

        show.title("1. check: is the policy sound?");
        show.verb(&["check", project::POLICY])?;
        show.title("2. plan: what exactly would change?");
        show.verb(&["plan", project::POLICY, "--severity", "critical"])?;
        show.title("3. run: roll back");
        show.verb(&[
            "run",
            project::POLICY,
            "--severity",
            "critical",
            "--yes",
            "--reason",
            "release 1.5 is slow and wrong",
        ])?;
        show.title("4. verify: is it well now?");
        show.verb(&["verify", project::POLICY])?;
        for path in ["/api/dashboard", "/api/unified-financial/verify-total-debt"] {
            let (took, body) = get(&look, port, path)?;
            show.say(&format!("  GET {path}  {:.0} ms  {}", took.as_secs_f64() * 1e3, body.trim()));
        }
        show.title("5. show: what was recorded?");
        show.verb(&["show", "last"])?;
        show.title("What to try next");
        let rbk = program.display();
        for line in [
            format!("cd {}", folder.display()),
            format!("{rbk} undo last                # takes the rollback back: release 1.5 again, byte for byte"),
            format!("{rbk} runs                     # both runs, as recorded"),
            format!("{rbk} graph {}         # the order of its steps, and why", project::POLICY),
            "edit atomos.rbk: write `timeout 10MB`, or move `caches` behind `restart`, and check it again".to_owned(),
            format!("kill $(pgrep -f 'demo-service --port {port}')   # ends the service (it ends by itself when idle)"),
        ] {
            show.say(&format!("  {line}"));
        }
        Ok(Exit::Done)
    }
}

struct Show<'a> {
    context: &'a Context,
    folder: &'a Path,
    program: &'a Path,
}

impl Show<'_> {
    fn title(&self, text: &str) {
        let (bold, reset) = if self.context.color_out { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        self.say(&format!("\n{bold}── {text}{reset}"));
    }

    fn say(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        // A reader that went away does not end the demo in the middle of a run.
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }

    /// Runs this program with `args` in the project, showing what is typed.
    fn verb(&self, args: &[&str]) -> Result<(), Failure> {
        let shown: Vec<_> = args.iter().map(|arg| shlex::try_quote(arg).unwrap_or((*arg).into())).collect();
        self.say(&format!("$ rbk {}", shown.join(" ")));
        let status = Command::new(self.program)
            .args(args)
            .arg(if self.context.color_out { "--color=always" } else { "--color=never" })
            .current_dir(self.folder)
            .env_remove("RBK_STATE")
            .status()
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot run rbk itself: {error}")))?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(Exit::Failed, format!("`rbk {}` ended with {status}", args[0]))
            .hint(format!("the project is left in `{}`", self.folder.display())))
    }
}

fn folder(wanted: Option<&Path>) -> Result<PathBuf, Failure> {
    let fail = |path: &Path, error: &std::io::Error| {
        Failure::new(Exit::Failed, format!("cannot make `{}`: {error}", path.display()))
    };
    let Some(path) = wanted else {
        let made = tempfile::Builder::new().prefix("rbk-demo-").tempdir();
        return made.map(tempfile::TempDir::keep).map_err(|error| fail(&std::env::temp_dir(), &error));
    };
    std::fs::create_dir_all(path).map_err(|error| fail(path, &error))?;
    let empty = std::fs::read_dir(path).map_err(|error| fail(path, &error))?.next().is_none();
    if !empty {
        return Err(Failure::wrong(format!("`{}` is not empty", path.display()))
            .hint("name a new folder, or none: the demo then makes one among the temporary files"));
    }
    path.canonicalize().map_err(|error| fail(path, &error))
}

fn free_port() -> Result<u16, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| Failure::new(Exit::Failed, format!("no port is free on the loopback address: {error}")))
}

/// Starts the service as `process.start` would, and waits until it answers.
fn start(program: &Path, folder: &Path, port: u16) -> Result<u32, Failure> {
    use crate::catalogue::command::{Command as UnitCommand, Spawn};
    let command =
        UnitCommand { argv: project::service_argv(program, port), cwd: Some(folder.into()), ..Default::default() };
    let pid = crate::run::process::Processes::new(folder.to_path_buf())
        .start_detached(&command, Some(&folder.join("logs/app.log")))?;
    let until = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if Instant::now() > until {
            return Err(Failure::new(Exit::Failed, "the service of the demo did not start")
                .hint(format!("its log is `{}`", folder.join("logs/app.log").display())));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(pid)
}

/// One request, by the probe that policies use.
fn get(look: &Look, port: u16, path: &str) -> Result<(Duration, String), Failure> {
    let catalogue = crate::catalogue();
    let probe =
        catalogue.probe("http.get").ok_or_else(|| Failure::new(Exit::Failed, "there is no probe `http.get`"))?;
    let url = Value::Url(format!("http://127.0.0.1:{port}{path}").into());
    let args = Args::new(probe.signature(), vec![Arg::Known(url)]);
    let Value::Record(answer) = probe.sample(&args, look)? else { return Ok((Duration::ZERO, String::new())) };
    let took = answer.get("latency").and_then(Value::as_duration).unwrap_or_default();
    let body = answer.get("body").and_then(Value::as_text).unwrap_or_default().to_owned();
    Ok((took, body))
}
