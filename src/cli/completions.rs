//! `rbk completions SHELL`: the script that completes `rbk` in a shell.

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use super::context::Context;
use super::exit::{Done, Exit};

// `rbk completions SHELL`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    pub fn run(self, context: &Context) -> Done {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut shown(), "rbk", &mut script);
        context.result(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Done)
    }
}

/// The program without what its help does not show, which scripts would offer all the same.
fn shown() -> Command {
    let all = super::Cli::command();
    let verbs = all.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned();
    let bare = Command::new("rbk").version(env!("CARGO_PKG_VERSION")).disable_help_subcommand(true);
    bare.args(all.get_arguments().cloned()).subcommands(verbs)
}
