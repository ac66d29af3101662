//! `rbk check`: every mistake of policies in one pass.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rayon::prelude::*;

use crate::diagnostics::{Level, render};

use super::context::Context;
use super::exit::{Done, Exit, Failure};
use super::load;

/// `rbk check [PATH…]`
#[derive(Debug, Args)]
pub struct Check {
    /// Policy files, or folders to search for them [default: this folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to print what is found
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    format: Format,
    /// Fail on these as well
    #[arg(long, value_enum, value_name = "LEVEL")]
    deny: Option<Deny>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON document
    Json,
    /// Workflow commands of GitHub Actions
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// Warnings fail the check
    Warnings,
}

impl Check {
    pub fn run(self, context: &Context) -> Done {
        let files = load::named(&self.paths)?;
        let catalogue = crate::catalogue();
        // A thread pool costs more than a few files do.
        let compile = |path: &PathBuf| load::compile(path, &catalogue);
        let compiled: Vec<_> = if files.len() > 4 {
            files.par_iter().map(compile).collect::<Result<_, Failure>>()?
        } else {
            files.iter().map(compile).collect::<Result<_, Failure>>()?
        };
        let format = match self.format {
            Format::Human => render::Format::Human,
            Format::Json => render::Format::Json,
            Format::Github => render::Format::Github,
        };
        let mut count = [0_usize; 2];
        for one in &compiled {
            for found in &one.report.diagnostics {
                match found.level {
                    Level::Error => count[0] += 1,
                    Level::Warning => count[1] += 1,
                    Level::Advice => {}
                }
            }
        }
        let human = self.format == Format::Human;
        let sets: Vec<_> = compiled.iter().map(|one| (&*one.sources, one.report.diagnostics.as_slice())).collect();
        let text = render::render_all(&sets, format, if human { context.color_err } else { false }, context.width);
        if human {
            if !text.is_empty() {
                context.say(text.trim_end());
            }
            context.remark(&summary(files.len(), count));
        } else {
            context.result(&text)?;
        }
        let denied = self.deny.is_some() && count[1] > 0;
        std::mem::forget(compiled); // the process ends here: freeing thousands of small things would only take time
        Ok(if count[0] > 0 || denied { Exit::Wrong } else { Exit::Done })
    }
}

fn summary(files: usize, [errors, warnings]: [usize; 2]) -> String {
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let checked = format!("checked {}", plural(files, "file"));
    match (errors, warnings) {
        (0, 0) => format!("{checked}: no mistakes found"),
        (0, _) => format!("{checked}: {}", plural(warnings, "warning")),
        (_, 0) => format!("{checked}: {}", plural(errors, "error")),
        _ => format!("{checked}: {}, {}", plural(errors, "error"), plural(warnings, "warning")),
    }
}
