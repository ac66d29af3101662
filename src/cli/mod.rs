//! The command line: arguments to verb. One file per verb; a verb is added here in two lines.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod again;
mod asked;
mod authority;
mod check;
mod completions;
mod confirm;
mod context;
mod demo;
mod diagnose;
mod diff;
mod doc;
pub mod exit;
mod explain;
mod fix;
mod fmt;
mod gather;
mod graph;
mod init;
mod leftover;
mod load;
mod man;
#[cfg(test)]
mod mutations_tests;
mod output;
mod params_file;
mod people;
mod plan;
mod request;
mod rewrite;
mod run;
mod runs;
mod schema;
mod secrets;
mod show;
mod status;
mod undo;
mod unplanned;
mod verify;
mod what_if;
mod world;

use crate::run::process::{guard, guardian};

use context::{Context, Global};
use exit::{Done, Exit};

/// A compiler and runner for rollback policies.
///
/// A policy is the rollback runbook of a team: written in the order that you would do it by hand, checked by CI,
/// shown as a diff before it acts, run, verified, recorded, and undone if need be.
#[derive(Debug, Parser)]
#[command(name = "rbk", version, disable_help_subcommand = true, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Option<Verb>,
}

// Deferred: the arguments of the one verb that is called are all that a start has to put together.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum Verb {
    /// Make a throwaway project with a live service and roll it back, step by step
    Demo(demo::Demo),
    /// Write a first policy for this folder
    Init(init::Init),
    /// Find every mistake of policies: syntax, names, types, units, order, deadlines
    Check(check::Check),
    /// Format policies
    Fmt(fmt::Fmt),
    /// Explain a diagnostic code, with an example and its mending
    Explain(explain::Explain),
    /// Show what a run would do and change, without changing anything
    Plan(plan::PlanVerb),
    /// Draw the graph of a plan as text, DOT or Mermaid
    Graph(graph::Graph),
    /// Write a policy as a readable runbook, or as JSON
    Doc(doc::Doc),
    /// Find the scenario that fits what is the case now
    Diagnose(diagnose::Diagnose),
    /// Say what a change of a policy means
    Diff(diff::Diff),
    /// Evaluate only the verifications
    Verify(verify::Verify),
    /// Roll back: run a policy, or a saved plan
    Run(run::Run),
    /// Take back what a run did
    Undo(undo::Undo),
    /// List the runs of a project
    Runs(runs::Runs),
    /// Tell the story of a run
    Show(show::Show),
    /// Print the JSON Schema of what a verb prints for programs
    Schema(schema::Schema),
    /// Print the script that completes `rbk` in a shell
    Completions(completions::Completions),
    /// Print the manual page of `rbk` or of a verb
    Man(man::Manual),
    /// The service of the demo project
    #[command(hide = true)]
    DemoService(demo::service::DemoService),
}

impl Verb {
    fn run(self, context: &Context) -> Done {
        match self {
            Self::Demo(verb) => verb.run(context),
            Self::Init(verb) => verb.run(context),
            Self::Check(verb) => verb.run(context),
            Self::Fmt(verb) => verb.run(context),
            Self::Explain(verb) => verb.run(context),
            Self::Plan(verb) => verb.run(context),
            Self::Graph(verb) => verb.run(context),
            Self::Doc(verb) => verb.run(context),
            Self::Diagnose(verb) => verb.run(context),
            Self::Diff(verb) => verb.run(context),
            Self::Verify(verb) => verb.run(context),
            Self::Run(verb) => verb.run(context),
            Self::Undo(verb) => verb.run(context),
            Self::Runs(verb) => verb.run(context),
            Self::Show(verb) => verb.run(context),
            Self::Schema(verb) => verb.run(context),
            Self::Completions(verb) => verb.run(context),
            Self::Man(verb) => verb.run(context),
            Self::DemoService(verb) => verb.run(),
        }
    }
}

/// Parses the arguments, runs the verb, says what went wrong, and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    // Before everything else: the guardian is to stay small, and no verb of people.
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|verb| verb == guardian::VERB) {
        guardian::main(arguments.filter_map(|argument| argument.into_string().ok()));
        return ExitCode::SUCCESS;
    }
    guard::enable();
    let exit = verb();
    guard::dismiss();
    exit
}

fn verb() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // `--help` and `--version` arrive here too, with exit code 0.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Exit::Wrong as u8 } else { 0 });
        }
    };
    let context = Context::new(cli.global);
    let done = match cli.verb {
        Some(verb) => verb.run(&context),
        None => status::run(&context),
    };
    let exit = match done {
        Ok(exit) => exit,
        Err(failure) => {
            context.failure(&failure);
            failure.exit
        }
    };
    let Some(why) = output::lost() else { return ExitCode::from(exit as u8) };
    context.error(
        &format!("what this told could not be written to standard output: {why}"),
        Some("the run itself was not stopped by it, and is recorded: `rbk show` tells of it"),
    );
    ExitCode::from(if exit == Exit::Done { Exit::Failed } else { exit } as u8)
}

// The `POLICY` argument of most verbs.
#[derive(Debug, clap::Args)]
struct PolicyArg {
    /// The policy file, or a folder that holds one [default: this folder]
    #[arg(value_name = "POLICY")]
    policy: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn no_param_is_set_by_a_variable_of_a_flag() {
        let mut command = Cli::command();
        command.build();
        let all = std::iter::once(&command).chain(command.get_subcommands());
        let variables: Vec<_> = all.flat_map(clap::Command::get_arguments).filter_map(clap::Arg::get_env).collect();
        assert!(!variables.is_empty());
        for variable in variables {
            assert!(crate::plan::params::OWN.iter().any(|own| *own == variable), "{variable:?}");
        }
    }

    /// The arguments of a verb are put together when it is called; what they are documented with is not what it does.
    #[test]
    fn the_arguments_of_a_verb_leave_it_its_words() {
        let before = Cli::command();
        let mut built = Cli::command();
        built.build();
        for verb in before.get_subcommands() {
            let after = built.find_subcommand(verb.get_name()).and_then(clap::Command::get_about);
            assert_eq!(after.map(ToString::to_string), verb.get_about().map(ToString::to_string));
        }
    }
}
