//! `rbk verify`: only the expectations. Nothing is recorded.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::plan::{self, Drawn};
use crate::store::{Sqlite, lock};

use super::context::Context;
use super::exit::{Done, Exit, Failure};
use super::request::Params;
use super::run::{Format, reporters, tell};
use super::{load, world};

// `rbk verify POLICY [NAME…]`
#[derive(Debug, Args)]
pub struct Verify {
    /// The policy file, or a folder that holds one [default: this folder]
    #[arg(value_name = "POLICY")]
    policy: Option<PathBuf>,
    /// Which verifications [default: all that need nothing of a phase]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    params: Params,
    /// How to tell what happens
    #[arg(long, value_enum, default_value_t = Format::Auto, value_name = "FORMAT")]
    format: Format,
}

impl Verify {
    pub fn run(self, context: &Context) -> Done {
        let path = load::one(self.policy.as_deref())?;
        let policy = load::policy(&path, &crate::catalogue(), context)?;
        let look = world::open(&policy, &path, context)?;
        context.secrets.load(&policy, &look);
        let plan = plan::verifications(&policy, &self.names, self.params.request()?, &look, &Drawn::now());
        let plan = plan.map_err(|error| super::unplanned::failure(&policy, error))?;
        // A run needs a journal; this one is thrown away.
        let folder = tempfile::tempdir()
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot make a temporary folder: {error}")))?;
        let lock = lock::take(folder.path(), "verify").map_err(|locked| Failure::from(locked.error()))?;
        let setting = crate::run::Setting {
            store: Arc::new(Sqlite::open(folder.path())?),
            lock,
            look: world::attended(look),
            catalogue: Arc::new(crate::catalogue()),
            reporters: reporters(self.format, context),
            signals: true,
            said: Vec::new(),
            secrets: context.secrets.clone(),
        };
        let ended = crate::run::verify(plan, setting)?;
        Ok(tell(&ended, self.format, context))
    }
}
