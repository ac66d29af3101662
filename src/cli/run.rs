//! `rbk run`: roll back, by a policy or by a saved plan.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::catalogue::error::ErrorKind;
use crate::catalogue::look::Look;
use crate::check::model::Policy;
use crate::plan::authority::Approval;
use crate::plan::model::{Plan, Request, Saved};
use crate::plan::{Drawn, drift, saved};
use crate::report;
use crate::run::reporter::Reporter;
use crate::run::{Ended, Setting};
use crate::store::{Sqlite, Store, lock};

use super::confirm::{self, Asks, Confirm};
use super::context::Context;
use super::exit::{Done, Exit, Failure};
use super::output::Output;
use super::request::RequestArgs;
use super::{again, asked, authority, leftover, load, people, plan, secrets, unplanned, world};

// `rbk run POLICY [PHASE…]` or `rbk run plan.json`
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    request: RequestArgs,
    /// Do not ask; the name of an environment with `confirm typed` takes `--confirm`
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    confirm: Confirm,
    /// Only plan
    #[arg(long)]
    dry_run: bool,
    /// How to tell what happens
    #[arg(long, value_enum, default_value_t = Format::Auto, value_name = "FORMAT")]
    format: Format,
}

/// How a run is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A live tree on a terminal, plain lines elsewhere
    Auto,
    /// Plain lines
    Lines,
    /// One event a line, as JSON
    Json,
}

impl Run {
    pub fn run(self, context: &Context) -> Done {
        let path = self.request.policy.clone();
        let is_saved = path.as_deref().is_some_and(|path| path.extension().is_some_and(|ext| ext == "json"));
        if let (true, Some(path)) = (is_saved, path.as_deref()) {
            return self.saved(path, context);
        }
        let (policy, look) = plan::compile(path.as_deref(), context)?;
        let request = asked::params(&policy, self.request.request()?, context)?;
        let mut approval = None;
        if !self.dry_run {
            authority::allows(&policy, &request, None)?;
            approval = authority::can_be_asked(&policy, &request)?;
        }
        let asks = if self.dry_run { Asks::Nothing } else { self.asks(&policy, &request, context)? };
        let answered = match asks {
            Asks::Nothing => self.yes,
            Asks::Named => true,
            Asks::Type(_) => false,
        };
        // Who has to approve sees the plan first, and no lock is held meanwhile.
        if answered && approval.is_none() && !self.dry_run {
            // Planned under the lock: between the plan and its first action stands no other run.
            let folder = world::state_folder(context, look.root());
            let root = hold_root(&look, &folder)?;
            leftover::end_in(&folder, context)?;
            let plan = plan::of(&policy, request, &look, &Drawn::now())?;
            again::refuse_early(&plan, self.request.again(), context)?;
            people::are_there(&plan)?;
            secrets::are_there(&plan, &look)?;
            let held = hold_as(&folder, &plan.run_id())?.with_root(root);
            plan::unavailable(&plan, context);
            plan::late(&plan, context);
            authority::unnamed(&policy, &plan.request, context);
            return execute(plan, look, &folder, held, Vec::new(), self.format, context);
        }
        let plan = plan::of(&policy, request, &look, &Drawn::now())?;
        let mut planned = plan::Planned { plan, look };
        if self.dry_run {
            let secrets = plan::inform(&mut planned, context);
            context.result(&plan::text(&planned.plan, &secrets, context.color_out, context))?;
            plan::unavailable(&planned.plan, context);
            again::remark(&planned.plan, context);
            authority::remark(&planned.plan, context);
            return Ok(Exit::Done);
        }
        again::refuse_early(&planned.plan, self.request.again(), context)?;
        people::are_there(&planned.plan)?;
        secrets::are_there(&planned.plan, &planned.look)?;
        let said = approve(&mut planned, &asks, answered, approval.as_ref(), context)?;
        let plan::Planned { plan, look } = planned;
        let folder = world::state_folder(context, look.root());
        let root = hold_root(&look, &folder)?;
        let held = hold_as(&folder, &plan.run_id())?.with_root(root);
        leftover::end(held.store(), &folder, context)?;
        // Somebody has read it meanwhile, which takes its time.
        let drawn = Drawn { id: plan.id, made: plan.made };
        let fresh = plan::of(&plan.policy, plan.request.clone(), &look, &drawn)?;
        same(&saved::of(&plan), &fresh, "the plan", context)?;
        again::refuse(&fresh, &**held.store(), self.request.again())?;
        execute(fresh, look, &folder, held, said, self.format, context)
    }

