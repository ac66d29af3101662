//! `rbk undo RUN`: take back what a run did.

use std::path::Path;

use clap::Args;

use crate::catalogue::error::{Error, ErrorKind};
use crate::catalogue::look::Look;
use crate::run::event::{Event, Outcome};
use crate::run::{journal, undo};
use crate::source::{SourceFile, Sources};
use crate::store::lock::UNNAMED;
use crate::store::{Sqlite, Store};

use super::confirm::{self, Asks, Confirm};
use super::context::Context;
use super::exit::{Done, Exit, Failure};
use super::run::{Format, absolute, hold_as, hold_root, tell};
use super::{leftover, load, world};

// `rbk undo RUN`
#[derive(Debug, Args)]
pub struct Undo {
    /// The run: its id, the beginning or end of it, or `last`; where the last one is an undo that did not finish, the run
    /// that it undoes
    #[arg(value_name = "RUN", default_value = "last")]
    run: String,
    /// Undo even what was changed since; the present state is captured first
    #[arg(long)]
    force: bool,
    /// Only show what it would do
    #[arg(long)]
    dry_run: bool,
    /// Do not ask; the name of an environment with `confirm typed` takes `--confirm`
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    confirm: Confirm,
    /// How to tell what happens
    #[arg(long, value_enum, default_value_t = Format::Auto, value_name = "FORMAT")]
    format: Format,
}

impl Undo {
    pub fn run(mut self, context: &Context) -> Done {
        let folder = world::nearest_state(context)?;
        let (look, mut held) = {
            let held = hold_as(&folder, UNNAMED)?;
            let unnamed = self.run == "last";
            self.run = meant(held.store(), self.run, context)?;
            let look = world_of(held.store(), &self.run, context)?.guarding(absolute(&folder));
            let look = world::shelved(&look, folder.clone());
            if unnamed && !world::is_meant(look.root(), &folder)? {
                return Err(of_another_root(held.store(), &self.run, look.root(), &folder));
            }
            let root = hold_root(&look, &folder)?;
            (look, held.with_root(root))
        };
        if self.dry_run {
            let left = leftover::running(&held.store().runs()?, &folder);
            if !left.is_empty() {
                context.remark(&format!("still running, would be ended first: {}", leftover::named(&left)));
            }
        } else {
            // Before the world is looked at: it may still be writing.
            leftover::end(held.store(), &folder, context)?;
        }
        let catalogue = crate::catalogue();
        let compile = |texts: &[(String, String)]| {
            let mut sources = Sources::default();
            for (path, text) in texts {
                sources.add(SourceFile::new(path, text.as_str()));
            }
            load::compile_sources(sources, &catalogue).policy.ok_or_else(|| {
                Error::failed("the policy that this run froze does not compile with this version of rbk")
                    .hint("undo it with the version that ran it; `rbk show` tells which")
            })
        };
        let plan = undo::plan(&**held.store(), &self.run, &look, &catalogue, &compile).map_err(wrong)?;
        if self.dry_run {
            context.result(&plan.text())?;
            return Ok(Exit::Done);
        }
        if plan.is_empty() {
            context.result(&plan.text())?;
            return Ok(Exit::Done);
        }
        if self.format != Format::Json {
            context.remark(plan.text().trim_end());
        }
        undo::refusal(&plan, self.force).map_or(Ok(()), |error| Err(wrong(error)))?;
        held.name(&plan.id)?;
        leftover::name_daemons(&plan.of.id, &folder, context);
        let environment = plan.environment();
        match self.confirm.settle(environment, plan.confirm_typed(), context)? {
            Asks::Type(wanted) => {
                context.say(&format!("environment {wanted} · {}", look.root().display()));
                confirm::ask(&wanted, "undo this")?;
            }
            Asks::Nothing => self.agreed(context)?,
            Asks::Named => {}
        }
        let setting = held.setting(look, absolute(&folder), &plan.id, self.format, context);
        let ended = undo::undo(plan, setting, self.force).map_err(wrong)?;
        Ok(tell(&ended, self.format, context))
    }
}

impl Undo {
    /// Asks, unless that was answered by `--yes`. The plan was shown.
    fn agreed(&self, context: &Context) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !context.can_ask() {
            return Err(Failure::new(Exit::Person, "this would change the world, and nobody can be asked here")
                .hint("say `--yes`; `--dry-run` only shows it"));
        }
        confirm::ask("yes", "undo this")
    }
}

/// The run that is meant by `name`. Whoever says `last` after an undo that did not finish wants that one to go on, not to
/// have its half taken back.
fn meant(store: &Sqlite, name: String, context: &Context) -> Result<String, Failure> {
    if name != "last" {
        return Ok(name);
    }
    let runs = store.runs()?;
    let Some(last) = runs.first() else { return Ok(name) };
    let outcome = last.outcome.as_deref().and_then(Outcome::parse);
    let unfinished = matches!(outcome, None | Some(Outcome::UndoFailed | Outcome::Interrupted | Outcome::Failed));
    match &last.of {
        Some(of) if unfinished => {
            context.remark(&format!(
                "the last undo, {}, did not finish; this goes on with it (`rbk undo {}` would take back what it did)",
                last.id, last.id
            ));
            Ok(of.clone())
        }
        _ => Ok(name),
    }
}

/// Several roots may be recorded in one state folder; what is not said is not taken from another one than this.
fn of_another_root(store: &Sqlite, run: &str, root: &Path, folder: &Path) -> Failure {
    let id = store.find(run).map_or_else(|_| run.to_owned(), |row| row.id);
    Failure::wrong(format!(
        "the last run that is recorded in `{}`, {id}, acted on another root: `{}`",
        folder.display(),
        root.display()
    ))
    .hint(format!("`rbk undo {id}` undoes it all the same, `rbk runs` lists the others; nothing was changed"))
}

/// The root that a run acted on, as its first record says.
fn world_of(store: &Sqlite, run: &str, context: &Context) -> Result<Look, Failure> {
    let row = store.find(run).map_err(|error| Failure::wrong(error.what).hint(error.hint.unwrap_or_default()))?;
    let mut root = None;
    journal::read(store, row.no, &row.id, &mut |record| {
        if let Event::RunStarted { target, .. } = record.event {
            root = Some(target.root);
        }
        Ok(())
    })?;
    let root = root.ok_or_else(|| Failure::wrong(format!("run `{}` was cut short before it did anything", row.id)))?;
    let texts = crate::run::frozen::Frozen::parse(&store.frozen(row.no)?, &row.id)?.sources;
    let mut sources = Sources::default();
    for (path, text) in &texts {
        sources.add(SourceFile::new(path, text.as_str()));
    }
    match load::compile_sources(sources, &crate::catalogue()).policy {
        Some(policy) => {
            let look = world::open_at(&policy, std::path::Path::new(&root), context)?;
            context.secrets.load(&policy, &look);
            Ok(look)
        }
        None => world::bare(std::path::Path::new(&root)),
    }
}

fn wrong(error: Error) -> Failure {
    let exit = match error.kind {
        ErrorKind::Changed | ErrorKind::Refused => Exit::Refused,
        _ => Exit::Wrong,
    };
    let failure = Failure::new(exit, error.what);
    match error.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
