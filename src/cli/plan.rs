//! `rbk plan`: what a run would do and change, without changing anything.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::catalogue::look::Look;
use crate::check::model::Policy;
use crate::plan::model::{Plan, Request};
use crate::plan::{self, Drawn, render};
use crate::run::secrets::Secrets;
use crate::store::Sqlite;

use super::context::{Context, Format};
use super::exit::{Done, Exit, Failure};
use super::request::RequestArgs;
use super::unplanned::failure;
use super::{again, asked, authority, load, what_if, world};

// `rbk plan POLICY [PHASE…]`
#[derive(Debug, Args)]
pub struct PlanVerb {
    #[command(flatten)]
    request: RequestArgs,
    /// Save the plan, to be reviewed and run later with `rbk run FILE`
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// Exit with 10 when a run would change something, and with 0 when not
    #[arg(long)]
    detailed_exitcode: bool,
    /// Show what would follow if each of its nodes failed, in the place of the plan
    #[arg(long, conflicts_with_all = ["out", "detailed_exitcode"])]
    what_if: bool,
}

impl PlanVerb {
    pub fn run(self, context: &Context) -> Done {
        let mut planned = make(self.request.policy.as_deref(), self.request.request()?, context)?;
        if self.what_if {
            let secrets = known(&planned, context);
            let scrub = |text: String| secrets.scrub(&text).unwrap_or(text);
            return what_if::tell(&planned.plan, self.format, &scrub, context);
        }
        let secrets = inform(&mut planned, context);
        let json = || {
            let root = planned.look.root();
            let state = world::real(&world::state_folder(context, root));
            let state = (state != root.join(".rbk")).then(|| state.display().to_string());
            render::json::render(&planned.plan, state, &|value| {
                secrets.scrub_json(value);
            })
        };
        if let Some(path) = &self.out {
            save(path, &json())?;
        }
        match self.format {
            Format::Text => context.result(&text(&planned.plan, &secrets, context.color_out, context))?,
            Format::Json => context.document(&json())?,
        }
        unavailable(&planned.plan, context);
        again::remark(&planned.plan, context);
        authority::remark(&planned.plan, context);
        if let Some(path) = &self.out {
            context.remark(&format!("saved; `rbk run {}` runs it once", path.display()));
        }
        Ok(if self.detailed_exitcode && planned.plan.changes() { Exit::Changes } else { Exit::Done })
    }
}

/// Adds what a person wants to know and a run does not need: what verifications find now, and what it took before.
/// Gives the secrets that must not be shown.
pub fn inform(planned: &mut Planned, context: &Context) -> Secrets {
    let secrets = known(planned, context);
    plan::expectations::ask(&mut planned.plan, &planned.look);
    plan::shows::ask(&mut planned.plan, &planned.look, &|text| secrets.scrub(&text).unwrap_or(text));
    let folder = world::state_folder(context, planned.look.root());
    // A journal that cannot be read is said by the run, which needs it; a plan can do without.
    let typical = Sqlite::look(&folder)
        .and_then(|store| store.map_or(Ok(None), |store| crate::run::typical::of(&store, &planned.plan)));
    planned.plan.typical = typical.ok().flatten();
    secrets
}

/// The secrets that must not be shown.
fn known(planned: &Planned, context: &Context) -> Secrets {
    let secrets = context.secrets.clone();
    secrets.load(&planned.plan.policy, &planned.look);
    secrets
}

/// The plan for a person, without secrets.
pub fn text(plan: &Plan, secrets: &Secrets, color: bool, context: &Context) -> String {
    let text = render::text::render(plan, color, context.width, &|text| secrets.scrub(text));
    secrets.scrub(&text).unwrap_or(text)
}

/// Says what the policy asks for that a run does not do yet.
pub fn unavailable(plan: &Plan, context: &Context) {
    for line in plan::unavailable::remarks(plan) {
        context.remark(&line);
    }
}

/// Says before a run whose plan nobody reads which deadlines its worst case misses.
pub fn late(plan: &Plan, context: &Context) {
    let length = |time: std::time::Duration| crate::catalogue::show::duration(time.as_nanos() as f64);
    for deadline in plan.times.deadlines.iter().filter(|one| one.worst > one.limit && !one.advisory) {
        let (worst, limit) = (length(deadline.worst), length(deadline.limit));
        context.remark(&format!("{}: this may take {worst}, longer than {limit}", deadline.of));
    }
}

/// A plan with the world that it was made in.
pub struct Planned {
    pub plan: Plan,
    pub look: Look,
}

/// Compiles the policy at `path` and plans `request`.
pub fn make(path: Option<&Path>, request: Request, context: &Context) -> Result<Planned, Failure> {
    let (policy, look) = compile(path, context)?;
    let request = asked::params(&policy, request, context)?;
    let plan = of(&policy, request, &look, &Drawn::now())?;
    Ok(Planned { plan, look })
}

/// Compiles the policy at `path` and opens its world.
pub fn compile(path: Option<&Path>, context: &Context) -> Result<(Arc<Policy>, Look), Failure> {
    let path = load::one(path)?;
    if path.extension().is_some_and(|ext| ext == "json") && path.is_file() {
        let shown = path.display();
        return Err(Failure::wrong(format!("`{shown}` is no policy: a saved plan can only be run"))
            .hint(format!("`rbk run {shown}` runs it, `rbk run {shown} --dry-run` shows it")));
    }
    let policy = load::policy(&path, &crate::catalogue(), context)?;
    let look = world::open(&policy, &path, context)?;
    // Before anything is told of what the world holds.
    context.secrets.load(&policy, &look);
    Ok((policy, look))
}

/// Plans, with the reason of a refusal as the command line says it.
pub fn of(policy: &Arc<Policy>, request: Request, look: &Look, drawn: &Drawn) -> Result<Plan, Failure> {
    plan::plan(policy, request, look, drawn).map_err(|error| failure(policy, error))
}

/// Writes a plan file as a whole: a crash or full disk leaves what was there.
fn save(path: &Path, json: &str) -> Result<(), Failure> {
    use std::io::Write;
    let fail = |error: &std::io::Error| {
        Failure::new(Exit::Failed, format!("cannot save the plan as `{}`: {error}", path.display()))
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temp = tempfile::NamedTempFile::new_in(folder).map_err(|error| fail(&error))?;
    temp.write_all(json.as_bytes()).map_err(|error| fail(&error))?;
    temp.as_file().sync_all().map_err(|error| fail(&error))?;
    temp.persist(path).map_err(|error| fail(&error.error))?;
    Ok(())
}