    /// Runs a plan that was saved, unless the world has drifted since.
    fn saved(&self, path: &Path, context: &Context) -> Done {
        let shown = path.display();
        self.request.none_beside(&shown.to_string())?;
        let text = std::fs::metadata(path)
            .and_then(
                |meta| if meta.len() > saved::MAX_FILE { Err(std::io::ErrorKind::FileTooLarge.into()) } else { Ok(()) },
            )
            .and_then(|()| std::fs::read_to_string(path))
            .map_err(|error| Failure::wrong(format!("cannot read `{shown}`: {error}")))?;
        let saved = saved::read(&text).map_err(|error| {
            Failure::wrong(format!("`{shown}`: {error}")).hint("make one with `rbk plan POLICY -o plan.json`")
        })?;
        let catalogue = crate::catalogue();
        let compiled = load::compile_sources(saved::sources(&saved), &catalogue);
        let policy = compiled.policy.ok_or_else(|| {
            Failure::wrong(format!(
                "the policy inside `{shown}` does not compile with this version of rbk ({} made it)",
                saved.rbk
            ))
            .hint("plan it again")
        })?;
        let mut said = Vec::new();
        if !self.dry_run {
            authority::allows(&policy, &saved.request, self.request.operator())?;
            let approval = authority::can_be_asked(&policy, &saved.request)?;
            let asks = self.asks(&policy, &saved.request, context)?;
            if approval.is_some() || matches!(asks, Asks::Type(_)) {
                context.say(&report::wording::target(&saved.target));
            }
            if let Asks::Type(wanted) = asks {
                confirm::ask(&wanted, "run this plan")?;
            }
            said.extend(approval.as_ref().map(authority::approved).transpose()?);
        }
        // The root is that of the plan, wherever the plan file lies now.
        let look = world::open_at(&policy, Path::new(&saved.target.root), context)?;
        context.secrets.load(&policy, &look);
        let folder = world::state_folder(context, look.root());
        recorded_there(&saved, &look, &folder, &shown.to_string())?;
        let drawn = Drawn { id: saved.id, made: saved.made };
        let id = crate::plan::model::run_id(saved.id, saved.made);
        let root = hold_root(&look, &folder)?;
        let held = hold_as(&folder, &id)?.with_root(root);
        leftover::end(held.store(), &folder, context)?;
        // Before the comparison: after its run the world differs, and that is not the news.
        if let Some(ran) = held.store.runs()?.into_iter().find(|run| *run.id == *id) {
            let how = ran.outcome.map_or_else(|| "was cut short".to_owned(), |outcome| format!("ended {outcome}"));
            return Err(Failure::new(
                Exit::Refused,
                format!("`{shown}` ran already, as run `{id}`, which {how}; nothing was changed"),
            )
            .hint(format!("a plan runs once: plan again, or look at it with `rbk show {id}`")));
        }
        let fresh = crate::plan::plan(&policy, saved.request.clone(), &look, &drawn).map_err(|error| {
            // It could be planned then, so something has changed.
            let drifted = error.is_of_world();
            let failure = unplanned::failure(&policy, error);
            if !drifted {
                return failure;
            }
            let why = failure.what.strip_suffix(unplanned::UNCHANGED).unwrap_or(&failure.what);
            let what = format!("the world is not what `{shown}` saw{}: {why}", unplanned::UNCHANGED);
            Failure { exit: Exit::Drifted, what, ..failure }
        })?;
        same(&saved, &fresh, &format!("`{shown}`"), context)?;
        if self.dry_run {
            let mut planned = plan::Planned { plan: fresh, look };
            let secrets = plan::inform(&mut planned, context);
            context.result(&plan::text(&planned.plan, &secrets, context.color_out, context))?;
            plan::unavailable(&planned.plan, context);
            again::remark(&planned.plan, context);
            authority::remark(&planned.plan, context);
            return Ok(Exit::Done);
        }
        again::refuse(&fresh, &**held.store(), saved.request.again || self.request.again())?;
        people::are_there(&fresh)?;
        plan::unavailable(&fresh, context);
        plan::late(&fresh, context);
        secrets::are_there(&fresh, &look)?;
        execute(fresh, look, &folder, held, said, self.format, context)
    }

