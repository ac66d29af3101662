//! What every verb needs to talk: where results and remarks go, colour, width, the state folder.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::catalogue::visible::visible;
use crate::run::secrets::Secrets;

use super::exit::{Exit, Failure};

// Flags that every verb takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// When to colour the output
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN", help_heading = "Output")]
    pub color: Color,
    /// Say less: results and errors only
    #[arg(short, long, global = true, help_heading = "Output")]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true, help_heading = "Output")]
    pub verbose: bool,
    /// Where runs are recorded [default: `.rbk` in the policy's root]
    #[arg(long, global = true, value_name = "DIR", env = "RBK_STATE", help_heading = "Output")]
    pub state: Option<PathBuf>,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How a verb talks.
#[derive(Clone, Debug)]
pub struct Context {
    /// The flags.
    pub global: Global,
    /// Whether standard output takes colour.
    pub color_out: bool,
    /// Whether standard error takes colour.
    pub color_err: bool,
    /// Columns.
    pub width: usize,
    /// What must not be said: known as soon as the policy is read.
    pub secrets: Secrets,
}

impl Context {
    /// Looks at the terminal and the environment once.
    #[must_use]
    pub fn new(global: Global) -> Self {
        let choose = |choice: anstream::ColorChoice| match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => choice != anstream::ColorChoice::Never,
        };
        let color_out = choose(anstream::AutoStream::choice(&io::stdout()));
        let color_err = choose(anstream::AutoStream::choice(&io::stderr()));
        Self { color_out, color_err, width: width(), secrets: Secrets::default(), global }
    }

    /// Whether a live display on standard error makes sense.
    #[must_use]
    pub fn live(&self) -> bool {
        !self.global.quiet && io::stderr().is_terminal() && std::env::var_os("CI").is_none()
    }

    /// Whether a person can be asked.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Writes a result to standard output, without secrets. A reader that went away is no error.
    pub fn result(&self, text: &str) -> Result<(), Failure> {
        self.document(&self.secrets.scrub(text).unwrap_or_else(|| text.to_owned()))
    }

    /// Writes a result as it is: a document from which secrets were taken where they may stand.
    pub fn document(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::new(Exit::Failed, format!("cannot write the result: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Writes a remark to standard error, unless `-q`.
    pub fn remark(&self, text: &str) {
        if !self.global.quiet {
            self.say(text);
        }
    }

    /// Writes to standard error; what cannot be written there is lost by nature.
    pub fn say(&self, text: &str) {
        let scrubbed = self.secrets.scrub(text);
        let text = scrubbed.as_deref().unwrap_or(text);
        let mut err = io::stderr().lock();
        let _ = err.write_all(text.as_bytes()).and_then(|()| err.write_all(b"\n"));
    }

    /// Writes why a verb could not do its work. A hint that holds for several is said once, behind the last of them.
    pub fn failure(&self, failure: &Failure) {
        let all: Vec<&Failure> =
            std::iter::once(failure).chain(&failure.also).filter(|one| !one.what.is_empty()).collect();
        for (number, one) in all.iter().enumerate() {
            let again = all.get(number + 1).is_some_and(|next| next.hint == one.hint);
            self.error(&one.what, one.hint.as_deref().filter(|_| !again));
        }
    }

    /// Writes an error and what to do about it.
    pub fn error(&self, what: &str, hint: Option<&str>) {
        let (red, cyan, reset) = if self.color_err { ("\x1b[1;31m", "\x1b[36m", "\x1b[0m") } else { ("", "", "") };
        self.say(&format!("{red}error{reset}: {}", visible(what)));
        if let Some(hint) = hint {
            self.say(&format!("  {cyan}help{reset}: {}", visible(hint)));
        }
    }
}

/// Columns of the terminal, `COLUMNS`, or 100.
fn width() -> usize {
    if let Some(columns) = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()) {
        return columns;
    }
    [rustix::termios::tcgetwinsize(io::stdout()), rustix::termios::tcgetwinsize(io::stderr())]
        .into_iter()
        .flatten()
        .map(|size| usize::from(size.ws_col))
        .find(|&columns| columns > 0)
        .unwrap_or(100)
        .clamp(40, 200)
}

/// Text for people, or JSON for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}
