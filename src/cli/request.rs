//! The flags that say what to plan: shared by `plan`, `run`, `graph`.

use std::path::PathBuf;

use clap::Args;

use crate::plan::model::Request;

use super::exit::Failure;

/// What to plan.
#[derive(Debug, Args)]
pub struct RequestArgs {
    /// The policy file, or a folder that holds one [default: this folder]
    #[arg(value_name = "POLICY")]
    pub policy: Option<PathBuf>,
    /// Phases to roll back [default: the only one]
    #[arg(value_name = "PHASE")]
    phases: Vec<String>,
    /// Every phase of the policy
    #[arg(long)]
    all: bool,
    /// The phases that depend on these as well, first
    #[arg(long)]
    with_dependents: bool,
    /// How grave it is: decides the deadline and whether graceful steps are left out
    #[arg(long, value_name = "SEVERITY")]
    severity: Option<String>,
    /// Which scenario of the phase
    #[arg(long, value_name = "SCENARIO")]
    scenario: Option<String>,
    #[command(flatten)]
    params: Params,
    /// Leave graceful steps out
    #[arg(long)]
    emergency: bool,
    /// Let commands in expressions run while planning
    #[arg(long)]
    probe: bool,
    /// How many steps may run at once [default: twice the processors, at least 4]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Who runs it: a claim, recorded as unverified
    #[arg(long, value_name = "NAME", env = "RBK_OPERATOR")]
    operator: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Run a phase again that was rolled back already
    #[arg(long)]
    again: bool,
}

impl RequestArgs {
    /// Whether `--again` is said.
    pub const fn again(&self) -> bool {
        self.again
    }

    /// As the planner takes it.
    pub fn request(&self) -> Result<Request, Failure> {
        Ok(Request {
            phases: self.phases.clone(),
            all: self.all,
            with_dependents: self.with_dependents,
            again: self.again,
            severity: self.severity.clone(),
            scenario: self.scenario.clone(),
            emergency: self.emergency,
            probe: self.probe,
            jobs: self.jobs.map_or_else(default_jobs, usize::from),
            operator: self.operator.clone(),
            reason: self.reason.clone(),
            ..self.params.request()?
        })
    }
}

/// Which environment, and values of params.
#[derive(Debug, Args)]
pub struct Params {
    /// Which environment
    #[arg(long = "env", value_name = "ENV")]
    environment: Option<String>,
    /// Set a param
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl Params {
    /// A request with nothing else in it.
    pub fn request(&self) -> Result<Request, Failure> {
        let mut set = std::collections::BTreeMap::new();
        for pair in &self.set {
            let Some((name, value)) = pair.split_once('=') else {
                return Err(Failure::wrong(format!("`--set {pair}` has no `=`")).hint("write `--set name=value`"));
            };
            if set.insert(name.trim().to_owned(), value.to_owned()).is_some() {
                return Err(Failure::wrong(format!("`--set {name}` is given twice")).hint("leave one of both out"));
            }
        }
        Ok(Request { environment: self.environment.clone(), set, jobs: default_jobs(), ..Request::default() })
    }
}

/// Most steps wait for others rather than compute.
fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(4, |cores| (cores.get() * 2).max(4))
}