    /// Whether the environment wants its name, and whether it was given.
    fn asks(&self, policy: &Policy, request: &Request, context: &Context) -> Result<Asks, Failure> {
        let environment = crate::plan::environment(policy, request.environment.as_deref())
            .map_err(|error| unplanned::failure(policy, error))?;
        let name = environment.map(|found| &*found.name.text);
        self.confirm.settle(name, environment.is_some_and(|found| found.confirm_typed), context)
    }
}

/// Refuses a saved plan in another state folder than its own: there nobody would know that it ran already.
fn recorded_there(saved: &Saved, look: &Look, folder: &Path, shown: &str) -> Result<(), Failure> {
    let own = saved.state.as_ref().map_or_else(|| look.root().join(".rbk"), PathBuf::from);
    let (own, folder) = (world::real(&own), world::real(folder));
    if own == folder {
        return Ok(());
    }
    let (own, folder) = (own.display(), folder.display());
    let what = format!("`{shown}` is recorded in `{own}` when it runs, not in `{folder}`; nothing was changed");
    let hint = "a plan runs once, and only its own records tell whether it did";
    Err(Failure::new(Exit::Refused, what).hint(format!("{hint}: run it with `--state {own}`, or plan again")))
}

/// Shows the plan and asks: the one who runs it, unless that is `answered`, then the one who has to approve it. Gives what
/// the record says of that.
fn approve(
    planned: &mut plan::Planned,
    asks: &Asks,
    answered: bool,
    approval: Option<&Approval>,
    context: &Context,
) -> Result<Vec<String>, Failure> {
    if !context.can_ask() {
        return Err(Failure::new(Exit::Person, "this would change the world, and nobody can be asked here")
            .hint("say `--yes`, or save the plan with `rbk plan -o plan.json` and run that"));
    }
    let secrets = plan::inform(planned, context);
    context.say(plan::text(&planned.plan, &secrets, context.color_err, context).trim_end());
    plan::unavailable(&planned.plan, context);
    authority::unnamed(&planned.plan.policy, &planned.plan.request, context);
    match asks {
        Asks::Type(wanted) => confirm::ask(wanted, "run this")?,
        Asks::Nothing | Asks::Named if answered => {}
        Asks::Nothing | Asks::Named => confirm::ask("yes", "run this")?,
    }
    Ok(approval.map(authority::approved).transpose()?.into_iter().collect())
}

/// What keeps two runs of one root apart, and where runs are recorded.
pub struct Held {
    lock: lock::Lock,
    store: Arc<Sqlite>,
}

/// Refuses when the world has drifted from what `planned` saw.
fn same(planned: &Saved, fresh: &Plan, shown: &str, context: &Context) -> Result<(), Failure> {
    let differences = drift::between(planned, fresh, &|text| context.secrets.scrub(text));
    if differences.is_empty() {
        return Ok(());
    }
    context.say(drift::render(&differences).trim_end());
    Err(Failure::new(Exit::Drifted, format!("the world is not what {shown} saw; nothing was changed"))
        .hint("look at what differs, then plan again"))
}

/// Takes the locks of the roots.
pub fn hold_root(look: &Look, folder: &Path) -> Result<lock::RootLock, Failure> {
    lock::take_roots(look.roots(), folder).map_err(locked)
}

fn locked(locked: lock::Locked) -> Failure {
    let error = locked.error();
    let exit =
        if matches!(locked, lock::Locked::Held(_) | lock::Locked::Above(..)) { Exit::Locked } else { Exit::Refused };
    Failure::new(exit, error.what).hint(error.hint.unwrap_or_else(|| "nothing was changed".to_owned()))
}

