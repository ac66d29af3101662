//! `rbk plan`: what a run would do and change, without changing anything.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::catalogue::look::Look;
use crate::check::model::Policy;
use crate::plan::model::{Plan, Request};
use crate::plan::{self, Drawn, PlanError, render};

use super::context::{Context, Format};
use super::exit::{Done, Exit, Failure};
use super::request::RequestArgs;
use super::{load, world};

/// `rbk plan POLICY [PHASE…]`
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
}

impl PlanVerb {
    pub fn run(self, context: &Context) -> Done {
        let planned = make(self.request.policy.as_deref(), self.request.request()?, context)?;
        if let Some(path) = &self.out {
            save(path, &planned.plan)?;
        }
        match self.format {
            Format::Text => context.result(&render::text::render(&planned.plan, context.color_out, context.width))?,
            Format::Json => context.result(&render::json::render(&planned.plan))?,
        }
        unavailable(&planned.plan, context);
        if let Some(path) = &self.out {
            context.remark(&format!("saved; `rbk run {}` runs it once", path.display()));
        }
        Ok(Exit::Done)
    }
}

/// Says what the policy asks for that a run does not do yet.
pub fn unavailable(plan: &Plan, context: &Context) {
    for line in plan::unavailable::remarks(plan) {
        context.remark(&line);
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
    let plan = of(&policy, request, &look, &Drawn::now())?;
    Ok(Planned { plan, look })
}

/// Compiles the policy at `path` and opens its world.
pub fn compile(path: Option<&Path>, context: &Context) -> Result<(Arc<Policy>, Look), Failure> {
    let path = load::one(path)?;
    let policy = load::policy(&path, &crate::catalogue(), context)?;
    let look = world::open(&policy, &path)?;
    Ok((policy, look))
}

/// Plans, with the reason of a refusal as the command line says it.
pub fn of(policy: &Arc<Policy>, request: Request, look: &Look, drawn: &Drawn) -> Result<Plan, Failure> {
    plan::plan(policy, request, look, drawn).map_err(|error| failure(policy, error))
}

/// The reason of a refusal as the command line says it.
pub fn failure(policy: &Policy, error: PlanError) -> Failure {
    match error {
        PlanError::Call { what, hint } => Failure::wrong(what).hint(hint),
        PlanError::Missing { name, hint } => {
            Failure::new(Exit::Person, format!("param `{name}` has no value")).hint(hint)
        }
        PlanError::Refused { what, values } => {
            let failure = Failure::new(Exit::Refused, format!("refused, nothing was changed: {what}"));
            if values.is_empty() {
                failure
            } else {
                failure.hint(format!("it was evaluated with {}", values.join(", ")))
            }
        }
        PlanError::World { place, error } => {
            let mut failure = Failure::from(error);
            failure.what = format!("{}: {}", policy.sources.locate(place), failure.what);
            failure
        }
        PlanError::Order { what } => {
            Failure::wrong(what).hint("the order of the text is the meaning; see `rbk explain E0301`")
        }
    }
}

/// Writes a plan file as a whole: a crash or full disk leaves what was there.
fn save(path: &Path, plan: &Plan) -> Result<(), Failure> {
    use std::io::Write;
    let fail = |error: &std::io::Error| {
        Failure::new(Exit::Failed, format!("cannot save the plan as `{}`: {error}", path.display()))
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temp = tempfile::NamedTempFile::new_in(folder).map_err(|error| fail(&error))?;
    temp.write_all(render::json::render(plan).as_bytes()).map_err(|error| fail(&error))?;
    temp.as_file().sync_all().map_err(|error| fail(&error))?;
    temp.persist(path).map_err(|error| fail(&error.error))?;
    Ok(())
}
