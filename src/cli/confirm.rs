//! `confirm typed` of an environment: its name is typed, or said with `--confirm`, before anything acts on it.
//!
//! Acting on the wrong target is the commonest accident, so `--yes` does not answer this.

use std::io::{BufRead, Write};

use clap::Args;

use super::context::Context;
use super::exit::{Exit, Failure};

// The answer that was given beforehand.
#[derive(Debug, Args)]
pub struct Confirm {
    /// The environment that is meant, where it asks for its name; `--yes` does not answer that
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
}

/// What is left to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing that only a name answers.
    Nothing,
    /// `--confirm` named the environment.
    Named,
    /// This has to be typed.
    Type(String),
}

impl Confirm {
    /// Compares the answer with where it would act. `typed`: the environment asks for its name.
    pub fn settle(&self, environment: Option<&str>, typed: bool, context: &Context) -> Result<Asks, Failure> {
        match (&self.confirm, environment) {
            (Some(given), Some(environment)) if given == environment => Ok(Asks::Named),
            (Some(given), environment) => {
                let is = environment.map_or_else(
                    || "there is no environment here".to_owned(),
                    |environment| format!("this would act on environment `{environment}`"),
                );
                Err(Failure::new(
                    Exit::Refused,
                    format!("declined; nothing was changed: `--confirm {given}`, but {is}"),
                )
                .hint("look at the first lines of `rbk plan`; `--env NAME` picks another environment"))
            }
            (None, Some(environment)) if typed => {
                if context.can_ask() {
                    return Ok(Asks::Type(environment.to_owned()));
                }
                Err(Failure::new(
                    Exit::Person,
                    format!(
                        "environment `{environment}` wants its name before anything acts on it, and nobody can be asked \
                         here; nothing was changed"
                    ),
                )
                .hint(format!("say `--confirm {environment}`; `--yes` does not answer this")))
            }
            _ => Ok(Asks::Nothing),
        }
    }
}

/// Asks for `wanted` at the terminal.
pub fn ask(wanted: &str, what: &str) -> Result<(), Failure> {
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "\nType `{wanted}` to {what}: ").and_then(|()| err.flush());
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    if read.is_err() || answer.trim() != wanted {
        return Err(Failure::new(Exit::Refused, "declined; nothing was changed"));
    }
    Ok(())
}