/// Opens the state folder and takes its lock for `run`.
pub fn hold_as(folder: &Path, run: &str) -> Result<Held, Failure> {
    let refused = |error: crate::catalogue::error::Error| {
        Failure::new(Exit::Refused, error.what.clone()).hint(error.hint.unwrap_or_default())
    };
    crate::store::state::prepare(folder).map_err(refused)?;
    let lock = lock::take(folder, run).map_err(locked)?;
    let store = Arc::new(Sqlite::open(folder).map_err(refused)?);
    Ok(Held { lock, store })
}

impl Held {
    /// Holds the root as well.
    pub fn with_root(self, root: lock::RootLock) -> Self {
        Self { lock: self.lock.with_root(root), ..self }
    }

    /// Says which run holds the lock.
    pub fn name(&mut self, run: &str) -> Result<(), Failure> {
        Ok(self.lock.name(run)?)
    }

    /// The records of this root.
    pub fn store(&self) -> &Arc<Sqlite> {
        &self.store
    }

    /// What a run or undo happens in; `run` is its id.
    pub fn setting(self, look: Look, folder: PathBuf, run: &str, format: Format, context: &Context) -> Setting {
        look.belong_to(&crate::run::process::mark::of_run(&folder, run));
        Setting {
            store: self.store,
            lock: self.lock,
            look: world::attended(look.guarding(folder)),
            catalogue: Arc::new(crate::catalogue()),
            reporters: reporters(format, context),
            signals: true,
            said: Vec::new(),
            secrets: context.secrets.clone(),
        }
    }
}

fn execute(
    plan: Plan,
    look: Look,
    folder: &Path,
    held: Held,
    said: Vec<String>,
    format: Format,
    context: &Context,
) -> Done {
    let mut setting = held.setting(look, absolute(folder), &plan.run_id(), format, context);
    setting.said = said;
    let ended = crate::run::run(plan, setting).map_err(|error| {
        Failure::new(Exit::Refused, error.what).hint(error.hint.unwrap_or_else(|| "nothing was changed".to_owned()))
    })?;
    Ok(tell(&ended, format, context))
}

/// The state folder as units compare it.
pub fn absolute(folder: &Path) -> PathBuf {
    std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf())
}

/// Says how it ended, where no reporter did.
pub fn tell(ended: &Ended, format: Format, context: &Context) -> Exit {
    // Who has seen the event has read its hint.
    let read = ended.told && !context.global.quiet;
    if format != Format::Json
        && !read
        && let Some(hint) = ended.error.as_ref().and_then(|error| error.hint.as_deref())
    {
        context.say(&format!("  help: {hint}"));
    }
    if let Some(error) = &ended.unrecorded {
        context.error(&format!("the end of the run is not recorded: {}", error.what), error.hint.as_deref());
        if ended.outcome.exit_code() == 0 {
            return Exit::Failed;
        }
    }
    let person = ended.error.as_ref().is_some_and(|error| error.kind == ErrorKind::WaitsForPerson);
    if person && ended.outcome != crate::run::event::Outcome::UndoFailed {
        return Exit::Person;
    }
    match ended.outcome.exit_code() {
        0 => Exit::Done,
        6 => Exit::Refused,
        7 => Exit::UndoFailed,
        130 => Exit::Interrupted,
        _ => Exit::Failed,
    }
}

/// Who tells of a run: progress on standard error, the result on standard output.
pub fn reporters(format: Format, context: &Context) -> Vec<Box<dyn Reporter>> {
    let ending = || report::ending::Ending::new(Output);
    let verbose = context.global.verbose;
    match format {
        Format::Json => vec![Box::new(report::json::Json::new(Output))],
        _ if context.global.quiet => vec![Box::new(ending())],
        Format::Auto if context.live() => {
            vec![Box::new(report::terminal::Terminal::new(context.color_err, verbose)), Box::new(ending().brief())]
        }
        _ => vec![Box::new(report::lines::Lines::new(std::io::stderr()).verbose(verbose)), Box::new(ending().brief())],
    }
}
