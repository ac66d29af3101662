//! `rbk check`: every mistake of policies in one pass, and the mending of those that are mechanical.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rayon::prelude::*;

use crate::catalogue::unit::Catalogue;
use crate::check::allows;
use crate::diagnostics::levels::{Levels, Setting};
use crate::diagnostics::{Code, Level, render};

use super::context::Context;
use super::exit::{Done, Exit, Failure};
use super::load::{self, Compiled};
use super::{fix, rewrite};

// `rbk check [PATH…]`
#[derive(Debug, Args)]
pub struct Check {
    /// Policy files, or folders to search for them [default: this folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to print what is found
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    format: Format,
    /// Fail on this advice as well: a code, its name, or `warnings` for all; may be repeated
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    deny: Vec<String>,
    /// Do not report this advice: a code or its name; may be repeated
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    allow: Vec<String>,
    /// Mend what can be mended mechanically, such as a misspelt name that can only mean one other
    #[arg(long)]
    fix: bool,
    /// With `--fix`: change nothing, print the diff
    #[arg(long, requires = "fix")]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON document
    Json,
    /// Workflow commands of GitHub Actions
    Github,
    /// A SARIF 2.1.0 log, for code scanning
    Sarif,
    /// XML in the form of `JUnit`, for test reports
    Junit,
}

impl Check {
    pub fn run(self, context: &Context) -> Done {
        let levels = self.levels()?;
        if self.dry_run && self.format != Format::Human {
            return Err(Failure::wrong("`--dry-run` prints a diff, and no other format"));
        }
        let files = load::named(&self.paths)?;
        let catalogue = crate::catalogue();
        if self.fix {
            files.iter().try_for_each(|path| self.mend(path, &catalogue, context))?;
        }
        // A thread pool costs more than a few files do.
        let compile = |path: &PathBuf| load::compile(path, &catalogue);
        let results: Vec<_> =
            if files.len() > 4 { files.par_iter().map(compile).collect() } else { files.iter().map(compile).collect() };
        let mut compiled: Vec<Compiled> = Vec::with_capacity(results.len());
        let mut unread = Vec::new();
        for result in results {
            match result {
                Ok(one) => compiled.push(one),
                Err(failure) => unread.push(failure),
            }
        }
        let count = self.print(&mut compiled, &levels, context)?;
        std::mem::forget(compiled); // the process ends here: freeing thousands of small things would only take time
        // One file that cannot be read does not hide the mistakes of the others.
        let mut unread = unread.into_iter();
        match unread.next() {
            Some(first) => Err(Failure { also: unread.collect(), ..first }),
            None => Ok(if count[0] > 0 { Exit::Wrong } else { Exit::Done }),
        }
    }

    /// Prints what was found, in the order of the files; the numbers of errors and warnings.
    fn print(&self, compiled: &mut [Compiled], levels: &Levels, context: &Context) -> Result<[usize; 2], Failure> {
        let format = match self.format {
            Format::Human => render::Format::Human,
            Format::Json => render::Format::Json,
            Format::Github => render::Format::Github,
            Format::Sarif => render::Format::Sarif,
            Format::Junit => render::Format::Junit,
        };
        let mut count = [0_usize; 2];
        for one in compiled.iter_mut() {
            levels.apply(&mut one.report);
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
            if !compiled.is_empty() {
                context.remark(&summary(compiled.len(), count));
            }
        } else {
            context.result(&text)?;
        }
        Ok(count)
    }

    /// Mends one file, or shows how it would be.
    fn mend(&self, path: &Path, catalogue: &Catalogue, context: &Context) -> Result<(), Failure> {
        if path == Path::new("-") {
            return Err(Failure::wrong("`--fix` changes files; standard input is none"));
        }
        // What cannot be read is reported by the check.
        let Ok(Ok(text)) = load::read(path) else { return Ok(()) };
        let Some(fixed) = fix::fix(path, &text, catalogue) else { return Ok(()) };
        if self.dry_run {
            return context.result(&rewrite::diff(path, &text, &fixed.text, "fixed"));
        }
        rewrite::replace(path, &fixed.text)?;
        fixed.done.iter().for_each(|line| context.remark(&format!("fixed {line}")));
        Ok(())
    }

    /// What the call says of advice.
    fn levels(&self) -> Result<Levels, Failure> {
        let mut levels = Levels::default();
        for (names, setting, flag) in [(&self.deny, Setting::Deny, "--deny"), (&self.allow, Setting::Allow, "--allow")]
        {
            for name in names {
                match Code::parse_lint(name) {
                    Some(code) if levels.get(code).is_some_and(|other| other != setting) => {
                        return Err(Failure::wrong(format!("`{name}` is both denied and allowed")));
                    }
                    Some(code) => levels.set(code, setting),
                    None if name == "warnings" && setting == Setting::Deny => levels.set_others(setting),
                    None => {
                        let (message, help) = allows::unknown(name);
                        return Err(Failure::wrong(format!("`{flag}`: {message}")).hint(help));
                    }
                }
            }
        }
        Ok(levels)
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
