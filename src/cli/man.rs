//! `rbk man [VERB]`: the manual, made of the help of the flags and the table of exit codes.

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::context::Context;
use super::exit::{Done, Exit, Failure};
use crate::diagnostics::suggest;

// `rbk man [VERB]`
#[derive(Debug, Args)]
pub struct Manual {
    /// The verb; without one, the page of `rbk` itself
    #[arg(value_name = "VERB")]
    verb: Option<String>,
}

impl Manual {
    pub fn run(self, context: &Context) -> Done {
        let mut rbk = super::Cli::command();
        rbk.build();
        let page = match &self.verb {
            None => rbk,
            Some(verb) => page_of(&rbk, verb)?,
        };
        let page = page.disable_help_subcommand(true);
        let mut text = Vec::new();
        let rendered = Man::new(page).render(&mut text).and_then(|()| exits().to_writer(&mut text));
        rendered.map_err(|error| Failure::new(Exit::Failed, format!("cannot make the page: {error}")))?;
        context.result(&String::from_utf8_lossy(&text))?;
        Ok(Exit::Done)
    }
}

fn page_of(rbk: &Command, verb: &str) -> Result<Command, Failure> {
    let shown = || rbk.get_subcommands().filter(|command| !command.is_hide_set());
    let Some(found) = shown().find(|command| command.get_name() == verb) else {
        let near = suggest::did_you_mean(verb, shown().map(Command::get_name));
        let failure = Failure::wrong(format!("there is no verb `{verb}`"));
        return Err(failure.hint(near.unwrap_or_else(|| "`rbk --help` lists them".to_owned())));
    };
    Ok(found.clone())
}

fn exits() -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["EXIT STATUS"]);
    for (exit, meaning) in Exit::TABLE {
        section.control("TP", []);
        section.text([roman((*exit as u8).to_string())]);
        section.text([roman(*meaning)]);
    }
    section
}
