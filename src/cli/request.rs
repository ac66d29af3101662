//! The flags that say what to plan: shared by `plan`, `run`, `graph`.

use std::path::PathBuf;

use clap::Args;

use crate::plan::model::Request;

use super::exit::Failure;
use super::params_file;

// What to plan.
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

    /// Who runs it, as said here.
    pub fn operator(&self) -> Option<&str> {
        self.operator.as_deref()
    }

    /// Refuses flags that say what to plan, beside a plan that was made: they would be as good as unsaid.
    pub fn none_beside(&self, plan: &str) -> Result<(), Failure> {
        let given = [
            ("PHASE", !self.phases.is_empty()),
            ("--all", self.all),
            ("--with-dependents", self.with_dependents),
            ("--severity", self.severity.is_some()),
            ("--scenario", self.scenario.is_some()),
            ("--env", self.params.environment.is_some()),
            ("--set", !self.params.set.is_empty()),
            ("--params", self.params.params.is_some()),
            ("--emergency", self.emergency),
            ("--probe", self.probe),
            ("--jobs", self.jobs.is_some()),
            ("--reason", self.reason.is_some()),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((flag, _)) => Err(Failure::wrong(format!(
                "`{plan}` is a saved plan, which `{flag}` cannot change; nothing was changed"
            ))
            .hint(format!("leave it out, or plan again with `rbk plan POLICY {flag} …`"))),
            None => Ok(()),
        }
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

// Which environment, and values of params.
#[derive(Debug, Args)]
pub struct Params {
    /// Which environment
    #[arg(long = "env", value_name = "ENV")]
    environment: Option<String>,
    /// Set a param
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Set params from a file: names and values, in TOML, JSON or YAML
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
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
        let params = self.params.as_deref().map(params_file::read).transpose()?;
        let environment = self.environment.clone();
        Ok(Request { environment, set, params, jobs: default_jobs(), ..Request::default() })
    }
}

/// Most steps wait for others rather than compute.
fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(4, |cores| (cores.get() * 2).max(4))
}
