//! `rbk runs`: what ran here.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::report::list;
use crate::store::{RunRow, Sqlite, Store, lock};

use super::context::{Context, Format};
use super::exit::{Done, Exit};
use super::world;

// `rbk runs`
#[derive(Debug, Args)]
pub struct Runs {
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
}

impl Runs {
    pub fn run(self, context: &Context) -> Done {
        let folder = world::nearest_state(context)?;
        let runs = match Sqlite::look(&folder)? {
            Some(store) => store.runs()?,
            None => Vec::new(),
        };
        let holder = lock::holder(&folder);
        if self.format == Format::Json {
            let rows: Vec<_> = runs.iter().map(|run| row(run, list::standing(run, holder.as_ref()))).collect();
            context.result(&format!("{:#}\n", serde_json::json!(rows)))?;
        } else {
            context.result(&list::text(&runs, holder.as_ref()))?;
        }
        Ok(Exit::Done)
    }
}

/// A run in the list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Row {
    /// The id: sortable by time.
    id: String,
    /// `run` or `undo`.
    kind: String,
    /// The name of the policy.
    policy: String,
    /// The run that this one undoes.
    of: Option<String>,
    /// UTC.
    started: jiff::Timestamp,
    /// UTC; null while it runs, and when it was cut short.
    ended: Option<jiff::Timestamp>,
    /// Its outcome, `running` or `interrupted`.
    outcome: String,
}

fn row(run: &RunRow, outcome: &str) -> Row {
    Row {
        id: run.id.clone(),
        kind: run.kind.clone(),
        policy: run.policy.clone(),
        of: run.of.clone(),
        started: run.started,
        ended: run.ended,
        outcome: outcome.to_owned(),
    }
}
